#pragma once

/* common - phrases that are one word, and a word so common that it tells nothing.
 *
 * A lone word of a promise's slot that stands in more than one post in twenty is
 * warned of: with enough posts at hand by what it hits there (but for `about`: a
 * company's posts are about what it does), else by a table of the commonest words
 * of customers' posts. Lists are not looked at: they may well need an article. */

#include "lib/mention/mention.h"
#include "lib/rule/ruleset.h"

struct common;

enum {
    COMMON_PERCENT = 5,
    COMMON_POSTS_MIN = 100, /* fewer say nothing, and the table is asked */
};

/* Whether the table knows a folded word as one of the commonest. */
bool common_word(struct str word);

/* `set` is borrowed and must outlive it. */
struct common *common_new(const struct ruleset *set);
void common_free(struct common *c); /* NULL is fine */

/* One post of the corpus; how often words stand in it does not matter. */
void common_hear(struct common *c, const struct mention *m);

/* Warnings by what was heard, or by the table. */
void common_warn(struct common *c, struct diags *diags);
