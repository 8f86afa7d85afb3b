#pragma once

/* str - slices of bytes, and a bounded builder for new ones.
 *
 * A `struct str` borrows: it says where bytes are, never who owns them. Text is
 * UTF-8 by convention and not NUL-terminated; only foreign borders need a C
 * string, and `sbuf_cstr` makes one there. An empty slice may have p == NULL. */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/macros.h"

struct str {
    const char *p;
    size_t n;
};

#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})
#define STR_NONE ((struct str){NULL, 0})
/* printf("%.*s", STR_ARG(s)) */
#define STR_ARG(s) (int)(s).n, ((s).p ? (s).p : "")

static inline struct str str_of(const char *cstr)
{
    return cstr ? (struct str){cstr, strlen(cstr)} : STR_NONE;
}

static inline struct str str_make(const char *p, size_t n)
{
    return (struct str){p, n};
}

static inline bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Bytes [from, to) of `s`; both are clamped to the slice. */
static inline struct str str_slice(struct str s, size_t from, size_t to)
{
    if (to > s.n)
        to = s.n;
    if (from > to)
        from = to;
    return (struct str){s.p ? s.p + from : NULL, to - from};
}

static inline bool str_starts(struct str s, struct str head)
{
    return s.n >= head.n && (head.n == 0 || memcmp(s.p, head.p, head.n) == 0);
}

static inline bool str_ends(struct str s, struct str tail)
{
    return s.n >= tail.n && (tail.n == 0 || memcmp(s.p + s.n - tail.n, tail.p, tail.n) == 0);
}

/* ASCII case is ignored; for protocol tokens, never for people's words. */
bool str_eq_nocase(struct str a, struct str b);
bool str_starts_nocase(struct str s, struct str head);

/* Order of bytes, shorter first among equals: <0, 0, >0. */
int str_cmp(struct str a, struct str b);

/* Offset of the first `c` (or of `needle`) at or after `from`, or SIZE_MAX. */
size_t str_find_char(struct str s, char c, size_t from);
size_t str_find(struct str s, struct str needle, size_t from);

/* Without ASCII white space at either end. */
struct str str_trim(struct str s);

/* The piece of *rest up to `sep`; *rest continues behind it. False when *rest
 * was used up: p is NULL then, while an empty last piece has a non-NULL p. */
bool str_split(struct str *rest, char sep, struct str *ret_piece);

/* What stands behind the last slash of a path. */
struct str str_base_name(struct str path);

/* A whole decimal number, optional sign, nothing else. False leaves *ret alone. */
bool str_to_i64(struct str s, int64_t *ret) MUST_CHECK;
bool str_to_double(struct str s, double *ret) MUST_CHECK;

/* sbuf - a growing buffer with a maximum given at birth.
 *
 * Past the maximum nothing more is added and `full` stays set, so a writer may
 * check once, at its end. The bytes belong to the buffer until sbuf_done. Out
 * of memory aborts. */
struct sbuf {
    char *p;
    size_t n, cap, max;
    bool full;
};

#define SBUF_INIT(limit_bytes) ((struct sbuf){.max = (limit_bytes)})

void sbuf_init(struct sbuf *b, size_t limit_bytes);
void sbuf_done(struct sbuf *b);
void sbuf_clear(struct sbuf *b); /* keeps the memory, forgets `full` */
void sbuf_add(struct sbuf *b, struct str s);
void sbuf_putc(struct sbuf *b, char c);
/* Room for `n` bytes behind the text, for a reader to fill; NULL past the maximum. What it
 * wrote is then added by sbuf_filled; any other change takes the room away. */
char *sbuf_space(struct sbuf *b, size_t n);
void sbuf_filled(struct sbuf *b, size_t n); /* at most what was asked for */
void sbuf_printf(struct sbuf *b, const char *format, ...) PRINTF_LIKE(2, 3);
void sbuf_vprintf(struct sbuf *b, const char *format, va_list args) PRINTF_LIKE(2, 0);
/* NUL-terminated view, valid until the next change; never NULL. */
const char *sbuf_cstr(struct sbuf *b);

static inline struct str sbuf_str(const struct sbuf *b)
{
    return (struct str){b->p, b->n};
}
