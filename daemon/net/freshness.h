#pragma once

/* freshness - what response headers say about time (RFC 9111 section 4.2, RFC 9110 10.2.3).
 *
 * Pure; `now_ms` is the calendar's time, used only where Date is missing. */

#include <stdint.h>

#include "lib/base/str.h"

struct freshness_headers {
    struct str cache_control, expires, date, age, retry_after;
};

enum { FRESHNESS_UNKNOWN = -1 };

/* How long the response stays fresh: max-age minus Age, else Expires minus Date; 0 for
 * no-cache, no-store and an Expires that is no date. FRESHNESS_UNKNOWN: nothing said. */
int64_t freshness_lifetime_ms(const struct freshness_headers *h, int64_t now_ms);
/* Retry-After in ms from now, seconds and dates; 0 when it is past, FRESHNESS_UNKNOWN without. */
int64_t freshness_retry_ms(const struct freshness_headers *h, int64_t now_ms);
/* "Sun, 06 Nov 1994 08:49:37 GMT" and the older forms; false: not a date. */
bool freshness_date(struct str text, int64_t *ret_ms) MUST_CHECK;
