#pragma once

/* fetch - one GET for a verb that must look before it writes.
 *
 * The one place in cli that uses libcurl. Bounded: 8 MiB after decompression, 30 s, five
 * redirects, http and https only; no cookies, no proxies, no netrc. Headers of ours go to
 * the URL's own host only. */

#include "lib/base/str.h"
#include "lib/feed/connector.h"

enum { FETCH_BYTES_MAX = 8 << 20 };

struct fetched {
    int status;
    struct str url; /* after redirects */
    struct str content_type;
    struct str body;
};

/* NULL, and *ret filled in, in `arena`; else why nothing came, a sentence in `arena`. */
const char *fetch(struct str url, const struct connector_pair *headers, size_t n_headers,
                  struct arena *arena, struct fetched *ret);
