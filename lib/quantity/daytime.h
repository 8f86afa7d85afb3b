#pragma once

/* daytime - times of day as people write them. */

#include "lib/quantity/calendar.h"

/* A time of day at token `i`: sets the clock, vague_hour and next of *m. False
 * leaves them undefined. */
bool daytime_read(const struct tokens *ts, size_t i, struct moment *m);
/* Behind two glued figures of minutes at token `i`, or `i`. */
size_t daytime_minutes(const struct tokens *ts, size_t i, int *minutes);
/* "2 h de", "2 h late": hours that pass, told by the word at token `i`. */
bool daytime_lasts(const struct tokens *ts, size_t i);
/* A whole number between those two. */
bool calendar_whole(const struct token *t, double least, double most);
