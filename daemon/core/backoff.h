#pragma once

/* backoff - how long to wait before the next try.
 *
 * "Full jitter" (Marc Brooker, Exponential Backoff And Jitter, 2015): uniform
 * between the base and the base doubled once per failure, never above the cap.
 * The wait after success starts from the base again. Pure: randomness comes in. */

#include <stdint.h>

struct backoff {
    int64_t base_ms, cap_ms;
    unsigned failures;
};

/* Counts a failure and returns the wait, base_ms <= wait <= cap_ms. */
int64_t backoff_next(struct backoff *b, uint64_t random);
void backoff_reset(struct backoff *b);

/* The upper edge after `failures` failures, without jitter. */
int64_t backoff_ceiling(int64_t base_ms, int64_t cap_ms, unsigned failures);
