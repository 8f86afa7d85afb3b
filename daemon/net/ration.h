#pragma once

/* ration - how often strangers may make us do something, each by a name of theirs.
 *
 * A bucket of `burst` that fills by one in `refill_ms` (token bucket, RFC 2697 in its
 * simplest form), for each name; names share RATION_SLOTS buckets by their hash, so any
 * number of names costs the same memory. Pure: time comes in. */

#include <stdint.h>

#include "lib/base/str.h"

enum { RATION_SLOTS = 1024 };

struct ration {
    int64_t burst, refill_ms; /* set by the owner, as `seed` */
    uint64_t seed;            /* random, so that nobody can choose whose bucket he shares */
    struct {
        int64_t full_ms; /* steady: when the bucket will be full again */
    } slots[RATION_SLOTS];
};

/* 0: it may, and has; else how many ms to wait. */
int64_t ration_take(struct ration *r, struct str name, int64_t now_ms);
