#pragma once

/* identity - which item is which, within one document.
 *
 * The id is the guid, else the URL, else a hash of title and text. A guid that
 * items with different URLs share names none of them: each becomes "guid URL". */

#include "lib/feed/feed.h"

/* Fills mention.id of all items; strings go to `arena`. */
void identity_assign(struct feed_item *items, size_t n, struct arena *arena);
