#pragma once

/* utf8 - code points in and out of bytes (RFC 3629).
 *
 * Any bytes are legal input. A byte that starts no valid sequence (overlong,
 * surrogate, past U+10FFFF, cut off) counts as one U+FFFD and one byte. */

#include "lib/base/str.h"

/* The byte order mark that some editors write first. */
#define UTF8_BOM "\xef\xbb\xbf"

/* `text` without that mark at its beginning. */
static inline struct str utf8_unmarked(struct str text)
{
    return str_starts(text, STR(UTF8_BOM)) ? str_slice(text, sizeof(UTF8_BOM) - 1, text.n) : text;
}

#define UTF8_BAD 0xFFFDu

enum { UTF8_MAX = 4 };

/* The code point at s.p[*at]; *at moves behind it. *at must be below s.n. */
static inline uint32_t utf8_next(struct str s, size_t *at);
uint32_t utf8_next_slow(struct str s, size_t *at);

static inline uint32_t utf8_next(struct str s, size_t *at)
{
    unsigned char c = (unsigned char)s.p[*at];

    if (c < 0x80) {
        ++*at;
        return c;
    }
    return utf8_next_slow(s, at);
}

/* Writes 1 to 4 bytes and returns how many; what is no scalar value becomes U+FFFD. */
size_t utf8_encode(uint32_t point, char ret[UTF8_MAX]);
void utf8_add(struct sbuf *out, uint32_t point);

/* Offset of the first byte that is not valid UTF-8, or s.n. */
size_t utf8_valid(struct str s);

/* Code points in s; the byte offset of code point `n`, at most s.n. */
size_t utf8_count(struct str s);
size_t utf8_offset(struct str s, size_t n);

/* The longest head of `s` with at most `limit_bytes` bytes that cuts no sequence. */
struct str utf8_head(struct str s, size_t limit_bytes);
