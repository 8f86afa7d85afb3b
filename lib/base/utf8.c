#include "lib/base/utf8.h"

static bool continues(unsigned char c)
{
    return (c & 0xc0) == 0x80;
}

uint32_t utf8_next_slow(struct str s, size_t *at)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *p = (const unsigned char *)s.p + *at;
    size_t left = s.n - *at;
    size_t n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : p[0] >= 0xc0 ? 2 : p[0] < 0x80 ? 1 : 0;

    if (n == 1) {
        ++*at;
        return p[0];
    }
    if (n == 0 || n > left || p[0] > 0xf4) {
        ++*at;
        return UTF8_BAD;
    }
    uint32_t point = p[0] & (0x7fu >> n);

    for (size_t i = 1; i < n; i++) {
        if (!continues(p[i])) {
            ++*at;
            return UTF8_BAD;
        }
        point = point << 6 | (p[i] & 0x3fu);
    }
    if (point < least[n] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) {
        ++*at;
        return UTF8_BAD;
    }
    *at += n;
    return point;
}

size_t utf8_encode(uint32_t point, char ret[UTF8_MAX])
{
    if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
        point = UTF8_BAD;
    if (point < 0x80) {
        ret[0] = (char)point;
        return 1;
    }
    if (point < 0x800) {
        ret[0] = (char)(0xc0 | point >> 6);
        ret[1] = (char)(0x80 | (point & 0x3f));
        return 2;
    }
    if (point < 0x10000) {
        ret[0] = (char)(0xe0 | point >> 12);
        ret[1] = (char)(0x80 | (point >> 6 & 0x3f));
        ret[2] = (char)(0x80 | (point & 0x3f));
        return 3;
    }
    ret[0] = (char)(0xf0 | point >> 18);
    ret[1] = (char)(0x80 | (point >> 12 & 0x3f));
    ret[2] = (char)(0x80 | (point >> 6 & 0x3f));
    ret[3] = (char)(0x80 | (point & 0x3f));
    return 4;
}

void utf8_add(struct sbuf *out, uint32_t point)
{
    char bytes[UTF8_MAX];

    sbuf_add(out, str_make(bytes, utf8_encode(point, bytes)));
}

size_t utf8_valid(struct str s)
{
    size_t at = 0;

    while (at < s.n) {
        uint64_t eight;

        if (s.n - at >= 8) {
            memcpy(&eight, s.p + at, 8);
            if (!(eight & 0x8080808080808080ull)) {
                at += 8;
                continue;
            }
        }
        size_t start = at;

        /* U+FFFD itself is valid when it was written as three bytes. */
        if (utf8_next(s, &at) == UTF8_BAD && at - start != 3)
            return start;
    }
    return s.n;
}

size_t utf8_count(struct str s)
{
    size_t n = 0;

    for (size_t at = 0; at < s.n; n++)
        (void)utf8_next(s, &at); /* only the step matters */
    return n;
}

size_t utf8_offset(struct str s, size_t n)
{
    size_t at = 0;

    while (n-- > 0 && at < s.n)
        (void)utf8_next(s, &at); /* only the step matters */
    return at;
}

struct str utf8_head(struct str s, size_t limit_bytes)
{
    if (s.n <= limit_bytes)
        return s;
    size_t n = limit_bytes;

    while (n > 0 && limit_bytes - n < UTF8_MAX && continues((unsigned char)s.p[n]))
        n--;
    return str_slice(s, 0, n);
}
