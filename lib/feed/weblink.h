#pragma once

/* weblink - the Link header: what a server says a document is related to.
 *
 *     Link: <https://hub.example/>; rel="hub", <https://a.example/feed>; rel=self
 *
 * Quoted strings may hold any sign, `rel` may name several relations, and what is
 * damaged is passed over. Source: RFC 8288, section 3. */

#include "lib/base/str.h"

/* The first target with this relation (any case), as written: often relative. Empty: none.
 * `header` is the value, repeated headers joined by a comma; the answer is a part of it. */
struct str weblink_find(struct str header, struct str rel);

/* Is `word` among the words of a rel or class attribute, or of a Link's rel? */
bool weblink_has_word(struct str list, struct str word);
