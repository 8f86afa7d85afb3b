#include "lib/base/str.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/alloc.h"

static char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool str_starts_nocase(struct str s, struct str head)
{
    if (s.n < head.n)
        return false;
    for (size_t i = 0; i < head.n; i++)
        if (ascii_lower(s.p[i]) != ascii_lower(head.p[i]))
            return false;
    return true;
}

bool str_eq_nocase(struct str a, struct str b)
{
    return a.n == b.n && str_starts_nocase(a, b);
}

int str_cmp(struct str a, struct str b)
{
    size_t n = MIN(a.n, b.n);
    int order = n ? memcmp(a.p, b.p, n) : 0;

    if (order != 0)
        return order;
    return (a.n > b.n) - (a.n < b.n);
}

size_t str_find_char(struct str s, char c, size_t from)
{
    const char *hit = from < s.n ? memchr(s.p + from, c, s.n - from) : NULL;

    return hit ? (size_t)(hit - s.p) : SIZE_MAX;
}

size_t str_find(struct str s, struct str needle, size_t from)
{
    if (from > s.n)
        return SIZE_MAX;
    if (needle.n == 0)
        return from;
    const char *hit = s.n > from ? memmem(s.p + from, s.n - from, needle.p, needle.n) : NULL;

    return hit ? (size_t)(hit - s.p) : SIZE_MAX;
}

static bool blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str s)
{
    while (s.n > 0 && blank(s.p[0]))
        s = str_slice(s, 1, s.n);
    while (s.n > 0 && blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

bool str_split(struct str *rest, char sep, struct str *ret_piece)
{
    if (!rest->p)
        return false;
    size_t at = str_find_char(*rest, sep, 0);

    if (at == SIZE_MAX) {
        *ret_piece = *rest;
        *rest = STR_NONE;
        return true;
    }
    *ret_piece = str_slice(*rest, 0, at);
    *rest = str_slice(*rest, at + 1, rest->n);
    return true;
}

struct str str_base_name(struct str path)
{
    for (size_t at = path.n; at > 0; at--)
        if (path.p[at - 1] == '/')
            return str_slice(path, at, path.n);
    return path;
}

bool str_to_i64(struct str s, int64_t *ret)
{
    bool negative = s.n > 0 && s.p[0] == '-';
    size_t i = s.n > 0 && (s.p[0] == '-' || s.p[0] == '+') ? 1 : 0;
    int64_t value = 0;

    if (i == s.n)
        return false;
    for (; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, s.p[i] - '0', &value)) /* negative: reaches INT64_MIN */
            return false;
    }
    if (!negative && __builtin_sub_overflow((int64_t)0, value, &value))
        return false;
    *ret = value;
    return true;
}

bool str_to_double(struct str s, double *ret)
{
    char text[64];
    char *end;

    if (s.n == 0 || s.n >= sizeof(text) || blank(s.p[0]))
        return false;
    memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    errno = 0;
    double value = strtod(text, &end); /* the "C" locale: nothing calls setlocale(LC_NUMERIC) */
    if (errno == ERANGE || end != text + s.n)
        return false;
    *ret = value;
    return true;
}

void sbuf_init(struct sbuf *b, size_t limit_bytes)
{
    *b = SBUF_INIT(limit_bytes);
}

void sbuf_done(struct sbuf *b)
{
    free(b->p);
    b->p = NULL;
    b->n = b->cap = 0;
}

void sbuf_clear(struct sbuf *b)
{
    b->n = 0;
    b->full = false;
}

/* Room for `more` bytes and a NUL; false past the maximum. */
static bool sbuf_room(struct sbuf *b, size_t more)
{
    if (b->full || more > b->max - MIN(b->n, b->max)) {
        b->full = true;
        return false;
    }
    if (b->n + more + 1 > b->cap) {
        size_t cap = MAX(b->cap * 2, b->n + more + 1);

        b->cap = MAX(cap, (size_t)64);
        b->p = alloc_resize(b->p, b->cap, 1);
    }
    return true;
}

void sbuf_add(struct sbuf *b, struct str s)
{
    if (s.n == 0 || !sbuf_room(b, s.n))
        return;
    memcpy(b->p + b->n, s.p, s.n);
    b->n += s.n;
}

void sbuf_putc(struct sbuf *b, char c)
{
    if (sbuf_room(b, 1))
        b->p[b->n++] = c;
}

void sbuf_vprintf(struct sbuf *b, const char *format, va_list args)
{
    va_list again;

    /* Into what is free; most times it fits. */
    va_copy(again, args);
    int n = vsnprintf(b->p ? b->p + b->n : NULL, b->cap - b->n, format, again);

    va_end(again);
    if (n <= 0)
        return;
    bool fits = (size_t)n < b->cap - b->n;

    if (!sbuf_room(b, (size_t)n))
        return;
    if (!fits)
        (void)vsnprintf(b->p + b->n, (size_t)n + 1, format, args); /* the length is known */
    b->n += (size_t)n;
}

char *sbuf_space(struct sbuf *b, size_t n)
{
    return sbuf_room(b, n) ? b->p + b->n : NULL;
}

void sbuf_filled(struct sbuf *b, size_t n)
{
    assert(b->n + n <= b->cap);
    b->n += n;
}

void sbuf_printf(struct sbuf *b, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    sbuf_vprintf(b, format, args);
    va_end(args);
}

const char *sbuf_cstr(struct sbuf *b)
{
    if (!b->p)
        return "";
    b->p[b->n] = '\0';
    return b->p;
}
