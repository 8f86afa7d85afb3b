#include "lib/quantity/number.h"

#include <math.h>

#include "lib/quantity/abacus.h"
#include "lib/quantity/fraction.h"

/* A number is a whole in words or digits (abacus), decimals, a fraction of one,
 * dozens, a power of ten; or vague; or an article where something follows that
 * can be counted. */

const struct token token_outside = {.m = &lexicon_nothing, .kind = TOKEN_END};

bool token_glued(const struct tokens *ts, size_t i)
{
    const struct token *t = token_at(ts, i);

    return i > 0 && t->kind != TOKEN_END && !(t->flags & (TOKEN_SPACED | TOKEN_HYPHEN)) &&
           token_at(ts, i - 1)->kind != TOKEN_END;
}

/* "two and a half billion" */
static void add_multiplier(const struct tokens *ts, struct number *n)
{
    const struct token *mul = token_at(ts, n->next);

    if (n->value == floor(n->value) || n->last_mul > 1 || mul->m->number <= 100 ||
        !(mul->m->mask & LEX(MUL)))
        return;
    n->value *= mul->m->number;
    n->last_mul = mul->m->number;
    n->next++;
}

/* Decimals said as one number: "virgule vingt-cinq" is 0.25. */
static bool tens_of_decimals(const struct tokens *ts, size_t i, double unit, struct number *n)
{
    struct number rest = {0};

    if (!(token_at(ts, i)->m->mask & LEX(NUM)) || token_at(ts, i)->m->number < 10 ||
        !abacus_read(ts, i, &rest) || rest.value >= 1000)
        return false;
    n->value += unit * rest.value / (rest.value >= 100 ? 100 : 10);
    n->next = rest.next;
    return true;
}

/* "point three", "virgule zero trois" */
static void add_decimals(const struct tokens *ts, struct number *n)
{
    double unit = 0.1;
    size_t i = n->next + 1;

    if (!token_is(ts, n->next, LEX(POINT)))
        return;
    for (;; i++, unit /= 10) {
        const struct token *t = token_at(ts, i);
        bool digit = t->kind == TOKEN_NUMBER && !t->separators;

        if (!digit && !(t->m->mask & LEX(NUM) && t->m->number < 10))
            break;
        n->value += unit * (digit ? t->value : t->m->number);
        if (digit && t->digits > 1)
            n->value += unit * t->value * (pow(10, 1 - (double)t->digits) - 1);
    }
    if (tens_of_decimals(ts, i, unit, n))
        return;
    if (i > n->next + 1)
        n->next = i;
}

/* "2.5^-1", "12,32e+14" */
static void raise(const struct tokens *ts, struct number *n)
{
    bool power = token_sign(ts, n->next, '^');
    const struct token *e = token_at(ts, n->next);
    size_t i = n->next + 1;
    double sign = 1;

    if (!power && !(e->kind == TOKEN_WORD && e->end - e->start == 1 && token_glued(ts, n->next) &&
                    (ts->text.p[e->start] | 0x20) == 'e'))
        return;
    if (token_at(ts, i)->flags & TOKEN_HYPHEN)
        sign = -1; /* "2.5e-3" */
    for (; token_sign(ts, i, '-') || token_sign(ts, i, '+'); i++)
        sign = token_sign(ts, i, '-') && token_at(ts, i + 1)->kind == TOKEN_NUMBER ? -sign : sign;
    if (token_at(ts, i)->kind != TOKEN_NUMBER ||
        (!token_glued(ts, i) && !(token_at(ts, i)->flags & TOKEN_HYPHEN)))
        return;
    if (power && i - n->next == 3 && token_sign(ts, i - 1, '-') && token_sign(ts, i - 2, '-'))
        sign = 1;
    n->value = power ? pow(n->value, sign * token_at(ts, i)->value)
                     : n->value * pow(10, sign * token_at(ts, i)->value);
    n->next = i + 1;
}

static bool read_vague(const struct tokens *ts, size_t i, struct number *ret)
{
    const struct token *t = token_at(ts, i);
    struct number n = {.value = t->m->number, .last_mul = 1, .flags = NUMBER_VAGUE};

    while (token_is(ts, i, LEX(VAGUE)))
        i++;
    if (token_at(ts, i)->kind == TOKEN_NUMBER)
        return false; /* "quelque 300" says about */
    if (t->m->number == 2)
        n.flags = NUMBER_ABOUT;
    n.least = t->m->factor;
    i += token_is(ts, i, LEX(OF)) && token_is(ts, i + 1, LEX(MUL) | LEX(DOZEN));
    if (token_is(ts, i, LEX(MUL) | LEX(DOZEN))) {
        n.value *= token_at(ts, i)->m->number;
        n.least *= token_at(ts, i)->m->number;
        i++;
    }
    n.next = i;
    n.flags |= NUMBER_WORDS;
    *ret = n;
    return true;
}

static bool read_dozen(const struct tokens *ts, size_t i, double many, struct number *ret)
{
    const struct meaning *m = token_at(ts, i)->m;
    double part;
    size_t next;

    if (!(m->mask & LEX(DOZEN)))
        return false;
    ret->value = many * m->number;
    ret->next = i + 1;
    if (number_read_fraction(ts, i + 1, &part, &next) && part < 1) {
        ret->value += part * m->number; /* "a dozen and a half" */
        ret->next = next;
    }
    if (ts->lang != LANG_EN && m->number != 12)
        ret->flags |= NUMBER_ABOUT;
    return true;
}

/* "three hundred and two dozens" */
static void add_dozens(const struct tokens *ts, struct number *n)
{
    const struct token *t = token_at(ts, n->next + 1), *dozen = token_at(ts, n->next + 2);

    if (!token_is(ts, n->next, LEX(AND)) || !(t->m->mask & LEX(NUM)) ||
        !(dozen->m->mask & LEX(DOZEN)) || n->value < 100)
        return;
    n->value += t->m->number * dozen->m->number;
    n->next += 3;
}

static bool read_plain(const struct tokens *ts, size_t i, struct number *n)
{
    double value;
    size_t next;

    if (fraction_slashed(ts, i, &value, &next)) {
        n->value = value;
        n->next = next;
        n->flags |= NUMBER_FRACTION;
        return true;
    }
    if (token_at(ts, i)->kind == TOKEN_FRACTION || token_is(ts, i, LEX(FRAC))) {
        n->value = token_at(ts, i)->kind == TOKEN_FRACTION ? token_at(ts, i)->value
                                                           : fraction_value(ts, i);
        n->next = i + 1;
        n->flags |= NUMBER_FRACTION;
        return true;
    }
    if (token_is(ts, i, LEX(POINT)) && token_at(ts, i - 1)->kind != TOKEN_WORD) {
        n->next = i; /* "point seven" */
        add_decimals(ts, n);
        return n->next > i;
    }
    if (!abacus_read(ts, i, n))
        return read_dozen(ts, i, 1, n);
    (void)read_dozen(ts, n->next, n->value, n); /* when none follows, the number stands */
    add_dozens(ts, n);
    add_decimals(ts, n);
    fraction_add(ts, n);
    add_multiplier(ts, n);
    raise(ts, n);
    fraction_divide(ts, n);
    return true;
}

static bool read_article(const struct tokens *ts, size_t i, struct number *n)
{
    double part;
    size_t next;

    if (token_is(ts, i + 1, LEX(VAGUE)))
        return read_vague(ts, i + 1, n);
    if (token_is(ts, i + 1, LEX(MUL) | LEX(DOZEN)) && !token_plural(ts, i + 1))
        return read_plain(ts, i + 1, n);
    if (token_is(ts, i + 1, LEX(FRAC))) {
        bool read = read_plain(ts, i + 1, n);

        fraction_multiply(ts, n);
        return read;
    }
    n->value = 1;
    n->next = i + 1;
    if (token_is(ts, i, LEX(NUM)) && read_plain(ts, i, n) && n->next > i + 1)
        return true;
    if (fraction_nth(ts, i + 1, n) || fraction_third(ts, i + 1, n))
        return true;
    if (number_read_fraction(ts, n->next, &part, &next) && part < 1) {
        n->value += part;
        n->next = next;
        return true;
    }
    n->flags |= NUMBER_ARTICLE;
    return true;
}

bool number_read(const struct tokens *ts, size_t i, struct number *ret)
{
    const struct token *t = token_at(ts, i);
    struct number n = {.last_mul = 1, .next = i + 1};
    bool read;

    if (t->kind != TOKEN_NUMBER)
        n.flags |= NUMBER_WORDS;
    if (t->m->mask & LEX(VAGUE))
        read = read_vague(ts, i, &n);
    else if (t->m->mask & LEX(ART))
        read = read_article(ts, i, &n);
    else
        read = read_plain(ts, i, &n);
    if (!read || !isfinite(n.value))
        return false;
    fraction_multiply(ts, &n);
    if (!(n.flags & NUMBER_VAGUE))
        n.least = n.value;
    *ret = n;
    return true;
}
