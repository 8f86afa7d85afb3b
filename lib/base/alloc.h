#pragma once

/* alloc - heap memory that is there or the process is not.
 *
 * Out of memory aborts: all state worth keeping is in SQLite and systemd starts
 * us again, so no caller carries a path that no test could walk. Sizes are
 * multiplied with an overflow check. Free with free(3). */

#include <stddef.h>

void *alloc_zeroed(size_t count, size_t size) __attribute__((returns_nonnull, malloc));
/* Also shrinks; the new part is not cleared. */
void *alloc_resize(void *old, size_t count, size_t size) __attribute__((returns_nonnull));
/* The same, beginning at a cache line (64 bytes): for tables whose look-ups miss the caches. */
void *alloc_aligned(size_t count, size_t size) __attribute__((returns_nonnull, malloc));
