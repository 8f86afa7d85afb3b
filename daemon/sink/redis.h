#pragma once

/* redis - one link to one Redis: connect, greet, pipeline, notice, come back.
 *
 * Commands go out in order and each gets exactly one callback, in order: a reply,
 * or NULL when the link was lost first. NULL means *fate unknown*: Redis may or
 * may not have run it. Errors of Redis arrive as replies of type ERROR; what
 * they mean is reply.h's matter, and the owner then calls redis_drop or
 * redis_pause. Never freed from within a callback (loop_defer).
 *
 * Time limits: connecting and greeting 3 s, silence while replies are awaited 5 s.
 * After a loss the link comes back by itself, 0.25 to 30 s later with full
 * jitter, or 30 s later when only people can mend the cause; the password file
 * is read again each time. Replies past 4 MiB, 65,536 elements or 7 levels, and
 * anything that is not RESP 2, count as a broken server. */

#include "daemon/sink/target.h"
#include "daemon/sink/transport.h"

struct loop;
struct redis;
struct redisReply;

enum {
    REDIS_PENDING_MAX = 2048, /* commands without a reply yet */
    REDIS_ARGS_MAX = 512,
};

/* Finds the target before each connection (sentinel.h), and is asked again every five seconds
 * while it stands: a master that was deposed but lives on takes what is lost when it is
 * demoted. Two answers in a row that agree on another server end the connection. Answers, at
 * once or later, with redis_located or redis_not_located; `stop` forgets the question, if any. */
struct redis_locator {
    void (*start)(void *arg, struct redis *r);
    void (*stop)(void *arg);
    void *arg;
};

struct redis_options {
    struct target target;       /* the server; user, database and kind hold for all others */
    const struct target *seeds; /* nodes of a Cluster: tried in turn after `target` */
    size_t n_seeds;
    const char *role; /* for logs: "sentinel"; NULL: "redis" */
    bool brief;       /* connects for one question: its comings and goings are no news */
    struct transport_tls tls;
    const char *password_file;                    /* empty: none; at most 4 KiB, one line */
    const char *client_name;                      /* for CLIENT LIST */
    struct redis_locator locator;                 /* start NULL: the target is the server */
    int64_t connect_timeout_ms, reply_timeout_ms; /* 0: 3,000 and 5,000 */
    int64_t backoff_ms, backoff_max_ms, pause_ms; /* 0: 250, 30,000 and 30,000 */
    void (*ready)(void *arg);                     /* greeted; commands may be sent */
    void (*failed)(void *arg);                    /* fell back before it was ready; may be NULL */
    void (*lost)(void *arg); /* after `ready` only, when all callbacks had their NULL */
    void *arg;
};

enum redis_state {
    REDIS_DOWN, /* not started, or stopped */
    REDIS_LOCATING,
    REDIS_CONNECTING,
    REDIS_GREETING,
    REDIS_READY,
    REDIS_BACKOFF,
    REDIS_STATES,
};

/* All of `options` is copied but `seeds`, which must outlive the link. */
struct redis *redis_new(struct loop *loop, const struct redis_options *options);
void redis_free(struct redis *r); /* callbacks get their NULL; `lost` is not called */
void redis_start(struct redis *r);
void redis_stop(struct redis *r);

enum redis_state redis_state(const struct redis *r);
/* Why it is not ready; empty when it is. */
struct str redis_trouble(const struct redis *r);
unsigned redis_pending(const struct redis *r);

typedef void redis_reply_fn(void *arg, const struct redisReply *reply);
/* Return 0, -ENOTCONN unless ready, -ENOBUFS past REDIS_PENDING_MAX. `fn` NULL: not interested. */
int redis_send(struct redis *r, const struct str *argv, size_t argc, redis_reply_fn *fn, void *arg);

/* Gives the link up; it comes back after the backoff, or after the pause. */
void redis_drop(struct redis *r, struct str why);
void redis_pause(struct redis *r, struct str why);
/* A MOVED: gives the link up, and the next connection goes to the node it names. All keys of
 * ours share one slot, so this is all the slot map there is; when that node dies, the
 * seeds are asked again. */
void redis_redirect(struct redis *r, struct str error);
/* The backoff starts from its base again; for the owner, when real work went through. */
void redis_good(struct redis *r);

/* From the locator. */
void redis_located(struct redis *r, const struct target *target);
void redis_not_located(struct redis *r, struct str why);
