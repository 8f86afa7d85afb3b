#include "lib/quantity/calendar.h"

#include "lib/base/clock.h"

/* What a moment is against the present: the days it covers, then the time of day
 * within them. The year, the month or the week that is not said is the one past,
 * or the nearest. */

struct day_range {
    int64_t from, to; /* days since the epoch, end exclusive */
};

static bool one_day(struct day_range *r, int64_t year, int month, int day)
{
    if (day > clock_month_days(year, month))
        return false;
    r->from = clock_days(year, month, day);
    r->to = r->from + 1;
    return true;
}

/* A month, or a third of it: "fin mars" begins on the 21st. */
static void one_month(struct day_range *r, int64_t year, int month, int third)
{
    r->from = clock_days(year, month, 1) + (third ? 10 * (third - 1) : 0);
    r->to = third && third < 3 ? r->from + 10
                               : clock_days(year, month, 1) + clock_month_days(year, month);
}

/* The year in which a yearly date is meant. */
static bool of_year(const struct moment *m, const struct civil *now, int64_t today,
                    enum tense tense, struct day_range *r)
{
    int64_t year = now->year;

    if (m->form == MOMENT_MONTH)
        one_month(r, year, m->month, m->third);
    else if (!one_day(r, year, m->month, m->day) && !one_day(r, --year, m->month, m->day))
        return m->month == 2 && m->day == 29 &&
               (one_day(r, year - 1, 2, 29) || one_day(r, year - 2, 2, 29));
    if (r->from > today && (tense == TENSE_PAST || r->from - today > 183))
        year--;
    else if (tense == TENSE_NEAREST && today - r->from > 183)
        year++;
    else
        return true;
    if (m->form != MOMENT_MONTH)
        return one_day(r, year, m->month, m->day);
    one_month(r, year, m->month, m->third);
    return true;
}

static bool of_month(const struct moment *m, const struct civil *now, int64_t today,
                     enum tense tense, struct day_range *r)
{
    int64_t year = now->year;
    int month = now->month;

    for (int back = 0; back < 4; back++) {
        if (one_day(r, year, month, m->day) &&
            (r->from <= today || (tense == TENSE_NEAREST && back == 0)))
            return true;
        year -= month == 1;
        month = month == 1 ? 12 : month - 1;
    }
    return false;
}

static void of_week(const struct moment *m, int64_t today, enum tense tense, struct day_range *r)
{
    int64_t monday = today - clock_weekday(today);

    r->from = monday + m->weekday;
    if (m->shift < 0) /* last Thursday, said on a Friday, is not yesterday */
        r->from -= r->from >= today - 1 ? 7 : 0;
    else if (m->shift > 0)
        r->from += 7;
    else if (tense == TENSE_PAST ? r->from >= today : r->from <= today)
        r->from += tense == TENSE_PAST ? -7 : 7;
    r->to = r->from + 1;
}

static void shift_month(struct day_range *r, const struct civil *now, int shift)
{
    int64_t months = now->year * 12 + now->month - 1 + shift;

    one_month(r, months / 12, (int)(months % 12) + 1, 0);
}

static bool days_of(const struct moment *m, int64_t at_s, enum tense tense, struct day_range *r)
{
    struct civil now = clock_to_civil(at_s == CLOCK_NONE ? 0 : at_s);
    int64_t today = clock_days(now.year, now.month, now.day);
    bool said = m->year != 0;

    if (m->form == MOMENT_DATE && said)
        return one_day(r, m->year, m->month, m->day);
    if (m->form == MOMENT_MONTH && said) {
        one_month(r, m->year, m->month, m->third);
        return true;
    }
    if (m->form == MOMENT_YEAR) {
        *r = (struct day_range){clock_days(m->year, 1, 1), clock_days(m->year + 1, 1, 1)};
        return true;
    }
    if (at_s == CLOCK_NONE)
        return false;
    switch (m->form) {
    case MOMENT_DATE:
    case MOMENT_MONTH:
        return of_year(m, &now, today, tense, r);
    case MOMENT_DAY:
        return of_month(m, &now, today, tense, r);
    case MOMENT_WEEKDAY:
        of_week(m, today, tense, r);
        return true;
    case MOMENT_OFFSET:
        *r = (struct day_range){today + m->shift, today + m->shift + 1};
        return true;
    case MOMENT_WEEK:
        r->from = today - clock_weekday(today) + 7 * m->shift;
        r->to = r->from + 7;
        return true;
    case MOMENT_MONTHS:
        shift_month(r, &now, m->shift);
        return true;
    case MOMENT_YEARS:
        *r = (struct day_range){clock_days(now.year + m->shift, 1, 1),
                                clock_days(now.year + m->shift + 1, 1, 1)};
        return true;
    default:
        return false;
    }
}

bool calendar_resolve(const struct moment *m, int64_t at_s, enum tense tense, int64_t *ret_from,
                      int64_t *ret_to)
{
    struct day_range r;

    if (!days_of(m, at_s, tense, &r))
        return false;
    if (m->third && m->form != MOMENT_MONTH) /* its first days */
        r.to = r.from + 2;
    *ret_from = r.from * 86400;
    *ret_to = r.to * 86400;
    if (m->clock == CLOCK_UNSAID)
        return true;
    *ret_to = *ret_from + m->clock_end * 60 + (m->clock_end == m->clock ? 60 : 0);
    *ret_from += m->clock * 60;
    return true;
}
