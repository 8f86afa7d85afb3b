#pragma once

/* excerpt - the part of a post that may leave the house: short, and masked.
 *
 * Handles other than the brand's own, mail addresses, phone and order numbers
 * are covered letter by letter, so every offset stays true. At most
 * EXCERPT_POINTS code points, around the evidence that decided. */

#include "lib/base/str.h"

struct arena;
struct ruleset;

enum { EXCERPT_POINTS = 500 };

struct excerpt {
    struct str text;
    size_t from; /* bytes of the original cut off before it */
    bool truncated;
};

enum excerpt_mask { EXCERPT_MASKED, EXCERPT_CLEAR };

/* When `text` must be cut, byte `start` stays inside with what is around it. NULL
 * text in the result: the arena's limit. */
struct excerpt excerpt_make(struct str text, size_t start, const struct ruleset *set,
                            enum excerpt_mask mask, struct arena *arena);

/* Covers what identifies people in `bytes` (valid UTF-8), in place. A covered
 * code point becomes '*' and the rest of its bytes are removed, so offsets in
 * code points stay true while the length may shrink; the new length is returned. */
size_t excerpt_cover(char *bytes, size_t n, const struct ruleset *set);
