#pragma once

/* courtesy - how many requests a host gets at once, and how fast.
 *
 * A host is scheme and authority. Public hosts get few requests at a time and a
 * gap between two; who comes too early is told how long to wait and has a slot
 * of its own from then on, so a thousand feeds on one host need no queue and
 * keep their order. A Retry-After holds a whole public host. Hosts of private
 * sources (bridges of the user's own) only have a limit at once.
 *
 * Pure: times are steady milliseconds from the caller. Hosts that do not matter now are
 * forgotten, so strangers (pages, hubs) may name as many as they like. */

#include <stdint.h>

#include "daemon/net/guard.h"
#include "lib/base/str.h"

struct courtesy;
struct courtesy_host;

struct courtesy_limits {
    int64_t per_host, per_host_private, gap_ms;
};

enum courtesy_turn {
    COURTESY_FIRST, /* comes for the first time */
    COURTESY_AGAIN, /* waited as long as it was told: its slot is now */
};

struct courtesy *courtesy_new(const struct courtesy_limits *limits);
void courtesy_free(struct courtesy *c);
void courtesy_limit(struct courtesy *c, const struct courtesy_limits *limits);

enum { COURTESY_HOSTS = 1024 }; /* that are kept though they do not matter, for each network */

/* The host of an absolute URL; owned by the table. It stays while it is held, is to wait, or
 * between courtesy_enter and courtesy_leave; else only until the next call of this. */
struct courtesy_host *courtesy_host(struct courtesy *c, struct str url, enum guard_network network,
                                    int64_t now_ms);
/* How many are remembered. */
size_t courtesy_hosts(const struct courtesy *c);

/* 0: go, and courtesy_leave must follow. Else: wait so many ms, then ask with AGAIN. */
int64_t courtesy_enter(struct courtesy *c, struct courtesy_host *host, enum courtesy_turn turn,
                       int64_t now_ms);
void courtesy_leave(struct courtesy_host *host);
/* No request before; an earlier time than one known is ignored. */
void courtesy_hold(struct courtesy_host *host, int64_t until_ms);

/* "https://host:port", lower case is not forced: the part of a URL that names a host. */
struct str courtesy_authority(struct str url);
