#pragma once

/* event - what couac tells the world: one CloudEvents 1.0 object and where it goes.
 *
 * Made by the desk, kept in the outbox, delivered by the sink, never changed in
 * between. All slices live in the arena given to the desk call. */

#include "lib/base/str.h"

enum event_stream {
    EVENT_ALERTS,    /* couac:alerts, plus the queue list */
    EVENT_INCIDENTS, /* couac:incidents */
    EVENT_OPS,       /* couac:ops */
    EVENT_SHADOW,    /* couac:shadow: alerts of draft promises */
    EVENT_STREAMS,
};

enum { EVENT_BYTES_MAX = 64 * 1024 };

struct desk_event {
    uint64_t seq; /* per producer, without gaps, from recall->next_seq */
    enum event_stream stream;
    struct str json; /* the whole CloudEvent, one line, <= EVENT_BYTES_MAX */
    /* Flat copies for consumers that do not want to parse; may be empty. */
    struct str id;       /* data.alert.id, or the event's id: 26 characters (ULID) */
    struct str type;     /* "couac.alert.v1" */
    struct str status;   /* "open" */
    struct str severity; /* "low" "medium" "high" "critical" */
    struct str promise, owner, lang, title, url;
    /* List of the owner's own: PREFIXqueue:NAME, or the very key when it begins with '='; empty:
     * none. What goes there is owner_body, or the same JSON when that is empty. */
    struct str owner_queue, owner_body;
};

/* "alerts", "incidents", "ops", "shadow": the key's last part. */
const char *event_stream_name(enum event_stream stream);
