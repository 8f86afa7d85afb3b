#pragma once

/* denomination - the words and signs behind or before a number that say what it counts. */

#include "lib/quantity/number.h"

struct denomination {
    enum quantity_unit unit;
    double factor; /* units one word is worth */
    double mul;    /* "75 USD million" */
    char code[4];
    size_t next;
    bool other; /* a unit we know and do not report: 5 kg */
};

/* The unit that counts number `n`, from token `i` on. False leaves *u undefined. */
bool denomination_read(const struct tokens *ts, size_t i, const struct number *n,
                       struct denomination *u);
/* "%", "percent", "pour cent" at `i`: sets unit and next. */
bool denomination_percent(const struct tokens *ts, size_t i, struct denomination *u);
/* A currency in words and signs at `i`: sets unit, code, next and mul. */
bool denomination_currency(const struct tokens *ts, size_t i, struct denomination *u);
/* The ISO code of a currency sign, or NULL. Static. */
const char *denomination_sign(uint32_t sign);
