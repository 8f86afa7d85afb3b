#pragma once

/* poll - asks every source of kind feed or api when its time has come, as a good citizen.
 *
 * One timer for all: a heap of due times. A source at rest costs its record here
 * and its row in the store, nothing of curl's. What a source remembers (validators,
 * failures, next time) is read from the store when it is asked and written with
 * the posts it brought. */

#include "daemon/net/transfer.h"
#include "daemon/source/batch.h"

struct courtesy;
struct courtesy_limits;
struct loop;
struct poll;
struct store;
struct tokens;
struct transfers;
struct websub;

struct poll_ports {
    struct loop *loop;
    struct store *store;
    struct transfers *transfers; /* poll_reload sets their limits */
    struct tokens *tokens;
    batch_submit *submit;
    void *submit_arg;
};

/* For the status line and tests; since start. */
struct poll_counts {
    size_t sources, failing, gone, in_flight;
    uint64_t polls, fresh, same, failed, items, too_old;
    uint64_t wire_bytes;
};

/* What the configuration allows one transfer. */
struct transfer_limits poll_limits(const struct config_poll *c);
struct courtesy_limits poll_manners(const struct config_poll *c);

/* `config` must stay until poll_reload or poll_free. */
struct poll *poll_new(const struct poll_ports *ports, const struct config *config);
/* Cancels what is under way; NULL is fine. */
void poll_free(struct poll *p);
/* Sources that stay keep their schedule, but for those that fail and have a credential: they are
 * tried anew. The former config may be freed afterwards. */
void poll_reload(struct poll *p, const struct config *config);
/* Starts no more requests; those under way are cancelled. */
void poll_stop(struct poll *p);
/* Who is told of hubs, and says which sources they deliver; from then on. */
void poll_hubs(struct poll *p, struct websub *hubs);
/* No hub delivers the source any more: it is asked soon. */
void poll_soon(struct poll *p, struct str source);
/* For others who ask public servers: the same pace for all. */
struct courtesy *poll_courtesy(struct poll *p);
struct poll_counts poll_count(const struct poll *p);
