#pragma once

/* fraction - parts of one, alone, behind a whole number, and of a million. */

#include "lib/quantity/number.h"

/* What the fraction word at token `i` is worth: half, thirds, hundredths. */
double fraction_value(const struct tokens *ts, size_t i);
/* "1/2" at token `i`. False leaves the rest alone, here and below. */
bool fraction_slashed(const struct tokens *ts, size_t i, double *ret, size_t *next);
/* "and fifty-four hundredths", less than one, "and" being token `i`. */
bool fraction_proper(const struct tokens *ts, size_t i, double *ret, size_t *next);
/* "vingt-cinquième" behind an article. */
bool fraction_nth(const struct tokens *ts, size_t i, struct number *n);
/* "third" behind an article. */
bool fraction_third(const struct tokens *ts, size_t i, struct number *n);

/* These change *n where what follows it says so: it gains "and a half", */
void fraction_add(const struct tokens *ts, struct number *n);
/* it counts quarters, or is over or out of something, */
void fraction_divide(const struct tokens *ts, struct number *n);
/* or it is a part of a million or of a dozen. */
void fraction_multiply(const struct tokens *ts, struct number *n);
