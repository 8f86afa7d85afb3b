#include "lib/text/charset.h"

#include <errno.h>
#include <iconv.h>

#include "lib/base/arena.h"
#include "lib/base/utf8.h"

enum { NAME_MAX_BYTES = 40, PROLOG_BYTES = 1024, CANDIDATES_MAX = 5, MANY_SEQUENCES = 8 };

struct candidates {
    struct str names[CANDIDATES_MAX];
    size_t n;
};

static void propose(struct candidates *c, struct str name)
{
    name = str_trim(name);
    if (name.n > 0 && name.n <= NAME_MAX_BYTES && c->n < CANDIDATES_MAX)
        c->names[c->n++] = name;
}

/* What follows `key` and "=" in `s`, unquoted; an empty slice without one. */
static struct str value_of(struct str s, struct str key)
{
    size_t i = 0;

    while (i + key.n < s.n && !str_starts_nocase(str_slice(s, i, s.n), key))
        i++;
    if (i + key.n >= s.n)
        return STR_NONE;
    s = str_trim(str_slice(s, i + key.n, s.n));
    if (s.n == 0 || s.p[0] != '=')
        return STR_NONE;
    s = str_trim(str_slice(s, 1, s.n));
    size_t to = 0, from = s.n > 0 && (s.p[0] == '"' || s.p[0] == '\'');

    for (to = from; to < s.n && !strchr("\"';, \t\r\n?>", s.p[to]); to++)
        continue;
    return str_slice(s, from, to);
}

static struct str from_mark(struct str body)
{
    if (str_starts(body, STR("\xef\xbb\xbf")))
        return STR("UTF-8");
    if (str_starts(body, str_make("\xff\xfe\0\0", 4)))
        return STR("UTF-32LE");
    if (str_starts(body, str_make("\0\0\xfe\xff", 4)))
        return STR("UTF-32BE");
    if (str_starts(body, STR("\xff\xfe")))
        return STR("UTF-16LE");
    if (str_starts(body, STR("\xfe\xff")))
        return STR("UTF-16BE");
    return STR_NONE;
}

/* "<" or "<?" in an encoding that is not ASCII's (XML 1.0, appendix F). */
static struct str from_shape(struct str body)
{
    if (str_starts(body, str_make("<\0\0\0", 4)))
        return STR("UTF-32LE");
    if (str_starts(body, str_make("\0\0\0<", 4)))
        return STR("UTF-32BE");
    if (body.n >= 4 && body.p[0] == '<' && body.p[1] == 0 && body.p[3] == 0)
        return STR("UTF-16LE");
    if (body.n >= 4 && body.p[0] == 0 && body.p[1] == '<' && body.p[2] == 0)
        return STR("UTF-16BE");
    return STR_NONE;
}

enum { EBCDIC_HEAD = 256 };

/* EBCDIC variants agree on the characters of a prolog: read it in one of them
 * and take its word. */
static struct str from_ebcdic(struct str body, char buf[EBCDIC_HEAD])
{
    char *in = NULL, *out = buf;
    size_t left = MIN(body.n, (size_t)EBCDIC_HEAD), room = EBCDIC_HEAD;
    char head[EBCDIC_HEAD];

    if (!str_starts(body, STR("\x4c\x6f\xa7\x94")))
        return STR_NONE;
    iconv_t cd = iconv_open("ISO-8859-1", "CP037");

    if (cd == (iconv_t)-1)
        return STR_NONE;
    memcpy(head, body.p, left);
    in = head;
    (void)iconv(cd, &in, &left, &out, &room); /* a partial head will do */
    (void)iconv_close(cd);
    struct str name = value_of(str_make(buf, (size_t)(out - buf)), STR("encoding"));

    return name.n ? name : STR("CP037");
}

static struct str from_prolog(struct str body)
{
    struct str head = str_slice(body, 0, PROLOG_BYTES);
    size_t open = str_find(head, STR("<?xml"), 0);

    if (open != SIZE_MAX) {
        size_t close = str_find(head, STR(">"), open);

        return value_of(str_slice(head, open, close), STR("encoding"));
    }
    return str_find(head, STR("<meta"), 0) != SIZE_MAX ? value_of(head, STR("charset")) : STR_NONE;
}

static bool is_any(struct str name, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq_nocase(name, str_of(list[i])))
            return true;
    return false;
}

static bool means_1252(struct str name)
{
    static const char *const names[] = {
        "windows-1252", "cp1252",    "cp-1252",    "x-cp1252",       "ansi_x3.4-1968", "ascii",
        "us-ascii",     "iso8859-1", "iso-8859-1", "iso_8859-1",     "iso88591",       "latin1",
        "latin-1",      "l1",        "x-ansi",     "iso-8859-1:1987"};

    return is_any(name, names, ARRAY_LEN(names));
}

static bool means_utf8(struct str name)
{
    static const char *const names[] = {"utf-8", "utf8", "unicode-1-1-utf-8", "x-utf-8", "utf_8"};

    return is_any(name, names, ARRAY_LEN(names));
}

/* One byte, one character, ASCII below 128: text of such a charset is not valid
 * UTF-8 but by a rare accident. */
static bool single_byte(struct str name)
{
    return means_1252(name) || str_starts_nocase(name, STR("iso-8859")) ||
           str_starts_nocase(name, STR("windows-12")) || str_starts_nocase(name, STR("cp12")) ||
           str_starts_nocase(name, STR("koi8")) || str_starts_nocase(name, STR("mac"));
}

/* Bytes from 128 on may also be part of escapes or of no character at all. */
static bool not_ascii_based(struct str name)
{
    return str_starts_nocase(name, STR("utf-16")) || str_starts_nocase(name, STR("utf-32")) ||
           str_starts_nocase(name, STR("ucs-")) || str_starts_nocase(name, STR("utf-7"));
}

static uint32_t point_1252(unsigned char c)
{
    static const uint16_t high[32] = {
        0x20ac, 0x81,   0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
        0x2039, 0x0152, 0x8d,   0x017d, 0x8f,   0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
        0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x9d,   0x017e, 0x0178,
    };

    return c >= 0x80 && c < 0xa0 ? high[c - 0x80] : c;
}

/* windows-1252 to UTF-8; with `keep`, valid UTF-8 sequences stay as they are. */
enum sequences { READ_BYTES, KEEP_UTF8 };

static struct str decode_1252(struct str body, enum sequences sequences, struct arena *arena)
{
    char *out = arena_alloc(arena, body.n * 3 + 1);
    size_t n = 0;

    if (!out)
        return STR_NONE;
    for (size_t i = 0; i < body.n;) {
        size_t next = i;
        bool whole = sequences == KEEP_UTF8 && (utf8_next(body, &next) != UTF8_BAD || next - i > 1);

        if (whole) {
            memcpy(out + n, body.p + i, next - i);
            n += next - i;
            i = next;
        } else {
            n += utf8_encode(point_1252((unsigned char)body.p[i++]), out + n);
        }
    }
    return str_make(out, n);
}

/* Through iconv; *ret_errors counts what it could not decode. */
static struct str decode_iconv(struct str body, struct str name, struct arena *arena,
                               size_t *ret_errors)
{
    char cname[NAME_MAX_BYTES + 1] = "";
    size_t left = body.n, room = body.n * 3 + 16, errors = 0;
    char *buf = NULL, *out = NULL, *in = NULL;

    memcpy(cname, name.p, name.n);
    iconv_t cd = strchr(cname, '/') ? (iconv_t)-1 : iconv_open("UTF-8", cname);

    if (cd == (iconv_t)-1)
        return STR_NONE;
    /* iconv wants its input writable in type, though it never writes there */
    memcpy(&in, &body.p, sizeof(in));
    out = buf = arena_alloc(arena, room);
    while (buf && left > 0 && iconv(cd, &in, &left, &out, &room) == (size_t)-1) {
        if (errno == E2BIG || room < UTF8_MAX || left == 0)
            break;
        out += utf8_encode(UTF8_BAD, out);
        room -= 3;
        in++;
        left--;
        errors++;
    }
    (void)iconv_close(cd);
    *ret_errors = errors;
    return buf ? str_make(buf, (size_t)(out - buf)) : STR_NONE;
}

/* Some servers and editors use names that iconv does not know. */
static struct str iconv_name(struct str name)
{
    static const char *const aliases[][2] = {
        {"x-sjis", "CP932"},
        {"shift_jis", "CP932"},
        {"shift-jis", "CP932"},
        {"windows-31j", "CP932"},
        {"ks_c_5601-1987", "CP949"},
        {"euc-kr", "CP949"},
        {"gb2312", "GB18030"},
        {"gbk", "GB18030"},
        {"x-gbk", "GB18030"},
        {"big5", "BIG5-HKSCS"},
        {"x-euc-jp", "EUC-JP"},
        {"tis-620", "CP874"},
        {"iso-8859-9", "CP1254"},
        {"iso-8859-11", "CP874"},
        {"x-x-big5", "BIG5-HKSCS"},
        {"x-mac-roman", "MACINTOSH"},
        {"ucs-2", "UCS-2BE"},
        {"hz-gb-2312", "HZ"},
        {"x-mac-cyrillic", "MAC-CYRILLIC"},
        {"unicode", "UTF-16"},
        {"utf-16", "UTF-16"},
    };

    for (size_t i = 0; i < ARRAY_LEN(aliases); i++)
        if (str_eq_nocase(name, str_of(aliases[i][0])))
            return str_of(aliases[i][1]);
    return name;
}

static size_t sequences_in(struct str s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++)
        n += (unsigned char)s.p[i] >= 0xc0;
    return n;
}

/* Is the claim contradicted by bytes that are UTF-8 with more than ASCII? */
static bool contradicted(struct str name, size_t sequences)
{
    if (sequences == 0 || not_ascii_based(name))
        return false;
    return single_byte(name) || sequences >= MANY_SEQUENCES;
}

static struct str without_nul(struct str s, struct arena *arena)
{
    if (!s.p || str_find_char(s, '\0', 0) == SIZE_MAX)
        return s;
    char *out = arena_alloc(arena, s.n + 1);
    size_t n = 0;

    if (!out)
        return STR_NONE;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != '\0')
            out[n++] = s.p[i];
    return str_make(out, n);
}

/* Documents begin with markup or a brace: a charset that shows neither, where
 * the bytes as they are do, is not the document's (ASCII declared as UTF-16). */
static bool plausible(struct str text, struct str body)
{
    struct str head = str_slice(text, 0, PROLOG_BYTES), raw = str_slice(body, 0, PROLOG_BYTES);

    return str_find_char(head, '<', 0) != SIZE_MAX || str_find_char(head, '{', 0) != SIZE_MAX ||
           str_find_char(raw, '<', 0) == SIZE_MAX;
}

struct attempt {
    struct str body;
    bool valid; /* the bytes are UTF-8 */
    struct arena *arena;
};

/* The whole body in this charset, or p NULL when it does not fit. */
static struct str attempt(const struct attempt *a, struct str name)
{
    size_t errors = 0;
    struct str text;

    if (means_utf8(name))
        return a->valid ? a->body : STR_NONE;
    size_t sequences = sequences_in(a->body);

    if (a->valid && contradicted(name, sequences))
        return STR_NONE;
    if (means_1252(name))
        return sequences == 0 && a->valid ? a->body : decode_1252(a->body, READ_BYTES, a->arena);
    struct arena_mark mark = arena_mark(a->arena);

    text = decode_iconv(a->body, iconv_name(name), a->arena, &errors);
    if (!text.p || (errors == 0 && plausible(text, a->body)))
        return text;
    arena_rewind(a->arena, mark);
    return STR_NONE;
}

/* Nothing fits all bytes: the first claim that decodes most of them. */
static struct str repair(const struct attempt *a, const struct candidates *c, struct str *ret_name)
{
    for (size_t i = 0; i < c->n; i++) {
        size_t errors = 0;
        struct arena_mark mark = arena_mark(a->arena);

        if (means_utf8(c->names[i]))
            break;
        if (a->valid)
            continue;
        struct str text = decode_iconv(a->body, iconv_name(c->names[i]), a->arena, &errors);

        if (text.p && errors < a->body.n / 16 + 1 && plausible(text, a->body)) {
            *ret_name = c->names[i];
            return text;
        }
        arena_rewind(a->arena, mark);
    }
    *ret_name = a->valid ? STR("UTF-8") : STR("windows-1252");
    return a->valid ? a->body : decode_1252(a->body, KEEP_UTF8, a->arena);
}

struct str charset_to_utf8(struct str body, struct str content_type, struct arena *arena,
                           struct str *ret_name)
{
    char ebcdic[EBCDIC_HEAD];
    struct candidates c = {0};
    struct attempt a = {.body = body, .valid = utf8_valid(body) == body.n, .arena = arena};
    struct str name = STR("UTF-8"), text = STR_NONE;

    propose(&c, from_shape(body)); /* no declaration can talk its way around NULs */
    propose(&c, value_of(content_type, STR("charset")));
    propose(&c, from_mark(body));
    propose(&c, from_ebcdic(body, ebcdic));
    propose(&c, from_prolog(body));
    for (size_t i = 0; i < c.n && !text.p; i++) {
        name = c.names[i];
        text = attempt(&a, name);
    }
    if (!text.p && c.n == 0 && a.valid) {
        name = STR("UTF-8");
        text = body;
    }
    if (!text.p)
        text = repair(&a, &c, &name);
    if (ret_name)
        *ret_name = arena_str(arena, name);
    return without_nul(text, arena);
}
