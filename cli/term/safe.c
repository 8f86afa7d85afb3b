#include "cli/term/safe.h"

#include "lib/base/utf8.h"

/* Where the escape sequence that starts at `at` ends (ECMA-48: CSI up to its
 * final byte; OSC, DCS and their kin up to BEL or ST; the others are intermediate
 * bytes and a final one). */
static size_t skip_escape(struct str s, size_t at)
{
    char kind = at + 1 < s.n ? s.p[at + 1] : '\0';

    if (kind == '[') {
        for (at += 2; at < s.n && s.p[at] >= 0x20 && s.p[at] < 0x40; at++)
            ;
        return MIN(at + 1, s.n);
    }
    if (kind && strchr("]PX^_", kind)) {
        for (at += 2; at < s.n && s.p[at] != '\a' && s.p[at] != '\n'; at++)
            if (s.p[at] == '\033')
                return MIN(at + 2, s.n);
        return MIN(at + 1, s.n);
    }
    for (at++; at < s.n && s.p[at] >= 0x20 && s.p[at] < 0x30; at++)
        ;
    return at < s.n && s.p[at] >= 0x30 && s.p[at] < 0x7f ? at + 1 : at;
}

static bool hides(uint32_t point)
{
    return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x61c || point == 0x200e ||
           point == 0x200f || (point >= 0x2028 && point <= 0x202e) ||
           (point >= 0x2066 && point <= 0x2069) || point == 0xfeff;
}

void safe_add(struct sbuf *out, struct str text, enum safe_lines lines)
{
    for (size_t at = 0; at < text.n;) {
        char c = text.p[at];

        if (c == '\033') {
            at = skip_escape(text, at);
            continue;
        }
        uint32_t point = utf8_next(text, &at);

        if (c == '\n' || c == '\t')
            sbuf_putc(out, lines == SAFE_LINES ? c : ' ');
        else if (!hides(point))
            utf8_add(out, point);
    }
}
