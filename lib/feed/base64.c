#include "lib/feed/base64.h"

#include "lib/base/arena.h"

static int sextet(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool base64_decode(struct str text, struct arena *arena, struct str *ret)
{
    char *out = arena_alloc(arena, text.n / 4 * 3 + 4);
    unsigned bits = 0;
    size_t n = 0, have = 0;

    if (!out)
        return false;
    for (size_t i = 0; i < text.n && text.p[i] != '='; i++) {
        int value = sextet(text.p[i]);

        if (text.p[i] == ' ' || (text.p[i] >= '\t' && text.p[i] <= '\r'))
            continue;
        if (value < 0)
            return false;
        bits = (bits << 6 | (unsigned)value) & 0xffffff;
        have += 6;
        if (have >= 8) {
            have -= 8;
            out[n++] = (char)(bits >> have & 0xff);
        }
    }
    *ret = str_make(out, n);
    return n > 0;
}

struct str base64_encode(struct str bytes, struct arena *arena)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t n = 0;
    char *out = arena_alloc(arena, (bytes.n + 2) / 3 * 4 + 1);

    if (!out)
        return STR_NONE;
    for (size_t i = 0; i < bytes.n; i += 3) {
        uint32_t group = 0;

        for (size_t k = 0; k < 3; k++)
            group = group << 8 | (i + k < bytes.n ? (unsigned char)bytes.p[i + k] : 0u);
        for (size_t k = 0; k < 4; k++)
            out[n++] = k > bytes.n - i ? '=' : alphabet[group >> (18 - 6 * k) & 63];
    }
    return str_make(out, n);
}
