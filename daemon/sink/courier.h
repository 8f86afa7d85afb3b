#pragma once

/* courier - carries the outbox to Redis: every row, in order, once.
 *
 * A row counts as delivered when the script in Redis said so; a reply that never
 * came means *fate unknown* and the number in Redis decides. So every start,
 * reconnection and failure ends in the same question (SYNCING): up to where does
 * Redis have our rows? Delivery goes on behind that number, whether it is ahead of
 * ours (we died before noting it) or behind it (Redis lost data: a failover, a
 * restart without AOF, FLUSHALL). Sent rows stay in the outbox for a day for that.
 *
 * At most COURIER_ROWS rows or COURIER_BYTES are under way, so memory does not
 * grow while Redis hangs. A row that alone is refused three times with an error
 * that is nobody else's fault is buried in the dead table; three burials in a
 * row without a success in between mean that it is not the rows: then it waits
 * for an operator instead. */

#include "daemon/sink/redis.h"
#include "lib/base/str.h"

struct courier;
struct loop;
struct store;

enum { COURIER_ROWS = 1024, COURIER_BYTES = 4 * 1024 * 1024, COURIER_FIELDS = 64 };

struct courier_field { /* one line of the status hash */
    const char *key;   /* literal */
    char value[64];
};

struct courier_options {
    struct redis_options link; /* ready, lost and arg are the courier's */
    struct str prefix;         /* "couac:", or "{couac}:" for Cluster; at most 64 bytes */
    struct str producer;       /* "couac-1" */
    int64_t queue_cap;         /* entries of every list; 0: no common `queue` list */
    int64_t stream_cap;        /* entries of every stream, soft; 0: 100,000 */
    int64_t stream_age_ms;     /* hard, of lists as well; 0: 30 days */
    int64_t trim_ms;           /* between two trimmings; 0: a minute */
    /* Something people should know ("redis-went-back", "queue-trimmed", "row-buried"): the
     * caller makes it a system event. Never called from within store calls. */
    void (*told)(void *arg, struct str what, struct str message);
    /* More lines for the status hash; returns how many it filled in. May be NULL. */
    size_t (*status)(void *arg, struct courier_field *ret, size_t max);
    /* The owners' lists as in desk_event.owner_queue, alive until its next call; returns how many,
     * at most `max`. NULL: there are none. */
    size_t (*lists)(void *arg, struct str *ret, size_t max);
    /* The link is there again: others may ask Redis now (courier_ask). May be NULL. */
    void (*ready)(void *arg);
    /* The store failed for good (negative errno): the process should end. */
    void (*fatal)(void *arg, int error);
    void *arg;
};

struct courier_counts {
    uint64_t delivered; /* rows Redis said yes to, in this process */
    uint64_t repeats;   /* of them, it had already */
    uint64_t gaps;      /* rows refused because one before was missing */
    uint64_t rewinds;   /* times Redis went back */
    uint64_t buried;
    uint64_t list_drops;    /* old entries that fell off the lists' caps */
    uint64_t list_aged;     /* removed from lists for their age */
    uint64_t stream_aged;   /* removed for their age */
    uint64_t stream_drops;  /* removed although a group had not read them */
    uint64_t stream_rolled; /* past the cap of a stream that no group reads */
    uint64_t unpublished;   /* pub/sub refused */
};

/* All of `options` is copied but `link.seeds`, which must outlive the courier. */
struct courier *courier_new(struct loop *loop, struct store *store,
                            const struct courier_options *options);
/* Not from within its callbacks. Notes what was acknowledged. */
void courier_free(struct courier *c);

void courier_start(struct courier *c);
/* There are new rows (after a commit). */
void courier_nudge(struct courier *c);
/* Nothing is under way and nothing waits: leaving now leaves nothing undelivered. */
bool courier_idle(const struct courier *c);

/* A command of somebody else's on the same link, in its order; as redis_send. Whoever begins a
 * MULTI makes sure of room for all of it first: half a transaction would stop the link. */
size_t courier_room(const struct courier *c);
int courier_ask(struct courier *c, const struct str *argv, size_t argc, redis_reply_fn *fn,
                void *arg);

const struct courier_counts *courier_counts(const struct courier *c);
uint64_t courier_acked(const struct courier *c);     /* Redis has everything up to here */
struct str courier_trouble(const struct courier *c); /* empty: none */
