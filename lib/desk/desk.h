#pragma once

/* desk - the whole decision about one mention, deterministic.
 *
 * desk_hear() asks the recall port whether the mention is new, judges it
 * against the ruleset, folds reposts into the alert they repeat, counts, ranks
 * and routes, and returns the events to be queued. The daemon, the tests and
 * `couac replay` call this one function, so a replay gets production's alerts.
 * Time comes in as `now_ms`; all decisions use the post's own time. */

#include "lib/desk/event.h"
#include "lib/desk/recall.h"
#include "lib/judge/match.h"
#include "lib/mention/mention.h"

struct arena;
struct ruleset;

enum privacy_mode { PRIVACY_NONE, PRIVACY_PSEUDONYMOUS, PRIVACY_CLEAR };

struct desk_settings {
    struct str instance; /* "boutique-fr": becomes source urn:couac:boutique-fr */
    struct str producer; /* "couac-1" */
    enum privacy_mode privacy;
    struct str hmac_key;     /* for author hashes; may be empty only with PRIVACY_NONE/CLEAR */
    int64_t retention_s;     /* data.privacy.expires = published + this; default 30 days */
    int64_t repost_window_s; /* same words within: one alert; default 7 days */
    enum { DESK_LIVE, DESK_REPLAY } run; /* told in trace.replay */
};

/* What the source says of the posts it brings. */
struct desk_source {
    struct str id;
    enum { DESK_ABOUT_ANYONE, DESK_ABOUT_US } about; /* DESK_ABOUT_US: brand names not needed */
};

struct desk; /* scratch memory and settings; one per thread */

struct desk_outcome {
    enum recall_seen seen; /* RECALL_SAME: nothing was judged */
    const struct desk_event *events;
    size_t n_events;
    unsigned n_broken, n_kept, n_held, n_reposts;
    bool own_voice; /* written by one of brand.accounts */
    bool more;      /* desk_tick: DESK_TICK_MAX was reached */
};

struct desk *desk_new(const struct desk_settings *settings); /* settings are copied */
void desk_free(struct desk *d);
void desk_freep(struct desk **d);

/* `set` may differ from call to call (reload). Events and their text live in
 * `arena`. Return 0, -ENOMEM at the arena's limit, or what the port returned;
 * then nothing of this mention may be kept (roll the batch back). */
int desk_hear(struct desk *d, struct ruleset *set, const struct desk_source *source,
              const struct mention *mention, int64_t now_ms, struct recall *recall,
              struct arena *arena, struct desk_outcome *ret) MUST_CHECK;

/* Does what is due at `now_ms`: incidents fall quiet and close, promises to answer
 * run out. At most DESK_TICK_MAX things a call; ret->more tells to call again. Same
 * errors as desk_hear. Called in a transaction of its own, every few seconds. */
enum { DESK_TICK_MAX = 100 };
int desk_tick(struct desk *d, struct ruleset *set, int64_t now_ms, struct recall *recall,
              struct arena *arena, struct desk_outcome *ret) MUST_CHECK;

/* The alert is to be forgotten: *ret holds the couac.withdrawn.v1 that tells consumers so. What
 * recall keeps of it is the caller's to erase. `because`: "forget-author", "forget-url", "gone". */
struct recall_alert;
int desk_withdraw(struct desk *d, struct ruleset *set, const struct recall_alert *alert,
                  struct str because, int64_t now_ms, struct recall *recall, struct arena *arena,
                  struct desk_outcome *ret) MUST_CHECK;
/* A post was deleted: what one of our accounts claimed in it is held against nobody any more.
 * Same errors as desk_hear. */
int desk_gone(struct desk *d, struct ruleset *set, const struct desk_source *source, struct str id,
              int64_t now_ms, struct recall *recall, struct arena *arena) MUST_CHECK;
/* The fingerprints that a post's alerts have, one for each promise, as a JSON array in `arena`. */
struct str desk_prints(struct desk *d, struct ruleset *set, const struct desk_source *source,
                       struct str id, struct arena *arena);
/* What judging could not finish since desk_new, rulesets before this one included. */
struct match_stats desk_stats(const struct desk *d);
/* A person's name as alerts and recall hold it; empty with PRIVACY_NONE. */
struct str desk_author(struct desk *d, struct str author, struct arena *arena);

/* An event about couacd itself (`what`: "reload-failed", "source-lost" ...), for the ops stream. */
int desk_system_event(struct desk *d, struct str what, struct str message, int64_t now_ms,
                      struct recall *recall, struct arena *arena,
                      struct desk_event *ret) MUST_CHECK;
