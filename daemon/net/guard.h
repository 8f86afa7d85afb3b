#pragma once

/* guard - which addresses a source may lead us to.
 *
 * A URL in a public feed list, or a redirect from it, must not make couacd talk
 * to its own machine or to the local network. The check is made on the address
 * that is about to be connected, after name resolution, so no spelling of it
 * (decimal, octal, v4-mapped, a name that resolves inside) gets past.
 *
 * Ranges: IANA's special-purpose address registries (RFC 6890 and followers),
 * what is not globally reachable; v4 addresses inside v6 ones (mapped,
 * compatible, NAT64, 6to4) are judged as the v4 address they are. */

#include <stddef.h>
#include <sys/socket.h>

enum guard_network {
    GUARD_PUBLIC,  /* only addresses of the public Internet */
    GUARD_PRIVATE, /* also this machine and the local network */
};

/* NULL: go on. Else what the address is, as a word for the log: "loopback". */
const char *guard_refuses(const struct sockaddr *address, size_t n, enum guard_network network);
