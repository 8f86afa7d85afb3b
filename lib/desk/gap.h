#pragma once

/* gap - complaints about us that touch no promise, grouped by their words.
 *
 * A complaint (the shared lists <complaint> or <anger> say so) that names the
 * company and is about no promise's topic is counted under each of its telling
 * words: five letters or more, none of <filler>. When GAP_AUTHORS people used the
 * same word within a week, couac.gap.v1 says so, and again at each doubling: a
 * topic that the company speaks of nowhere, or that no rule file knows. */

#include "lib/desk/hearing.h"

enum { GAP_AUTHORS = 5, GAP_WORDS_MAX = 12 };

#define GAP_KIND STR("gap")

/* `words` are the post's, folded, without names and links. */
int gap_hear(struct hearing *h, const struct subject *s, const struct str *words,
             size_t n) MUST_CHECK;
