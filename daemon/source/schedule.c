#include "daemon/source/schedule.h"

#include <stdlib.h>

#include "daemon/core/backoff.h"
#include "lib/base/clock.h"

enum {
    SECOND_MS = 1000,
    MINUTE_MS = 60 * SECOND_MS,
    HOUR_MS = 60 * MINUTE_MS,
    DAY_MS = 24 * HOUR_MS,
    HOURS_OF_WEEK = 7 * 24,
    JITTER_PART = 8,               /* up to an eighth more */
    CRON_FROM_MS = 10 * MINUTE_MS, /* intervals from which the full hour is avoided */
    FIRST_EACH_MS = 50,
    GAP_TIMES = 20,
    QUIET_PART = 4,
};

static int64_t wanted(const struct config_poll *rules, const struct schedule_facts *f)
{
    if (f->every_ms > 0)
        return f->every_ms;
    if (f->gap_ms <= 0)
        return rules->interval_ms;
    return MAX(rules->floor_ms, MIN(f->gap_ms / 2, MAX(rules->slowest_ms, rules->interval_ms)));
}

/* What no wish goes below. Private servers are the user's own affair. */
static int64_t floor_of(const struct config_poll *rules, const struct schedule_facts *f)
{
    if (f->network == CONFIG_PRIVATE)
        return 0;
    if (f->server == SCHEDULE_DEAF)
        return MAX(rules->floor_deaf_ms, rules->floor_ms);
    if (f->server == SCHEDULE_BLIND)
        return MAX(rules->floor_blind_ms, rules->floor_ms);
    return rules->floor_ms;
}

static int64_t hinted(const struct schedule_facts *f)
{
    int64_t hint_ms = f->lifetime_ms != SCHEDULE_UNKNOWN ? f->lifetime_ms : f->ttl_ms;

    return MIN(MAX(hint_ms, 0), (int64_t)DAY_MS);
}

static int64_t safety_net(const struct config_poll *rules, const struct schedule_facts *f)
{
    return MIN(rules->pushed_ms, MAX(f->pushed_ms - f->now_ms, 0));
}

static int64_t interval_of(const struct config_poll *rules, const struct schedule_facts *f)
{
    int64_t base_ms = MAX(wanted(rules, f), floor_of(rules, f));

    switch (f->outcome) {
    case SCHEDULE_FRESH:
    case SCHEDULE_SAME:
        return MAX(MAX(base_ms, hinted(f)), safety_net(rules, f));
    case SCHEDULE_BUSY:
        if (f->retry_ms != SCHEDULE_UNKNOWN)
            return MAX(MIN(f->retry_ms, rules->retry_after_max_ms), base_ms);
        break;
    case SCHEDULE_FAILED:
    case SCHEDULE_GONE:
        break;
    }
    return backoff_ceiling(base_ms, MAX(rules->backoff_max_ms, base_ms), f->failures);
}

static bool skipped(const struct schedule_facts *f, int64_t at_ms)
{
    int64_t hours = at_ms / HOUR_MS;

    return (f->skip_hours >> (hours % 24) & 1) || (f->skip_days >> clock_weekday(hours / 24) & 1);
}

/* To the first hour in which something new may come; all skipped is no answer. */
static int64_t past_skipped(const struct schedule_facts *f, int64_t at_ms, int64_t jitter_ms)
{
    int64_t start_ms = at_ms;

    if (f->outcome != SCHEDULE_FRESH && f->outcome != SCHEDULE_SAME)
        return at_ms;
    for (int i = 0; i < HOURS_OF_WEEK && skipped(f, at_ms); i++)
        at_ms = (at_ms / HOUR_MS + 1) * HOUR_MS;
    if (at_ms == start_ms || skipped(f, at_ms))
        return start_ms;
    return at_ms + MIN(jitter_ms, (int64_t)HOUR_MS - 1);
}

/* Cron jobs all over the world make the first minute of an hour a rush. */
static int64_t past_rush(int64_t at_ms, int64_t interval_ms, uint64_t random)
{
    if (interval_ms < CRON_FROM_MS || at_ms % HOUR_MS >= MINUTE_MS)
        return at_ms;
    return at_ms + MINUTE_MS + (int64_t)(random % (4 * MINUTE_MS));
}

struct schedule_next schedule_next(const struct config_poll *rules, const struct schedule_facts *f)
{
    struct schedule_next next = {.interval_ms = interval_of(rules, f)};
    int64_t jitter_ms = (int64_t)(f->random % (uint64_t)(next.interval_ms / JITTER_PART + 1));

    if (f->outcome == SCHEDULE_GONE) {
        next.next_ms = SCHEDULE_NEVER;
        return next;
    }
    next.next_ms = past_skipped(f, f->now_ms + next.interval_ms + jitter_ms, jitter_ms);
    next.next_ms = past_rush(next.next_ms, next.interval_ms, f->random >> 32);
    return next;
}

int64_t schedule_first_ms(int64_t interval_ms, size_t i, size_t n, uint64_t random)
{
    int64_t window_ms = MIN((int64_t)n * FIRST_EACH_MS, interval_ms);
    int64_t step_ms = n ? window_ms / (int64_t)n : 0;

    return n ? window_ms * (int64_t)i / (int64_t)n + (int64_t)(random % (uint64_t)(step_ms + 1))
             : 0;
}

static int newest_first(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

    return (a < b) - (a > b);
}

int64_t schedule_gap_ms(int64_t *times_ms, size_t n, int64_t now_ms)
{
    int64_t gaps[GAP_TIMES];
    size_t known = 0, m = 0;

    for (size_t i = 0; i < n; i++)
        if (times_ms[i] != CLOCK_NONE && times_ms[i] <= now_ms)
            times_ms[known++] = times_ms[i];
    qsort(times_ms, known, sizeof(*times_ms), newest_first);
    for (; m + 1 < known && m < GAP_TIMES; m++)
        gaps[m] = times_ms[m] - times_ms[m + 1];
    if (m < 2)
        return SCHEDULE_UNKNOWN;
    qsort(gaps, m, sizeof(*gaps), newest_first);
    return MAX(gaps[m / 2], (now_ms - times_ms[0]) / QUIET_PART);
}
