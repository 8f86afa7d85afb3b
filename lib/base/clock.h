#pragma once

/* clock - points in time as numbers, and RFC 3339 text. Nobody here reads a clock.
 *
 * `int64_t ..._s` counts seconds since 1970-01-01T00:00:00Z without leap
 * seconds, `..._ms` milliseconds. CLOCK_NONE is "no time known". The calendar
 * is the proleptic Gregorian one. Dates convert by Howard Hinnant's
 * days-from-civil arithmetic ("chrono-Compatible Low-Level Date Algorithms"). */

#include "lib/base/str.h"

#define CLOCK_NONE INT64_MIN

struct civil {
    int64_t year;
    int month, day;           /* 1..12, 1..31 */
    int hour, minute, second; /* second up to 60 in input */
};

/* Days since 1970-01-01; month and day must be in range. */
int64_t clock_days(int64_t year, int month, int day);
/* Monday 0 .. Sunday 6 */
int clock_weekday(int64_t days);
int clock_month_days(int64_t year, int month);
/* Seconds since the epoch of a civil time in UTC. */
int64_t clock_from_civil(const struct civil *c);
struct civil clock_to_civil(int64_t at_s);

/* "2025-11-22T09:14:05Z", or with .212 for milliseconds, or an offset, or a
 * plain date (midnight UTC). False leaves *ret_ms alone. RFC 3339 section 5.6,
 * plus lower case t/z, a space for T, "+0000" and an absent zone (UTC), as
 * networks write them; fractions are cut to milliseconds. */
bool clock_parse(struct str text, int64_t *ret_ms) MUST_CHECK;

enum { CLOCK_TEXT_MAX = 32 };
/* "2025-11-22T09:14:05Z" and "2025-11-22T09:14:05.212Z", NUL-terminated. Years
 * outside 0000..9999 are clamped. */
struct str clock_write_s(int64_t at_s, char ret[CLOCK_TEXT_MAX]);
struct str clock_write_ms(int64_t at_ms, char ret[CLOCK_TEXT_MAX]);
