#pragma once

/* errand - what is done in Redis from time to time: the heartbeat and trimming.
 *
 * Every 30 s the `status` hash is written and given 90 s to live, so that a dead
 * daemon is visible through Redis alone. Every `trim_ms` the streams are trimmed by
 * age and by what their groups have read, and the lists by age (script.h). Both jittered. */

#include "daemon/sink/courier.h"

struct errand;

enum { ERRAND_LISTS = 256 };

struct errand_trim {
    uint64_t aged, read, rolled, unread; /* entries removed; rolled: no group reads the stream */
    uint64_t length;                     /* what is left */
};

struct errand_options {
    struct redis *link;
    struct str prefix;
    int64_t stream_cap, stream_age_ms, trim_ms;
    int64_t list_age_ms;
    /* The keys of all lists, alive until its next call; returns how many, at most `max`. */
    size_t (*lists)(void *arg, struct str *ret, size_t max);
    void (*aged)(void *arg, uint64_t n); /* entries of a list went for their age */
    size_t (*status)(void *arg, struct courier_field *ret, size_t max);
    void (*trimmed)(void *arg, const char *stream, const struct errand_trim *what);
    void *arg;
};

struct errand *errand_new(struct loop *loop, const struct errand_options *options);
void errand_free(struct errand *e);
void errand_start(struct errand *e); /* the link is ready: a heartbeat at once */
void errand_stop(struct errand *e);
