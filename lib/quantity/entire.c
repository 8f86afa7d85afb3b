#include "lib/quantity/entire.h"

#include <math.h>

#include "lib/quantity/denomination.h"
#include "lib/quantity/unit.h"

static char last_letter(const struct tokens *ts, size_t i)
{
    return (char)(ts->text.p[token_at(ts, i)->end - 1] | 0x20);
}

/* "hora y media", "heure et demie" without its article */
static bool read_unit_and_half(const struct tokens *ts, size_t i, struct measure *m)
{
    static const struct number one = {.value = 1, .least = 1, .last_mul = 1};
    struct denomination u;
    double part;
    size_t next;

    if (!token_is(ts, i, LEX(UNIT)) || token_at(ts, i)->digits < 2 ||
        !number_read_fraction(ts, i + 1, &part, &next) || part >= 1)
        return false;
    if (token_is(ts, next, LEX(UNIT)) || !denomination_read(ts, i, &one, &u) ||
        unit_kind(u.unit) != QUANTITY_DURATION || u.next != i + 1)
        return false;
    u.next = next;
    u.factor *= 1 + part;
    measure_make(m, &one, 1, &u);
    return true;
}

/* "hour-long", "week long"; "hour delay", "day late", "hour+ wait" of the hurried */
static bool read_lasting(const struct tokens *ts, size_t i, struct measure *m)
{
    static const struct number one = {.value = 1, .least = 1, .last_mul = 1};
    bool plus = token_sign(ts, i + 1, '+') && token_glued(ts, i + 1);
    bool late =
        token_is(ts, i + 1, LEX(LATE)) && !token_is(ts, i + 1, LEX(AGO)) && ts->lang == LANG_EN;
    struct denomination u;

    if (!token_is(ts, i, LEX(UNIT)) || !(token_is(ts, i + 1, LEX(LASTING)) || plus || late) ||
        token_at(ts, i)->digits < 3 || last_letter(ts, i) == 's' ||
        token_at(ts, i - 1)->kind == TOKEN_NUMBER || !denomination_read(ts, i, &one, &u) ||
        unit_kind(u.unit) != QUANTITY_DURATION || unit_worth(u.unit) < 3600)
        return false;
    u.next += !late; /* "late" tells the role */
    measure_make(m, &one, 1, &u);
    if (plus)
        measure_open_upwards(m);
    return true;
}

/* A unit of an hour and more, written out; "s" and "min" are not. */
static bool is_long_unit(const struct tokens *ts, size_t i)
{
    const struct token *t = token_at(ts, i);

    return t->m->mask & LEX(UNIT) && t->digits >= 3 &&
           unit_kind((enum quantity_unit)t->m->unit) == QUANTITY_DURATION &&
           unit_worth((enum quantity_unit)t->m->unit) * t->m->factor >= 3600 &&
           !(ts->lang == LANG_EN && t->m->unit == UNIT_YEAR); /* "for years" tells of a habit */
}

/* "for weeks", "depuis des mois": more than two of them. */
static bool read_plural(const struct tokens *ts, size_t i, struct measure *m)
{
    static const struct number several = {
        .value = 3, .least = 2, .last_mul = 1, .flags = NUMBER_VAGUE | NUMBER_WORDS};
    const struct token *before = token_at(ts, i - 1);
    bool des = before->m->mask & LEX(OF) && before->digits == 3;
    struct denomination u;

    if (!is_long_unit(ts, i) || last_letter(ts, i) != 's' || before->kind == TOKEN_NUMBER ||
        before->m->mask & (LEX(WORKING) | LEX(ADJ) | LEX(LAST) | LEX(NEXT) | LEX(PER)) ||
        (ts->lang == LANG_FR && !des) || !denomination_read(ts, i, &several, &u))
        return false;
    measure_make(m, &several, several.value, &u);
    m->q.bound = QUANTITY_MORE_THAN;
    m->wait_only = true;
    return true;
}

/* "3e jour sans internet", "the third day without": two days and part of one. */
static bool read_nth(const struct tokens *ts, size_t i, struct measure *m)
{
    const struct token *t = token_at(ts, i);
    bool figure = t->kind == TOKEN_NUMBER && !t->separators && token_glued(ts, i + 1) &&
                  token_is(ts, i + 1, LEX(SUFFIX));
    struct number n = {.value = figure ? t->value : t->m->number, .last_mul = 1};
    size_t unit = i + 1 + figure;
    struct denomination u;

    if ((!figure && !(t->m->mask & LEX(ORD))) || n.value < 2 || n.value > 31 ||
        !is_long_unit(ts, unit) || !denomination_read(ts, unit, &n, &u))
        return false;
    n.least = n.value - 1;
    measure_make(m, &n, n.value, &u);
    m->q.bound = QUANTITY_MORE_THAN;
    m->wait_only = true;
    return true;
}

/* "day 3. No news", "day 3 and no news", "day 3 of this": counted aloud by who waits. */
static bool counts_on(const struct tokens *ts, size_t next)
{
    const struct token *t = token_at(ts, next);

    return t->kind == TOKEN_END || t->kind == TOKEN_BREAK || t->kind == TOKEN_OPAQUE ||
           (t->kind == TOKEN_SIGN && t->sign != '-' && t->sign != '/' && t->sign != '%') ||
           t->m->mask & (LEX(AND) | LEX(OF) | LEX(NOT));
}

/* "day 3 without internet", "on week two", "jour 3" */
static bool read_numbered(const struct tokens *ts, size_t i, struct measure *m)
{
    struct denomination u;
    struct number n;

    if (!is_long_unit(ts, i) || last_letter(ts, i) == 's' ||
        token_at(ts, i - 1)->kind == TOKEN_NUMBER || token_is(ts, i - 1, LEX(NUM) | LEX(PER)) ||
        !number_read(ts, i + 1, &n) || n.flags & ~(unsigned)NUMBER_WORDS)
        return false;
    if (n.value < 2 || n.value > 31 || n.value != floor(n.value) || token_glued(ts, n.next) ||
        token_is(ts, n.next, LEX(UNIT)) || !denomination_read(ts, i, &n, &u) || u.next != i + 1)
        return false;
    u.next = n.next;
    n.least = n.value - 1;
    measure_make(m, &n, n.value, &u);
    m->q.bound = QUANTITY_MORE_THAN;
    m->q.role = counts_on(ts, n.next) ? QUANTITY_ELAPSED : QUANTITY_ROLE_NONE;
    m->wait_only = true;
    return true;
}

/* "the past decade" lasts; "the past week" is a week of the calendar. */
static bool is_past_decade(const struct tokens *ts, size_t i)
{
    return token_is(ts, i, LEX(LAST)) && token_is(ts, i + 1, LEX(UNIT)) &&
           token_at(ts, i + 1)->m->factor > 1;
}

/* "all week", "toute la semaine", "la semaine entière", "full-day" */
bool entire_read(const struct tokens *ts, size_t i, struct measure *m)
{
    static const struct number one = {.value = 1, .least = 1, .last_mul = 1};
    bool behind = token_is(ts, i, LEX(THE)) && token_is(ts, i + 2, LEX(WHOLE));
    size_t at = behind ? i + 1 : i + 1 + token_is(ts, i + 1, LEX(THE));
    struct denomination u;

    if (read_unit_and_half(ts, i, m) || read_lasting(ts, i, m) || read_plural(ts, i, m) ||
        read_nth(ts, i, m) || read_numbered(ts, i, m))
        return true;
    if (!behind && !token_is(ts, i, LEX(WHOLE)) && !is_past_decade(ts, i))
        return false;
    if (!token_is(ts, at, LEX(UNIT)) || !denomination_read(ts, at, &one, &u) ||
        unit_kind(u.unit) != QUANTITY_DURATION)
        return false;
    if (at > i + 1 && !behind && last_letter(ts, i + 1) == 's')
        return false; /* "tous les mois" */
    if (u.other || unit_worth(u.unit) < 3600 || token_at(ts, at)->digits < 2)
        return false;
    if ((ts->text.p[token_at(ts, at)->end - 1] | 0x20) == 's' && u.unit != UNIT_MONTH)
        return false; /* "tous les jours" happens again and again */
    u.next += behind;
    measure_make(m, &one, 1, &u);
    return true;
}
