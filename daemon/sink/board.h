#pragma once

/* board - how every promise fares, in Redis for all to see.
 *
 * `PREFIXpromises` is the set of the promises' ids; `PREFIXledger:ID` is a hash:
 *
 *     says owner status       as the rules have them
 *     state rate low high kept total   of the last 7 days (lib/desk/ledger.h)
 *     today                   the counts of today, JSON
 *     2025-11-22 …            one field a day with lines, 90 days at most: the same JSON
 *     producer updated        who wrote it, when
 *
 * A hash is written when its promise has news, every hour, and when the link
 * comes back; looked at every BOARD_MS, for a twentieth of the time at most, a quarter while
 * it has fallen behind; days are read in portions, so that the loop never waits long.
 * All of it expires when nobody has written it for 90 days. */

#include "lib/base/str.h"

struct board;
struct courier;
struct loop;
struct ruleset;
struct store;

enum { BOARD_MS = 3000, BOARD_DAYS = 90 };

struct board_ports {
    struct loop *loop;
    struct store *store;
    struct courier *courier;
    struct str prefix, producer; /* borrowed */
};

struct board *board_new(const struct board_ports *ports, struct ruleset *set);
void board_free(struct board *b);
/* The promises of `set` from now on. */
void board_rules(struct board *b, struct ruleset *set);
/* The link is ready: what Redis has is not known, so all is written again. */
void board_ready(struct board *b);
