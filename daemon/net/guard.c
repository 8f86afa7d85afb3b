#include "daemon/net/guard.h"

#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/macros.h"

struct range4 {
    uint32_t net;
    int bits;
    const char *name;
};

struct range6 {
    uint8_t net[16];
    int bits;
    const char *name;
};

/* "multicast" and "reserved" stay refused for private sources too. */
static const char multicast[] = "multicast", reserved[] = "reserved";

static const struct range4 ranges4[] = {
    {0x00000000, 8, "unspecified"},    {0x0a000000, 8, "private"},
    {0x64400000, 10, "shared"},        {0x7f000000, 8, "loopback"},
    {0xa9fe0000, 16, "link-local"},    {0xac100000, 12, "private"},
    {0xc0000000, 24, "special"},       {0xc0000200, 24, "documentation"},
    {0xc0586300, 24, "special"},       {0xc0a80000, 16, "private"},
    {0xc6120000, 15, "benchmarking"},  {0xc6336400, 24, "documentation"},
    {0xcb007100, 24, "documentation"}, {0xe0000000, 4, multicast},
    {0xf0000000, 4, reserved},
};

static const struct range6 ranges6[] = {
    {{0}, 128, "unspecified"},
    {{[15] = 1}, 128, "loopback"},
    {{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}, 48, "translated"},
    {{0x01, 0x00}, 64, "discard"},
    {{0x20, 0x01, 0x00}, 23, "special"},
    {{0x20, 0x01, 0x0d, 0xb8}, 32, "documentation"},
    {{0x3f, 0xff, 0x00}, 20, "documentation"},
    {{0x5f, 0x00}, 16, "special"},
    {{0xfc}, 7, "private"},
    {{0xfe, 0x80}, 10, "link-local"},
    {{0xfe, 0xc0}, 10, "private"},
    {{0xff}, 8, multicast},
};

/* v4 addresses inside v6 ones: where the prefix is this, they begin at `at`. */
static const struct {
    struct range6 prefix;
    int at;
} nested[] = {
    {{{[10] = 0xff, [11] = 0xff}, 96, "v4-mapped"}, 12},
    {{{0x00, 0x64, 0xff, 0x9b}, 96, "NAT64"}, 12},
    {{{0x20, 0x02}, 16, "6to4"}, 2},
    {{{0}, 96, "v4-compatible"}, 12},
};

static const char *classify4(uint32_t address)
{
    for (size_t i = 0; i < ARRAY_LEN(ranges4); i++)
        if ((address ^ ranges4[i].net) >> (32 - ranges4[i].bits) == 0)
            return ranges4[i].name;
    return NULL;
}

static int within6(const uint8_t *address, const struct range6 *range)
{
    int bytes = range->bits / 8, rest = range->bits % 8;

    if (memcmp(address, range->net, (size_t)bytes) != 0)
        return 0;
    return rest == 0 || (address[bytes] ^ range->net[bytes]) >> (8 - rest) == 0;
}

static const char *classify6(const uint8_t *address)
{
    for (size_t i = 0; i < ARRAY_LEN(ranges6); i++)
        if (within6(address, &ranges6[i]))
            return ranges6[i].name;
    for (size_t i = 0; i < ARRAY_LEN(nested); i++) {
        const uint8_t *v4 = address + nested[i].at;

        if (within6(address, &nested[i].prefix))
            return classify4((uint32_t)v4[0] << 24 | (uint32_t)v4[1] << 16 | (uint32_t)v4[2] << 8 |
                             v4[3]);
    }
    /* Only 2000::/3 has been given out. */
    return address[0] >> 5 == 1 ? NULL : reserved;
}

const char *guard_refuses(const struct sockaddr *address, size_t n, enum guard_network network)
{
    const char *name = "unknown";
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    if (address->sa_family == AF_INET && n >= sizeof(v4)) {
        memcpy(&v4, address, sizeof(v4));
        name = classify4(ntohl(v4.sin_addr.s_addr));
    } else if (address->sa_family == AF_INET6 && n >= sizeof(v6)) {
        memcpy(&v6, address, sizeof(v6));
        name = classify6(v6.sin6_addr.s6_addr);
    } else {
        return name; /* no unix sockets, whatever a URL says */
    }
    if (network == GUARD_PRIVATE && name != multicast && name != reserved)
        return NULL;
    return name;
}
