#pragma once

/* agree - what the word index finds is what a look at every promise finds. */

#include "lib/judge/judge.h"

/* Judges `text` by the index (JUDGE_OUTCOMES) and by each promise in turn
 * (JUDGE_ALL), and asserts that both say the same and that evidence lies in the text. */
void agree_on(struct judge *j, struct str text);
