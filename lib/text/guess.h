#pragma once

/* guess - the language of a short post that does not say.
 *
 * Deterministic, from function words and letters. Meant for posts of five words
 * and more; measured by tests/quality/languages.py. */

#include "lib/text/lang.h"
#include "lib/text/words.h"

enum { GUESS_WORDS_MAX = 200 }; /* read per text; more would tell nothing new */

/* LANG_UNKNOWN when the words tell too little or contradict each other, so that
 * phrases of every language apply. `words` must have been cut from `text`. */
enum lang guess_lang(struct str text, const struct words *words);
