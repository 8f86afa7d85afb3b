#include "lib/quantity/parts.h"

#include <math.h>

#include "lib/quantity/denomination.h"
#include "lib/quantity/unit.h"

/* Quantities come in several units: "1 h 30", "2 km and 1 metre", "12 € 50". What
 * follows must be smaller than what stands before; two figures alone are
 * minutes, centimetres or cents where nothing else can be counted by them. */

static bool smaller_time(enum quantity_unit a, enum quantity_unit b)
{
    return unit_kind(b) == QUANTITY_DURATION && unit_worth(b) < unit_worth(a);
}

/* Minutes without their unit: "1h30", "1 h 30", "1 hour thirty", "3 min 20". */
static bool bare_part(const struct tokens *ts, size_t i, enum quantity_unit unit,
                      const struct number *n)
{
    const struct token *t = token_at(ts, i), *behind = token_at(ts, n->next);

    if ((unit != UNIT_HOUR && unit != UNIT_MINUTE) || n->value >= 60 || n->value != floor(n->value))
        return false;
    if (n->flags & (NUMBER_ARTICLE | NUMBER_VAGUE | NUMBER_FRACTION | NUMBER_ABOUT))
        return false;
    if (t->kind == TOKEN_NUMBER && token_glued(ts, i))
        return t->digits == 2 || n->value < 10;
    if (t->kind == TOKEN_NUMBER && t->digits != 2)
        return false;
    if (unit == UNIT_HOUR && t->kind == TOKEN_NUMBER && behind->m->mask & (LEX(STOP) | LEX(AND)) &&
        !(behind->m->mask & (LEX(UNIT) | LEX(COUNT))))
        return true; /* "1 hour 20 on hold" */
    return behind->kind != TOKEN_WORD && behind->kind != TOKEN_NUMBER &&
           !token_sign(ts, n->next, '%') && !token_sign(ts, n->next, ':') &&
           !(behind->kind == TOKEN_SIGN && denomination_sign(behind->sign));
}

/* "20 years, 2 h" are two durations, "1 year, 2 months" is one. */
static bool next_smaller(enum quantity_unit a, enum quantity_unit b)
{
    if (a == UNIT_YEAR || a == UNIT_MONTH)
        return b >= UNIT_DAY;
    if (a == UNIT_WEEK || a == UNIT_DAY)
        return b >= UNIT_MINUTE;
    return true;
}

/* "1h 30m": minutes, whatever else an m may be. */
static void read_small_m(const struct tokens *ts, size_t i, enum quantity_unit after,
                         struct denomination *u)
{
    if (u->unit != UNIT_METRE || after != UNIT_HOUR || token_at(ts, i)->digits != 1)
        return;
    u->unit = UNIT_MINUTE;
    u->factor = 1;
    u->other = false;
}

/* "2 heures 1/2" */
static bool halved(const struct tokens *ts, struct measure *m, enum quantity_unit *unit,
                   double *seconds)
{
    struct number n;
    struct denomination u;

    if ((token_at(ts, m->next)->kind != TOKEN_NUMBER &&
         token_at(ts, m->next)->kind != TOKEN_FRACTION) ||
        !number_read(ts, m->next, &n) || !(n.flags & NUMBER_FRACTION) || n.value >= 1 ||
        denomination_read(ts, n.next, &n, &u))
        return false;
    *seconds += n.value * unit_worth(*unit);
    *unit = UNIT_SECOND;
    m->next = n.next;
    return true;
}

/* Adds what follows: "and a half", "30 min", "et quart", "30". */
static bool add_part(const struct tokens *ts, struct measure *m, enum quantity_unit *unit,
                     double *seconds)
{
    size_t i = m->next;
    struct number n;
    struct denomination u;
    double part;
    bool comma;

    if ((number_read_fraction(ts, i, &part, &i) || number_read_quarters(ts, i, &part, &i)) &&
        part < 1) {
        bool counted = denomination_read(ts, i, &(struct number){.flags = NUMBER_FRACTION}, &u) &&
                       unit_kind(u.unit) == QUANTITY_DURATION;

        *seconds += part * unit_worth(counted ? u.unit : *unit);
        m->next = counted ? u.next : i;
        *unit = UNIT_SECOND;
        return true;
    }
    if (halved(ts, m, unit, seconds))
        return true;
    i = m->next;
    comma = token_sign(ts, i, ',');
    i += comma;
    i += token_is(ts, i, LEX(AND));
    if (!number_read(ts, i, &n))
        return false;
    if (denomination_read(ts, n.next, &n, &u)) {
        read_small_m(ts, u.next - 1, *unit, &u);
        if (u.other || !smaller_time(*unit, u.unit) || u.factor > 1 || n.flags & NUMBER_VAGUE ||
            (comma && !next_smaller(*unit, u.unit)))
            return false;
        *seconds += n.value * unit_worth(u.unit);
        *unit = u.unit;
        m->next = u.next;
        return true;
    }
    if (i > m->next + 1 || comma || !bare_part(ts, i, *unit, &n))
        return false;
    *seconds += n.value * (*unit == UNIT_HOUR ? 60 : 1);
    *unit = UNIT_SECOND;
    m->next = n.next;
    return true;
}

/* "a second and a half", "a decade and a half": of the word, not of its unit. */
static bool add_half_of_word(const struct tokens *ts, struct measure *m, double factor)
{
    double part;
    size_t next;

    if ((factor == 1 && m->q.unit != UNIT_SECOND) ||
        !number_read_fraction(ts, m->next, &part, &next) || part >= 1 ||
        token_is(ts, next, LEX(UNIT) | LEX(OF)))
        return false;
    m->q.amount += part * factor;
    m->q.low = m->q.high = m->q.low + part * factor * unit_worth(m->q.unit);
    m->next = next;
    return true;
}

void parts_of_time(const struct tokens *ts, struct measure *m, double factor)
{
    enum quantity_unit unit = m->q.unit;
    double seconds = 0;

    if (add_half_of_word(ts, m, factor))
        return;
    while (unit != UNIT_SECOND && add_part(ts, m, &unit, &seconds))
        continue;
    if (m->q.unit == UNIT_YEAR && unit == UNIT_MONTH) { /* "2 years 3 months": 27 months */
        m->q.unit = UNIT_MONTH;
        m->q.amount = m->q.amount * 12 + seconds / unit_worth(UNIT_MONTH);
        m->q.low = m->q.high = m->q.amount * unit_worth(UNIT_MONTH);
        return;
    }
    m->q.low += seconds;
    m->q.high += seconds;
    m->q.amount += seconds / unit_worth(m->q.unit);
}

/* "1m80", "1 mètre 80", "6 ft 2", "6 ft 2 in": what is below the unit, unsaid. */
static bool add_bare_length(const struct tokens *ts, struct measure *m)
{
    bool metres = m->q.unit == UNIT_METRE, feet = m->q.unit == UNIT_FOOT;
    const struct token *t = token_at(ts, m->next), *behind;
    struct number n;

    if ((!metres && !feet) || m->q.amount != floor(m->q.amount) || m->q.amount > 10 ||
        !number_read(ts, m->next, &n) || n.value != floor(n.value) || n.value < 1 ||
        n.flags & (NUMBER_ARTICLE | NUMBER_VAGUE | NUMBER_ABOUT))
        return false;
    if (n.value >= (feet ? 12 : 100) || (metres && t->kind == TOKEN_NUMBER && t->digits != 2))
        return false;
    behind = token_at(ts, n.next);
    if (feet && behind->m->mask & LEX(IN) && behind->digits == 2)
        n.next++;
    else if (behind->kind == TOKEN_WORD && !token_glued(ts, m->next) &&
             !(behind->m->mask & LEX(STOP)))
        return false;
    else if (behind->kind == TOKEN_SIGN && behind->sign != '.' && behind->sign != ',')
        return false;
    m->q.low += feet ? n.value * unit_worth(UNIT_INCH) : n.value / 100;
    m->q.high = m->q.low;
    m->q.amount = m->q.low / unit_worth(m->q.unit);
    m->next = n.next;
    return true;
}

/* "2 km and 1 metre", "7 feet 10 inches" */
void parts_of_length(const struct tokens *ts, struct measure *m)
{
    size_t i = m->next + token_is(ts, m->next, LEX(AND));
    struct number n;
    struct denomination u;
    double part;

    if (add_bare_length(ts, m))
        return;
    if (number_read_fraction(ts, m->next, &part, &i) && part < 1) {
        m->q.amount += part;
        m->q.low = m->q.high = m->q.amount * unit_worth(m->q.unit);
        m->next = i;
        return;
    }
    if (!number_read(ts, i, &n) || !denomination_read(ts, n.next, &n, &u) || u.other)
        return;
    if (unit_kind(u.unit) != QUANTITY_DISTANCE || u.unit == m->q.unit)
        return;
    if (i == m->next && unit_worth(u.unit) * u.factor >= unit_worth(m->q.unit))
        return;
    m->q.low += n.value * u.factor * unit_worth(u.unit);
    m->q.high = m->q.low;
    m->q.amount = m->q.low / unit_worth(m->q.unit);
    m->next = u.next;
}

/* "a dollar and a half", "vingt degrés et demi" */
bool parts_half(const struct tokens *ts, struct measure *m)
{
    double part;
    size_t next;

    if (!number_read_fraction(ts, m->next, &part, &next) || part >= 1 ||
        token_is(ts, next, LEX(UNIT) | LEX(OF)))
        return false;
    m->q.amount = m->q.low = m->q.high = m->q.low + part;
    m->next = next;
    return true;
}

/* "12€50", "20 dollars 43c", "15 dollars et 15", "3 dollars, 20 cents" */
void parts_of_money(const struct tokens *ts, struct measure *m)
{
    size_t i = m->next + token_sign(ts, m->next, ',');
    bool comma = i > m->next, and = token_is(ts, i, LEX(AND));
    const struct token *t = token_at(ts, i + and);
    struct number n;
    struct denomination u;

    if (parts_half(ts, m))
        return;
    if (!number_read(ts, i + and, &n) || n.value >= 100 || n.value != floor(n.value) || n.value < 1)
        return;
    if (n.flags & (NUMBER_VAGUE | NUMBER_FRACTION | NUMBER_ABOUT))
        return;
    if (denomination_read(ts, n.next, &n, &u)) {
        if (u.unit != UNIT_CENT)
            return;
        m->next = u.next;
    } else {
        bool digits = t->kind == TOKEN_NUMBER;
        bool word = token_at(ts, n.next)->kind == TOKEN_WORD && !token_is(ts, n.next, LEX(ADJ));

        if (word || comma || (n.flags & NUMBER_ARTICLE) || (!and&&digits && t->digits != 2))
            return;
        m->next = n.next;
    }
    m->q.low += n.value / 100;
    m->q.high = m->q.low;
    m->q.amount = m->q.low;
}
