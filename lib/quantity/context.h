#pragma once

/* context - what the words before and behind a quantity say: its bound and its role. */

#include "lib/quantity/number.h"

struct context {
    int bound;   /* enum quantity_bound or BOUND_ALMOST; -1: nothing said */
    int role;    /* enum quantity_role; -1: nothing said */
    bool going;  /* the words say that it still goes on */
    size_t from; /* first token of the bound's words, or of the quantity */
    size_t next; /* behind the bound's words */
};

/* Tokens [from, next) are a quantity of that kind; words before token `first`
 * belong to another one, and bound that. */
struct context context_read(const struct tokens *ts, size_t first, size_t from, size_t next,
                            enum quantity_kind kind);
