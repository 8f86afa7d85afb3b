#pragma once

/* seal - from what was read to what can be judged with.
 *
 * rule/load calls these in order; after seal_finish the ruleset never changes. */

#include "lib/rule/load.h"
#include "lib/rule/ruleset.h"

struct ruleset *seal_new(void);

/* Binds <names> to lists; reports unknown names and circles. */
bool seal_resolve(struct ruleset *set, const struct list_uses *uses, struct diags *diags);

/* Compiles every regex; reports those that PCRE2 refuses, with their column. */
void seal_compile(struct ruleset *set, struct diags *diags);

/* Numbers slots, phrases and words, builds the index and the groups, hashes. */
void seal_finish(struct ruleset *set, const struct rule_text *texts, size_t n);
