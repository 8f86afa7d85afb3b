#pragma once

/* vec - a growing array of one type, on the heap.
 *
 *     struct { int *items; size_t n, cap; } v = {0};       or  VEC(int) v = {0};
 *     vec_push(&v, 7);
 *     for (size_t i = 0; i < v.n; i++) use(v.items[i]);
 *     vec_done(&v);
 *
 * Items move when the array grows; keep indexes, not pointers. */

#include <stdlib.h>

#include "lib/base/alloc.h"

#define VEC(type)                                                                                  \
    struct {                                                                                       \
        type *items;                                                                               \
        size_t n, cap;                                                                             \
    }

#define vec_reserve(v, count)                                                                      \
    do {                                                                                           \
        if ((v)->cap < (count)) {                                                                  \
            (v)->cap = (v)->cap * 2 > (count) ? (v)->cap * 2 : (count);                            \
            (v)->items = alloc_resize((v)->items, (v)->cap, sizeof(*(v)->items));                  \
        }                                                                                          \
    } while (0)

#define vec_push(v, ...)                                                                           \
    do {                                                                                           \
        vec_reserve(v, (v)->n + 1);                                                                \
        (v)->items[(v)->n++] = (__VA_ARGS__);                                                      \
    } while (0)

#define vec_clear(v) ((v)->n = 0)

#define vec_done(v)                                                                                \
    do {                                                                                           \
        free((v)->items);                                                                          \
        (v)->items = NULL;                                                                         \
        (v)->n = (v)->cap = 0;                                                                     \
    } while (0)
