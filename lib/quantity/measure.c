#include "lib/quantity/measure.h"

#include <math.h>

#include "lib/quantity/decoy.h"
#include "lib/quantity/denomination.h"
#include "lib/quantity/entire.h"
#include "lib/quantity/parts.h"
#include "lib/quantity/price.h"
#include "lib/quantity/range.h"
#include "lib/quantity/unit.h"

/* A measure is numbers and a unit, in any of the orders people use: "$5", "5 $",
 * "1 h 30", "2 à 3 jours", "half an hour", "an hour or two", "toute la semaine".
 * Numbers are read first; what follows them says what they count. A number
 * whose letters say nothing ("A320", "180ml") is taken and dropped, so that no
 * later reader sees half of it. */

void measure_make(struct measure *m, const struct number *n, double high,
                  const struct denomination *u)
{
    double worth = unit_worth(u->unit) * u->factor * u->mul;

    m->q = (struct quantity){
        .kind = unit_kind(u->unit),
        .bound = n->flags & NUMBER_VAGUE   ? QUANTITY_ABOUT
                 : n->flags & NUMBER_ABOUT ? QUANTITY_ABOUT
                                           : QUANTITY_EXACT,
        .unit = u->unit,
        .amount = n->value * u->factor * u->mul,
        .low = n->least * worth,
        .high = MAX(high, n->value) * worth,
    };
    if (n->flags & NUMBER_VAGUE) {
        m->q.bound = n->least < n->value ? QUANTITY_AT_LEAST : QUANTITY_ABOUT;
        m->q.high = n->least < n->value ? INFINITY : m->q.high;
    }
    memcpy(m->q.currency, u->code, sizeof(u->code));
    m->next = u->next;
}

void measure_skip(struct measure *m, size_t next)
{
    m->skip = true;
    m->next = next;
}

/* "2+ hours" */
void measure_open_upwards(struct measure *m)
{
    m->q.bound = QUANTITY_AT_LEAST;
    m->q.high = INFINITY;
}

/* "10 degrees below zero", "10 en dessous de zéro" */
static bool below_zero(const struct tokens *ts, struct measure *m)
{
    size_t i = m->next;

    i += !token_is(ts, i, LEX(BELOW));
    if (!token_is(ts, i, LEX(BELOW)))
        return false;
    i++;
    i += token_is(ts, i, LEX(OF));
    if (!token_is(ts, i, LEX(NUM)) || token_at(ts, i)->m->number > 0)
        return false;
    m->q.kind = QUANTITY_TEMPERATURE;
    m->q.unit = m->q.unit == UNIT_NONE ? UNIT_DEGREE : m->q.unit;
    m->q.amount = m->q.low = m->q.high = -fabs(m->q.amount);
    m->next = i + 1;
    return true;
}

/* "1m30s" */
static bool minutes_before_seconds(const struct tokens *ts, const struct denomination *u)
{
    struct denomination behind;
    struct number n;

    return u->unit == UNIT_METRE && !u->other && token_at(ts, u->next - 1)->digits == 1 &&
           token_at(ts, u->next)->kind == TOKEN_NUMBER && number_read(ts, u->next, &n) &&
           denomination_read(ts, n.next, &n, &behind) && behind.unit == UNIT_SECOND;
}

static void read_with_unit(const struct tokens *ts, const struct number *n, double high,
                           struct denomination *u, bool between, struct measure *m)
{
    struct number again;

    if (u->unit == UNIT_CURRENCY && token_is(ts, u->next, LEX(MUL)) && n->last_mul == 1) {
        u->mul = token_at(ts, u->next)->m->number;
        u->next++;
    }
    if (minutes_before_seconds(ts, u)) {
        u->unit = UNIT_MINUTE;
        u->factor = 1;
    }
    measure_make(m, n, high, u);
    if (m->q.kind == QUANTITY_DURATION && token_is(ts, m->next, LEX(OVER)) &&
        number_read(ts, m->next + 1, &again)) {
        measure_skip(m, again.next); /* "7 jours sur 7" */
        return;
    }
    if (u->other || decoy_around_the_clock(ts, m->next)) {
        measure_skip(m, u->next + (u->other ? 0 : 2));
        return;
    }
    if (m->q.kind == QUANTITY_DURATION && high <= n->value)
        parts_of_time(ts, m, u->factor);
    if (m->q.kind == QUANTITY_DISTANCE && high <= n->value)
        parts_of_length(ts, m);
    if (m->q.kind == QUANTITY_TEMPERATURE && high <= n->value)
        (void)parts_half(ts, m); /* none: the degrees stand */
    if (m->q.kind == QUANTITY_TEMPERATURE)
        below_zero(ts, m);
    if (m->q.kind == QUANTITY_MONEY && u->unit == UNIT_CURRENCY && high <= n->value &&
        n->last_mul == 1)
        parts_of_money(ts, m);
    range_extend(ts, m, between);
}

static bool plain_number(const struct tokens *ts, const struct number *a, const struct number *b,
                         bool between, struct measure *m)
{
    bool vague = (a->flags & NUMBER_VAGUE) && ts->lang != LANG_EN;

    if (a->flags & NUMBER_ARTICLE || vague || decoy_is_pronoun(ts, a))
        return false;
    m->q = (struct quantity){
        .kind = QUANTITY_NUMBER, .amount = a->value, .low = a->least, .high = a->value};
    m->next = a->next;
    if (a->flags & (NUMBER_VAGUE | NUMBER_ABOUT))
        m->q.bound = QUANTITY_ABOUT;
    if (b && (between || (token_sign(ts, a->next, '-') && a->value > 9) ||
              token_sign(ts, a->next, '~') || token_is(ts, a->next, LEX(TO)))) {
        m->q.high = b->value;
        m->next = b->next;
    }
    return true;
}

/* "1:30 hours", "12:45 min" */
static bool figure_hours(const struct tokens *ts, size_t i, struct number *n)
{
    const struct token *minutes = token_at(ts, i + 2);

    if (!token_sign(ts, i + 1, ':') || minutes->kind != TOKEN_NUMBER || minutes->digits != 2 ||
        minutes->value >= 60)
        return false;
    if (!token_glued(ts, i + 1) || !token_glued(ts, i + 2) || !token_is(ts, i + 3, LEX(UNIT)) ||
        n->next != i + 1)
        return false;
    n->value = n->least = n->value + minutes->value / 60;
    n->next = i + 3;
    return true;
}

/* 6'2", 5'11": feet and inches, where the second is below twelve; 6'' are inches. */
static bool feet_and_inches(const struct tokens *ts, size_t i, struct measure *m)
{
    const struct token *feet = token_at(ts, i), *inches = token_at(ts, i + 2);
    bool both, alone;

    if (feet->kind != TOKEN_NUMBER || !token_sign(ts, i + 1, '\'') || !token_glued(ts, i + 1) ||
        !token_glued(ts, i + 2))
        return false;
    both =
        inches->kind == TOKEN_NUMBER && inches->value < 12 && feet->value < 10 && !feet->separators;
    alone = token_sign(ts, i + 2, '\'') && !token_glued(ts, i + 3);
    if (!both && !alone)
        return false;
    m->q = (struct quantity){.kind = QUANTITY_DISTANCE, .unit = both ? UNIT_FOOT : UNIT_INCH};
    m->q.amount = both ? feet->value + inches->value / 12 : feet->value;
    m->q.low = m->q.high = m->q.amount * unit_worth(m->q.unit);
    m->next = i + 3;
    if (both && (token_sign(ts, m->next, '"') || token_sign(ts, m->next, '\'')))
        m->next += token_sign(ts, m->next, '"') || !token_sign(ts, m->next + 1, '\'') ? 1 : 2;
    return true;
}

/* "20ish", "70plus" */
static bool is_ish(const struct tokens *ts, size_t i)
{
    return token_is(ts, i, LEX(ADJ)) && token_is(ts, i, LEX(PHRASE));
}

/* Numbers whose letters or neighbours say that they measure nothing. */
static bool skip_word(const struct tokens *ts, size_t i, const struct number *n, struct measure *m)
{
    size_t ordinal = 0;

    if (n->flags & NUMBER_WORDS && !(n->flags & NUMBER_FRACTION))
        ordinal = number_ordinal_end(ts, n);
    if (!ordinal && !decoy_is_slang(ts, i, n))
        return false;
    measure_skip(m, ordinal ? ordinal : n->next + 1);
    return true;
}

/* The number `a`, and its range's end `b` with true. */
static bool read_ends(const struct tokens *ts, size_t i, bool between, struct number *a,
                      struct number *b)
{
    if (!range_second(ts, a, between, b)) {
        (void)figure_hours(ts, i, a); /* else a plain number */
        return false;
    }
    range_share(a, b);
    a->flags &= ~(unsigned)NUMBER_ARTICLE;
    return true;
}

/* One number and its unit: "2+ hours", "2 hours+". */
static bool read_counted(const struct tokens *ts, size_t i, struct number *a, bool between,
                         struct measure *m)
{
    struct denomination u;
    bool plus = token_sign(ts, a->next, '+') &&
                (token_glued(ts, a->next) || denomination_read(ts, a->next + 1, a, &u));

    if (!denomination_read(ts, a->next + plus, a, &u))
        return false;
    if (u.unit == UNIT_DEGREE && (decoy_is_angle(ts, i, u.next) || a->flags & NUMBER_ARTICLE)) {
        measure_skip(m, u.next);
        return true;
    }
    read_with_unit(ts, a, a->value, &u, between, m);
    if (token_sign(ts, m->next, '+') && token_glued(ts, m->next)) {
        m->next++;
        plus = true;
    }
    if (plus)
        measure_open_upwards(m);
    return true;
}

/* A number that counts nothing, or what no one knows: "180ml". */
static bool read_bare(const struct tokens *ts, struct number *a, const struct number *b,
                      bool between, struct measure *m)
{
    bool plus = !b && token_sign(ts, a->next, '+') && token_glued(ts, a->next);

    a->next += plus;
    if (token_glued(ts, a->next) && token_at(ts, a->next)->kind == TOKEN_WORD &&
        !is_ish(ts, a->next) && token_at(ts, a->next - 1)->kind == TOKEN_NUMBER) {
        measure_skip(m, a->next + 1);
        return true;
    }
    if (!plain_number(ts, a, b, between, m))
        return false;
    if (plus)
        measure_open_upwards(m);
    (void)below_zero(ts, m); /* else it stays a plain number */
    return true;
}

static bool read_numbers(const struct tokens *ts, size_t i, bool between, struct measure *m)
{
    struct number a, b = {0};
    struct denomination u;
    bool minus = between && (token_is(ts, i, LEX(MINUS)) || token_sign(ts, i, '-'));
    bool range;

    i += minus;
    range = range_slashed(ts, i, &a, &b);
    if (decoy_read(ts, i, m) || feet_and_inches(ts, i, m))
        return true;
    if (!range && !number_read(ts, i, &a))
        return false;
    if (minus)
        a.value = a.least = -a.value;
    range = range || read_ends(ts, i, between, &a, &b);
    if (a.flags & NUMBER_ARTICLE && denomination_sign(token_at(ts, a.next)->sign) &&
        token_at(ts, a.next + 1)->kind == TOKEN_NUMBER)
        return false; /* "a $ 4 billion deal" */
    if (!range && skip_word(ts, i, &a, m))
        return true;
    if (range && denomination_read(ts, b.next, &b, &u)) {
        read_with_unit(ts, &a, b.value, &u, between, m);
        return true;
    }
    return read_counted(ts, i, &a, between, m) || read_bare(ts, &a, range ? &b : NULL, between, m);
}

static bool number_begins(const struct tokens *ts, size_t i)
{
    return token_at(ts, i)->kind == TOKEN_NUMBER ||
           token_is(ts, i, LEX(NUM) | LEX(MUL) | LEX(FRAC) | LEX(POINT)) ||
           (token_is(ts, i, LEX(ART)) && token_is(ts, i + 1, LEX(MUL) | LEX(FRAC)));
}

/* "négatif un" */
static bool one_below(struct measure *m, size_t next)
{
    m->q = (struct quantity){.kind = QUANTITY_NUMBER, .amount = -1, .low = -1, .high = -1};
    m->next = next;
    return true;
}

/* "-5", "minus three million", "-10C": what is below zero there may be. A hyphen
 * before a space is a list's. */
static bool read_negative(const struct tokens *ts, size_t i, struct measure *m)
{
    bool word = token_is(ts, i, LEX(MINUS));
    bool sign = token_sign(ts, i, '-') && (token_glued(ts, i + 1) || ts->n == i + 2) &&
                (token_at(ts, i + 1)->kind == TOKEN_NUMBER ||
                 denomination_sign(token_at(ts, i + 1)->sign)) &&
                (i == 0 || token_at(ts, i)->flags & TOKEN_SPACED ||
                 token_at(ts, i - 1)->kind == TOKEN_SIGN);

    if (word && token_is(ts, i - 1, LEX(ON) | LEX(OR)))
        return false; /* "au moins 3" */
    if ((!word && !sign) || (word && i > 0 && token_is(ts, i - 1, LEX(NUM) | LEX(UNIT))))
        return false;
    if (word && token_is(ts, i + 1, LEX(ART)) && token_is(ts, i + 1, LEX(NUM)) &&
        !token_is(ts, i + 2, LEX(MUL) | LEX(FRAC) | LEX(POINT)))
        return one_below(m, i + 2);
    if (!(sign && price_read(ts, i + 1, false, m)) &&
        (!number_begins(ts, i + 1) || !read_numbers(ts, i + 1, false, m)))
        return false;
    if (m->skip && sign && token_is(ts, i + 2, LEX(SCALE)) &&
        token_at(ts, i + 2)->flags & TOKEN_UPPER && token_glued(ts, i + 2)) {
        double degrees = -token_at(ts, i + 1)->value;

        *m = (struct measure){.from = i, .next = i + 3};
        m->q = (struct quantity){.kind = QUANTITY_TEMPERATURE,
                                 .unit = (enum quantity_unit)token_at(ts, i + 2)->m->cal,
                                 .amount = degrees,
                                 .low = degrees,
                                 .high = degrees};
        return true;
    }
    if (m->skip || m->q.low != m->q.high ||
        (m->q.kind != QUANTITY_NUMBER && m->q.kind != QUANTITY_TEMPERATURE &&
         m->q.kind != QUANTITY_PERCENTAGE && m->q.kind != QUANTITY_MONEY))
        return m->skip || sign;
    m->q.amount = m->q.low = m->q.high = -m->q.amount;
    return true;
}

/* "per cent of 210", "pourcentage de vingt" */
static bool read_percent_of(const struct tokens *ts, size_t i, struct measure *m)
{
    struct denomination u = {.factor = 1, .mul = 1};
    struct number n;
    size_t at;

    bool sign = token_sign(ts, i, '%') && token_glued(ts, i + 1) && !token_glued(ts, i);

    if (!denomination_percent(ts, i, &u) || (!sign && !token_is(ts, u.next, LEX(OF))))
        return false;
    if (token_at(ts, i)->kind != TOKEN_WORD && !sign)
        return false;
    at = u.next + !sign;
    if (!number_read(ts, at, &n) || n.flags & (NUMBER_ARTICLE | NUMBER_VAGUE))
        return false;
    u.next = n.next;
    measure_make(m, &n, n.value, &u);
    return true;
}

/* A text that is nothing but "a quarter" or "nickel" means the coin. */
static bool read_lone_coin(const struct tokens *ts, size_t i, struct measure *m)
{
    size_t word = i + token_is(ts, i, LEX(ART));
    const struct token *t = token_at(ts, word);
    bool quarter = word > i && ts->lang == LANG_EN && t->m->mask & LEX(FRAC) && t->m->number < 0.3;
    double worth = quarter ? 0.25 : t->m->number / 100;

    if (i != 0 || ts->n != word + 1 ||
        !(quarter || (t->m->mask & LEX(COIN) && t->m->number <= 100)))
        return false;
    m->q = (struct quantity){.kind = QUANTITY_MONEY,
                             .unit = UNIT_CURRENCY,
                             .amount = worth,
                             .low = worth,
                             .high = worth};
    memcpy(m->q.currency, "USD", 4);
    m->next = ts->n;
    return true;
}

static bool read_moment(const struct tokens *ts, size_t i, struct measure *m)
{
    if (!calendar_read(ts, i, &m->moment)) {
        m->moment.form = MOMENT_NONE;
        return false;
    }
    m->q.kind = m->moment.form == MOMENT_CLOCK ? QUANTITY_TIME : QUANTITY_DATE;
    m->from = m->moment.from;
    m->next = m->moment.next;
    return true;
}

/* Most words of a text end here. */
static bool may_begin(const struct tokens *ts, size_t i)
{
    static const uint64_t starts = LEX(NUM) | LEX(MUL) | LEX(DOZEN) | LEX(FRAC) | LEX(ART) |
                                   LEX(VAGUE) | LEX(CUR) | LEX(NATION) | LEX(COIN) | LEX(ORD) |
                                   LEX(MONTH) | LEX(WEEKDAY) | LEX(DAY) | LEX(THIS) | LEX(LAST) |
                                   LEX(NEXT) | LEX(UNIT) | LEX(NOON) | LEX(MINUS) | LEX(PERCENT) |
                                   LEX(PRO) | LEX(WHOLE) | LEX(BETWEEN) | LEX(POINT);
    const struct token *t = token_at(ts, i);

    switch (t->kind) {
    case TOKEN_WORD:
        return t->m->mask & starts || (t->m->mask & LEX(THE) && token_is(ts, i + 1, LEX(UNIT)));
    case TOKEN_NUMBER:
    case TOKEN_FRACTION:
        return true;
    case TOKEN_SIGN:
        return t->sign == '-' || t->sign == '%' || denomination_sign(t->sign);
    default:
        return false;
    }
}

bool measure_read(const struct tokens *ts, size_t i, struct measure *ret)
{
    const struct token *t = token_at(ts, i);
    bool between = t->m->mask & LEX(BETWEEN);

    if (!may_begin(ts, i) || decoy_is_name(ts, i))
        return false;
    *ret = (struct measure){.from = i};
    if (read_negative(ts, i, ret) || read_lone_coin(ts, i, ret) || read_percent_of(ts, i, ret))
        return true;
    if (price_read(ts, i, false, ret) || read_moment(ts, i, ret) || entire_read(ts, i, ret))
        return true;
    if (between && ts->lang == LANG_EN && price_read(ts, i + 1, true, ret) &&
        ret->q.low < ret->q.high)
        return true;
    *ret = (struct measure){.from = i};
    if (between && !calendar_read(ts, i + 1, &ret->moment) && read_numbers(ts, i + 1, true, ret) &&
        (ret->skip || (ret->q.low < ret->q.high && isfinite(ret->q.high)))) {
        ret->from += token_is(ts, i, LEX(OF)); /* "délai de 3 à 5 jours": de belongs to délai */
        return true;
    }
    *ret = (struct measure){.from = i};
    if (between && !token_is(ts, i, LEX(NUM) | LEX(ART) | LEX(UNIT)))
        return false;
    return read_numbers(ts, i, false, ret);
}
