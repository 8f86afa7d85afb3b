#pragma once

/* reading - from an HTTP answer to a batch: what it says, what is kept, when to ask again.
 *
 * The part of polling that has no loop: response, remembered state and `now` come
 * in; outcome, new state, mentions and next time go out. */

#include "daemon/net/transfer.h"
#include "daemon/source/batch.h"
#include "daemon/source/memo.h"
#include "daemon/source/schedule.h"

struct feed_hints;

/* The meaning of struct store_source.status. */
enum reading_status { READING_OK, READING_FAILING, READING_GONE };

struct reading_input {
    const struct config_poll *rules;
    const struct config_source *source;
    struct batch *batch; /* its state is as it was when the request was made; all that the
                            reading keeps goes into it */
    const struct transfer_response *response;
    enum { READING_ASKED_PLAINLY, READING_SENT_VALIDATORS } asked;
    int64_t now_ms;    /* the calendar's */
    int64_t pushed_ms; /* until when a hub delivers the source too; 0: none does */
    uint64_t random;
};

/* What is wanted of an answer's headers, beside what a transfer keeps anyway. */
enum reading_header { READING_LINK };

struct reading {
    enum schedule_outcome outcome;
    const char *why;       /* one word when it failed: "status", "not-a-feed", "dns" ... */
    struct str detail;     /* a sentence, may be empty; lives in the batch */
    int64_t hold_ms;       /* Retry-After: nothing on this host before; 0: none */
    size_t too_old;        /* posts left out */
    struct str moved;      /* the URL that was given up for a permanent redirect's; or empty */
    struct str hub, topic; /* where the feed can be subscribed to, and as what; or empty */
};

/* State that is about another URL than the configured one is forgotten. */
void reading_forget_other(struct store_source *state, const struct config_source *source);
/* What is asked for: where the source moved, else as configured. */
struct str reading_url(const struct store_source *state, const struct config_source *source);
/* Whether validators go out: they exist, and a full answer came recently enough. */
bool reading_may_validate(const struct store_source *state, const struct config_poll *rules,
                          int64_t now_ms);
struct reading reading_make(const struct reading_input *in);
/* "HTTP 404", in `arena`: the detail of an answer with this status. */
struct str reading_status_text(int status, struct arena *arena);
/* What people are told later: why it failed, what it cost. The last thing a reading does. */
void reading_note(const struct reading_input *in, const struct reading *r);
/* A document that a hub brought: its posts go into `batch`, whose state stays the store's. False
 * and a sentence when it is no feed; `batch` is of no use then. */
bool reading_pushed(const struct config_poll *rules, const struct config_source *source,
                    const struct feed_hints *hints, struct str body, int64_t now_ms,
                    struct batch *batch, const char **ret_why) MUST_CHECK;
