#pragma once

/* base64 - RFC 4648 section 4, white space skipped. */

#include "lib/base/str.h"

struct arena;

/* False when `text` holds anything else, or at the arena's limit. */
bool base64_decode(struct str text, struct arena *arena, struct str *ret) MUST_CHECK;
/* With padding, on one line; in `arena`. */
struct str base64_encode(struct str bytes, struct arena *arena);
