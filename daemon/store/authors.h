#pragma once

/* authors - the ledger outlives its authors: after the retention of alerts a number takes the
 * place of each, the first of the day and promise being #1. How many there were stays exact,
 * and nothing links a number to a person or to another day. */

#include <stdint.h>

struct store;
struct authors; /* where the walk stands; in memory, for doing it again gives the same numbers */

struct authors *authors_new(void);
void authors_free(struct authors *w); /* NULL is fine */
/* After a failure: what was numbered in this transaction may not be there. */
void authors_restart(struct authors *w);
/* One portion of the days before `limit_day`, inside a transaction; adds 1 to *n when there may
 * be more to do. Return 0 or negative errno. */
int authors_drop(struct store *s, int64_t limit_day, int *n);
