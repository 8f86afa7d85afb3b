#include "lib/base/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { CACHE_LINE = 64 };

void *alloc_zeroed(size_t count, size_t size)
{
    void *p = calloc(count ? count : 1, size ? size : 1);

    if (!p)
        abort();
    return p;
}

void *alloc_resize(void *old, size_t count, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes))
        abort();
    void *p = realloc(old, bytes ? bytes : 1);

    if (!p)
        abort();
    return p;
}

void *alloc_aligned(size_t count, size_t size)
{
    size_t bytes;
    void *p;

    if (__builtin_mul_overflow(count, size, &bytes) ||
        posix_memalign(&p, CACHE_LINE, bytes ? bytes : 1) != 0)
        abort();
    return memset(p, 0, bytes);
}
