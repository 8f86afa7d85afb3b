#pragma once

/* suggest - phrases and excuses that a labelled corpus asks for.
 *
 * Consecutive words of missed posts are candidates for `about` and `against`,
 * words of wrongly alerting posts for `unless`. A candidate must be in at least
 * SUGGEST_SUPPORT posts that it would mend (one more past 300 labelled pairs) and in few that it
 * would spoil. Then each is tried, the most promising first: the rules are loaded with it and the
 * corpus is replayed; it stays when F1 rises. What that is worth on posts it was
 * not learned from, the caller finds out on the other half (suggest_split). */

#include "lib/tune/replay.h"

struct rule_text;

enum { SUGGEST_SUPPORT = 2, SUGGEST_TRIES = 40, SUGGEST_MAX = 16 };
enum suggest_slot { SUGGEST_ABOUT, SUGGEST_AGAINST, SUGGEST_UNLESS };
const char *suggest_slot_name(enum suggest_slot slot); /* "about" ... */

struct suggestion {
    struct str promise, phrase;
    enum suggest_slot slot;
    size_t n_mends, n_spoils; /* posts of the learned half that hold the words */
};

struct suggestions {
    struct suggestion items[SUGGEST_MAX];
    size_t n;
    size_t n_tried;
    struct rate f1_before, f1_after; /* on the learned corpus */
};

/* Deals labelled lines into two halves by a hash of the line: always the same. */
void suggest_split(struct str corpus, struct sbuf *learn, struct sbuf *held_out);

/* `texts` are the rules, which load. `go_on` is asked before each try; NULL: always.
 * All of *ret lives in `arena`. Return 0 or -errno. */
int suggest_find(const struct rule_text *texts, size_t n_texts, struct str learn,
                 const struct replay_settings *settings, bool (*go_on)(void), struct arena *arena,
                 struct suggestions *ret) MUST_CHECK;

/* A rule file of `change` that adds them. */
void suggest_write(const struct suggestions *s, struct sbuf *yaml);

/* Tallies of `corpus` by the rules with the suggestions (s may be NULL: without). 0 or -errno. */
int suggest_measure(const struct rule_text *texts, size_t n_texts, const struct suggestions *s,
                    struct str corpus, const struct replay_settings *settings,
                    struct tally *ret) MUST_CHECK;
