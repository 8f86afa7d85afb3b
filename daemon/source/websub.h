#pragma once

/* websub - feeds that a hub brings as soon as they change: the subscriber of W3C WebSub (2018).
 *
 * A poll that finds a hub and a topic in a feed says so (websub_found). We ask the hub to
 * POST the topic to a callback of its own below push.public, which nobody can guess, signed
 * with a secret of its own; the hub asks back whether we meant it (websub_answer), and brings
 * documents (websub_take) until the lease ends, before which we ask again. What it brings
 * goes the way of what a poll brings, under the same ids, so a post that comes both ways is
 * one. The rows are in the store, so a restart knows what was asked for.
 *
 * Polls go on, rarely while a hub delivers (poll.pushed), as often as ever when its lease
 * has ended, when it refuses, or when a poll brings a post that the hub did not.
 *
 * Bounds: one request at a time for a subscription, paced for each host as polls are;
 * failures back off to a day; leases are cut at LEASE_MAX, and those shorter than the time
 * between two polls are renewed no sooner than that. */

#include "daemon/source/batch.h"

struct courtesy;
struct loop;
struct transfers;
struct websub;

struct websub_ports {
    struct loop *loop;
    struct store *store;
    struct transfers *transfers;
    struct courtesy *courtesy;
    /* The source is delivered no more: ask for it again soon. */
    void (*lost)(void *arg, struct str source);
    void *arg;
};

struct websub_counts {
    size_t live; /* leases that run */
    uint64_t taken, forged, strange,
        lost; /* documents; unsigned or wrongly signed; no feeds; denied */
};

/* Goes on with the subscriptions of the store. `config` must stay until websub_reload or
 * websub_free. */
struct websub *websub_new(const struct websub_ports *ports, const struct config *config);
void websub_free(struct websub *w); /* NULL is fine */
/* Subscriptions of sources that went are ended at their hubs. */
void websub_reload(struct websub *w, const struct config *config);
/* Asks no hub any more. */
void websub_stop(struct websub *w);

/* The source's document names this hub and itself so; both empty: it names none. */
void websub_found(struct websub *w, const struct config_source *source, struct str hub,
                  struct str topic);
/* Until when (the calendar's ms) a hub delivers the source; 0: none does. */
int64_t websub_until(const struct websub *w, struct str source);
/* A poll brought posts that the hub had not. */
void websub_missed(struct websub *w, struct str source);

/* --- the callback ------------------------------------------------------------ */

/* The hub.* of a GET; empty where missing. */
struct websub_question {
    struct str mode, topic, challenge, lease_seconds, reason;
};
/* True: the challenge is to be sent back (for a denial, anything). False: we did not ask. */
bool websub_answer(struct websub *w, struct str token, const struct websub_question *q);

struct websub_document {
    struct str signature; /* X-Hub-Signature */
    struct str content_type, body;
};
enum websub_result {
    WEBSUB_TAKEN,       /* *ret is to be submitted */
    WEBSUB_IGNORED = 1, /* not signed by the hub, or no feed: the answer is as for a good one */
    WEBSUB_UNKNOWN,     /* no such callback */
    WEBSUB_OVER,        /* the lease has ended, or never began */
};
enum websub_result websub_take(struct websub *w, struct str token,
                               const struct websub_document *document, struct batch **ret);
/* What was taken is on the disk. */
void websub_delivered(struct websub *w, struct str token);

struct websub_counts websub_count(const struct websub *w);
