#include "lib/quantity/fraction.h"

#include <math.h>

#include "lib/quantity/abacus.h"

/* Parts of one: signs, slashes ("1/2"), words ("three quarters", "un vingt-cinquième"),
 * and what is out of, over or sur something. An ordinal is a part only behind a
 * number that can count it; "twenty-first" and "dix-septième" are none. */

static bool is_fraction_word(const struct tokens *ts, size_t i)
{
    return token_is(ts, i, LEX(FRAC) | LEX(ORDS));
}

double fraction_value(const struct tokens *ts, size_t i)
{
    const struct meaning *m = token_at(ts, i)->m;

    return m->mask & LEX(FRAC) ? m->number : 1 / m->number;
}

/* num/art + fraction word, or the word alone: "a half", "three quarters",
 * "one fifth" (an ordinal counts after one only; after more it must be plural). */
static bool read_parts(const struct tokens *ts, size_t i, double *ret, size_t *next)
{
    const struct token *t = token_at(ts, i);
    double many = 1;
    bool counted = false;

    if (t->m->mask & (LEX(ART) | LEX(NUM))) {
        many = t->m->mask & LEX(NUM) ? t->m->number : 1;
        counted = true;
        i++;
    } else if (t->kind == TOKEN_NUMBER && !t->separators && t->digits < 3) {
        many = t->value;
        counted = true;
        i++;
    }
    if (is_fraction_word(ts, i) ||
        (counted && token_is(ts, i, LEX(ORD)) && !token_is(ts, i, LEX(UNIT)) &&
         (many == 1 ? !(t->m->mask & LEX(ART)) || ts->lang != LANG_EN
                    : token_plural(ts, i) || ts->lang == LANG_FR))) {
        *ret = many * (token_is(ts, i, LEX(FRAC)) ? fraction_value(ts, i)
                                                  : 1 / token_at(ts, i)->m->number);
        *next = i + 1;
        return true;
    }
    return false;
}

/* "1/2" written with a slash, small enough not to be a date or a dossier. */
bool fraction_slashed(const struct tokens *ts, size_t i, double *ret, size_t *next)
{
    const struct token *a = token_at(ts, i), *b = token_at(ts, i + 2);
    bool spaced = (token_at(ts, i + 1)->flags & TOKEN_SPACED) != 0;

    if (a->kind != TOKEN_NUMBER || !token_sign(ts, i + 1, '/') || b->kind != TOKEN_NUMBER)
        return false;
    if (a->separators || b->separators || b->value <= 0 || a->digits + b->digits > 7 ||
        (spaced != !token_glued(ts, i + 2)))
        return false;
    if (token_sign(ts, i + 3, '/') || (a->value == 24 && b->value == 7))
        return false;
    *ret = a->value / b->value;
    *next = i + 3;
    return true;
}

/* "and fifty-four hundredths": the words behind "and" at `i` are a proper
 * fraction of their own. */
bool fraction_proper(const struct tokens *ts, size_t i, double *ret, size_t *next)
{
    struct number n;

    if (!token_is(ts, i + 1, LEX(NUM)) || !abacus_read(ts, i + 1, &n) ||
        !token_is(ts, n.next, LEX(ORDS)))
        return false;
    if (token_at(ts, n.next)->flags & TOKEN_HYPHEN && n.value >= 20)
        return false;
    *ret = n.value / token_at(ts, n.next)->m->number;
    *next = n.next + 1;
    return *ret < 1;
}

bool number_read_fraction(const struct tokens *ts, size_t i, double *ret, size_t *ret_next)
{
    if (!token_is(ts, i, LEX(AND)))
        return false;
    if (fraction_slashed(ts, i + 1, ret, ret_next) || fraction_proper(ts, i, ret, ret_next))
        return true;
    return read_parts(ts, i + 1, ret, ret_next);
}

/* "cinq trois quarts", "une heure un quart": French needs no "and". */
bool number_read_quarters(const struct tokens *ts, size_t i, double *ret, size_t *ret_next)
{
    return ts->lang == LANG_FR && token_is(ts, i, LEX(NUM)) && token_is(ts, i + 1, LEX(FRAC)) &&
           token_at(ts, i + 1)->m->number == 0.25 && !token_is(ts, i + 2, LEX(OF)) &&
           read_parts(ts, i, ret, ret_next);
}

/* The fraction that may follow a whole number. */
void fraction_add(const struct tokens *ts, struct number *n)
{
    const struct token *t = token_at(ts, n->next);
    double part;
    size_t next;

    if (t->kind == TOKEN_FRACTION) {
        n->value += t->value;
        n->next++;
    } else if (t->flags & TOKEN_SPACED && fraction_slashed(ts, n->next, &part, &next) && part < 1) {
        n->value += part;
        n->next = next;
    } else if ((number_read_fraction(ts, n->next, &part, &next) ||
                number_read_quarters(ts, n->next, &part, &next)) &&
               part < 1) {
        n->value += part * n->last_mul;
        n->next = next;
    }
}

/* "twenty-first", "vingt et unième", "dix-septième", "two hundred and fifth" */
size_t number_ordinal_end(const struct tokens *ts, const struct number *n)
{
    size_t i = n->next + token_is(ts, n->next, LEX(AND));
    const struct token *t = token_at(ts, i);
    double last = token_at(ts, n->next - 1)->m->number;
    bool tied = (t->flags & TOKEN_HYPHEN) != 0;

    if (!(t->m->mask & LEX(ORD)) || !(token_at(ts, n->next - 1)->m->mask & (LEX(NUM) | LEX(MUL))))
        return 0;
    if (t->m->mask & LEX(UNIT) && !tied)
        return 0; /* "twenty second" */
    if (tied && t->m->number >= 100 && n->value > 1)
        return i + 1; /* "two-hundredth" */
    return last >= 10 && t->m->number < last && (tied || (last >= 20 && !token_plural(ts, i)))
               ? i + 1
               : 0;
}

/* "three fifths", "trois quarts", "2 thirds": the whole is the numerator. */
static void divide(const struct tokens *ts, struct number *n)
{
    bool tied =
        token_sign(ts, n->next, '-') && token_is(ts, n->next + 1, LEX(ORDS)); /* "five - eighths" */
    const struct token *t = token_at(ts, n->next + tied);
    double tens = token_at(ts, n->next - 1)->m->number;
    bool many = token_plural(ts, n->next) || n->value == 1 || ts->lang == LANG_FR;

    if (t->m->mask & LEX(ORDS) && t->flags & TOKEN_HYPHEN && tens >= 20 && tens < 100 &&
        n->value > tens) {
        n->value = (n->value - tens) / (tens + t->m->number); /* "one hundred thirty-fifths" */
    } else if (t->m->mask & LEX(FRAC) &&
               !(ts->lang == LANG_FR && n->value > 3 && t->m->number == 0.5)) {
        n->value *= t->m->number;
    } else if (number_ordinal_end(ts, n)) {
        return;
    } else if (t->m->mask & LEX(ORDS) ||
               (t->m->mask & LEX(ORD) && !(t->m->mask & LEX(UNIT)) && many && t->m->number > 2)) {
        n->value /= t->m->number;
    } else {
        return;
    }
    n->next += 1 + tied;
    n->flags |= NUMBER_FRACTION;
}

/* "one one hundred and fifth": one by 105. */
static void divide_hundredth(const struct tokens *ts, struct number *n)
{
    struct number below;
    size_t i;

    if (n->value != 1 || ts->lang != LANG_EN || !token_is(ts, n->next, LEX(NUM)) ||
        !abacus_read(ts, n->next, &below) || below.value < 20)
        return;
    i = below.next + token_is(ts, below.next, LEX(AND));
    if (!token_is(ts, i, LEX(ORD)) || token_is(ts, i, LEX(UNIT)))
        return;
    n->value /= below.value + token_at(ts, i)->m->number;
    n->next = i + 1;
    n->flags |= NUMBER_FRACTION;
}

/* "1 over three", "deux sur trois" */
static void divide_over(const struct tokens *ts, struct number *n)
{
    struct number below;
    size_t at;

    if (!token_is(ts, n->next, LEX(OVER)) || token_at(ts, n->next)->m->mask & LEX(UNIT))
        return;
    at = n->next + 1;
    at += token_is(ts, at, LEX(OF)) && token_is(ts, at - 1, LEX(OVER)) && ts->lang == LANG_EN;
    if (!number_read(ts, at, &below) || (below.value <= n->value && n->value < 1000) ||
        below.flags & (NUMBER_ARTICLE | NUMBER_VAGUE | NUMBER_FRACTION))
        return;
    n->value /= below.value;
    n->next = below.next;
    n->flags |= NUMBER_FRACTION;
}

void fraction_divide(const struct tokens *ts, struct number *n)
{
    divide(ts, n);
    divide_hundredth(ts, n);
    divide_over(ts, n);
}

/* "half a million", "quart de million", "two thirds of a million", "half a dozen" */
void fraction_multiply(const struct tokens *ts, struct number *n)
{
    size_t i = n->next;

    if (!(n->flags & NUMBER_FRACTION))
        return;
    i += token_is(ts, i, LEX(OF));
    i += token_is(ts, i, LEX(ART));
    if (!token_is(ts, i, LEX(MUL) | LEX(DOZEN)))
        return;
    n->value *= token_at(ts, i)->m->number;
    n->next = i + 1;
}

/* "un vingt-cinquième": the ordinal may have two words. */
bool fraction_nth(const struct tokens *ts, size_t i, struct number *n)
{
    const struct meaning *tens = token_at(ts, i)->m, *unit = token_at(ts, i + 1)->m;

    if (ts->lang != LANG_FR)
        return false;
    if (tens->mask & LEX(ORD) && !(tens->mask & LEX(UNIT)) && tens->number > 2) {
        n->value = 1 / tens->number;
        n->next = i + 1;
    } else if (tens->mask & LEX(NUM) && unit->mask & LEX(ORD) && tens->number >= 20) {
        n->value = 1 / (tens->number + unit->number);
        n->next = i + 2;
    } else {
        return false;
    }
    n->flags |= NUMBER_FRACTION;
    return true;
}

/* "a third of it": a part where nothing follows that could be the third. */
bool fraction_third(const struct tokens *ts, size_t i, struct number *n)
{
    const struct token *t = token_at(ts, i), *behind = token_at(ts, i + 1);

    if (ts->lang != LANG_EN || !(t->m->mask & LEX(ORD)) || t->m->number < 3 ||
        t->m->mask & LEX(UNIT) || (behind->kind != TOKEN_END && !(behind->m->mask & LEX(OF))))
        return false;
    n->value = 1 / t->m->number;
    n->next = i + 1;
    n->flags |= NUMBER_FRACTION;
    return true;
}
