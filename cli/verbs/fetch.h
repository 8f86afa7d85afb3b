#pragma once

/* fetch - one GET for a verb that must look before it writes.
 *
 * The one place in cli that uses libcurl. Bounded: 8 MiB after decompression, 30 s, five
 * redirects, http and https only; no cookies, no proxies, no netrc. Headers of ours go to
 * the URL's own host only. A public address may not lead to a private one: couacd, which
 * shall ask it day after day, would not go there. */

#include "lib/base/str.h"
#include "lib/feed/connector.h"

enum { FETCH_BYTES_MAX = 8 << 20 };

enum fetch_network { FETCH_PUBLIC, FETCH_PRIVATE };

struct fetched {
    int status;
    enum fetch_network network; /* where the URL itself is */
    struct str url;             /* after redirects */
    struct str content_type;
    struct str body;
};

/* NULL, and *ret filled in, in `arena`; else why nothing came, a sentence in `arena`. */
const char *fetch(struct str url, const struct connector_pair *headers, size_t n_headers,
                  struct arena *arena, struct fetched *ret);
