#pragma once

/* entire - lengths of time without a number: "all week", "hour-long", "heure et demie". */

#include "lib/quantity/measure.h"

/* One at token `i`. False leaves *m undefined but for m->from. */
bool entire_read(const struct tokens *ts, size_t i, struct measure *m);
