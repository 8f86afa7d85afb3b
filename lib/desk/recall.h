#pragma once

/* recall - the desk's memory, as a port.
 *
 * lib decides, others remember: SQLite in the daemon (inside the transaction of
 * the batch), a map in tests and `couac replay`. All calls of one desk_hear
 * come in the same order for the same input. Slices passed in are only valid
 * during the call; what comes back lives until the next call on the port.
 *
 * Every function returns 0 or a negative errno, which the desk passes up
 * unchanged and which must abandon the batch. */

#include "lib/base/str.h"

enum recall_seen {
    RECALL_NEW,     /* never heard */
    RECALL_SAME,    /* heard, same content */
    RECALL_CHANGED, /* heard, other content (an edit) */
};

/* What is kept of an alert, by fingerprint (16 hex digits of promise + mention). */
struct recall_alert {
    struct str fingerprint;
    struct str promise; /* id */
    struct str id;      /* ULID */
    struct str content; /* 16 hex digits: folded text, for reposts */
    struct str author;  /* hashed */
    uint32_t revision;  /* from 1 */
    uint32_t count, authors, sources;
    int64_t first_ms, last_ms; /* of the posts' times */
    struct str state_json;     /* what the desk needs to write it again */
};

/* A state that is due. */
struct recall_state {
    struct str kind, key, json;
};

struct recall {
    /* Whether `mention` (its stable key, 16 hex digits) was heard; remembers it with
     * `content` and the time of hearing. */
    int (*seen)(struct recall *r, struct str mention, struct str content, int64_t now_ms,
                enum recall_seen *ret);
    /* The open alert of `promise` whose content hash is `content`, not older than
     * `since_ms` (a repost raises its reach). ret->fingerprint empty: none. */
    int (*alert_by_content)(struct recall *r, struct str promise, struct str content,
                            int64_t since_ms, struct recall_alert *ret);
    int (*alert_by_fingerprint)(struct recall *r, struct str fingerprint, struct recall_alert *ret);
    /* Adds or replaces by fingerprint. */
    int (*alert_put)(struct recall *r, const struct recall_alert *alert);
    /* The sequence number of the next event; each is given once, without gaps. */
    int (*next_seq)(struct recall *r, uint64_t *ret);

    /* Denials held back by `after`: adds one, then tells how many mentions and
     * distinct authors of `promise` are held since `since_ms` (posts' times). */
    int (*hold)(struct recall *r, struct str promise, struct str fingerprint, struct str author,
                int64_t at_ms, struct str mention_json, int64_t since_ms, uint32_t *ret_mentions,
                uint32_t *ret_authors);
    /* The oldest held mention of `promise`, taken out; ret_json empty: none left. */
    int (*release)(struct recall *r, struct str promise, struct str *ret_json);
    /* Distinct authors and mentions that broke `promise` since `since_ms`, the one being
     * judged included (severity triggers). `note` adds one. */
    int (*note)(struct recall *r, struct str promise, struct str author, int64_t at_ms);
    int (*count)(struct recall *r, struct str promise, int64_t since_ms, uint32_t *ret_mentions,
                 uint32_t *ret_authors);
    /* What the desk itself has to keep in mind: an open incident, the thread of an
     * alert, an answer that is waited for. One text per kind and key. */
    int (*state_get)(struct recall *r, struct str kind, struct str key, struct str *ret_json);
    /* Adds or replaces. `due_ms`: when it is to be looked at again by desk_tick. */
    int (*state_put)(struct recall *r, struct str kind, struct str key, struct str json,
                     int64_t due_ms);
    int (*state_drop)(struct recall *r, struct str kind, struct str key);
    /* The one that was due longest at `now_ms`; ret->kind empty: none is. */
    int (*state_due)(struct recall *r, int64_t now_ms, struct recall_state *ret);
    /* Ledger: one verdict for a promise on the day of `at_ms`: kept, measured, denied; also
     * answered and acknowledged, with the seconds that it took as `ratio`. */
    int (*ledger)(struct recall *r, struct str promise, int64_t at_ms, struct str verdict,
                  struct str author, double ratio);
};

/* In memory, for tests and replay. */
struct recall *recall_memory_new(void);
void recall_memory_free(struct recall *r);
