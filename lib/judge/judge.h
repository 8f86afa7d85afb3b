#pragma once

/* judge - one mention against a ruleset: which promises it breaks, keeps, or leaves alone.
 *
 * The steps, in this order, for every promise: in force (status, `valid`,
 * `only`, pauses); written by a customer, about us; `about` hits; `complaint`
 * hits where written; `unless` explains hits away or excuses the post; each
 * remaining `against` hit is measured against the limit or is a denial. Times
 * are the post's. No counting over posts happens here (`after`, authors): that
 * is the desk's. */

#include "lib/judge/match.h"
#include "lib/mention/mention.h"

struct arena;
struct judge; /* scratch memory for one ruleset, holds a reference to it */

enum verdict_kind {
    VERDICT_NONE,      /* stopped at a gate, or nothing broken */
    VERDICT_KEPT,      /* confirms the promise */
    VERDICT_DENIED,    /* contradicts it without a figure */
    VERDICT_MEASURED,  /* contradicts it by a quantity beyond the limit */
    VERDICT_DISSONANT, /* one of our own voices promises something else */
};

/* Where a promise stopped; GATE_PASSED: it was judged to the end. */
enum gate {
    GATE_PASSED,
    GATE_STATUS, /* off */
    GATE_VALID,  /* the post is older or newer than the promise */
    GATE_ONLY,   /* another source or language */
    GATE_PAUSED,
    GATE_OWN_VOICE, /* written by one of brand.accounts */
    GATE_BRAND,     /* no brand name in a post that anyone wrote about anything */
    GATE_ABOUT,     /* another topic */
    GATE_AGAINST,   /* nothing in it contradicts the promise */
    GATE_COMPLAINT,
    GATE_UNLESS, /* excused, or all hits explained away */
    GATE_LIMIT,  /* the figures keep within the limit, or compare with nothing */
};

enum evidence_role {
    EVIDENCE_BRAND,
    EVIDENCE_ABOUT,
    EVIDENCE_AGAINST,
    EVIDENCE_COMPLAINT,
    EVIDENCE_UNLESS,
    EVIDENCE_KEPT,
    EVIDENCE_OURS,
    EVIDENCE_SEVERITY,
};
const char *evidence_role_name(enum evidence_role role); /* "about", "against" ... */

/* What became of an against, kept or ours hit. */
enum evidence_use {
    EVIDENCE_COUNTED, /* a gate opened by it */
    EVIDENCE_DENIES,
    EVIDENCE_BREAKS,          /* measured, beyond the limit */
    EVIDENCE_KEEPS,           /* measured, within the limit */
    EVIDENCE_EXPLAINED,       /* taken away by an `unless` hit */
    EVIDENCE_IN_TIME,         /* denies, but the sentence says the limit has not run out */
    EVIDENCE_FAR,             /* over 40 words from what it would have to go with */
    EVIDENCE_OTHER_DIMENSION, /* money against a limit in time, another currency */
    EVIDENCE_OTHER_ROLE,      /* an age, a period, a time of day ... not a wait */
};
const char *evidence_use_name(enum evidence_use use); /* "breaks the limit" ... */

struct evidence {
    enum evidence_role role;
    enum evidence_use use;
    size_t start, end;               /* bytes of the judged text */
    uint32_t first, last;            /* words */
    const struct phrase *phrase;     /* of the rule file: text and place */
    const struct quantity *quantity; /* NULL: none */
    int weight;                      /* of a word that <unhappy> found, in thousandths; else 0 */
};

struct verdict {
    const struct promise *promise;
    enum verdict_kind kind;
    enum gate gate;
    const struct evidence *evidence;
    size_t n_evidence;
    const struct evidence *worst;    /* the against hit that decided; NULL unless broken */
    const struct quantity *observed; /* of `worst`, for VERDICT_MEASURED and DISSONANT */
    double ratio;                    /* observed / limit ("at most"), limit / observed ("at
                                        least"); 0 where the limit is 0 */
    enum severity severity;          /* with the triggers that need one post only */
    const struct trigger *trigger;   /* what raised it; NULL: the promise's own level */
    /* Dissonance between two of our voices (lib/desk/voice.h): both as said; else empty. */
    struct str said, other_said, other_url;
};

/* Whether the post names us (or needs not to) and the topic of some promise; only
 * looked for with JUDGE_OUTCOMES. */
enum judged_topic { TOPIC_NOT_OURS, TOPIC_UNCOVERED, TOPIC_OF_A_PROMISE };

struct judgement {
    struct str text; /* what was judged: title and text (mention_body) */
    enum lang lang;  /* what the mention says, else a guess where a promise may be touched */
    enum { AUTHOR_CUSTOMER, AUTHOR_OURS } author;
    enum judged_topic topic;
    const struct verdict *verdicts;
    size_t n;
};

enum judge_depth {
    JUDGE_OUTCOMES, /* verdicts that are not VERDICT_NONE, and what our own voices claim */
    JUDGE_ALL,      /* every promise, with the gate that stopped it and all evidence */
};

enum judge_about { JUDGE_ABOUT_ANYONE, JUDGE_ABOUT_US };

struct judge *judge_new(struct ruleset *set);
void judge_free(struct judge *j); /* NULL is fine */
void judge_freep(struct judge **j);
struct ruleset *judge_ruleset(const struct judge *j);

/* What is to be judged as words, cut once for everybody who looks at them; they
 * live until the next call, and the text that they are of in `arena` or `mention`.
 * NULL at the arena's limit. */
const struct words *judge_read(struct judge *j, const struct mention *mention, struct arena *arena);
/* Judges the mention that judge_read read last. All of *ret lives in `arena` (and
 * points into the ruleset and the mention). `now_ms` stands in for a post that does
 * not say when it was written. Return 0 or -ENOMEM at the arena's limit. */
int judge_decide(struct judge *j, enum judge_about about, int64_t now_ms, enum judge_depth depth,
                 struct arena *arena, struct judgement *ret) MUST_CHECK;
/* Both. */
int judge_mention(struct judge *j, const struct mention *mention, enum judge_about about,
                  int64_t now_ms, enum judge_depth depth, struct arena *arena,
                  struct judgement *ret) MUST_CHECK;

/* From now on JUDGE_ALL means `promise` alone; NULL: all again. */
void judge_only(struct judge *j, const struct promise *promise);

/* Whether the list `name` hits in the mention judged last; false when no list is
 * named so. */
bool judge_list_hits(struct judge *j, struct str name);
/* Whether the list `name` holds `word` (folded) as an exact word of one place. */
bool judge_list_has_word(const struct judge *j, struct str name, struct str word);

/* Tells what each promise costs: `now_ns` is the caller's clock, and the time spent
 * on a promise is added to its number's place in `spent_ns` (n_promises of them).
 * What promises share, the first that asks pays. NULL clock: no more metering. */
void judge_meter(struct judge *j, int64_t (*now_ns)(void), int64_t *spent_ns);

struct match_stats judge_stats(const struct judge *j);
const char *verdict_kind_name(enum verdict_kind kind); /* "none" "kept" "denied" ... */
const char *gate_name(enum gate gate);                 /* a clause for people: "another topic" */
