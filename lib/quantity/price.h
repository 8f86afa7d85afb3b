#pragma once

/* price - money with its currency first: "$5", "USD 20-30", "£1.5m", "Rs. 20". */

#include "lib/quantity/measure.h"

/* A price at token `i`; `between`: "and" may join a second one. False leaves *m
 * undefined but for m->from. */
bool price_read(const struct tokens *ts, size_t i, bool between, struct measure *m);
