#pragma once

/* index - from the words of a post to the words of rules, and to the slots they may fill.
 *
 * Every word and prefix that any phrase uses has a number. A post's word is
 * looked up once; `about` slots have triggers: words without which the slot
 * cannot hit, so a post that shares none with a promise costs it nothing. */

#include "lib/text/words.h"

struct index;
struct promise;
struct ruleset;

#define INDEX_NO_WORD UINT32_MAX

struct index *index_new(void);
void index_free(struct index *ix);

/* The number of a word or prefix, added when new. `ending` is ATOM_EXACT or ATOM_PREFIX. */
uint32_t index_add_word(struct index *ix, struct str word, int ending);
/* `slot`, an about slot used by `promises` (numbers), may hit when `word` stands in a post. */
void index_add_trigger(struct index *ix, uint32_t word, uint32_t group);
/* No more words or triggers after this. */
void index_seal(struct index *ix);

uint32_t index_n_words(const struct index *ix);

enum { INDEX_HITS_MAX = 12 };
/* Numbers of the exact word and of all prefixes of `w`; returns how many. */
size_t index_lookup(const struct index *ix, const struct word *w, uint32_t ret[INDEX_HITS_MAX]);

/* The groups that `word` triggers. */
const uint32_t *index_triggers(const struct index *ix, uint32_t word, size_t *ret_n);
