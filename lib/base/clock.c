#include "lib/base/clock.h"

enum { DAY_S = 86400 };

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

/* Years start in March here, so a leap day is the last of its year and an era
 * of 400 years has always 146,097 days. */
int64_t clock_days(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = floor_div(year, 400);
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

int clock_weekday(int64_t days)
{
    return (int)(days + 3 - floor_div(days + 3, 7) * 7);
}

int clock_month_days(int64_t year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return days[month - 1] + (month == 2 && leap);
}

int64_t clock_from_civil(const struct civil *c)
{
    return clock_days(c->year, c->month, c->day) * DAY_S + c->hour * 3600 + c->minute * 60 +
           c->second;
}

struct civil clock_to_civil(int64_t at_s)
{
    int64_t days = floor_div(at_s, DAY_S);
    int second = (int)(at_s - days * DAY_S);

    days += 719468;
    int64_t era = floor_div(days, 146097);
    int64_t of_era = days - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int month = (int)((5 * of_year + 2) / 153);
    int day = (int)(of_year - (153 * month + 2) / 5 + 1);

    month += month < 10 ? 3 : -9;
    return (struct civil){.year = year + era * 400 + (month <= 2),
                          .month = month,
                          .day = day,
                          .hour = second / 3600,
                          .minute = second / 60 % 60,
                          .second = second % 60};
}

/* Exactly `n` digits, then on. */
static bool digits(struct str *s, size_t n, int *ret)
{
    int value = 0;

    if (s->n < n)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (s->p[i] < '0' || s->p[i] > '9')
            return false;
        value = value * 10 + (s->p[i] - '0');
    }
    *ret = value;
    *s = str_slice(*s, n, s->n);
    return true;
}

static bool skip(struct str *s, const char *any)
{
    if (s->n == 0 || !strchr(any, s->p[0]) || s->p[0] == '\0')
        return false;
    *s = str_slice(*s, 1, s->n);
    return true;
}

static int fraction_ms(struct str *s)
{
    int ms = 0, weight = 100;

    while (s->n && s->p[0] >= '0' && s->p[0] <= '9') {
        ms += (s->p[0] - '0') * weight;
        weight /= 10;
        *s = str_slice(*s, 1, s->n);
    }
    return ms;
}

static bool zone(struct str *s, int *ret_offset_s)
{
    int hour, minute;

    if (s->n == 0 || skip(s, "Zz")) {
        *ret_offset_s = 0;
        return true;
    }
    int sign = s->p[0] == '-' ? -1 : 1;

    if (!skip(s, "+-") || !digits(s, 2, &hour))
        return false;
    (void)skip(s, ":"); /* optional */
    if (!digits(s, 2, &minute) || hour > 23 || minute > 59)
        return false;
    *ret_offset_s = sign * (hour * 3600 + minute * 60);
    return true;
}

bool clock_parse(struct str text, int64_t *ret_ms)
{
    struct civil c = {0};
    int year, ms = 0, offset_s = 0;

    if (!digits(&text, 4, &year) || !skip(&text, "-") || !digits(&text, 2, &c.month) ||
        !skip(&text, "-") || !digits(&text, 2, &c.day))
        return false;
    c.year = year;
    if (c.month < 1 || c.month > 12 || c.day < 1 || c.day > clock_month_days(year, c.month))
        return false;
    if (text.n) {
        if (!skip(&text, "Tt ") || !digits(&text, 2, &c.hour) || !skip(&text, ":") ||
            !digits(&text, 2, &c.minute))
            return false;
        if (skip(&text, ":") && !digits(&text, 2, &c.second))
            return false;
        if (skip(&text, ".,"))
            ms = fraction_ms(&text);
        if (!zone(&text, &offset_s) || text.n)
            return false;
    }
    if (c.hour > 23 || c.minute > 59 || c.second > 60)
        return false;
    *ret_ms = (clock_from_civil(&c) - offset_s) * 1000 + ms;
    return true;
}

/* `width` digits of `value`, then `behind`. */
static char *write_digits(char *p, int width, int value, char behind)
{
    for (int i = width; i-- > 0; value /= 10)
        p[i] = (char)('0' + value % 10);
    p[width] = behind;
    return p + width + 1;
}

static struct str write_civil(int64_t at_s, int ms, char ret[CLOCK_TEXT_MAX])
{
    struct civil c = clock_to_civil(at_s);
    char *p = write_digits(ret, 4, (int)(c.year < 0 ? 0 : MIN(c.year, (int64_t)9999)), '-');

    p = write_digits(p, 2, c.month, '-');
    p = write_digits(p, 2, c.day, 'T');
    p = write_digits(p, 2, c.hour, ':');
    p = write_digits(p, 2, c.minute, ':');
    p = write_digits(p, 2, c.second, ms < 0 ? 'Z' : '.');
    if (ms >= 0)
        p = write_digits(p, 3, ms, 'Z');
    *p = '\0';
    return (struct str){ret, (size_t)(p - ret)};
}

struct str clock_write_s(int64_t at_s, char ret[CLOCK_TEXT_MAX])
{
    return write_civil(at_s, -1, ret);
}

struct str clock_write_ms(int64_t at_ms, char ret[CLOCK_TEXT_MAX])
{
    int64_t s = floor_div(at_ms, 1000);

    return write_civil(s, (int)(at_ms - s * 1000), ret);
}
