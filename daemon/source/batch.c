#include "daemon/source/batch.h"

#include "lib/base/arena.h"

struct batch *batch_new(void)
{
    struct arena *arena = arena_new(0);
    struct batch *b = ARENA_NEW(arena, struct batch);

    b->arena = arena;
    return b;
}

void batch_free(struct batch *b)
{
    if (b)
        arena_free(b->arena);
}
