#include "lib/quantity/unit.h"

#include <math.h>
#include <stdio.h>

struct unit_row {
    const char *name;
    enum quantity_kind kind;
    double worth;
};

static const struct unit_row rows[] = {
    [UNIT_NONE] = {"none", QUANTITY_NUMBER, 1},
    [UNIT_SECOND] = {"second", QUANTITY_DURATION, 1},
    [UNIT_MINUTE] = {"minute", QUANTITY_DURATION, 60},
    [UNIT_HOUR] = {"hour", QUANTITY_DURATION, 3600},
    [UNIT_DAY] = {"day", QUANTITY_DURATION, 86400},
    [UNIT_WORKING_DAY] = {"working_day", QUANTITY_DURATION, 86400 * 7.0 / 5},
    [UNIT_WEEK] = {"week", QUANTITY_DURATION, 7 * 86400},
    [UNIT_MONTH] = {"month", QUANTITY_DURATION, 30.0 * 86400},
    [UNIT_YEAR] = {"year", QUANTITY_DURATION, 365.0 * 86400},
    [UNIT_CURRENCY] = {"currency", QUANTITY_MONEY, 1},
    [UNIT_PERCENT] = {"percent", QUANTITY_PERCENTAGE, 1},
    [UNIT_DEGREE] = {"degree", QUANTITY_TEMPERATURE, 1},
    [UNIT_CELSIUS] = {"celsius", QUANTITY_TEMPERATURE, 1},
    [UNIT_FAHRENHEIT] = {"fahrenheit", QUANTITY_TEMPERATURE, 1},
    [UNIT_METRE] = {"metre", QUANTITY_DISTANCE, 1},
    [UNIT_KILOMETRE] = {"kilometre", QUANTITY_DISTANCE, 1000},
    [UNIT_MILE] = {"mile", QUANTITY_DISTANCE, 1609.344},
    [UNIT_FOOT] = {"foot", QUANTITY_DISTANCE, 0.3048},
    [UNIT_INCH] = {"inch", QUANTITY_DISTANCE, 0.0254},
    [UNIT_COUNT] = {"count", QUANTITY_COUNT, 1},
    [UNIT_CENT] = {"cent", QUANTITY_MONEY, 0.01},
};

enum quantity_kind unit_kind(enum quantity_unit unit)
{
    return rows[unit].kind;
}

double unit_worth(enum quantity_unit unit)
{
    return rows[unit].worth;
}

const char *quantity_unit_name(enum quantity_unit unit)
{
    return (size_t)unit < ARRAY_LEN(rows) ? rows[unit].name : "none";
}

const char *quantity_kind_name(enum quantity_kind kind)
{
    static const char *const names[QUANTITY_KINDS] = {
        "duration", "money", "percentage", "temperature", "distance",
        "number",   "count", "date",       "time",
    };

    return kind < QUANTITY_KINDS ? names[kind] : "none";
}

const char *quantity_bound_name(enum quantity_bound bound)
{
    static const char *const names[] = {
        "exact", "at_least", "at_most", "more_than", "less_than", "about",
    };

    return (size_t)bound < ARRAY_LEN(names) ? names[bound] : "exact";
}

const char *quantity_role_name(enum quantity_role role)
{
    static const char *const names[QUANTITY_ROLES] = {
        "none",      "elapsed", "delay",     "ahead", "age",
        "seniority", "period",  "frequency", "clock", "length",
    };

    return role < QUANTITY_ROLES ? names[role] : "none";
}

const char *quantity_base_name(const struct quantity *q)
{
    static const char *const names[QUANTITY_KINDS] = {
        "second", NULL, "percent", "degree", "metre", "one", "one", "epoch", "second",
    };

    if (q->kind == QUANTITY_MONEY)
        return q->currency[0] ? q->currency : "currency";
    return q->kind < QUANTITY_KINDS ? names[q->kind] : "one";
}

size_t quantity_unit_words(const struct str **ret)
{
#define W(word)                                                                                    \
    {                                                                                              \
        word, sizeof(word) - 1                                                                     \
    }
    static const struct str words[] = {
        W("s"),
        W("second"),
        W("seconds"),
        W("seconde"),
        W("secondes"),
        W("min"),
        W("minute"),
        W("minutes"),
        W("h"),
        W("hour"),
        W("hours"),
        W("heure"),
        W("heures"),
        W("d"),
        W("j"),
        W("day"),
        W("days"),
        W("jour"),
        W("jours"),
        W("working days"),
        W("week"),
        W("weeks"),
        W("semaine"),
        W("semaines"),
        W("month"),
        W("months"),
        W("mois"),
        W("year"),
        W("years"),
        W("an"),
        W("ans"),
        W("euros"),
        W("dollars"),
        W("EUR"),
        W("USD"),
        W("GBP"),
        W("%"),
        W("percent"),
        W("pour cent"),
        W("km"),
        W("miles"),
        W("metres"),
        W("hora"),
        W("horas"),
        W("dia"),
        W("dias"),
        W("semana"),
        W("semanas"),
        W("mes"),
        W("meses"),
        W("minuto"),
        W("minutos"),
        W("segundos"),
        W("jours ouvres"),
        W("business days"),
        W("degrees"),
    };
#undef W

    *ret = words;
    return ARRAY_LEN(words);
}

/* One unit for writing: worth, and its name for one and for many per language. */
struct written {
    double worth;
    const char *one[LANG_COUNT], *many[LANG_COUNT];
};

static const struct written written[] = {
    {365.0 * 86400, {"year", "year", "an", "año"}, {"years", "years", "ans", "años"}},
    {30.0 * 86400, {"month", "month", "mois", "mes"}, {"months", "months", "mois", "meses"}},
    {7.0 * 86400, {"week", "week", "semaine", "semana"}, {"weeks", "weeks", "semaines", "semanas"}},
    {86400, {"day", "day", "jour", "día"}, {"days", "days", "jours", "días"}},
    {3600, {"h", "h", "h", "h"}, {"h", "h", "h", "h"}},
    {60, {"min", "min", "min", "min"}, {"min", "min", "min", "min"}},
    {1, {"s", "s", "s", "s"}, {"s", "s", "s", "s"}},
};

/* The row people would begin with: weeks only when whole, as "10 days" is said
 * and "1 week 3 days" is not; hours up to three days, as limits are written. */
static size_t first_row(double seconds)
{
    if (seconds >= 2 * written[0].worth || seconds == written[0].worth)
        return 0;
    if (seconds >= 2 * written[1].worth || seconds == written[1].worth)
        return 1;
    if (seconds >= written[2].worth && fmod(seconds, written[2].worth) == 0)
        return 2;
    if (seconds > 3 * 86400.0 || (seconds >= 86400 && fmod(seconds, 86400) == 0 &&
                                  seconds != 2 * 86400.0 && seconds != 86400))
        return 3;
    return seconds >= 3600 ? 4 : seconds >= 60 ? 5 : 6;
}

static size_t second_row(size_t first)
{
    return first == 0 ? 1 : first == 1 ? 3 : first + 1;
}

void quantity_write_duration(double seconds, enum lang lang, char *ret, size_t n)
{
    double rest = isfinite(seconds) ? round(fabs(seconds)) : 0;
    size_t a = first_row(rest), b = second_row(a);
    double whole = floor(rest / written[a].worth), part = 0;
    const char *const *names = whole == 1 ? written[a].one : written[a].many;
    int used;

    if (n == 0)
        return;
    if (b < ARRAY_LEN(written))
        part = floor((rest - whole * written[a].worth) / written[b].worth);
    used = snprintf(ret, n, "%.0f %s", whole, names[lang]);
    if (part < 1 || used < 0 || (size_t)used >= n)
        return;
    if (a == 4)
        (void)snprintf(ret + used, n - (size_t)used, " %02.0f", part); /* cut at n: documented */
    else
        (void)snprintf(ret + used, n - (size_t)used, " %.0f %s", part,
                       (part == 1 ? written[b].one : written[b].many)[lang]);
}
