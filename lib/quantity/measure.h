#pragma once

/* measure - one quantity without the words around it: "1 h 30", "12,50 €", "70 °F", "2 à 3 jours".
 */

#include "lib/quantity/calendar.h"
#include "lib/quantity/number.h"

struct measure {
    struct quantity q;    /* start, end, bound and role are the caller's */
    struct moment moment; /* its form is not MOMENT_NONE for dates and times */
    size_t from, next;    /* its tokens */
    bool skip;            /* understood, and nothing to report: "5 kg", "iPhone 12" */
};

/* The quantity that begins at token `i`. False leaves *ret undefined. */
bool measure_read(const struct tokens *ts, size_t i, struct measure *ret);
