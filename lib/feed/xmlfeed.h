#pragma once

/* xmlfeed - RSS, RDF, Atom and CDF documents, in one walk.
 *
 * The dialects share their reader because documents mix them: an Atom link in
 * RSS, Dublin Core everywhere. What an element means follows from where it
 * stands (lib/feed/vocab.h says which it is). */

#include "lib/feed/feed.h"

/* `text` is UTF-8. FEED_OK, FEED_E_HTML, FEED_E_XML or FEED_E_LIMIT; *ret is
 * filled on FEED_OK, its items with what the document itself says. */
enum feed_error xmlfeed_read(struct str text, struct str base_url, struct arena *arena,
                             struct feed *ret) MUST_CHECK;
