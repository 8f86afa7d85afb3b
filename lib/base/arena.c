#include "lib/base/arena.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/base/alloc.h"

/* Blocks form a list, oldest first; `at` is the one that is being filled. Those
 * behind `at` are kept from before a reset or rewind and used again in order. */

enum {
    FIRST_BLOCK_BYTES = 4096,
    LARGEST_BLOCK_BYTES = 1 << 20,
    ALIGNMENT = 16,
};

struct block {
    struct block *next;
    size_t cap, used;
    _Alignas(ALIGNMENT) char bytes[];
};

struct arena {
    struct block *first, *at;
    size_t limit, total;
    bool exhausted;
};

struct arena *arena_new(size_t limit_bytes)
{
    struct arena *a = alloc_zeroed(1, sizeof(*a));

    a->limit = limit_bytes;
    return a;
}

void arena_free(struct arena *a)
{
    if (!a)
        return;
    for (struct block *b = a->first, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    free(a);
}

void arena_freep(struct arena **a)
{
    arena_free(*a);
}

void arena_reset(struct arena *a)
{
    a->at = a->first;
    if (a->at)
        a->at->used = 0;
    a->total = 0;
    a->exhausted = false;
}

struct arena_mark arena_mark(const struct arena *a)
{
    return (struct arena_mark){a->at, a->at ? a->at->used : 0, a->total};
}

void arena_rewind(struct arena *a, struct arena_mark mark)
{
    a->at = mark.block ? mark.block : a->first;
    if (a->at)
        a->at->used = mark.used;
    a->total = mark.total;
}

/* The next block with room for `size`, made when the kept ones are too small. */
static struct block *advance(struct arena *a, size_t size)
{
    struct block *next = a->at ? a->at->next : a->first;

    if (next && next->cap >= size) {
        next->used = 0;
        return next;
    }
    size_t cap = a->at ? MIN(a->at->cap * 2, (size_t)LARGEST_BLOCK_BYTES) : FIRST_BLOCK_BYTES;

    cap = MAX(cap, size);
    struct block *fresh = alloc_resize(NULL, 1, sizeof(*fresh) + cap);

    fresh->cap = cap;
    fresh->used = 0;
    fresh->next = next;
    if (a->at)
        a->at->next = fresh;
    else
        a->first = fresh;
    return fresh;
}

void *arena_alloc(struct arena *a, size_t size)
{
    size_t padded = (size + (ALIGNMENT - 1)) & ~(size_t)(ALIGNMENT - 1);

    if (padded < size || (a->limit && padded > a->limit - a->total)) {
        a->exhausted = true;
        return NULL;
    }
    if (!a->at || padded > a->at->cap - a->at->used)
        a->at = advance(a, padded);
    void *p = a->at->bytes + a->at->used;

    a->at->used += padded;
    a->total += padded;
    return memset(p, 0, padded);
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes)) {
        a->exhausted = true;
        return NULL;
    }
    return arena_alloc(a, bytes);
}

struct str arena_str(struct arena *a, struct str s)
{
    char *p = arena_alloc(a, s.n + 1);

    if (!p)
        return STR_NONE;
    if (s.n)
        memcpy(p, s.p, s.n);
    return (struct str){p, s.n};
}

struct str arena_printf(struct arena *a, const char *format, ...)
{
    va_list args, again;
    char text[256]; /* most fit */

    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(text, sizeof(text), format, again);
    va_end(again);
    char *p = n < 0 ? NULL : arena_alloc(a, (size_t)n + 1);

    if (p && (size_t)n < sizeof(text))
        memcpy(p, text, (size_t)n);
    else if (p)
        (void)vsnprintf(p, (size_t)n + 1, format, args); /* the length is known */
    va_end(args);
    return (struct str){p, p ? (size_t)n : 0};
}

bool arena_exhausted(const struct arena *a)
{
    return a->exhausted;
}

size_t arena_used(const struct arena *a)
{
    return a->total;
}
