#pragma once

/* schedule - when a source is asked next, from what it just answered.
 *
 * Pure: the whole of a poller's manners in time, as one function of facts. In
 * rank: Retry-After; what HTTP says of freshness; what the feed says of itself
 * (ttl, sy:, skipHours, skipDays); the user's `every`, else the feed's own rhythm;
 * floors for public servers; doubling after failures; then jitter, which only
 * ever adds. What a hub delivers is asked rarely, as long as the hub's word holds. */

#include "daemon/config/config.h"

enum schedule_outcome {
    SCHEDULE_FRESH,  /* a document */
    SCHEDULE_SAME,   /* 304, or the same document */
    SCHEDULE_FAILED, /* network, status, or no feed any more */
    SCHEDULE_BUSY,   /* 429, 503: the server asks for patience */
    SCHEDULE_GONE,   /* 410 */
};

enum schedule_server {
    SCHEDULE_CONDITIONAL, /* sends validators and honours them, as far as known */
    SCHEDULE_BLIND,       /* sends none */
    SCHEDULE_DEAF,        /* sends the same document again and again */
};

enum { SCHEDULE_UNKNOWN = -1 };
#define SCHEDULE_NEVER INT64_MAX

struct schedule_facts {
    enum schedule_outcome outcome;
    enum schedule_server server;
    enum config_network network;
    int64_t now_ms;      /* the calendar's */
    int64_t every_ms;    /* 0: not said */
    int64_t gap_ms;      /* typical between posts, or SCHEDULE_UNKNOWN */
    int64_t lifetime_ms; /* HTTP freshness, or SCHEDULE_UNKNOWN */
    int64_t retry_ms;    /* Retry-After, or SCHEDULE_UNKNOWN */
    int64_t ttl_ms;      /* the document's own, or SCHEDULE_UNKNOWN */
    int64_t pushed_ms;   /* until when a hub delivers it too; before `now`: none does */
    uint32_t skip_hours; /* bit h: not in hour h GMT */
    uint8_t skip_days;   /* bit d: not on day d, Monday is 0 */
    unsigned failures;   /* in a row, this answer included */
    uint64_t random;     /* for the jitter */
};

struct schedule_next {
    int64_t next_ms;     /* the calendar's, or SCHEDULE_NEVER */
    int64_t interval_ms; /* without jitter */
};

struct schedule_next schedule_next(const struct config_poll *rules, const struct schedule_facts *f);

/* When source `i` of `n` new ones is asked first: spread over its interval when they are
 * many, at once when they are few. */
int64_t schedule_first_ms(int64_t interval_ms, size_t i, size_t n, uint64_t random);

/* The typical gap between posts of these times (any order, CLOCK_NONE is skipped), longer
 * when the newest is old; SCHEDULE_UNKNOWN for fewer than three. `times` is sorted. */
int64_t schedule_gap_ms(int64_t *times_ms, size_t n, int64_t now_ms);
