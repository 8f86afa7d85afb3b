#pragma once

/* calendar - dates and times of day in prose, and what they are against a known moment.
 *
 * Reading and resolving are two steps, since "le 3 mars" is the one past when
 * something has been going on since, and the nearest one otherwise. UTC
 * throughout: people's zone is not known, so a time of day alone never becomes
 * an elapsed time by comparison with the post's own. */

#include "lib/quantity/number.h"

enum moment_form {
    MOMENT_NONE,
    MOMENT_DATE,  /* month and day, maybe year */
    MOMENT_MONTH, /* month, maybe year */
    MOMENT_YEAR,
    MOMENT_DAY, /* day of some month */
    MOMENT_WEEKDAY,
    MOMENT_OFFSET, /* days from today */
    MOMENT_WEEK,   /* `shift` weeks from this one */
    MOMENT_MONTHS, /* `shift` months from this one */
    MOMENT_YEARS,
    MOMENT_CLOCK, /* a time of day alone */
};

enum { CLOCK_UNSAID = -1 };

struct moment {
    enum moment_form form;
    int year; /* 0: not said */
    int month, day;
    int third; /* of the month: 1 early, 2 mid, 3 late; 0: not said. 1 of a week: its first days */
    int weekday;          /* Monday 0; with MOMENT_DAY and MOMENT_DATE a hint only */
    int shift;            /* days, weeks, months, years from now; for weekdays -1 last, 1 next */
    int clock, clock_end; /* minutes since midnight, or CLOCK_UNSAID */
    bool vague_hour;      /* "3": morning or afternoon is not said */
    size_t from, next;
};

/* A date or a time of day that begins at token `i`. */
bool calendar_read(const struct tokens *ts, size_t i, struct moment *ret);

enum tense { TENSE_PAST, TENSE_NEAREST };

/* The seconds since the epoch in which the moment lies, end exclusive. False
 * when it depends on `at_s` and that is CLOCK_NONE, or when there is no such day. */
bool calendar_resolve(const struct moment *m, int64_t at_s, enum tense tense, int64_t *ret_from,
                      int64_t *ret_to);
