#include "daemon/net/courtesy.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/map.h"

/* A host that nobody is asking, with no slot given out ahead and no hold, is as one never seen.
 * When a table has grown to its `sweep_at` those are forgotten, and the next sweep is at twice
 * what stayed: a look-up pays for few, and memory follows the hosts that matter now. */

enum { BUSY_WAIT_MS = 500 };

struct courtesy_host {
    struct str key;       /* behind the struct */
    int64_t next_slot_ms; /* free from here on */
    int64_t held_until_ms;
    uint32_t in_flight;
    enum guard_network network;
};

struct courtesy {
    struct courtesy_limits limits;
    struct map hosts[2]; /* by network: a private source must not slow a public one */
    size_t sweep_at[2];
};

struct courtesy *courtesy_new(const struct courtesy_limits *limits)
{
    struct courtesy *c = alloc_zeroed(1, sizeof(*c));

    c->limits = *limits;
    c->sweep_at[GUARD_PUBLIC] = c->sweep_at[GUARD_PRIVATE] = COURTESY_HOSTS;
    return c;
}

static void free_hosts(struct map *hosts)
{
    for (size_t i = 0; i < hosts->n; i++)
        free(hosts->entries[i].value);
    map_done(hosts);
}

void courtesy_free(struct courtesy *c)
{
    if (!c)
        return;
    free_hosts(&c->hosts[GUARD_PUBLIC]);
    free_hosts(&c->hosts[GUARD_PRIVATE]);
    free(c);
}

void courtesy_limit(struct courtesy *c, const struct courtesy_limits *limits)
{
    c->limits = *limits;
}

struct str courtesy_authority(struct str url)
{
    size_t scheme = str_find(url, STR("://"), 0);
    size_t host = scheme == SIZE_MAX ? 0 : scheme + 3, end = host;

    while (end < url.n && !strchr("/?#\\", url.p[end]))
        end++;
    return str_slice(url, 0, end);
}

/* Case and a user name do not make another host. */
static struct str host_key(struct str url, char *buffer, size_t room)
{
    struct str authority = courtesy_authority(url);
    size_t at = SIZE_MAX, n = 0;

    for (size_t i = 0; i < authority.n; i++)
        if (authority.p[i] == '@')
            at = i;
    for (size_t i = 0; i < authority.n && n < room; i++) {
        char ch = authority.p[i];

        if (at != SIZE_MAX && i > str_find(authority, STR("://"), 0) + 2 && i <= at)
            continue;
        buffer[n++] = ch >= 'A' && ch <= 'Z' ? (char)(ch + 32) : ch;
    }
    return str_make(buffer, n);
}

static bool matters(const struct courtesy_host *host, int64_t now_ms)
{
    return host->in_flight > 0 || host->next_slot_ms > now_ms || host->held_until_ms > now_ms;
}

static void sweep(struct courtesy *c, enum guard_network network, int64_t now_ms)
{
    struct map *hosts = &c->hosts[network], kept = {0};

    for (size_t i = 0; i < hosts->n; i++) {
        struct courtesy_host *host = hosts->entries[i].value;

        if (matters(host, now_ms))
            (void)map_put(&kept, host->key, host); /* keys are unique */
        else
            free(host);
    }
    map_done(hosts);
    *hosts = kept;
    c->sweep_at[network] = MAX(2 * kept.n, (size_t)COURTESY_HOSTS);
}

struct courtesy_host *courtesy_host(struct courtesy *c, struct str url, enum guard_network network,
                                    int64_t now_ms)
{
    char buffer[300]; /* a DNS name has 253 characters at most */
    struct str key = host_key(url, buffer, sizeof(buffer));
    struct courtesy_host *host = map_get(&c->hosts[network], key);

    if (host)
        return host;
    if (c->hosts[network].n >= c->sweep_at[network])
        sweep(c, network, now_ms);
    host = alloc_zeroed(1, sizeof(*host) + key.n);
    host->network = network;
    host->key = str_make((char *)memcpy(host + 1, key.p, key.n), key.n);
    (void)map_put(&c->hosts[network], host->key, host); /* was not there */
    return host;
}

size_t courtesy_hosts(const struct courtesy *c)
{
    return c->hosts[GUARD_PUBLIC].n + c->hosts[GUARD_PRIVATE].n;
}

/* Slots are given out one after the other; the caller's is where the free ones began. */
static int64_t reserve(struct courtesy *c, struct courtesy_host *host, int64_t now_ms)
{
    int64_t slot_ms = MAX(MAX(host->next_slot_ms, host->held_until_ms), now_ms);

    host->next_slot_ms = slot_ms + c->limits.gap_ms;
    return slot_ms - now_ms;
}

int64_t courtesy_enter(struct courtesy *c, struct courtesy_host *host, enum courtesy_turn turn,
                       int64_t now_ms)
{
    bool public = host->network == GUARD_PUBLIC;
    int64_t most = public ? c->limits.per_host : c->limits.per_host_private, wait_ms = 0;

    if (now_ms < host->held_until_ms || (public && turn == COURTESY_FIRST))
        wait_ms = reserve(c, host, now_ms);
    if (wait_ms > 0)
        return wait_ms;
    if (host->in_flight >= most) {
        wait_ms = public ? reserve(c, host, now_ms) : 0;
        return MAX(wait_ms, BUSY_WAIT_MS);
    }
    host->in_flight++;
    return 0;
}

void courtesy_leave(struct courtesy_host *host)
{
    host->in_flight--;
}

void courtesy_hold(struct courtesy_host *host, int64_t until_ms)
{
    host->held_until_ms = MAX(host->held_until_ms, until_ms);
}
