#pragma once

/* line - what the kinds of live sources have in common.
 *
 * A line is tried, holds, fails, and is tried again after a backoff with jitter. It
 * hands one batch at a time to the intake. A kind (stream.c ...) embeds `struct
 * line` first in its own record. */

#include "daemon/core/backoff.h"
#include "daemon/source/live.h"

struct line;
struct multi;
struct taps;

struct line_kind {
    struct line *(*make)(void); /* zeroed, on the heap */
    /* Connects. Ends in line_failed, or goes on. */
    void (*start)(struct line *l);
    /* The batch handed in by line_submit is on the disk (0), or is not (negative errno). */
    void (*committed)(struct line *l, int result);
    /* Hangs up, may be called at any time, also twice. */
    void (*hang_up)(struct line *l);
    void (*free)(struct line *l); /* after hang_up */
};

struct line {
    const struct line_kind *kind;
    struct live *live;
    const struct config_source *config;
    struct event *timer; /* until the next try */
    struct batch *sent;  /* the intake's; NULL: none */
    struct backoff backoff;
    enum { LINE_OK, LINE_FAILING } status; /* in the store too */
    uint32_t failures;                     /* in a row */
    uint64_t bytes;                        /* received since the last batch */
    int64_t good_ms; /* steady: when the store last heard that it works; 0: not yet */
    bool kept;       /* during a reload */
};

extern const struct line_kind line_mailbox, line_queue, line_stream;

struct loop *line_loop(const struct line *l);
struct multi *line_multi(const struct line *l); /* for connections that are ours */
struct taps *line_taps(const struct line *l);
struct transfers *line_transfers(const struct line *l);
struct tokens *line_tokens(const struct line *l);
const struct config *line_config(const struct line *l);
/* "couac/1.0 (+contact)", NUL-terminated. */
struct str line_user_agent(const struct line *l);

/* Where the source stood when last something of it was committed; empty for a new one and
 * when the configuration leads elsewhere than then. Return 0, or what the store said. */
int line_recall(struct line *l, struct arena *arena, struct str *ret_at) MUST_CHECK;
/* Hands the batch in, `at` beside it, in one transaction. None may be under way. */
void line_submit(struct line *l, struct batch *batch, struct str at);
/* Logs, notes in the store, tries again after the backoff, `at_least_ms` at the earliest. */
void line_failed(struct line *l, const char *why, struct str detail, int64_t at_least_ms);
/* It works: the backoff starts from its base again. */
void line_good(struct line *l);
/* Tries again soon and in any case; no failure. */
void line_again(struct line *l, int64_t wait_ms);
/* Nothing is to be done before the next visit; people are told when that is. */
void line_rest(struct line *l, int64_t wait_ms);
/* Something that is no post came in. */
void line_skipped(struct line *l, struct str what, const char *why);
