#include "lib/quantity/abacus.h"

#include <math.h>

#include "lib/quantity/fraction.h"

/* Number words are built like an abacus: `group` is the part below a thousand
 * that is being filled, `room` what still fits into it (after "twenty" less than
 * ten, after "soixante" less than twenty), `total` the groups that a multiplier
 * has closed. A word that does not fit ends the number, so "two three" is two
 * numbers and "two hundred and two thousand" one. */

struct abacus {
    double total, group, room;
    double last_mul; /* multiplier that closed the latest group; INFINITY at first */
    bool open;       /* `group` holds something */
    bool hundreds;   /* `group` was multiplied by a hundred */
    bool digits;     /* `group` came as digits */
    double ends_with;
};

static double room_after(double v, enum lang lang)
{
    if (v >= 100)
        return 100;
    if (v < 10 || (v < 20 && v > 10))
        return 0;
    if (v == 10)
        return lang == LANG_FR ? 10 : 0;
    return lang == LANG_FR && (v == 60 || v == 80) ? 20 : fmod(v, 10) == 0 ? 10 : 0;
}

/* "quatre-vingt": four twenties. */
static bool four_twenties(const struct abacus *a, double v, enum lang lang)
{
    return lang == LANG_FR && v == 20 && a->open && !a->digits && fmod(a->group, 100) == 4;
}

static bool fits(const struct abacus *a, double v, enum lang lang)
{
    if (four_twenties(a, v, lang))
        return true;
    if (!a->open)
        return v < a->last_mul && (v > 0 || isinf(a->last_mul));
    if (v <= 0 || v >= a->room)
        return false;
    return !(lang == LANG_FR && fmod(a->group, 100) == 10 && v < 7);
}

static void put(struct abacus *a, double v, enum lang lang)
{
    if (four_twenties(a, v, lang)) {
        a->group += 76;
        a->room = 20;
    } else {
        a->group = a->open ? a->group + v : v;
        a->room = room_after(v, lang);
    }
    a->open = true;
    a->ends_with = 1;
}

static bool put_mul(struct abacus *a, double mul)
{
    if (mul == 100) {
        if (a->hundreds || (a->open && a->group >= 1000))
            return false;
        a->digits = false;
        a->group = a->open ? a->group * 100 : 100;
        a->room = 100;
        a->open = a->hundreds = true;
    } else if (mul < a->last_mul) {
        a->total += (a->open ? a->group : 1) * mul;
        a->group = 0;
        a->open = a->hundreds = a->digits = false;
        a->last_mul = mul;
    } else {
        if (!a->open && a->total <= 0)
            return false;
        a->total = (a->total + a->group) * mul;
        a->group = 0;
        a->open = a->hundreds = a->digits = false;
        a->last_mul = mul;
    }
    a->ends_with = mul;
    return true;
}

bool token_plural(const struct tokens *ts, size_t i)
{
    const struct token *t = token_at(ts, i);

    return t->end > t->start && (ts->text.p[t->end - 1] | 0x20) == 's';
}

/* Three digits that continue a number written with spaces: "10 000". */
static bool is_group(const struct tokens *ts, size_t i)
{
    const struct token *t = token_at(ts, i);

    return t->kind == TOKEN_NUMBER && t->digits == 3 && (t->flags & TOKEN_SPACED) &&
           !(t->flags & TOKEN_DOTTED) &&
           t->end - t->start - 3 == (t->separators ? 1u + t->decimals : 0u);
}

static bool spaced_groups(const struct tokens *ts, size_t i, double *value, size_t *next)
{
    const struct token *t = token_at(ts, i);
    size_t n = 0;
    double v = t->value;

    if (t->digits > 3 || t->separators || t->value <= 0 || ts->text.p[t->start] == '0')
        return false;
    while (is_group(ts, i + 1 + n)) {
        const struct token *g = token_at(ts, i + 1 + n);

        if (n > 3 || (ts->lang == LANG_EN && n == 0 && g->value > 0 && !is_group(ts, i + 2) &&
                      ts->text.p[g->start - 1] == ' '))
            return false;
        v = v * 1000 + g->value;
        n++;
        if (g->separators)
            break;
    }
    if (n == 0 || (token_at(ts, i + 1 + n)->kind == TOKEN_NUMBER))
        return false;
    *value = v;
    *next = i + 1 + n;
    return true;
}

/* "5m€", "5m$" */
static bool is_money_mark(const struct tokens *ts, size_t i)
{
    return token_at(ts, i)->kind == TOKEN_SIGN && token_glued(ts, i) &&
           (token_sign(ts, i, '$') || token_sign(ts, i, 0x20ac) || token_sign(ts, i, 0xa3));
}

/* k, M behind digits: "100k", "1,5 M€". A small m is metres or minutes. */
static double kilo_after(const struct tokens *ts, size_t i)
{
    const struct token *t = token_at(ts, i);
    bool small = t->kind == TOKEN_WORD && !(t->flags & TOKEN_UPPER);

    if (!(t->m->mask & LEX(KILO)) || !(token_glued(ts, i) || ts->lang == LANG_FR))
        return 0;
    if (token_glued(ts, i + 1) && token_at(ts, i + 1)->kind == TOKEN_NUMBER)
        return 0;
    if (token_at(ts, i + 1)->flags & TOKEN_HYPHEN)
        return 0;
    if (t->digits == 1 && small && t->m->number > 1e3 && t->m->number < 1e9 &&
        !is_money_mark(ts, i + 1))
        return 0;
    if (t->m->number == 1e9 && (small ? ts->lang == LANG_FR : false))
        return 0;
    return t->m->number;
}

static bool put_digits(const struct tokens *ts, size_t *i, struct abacus *a)
{
    const struct token *t = token_at(ts, *i);
    double value = t->value, kilo;
    size_t next = *i + 1;

    if (t->flags & TOKEN_DOTTED)
        return false;
    (void)spaced_groups(ts, *i, &value, &next); /* no groups: the token alone */
    kilo = kilo_after(ts, next);
    if (kilo > 0) {
        value *= kilo;
        next++;
    }
    a->group = value;
    a->open = a->digits = true;
    a->room = 0;
    a->ends_with = kilo > 0 ? kilo : 1;
    *i = next;
    return true;
}

/* "34 cents" are money in French too, "3 cents" three hundred. */
static bool is_cents(const struct tokens *ts, size_t i, const struct abacus *a)
{
    return token_is(ts, i, LEX(SUB)) && a->digits && a->group >= 10 && token_plural(ts, i);
}

/* What fits at token `i`: moves on and returns true. */
static bool put_token(const struct tokens *ts, size_t *i, struct abacus *a)
{
    const struct token *t = token_at(ts, *i);
    uint64_t mask = t->m->mask;

    if (t->kind == TOKEN_NUMBER && a->open && a->hundreds && !a->digits && a->room == 100 &&
        t->value < 100 && !t->separators) {
        put(a, t->value, ts->lang);
        ++*i;
        return true;
    }
    if (t->kind == TOKEN_NUMBER) {
        bool later =
            !isinf(a->last_mul) && !t->separators && t->value < a->last_mul && t->value > 0;

        return !a->open && (isinf(a->last_mul) || later) && put_digits(ts, i, a);
    }
    if (mask & LEX(NUM) && fits(a, t->m->number, ts->lang)) {
        put(a, t->m->number, ts->lang);
        ++*i;
        return true;
    }
    if (mask & LEX(MUL)) {
        bool alone = !a->open && isinf(a->last_mul);

        if ((alone && token_plural(ts, *i)) || is_cents(ts, *i, a) || !put_mul(a, t->m->number))
            return false;
        ++*i;
        return true;
    }
    return false;
}

/* "and" joins only where a smaller part may follow, and not when that part has
 * a multiplier of its own that would not fit ("3 hundred and 2 hundred"). */
static bool joins(const struct tokens *ts, size_t i, const struct abacus *a)
{
    const struct token *t = token_at(ts, i + 1);
    bool comma = token_sign(ts, i, ',');
    double v = t->kind == TOKEN_NUMBER ? t->value : t->m->number, part;
    size_t next;

    if (!comma && !token_is(ts, i, LEX(AND)))
        return false;
    if (t->kind == TOKEN_NUMBER ? (a->open && !a->hundreds) || t->separators
                                : !(t->m->mask & LEX(NUM)))
        return false;
    if (fraction_proper(ts, i, &part, &next) || token_is(ts, i + 2, LEX(DOZEN)))
        return false;
    if (token_is(ts, i + 2, LEX(FRAC) | LEX(ORDS)) ||
        (ts->lang == LANG_FR && token_is(ts, i + 2, LEX(ORD))))
        return false; /* "and two thirds" */
    if (token_is(ts, i + 2, LEX(MUL)) &&
        !(token_at(ts, i + 2)->m->number < a->last_mul && !a->hundreds) &&
        !(a->hundreds && token_at(ts, i + 2)->m->number > 100))
        return false;
    if (a->digits || (comma && (a->open || !token_is(ts, i + 2, LEX(MUL)))))
        return false;
    return a->open ? v > 0 && v < a->room : v > 0 && v < a->last_mul;
}

/* Words and digits as one whole number. */
bool abacus_read(const struct tokens *ts, size_t i, struct number *n)
{
    struct abacus a = {.last_mul = INFINITY};
    size_t from = i;

    for (;;) {
        if (put_token(ts, &i, &a))
            continue;
        if (i == from || !joins(ts, i, &a))
            break;
        i++;
        if (!put_token(ts, &i, &a)) {
            i--;
            break;
        }
    }
    if (i == from)
        return false;
    n->value = a.total + (a.open ? a.group : 0);
    n->last_mul = a.ends_with > 100 ? a.ends_with : 1;
    n->next = i;
    return true;
}
