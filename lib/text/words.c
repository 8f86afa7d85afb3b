#include "lib/text/words.h"

#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/base/utf8.h"

/* One pass over the folded bytes. ASCII is classed by a table; beyond it the
 * folding table knows. A word is found by the run of its class, then looked at
 * once for runs of three equal letters: only those are copied, so nearly all
 * words are slices of the folded text. */

enum kind { OTHER, LETTER, DIGIT, SYMBOL, STOP, AT, HASH_SIGN };

static const uint8_t ascii[128] = {
    ['a' ... 'z'] = LETTER, ['0' ... '9'] = DIGIT, ['.'] = STOP, ['!'] = STOP,
    ['?'] = STOP,           ['\n'] = STOP,         ['@'] = AT,   ['#'] = HASH_SIGN,
};

struct cutter {
    struct words *w;
    const struct fold *f;
    struct str s;
    uint32_t sentence;
};

void words_init(struct words *w)
{
    *w = (struct words){0};
}

void words_done(struct words *w)
{
    free(w->items);
    free(w->extra);
    *w = (struct words){0};
}

/* The kind of what starts at `at`; *ret_end is behind it. */
static inline enum kind kind_at(struct str s, size_t at, size_t *ret_end)
{
    unsigned char c = (unsigned char)s.p[at];

    if (c < 128) {
        *ret_end = at + 1;
        return ascii[c];
    }
    *ret_end = at;
    switch (fold_class_of(utf8_next(s, ret_end))) {
    case FOLD_LETTER:
        return LETTER;
    case FOLD_DIGIT:
        return DIGIT;
    case FOLD_SYMBOL:
        return SYMBOL;
    case FOLD_OTHER:
    default:
        return OTHER;
    }
}

static size_t run_end(struct str s, size_t at, enum kind kind)
{
    size_t end;

    while (at < s.n) {
        unsigned char c = (unsigned char)s.p[at];

        if (c < 128 && ascii[c] == kind)
            at++;
        else if (c >= 128 && kind_at(s, at, &end) == kind)
            at = end;
        else
            break;
    }
    return at;
}

static bool has_long_run(const char *p, size_t n)
{
    for (size_t i = 2; i < n; i++)
        if (p[i] == p[i - 2] && p[i] == p[i - 1])
            return true;
    return false;
}

/* Copies with runs of three or more equal bytes squeezed to one. Only ASCII
 * letters repeat as bytes, so sequences stay whole. */
static struct str squeeze(struct words *w, const char *p, size_t n)
{
    char *out = w->extra + w->n_extra;
    size_t to = 0;

    for (size_t i = 0; i < n;) {
        size_t run = 1;

        while (i + run < n && p[i + run] == p[i])
            run++;
        size_t keep = run >= 3 && (unsigned char)p[i] < 128 ? 1 : run;

        memset(out + to, p[i], keep);
        to += keep;
        i += run;
    }
    w->n_extra += to;
    return str_make(out, to);
}

static bool make_room(struct words *w)
{
    if (w->n == WORDS_MAX)
        return false;
    w->cap = w->cap ? w->cap * 2 : 64;
    w->items = alloc_resize(w->items, w->cap, sizeof(*w->items));
    return true;
}

static void put(struct cutter *c, struct str text, size_t from, size_t to)
{
    if (c->w->n == c->w->cap && !make_room(c->w))
        return;
    c->w->items[c->w->n++] = (struct word){
        .hash = words_hash(text),
        .p = text.p,
        .n = (uint32_t)text.n,
        .from = (uint32_t)from,
        .to = (uint32_t)to,
        .sentence = c->sentence,
    };
}

static void put_letters(struct cutter *c, size_t from, size_t to)
{
    struct str text = str_slice(c->s, from, to);

    if (has_long_run(text.p, text.n))
        text = squeeze(c->w, text.p, text.n);
    put(c, text, from, to);
}

static bool is_digit(struct str s, size_t at)
{
    return at < s.n && s.p[at] >= '0' && s.p[at] <= '9';
}

/* 12, 4.90 and 4,90 alike; the separator needs a digit on both sides. */
static size_t put_number(struct cutter *c, size_t from)
{
    size_t at = run_end(c->s, from, DIGIT);
    bool comma = false;

    while (at < c->s.n && (c->s.p[at] == '.' || c->s.p[at] == ',') && is_digit(c->s, at + 1)) {
        comma |= c->s.p[at] == ',';
        at = run_end(c->s, at + 1, DIGIT);
    }
    struct str text = str_slice(c->s, from, at);

    if (comma) {
        char *copy = c->w->extra + c->w->n_extra;

        for (size_t i = 0; i < text.n; i++)
            copy[i] = text.p[i] == ',' ? '.' : text.p[i];
        c->w->n_extra += text.n;
        text = str_make(copy, text.n);
    }
    put(c, text, from, at);
    return at;
}

static bool name_byte(struct str s, size_t at, size_t *ret_end)
{
    enum kind kind = kind_at(s, at, ret_end);

    return kind == LETTER || kind == DIGIT || s.p[at] == '_';
}

/* Behind a name's letters, digits and underscores; "." and "-" only between them. */
static size_t name_end(struct str s, size_t at, bool dots)
{
    size_t end;

    while (at < s.n) {
        if (name_byte(s, at, &end)) {
            at = end;
            continue;
        }
        bool joint = dots && (s.p[at] == '.' || s.p[at] == '-') && at + 1 < s.n;

        if (!joint || !name_byte(s, at + 1, &end))
            break;
        at++;
    }
    return at;
}

static bool upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* "#LivraisonRapide": the case that tells the parts is in the original text. */
static void put_tag_parts(struct cutter *c, size_t from, size_t to)
{
    size_t at = fold_original(c->f, from), end = fold_original_end(c->f, to);
    const char *original = c->f->original.p;
    size_t start = from, parts = 0;

    for (size_t i = from + 1; i <= to; i++) {
        size_t here = i < to ? fold_original(c->f, i) : end;
        bool cut = i == to ||
                   (here < end && here > at && upper(original[here]) && !upper(original[here - 1]));

        if (!cut || (i == to && parts == 0))
            continue;
        put_letters(c, start, i);
        start = i;
        parts++;
    }
}

/* "@acme.bsky.social", "#tag" with their sign; the sign alone is no word. */
static size_t put_name(struct cutter *c, size_t from, enum kind sign)
{
    size_t end, to = from + 1;
    bool inside = from > 0 && (kind_at(c->s, from - 1, &end) == LETTER || is_digit(c->s, from - 1));

    if (sign == AT && inside) /* an address: its parts are words, it names nobody */
        return to;
    to = name_end(c->s, to, sign == AT);
    if (to == from + 1)
        return to;
    put(c, str_slice(c->s, from, to), from, to);
    if (sign == HASH_SIGN)
        put_tag_parts(c, from + 1, to);
    return to;
}

static bool url_byte(char c)
{
    return (unsigned char)c > ' ' && c != '"' && c != '<' && c != '>' && c != ')';
}

/* Length of "http://", "https://" or "www." at `at`, else 0. */
static size_t url_head(struct str s, size_t at)
{
    static const struct str heads[] = {{"http://", 7}, {"https://", 8}, {"www.", 4}};

    if (s.p[at] != 'h' && s.p[at] != 'w')
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(heads); i++)
        if (str_starts(str_slice(s, at, s.n), heads[i]))
            return heads[i].n;
    return 0;
}

/* The host's labels as words, the rest of the URL dropped. */
static size_t put_url(struct cutter *c, size_t from, size_t head)
{
    size_t at = from + head, end;

    if (url_head(c->s, at < c->s.n ? at : from) == 4 && at < c->s.n)
        at += 4;
    while (at < c->s.n && (name_byte(c->s, at, &end) || c->s.p[at] == '.' || c->s.p[at] == '-')) {
        size_t label = at;

        while (at < c->s.n && name_byte(c->s, at, &end))
            at = end;
        if (at > label)
            put(c, str_slice(c->s, label, at), label, at);
        else
            at++;
    }
    while (at < c->s.n && url_byte(c->s.p[at]))
        at++;
    return at;
}

/* "S.A.V." is no end of three sentences. */
static bool abbreviates(const struct cutter *c, size_t at)
{
    if (c->s.p[at] != '.' || c->w->n == 0)
        return false;
    const struct word *last = &c->w->items[c->w->n - 1];

    return last->to == at && last->to - last->from == 1 && at + 1 < c->s.n && c->s.p[at + 1] > ' ';
}

static size_t next_word(struct cutter *c, size_t at)
{
    size_t end;
    enum kind kind = kind_at(c->s, at, &end);

    switch (kind) {
    case LETTER:
        if ((end = url_head(c->s, at)) > 0)
            return put_url(c, at, end);
        end = run_end(c->s, at, LETTER);
        put_letters(c, at, end);
        return end;
    case DIGIT:
        return put_number(c, at);
    case SYMBOL:
        put(c, str_slice(c->s, at, end), at, end);
        return end;
    case AT:
    case HASH_SIGN:
        return put_name(c, at, kind);
    case STOP:
        if (!abbreviates(c, at) && c->w->n > 0 && c->w->items[c->w->n - 1].sentence == c->sentence)
            c->sentence++;
        return end;
    case OTHER:
    default:
        return end;
    }
}

void words_cut(struct words *w, const struct fold *f)
{
    struct cutter c = {.w = w, .f = f, .s = fold_str(f)};

    w->n = w->n_extra = 0;
    /* Words never overlap but for the parts of tags, so twice the text is enough. */
    if (w->cap_extra < 2 * f->n + 1) {
        w->cap_extra = 2 * f->n + 1;
        w->extra = alloc_resize(w->extra, w->cap_extra, 1);
    }
    for (size_t at = 0; at < c.s.n;) {
        unsigned char byte = (unsigned char)c.s.p[at];

        /* Blanks are half of what is between words: no call for them. */
        at = byte < 128 && ascii[byte] == OTHER ? at + 1 : next_word(&c, at);
    }
}
