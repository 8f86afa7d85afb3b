#include "lib/feed/identity.h"

#include "lib/base/arena.h"
#include "lib/base/map.h"

/* One mark a guid: whether two of its items have different URLs. */
struct owner {
    struct str url;
    bool shared;
};

static void note_owners(struct map *owners, const struct feed_item *items, size_t n,
                        struct arena *arena)
{
    for (size_t i = 0; i < n; i++) {
        const struct feed_item *item = &items[i];
        struct owner *known = item->guid.n ? map_get(owners, item->guid) : NULL;

        if (known) {
            known->shared |= !str_eq(known->url, item->mention.url);
            continue;
        }
        struct owner *fresh = item->guid.n ? ARENA_NEW(arena, struct owner) : NULL;

        if (!fresh)
            continue;
        fresh->url = item->mention.url;
        (void)map_put(owners, item->guid, fresh); /* none was there before */
    }
}

static struct str id_of(const struct feed_item *item, const struct map *owners, struct arena *arena)
{
    const struct owner *owner = item->guid.n ? map_get(owners, item->guid) : NULL;

    if (owner && owner->shared)
        return arena_printf(arena, "%.*s %.*s", STR_ARG(item->guid), STR_ARG(item->mention.url));
    return item->guid.n ? item->guid : item->mention.url;
}

void identity_assign(struct feed_item *items, size_t n, struct arena *arena)
{
    struct map owners = {0};

    note_owners(&owners, items, n, arena);
    for (size_t i = 0; i < n; i++) {
        items[i].mention.id = id_of(&items[i], &owners, arena);
        if (items[i].mention.id.n == 0)
            mention_identify(&items[i].mention, arena);
    }
    map_done(&owners);
}
