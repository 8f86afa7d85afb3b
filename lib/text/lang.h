#pragma once

/* lang - the languages couac reads, and a guess for posts that do not say.
 *
 * LANG_UNKNOWN means "any": slots of every language apply to such a post. */

#include "lib/base/str.h"

enum lang { LANG_UNKNOWN, LANG_EN, LANG_FR, LANG_ES, LANG_COUNT };

/* From a BCP 47 tag ("fr", "fr-CA", "EN_us"); LANG_UNKNOWN for all others. */
enum lang lang_from_tag(struct str tag);
/* "en", "fr", "es"; "" for LANG_UNKNOWN. */
struct str lang_tag(enum lang lang);
