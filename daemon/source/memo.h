#pragma once

/* memo - what a polled source notes beside the columns of struct store_source.
 *
 * Kept in its `cursor` as lines "key value"; lines that are not known are left
 * out, missing ones are empty. Pure. */

#include "lib/base/str.h"

struct arena;

struct memo {
    struct str configured; /* the URL in couac.yaml that all of the state is about */
    struct str validated;  /* the URL whose answer gave ETag and Last-Modified */
    int64_t full_ms;       /* last 200 with a document; 0: never */
    int64_t gap_ms;        /* the feed's rhythm; 0: unknown */
    int64_t deaf;          /* the same document again though we sent validators, in a row */
    int64_t ttl_ms;        /* the document's own wish; 0: none */
    int64_t skip_hours, skip_days;
    struct str hub, topic; /* where the feed can be subscribed to, as what; empty: nowhere */
    /* of kind api and of streams: struct connector_cursor, and the pages of the poll under way */
    struct str mark, top, next;
    int64_t pages, burst;
    struct str event; /* of streams: id of the last event */
};

struct memo memo_read(struct str cursor);
struct str memo_write(const struct memo *m, struct arena *arena);
