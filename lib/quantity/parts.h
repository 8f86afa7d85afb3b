#pragma once

/* parts - what follows a measure and adds to it:
 * "30" behind "1 h", "and a half", "50" behind "12 €". */

#include "lib/quantity/measure.h"

/* All move m->next behind what they read, and leave *m alone when nothing adds.
 * `factor`: units that the word read is worth (a decade: 10). */
void parts_of_time(const struct tokens *ts, struct measure *m, double factor);
void parts_of_length(const struct tokens *ts, struct measure *m);
void parts_of_money(const struct tokens *ts, struct measure *m);
/* "and a half" of one unit; false when it does not follow. */
bool parts_half(const struct tokens *ts, struct measure *m);
