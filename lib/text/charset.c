#include "lib/text/charset.h"

#include <errno.h>
#include <iconv.h>
#include <stdio.h>

#include "lib/base/arena.h"
#include "lib/base/utf8.h"

enum {
    NAME_MAX_BYTES = 40,
    ICONV_NAME_MAX = NAME_MAX_BYTES + 16,
    SPELLINGS_MAX = 3, /* names of one charset that are tried */
    PROLOG_BYTES = 1024,
    CANDIDATES_MAX = 5,
    MANY_TRAILS = 4,
};

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
    if (str_starts(body, STR(UTF8_BOM)))
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
    return str_starts(body, STR("+ADw")) ? STR("UTF-7") : STR_NONE;
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
    size_t open = str_find(head, STR("<?"), 0);

    if (open != SIZE_MAX && str_starts_nocase(str_slice(head, open + 2, head.n), STR("xml"))) {
        size_t close = str_find(head, STR(">"), open);

        return value_of(str_slice(head, open, close), STR("encoding"));
    }
    return str_find(head, STR("<meta"), 0) != SIZE_MAX ? value_of(head, STR("charset")) : STR_NONE;
}

/* A label without what people write differently: lower case, letters and digits
 * only, no "x-" in front (UTS 22 calls this loose matching). */
static struct str loose(struct str name, char buf[NAME_MAX_BYTES])
{
    size_t n = 0;

    for (size_t i = 0; i < MIN(name.n, (size_t)NAME_MAX_BYTES); i++) {
        char c = name.p[i];

        if (c >= 'A' && c <= 'Z')
            c = (char)(c + 32);
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            buf[n++] = c;
        if (n == 1 && c == 'x')
            n = 0;
    }
    return str_make(buf, n);
}

/* Is its loose form one of the words of `list`? */
static bool is_any(struct str name, struct str list)
{
    char buf[NAME_MAX_BYTES];
    struct str key = loose(name, buf), word;

    while (str_split(&list, ' ', &word))
        if (str_eq(key, word))
            return true;
    return false;
}

static bool means_ascii(struct str name)
{
    return is_any(name, STR("ascii usascii ansix341968 iso646us isoir6 csascii"));
}

static bool means_1252(struct str name)
{
    return means_ascii(name) ||
           is_any(name, STR("windows1252 win1252 cp1252 ms1252 ansi iso88591 88591 iso885911987 "
                            "isoir100 latin1 isolatin1 csisolatin1 l1 cp819 ibm819"));
}

static bool means_utf8(struct str name)
{
    return is_any(name, STR("utf8 utf8n utf8bom unicode11utf8 unicode20utf8 cp65001"));
}

/* One byte, one character, ASCII below 128: text of such a charset is not valid
 * UTF-8 but by a rare accident. */
static bool single_byte(struct str name)
{
    static const char *const heads[] = {"iso8859", "windows12", "win12", "cp12", "koi8", "mac"};
    char buf[NAME_MAX_BYTES];
    struct str key = loose(name, buf);

    for (size_t i = 0; i < ARRAY_LEN(heads); i++)
        if (str_starts(key, str_of(heads[i])))
            return true;
    return means_1252(name);
}

/* Bytes from 128 on may also be part of escapes or of no character at all. */
static bool not_ascii_based(struct str name)
{
    return str_starts_nocase(name, STR("utf-16")) || str_starts_nocase(name, STR("utf-32")) ||
           str_starts_nocase(name, STR("ucs-")) || str_starts_nocase(name, STR("utf-7"));
}

static const uint16_t high_1252[32] = {
    0x20ac, 0x81,   0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x8d,   0x017d, 0x8f,   0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x9d,   0x017e, 0x0178,
};

static uint32_t point_1252(uint32_t c)
{
    return c >= 0x80 && c < 0xa0 ? high_1252[c - 0x80] : c;
}

/* windows-1252 to UTF-8; with KEEP_UTF8, valid UTF-8 sequences stay what they are, unless
 * they are C1 controls: nobody writes those, but converters that take windows-1252
 * for ISO 8859-1 make them of quotes and dashes. */
enum sequences { READ_BYTES, KEEP_UTF8 };

static struct str decode_1252(struct str body, enum sequences sequences, struct arena *arena)
{
    char *out = arena_alloc(arena, body.n * 3 + 1);
    size_t n = 0;

    if (!out)
        return STR_NONE;
    for (size_t i = 0; i < body.n;) {
        size_t next = i;
        uint32_t c = utf8_next(body, &next);

        if (sequences == READ_BYTES || (c == UTF8_BAD && next - i == 1)) {
            c = (unsigned char)body.p[i];
            next = i + 1;
        }
        n += utf8_encode(point_1252(c), out + n);
        i = next;
    }
    return str_make(out, n);
}

/* Through iconv; *ret_errors counts what it could not decode. */
static struct str decode_iconv(struct str body, const char *name, struct arena *arena,
                               size_t *ret_errors)
{
    size_t left = body.n, room = body.n * 3 + 16, errors = 0;
    char *buf = NULL, *out = NULL, *in = NULL;

    iconv_t cd = strchr(name, '/') ? (iconv_t)-1 : iconv_open("UTF-8", name);

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

/* Loose labels of the WHATWG Encoding standard, of Python and of Java that iconv does
 * not know, or takes for less than what is written under them. */
static const struct {
    const char *labels, *iconv;
} aliases[] = {
    {"sjis shiftjis mskanji csshiftjis windows31j cswindows31j ms932", "CP932"},
    {"euckr korean ksc5601 ksc56011987 ksc56011989 csksc56011987 isoir149 cseuckr ms949", "CP949"},
    {"gb2312 gbk gb231280 csgb2312 csiso58gb231280 isoir58 chinese euccn cn cngb cp936 ms936 "
     "windows936",
     "GB18030"},
    {"big5 cnbig5 csbig5 big5eten big5hkscs ms950", "BIG5-HKSCS"},
    {"eucjp cseucpkdfmtjapanese ujis", "EUC-JP"},
    {"iso2022jp csiso2022jp jis", "ISO-2022-JP"},
    {"iso2022jp1", "ISO-2022-JP-1"},
    {"iso2022jp2", "ISO-2022-JP-2"},
    {"iso2022jp3", "ISO-2022-JP-3"},
    {"iso2022kr csiso2022kr", "ISO-2022-KR"},
    {"tis620 iso885911 dos874 windows874", "CP874"},
    {"iso88599 iso885991989 latin5 l5 csisolatin5 isoir148", "CP1254"},
    {"iso88598i iso88598e logical visual csiso88598i csiso88598e", "ISO-8859-8"},
    {"iso885915 latin9 l9 csisolatin9", "ISO-8859-15"},
    {"mac macroman macintosh csmacintosh", "MACINTOSH"},
    {"maccyrillic macukrainian", "MAC-CYRILLIC"},
    {"maclatin2 maccentraleurope", "MAC-CENTRALEUROPE"},
    {"maciceland", "MAC-IS"},
    {"koi koi8 koi8r cskoi8r", "KOI8-R"},
    {"koi8u koi8ru", "KOI8-U"},
    {"hproman8 roman8 r8", "HP-ROMAN8"},
    {"ucs2", "UCS-2BE"},
    {"unicode utf16", "UTF-16"},
    {"utf16le unicodefffe", "UTF-16LE"},
    {"utf16be unicodefeff", "UTF-16BE"},
    {"utf32", "UTF-32"},
};

static bool digits_only(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.n > 0;
}

/* "win1251", "x-cp1251", "dos-866" and "iso88595" as iconv writes them. */
static bool numbered(struct str key, char ret[ICONV_NAME_MAX])
{
    static const char *const heads[][2] = {
        {"windows", "CP"}, {"win", "CP"}, {"dos", "CP"},   {"cp", "CP"},
        {"ms", "CP"},      {"ibm", "CP"}, {"ccsid", "CP"}, {"iso8859", "ISO-8859-"},
    };

    for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
        struct str head = str_of(heads[i][0]), number = str_slice(key, head.n, key.n);

        if (!str_starts(key, head) || !digits_only(number) || number.n > 5)
            continue;
        (void)snprintf(ret, ICONV_NAME_MAX, "%s%.*s", heads[i][1], STR_ARG(number)); /* fits */
        return true;
    }
    return false;
}

/* The names to try for a label, the best first. */
static size_t iconv_names(struct str label, char ret[SPELLINGS_MAX][ICONV_NAME_MAX])
{
    char buf[NAME_MAX_BYTES];
    struct str key = loose(label, buf);
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_LEN(aliases); i++)
        if (is_any(label, str_of(aliases[i].labels)))
            (void)snprintf(ret[n++], ICONV_NAME_MAX, "%s", aliases[i].iconv); /* fits */
    n += n == 0 && numbered(key, ret[n]);
    (void)snprintf(ret[n++], ICONV_NAME_MAX, "%.*s", STR_ARG(label)); /* fits */
    (void)snprintf(ret[n], ICONV_NAME_MAX, "%.*s", STR_ARG(label));   /* fits */
    for (char *c = ret[n]; *c; c++)
        *c = *c == '_' ? '-' : *c;
    return n + 1;
}

/* Bytes of UTF-8 sequences behind their first: evidence, the more the better. */
static size_t trails_in(struct str s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++)
        n += ((unsigned char)s.p[i] & 0xc0) == 0x80;
    return n;
}

/* Is the claim contradicted by bytes that are UTF-8 with more than ASCII? */
static bool contradicted(struct str name, size_t trails)
{
    if (trails == 0 || not_ascii_based(name))
        return false;
    return single_byte(name) || trails >= MANY_TRAILS;
}

static bool has_c1(struct str s)
{
    for (size_t i = 0; (i = str_find_char(s, '\xc2', i)) != SIZE_MAX; i++)
        if (i + 1 < s.n && (unsigned char)s.p[i + 1] < 0xa0)
            return true;
    return false;
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

static bool beyond_ascii(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] >= 0x80)
            return true;
    return false;
}

/* Through iconv, under the first of the label's names that fits all bytes. */
static struct str attempt_iconv(const struct attempt *a, struct str label)
{
    char names[SPELLINGS_MAX][ICONV_NAME_MAX];
    size_t n = iconv_names(label, names);

    for (size_t i = 0; i < n; i++) {
        size_t errors = 0;
        struct arena_mark mark = arena_mark(a->arena);
        struct str text = decode_iconv(a->body, names[i], a->arena, &errors);

        if (text.p && errors == 0 && plausible(text, a->body))
            return text;
        arena_rewind(a->arena, mark);
    }
    return STR_NONE;
}

/* The whole body in this charset, or p NULL when it does not fit. */
static struct str attempt(const struct attempt *a, struct str name)
{
    if (means_utf8(name))
        return a->valid ? a->body : STR_NONE;
    if (a->valid && contradicted(name, trails_in(a->body)))
        return STR_NONE;
    if (means_ascii(name) && beyond_ascii(a->body)) /* a server's default: others know better */
        return STR_NONE;
    if (means_1252(name))
        return a->valid ? a->body : decode_1252(a->body, READ_BYTES, a->arena);
    return attempt_iconv(a, name);
}

/* Nothing fits all bytes: the first claim that decodes most of them. */
static struct str repair(const struct attempt *a, const struct candidates *c, struct str *ret_name)
{
    char names[SPELLINGS_MAX][ICONV_NAME_MAX];

    for (size_t i = 0; i < c->n; i++) {
        size_t errors = 0;
        struct arena_mark mark = arena_mark(a->arena);

        if (means_utf8(c->names[i]))
            break;
        if (a->valid || means_1252(c->names[i]))
            continue;
        (void)iconv_names(c->names[i], names); /* one at least */
        struct str text = decode_iconv(a->body, names[0], a->arena, &errors);

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
    if (has_c1(text))
        text = decode_1252(text, KEEP_UTF8, arena);
    return without_nul(text, arena);
}

/* --- text encoded twice --- */

/* The byte that windows-1252 reads as `c`, 0 for none. */
static unsigned char byte_1252(uint32_t c)
{
    if (c < 0x100)
        return (unsigned char)c;
    for (unsigned i = 0; i < ARRAY_LEN(high_1252); i++)
        if (high_1252[i] == c)
            return (unsigned char)(0x80 + i);
    return 0;
}

/* The bytes that the sequence at s.p[*at] stands for, were they read as windows-1252;
 * how many, 0 when they are no UTF-8 sequence. */
static size_t unscramble_one(struct str s, size_t *at, char ret[UTF8_MAX])
{
    size_t n = 0, want = 1;

    for (; n < want && *at < s.n; n++) {
        unsigned char byte = byte_1252(utf8_next(s, at));

        if (n == 0)
            want = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc2 ? 2 : 0;
        if (want == 0)
            return 0;
        ret[n] = (char)byte;
    }
    return utf8_valid(str_make(ret, n)) == n ? n : 0;
}

bool charset_unscramble(struct str text, struct sbuf *out)
{
    /* the first byte of a sequence, read as a letter, is always c3 and one more */
    size_t first = str_find_char(text, '\xc3', 0), count = 0;
    bool certain = false;

    if (first == SIZE_MAX || first + 2 >= text.n || !(text.p[first + 2] & 0x80))
        return false;
    for (size_t i = 0; i < text.n;) {
        char bytes[UTF8_MAX];

        if (!(text.p[i] & 0x80)) {
            sbuf_putc(out, text.p[i++]);
            continue;
        }
        size_t n = unscramble_one(text, &i, bytes);

        if (n == 0)
            return false;
        sbuf_add(out, str_make(bytes, n));
        count++;
        certain |= bytes[0] == '\xc2' || bytes[0] == '\xc3' || bytes[0] == '\xe2';
    }
    return certain || count > 2;
}
