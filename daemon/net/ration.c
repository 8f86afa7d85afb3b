#include "daemon/net/ration.h"

#include "lib/base/hash.h"

/* A bucket is one number: each take moves the time at which it will be full by one refill. It
 * is empty when that time lies a whole burst ahead. */

int64_t ration_take(struct ration *r, struct str name, int64_t now_ms)
{
    size_t slot = hash_bytes(name.p, name.n, r->seed) >> 32 & (RATION_SLOTS - 1);
    int64_t full_ms = MAX(r->slots[slot].full_ms, now_ms) + r->refill_ms;
    int64_t wait_ms = full_ms - now_ms - r->burst * r->refill_ms;

    if (wait_ms > 0)
        return wait_ms;
    r->slots[slot].full_ms = full_ms;
    return 0;
}
