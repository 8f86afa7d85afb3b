#include "lib/quantity/token.h"

#include <math.h>

/* One pass over the text: decode, fold, hash and look up at the same time, so a
 * word that no lexicon knows costs its bytes and one empty slot. What can only
 * mislead (addresses, links, hashtags) becomes one opaque token.
 *
 * A run of digits with points, commas and apostrophes inside is one token; what
 * it is worth depends on the language ("1,234" is 1234 in English and 1.234 in
 * French), so tokens_settle says it once the language is known. */

static const char latin[][3] = {
    "a", "a", "a",  "a",  "a", "a", "ae", "c",  "e",  "e", "e", "e", "i",  "i",  "i", "i", "d", "n",
    "o", "o", "o",  "o",  "o", "",  "o",  "u",  "u",  "u", "u", "y", "th", "ss", "a", "a", "a", "a",
    "a", "a", "ae", "c",  "e", "e", "e",  "e",  "i",  "i", "i", "i", "d",  "n",  "o", "o", "o", "o",
    "o", "",  "o",  "u",  "u", "u", "u",  "y",  "th", "y", "a", "a", "a",  "a",  "a", "a", "c", "c",
    "c", "c", "c",  "c",  "c", "c", "d",  "d",  "d",  "d", "e", "e", "e",  "e",  "e", "e", "e", "e",
    "e", "e", "g",  "g",  "g", "g", "g",  "g",  "g",  "g", "h", "h", "h",  "h",  "i", "i", "i", "i",
    "i", "i", "i",  "i",  "i", "i", "ij", "ij", "j",  "j", "k", "k", "k",  "l",  "l", "l", "l", "l",
    "l", "l", "l",  "l",  "l", "n", "n",  "n",  "n",  "n", "n", "n", "n",  "n",  "o", "o", "o", "o",
    "o", "o", "oe", "oe", "r", "r", "r",  "r",  "r",  "r", "s", "s", "s",  "s",  "s", "s", "s", "s",
    "t", "t", "t",  "t",  "t", "t", "u",  "u",  "u",  "u", "u", "u", "u",  "u",  "u", "u", "u", "u",
    "w", "w", "y",  "y",  "y", "z", "z",  "z",  "z",  "z", "z", "s",
};

struct lexer {
    struct str text;
    size_t at;
    struct token *out;
    size_t n;
};

/* The code point at `at` and its length; a byte that is not UTF-8 reads as
 * U+FFFD and one byte. */
static uint32_t decode(struct str s, size_t at, size_t *ret_n)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *p = (const unsigned char *)s.p + at;
    size_t n = *p < 0x80 ? 1 : *p >= 0xf0 ? 4 : *p >= 0xe0 ? 3 : *p >= 0xc2 ? 2 : 0;
    uint32_t cp = n > 1 ? *p & (0xffu >> (n + 1)) : *p;

    *ret_n = 1;
    if (n == 0 || n > s.n - at || *p > 0xf4)
        return 0xfffd;
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0xfffd;
        cp = cp << 6 | (p[i] & 0x3f);
    }
    if (cp < least[n] || cp > 0x10ffff)
        return 0xfffd;
    *ret_n = n;
    return cp;
}

static bool is_digit(struct str s, size_t at)
{
    return at < s.n && s.p[at] >= '0' && s.p[at] <= '9';
}

static bool is_ascii_letter(uint32_t cp)
{
    return (cp | 0x20) >= 'a' && (cp | 0x20) <= 'z';
}

/* Marks, joiners and soft hyphens: inside a word they change nothing. */
static bool is_invisible(uint32_t cp)
{
    return (cp >= 0x300 && cp <= 0x36f) || cp == 0xad || (cp >= 0x200b && cp <= 0x200d) ||
           cp == 0xfeff || cp == 0xfe0f;
}

static bool is_letter(uint32_t cp)
{
    if (cp < 0x80)
        return is_ascii_letter(cp);
    if (cp < 0x2000)
        return cp >= 0xc0 && cp != 0xd7 && cp != 0xf7;
    return (cp >= 0x2c00 && cp < 0x2e00) || (cp >= 0x3040 && cp < 0xfb00);
}

static bool is_space(uint32_t cp)
{
    return cp == ' ' || cp == '\t' || cp == '\r' || cp == 0xa0 || cp == 0x3000 || cp == 0x202f ||
           cp == 0x205f || (cp >= 0x2000 && cp <= 0x200a);
}

static uint32_t plain_sign(uint32_t cp)
{
    switch (cp) {
    case 0x2018:
    case 0x2019:
    case 0x2bc:
    case 0x2032:
    case 0xb4:
    case '`':
        return '\'';
    case 0x201c:
    case 0x201d:
    case 0x2033:
        return '"';
    case 0x2010:
    case 0x2011:
    case 0x2012:
    case 0x2013:
    case 0x2014:
    case 0x2212:
        return '-';
    case 0xba:
        return 0xb0; /* the ordinal sign is what people find for degrees */
    default:
        return cp;
    }
}

static struct token *add(struct lexer *x, enum token_kind kind, size_t start)
{
    struct token *t = &x->out[x->n++];

    *t = (struct token){.start = start, .m = &lexicon_nothing, .kind = (uint8_t)kind};
    if (x->n == 1 ? start == 0 || is_space((uint8_t)x->text.p[start - 1]) : t[-1].end < start)
        t->flags = TOKEN_SPACED;
    if (x->n > 1 && t[-1].flags & TOKEN_ELIDED && !is_space((uint8_t)x->text.p[start - 1]))
        t->flags = 0; /* still the same word to the eye */
    return t;
}

static uint64_t hash_more(uint64_t h, uint32_t c)
{
    return (h ^ c) * LEXICON_HASH_PRIME;
}

/* The hash of a word as far as it has been read. A letter written three times
 * and more counts once: "sooo", "looong". */
struct spelling {
    uint64_t hash, once; /* with all letters; with the present run as one letter */
    uint32_t last;
    unsigned run;
};

static inline void spell(struct spelling *s, uint32_t c)
{
    s->run = c == s->last ? s->run + 1 : 1;
    s->last = c;
    s->hash = s->run >= 3 ? s->once : hash_more(s->hash, c);
    if (s->run == 1)
        s->once = s->hash;
}

/* Letters beyond ASCII: folded where Latin, as they are elsewhere. */
static void spell_other(struct spelling *s, uint32_t cp)
{
    if (is_invisible(cp))
        return;
    if (cp < 0xc0 || cp >= 0x180) {
        s->hash = hash_more(s->hash, cp);
        return;
    }
    for (const char *c = latin[cp - 0xc0]; *c; c++)
        spell(s, (uint32_t)*c);
}

static void read_word(struct lexer *x)
{
    struct token *t = add(x, TOKEN_WORD, x->at);
    struct spelling s = {.hash = LEXICON_HASH_START};
    size_t letters = 0, n;

    for (; x->at < x->text.n; letters++) {
        uint32_t cp = (uint8_t)x->text.p[x->at];

        if (is_ascii_letter(cp)) {
            spell(&s, cp | 0x20);
            x->at++;
            continue;
        }
        if (cp < 0x80)
            break;
        cp = decode(x->text, x->at, &n);
        if (!is_letter(cp) && !is_invisible(cp))
            break;
        spell_other(&s, cp);
        x->at += n;
    }
    t->end = x->at;
    t->digits = (uint8_t)MIN(letters, 255);
    if (x->text.p[t->start] >= 'A' && x->text.p[t->start] <= 'Z')
        t->flags |= TOKEN_UPPER;
    t->word = lexicon_find(s.hash);
}

/* A separator belongs to the number when digits follow; an apostrophe only
 * before three of them (1'234). */
static bool separates(struct str s, size_t at)
{
    char c = s.p[at];

    if (c == '\'')
        return is_digit(s, at + 1) && is_digit(s, at + 2) && is_digit(s, at + 3) &&
               !is_digit(s, at + 4);
    return (c == '.' || c == ',') && is_digit(s, at + 1);
}

static void read_number(struct lexer *x)
{
    struct token *t = add(x, TOKEN_NUMBER, x->at);

    if (!is_digit(x->text, x->at))
        x->at++; /* ".25" */
    while (is_digit(x->text, x->at) || (x->at < x->text.n && separates(x->text, x->at)))
        x->at++;
    t->end = x->at;
}

static bool starts_nocase_at(struct str s, size_t at, struct str head)
{
    return str_starts_nocase(str_slice(s, at, s.n), head);
}

/* "@acme", "@115872", "#late", "#48hours"; but "#1" is a number. */
static bool begins_name(struct str s, size_t at)
{
    bool handle = s.p[at++] == '@';

    if (handle && (is_digit(s, at) || (at < s.n && s.p[at] == '_')))
        return true;
    while (is_digit(s, at))
        at++;
    return at < s.n && is_ascii_letter((uint8_t)s.p[at]);
}

/* Links and @names up to the next space. */
static bool read_opaque(struct lexer *x)
{
    struct str s = x->text;
    char c = s.p[x->at];
    bool link = (c | 0x20) == 'h' ? starts_nocase_at(s, x->at, STR("http://")) ||
                                        starts_nocase_at(s, x->at, STR("https://"))
                                  : (c | 0x20) == 'w' && starts_nocase_at(s, x->at, STR("www."));
    bool name = (c == '@' || c == '#') && begins_name(s, x->at);
    struct token *t;

    if (!link && !name)
        return false;
    t = add(x, TOKEN_OPAQUE, x->at++);
    while (x->at < s.n &&
           (link ? (uint8_t)s.p[x->at] > ' '
                 : is_ascii_letter((uint8_t)s.p[x->at]) || is_digit(s, x->at) || s.p[x->at] == '_'))
        x->at++;
    t->end = x->at;
    return true;
}

static double fraction_sign(uint32_t cp)
{
    switch (cp) {
    case 0xbd:
        return 0.5;
    case 0xbc:
        return 0.25;
    case 0xbe:
        return 0.75;
    case 0x2153:
        return 1.0 / 3;
    case 0x2154:
        return 2.0 / 3;
    case 0x215b:
        return 0.125;
    case 0x215c:
        return 0.375;
    case 0x215d:
        return 0.625;
    case 0x215e:
        return 0.875;
    default:
        return 0;
    }
}

static bool after_letter(const struct lexer *x)
{
    const struct token *last = x->n ? &x->out[x->n - 1] : NULL;

    return last && last->kind == TOKEN_WORD && last->end == x->at;
}

static void read_sign(struct lexer *x, uint32_t cp, size_t n)
{
    uint32_t sign = plain_sign(cp);
    struct token *t;

    if (sign == '\'' && after_letter(x)) { /* j'attends, it's, 3 days' delay */
        x->out[x->n - 1].flags |= TOKEN_ELIDED;
        x->at += n;
        return;
    }
    t = add(x, TOKEN_SIGN, x->at);
    x->at += n;
    t->end = x->at;
    t->sign = sign;
    t->value = fraction_sign(cp);
    if (t->value > 0)
        t->kind = TOKEN_FRACTION;
    else if (cp == '\n' || cp == '!' || cp == '?' || cp == ';' || cp == 0x2026)
        t->kind = TOKEN_BREAK;
}

static bool hyphen_inside(const struct lexer *x, uint32_t cp, size_t n)
{
    const struct token *last = x->n ? &x->out[x->n - 1] : NULL;
    size_t width;
    uint32_t next;

    if (plain_sign(cp) != '-' || !last || last->end != x->at || x->at + n >= x->text.n)
        return false;
    if (last->kind != TOKEN_WORD && last->kind != TOKEN_NUMBER)
        return false;
    next = decode(x->text, x->at + n, &width);
    return is_letter(next) || (last->kind == TOKEN_WORD && next >= '0' && next <= '9');
}

static void read_one(struct lexer *x)
{
    size_t n;
    uint32_t cp = decode(x->text, x->at, &n);

    if (is_space(cp) || is_invisible(cp)) {
        x->at += n;
    } else if (cp >= '0' && cp <= '9') {
        read_number(x);
    } else if ((cp == '.' || cp == ',') && is_digit(x->text, x->at + 1) && !after_letter(x) &&
               !(x->at > 0 && x->text.p[x->at - 1] == '.')) {
        read_number(x);
    } else if (read_opaque(x)) {
        return;
    } else if (is_letter(cp)) {
        read_word(x);
    } else if (hyphen_inside(x, cp, n)) {
        x->at += n;
        x->out[x->n - 1].flags |= TOKEN_HYPHEN_NEXT;
    } else {
        read_sign(x, cp, n);
    }
}

size_t tokens_read(struct str text, size_t *at, struct token *out, size_t max)
{
    struct lexer x = {.text = text, .at = *at, .out = out};

    while (x.at < text.n && x.n < max)
        read_one(&x);
    for (size_t i = 1; i < x.n; i++)
        if (out[i - 1].flags & TOKEN_HYPHEN_NEXT)
            out[i].flags = (uint8_t)((out[i].flags & ~TOKEN_SPACED) | TOKEN_HYPHEN);
    *at = x.at;
    return x.n;
}

/* Votes of the words that exist in one language only. */
enum lang tokens_language(const struct token *t, size_t n, enum lang told)
{
    unsigned votes[LANG_COUNT] = {0};
    enum lang best = told != LANG_UNKNOWN ? told : LANG_EN;

    votes[best] = told != LANG_UNKNOWN ? 6 : 1;
    for (size_t i = 0; i < n; i++) {
        enum lang only = t[i].word ? lexicon_only(t[i].word) : LANG_UNKNOWN;

        votes[only] += t[i].kind == TOKEN_WORD && t[i].digits > 1;
    }
    for (enum lang l = LANG_EN; l < LANG_COUNT; l++)
        if (votes[l] > votes[best])
            best = l;
    return best;
}

/* What a run of digits looks like. */
struct shape {
    unsigned points, commas, quotes;
    size_t after_last; /* digits behind the last separator */
    size_t before;     /* digits before the first */
    bool even;         /* all inner groups have three digits */
};

static struct shape shape_of(struct str s)
{
    struct shape h = {.even = true};
    size_t run = 0;
    bool first = true;

    for (size_t i = 0; i <= s.n; i++) {
        if (i < s.n && s.p[i] >= '0' && s.p[i] <= '9') {
            run++;
            continue;
        }
        if (first)
            h.before = run;
        else if (run != 3 && i < s.n)
            h.even = false;
        first = false;
        h.after_last = run;
        run = 0;
        if (i < s.n)
            *(s.p[i] == '.' ? &h.points : s.p[i] == ',' ? &h.commas : &h.quotes) += 1;
    }
    return h;
}

/* The decimal separator of the run, or 0 when all its separators group. */
static char decimal_of(struct str s, const struct shape *h, enum lang lang)
{
    char last = '.';
    char foreign = lang == LANG_FR || lang == LANG_ES ? '.' : ',';

    for (size_t i = s.n; i-- > 0;)
        if (s.p[i] == '.' || s.p[i] == ',') {
            last = s.p[i];
            break;
        }
    if (h->points && h->commas)
        return last;
    if (h->points + h->commas > 1)
        return 0;
    if (h->after_last != 3 || h->before == 0 || h->before > 3 || s.p[0] == '0')
        return last;
    return last == foreign ? 0 : last;
}

static void settle_number(struct str text, struct token *t, enum lang lang)
{
    struct str s = str_slice(text, t->start, t->end);
    struct shape h = shape_of(s);
    char decimal = decimal_of(s, &h, lang);
    double value = 0, unit = 0;

    t->digits = (uint8_t)MIN(h.before, 255);
    t->separators = (uint8_t)MIN(h.points + h.commas + h.quotes, 255);
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == decimal && unit == 0)
            unit = 1;
        if (s.p[i] < '0' || s.p[i] > '9')
            continue;
        value = value * 10 + (s.p[i] - '0');
        unit *= 10;
        t->decimals = (uint8_t)(t->decimals + (unit > 0 && t->decimals < 255));
    }
    t->value = unit > 0 ? value / unit : value;
    if ((h.points + h.commas > 1 && (!h.even || (decimal == 0 && h.after_last != 3))) ||
        !isfinite(t->value))
        t->flags |= TOKEN_DOTTED;
}

void tokens_settle(struct str text, struct token *t, size_t n, enum lang lang)
{
    for (size_t i = 0; i < n; i++) {
        if (t[i].kind == TOKEN_SIGN && t[i].sign == '&')
            t[i].word = lexicon_and(lang);
        if (t[i].word)
            t[i].m = lexicon_meaning(t[i].word, lang, t[i].digits);
        else if (t[i].kind == TOKEN_NUMBER)
            settle_number(text, &t[i], lang);
    }
}
