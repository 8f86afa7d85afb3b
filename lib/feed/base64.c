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
