#pragma once

/* match - the hits of slots in one post.
 *
 * A matcher is scratch memory for one ruleset, kept between posts: after the
 * first posts a post allocates nothing. match_read folds and cuts the text,
 * match_post notes which words of the rules stand where; slots are evaluated
 * when asked for, once per post, and their hits remembered. */

#include "lib/rule/ruleset.h"

struct matcher;

/* One way in which a phrase of a slot stands in the post. Per phrase and first
 * word the longest is kept. */
struct hit {
    uint32_t first, last; /* words, inclusive */
    uint32_t phrase;      /* its place in the slot */
    int32_t quantity;     /* number of the quantity it holds, or -1 */
    /* Where the words are written: the phrase, or, when it is nothing but a <list>,
     * the phrase of that list. */
    const struct phrase *source;
};

struct hits {
    const struct hit *items; /* by first word, then phrase; until the next match_post */
    uint32_t n;
};

/* `set` is borrowed and must outlive the matcher. */
struct matcher *matcher_new(const struct ruleset *set);
void matcher_free(struct matcher *m); /* NULL is fine */

/* Folds `text` and cuts it into words (match_words); it must outlive the use of
 * words and hits. */
void match_read(struct matcher *m, struct str text);
/* Begins the matching of the text read last. `at_s`: the post's time. */
void match_post(struct matcher *m, enum lang lang, int64_t at_s);

/* Another language than match_post was given: for a caller that guesses it from
 * match_words. Before the first match_slot of the post. */
void match_language(struct matcher *m, enum lang lang);

/* Candidates: groups whose `about` may hit in this post, each once. */
const uint32_t *match_groups(struct matcher *m, size_t *ret_n);

struct hits match_slot(struct matcher *m, const struct slot *slot);

const struct words *match_words(const struct matcher *m);
/* The quantity of a hit, or NULL. */
const struct quantity *match_quantity(const struct matcher *m, const struct hit *hit);
/* All quantities of the post, read when first asked for. */
const struct quantity *match_quantities(struct matcher *m, size_t *ret_n);

/* Bytes of the post's text that the hit covers; the end is exclusive. */
void match_span(const struct matcher *m, const struct hit *hit, size_t *ret_start, size_t *ret_end);

/* Since the matcher was made: regexes that reached a limit, searches cut short. */
struct match_stats {
    uint64_t n_regex_limits, n_cut_short;
};
struct match_stats match_stats(const struct matcher *m);
