#pragma once

/* agree - two ways to judge one text, which must say the same. */

#include "lib/judge/judge.h"

/* Judges `text` by the index (JUDGE_OUTCOMES) and by each promise in turn
 * (JUDGE_ALL), and asserts that both say the same and that evidence lies in the text. */
void agree_on(struct judge *j, struct str text);

/* The same of two judges of equal rules, with all their evidence. */
void agree_between(struct judge *a, struct judge *b, struct str text);
