#include "lib/tune/corpus.h"

#include <stdio.h>

#include "lib/base/arena.h"
#include "lib/base/utf8.h"
#include "lib/data/json.h"

/* Two ways to the same line.
 *
 * A replay of a million mentions spends its time where a daemon never does: in
 * reading JSON. So a line is first read by a scanner that builds no tree. It
 * knows the members of a mention, checks and skips all others, and borrows
 * strings without escapes from the line. It never decides that a line is wrong:
 * whatever it does not like - an odd type, a lone surrogate, a bad byte, an
 * unfinished object - is read again by lib/data/json, whose word is final. Both
 * must agree on every line that the scanner accepts; a fuzz target says so. */

enum { SCAN_DEPTH_MAX = 32, ODD = 0 };

struct scan {
    const char *p, *end;
    struct arena *arena;
};

static void skip_space(struct scan *s)
{
    while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' || *s->p == '\r' || *s->p == '\n'))
        s->p++;
}

static bool take(struct scan *s, char c)
{
    skip_space(s);
    if (s->p == s->end || *s->p != c)
        return false;
    s->p++;
    return true;
}

#define ONES 0x0101010101010101ull
#define HIGHS 0x8080808080808080ull
#define HAS_ZERO(w) (((w)-ONES) & ~(w)&HIGHS)

/* Eight bytes at once, up to the first quote, backslash or control character, or to where
 * fewer than eight are left. Past the first such byte the test may be wrong, before it
 * never is, and the lowest bit set is that of the byte which comes first (the bytes are
 * put into that order). */
static const char *skip_plain(const char *p, const char *end, uint64_t *seen)
{
    for (; end - p >= 8; p += 8) {
        uint64_t w, special;

        memcpy(&w, p, 8);
        if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
            w = __builtin_bswap64(w);
        special = HAS_ZERO(w ^ (ONES * '"')) | HAS_ZERO(w ^ (ONES * '\\')) |
                  ((w - ONES * 0x20) & ~w & HIGHS);
        if (special) {
            *seen |= w & ((special & -special) - 1); /* the bytes before it */
            return p + __builtin_ctzll(special) / 8;
        }
        *seen |= w;
    }
    return p;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Four hex digits at p, or -1. */
static int32_t hex4(const char *p, const char *end)
{
    int32_t n = 0;

    if (end - p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(p[i]);

        if (digit < 0)
            return -1;
        n = n * 16 + digit;
    }
    return n;
}

/* The code point after "\u"; surrogates must come in pairs, NUL is odd. */
static const char *decode_u(const char *p, const char *end, char **out)
{
    int32_t c = hex4(p, end), low;

    if (c <= 0 || (c >= 0xDC00 && c < 0xE000))
        return NULL;
    p += 4;
    if (c >= 0xD800 && c < 0xDC00) {
        if (end - p < 6 || p[0] != '\\' || p[1] != 'u' || (low = hex4(p + 2, end)) < 0xDC00 ||
            low >= 0xE000)
            return NULL;
        c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
        p += 6;
    }
    *out += utf8_encode((uint32_t)c, *out);
    return p;
}

/* `raw` with its escapes resolved, which never makes it longer. */
static bool decode(struct scan *s, struct str raw, struct str *ret)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    char *start = arena_alloc(s->arena, raw.n + UTF8_MAX), *out = start;
    const char *end = raw.p + raw.n;

    for (const char *p = raw.p; p < end;) {
        if (*p != '\\') {
            *out++ = *p++;
            continue;
        }
        const char *name = p + 1 < end ? memchr(names, p[1], sizeof(names) - 1) : NULL;

        if (name) {
            *out++ = values[name - names];
            p += 2;
        } else if (p + 1 == end || p[1] != 'u' || !(p = decode_u(p + 2, end, &out))) {
            return ODD;
        }
    }
    *ret = str_make(start, (size_t)(out - start));
    return true;
}

static bool take_string(struct scan *s, struct str *ret)
{
    uint64_t seen = 0;
    bool escapes = false;

    if (!take(s, '"'))
        return ODD;
    const char *start = s->p;

    for (;;) {
        s->p = skip_plain(s->p, s->end, &seen);
        if (s->p == s->end || (unsigned char)*s->p < 0x20)
            return ODD;
        if (*s->p == '"')
            break;
        seen |= (unsigned char)*s->p & 0x80u;
        if (*s->p == '\\') {
            escapes = true;
            if (++s->p == s->end)
                return ODD;
        }
        s->p++;
    }
    *ret = str_make(start, (size_t)(s->p++ - start));
    if (seen & HIGHS && utf8_valid(*ret) != ret->n)
        return ODD;
    return !escapes || decode(s, *ret, ret);
}

static const char *skip_digits(const char *p, const char *end)
{
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

/* RFC 8259 section 6. */
static bool take_number(struct scan *s, struct str *ret)
{
    const char *start = s->p, *p = start, *digits;

    p += p < s->end && *p == '-';
    digits = p;
    p = skip_digits(p, s->end);
    if (p == digits || (*digits == '0' && p > digits + 1))
        return ODD;
    if (p < s->end && *p == '.') {
        digits = ++p;
        p = skip_digits(p, s->end);
        if (p == digits)
            return ODD;
    }
    if (p < s->end && (*p == 'e' || *p == 'E')) {
        p++;
        p += p < s->end && (*p == '+' || *p == '-');
        digits = p;
        p = skip_digits(p, s->end);
        if (p == digits)
            return ODD;
    }
    s->p = p;
    *ret = str_make(start, (size_t)(p - start));
    return true;
}

static bool take_word(struct scan *s, struct str word)
{
    skip_space(s);
    if (!str_starts(str_make(s->p, (size_t)(s->end - s->p)), word))
        return false;
    s->p += word.n;
    return true;
}

static bool skip_value(struct scan *s, unsigned depth);

static bool skip_items(struct scan *s, char close, unsigned depth)
{
    struct str key;

    if (take(s, close))
        return true;
    do {
        if (close == '}' && (!take_string(s, &key) || !take(s, ':')))
            return ODD;
        if (!skip_value(s, depth))
            return ODD;
    } while (take(s, ','));
    return take(s, close);
}

static bool skip_value(struct scan *s, unsigned depth)
{
    struct str ignored;

    skip_space(s);
    if (s->p == s->end || depth == SCAN_DEPTH_MAX)
        return ODD;
    switch (*s->p) {
    case '"':
        return take_string(s, &ignored);
    case '{':
        s->p++;
        return skip_items(s, '}', depth + 1);
    case '[':
        s->p++;
        return skip_items(s, ']', depth + 1);
    case 't':
        return take_word(s, STR("true"));
    case 'f':
        return take_word(s, STR("false"));
    case 'n':
        return take_word(s, STR("null"));
    default:
        return take_number(s, &ignored);
    }
}

/* A text, a number as text, or null for none. */
static bool take_text(struct scan *s, struct str *ret)
{
    skip_space(s);
    *ret = STR_NONE;
    if (s->p == s->end)
        return ODD;
    if (*s->p == '"')
        return take_string(s, ret);
    if (*s->p == 'n')
        return take_word(s, STR("null"));
    return take_number(s, ret);
}

static bool take_time(struct scan *s, int64_t *ret)
{
    struct str text;

    *ret = CLOCK_NONE;
    if (take_word(s, STR("null")))
        return true;
    return take_string(s, &text) && (text.n == 0 || clock_parse(text, ret));
}

static bool take_reach(struct scan *s, int64_t *ret)
{
    struct str text;

    *ret = -1;
    if (take_word(s, STR("null")))
        return true;
    return take_number(s, &text) && str_to_i64(text, ret) && *ret >= 0;
}

/* Adds or replaces: of two members of one name the last counts. */
static void add_want(struct corpus_line *line, struct arena *arena, struct corpus_want want)
{
    struct corpus_want *wants = (struct corpus_want *)(uintptr_t)line->wants;

    for (size_t i = 0; i < line->n_wants; i++)
        if (str_eq(wants[i].promise, want.promise)) {
            wants[i].broken = want.broken;
            return;
        }
    if ((line->n_wants & (line->n_wants + 1)) == 0) { /* full at 1, 3, 7, 15 ... */
        struct corpus_want *more = arena_array(arena, 2 * line->n_wants + 2, sizeof(*more));

        if (line->n_wants)
            memcpy(more, wants, line->n_wants * sizeof(*more));
        wants = more;
    }
    wants[line->n_wants++] = want;
    line->wants = wants;
}

static bool take_wants(struct scan *s, struct corpus_line *line)
{
    struct corpus_want want;

    line->n_wants = 0;
    if (!take(s, '{'))
        return ODD;
    if (take(s, '}'))
        return true;
    do {
        if (!take_string(s, &want.promise) || !take(s, ':'))
            return ODD;
        want.broken = take_word(s, STR("true"));
        if (!want.broken && !take_word(s, STR("false")))
            return ODD;
        add_want(line, s->arena, want);
    } while (take(s, ','));
    return take(s, '}');
}

static bool take_member(struct scan *s, struct str key, struct corpus_line *line)
{
    struct mention *m = &line->mention;
    const struct {
        struct str key;
        struct str *text;
    } texts[] = {{STR("text"), &m->text},     {STR("id"), &m->id},
                 {STR("url"), &m->url},       {STR("title"), &m->title},
                 {STR("author"), &m->author}, {STR("lang"), &m->lang},
                 {STR("source"), &m->source}, {STR("reply_to"), &m->reply_to}};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (str_eq(texts[i].key, key))
            return take_text(s, texts[i].text);
    if (str_eq(key, STR("published")))
        return take_time(s, &m->published_ms);
    if (str_eq(key, STR("updated")))
        return take_time(s, &m->updated_ms);
    if (str_eq(key, STR("reach")))
        return take_reach(s, &m->reach);
    if (str_eq(key, STR("want")))
        return take_wants(s, line);
    return skip_value(s, 1);
}

static bool scan_line(struct str text, struct arena *arena, struct corpus_line *ret)
{
    struct scan s = {text.p, text.p + text.n, arena};
    struct corpus_line line = {.mention = MENTION_INIT};
    struct str key;

    if (!take(&s, '{') || take(&s, '}'))
        return ODD;
    do {
        if (!take_string(&s, &key) || !take(&s, ':') || !take_member(&s, key, &line))
            return ODD;
    } while (take(&s, ','));
    if (!take(&s, '}'))
        return ODD;
    skip_space(&s);
    if (s.p != s.end || (str_trim(line.mention.text).n == 0 && str_trim(line.mention.title).n == 0))
        return ODD;
    *ret = line;
    return true;
}

static bool wrong(struct corpus_error *error, size_t offset, const char *message)
{
    error->offset = offset;
    (void)snprintf(error->message, sizeof(error->message), "%s", message); /* may be cut */
    return false;
}

static bool not_json(struct str text, const struct json_error *why, struct corpus_error *error)
{
    if (!str_starts(str_trim(text), STR("{")))
        return wrong(error, 0,
                     "each line is a JSON object, like {\"text\": \"...\"}; this is none");
    return wrong(error, why->offset, why->message);
}

static bool wants_of(const struct json *want, struct arena *arena, struct corpus_line *line)
{
    if (!want || want->type == JSON_NULL)
        return true;
    if (want->type != JSON_OBJECT)
        return false;
    for (const struct json *j = want->first; j; j = j->next) {
        if (j->type != JSON_TRUE && j->type != JSON_FALSE)
            return false;
        add_want(line, arena, (struct corpus_want){j->key, j->type == JSON_TRUE});
    }
    return true;
}

bool corpus_read_slowly(struct str text, struct arena *arena, struct corpus_line *ret,
                        struct corpus_error *error)
{
    struct corpus_line line = {0};
    struct json_error json_error;
    struct json *root;

    if (json_parse(text, arena, &root, &json_error) != JSON_OK)
        return not_json(text, &json_error, error);
    enum mention_error e = mention_from_json(root, &line.mention);

    if (e != MENTION_OK)
        return wrong(error, 0, mention_error_text(e));
    if (!wants_of(json_get(root, STR("want")), arena, &line))
        return wrong(error, 0, "\"want\" must say true or false for each promise");
    *ret = line;
    return true;
}

bool corpus_read(struct str text, struct arena *arena, struct corpus_line *ret,
                 struct corpus_error *error)
{
    return scan_line(text, arena, ret) || corpus_read_slowly(text, arena, ret, error);
}

bool corpus_next(struct str text, size_t *at, struct str *ret)
{
    if (*at == 0)
        *at = text.n - utf8_unmarked(text).n;
    if (*at >= text.n)
        return false;
    size_t end = str_find_char(text, '\n', *at);

    end = end == SIZE_MAX ? text.n : end;
    *ret = str_slice(text, *at, end);
    *at = end + 1;
    if (str_ends(*ret, STR("\r")))
        ret->n--;
    return true;
}
