#include "lib/data/entity.h"

#include "lib/data/entity-table.inc"

enum { LEGACY = 128, LEGACY_NAME_MAX = 6 };

struct record {
    struct str name, value;
    bool legacy; /* counts without a semicolon */
};

static struct record record_at(size_t i)
{
    const char *p = records + offsets[i];
    size_t n = (unsigned char)*p & (LEGACY - 1);

    return (struct record){
        .name = {p + 1, n},
        .value = {p + 2 + n, (unsigned char)p[1 + n]},
        .legacy = (unsigned char)*p >= LEGACY,
    };
}

/* Order of bytes like the table's: a prefix comes first. */
static int order(struct str a, struct str b)
{
    int by_bytes = memcmp(a.p, b.p, MIN(a.n, b.n));

    return by_bytes ? by_bytes : (a.n > b.n) - (a.n < b.n);
}

static bool look_up(struct str name, struct record *ret)
{
    size_t low = 0, high = N_NAMES;

    while (name.n > 0 && low < high) {
        size_t middle = (low + high) / 2;

        *ret = record_at(middle);
        int cmp = order(name, ret->name);

        if (cmp == 0)
            return true;
        if (cmp < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}

/* The five of XML and the most frequent of HTML, without a search. */
static char common(struct str name)
{
    if (name.n == 2 && name.p[1] == 't')
        return name.p[0] == 'l' ? '<' : name.p[0] == 'g' ? '>' : 0;
    if (name.n == 3 && memcmp(name.p, "amp", 3) == 0)
        return '&';
    if (name.n == 4 && memcmp(name.p, "quot", 4) == 0)
        return '"';
    if (name.n == 4 && memcmp(name.p, "apos", 4) == 0)
        return '\'';
    return 0;
}

size_t entity_name(struct str name, char ret[ENTITY_MAX])
{
    struct record r;

    ret[0] = common(name);
    if (ret[0])
        return 1;
    if (!look_up(name, &r))
        return 0;
    memcpy(ret, r.value.p, r.value.n);
    return r.value.n;
}

static size_t encode(uint32_t c, char ret[ENTITY_MAX])
{
    if (c < 0x80) {
        ret[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        ret[0] = (char)(0xc0 | c >> 6);
        ret[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        ret[0] = (char)(0xe0 | c >> 12);
        ret[1] = (char)(0x80 | (c >> 6 & 0x3f));
        ret[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    ret[0] = (char)(0xf0 | c >> 18);
    ret[1] = (char)(0x80 | (c >> 12 & 0x3f));
    ret[2] = (char)(0x80 | (c >> 6 & 0x3f));
    ret[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

/* windows-1252 where ISO 8859-1 has controls; 0: unassigned there. */
static const uint16_t windows_1252[32] = {
    0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017d, 0,      0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178,
};

static uint32_t repair(uint32_t c)
{
    if (c >= 0x80 && c < 0xa0 && windows_1252[c - 0x80])
        return windows_1252[c - 0x80];
    if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
        return 0xfffd;
    return c;
}

static int digit(char c, unsigned base)
{
    int value = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : 99;

    return value < (int)base ? value : -1;
}

/* How many bytes of `s` are the number; its value, capped, in *ret. */
static size_t number(struct str s, uint32_t *ret)
{
    bool hex = s.n > 0 && (s.p[0] == 'x' || s.p[0] == 'X');
    size_t i = hex;

    *ret = 0;
    for (; i < s.n && digit(s.p[i], hex ? 16 : 10) >= 0; i++)
        if (*ret <= 0x10ffff)
            *ret = *ret * (hex ? 16 : 10) + (uint32_t)digit(s.p[i], hex ? 16 : 10);
    return i > (size_t)hex ? i : 0;
}

size_t entity_number(struct str digits, char ret[ENTITY_MAX])
{
    uint32_t c;

    if (digits.n == 0 || number(digits, &c) != digits.n)
        return 0;
    return encode(repair(c), ret);
}

/* "#55357;" with its value; 0 when `text` begins otherwise. */
static size_t numeric(struct str text, uint32_t *ret)
{
    size_t n = text.n > 1 && text.p[0] == '#' ? number(str_slice(text, 1, text.n), ret) + 1 : 1;

    return n > 1 && n < text.n && text.p[n] == ';' ? n + 1 : 0;
}

size_t entity_pair(struct str text, char ret[ENTITY_MAX])
{
    uint32_t high, low;
    size_t first = numeric(text, &high);

    if (first == 0 || high >> 10 != 0xd800 >> 10 || first == text.n || text.p[first] != '&')
        return 0;
    size_t second = numeric(str_slice(text, first + 1, text.n), &low);

    if (second == 0 || low >> 10 != 0xdc00 >> 10)
        return 0;
    (void)encode(0x10000 + ((high & 0x3ff) << 10 | (low & 0x3ff)), ret); /* always 4 */
    return first + 1 + second;
}

static bool alphanumeric(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The longest name that counts without a semicolon and begins `word`. */
static size_t read_legacy(struct str word, char ret[ENTITY_MAX], size_t *ret_n)
{
    struct record r;

    for (size_t n = MIN(word.n, (size_t)LEGACY_NAME_MAX); n >= 2; n--) {
        if (!look_up(str_slice(word, 0, n), &r) || !r.legacy)
            continue;
        memcpy(ret, r.value.p, r.value.n);
        *ret_n = r.value.n;
        return n;
    }
    return 0;
}

size_t entity_read(struct str text, char ret[ENTITY_MAX], size_t *ret_n)
{
    size_t n = 0;
    uint32_t c;

    if (text.n > 0 && text.p[0] == '#') {
        n = entity_pair(text, ret);
        if (n > 0) {
            *ret_n = 4;
            return n;
        }
        n = number(str_slice(text, 1, text.n), &c);
        if (n == 0)
            return 0;
        *ret_n = encode(repair(c), ret);
        n++;
        return n + (n < text.n && text.p[n] == ';');
    }
    while (n < text.n && n < ENTITY_NAME_MAX && alphanumeric(text.p[n]))
        n++;
    if (n < text.n && text.p[n] == ';') {
        *ret_n = entity_name(str_slice(text, 0, n), ret);
        if (*ret_n)
            return n + 1;
    }
    return read_legacy(str_slice(text, 0, n), ret, ret_n);
}
