#include "lib/quantity/number.h"

#include <math.h>

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

const struct token token_outside = {.m = &lexicon_nothing, .kind = TOKEN_END};

bool token_glued(const struct tokens *ts, size_t i)
{
    const struct token *t = token_at(ts, i);

    return i > 0 && t->kind != TOKEN_END && !(t->flags & (TOKEN_SPACED | TOKEN_HYPHEN)) &&
           token_at(ts, i - 1)->kind != TOKEN_END;
}

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

static bool plural(const struct tokens *ts, size_t i)
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
    return token_is(ts, i, LEX(SUB)) && a->digits && a->group >= 10 && plural(ts, i);
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

        if ((alone && plural(ts, *i)) || is_cents(ts, *i, a) || !put_mul(a, t->m->number))
            return false;
        ++*i;
        return true;
    }
    return false;
}

/* "and" joins only where a smaller part may follow, and not when that part has
 * a multiplier of its own that would not fit ("3 hundred and 2 hundred"). */
static bool read_whole(const struct tokens *ts, size_t i, struct number *n);

/* "and fifty-four hundredths": the words behind "and" at `i` are a proper
 * fraction of their own. */
static bool proper_fraction(const struct tokens *ts, size_t i, double *ret, size_t *next)
{
    struct number n;

    if (!token_is(ts, i + 1, LEX(NUM)) || !read_whole(ts, i + 1, &n) ||
        !token_is(ts, n.next, LEX(ORDS)))
        return false;
    if (token_at(ts, n.next)->flags & TOKEN_HYPHEN && n.value >= 20)
        return false;
    *ret = n.value / token_at(ts, n.next)->m->number;
    *next = n.next + 1;
    return *ret < 1;
}

static bool joins(const struct tokens *ts, size_t i, const struct abacus *a)
{
    const struct token *t = token_at(ts, i + 1);
    bool comma = token_sign(ts, i, ',');
    double v = t->kind == TOKEN_NUMBER ? t->value : t->m->number, part;
    size_t next;

    if (!comma && !token_is(ts, i, LEX(AND)) && !token_sign(ts, i, '&'))
        return false;
    if (t->kind == TOKEN_NUMBER ? (a->open && !a->hundreds) || t->separators
                                : !(t->m->mask & LEX(NUM)))
        return false;
    if (proper_fraction(ts, i, &part, &next) || token_is(ts, i + 2, LEX(DOZEN)))
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

static bool is_fraction_word(const struct tokens *ts, size_t i)
{
    return token_is(ts, i, LEX(FRAC) | LEX(ORDS));
}

static double fraction_value(const struct tokens *ts, size_t i)
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
                    : plural(ts, i) || ts->lang == LANG_FR))) {
        *ret = many * (token_is(ts, i, LEX(FRAC)) ? fraction_value(ts, i)
                                                  : 1 / token_at(ts, i)->m->number);
        *next = i + 1;
        return true;
    }
    return false;
}

/* "1/2" written with a slash, small enough not to be a date or a dossier. */
static bool slashed(const struct tokens *ts, size_t i, double *ret, size_t *next)
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

bool number_read_fraction(const struct tokens *ts, size_t i, double *ret, size_t *ret_next)
{
    if (!token_is(ts, i, LEX(AND)) && !token_sign(ts, i, '&'))
        return false;
    if (slashed(ts, i + 1, ret, ret_next) || proper_fraction(ts, i, ret, ret_next))
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
static void add_fraction(const struct tokens *ts, struct number *n)
{
    const struct token *t = token_at(ts, n->next);
    double part;
    size_t next;

    if (t->kind == TOKEN_FRACTION) {
        n->value += t->value;
        n->next++;
    } else if (t->flags & TOKEN_SPACED && slashed(ts, n->next, &part, &next) && part < 1) {
        n->value += part;
        n->next = next;
    } else if ((number_read_fraction(ts, n->next, &part, &next) ||
                number_read_quarters(ts, n->next, &part, &next)) &&
               part < 1) {
        n->value += part * n->last_mul;
        n->next = next;
    }
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
        !read_whole(ts, i, &rest) || rest.value >= 1000)
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
    return last >= 10 && t->m->number < last && (tied || (last >= 20 && !plural(ts, i))) ? i + 1
                                                                                         : 0;
}

/* "three fifths", "trois quarts", "2 thirds": the whole is the numerator. */
static void divide(const struct tokens *ts, struct number *n)
{
    bool tied =
        token_sign(ts, n->next, '-') && token_is(ts, n->next + 1, LEX(ORDS)); /* "five - eighths" */
    const struct token *t = token_at(ts, n->next + tied);
    double tens = token_at(ts, n->next - 1)->m->number;
    bool many = plural(ts, n->next) || n->value == 1 || ts->lang == LANG_FR;

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
        !read_whole(ts, n->next, &below) || below.value < 20)
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

/* "half a million", "quart de million", "two thirds of a million", "half a dozen" */
static void multiply_fraction(const struct tokens *ts, struct number *n)
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

    if (!(m->mask & LEX(DOZEN)))
        return false;
    ret->value = many * m->number;
    ret->next = i + 1;
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

/* Words and digits as one whole number. */
static bool read_whole(const struct tokens *ts, size_t i, struct number *n)
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

static bool read_plain(const struct tokens *ts, size_t i, struct number *n)
{
    double value;
    size_t next;

    if (slashed(ts, i, &value, &next)) {
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
    if (!read_whole(ts, i, n))
        return read_dozen(ts, i, 1, n);
    (void)read_dozen(ts, n->next, n->value, n); /* when none follows, the number stands */
    add_dozens(ts, n);
    add_decimals(ts, n);
    add_fraction(ts, n);
    add_multiplier(ts, n);
    raise(ts, n);
    divide(ts, n);
    divide_hundredth(ts, n);
    divide_over(ts, n);
    return true;
}

/* "un vingt-cinquième": the ordinal may have two words. */
static bool one_nth(const struct tokens *ts, size_t i, struct number *n)
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
static bool a_third(const struct tokens *ts, size_t i, struct number *n)
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

static bool read_article(const struct tokens *ts, size_t i, struct number *n)
{
    double part;
    size_t next;

    if (token_is(ts, i + 1, LEX(VAGUE)))
        return read_vague(ts, i + 1, n);
    if (token_is(ts, i + 1, LEX(MUL) | LEX(DOZEN)) && !plural(ts, i + 1))
        return read_plain(ts, i + 1, n);
    if (token_is(ts, i + 1, LEX(FRAC))) {
        bool read = read_plain(ts, i + 1, n);

        multiply_fraction(ts, n);
        return read;
    }
    n->value = 1;
    n->next = i + 1;
    if (token_is(ts, i, LEX(NUM)) && read_plain(ts, i, n) && n->next > i + 1)
        return true;
    if (one_nth(ts, i + 1, n) || a_third(ts, i + 1, n))
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
    multiply_fraction(ts, &n);
    if (!(n.flags & NUMBER_VAGUE))
        n.least = n.value;
    *ret = n;
    return true;
}
