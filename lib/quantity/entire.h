#pragma once

/* entire - lengths of time without a count: "all week", "hour-long", "heure et demie", "for
 * weeks", "3e jour sans", "day 3". The last three are lengths where somebody waits (wait_only). */

#include "lib/quantity/measure.h"

/* One at token `i`. False leaves *m undefined but for m->from. */
bool entire_read(const struct tokens *ts, size_t i, struct measure *m);
