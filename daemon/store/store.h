#pragma once

/* store - what couacd must still know after a power cut: one SQLite file.
 *
 * One thread, one process (a lock file beside the database keeps the second one
 * out), WAL with synchronous=FULL: once store_commit returns 0, the batch is on
 * the disk. A batch is everything one poll brought: seen items, the source's
 * cursor, the ledger and the outbox rows, all or nothing, so a cursor is never
 * ahead of the outbox.
 *
 *     if (store_begin(s) < 0) ...               stop accepting; deliver on
 *     desk_hear(..., store_recall(s), ...)
 *     store_queue(s, &event, now_ms)
 *     store_source_put(s, id, &state)
 *     if (store_commit(s) < 0) ...              nothing of the batch is kept
 *
 * Errors are negative errno: -ENOSPC the disk is full (the store refuses new
 * batches until store_probe succeeds, but the outbox can still be read), -EIO
 * the disk failed (fatal: exit 75, the state on disk is what fsync last
 * promised), -EBADMSG the file is damaged (fatal: the next store_open sets it
 * aside and salvages), -EBUSY somebody holds the database. Times are
 * milliseconds since the epoch and come from the caller. */

#include "daemon/core/pace.h"
#include "lib/base/str.h"
#include "lib/desk/event.h"

struct arena;
struct recall;
struct store;

/* Why the state could not be opened; positive, beside negative errno. */
enum store_refusal {
    STORE_E_LOCKED = 1, /* another couacd uses it: exit 75 */
    STORE_E_NEWER,      /* written by a newer couacd: exit 78 */
    STORE_E_FOREIGN,    /* a SQLite file, but of another program: exit 78 */
};

/* What happened while opening, for the log and a system event. */
struct store_report {
    bool created;            /* there was no state before */
    bool salvaged;           /* the old file was damaged and set aside */
    char set_aside[4096];    /* where it is now */
    uint64_t rows_salvaged;  /* rows saved from it, all tables */
    unsigned tables_damaged; /* tables of which not all could be read */
    unsigned from_version, to_version;
};

/* Opens or creates `path` and `path`-lock, migrates, and salvages a damaged file.
 * Return 0, an enum store_refusal, or a negative errno; `ret_report` is filled in any case. */
int store_open(const char *path, int64_t now_ms, struct store **ret,
               struct store_report *ret_report) MUST_CHECK;
/* The same file from a second process, beside a running couacd or not: no lock, nothing is
 * created, migrated or mended. Only for store_dead_each and store_dead_retry. Return 0, an
 * enum store_refusal (STORE_E_FOREIGN also for an older version), or a negative errno. */
int store_attach(const char *path, struct store **ret) MUST_CHECK;
void store_close(struct store *s); /* rolls an open batch back; NULL is fine */
void store_closep(struct store **s);

/* --- a batch --------------------------------------------------------------- */

int store_begin(struct store *s) MUST_CHECK; /* -ENOSPC while the disk is full */
int store_commit(struct store *s) MUST_CHECK;
void store_rollback(struct store *s); /* no batch open: nothing happens */
/* False after -ENOSPC until store_probe found room again. */
bool store_accepts(const struct store *s);
/* Tries a small write when the disk was full; true when batches are accepted. */
bool store_probe(struct store *s);

/* The desk's memory, only inside a batch; owned by the store. */
struct recall *store_recall(struct store *s);
/* Adds to the outbox; only inside a batch, event->seq from recall->next_seq. -E2BIG past
 * EVENT_BYTES_MAX. */
int store_queue(struct store *s, const struct desk_event *event, int64_t now_ms) MUST_CHECK;

/* --- sources --------------------------------------------------------------- */

/* What a source cost and brought, since it is known under its URL. */
struct store_tally {
    int64_t polls, not_modified; /* answers, whatever they said; of them 304 */
    int64_t bytes;               /* of bodies, as they came over the wire */
    int64_t full_bytes;          /* of the last whole one */
    int64_t saved_bytes;         /* of whole ones that a 304 made unnecessary */
    int64_t posts;               /* never heard before */
    struct pace pace;
};

/* What a source remembers between polls. The store gives no meaning to any of it. */
struct store_source {
    struct str url;           /* where it moved for good; empty: as configured */
    struct str etag;          /* validators, as received */
    struct str last_modified; /* idem */
    struct str cursor;        /* the source's own: since_id, UIDs, a small JSON */
    struct str body;          /* fingerprint of the last body */
    struct str moved_to;      /* target of the permanent redirects counted below */
    uint32_t moves;           /* in a row, to moved_to */
    uint32_t failures;        /* in a row */
    int32_t status;           /* the owner's own enum: ok, gone, ... */
    int64_t next_ms, interval_ms;
    int64_t last_ok_ms, last_new_ms; /* 0: never */
    struct str why, detail;          /* one word and a sentence about the last failure */
    struct store_tally tally;
};

/* Around many store_source_get in a row, not inside a batch and without a write in between: the
 * locks are then taken once. Only for speed: what fails shows at the next call. */
void store_look(struct store *s);
void store_look_end(struct store *s);
/* A copy in `arena`; an unknown source is all zero (return 0). */
int store_source_get(struct store *s, struct str id, struct arena *arena,
                     struct store_source *ret) MUST_CHECK;
/* Adds or replaces; inside a batch it is part of it, else it commits alone. */
int store_source_put(struct store *s, struct str id, const struct store_source *state) MUST_CHECK;
/* Forgets sources whose id is not among `ids` (after a reload); not inside a batch. */
int store_source_keep(struct store *s, const struct str *ids, size_t n) MUST_CHECK;

/* --- what others push to us ------------------------------------------------- */

/* A subscription at a hub (WebSub). The store gives no meaning to the numbers. */
struct store_subscription {
    struct str token;  /* names it: the end of its callback */
    struct str source; /* its id, and the URL it had */
    struct str feed;
    struct str hub, topic, callback, secret;
    int32_t wish, state, network, delivers;
    uint32_t failures;            /* in a row */
    int64_t lease_end_ms, due_ms; /* 0: none */
};

/* Slices live during the call of `fn`, which must not call the store. Return 0 or a negative
 * errno. */
typedef void store_subscription_fn(void *arg, const struct store_subscription *row);
int store_subscription_each(struct store *s, store_subscription_fn *fn, void *arg) MUST_CHECK;
/* Adds or replaces, drops; inside a batch they are part of it, else they commit alone. */
int store_subscription_put(struct store *s, const struct store_subscription *row) MUST_CHECK;
int store_subscription_drop(struct store *s, struct str token) MUST_CHECK;

/* A page that says it links to one of ours. */
struct store_webmention {
    struct str source;      /* id of the source that received it */
    struct str url, target; /* with it, the key */
    uint32_t tries;         /* in vain, so far */
    int64_t due_ms;         /* 0: nothing is to be done */
    int64_t known_ms;       /* when it was found true last; 0: never */
};

/* Shows those that are due some time, the next first; as above. */
typedef void store_webmention_fn(void *arg, const struct store_webmention *row);
int store_webmention_each(struct store *s, store_webmention_fn *fn, void *arg) MUST_CHECK;
int store_webmention_put(struct store *s, const struct store_webmention *row) MUST_CHECK;
int store_webmention_drop(struct store *s, const struct store_webmention *key) MUST_CHECK;
/* When it was found true last; 0: never. */
int store_webmention_known(struct store *s, const struct store_webmention *key,
                           int64_t *ret_ms) MUST_CHECK;
/* How many targets the page was found to link to. A count, or a negative errno. */
int store_webmention_targets(struct store *s, struct str source, struct str url) MUST_CHECK;

/* --- the outbox, for the courier ------------------------------------------- */

/* Names this state file's numbering: random, 8 characters, NUL-terminated. Renewed when the
 * numbering could no longer be trusted, so a guard in Redis never refuses new rows. */
const char *store_epoch(const struct store *s);
int store_epoch_renew(struct store *s) MUST_CHECK;

struct store_counts {
    uint64_t last_seq; /* given out, committed */
    uint64_t acked;    /* Redis said yes up to here */
    uint64_t pending;  /* rows waiting behind it; past a thousand it may be some too many */
    uint64_t dead;
};
int store_count(struct store *s, struct store_counts *ret) MUST_CHECK;
uint64_t store_last_seq(const struct store *s);

/* Rows with seq > `after`, in order, at most `max_rows`; stops after the row that reaches
 * `max_bytes` of JSON, or when `fn` returns false. Slices live during the call of `fn`,
 * which must not call the store. Return: rows shown, or a negative errno. */
typedef bool store_outbox_fn(void *arg, const struct desk_event *event, int64_t queued_ms);
int store_outbox_each(struct store *s, uint64_t after, unsigned max_rows, size_t max_bytes,
                      store_outbox_fn *fn, void *arg) MUST_CHECK;

/* The owners' lists that rows went to, as their owner_queue, the latest used first, in `arena`;
 * they are forgotten long after their last row (store_prune). Return: how many, at most `max`, or a
 * negative errno. */
int store_lists(struct store *s, struct arena *arena, struct str *ret, size_t max) MUST_CHECK;

/* Redis has everything up to `seq`. Not synced: losing this only costs a look at Redis. A
 * lower value than before is accepted: Redis went back. Not inside a batch. */
int store_ack(struct store *s, uint64_t seq, int64_t now_ms) MUST_CHECK;
/* Moves a row out of the queue's way; kept until retried. Not inside a batch. */
int store_bury(struct store *s, uint64_t seq, struct str reason, int64_t now_ms) MUST_CHECK;

struct store_dead {
    uint64_t seq;
    int64_t buried_ms;
    struct str reason, stream, id, promise, owner, title;
};
typedef bool store_dead_fn(void *arg, const struct store_dead *row);
int store_dead_each(struct store *s, store_dead_fn *fn, void *arg) MUST_CHECK;
/* Queues dead rows again, at the end, under new numbers and the same ids; seq 0: all.
 * Return: how many, or a negative errno. */
int store_dead_retry(struct store *s, uint64_t seq, int64_t now_ms) MUST_CHECK;

/* --- what consumers and people ask --------------------------------------------- */

/* An alert by its ULID, copied into `arena`; ret->fingerprint empty: none. In a batch. */
struct recall_alert;
int store_alert_by_id(struct store *s, struct str id, struct arena *arena,
                      struct recall_alert *ret) MUST_CHECK;

enum store_forget_by { STORE_FORGET_AUTHOR, STORE_FORGET_URL, STORE_FORGET_PRINTS };
enum { STORE_FORGET_MAX = 200 };
/* Erases what is kept of a person (`what`: hashed as in alerts) or of one post (its URL, or its
 * alerts' fingerprints as a JSON array: the quick way, for posts whose source deletes them):
 * alerts, rows waiting or dead, held mentions, threads and gaps; ledger lines lose their author. At
 * most STORE_FORGET_MAX alerts a call, the rest with the last of them. What stays is which posts
 * were heard, as digests, or they would be heard again. In a batch, before its store_queue.
 * ret    the alerts erased, in `arena`, for desk_withdraw
 * Return how many, or a negative errno. */
int store_forget(struct store *s, enum store_forget_by by, struct str what, struct arena *arena,
                 struct recall_alert **ret) MUST_CHECK;

/* --- the ledger, for the board ---------------------------------------------- */

/* Shows each promise and day, not before `since_day`, that has lines newer than *cursor, which
 * moves to the newest line looked at; 0 shows all. At most STORE_LEDGER_MAX lines a call.
 * Return 1 when there are more, 0, or a negative errno. Not inside a batch; `fn` must not call
 * the store. */
enum { STORE_LEDGER_MAX = 10000 };
typedef void store_ledger_fn(void *arg, struct str promise, int64_t day);
int store_ledger_news(struct store *s, int64_t *cursor, int64_t since_day, store_ledger_fn *fn,
                      void *arg) MUST_CHECK;
/* Shows the lines of one day newer than *cursor (0: all), in the order of writing, at most
 * STORE_LEDGER_MAX a call; slices live during the call of `fn`. Return as store_ledger_news. */
typedef void store_line_fn(void *arg, struct str verdict, struct str author, double ratio);
int store_ledger_day(struct store *s, struct str promise, int64_t day, int64_t *cursor,
                     store_line_fn *fn, void *arg) MUST_CHECK;

/* --- upkeep ---------------------------------------------------------------- */

struct store_retention {
    int64_t sent_ms;   /* outbox rows after Redis had them; 24 h */
    int64_t seen_ms;   /* seen items after they were last shown by a source */
    int64_t alerts_ms; /* alerts, held mentions, notes, authors in the ledger */
    int64_t ledger_ms;
};
#define STORE_RETENTION_DEFAULT                                                                    \
    ((struct store_retention){.sent_ms = 24 * 3600000ll,                                           \
                              .seen_ms = 90 * 86400000ll,                                          \
                              .alerts_ms = 30 * 86400000ll,                                        \
                              .ledger_ms = 400 * 86400000ll})
/* Deletes what is too old, at most a few thousand rows a call (no stall). Return: rows
 * deleted or changed, 0 when done, or a negative errno. Not inside a batch. */
int store_prune(struct store *s, const struct store_retention *keep, int64_t now_ms) MUST_CHECK;
