#pragma once

/* pledge - what a sentence promises: its figure and its topic. wording's first half. */

#include "lib/quantity/quantity.h"
#include "lib/text/lang.h"
#include "lib/tune/topic.h"
#include "lib/tune/wording.h"

struct arena;
struct rule_text;
struct ruleset;

struct pledge {
    struct arena *arena;
    const struct rule_text *words;
    size_t n_words;
    struct str sentence;
    struct str folded; /* its words, folded, each between spaces */
    int64_t now_ms;
    enum lang lang;
    const struct topic *topic; /* never NULL: `own`, where none is known */
    struct topic own;          /* made of words of the sentence */
    struct quantity q;
    enum { FIGURE_NONE, FIGURE_DURATION, FIGURE_MONEY, FIGURE_PERCENT } figure;
    bool at_least;
    enum { AGAINST_LISTS, AGAINST_FIGURE } against; /* the topic's lists, or the figure alone */
};

/* Fills in what is found. `arena`, `words`, `sentence` and `now_ms` are given. */
enum draft_error pledge_read(struct pledge *d) MUST_CHECK;

/* The shared vocabulary and this file; NULL when it does not load. */
struct ruleset *pledge_load(const struct pledge *d, struct str yaml);
