#include "lib/quantity/calendar.h"

#include <math.h>

#include "lib/quantity/daytime.h"

/* The shapes people write, tried from the most to the least telling: 2025-03-04,
 * 4/3/2025, "12 mars 2025", "March 12th", "lundi 12", "last Monday", "hier soir",
 * "la semaine dernière", "le 15", "16h30", "5pm". What is ambiguous needs a word
 * that settles it: "22/4" is a date after "le", a fraction elsewhere. */

bool calendar_whole(const struct token *t, double least, double most)
{
    return t->kind == TOKEN_NUMBER && t->separators == 0 && t->value >= least && t->value <= most;
}

static int full_year(const struct token *t)
{
    if (t->digits == 4)
        return (int)t->value;
    return (int)t->value + (t->value < 70 ? 2000 : 1900);
}

static bool is_year(const struct tokens *ts, size_t i)
{
    return calendar_whole(token_at(ts, i), 1300, 2100) && token_at(ts, i)->digits == 4 &&
           !token_sign(ts, i + 1, '%') && !(token_at(ts, i)->flags & TOKEN_HYPHEN);
}

/* "st", "nd", "rd", "th", "er", "e" behind a number. */
static size_t ordinal_end(const struct tokens *ts, size_t i)
{
    return token_is(ts, i, LEX(SUFFIX)) && token_glued(ts, i) ? i + 1 : i;
}

/* A day of a month: "3", "3rd", "1er", "third", "premier". */
static bool read_day(const struct tokens *ts, size_t i, int *day, size_t *next)
{
    const struct token *t = token_at(ts, i);

    if (calendar_whole(t, 1, 31) && t->digits <= 2) {
        *day = (int)t->value;
        *next = ordinal_end(ts, i + 1);
        return true;
    }
    if (t->m->mask & LEX(ORD) && t->m->number <= 31) {
        *day = (int)t->m->number;
        *next = i + 1;
        return true;
    }
    return false;
}

static size_t skip_dot(const struct tokens *ts, size_t i)
{
    return i + (token_sign(ts, i, '.') && token_glued(ts, i));
}

/* A year behind a date: "2025", ", 2025", "de 2025". */
static size_t read_year(const struct tokens *ts, size_t i, int *year)
{
    size_t at = i + (token_sign(ts, i, ',') || token_is(ts, i, LEX(OF)));

    if (!is_year(ts, at))
        return i;
    *year = (int)token_at(ts, at)->value;
    return at + 1;
}

static bool set_date(struct moment *m, int year, int month, int day, size_t next)
{
    if (month < 1 || month > 12 || day < 1 || day > 31)
        return false;
    m->form = MOMENT_DATE;
    m->year = year;
    m->month = month;
    m->day = day;
    m->next = next;
    return true;
}

/* Day first, but month first in English unless it cannot be. */
static bool set_ordered(const struct tokens *ts, struct moment *m, int a, int b, int year,
                        size_t next)
{
    bool month_first = ts->lang == LANG_EN ? a <= 12 : b > 12;

    return month_first ? set_date(m, year, a, b, next) : set_date(m, year, b, a, next);
}

static bool three_parts(const struct tokens *ts, size_t i, struct moment *m)
{
    const struct token *a = token_at(ts, i), *b = token_at(ts, i + 2), *c = token_at(ts, i + 4);
    uint32_t sign = token_at(ts, i + 1)->sign;

    if ((sign != '/' && sign != '-') || !token_sign(ts, i + 1, sign) ||
        !token_sign(ts, i + 3, sign))
        return false;
    if (!token_glued(ts, i + 1) || !token_glued(ts, i + 4) || !calendar_whole(b, 1, 31) ||
        b->digits > 2)
        return false;
    if (token_sign(ts, i + 5, sign) && token_glued(ts, i + 5))
        return false;
    if (a->digits == 4 && calendar_whole(a, 1300, 2100) && calendar_whole(c, 1, 31) &&
        c->digits <= 2)
        return set_date(m, (int)a->value, (int)b->value, (int)c->value, i + 5);
    if (!calendar_whole(a, 1, 31) || a->digits > 2 || !calendar_whole(c, 0, 2100) ||
        (c->digits != 2 && c->digits != 4))
        return false;
    return set_ordered(ts, m, (int)a->value, (int)b->value, full_year(c), i + 5);
}

/* "12.03.2025", which the tokenizer holds together. */
static bool dotted_date(const struct tokens *ts, size_t i, struct moment *m)
{
    const struct token *t = token_at(ts, i);
    struct str rest = str_slice(ts->text, t->start, t->end), piece;
    int64_t part[3];

    if (!(t->flags & TOKEN_DOTTED) || t->separators != 2)
        return false;
    for (size_t k = 0; k < 3; k++)
        if (!str_split(&rest, '.', &piece) || !str_to_i64(piece, &part[k]))
            return false;
    if (piece.n != 4 && piece.n != 2)
        return false;
    if (part[2] < 100)
        part[2] += part[2] < 70 ? 2000 : 1900;
    if (part[0] < 1 || part[0] > 31 || part[1] < 1 || part[1] > 12 || part[2] < 1300 ||
        part[2] > 2100)
        return false;
    return set_date(m, (int)part[2], (int)part[1], (int)part[0], i + 1);
}

/* Words after which two figures with a slash are a date. */
static bool date_expected(const struct tokens *ts, size_t i)
{
    return token_is(ts, i - 1, LEX(SINCE) | LEX(THE) | LEX(ON) | LEX(AT) | LEX(WEEKDAY));
}

static bool two_parts(const struct tokens *ts, size_t i, struct moment *m)
{
    const struct token *a = token_at(ts, i), *b = token_at(ts, i + 2);

    if (!token_sign(ts, i + 1, '/') || !token_glued(ts, i + 1) || !token_glued(ts, i + 2))
        return false;
    if (!calendar_whole(a, 1, 31) || !calendar_whole(b, 1, 31) || a->digits > 2 || b->digits > 2 ||
        !date_expected(ts, i) ||
        (token_is(ts, i + 3, LEX(UNIT)) && token_at(ts, i + 3)->digits > 1))
        return false; /* "depuis 5/10 minutes" */
    return set_ordered(ts, m, (int)a->value, (int)b->value, 0, i + 3);
}

static bool figures(const struct tokens *ts, size_t i, struct moment *m)
{
    return token_at(ts, i)->kind == TOKEN_NUMBER && !(token_at(ts, i)->flags & TOKEN_HYPHEN) &&
           (three_parts(ts, i, m) || dotted_date(ts, i, m) || two_parts(ts, i, m));
}

/* "début août", "late March" */
static int third_before(const struct tokens *ts, size_t i)
{
    return token_is(ts, i - 1, LEX(EARLY)) ? (int)token_at(ts, i - 1)->m->number : 0;
}

static bool month_at(const struct tokens *ts, size_t i)
{
    return token_is(ts, i, LEX(MONTH)) && token_at(ts, i)->m->factor == 0;
}

/* "since Christmas", "depuis Noël 2023": a day of its month. */
static bool feast(const struct tokens *ts, size_t i, struct moment *m)
{
    const struct meaning *day = token_at(ts, i)->m;

    if (!(day->mask & LEX(MONTH)) || day->factor == 0 || !token_is(ts, i - 1, LEX(SINCE) | LEX(ON)))
        return false;
    m->form = MOMENT_DATE;
    m->month = day->cal;
    m->day = (int)day->factor;
    m->next = read_year(ts, i + 1, &m->year);
    return true;
}

/* "2 may", "3 march": verbs, unless written as a name. */
static bool is_common_word(const struct tokens *ts, size_t i)
{
    const struct token *t = token_at(ts, i);

    return ts->lang == LANG_EN && (t->m->cal == 3 || t->m->cal == 5) && !(t->flags & TOKEN_UPPER) &&
           !is_year(ts, i + 1);
}

/* "12 mars 2025", "3rd of March", "first of march" */
static bool day_month(const struct tokens *ts, size_t i, struct moment *m)
{
    size_t next;
    int day;

    if (!read_day(ts, i, &day, &next) || token_at(ts, i)->flags & TOKEN_HYPHEN)
        return false;
    next += token_is(ts, next, LEX(OF)) && month_at(ts, next + 1);
    if (!month_at(ts, next) || (next == i + 1 && is_common_word(ts, next)))
        return false;
    m->month = token_at(ts, next)->m->cal;
    m->day = day;
    m->form = MOMENT_DATE;
    m->next = read_year(ts, next + 1, &m->year);
    if (m->next == next + 1)
        m->next = read_year(ts, skip_dot(ts, next + 1), &m->year);
    return true;
}

/* "le mois de juillet", "the month of May", "the end of May" */
static bool month_of(const struct tokens *ts, size_t i)
{
    const struct token *part = token_at(ts, i - 2);

    return token_is(ts, i - 1, LEX(OF)) &&
           (part->m->mask & LEX(END) || (part->m->mask & LEX(UNIT) && part->m->unit == UNIT_MONTH));
}

/* "March 12th, 2025", "Oct. 2", "february the 15th", "mars 2023" */
static bool month_first(const struct tokens *ts, size_t i, struct moment *m)
{
    size_t at = skip_dot(ts, i + 1), next;
    int day;

    if (!month_at(ts, i))
        return false;
    m->month = token_at(ts, i)->m->cal;
    next = read_year(ts, at, &m->year);
    m->third = third_before(ts, i);
    if (m->year) {
        m->form = MOMENT_MONTH;
        m->next = next;
        return true;
    }
    at += token_is(ts, at, LEX(THE));
    if (ts->lang == LANG_EN && read_day(ts, at, &day, &next) && !token_is(ts, next, LEX(UNIT)) &&
        !token_sign(ts, next, '%')) {
        m->form = MOMENT_DATE;
        m->day = day;
        m->next = read_year(ts, next, &m->year);
        return true;
    }
    if (!token_is(ts, i - 1, LEX(SINCE) | LEX(ON) | LEX(LAST) | LEX(EARLY)) &&
        !token_is(ts, i + 1, LEX(LAST)) && !month_of(ts, i))
        return false;
    m->form = MOMENT_MONTH;
    m->next = i + 1;
    if (token_is(ts, i + 1, LEX(LAST)))
        m->next++;
    return true;
}

static bool weekday(const struct tokens *ts, size_t i, struct moment *m)
{
    const struct token *t = token_at(ts, i);
    size_t at;
    int day;

    if (!(t->m->mask & LEX(WEEKDAY)) || (t->digits < 4 && !(t->flags & TOKEN_UPPER)))
        return false;
    m->form = MOMENT_WEEKDAY;
    m->weekday = t->m->cal;
    m->next = i + 1;
    at = skip_dot(ts, i + 1);
    at += token_sign(ts, at, ',');
    at += token_is(ts, at, LEX(THE));
    if (day_month(ts, at, m) || month_first(ts, at, m) || figures(ts, at, m))
        return true;
    m->form = MOMENT_WEEKDAY;
    if (read_day(ts, at, &day, &at) && (ts->lang != LANG_EN || token_is(ts, at - 1, LEX(SUFFIX))) &&
        !token_is(ts, at, LEX(UNIT)) && !token_sign(ts, at, ':')) {
        m->form = MOMENT_DAY;
        m->day = day;
        m->next = at;
        return true;
    }
    if (token_is(ts, i + 1, LEX(LAST) | LEX(NEXT))) {
        m->shift = token_is(ts, i + 1, LEX(LAST)) ? -1 : 1;
        m->next = i + 2;
    }
    return true;
}

static void set_part(const struct tokens *ts, size_t i, struct moment *m)
{
    int hour = token_at(ts, i)->m->cal;

    m->clock = hour * 60;
    m->clock_end = MIN(hour + 6, 24) * 60;
}

/* today, hier soir, "this morning", "last night", "avant-hier" */
static bool relative_day(const struct tokens *ts, size_t i, struct moment *m)
{
    const struct token *t = token_at(ts, i);

    if (t->m->mask & LEX(DAY)) {
        m->form = MOMENT_OFFSET;
        m->shift = t->m->cal;
        m->next = i + 1;
        if (token_is(ts, i + 1, LEX(DAY)) && token_glued(ts, i + 1))
            m->next++; /* aujourd'hui */
        if (m->shift == -1 && ts->lang == LANG_FR && token_at(ts, i - 1)->digits == 5 &&
            token_is(ts, i - 1, LEX(AT))) {
            m->shift = -2; /* avant-hier */
            m->from = i - 1;
        }
        if (token_is(ts, m->next, LEX(PART))) {
            set_part(ts, m->next, m);
            m->next++;
        }
        return true;
    }
    if (!(t->m->mask & (LEX(THIS) | LEX(LAST))) || !token_is(ts, i + 1, LEX(PART)))
        return false;
    m->form = MOMENT_OFFSET;
    m->shift = t->m->mask & LEX(LAST) ? -1 : 0;
    set_part(ts, i + 1, m);
    m->next = i + 2;
    return true;
}

static enum moment_form period_form(int unit)
{
    switch (unit) {
    case UNIT_WEEK:
        return MOMENT_WEEK;
    case UNIT_MONTH:
        return MOMENT_MONTHS;
    case UNIT_YEAR:
        return MOMENT_YEARS;
    default:
        return MOMENT_NONE;
    }
}

/* "début de la semaine", "the beginning of the month": the running one's first days. */
static bool begun(const struct tokens *ts, size_t i, struct moment *m)
{
    size_t of = i - 1 - token_is(ts, i - 1, LEX(THE)), first = of - 1;

    if (i < 2 || !token_is(ts, i, LEX(UNIT)) || token_at(ts, i)->digits < 2 ||
        !token_is(ts, of, LEX(OF)) || !token_is(ts, first, LEX(EARLY)) ||
        token_at(ts, first)->m->number != 1)
        return false;
    m->form = period_form(token_at(ts, i)->m->unit);
    m->third = 1;
    m->from = first - token_is(ts, first - 1, LEX(THE));
    m->next = i + 1;
    return m->form != MOMENT_NONE;
}

/* "last week", "la semaine dernière", "next month", "last Monday" */
static bool shifted(const struct tokens *ts, size_t i, struct moment *m)
{
    bool before = token_is(ts, i, LEX(LAST) | LEX(NEXT) | LEX(THIS));
    size_t unit = i + before, word = before ? i : i + 1;
    bool last = token_is(ts, word, LEX(LAST));

    if (!before && !token_is(ts, i + 1, LEX(LAST) | LEX(NEXT)))
        return false;
    if (before && token_is(ts, unit, LEX(WEEKDAY)) && weekday(ts, unit, m)) {
        if (m->form == MOMENT_WEEKDAY && m->shift == 0)
            m->shift = last ? -1 : token_is(ts, i, LEX(NEXT)) ? 1 : 0;
        return true;
    }
    if (!token_is(ts, unit, LEX(UNIT)) || token_at(ts, unit)->m->factor != 1 ||
        token_at(ts, unit)->digits < 2)
        return false;
    m->form = period_form(token_at(ts, unit)->m->unit);
    if (m->form == MOMENT_NONE ||
        (ts->text.p[token_at(ts, unit)->end - 1] == 's' && ts->lang != LANG_FR))
        return false;
    if (!before && !token_is(ts, i - 1, LEX(THE)))
        return false;
    m->shift = last ? -1 : token_is(ts, word, LEX(NEXT)) ? 1 : 0;
    m->next = i + 2;
    return true;
}

/* "the 3rd"; "le 15", "du 15", "au 15" */
static bool day_expected(const struct tokens *ts, size_t i)
{
    const struct token *before = token_at(ts, i - 1);

    if (ts->lang == LANG_EN)
        return before->m->mask & LEX(THE);
    return before->m->mask & LEX(ON) && before->digits == 2 && !(before->m->mask & LEX(IN));
}

/* "on the 3rd", "le 15", "depuis le 1er" */
static bool day_alone(const struct tokens *ts, size_t i, struct moment *m)
{
    const struct token *t = token_at(ts, i);
    size_t next;
    int day;

    if (t->kind != TOKEN_NUMBER || !day_expected(ts, i) || !read_day(ts, i, &day, &next))
        return false;
    if (ts->lang == LANG_EN && next == i + 1 && token_at(ts, next)->kind == TOKEN_WORD)
        return false;
    if (token_at(ts, next)->kind == TOKEN_NUMBER || token_sign(ts, next, '%') ||
        token_sign(ts, next, '/') || token_sign(ts, next, ':') || token_sign(ts, next, '+'))
        return false;
    if (token_at(ts, next)->kind == TOKEN_WORD &&
        (token_glued(ts, next) || !token_is(ts, next, LEX(STOP) | LEX(AND) | LEX(AT) | LEX(TO))))
        return false;
    m->form = MOMENT_DAY;
    m->day = day;
    m->next = next;
    return true;
}

/* "in 2019", "depuis 2019", "en 2023" */
static bool year_alone(const struct tokens *ts, size_t i, struct moment *m)
{
    if (!is_year(ts, i) || token_at(ts, i)->value < 1900 ||
        !token_is(ts, i - 1, LEX(SINCE) | LEX(IN)))
        return false;
    if (token_is(ts, i + 1, LEX(UNIT) | LEX(CUR) | LEX(COUNT)) || token_sign(ts, i + 1, '-') ||
        token_at(ts, i + 1)->sign == 0x20ac)
        return false;
    m->form = MOMENT_YEAR;
    m->year = (int)token_at(ts, i)->value;
    m->next = i + 1;
    return true;
}

/* "hier à 16h", "ce matin 11h", "Monday at 5pm": the hour may come bare. */
static void add_clock(const struct tokens *ts, struct moment *m)
{
    struct moment clock = {.clock = CLOCK_UNSAID};
    size_t i = m->next + token_is(ts, m->next, LEX(AT) | LEX(TO));
    const struct token *t = token_at(ts, i), *unit = token_at(ts, i + 1);

    if (daytime_read(ts, i, &clock)) {
        m->next = clock.next;
    } else if (calendar_whole(t, 0, 24) && unit->m->mask & LEX(UNIT) &&
               unit->m->unit == UNIT_HOUR && !daytime_lasts(ts, i + 2)) {
        int minutes = 0;

        m->next = daytime_minutes(ts, i + 2, &minutes);
        clock.clock = (int)t->value * 60 + minutes;
        clock.vague_hour = false;
    } else {
        return;
    }
    m->clock = m->clock_end = clock.clock;
    m->vague_hour = clock.vague_hour;
}

/* "8h ce matin", "5pm yesterday" */
static void add_day(const struct tokens *ts, struct moment *m)
{
    struct moment day = {.clock = CLOCK_UNSAID, .clock_end = CLOCK_UNSAID, .from = m->from};

    if (!relative_day(ts, m->next, &day) && !weekday(ts, m->next, &day))
        return;
    if (day.clock >= 12 * 60 && m->clock < 12 * 60 && m->vague_hour)
        m->clock = m->clock_end = m->clock + 12 * 60;
    day.clock = day.clock_end = m->clock;
    *m = day;
}

bool calendar_read(const struct tokens *ts, size_t i, struct moment *ret)
{
    static const uint64_t starts = LEX(ORD) | LEX(MONTH) | LEX(WEEKDAY) | LEX(DAY) | LEX(THIS) |
                                   LEX(LAST) | LEX(NEXT) | LEX(UNIT) | LEX(NOON),
                          spoken = LEX(FRAC) | LEX(NUM) | LEX(ART); /* "half past six" */
    struct moment m = {.clock = CLOCK_UNSAID, .clock_end = CLOCK_UNSAID, .from = i};

    bool dated = token_at(ts, i)->kind == TOKEN_NUMBER || token_is(ts, i, starts);

    if (!dated && !token_is(ts, i, spoken))
        return false;
    if (dated &&
        (figures(ts, i, &m) || feast(ts, i, &m) || day_month(ts, i, &m) || month_first(ts, i, &m) ||
         weekday(ts, i, &m) || relative_day(ts, i, &m) || shifted(ts, i, &m) || begun(ts, i, &m) ||
         day_alone(ts, i, &m) || year_alone(ts, i, &m))) {
        add_clock(ts, &m);
        *ret = m;
        return true;
    }
    if (!daytime_read(ts, i, &m))
        return false;
    m.form = MOMENT_CLOCK;
    add_day(ts, &m);
    *ret = m;
    return true;
}
