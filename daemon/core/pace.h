#pragma once

/* pace - how many posts a day a source brings of late.
 *
 * An exponential mean: what came counts less the longer ago it is, by e in
 * PACE_DAYS. Divided by the weight of the time since it was first counted, so a
 * source of two hours is not taken for a silent one. What the first answer brings
 * was written before and is not counted. Pure: `now` comes in, the calendar's ms;
 * a clock that goes back counts as one that stands. */

#include <stdint.h>

enum { PACE_DAYS = 7 };

struct pace {
    double recent;    /* posts, each weighed by its age, as of `at_ms` */
    int64_t at_ms;    /* 0: nothing counted yet */
    int64_t since_ms; /* idem */
};

void pace_add(struct pace *p, uint64_t posts, int64_t now_ms);
/* NAN within the first hour: too early to say. */
double pace_per_day(const struct pace *p, int64_t now_ms);
