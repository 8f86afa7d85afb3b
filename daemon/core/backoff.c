#include "daemon/core/backoff.h"

int64_t backoff_ceiling(int64_t base_ms, int64_t cap_ms, unsigned failures)
{
    int64_t wait_ms = base_ms;

    for (unsigned i = 0; i < failures && wait_ms < cap_ms; i++)
        wait_ms = wait_ms > cap_ms / 2 ? cap_ms : wait_ms * 2;
    return wait_ms < cap_ms ? wait_ms : cap_ms;
}

int64_t backoff_next(struct backoff *b, uint64_t random)
{
    int64_t ceiling_ms = backoff_ceiling(b->base_ms, b->cap_ms, ++b->failures);
    int64_t floor_ms = b->base_ms < ceiling_ms ? b->base_ms : ceiling_ms;
    uint64_t span = (uint64_t)(ceiling_ms - floor_ms) + 1;

    return floor_ms + (int64_t)(random % span);
}

void backoff_reset(struct backoff *b)
{
    b->failures = 0;
}
