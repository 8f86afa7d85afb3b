#pragma once

/* ledger - how a promise fares: what posts said of it, day by day, and what that proves.
 *
 * The desk notes one line for every verdict (recall.h); this sums up the lines of a
 * day, and judges some days together. Pure arithmetic; days are days since
 * 1970-01-01 in UTC, of the posts' own times. */

#include "lib/base/map.h"
#include "lib/base/vec.h"

struct arena;
struct json;
struct json_writer;

enum ledger_verdict {
    LEDGER_KEPT,
    LEDGER_BROKEN,    /* measured: a figure past the limit */
    LEDGER_SUSPECTED, /* denied: somebody says so */
    LEDGER_ANSWERED,
    LEDGER_ACKNOWLEDGED,
    LEDGER_UNANSWERED,
    LEDGER_VERDICTS,
};

/* The verdict of a line as the desk writes it ("kept", "measured", "denied" …); false for
 * others, which the ledger does not count. */
bool ledger_verdict_of(struct str line, enum ledger_verdict *ret) MUST_CHECK;

struct ledger_line {
    enum ledger_verdict verdict;
    struct str author; /* hashed; empty: unknown, counts as one of its own */
    double ratio;      /* broken: times the limit, 0 unknown; answered: seconds it took */
};

struct ledger_day {
    int64_t day;
    uint32_t counts[LEDGER_VERDICTS];
    uint32_t authors;       /* distinct, of those who say it was not kept */
    double median_excess;   /* times the limit; NAN: nothing was measured */
    double median_answer_s; /* NAN: nothing was answered */
};

/* Sums up one day line by line, so that a day of a million can be read in portions. */
struct ledger_count {
    uint32_t counts[LEDGER_VERDICTS];
    struct arena *arena;
    struct map authors; /* who complained, by name */
    uint32_t unnamed;   /* and without */
    VEC(double) excess, answers;
};
void ledger_count_init(struct ledger_count *c);
void ledger_count_add(struct ledger_count *c, const struct ledger_line *line); /* copied */
struct ledger_day ledger_count_sum(struct ledger_count *c, int64_t day);
void ledger_count_done(struct ledger_count *c);

/* {"kept":3,"broken":1,…} and back; unknown members are left alone, missing ones are 0. */
void ledger_write(const struct ledger_day *d, struct json_writer *w);
struct ledger_day ledger_read(int64_t day, const struct json *object);

/* How many days together make the state of a promise, and its sparkline. */
enum { LEDGER_STATE_DAYS = 7, LEDGER_SPARK_DAYS = 14 };

/* The share of posts which say that the promise was kept, with the 95 % interval of
 * Wilson (1927): honest for few posts, where the plain share is not. */
struct ledger_rate {
    uint32_t kept, total;
    double rate, low, high; /* NAN, 0 and 1 when nobody spoke of it */
};
struct ledger_rate ledger_wilson(uint32_t kept, uint32_t total);

/* broken: surely most of those who spoke say so (high < 1/2). strained: some do, and it is
 * not sure that they are few (low < 9/10). kept: else. unheard: nobody spoke of it. */
enum ledger_state { LEDGER_IS_UNHEARD, LEDGER_IS_KEPT, LEDGER_IS_STRAINED, LEDGER_IS_BROKEN };
enum ledger_state ledger_state(const struct ledger_rate *rate);
const char *ledger_state_name(enum ledger_state state);

/* Of the days (from - count, from]. */
struct ledger_rate ledger_rate(const struct ledger_day *days, size_t n, int64_t from, int count);
