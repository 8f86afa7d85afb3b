#pragma once

/* range - the second end of "2-3", "between two and three million", "45 min to 1 hour". */

#include "lib/quantity/denomination.h"
#include "lib/quantity/measure.h"

/* A hyphen, "to" or "or" at token `i`; `between` (that word came before): "and" too. */
bool range_joins(const struct tokens *ts, size_t i, bool between);
/* The number joined to `a`, greater than it. False leaves *b undefined. */
bool range_second(const struct tokens *ts, const struct number *a, bool between, struct number *b);
/* "one to two million": gives `a` the multiplier of `b` where it lacks one. */
void range_share(struct number *a, const struct number *b);
/* "2/3 jours", "24/48 h" at token `i`. False leaves *a and *b alone. */
bool range_slashed(const struct tokens *ts, size_t i, struct number *a, struct number *b);
/* Adds a second measure of that kind behind *m as its upper end, if one is joined. */
void range_extend(const struct tokens *ts, struct measure *m, bool between);
