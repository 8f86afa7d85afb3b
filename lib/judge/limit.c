#include "lib/judge/limit.h"

#include <math.h>

/* A quantity is a closed range with a modifier. Against "at most" its low end
 * decides: "5 to 6 days" breaks 4 days, "up to 6 days" does not. At the limit
 * itself the modifier decides: "over 10 minutes" breaks "at most 10 min", a
 * plain "10 minutes" keeps it, unless the words say that they are not over: "no
 * internet for 24 h now" breaks 24 h. "Almost 48 h" has both ends at 48 h and
 * keeps. */

static bool same_dimension(const struct limit *limit, const struct quantity *q)
{
    enum quantity_kind a = limit->q.kind, b = q->kind;
    bool counts = (a == QUANTITY_NUMBER || a == QUANTITY_COUNT) &&
                  (b == QUANTITY_NUMBER || b == QUANTITY_COUNT);

    if (a != b && !counts)
        return false;
    if (a != QUANTITY_MONEY || !limit->q.currency[0] || !q->currency[0])
        return true;
    return strcmp(limit->q.currency, q->currency) == 0 || limit->q.high == 0;
}

/* What a time measures decides whether a promise about waiting can be broken by
 * it. A promise of a minimum ("at least 3 months") is about periods and lengths.
 * What is still to come ("my flight is in 3 hours") breaks nothing, unless the
 * phrase asks for it: "appointment ... <ahead>" is a wait that was announced. */
static bool role_counts(const struct limit *limit, const struct quantity *q,
                        const struct phrase *phrase)
{
    if (q->kind != QUANTITY_DURATION)
        return true;
    switch (q->role) {
    case QUANTITY_AGE:
    case QUANTITY_SENIORITY:
    case QUANTITY_FREQUENCY:
    case QUANTITY_CLOCK:
        return false;
    case QUANTITY_AHEAD:
        return limit->op == LIMIT_AT_LEAST || phrase_names_role(phrase, QUANTITY_AHEAD);
    case QUANTITY_PERIOD:
    case QUANTITY_LENGTH:
        return limit->op == LIMIT_AT_LEAST;
    default:
        return true;
    }
}

static bool above(double bound, const struct quantity *q)
{
    bool more = q->bound == QUANTITY_MORE_THAN || (q->going && q->bound == QUANTITY_EXACT);

    return q->low > bound || (q->low == bound && more);
}

static bool below(double bound, const struct quantity *q)
{
    return q->high < bound || (q->high == bound && q->bound == QUANTITY_LESS_THAN);
}

/* Nobody waits thirty thousand times as long as was promised and then writes of it:
 * "across the street from your store for eight years" is no wait in line. Ten
 * thousand times would deny that callers try for two months. */
enum { BELIEVABLE_TIMES = 30000 };

static bool beyond_belief(const struct limit *limit, const struct quantity *q)
{
    return limit->op == LIMIT_AT_MOST && q->kind == QUANTITY_DURATION && limit->q.high > 0 &&
           q->low > limit->q.high * BELIEVABLE_TIMES;
}

enum evidence_use limit_compare(const struct limit *limit, const struct quantity *q,
                                const struct phrase *phrase)
{
    if (!q || limit->op == LIMIT_NONE)
        return EVIDENCE_DENIES;
    if (!same_dimension(limit, q))
        return EVIDENCE_OTHER_DIMENSION;
    if (!role_counts(limit, q, phrase) || beyond_belief(limit, q))
        return EVIDENCE_OTHER_ROLE;
    bool broken = limit->op == LIMIT_AT_MOST ? above(limit->q.high, q) : below(limit->q.low, q);

    return broken ? EVIDENCE_BREAKS : EVIDENCE_KEEPS;
}

double limit_promised(const struct quantity *q, enum limit_op op)
{
    bool lower = (op == LIMIT_AT_LEAST && isfinite(q->low)) || !isfinite(q->high);

    return lower ? q->low : q->high;
}

static const double month_s = 28 * 86400.0, calendar_slack = 0.07; /* 28 of 30 days */

bool limit_same_value(double a, double b)
{
    double more = fmax(fabs(a), fabs(b));

    return fabs(a - b) <= more * (fmin(a, b) >= month_s ? calendar_slack : 1e-9);
}

bool limit_differs(const struct limit *limit, const struct quantity *q)
{
    if (!q || limit->op == LIMIT_NONE || !same_dimension(limit, q))
        return false;
    return !limit_same_value(limit_promised(q, limit->op), limit_promised(&limit->q, limit->op));
}

double limit_ratio(const struct limit *limit, const struct quantity *q)
{
    double observed = limit->op == LIMIT_AT_MOST ? q->low : q->high;
    double bound = limit->op == LIMIT_AT_MOST ? limit->q.high : limit->q.low;
    double ratio = limit->op == LIMIT_AT_MOST ? observed / bound : bound / observed;

    return isfinite(ratio) ? ratio : 0;
}

bool limit_trigger(const struct trigger *t, const struct quantity *q)
{
    struct limit as_limit = {.op = LIMIT_AT_MOST, .q = t->q};

    if (!q || !same_dimension(&as_limit, q))
        return false;
    return t->kind == TRIGGER_OVER ? above(t->q.high, q) : below(t->q.low, q);
}
