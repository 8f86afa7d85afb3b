#pragma once

/* sentinel - asks Redis Sentinels where the master is.
 *
 * A locator for redis.h: whenever it wonders, the sentinels are asked in turn
 * until one names the master (SENTINEL GET-MASTER-ADDR-BY-NAME, redis.io
 * "Sentinel client spec"). Each question begins with another sentinel than the
 * last: one that led a failover whose new master died before it was over names
 * the dead one until that comes back, whatever the others say. A master
 * that was demoted meanwhile answers READONLY or hangs; then the link drops and
 * the question comes again. */

#include "daemon/sink/redis.h"

struct sentinel;

struct sentinel_options {
    const struct target *targets;
    size_t n_targets;
    const char *master; /* its name; must outlive the object, as all strings here */
    struct target base; /* kind, user and database of the master */
    struct transport_tls tls;
    const char *password_file; /* of the sentinels; empty or NULL: none */
    int64_t timeout_ms;        /* for each to connect, and to answer; 0: 1,000 */
};

/* All of `options` is copied. */
struct sentinel *sentinel_new(struct loop *loop, const struct sentinel_options *options);
/* After the link that uses it; NULL is fine. */
void sentinel_free(struct sentinel *s);
struct redis_locator sentinel_locator(struct sentinel *s);
