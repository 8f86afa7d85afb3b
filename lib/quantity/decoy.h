#pragma once

/* decoy - figures and words that no quantity is to be read from. */

#include "lib/quantity/measure.h"

/* Takes a decoy, or years ("1960s": a number), at token `i`. False leaves *m alone. */
bool decoy_read(const struct tokens *ts, size_t i, struct measure *m);
/* "A320", "COVID-19": token `i` is figures of a name. */
bool decoy_is_name(const struct tokens *ts, size_t i);
/* "Euro 2020": a currency's name and a year. */
bool decoy_is_event(const struct tokens *ts, size_t i);
/* "2day": number `n`, at token `i`, and its letters are a word. */
bool decoy_is_slang(const struct tokens *ts, size_t i, const struct number *n);
/* "this one", "one of them" */
bool decoy_is_pronoun(const struct tokens *ts, const struct number *n);
/* Degrees in tokens [i, next) that turn. */
bool decoy_is_angle(const struct tokens *ts, size_t i, size_t next);
/* "/24", "/7" behind hours or days. */
bool decoy_around_the_clock(const struct tokens *ts, size_t i);
