#pragma once

/* live - sources that hold a line open and wait: streams, Redis, mailboxes.
 *
 * Each has a record and a timer for its next try; what it remembers (where it
 * stands, failures) is in the store, written in the same transaction as the posts. */

#include "daemon/source/batch.h"

struct live;
struct loop;
struct store;
struct tokens;
struct transfers;

struct live_ports {
    struct loop *loop;
    struct store *store;
    struct transfers *transfers;
    struct tokens *tokens;
    batch_submit *submit;
    void *submit_arg;
};

struct live_counts { /* since start */
    size_t sources, failing;
    uint64_t posts, skipped; /* skipped: what came and was no post of a known form */
};

/* `config` must stay until live_reload or live_free. */
struct live *live_new(const struct live_ports *ports, const struct config *config);
void live_free(struct live *l); /* NULL is fine */
/* Sources of which nothing changed keep their line. The former config may be freed afterwards. */
void live_reload(struct live *l, const struct config *config);
/* Hangs up; what was handed to the intake is still committed. */
void live_stop(struct live *l);
struct live_counts live_count(const struct live *l);
