#pragma once

/* map - from a slice of bytes to a pointer.
 *
 * Open addressing with linear probes over a power of two, at most 3/4 full.
 * Keys are borrowed and must outlive the map. No removal: nothing needs it.
 * Iteration goes in insertion order, so whatever is printed from a map is the
 * same at every run. */

#include "lib/base/str.h"

struct map_entry {
    struct str key;
    void *value;
    uint64_t hash;
};

struct map {
    struct map_entry *entries; /* in insertion order: entries[0 .. n) */
    uint32_t *slots;           /* entry number + 1, 0 is free */
    size_t n, cap, n_slots;
};

void map_done(struct map *m);
/* The value, or NULL. */
void *map_get(const struct map *m, struct str key);
/* Adds, or replaces; returns the former value or NULL. `value` is not NULL. */
void *map_put(struct map *m, struct str key, void *value);
