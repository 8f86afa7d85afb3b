#pragma once

/* lint - warnings about sealed rules that need their examples, the calendar or a
 * look at two promises at once. What one promise alone tells is lib/rule/check's.
 *
 * Warned of: a phrase that no example exercises; a phrase covered by a shorter
 * one; `unless` that takes away whatever `against` finds; `valid` that has ended;
 * two promises in force at the same time, about the same and broken by the same,
 * whose limits differ (dissonance in the rules themselves). */

#include "lib/rule/ruleset.h"

/* `now_ms` is today, for `valid` and for examples without a date. 0 or -ENOMEM. */
int lint(struct ruleset *set, int64_t now_ms, struct diags *diags) MUST_CHECK;
