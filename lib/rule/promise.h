#pragma once

/* promise - what a rule file says, as data: promises, lists, brand, owners, pauses.
 *
 * Made by rule/load, never changed after; everything lives in the ruleset's
 * arena. Positions are kept, for messages and for evidence. Times are seconds,
 * DATE to DATE covers both days whole (UTC). */

#include "lib/mention/mention.h"
#include "lib/rule/phrase.h"

/* A slot: the phrases of one key, each with its language. */
struct slot {
    struct phrase *phrases;
    uint32_t n;
    uint32_t number; /* of the slot in its ruleset: scratch memory is indexed by it */
    struct pos at;
};

struct word_list {
    struct str name;
    struct slot slot;
    struct pos at;
    uint32_t n_uses;
    bool shared; /* from the shared vocabulary: may stay unused */
};

struct owner {
    struct str id;
    struct str contact, queue;
    enum { OWNER_PLAIN, OWNER_CELERY, OWNER_SIDEKIQ } envelope; /* of what is put into `queue` */
    const struct owner *backup;
    struct pos at;
};

enum severity { SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH, SEVERITY_CRITICAL };
/* "low" "medium" "high" "critical"; false for other texts. */
const char *severity_name(enum severity level);
bool severity_parse(struct str text, enum severity *ret) MUST_CHECK;

enum limit_op { LIMIT_NONE, LIMIT_AT_MOST, LIMIT_AT_LEAST };

struct limit {
    enum limit_op op;
    struct quantity q; /* q.high is the bound of "at most", q.low of "at least" */
    struct str text;   /* "at most 48 h" */
    struct pos at;
};

enum trigger_kind {
    TRIGGER_OVER, /* the observed quantity is above `q` */
    TRIGGER_UNDER,
    TRIGGER_AUTHORS, /* `count` distinct authors in `within_s` */
    TRIGGER_MENTIONS,
    TRIGGER_REACH, /* the post's reach is at least `count` */
    TRIGGER_PHRASE,
};

struct trigger {
    enum trigger_kind kind;
    enum severity level;
    struct quantity q;
    int64_t count, within_s;
    struct slot phrase; /* one phrase */
    struct str text;
    struct pos at;
};

enum promise_status { PROMISE_LIVE, PROMISE_DRAFT, PROMISE_OFF };

struct example {
    struct mention mention;
    enum { EXAMPLE_ALERT, EXAMPLE_IGNORE } want;
    enum { EXAMPLE_DUE, EXAMPLE_TODO } due; /* todo: reported, never a failure */
    struct str measured;                    /* what must have been measured; empty: not said */
    struct quantity measured_q;
    int severity; /* enum severity, or -1 */
    struct pos at;
};

/* What each post on its topic asks for comes first, together. */
struct promise {
    int64_t valid_from_s, valid_to_s; /* INT64_MIN / INT64_MAX where open; `to` exclusive */
    enum promise_status status;
    uint32_t only_languages; /* bits of enum lang; 0: all */
    struct str *only_sources;
    uint32_t n_only_sources;
    uint32_t number; /* in its ruleset */
    struct slot about, against, complaint, unless, kept, ours;
    struct limit limit;
    struct str id;
    struct str says, source;
    const struct owner *owner;
    enum severity severity; /* base level */
    struct trigger *triggers;
    uint32_t n_triggers;
    struct {
        enum { AFTER_NONE, AFTER_AUTHORS, AFTER_MENTIONS } of;
        int64_t count, within_s;
    } after;
    int64_t answer_s; /* 0: not watched */
    struct example *examples;
    uint32_t n_examples;
    struct pos at;
};

struct pause {
    struct str *promises; /* ids, or one "*" */
    uint32_t n_promises;
    int64_t from_s, until_s;
    struct str because;
    struct pos at;
};

struct brand {
    struct slot names;    /* empty: every post is about us */
    struct str *accounts; /* folded, with their @ */
    uint32_t n_accounts;
    struct pos at; /* line 0: not written */
};
