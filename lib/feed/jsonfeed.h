#pragma once

/* jsonfeed - JSON Feed 1.0 and 1.1 (jsonfeed.org). */

#include "lib/feed/feed.h"

/* `text` is UTF-8. FEED_OK, FEED_E_JSON, FEED_E_JSON_BROKEN or FEED_E_LIMIT;
 * *ret is filled on FEED_OK, its items with what the document itself says. */
enum feed_error jsonfeed_read(struct str text, struct str base_url, struct arena *arena,
                              struct feed *ret) MUST_CHECK;
