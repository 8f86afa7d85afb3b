#pragma once

/* abacus - whole numbers in words and digits: "deux cent mille", "1 234", "100k". */

#include "lib/quantity/number.h"

/* The number at token `i`: sets value, last_mul and next. False leaves *n alone. */
bool abacus_read(const struct tokens *ts, size_t i, struct number *n);
/* Token `i` ends with an s. */
bool token_plural(const struct tokens *ts, size_t i);
