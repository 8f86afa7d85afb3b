#pragma once

/* discover - the feeds that a web page names.
 *
 * Autodiscovery: link elements with rel=alternate (or rel=feed) and a feed's
 * media type. Where a page has none, anchors whose address looks like a feed's
 * are offered. Nothing is guessed: no path is tried that the page does not
 * name. Source: HTML Living Standard, 4.6.7.1 and 4.6.7.8. */

#include "lib/base/str.h"

struct arena;

enum { DISCOVER_MAX = 32 };

enum discover_how { DISCOVER_LINK, DISCOVER_ANCHOR };

struct discovery {
    struct str url; /* absolute when `base_url` or the page's base allows it */
    struct str title;
    struct str type; /* media type, lower case not enforced; may be empty */
    enum discover_how how;
};

/* The feeds of the page, links before anchors, each URL once; how many. `page`
 * in any charset; strings and *ret live in `arena`. */
size_t discover_feeds(struct str page, struct str content_type, struct str base_url,
                      struct arena *arena, struct discovery **ret);
