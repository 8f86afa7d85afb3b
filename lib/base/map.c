#include "lib/base/map.h"

#include <assert.h>
#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/base/hash.h"

void map_done(struct map *m)
{
    free(m->entries);
    free(m->slots);
    *m = (struct map){0};
}

/* The slot that holds `key`, or the free one where it belongs. */
static uint32_t *find_slot(const struct map *m, struct str key, uint64_t hash)
{
    size_t mask = m->n_slots - 1;

    for (size_t i = hash & mask;; i = (i + 1) & mask) {
        uint32_t *slot = &m->slots[i];

        if (*slot == 0)
            return slot;
        const struct map_entry *e = &m->entries[*slot - 1];

        if (e->hash == hash && str_eq(e->key, key))
            return slot;
    }
}

void *map_get(const struct map *m, struct str key)
{
    if (m->n == 0)
        return NULL;
    uint32_t *slot = find_slot(m, key, hash_bytes(key.p, key.n, 0));

    return *slot ? m->entries[*slot - 1].value : NULL;
}

static void grow(struct map *m)
{
    m->n_slots = m->n_slots ? m->n_slots * 2 : 16;
    free(m->slots);
    m->slots = alloc_zeroed(m->n_slots, sizeof(*m->slots));
    m->cap = m->n_slots / 4 * 3;
    m->entries = alloc_resize(m->entries, m->cap, sizeof(*m->entries));
    for (size_t i = 0; i < m->n; i++)
        *find_slot(m, m->entries[i].key, m->entries[i].hash) = (uint32_t)(i + 1);
}

void *map_put(struct map *m, struct str key, void *value)
{
    assert(value);
    if (m->n == m->cap)
        grow(m);
    uint64_t hash = hash_bytes(key.p, key.n, 0);
    uint32_t *slot = find_slot(m, key, hash);

    if (*slot) {
        void *former = m->entries[*slot - 1].value;

        m->entries[*slot - 1].value = value;
        return former;
    }
    m->entries[m->n] = (struct map_entry){key, value, hash};
    *slot = (uint32_t)++m->n;
    return NULL;
}
