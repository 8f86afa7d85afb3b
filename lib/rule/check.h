#pragma once

/* check - what is well-formed but cannot work, or will disappoint.
 *
 * Errors: a phrase that can never break its promise's limit. Warnings: no
 * examples; `unless` that swallows `against`; two phrases equal after folding;
 * a limit that nothing measures; an unused list; an owner nobody can reach; an
 * answer watched without a backup. */

#include "lib/rule/ruleset.h"

/* Names are resolved; nothing is sealed yet. */
void check_promises(const struct ruleset *set, struct diags *diags);
