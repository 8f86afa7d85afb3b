#pragma once

/* wording - from a promise as it is said to the public, to a rule to start from.
 *
 * "Livraison en 48h partout en France" has a figure (the quantity reader finds
 * it), a topic (the shared lists that hit) and, by both, the words with which
 * people contradict it. What comes out is a whole rule file that `couac check`
 * accepts: limit, about, against, unless, and examples in French and English.
 * Each example was judged; one that does not pass yet is marked `todo`. */

#include "lib/base/str.h"

struct rule_text;

struct draft {
    struct str id;           /* "delivery-48h" */
    struct str limit;        /* "at most 48 h"; empty: no figure */
    struct str topic;        /* the shared list, "parcel", or a name; empty: none is known */
    struct str owner;        /* its id */
    size_t n_passed, n_todo; /* examples */
    struct str yaml;         /* in the arena */
};

enum draft_error {
    DRAFT_OK = 0,
    DRAFT_E_EMPTY = 1, /* no words in it */
    DRAFT_E_WORDS,     /* the shared vocabulary does not load */
};

struct arena;

/* `words`: the shared vocabulary. `id` may be empty: it is chosen then. `owner` is one
 * that other files define; empty: a new one, which is written. `now_ms` is when the examples are
 * judged. All of *ret lives in `arena`, which must have no limit. */
enum draft_error draft_promise(const struct rule_text *words, size_t n_words, struct str sentence,
                               struct str id, struct str owner, int64_t now_ms, struct arena *arena,
                               struct draft *ret) MUST_CHECK;
