#pragma once

/* sse - Server-Sent Events, read as their bytes come in.
 *
 * HTML Living Standard, 9.2.5 and 9.2.6: lines end with CR, LF or CRLF; a byte order
 * mark at the very beginning is passed over; an empty line completes an event; an
 * event without data is none; what the end of the stream cuts off is dropped. An
 * `id` holds for the following events too. Pure: bytes in, events out, whatever
 * way they are cut. */

#include "lib/base/str.h"

enum { SSE_ID_MAX = 1024, SSE_TYPE_MAX = 256 };

struct sse_event {
    struct str type; /* "message" when not said */
    struct str data; /* lines joined by \n */
    struct str id;   /* the last one that came, on this event or before; empty: none */
};

struct sse {
    struct sbuf line, data, type;
    struct sbuf next_id; /* becomes `id` with the empty line */
    struct sbuf id;
    int64_t retry_ms; /* what the server asked for last; -1: nothing */
    bool after_cr, has_data;
    unsigned bom; /* bytes of the mark seen so far; 3 and more: past it */
};

/* An event, its line included, may have `event_bytes` at most. `last_id` is where an
 * earlier connection stood. */
void sse_init(struct sse *s, size_t event_bytes, struct str last_id);
void sse_done(struct sse *s);

/* The event lives during the call, which may not feed the same parser. */
typedef void sse_fn(void *arg, const struct sse_event *event);

enum sse_result {
    SSE_OK = 0,
    SSE_E_LARGE = 1, /* past event_bytes: the parser is of no more use */
};
/* Comments and the empty line in which most heartbeats consist call nothing. */
enum sse_result sse_feed(struct sse *s, struct str bytes, sse_fn *fn, void *arg) MUST_CHECK;
