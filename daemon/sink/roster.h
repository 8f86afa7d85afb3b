#pragma once

/* roster - how every source fares, in Redis for all to see.
 *
 * `PREFIXsources` is a hash: the source's id, and a JSON object on one line
 *
 *     kind url                     as configured; without password and query
 *     state                        new ok waiting backing-off walled gone
 *     last last_new next since     when it last answered, brought posts, is asked again, is known
 *     interval_s                   between two polls
 *     failures why detail          in a row; one word, one sentence
 *     polls not_modified bytes saved_bytes posts per_day
 *
 * of which what is not known is left out. A row is written when its source's state
 * is on the disk. All rows are written anew, into `PREFIXsources:new` that then takes
 * the place of the other, after a start, a reload, a lost link and each hour: so a
 * reader never sees half a list, and what was removed goes. It expires a day after
 * couacd ended; that couacd is alive is said by `PREFIXstatus`.
 *
 * Bounds: ROSTER_ASKED commands of ROSTER_ROWS rows without an answer, ROSTER_TURN_MS at a
 * time, a tenth of the time. After a refusal nothing is written for ROSTER_RETRY_MS. */

#include "lib/base/str.h"

struct config;
struct courier;
struct loop;
struct roster;
struct store;

enum { ROSTER_ROWS = 64, ROSTER_ASKED = 8, ROSTER_TURN_MS = 20, ROSTER_RETRY_MS = 10000 };

struct roster_ports {
    struct loop *loop;
    struct store *store;
    struct courier *courier;
    struct str prefix; /* borrowed */
};

/* `config` must stay until roster_reload or roster_free. */
struct roster *roster_new(const struct roster_ports *ports, const struct config *config);
void roster_free(struct roster *r); /* NULL is fine */
void roster_reload(struct roster *r, const struct config *config);
/* The link is ready: what Redis has is not known. */
void roster_ready(struct roster *r);
/* The store has a new state of this source. */
void roster_changed(struct roster *r, struct str id);
