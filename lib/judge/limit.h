#pragma once

/* limit - how a quantity that somebody lived compares with the one that was promised. */

#include "lib/judge/judge.h"

/* EVIDENCE_DENIES for no quantity; else BREAKS, KEEPS, OTHER_DIMENSION or
 * OTHER_ROLE. A promise without a limit is denied by whatever hits. `phrase` is
 * the one that took the quantity: it may ask for a role ("<ahead>"). */
enum evidence_use limit_compare(const struct limit *limit, const struct quantity *q,
                                const struct phrase *phrase);

/* Whether one of our own voices names another bound than the limit's. */
bool limit_differs(const struct limit *limit, const struct quantity *q);

/* The end of a promised range that counts: the upper one, or the lower where that is open or
 * the promise is of a minimum. */
double limit_promised(const struct quantity *q, enum limit_op op);
/* Whether two promised values are one: the calendar has months of 28 to 31 days, and years
 * of twelve. */
bool limit_same_value(double a, double b);

/* How far beyond the limit, as in struct verdict. */
double limit_ratio(const struct limit *limit, const struct quantity *q);

/* Whether a trigger of kind OVER or UNDER is true of the quantity. */
bool limit_trigger(const struct trigger *t, const struct quantity *q);
