#pragma once

/* measure - one quantity without the words around it: "1 h 30", "12,50 €", "70 °F", "2 à 3 jours".
 */

#include "lib/quantity/calendar.h"
#include "lib/quantity/number.h"

struct denomination;

struct measure {
    struct quantity q;    /* start, end, bound and role are the caller's */
    struct moment moment; /* its form is not MOMENT_NONE for dates and times */
    size_t from, next;    /* its tokens */
    bool skip;            /* understood, and nothing to report: "5 kg", "iPhone 12" */
    bool wait_only;       /* a quantity where the words around make it a wait: "des semaines" */
};

/* The quantity that begins at token `i`. False leaves *ret undefined. */
bool measure_read(const struct tokens *ts, size_t i, struct measure *ret);

/* *m as number `n`, or from it to `high` where that is greater, of that unit. */
void measure_make(struct measure *m, const struct number *n, double high,
                  const struct denomination *u);
/* *m as something to drop, that ends before token `next`. */
void measure_skip(struct measure *m, size_t next);
/* "2+ hours": at least that much. */
void measure_open_upwards(struct measure *m);
