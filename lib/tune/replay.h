#pragma once

/* replay - a corpus through production's own decision, and what comes of it.
 *
 * The corpus is judged in parts, one a thread; then the few mentions that break
 * something are heard once more, one after another in the order of the corpus, by
 * desk_hear() with a memory of its own. Time is the posts' own. What is counted
 * does not depend on how many parts there are.
 *
 *     struct replay_part *part = replay_part_new(set, &settings, corpus);
 *     replay_part_run(part, from, to);       whole lines; any number of times
 *     replay_merge(replay, part);            for each part
 *     replay_hear(replay);
 *
 * A ruleset belongs to one thread: each part wants its own copy of the same
 * rules (same texts, so the same numbers). */

#include "lib/judge/judge.h"
#include "lib/rule/ruleset.h"
#include "lib/tune/corpus.h"

struct replay_settings {
    int64_t now_ms; /* stands in for posts that do not say when they were written */
    enum { REPLAY_ABOUT_US, REPLAY_ABOUT_ANYONE } about; /* or must the brand be named? */
};

/* A proportion and its Wilson interval at 95 %; value is NAN where n is 0. */
struct rate {
    double value, low, high;
};
struct rate rate_of(size_t hits, size_t n);

enum { REPLAY_KINDS = VERDICT_DISSONANT + 1 };

struct tally {
    /* Labelled pairs: by what the rules said, and by what is wanted. */
    size_t confusion[REPLAY_KINDS][2];
    /* All posts. */
    size_t n_broken, n_kept;
    size_t n_alerts;          /* that the desk would send, each once; drafts' too */
    size_t n_updates;         /* of these: reposts, answers, corrections */
    size_t n_reposts, n_held; /* of all promises only */
    int64_t spent_ns;         /* in replay_meter's sample */
};
size_t tally_true_alerts(const struct tally *t);  /* wanted and broken */
size_t tally_noise(const struct tally *t);        /* broken, not wanted */
size_t tally_misses(const struct tally *t);       /* wanted, not broken */
size_t tally_true_silence(const struct tally *t); /* neither */
struct rate tally_precision(const struct tally *t);
struct rate tally_recall(const struct tally *t);
/* Of F1 = 2J / (1 + J), where J = true / (true + noise + misses) is a proportion. */
struct rate tally_f1(const struct tally *t);
void tally_add(struct tally *sum, const struct tally *t);

/* What a phrase does in the broken verdicts. */
struct phrase_tally {
    const struct phrase *phrase; /* NULL: never hit */
    size_t n_hits;
    size_t n_true, n_false; /* labelled: as wanted, not as wanted */
    size_t n_only;          /* true ones that no other phrase of `against` finds */
};

/* A broken verdict, or a labelled pair that should have been one. */
struct outcome {
    size_t at, n; /* bytes of the corpus: the line */
    uint32_t promise;
    uint8_t kind; /* enum verdict_kind */
    enum { WANT_UNKNOWN, WANT_SILENCE, WANT_ALERT } want;
};

struct bad_line {
    size_t at, offset; /* of the line; within it */
    struct str why;
};

/* A label that names no promise. */
struct unknown_label {
    struct str promise;
    size_t at, n; /* the first line; how many */
};

struct replay {
    struct ruleset *set;
    struct replay_settings settings;
    struct str corpus;
    struct arena *arena;
    size_t n_mentions, n_labelled; /* labelled: pairs */
    size_t n_heard;                /* once more, by desk_hear */
    struct tally all, *promises;   /* by promise number */
    struct phrase_tally *phrases;  /* by phrase number, set->n_phrases */
    struct outcome *outcomes;      /* by place in the corpus, then promise */
    size_t n_outcomes;
    struct bad_line *bad;
    size_t n_bad;
    struct unknown_label *unknown;
    size_t n_unknown;
    struct replay_part **parts; /* merged, and owned */
    size_t n_parts;
};

/* `set` and `corpus` are borrowed; `corpus` is the whole text. */
struct replay *replay_new(struct ruleset *set, const struct replay_settings *settings,
                          struct str corpus);
void replay_free(struct replay *r); /* NULL is fine */

struct replay_part *replay_part_new(struct ruleset *set, const struct replay_settings *settings,
                                    struct str corpus);
void replay_part_free(struct replay_part *part);
/* The lines that begin in [from, to). */
void replay_part_run(struct replay_part *part, size_t from, size_t to);
void replay_merge(struct replay *r, struct replay_part *part_take);
/* After all are merged: sorts, and gives alerts, reposts and held denials. 0 or -errno. */
int replay_hear(struct replay *r) MUST_CHECK;

/* Measures with the caller's clock what judging costs, on at most `n_max` mentions
 * from the start: fills spent_ns of all tallies, returns how many were measured. */
size_t replay_meter(struct replay *r, int64_t (*now_ns)(void), size_t n_max);

/* One outcome again, with all evidence, for people. `line` is read into `arena`. */
struct replay_view {
    struct corpus_line line;
    struct judgement judgement;
    struct verdict verdict; /* of the outcome's promise */
};
int replay_view(struct judge *judge, const struct replay_settings *settings, struct str corpus,
                const struct outcome *o, struct str promise_id, struct arena *arena,
                struct replay_view *ret) MUST_CHECK;

/* The number of the line that begins at `at`, from 1. Cheap when asked in the order
 * of the corpus; starts as {0}. */
struct line_counter {
    size_t at, n;
};
size_t line_number(struct line_counter *c, struct str corpus, size_t at);

static inline bool outcome_is_miss(const struct outcome *o)
{
    return o->want == WANT_ALERT && o->kind != VERDICT_DENIED && o->kind != VERDICT_MEASURED;
}

static inline bool outcome_is_noise(const struct outcome *o)
{
    return o->want == WANT_SILENCE;
}
