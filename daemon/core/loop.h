#pragma once

/* loop - the one event loop of the process, its clocks and its chance.
 *
 * One thread, one event_base. Callbacks are short: note what happened, change
 * state, return. How late timers fire is kept in a histogram, so that a stall
 * is a figure, not a feeling; a stall past LOOP_STALL_MS is logged.
 *
 * An object that must die from within its own callback goes through loop_defer. */

#include <stdint.h>

#include "lib/base/str.h"

struct event;
struct event_base;
struct loop;

enum { LOOP_STALL_MS = 250, LOOP_LAG_BUCKETS = 12 };

/* Upper edges in ms: 1 2 4 ... 1024, and the last bucket has none. */
struct loop_lag {
    uint64_t counts[LOOP_LAG_BUCKETS];
    int64_t max_ms;
};

struct loop *loop_new(void);    /* aborts without memory or epoll */
void loop_free(struct loop *l); /* runs what was deferred; NULL is fine */

struct event_base *loop_base(struct loop *l);
/* Until loop_stop. */
void loop_run(struct loop *l);
void loop_stop(struct loop *l);
/* One round without waiting; for tests and for draining at the end. */
void loop_turn(struct loop *l);

/* Calls fn(object) on a later turn, never before the caller returned to the loop. */
void loop_defer(struct loop *l, void (*fn)(void *object), void *object);

/* A timer that is not armed yet; event_free() ends it. */
struct event *loop_timer(struct loop *l, void (*fn)(int, short, void *), void *arg);
/* Arms it, or arms it anew; a delay below zero counts as zero. */
void loop_timer_in(struct event *timer, int64_t delay_ms);

/* Steady: never jumps; for delays and time-outs. Not cached. */
int64_t loop_now_ms(void);
/* The calendar's time; may jump both ways. */
int64_t loop_wall_ms(void);

/* Uniform 64 bits, for jitter; not for secrets. */
uint64_t loop_random(struct loop *l);
/* `delay_ms` changed by up to a tenth either way. */
int64_t loop_jitter_ms(struct loop *l, int64_t delay_ms);

const struct loop_lag *loop_lag(const struct loop *l);
