#include "daemon/core/pace.h"

#include <math.h>

static const double day_ms = 86400e3, early_ms = 3600e3;

static double weight(int64_t from_ms, int64_t to_ms)
{
    return to_ms > from_ms ? exp(-(double)(to_ms - from_ms) / (PACE_DAYS * day_ms)) : 1;
}

void pace_add(struct pace *p, uint64_t posts, int64_t now_ms)
{
    if (p->since_ms == 0) {
        *p = (struct pace){0, now_ms, now_ms};
        return;
    }
    p->recent = p->recent * weight(p->at_ms, now_ms) + (double)posts;
    p->at_ms = now_ms;
}

double pace_per_day(const struct pace *p, int64_t now_ms)
{
    if (p->since_ms == 0 || (double)(now_ms - p->since_ms) < early_ms)
        return NAN;
    return p->recent * weight(p->at_ms, now_ms) / (PACE_DAYS * (1 - weight(p->since_ms, now_ms)));
}
