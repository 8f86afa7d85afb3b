#pragma once

/* voice - what our own accounts promise, held against one another.
 *
 * Where a rule writes a limit, the limit decides (VERDICT_DISSONANT). Where it writes
 * none, or none of that kind, two accounts can still promise different things. What a hit
 * of `ours` says is a claim, of one of these sorts:
 *
 *     a quantity   its upper end counts ("2 to 3 days" is 3 days), or its lower where
 *                  there is no other ("at least 30 days"); another unit is no other claim
 *     a date       when it stands alone; beside another claim it is the day that one ends
 *     a scope      a phrase of `ours` without a quantity: each phrase is another scope
 *
 * A new claim that differs from the latest of another account, of the same sort, raises
 * couac.dissonance.v1 with both as said. An account's later claim takes the place of its
 * former: who corrects himself is no second voice. Ended claims, claims older than VOICE_DAYS
 * and those of posts that were deleted or say something else now are forgotten, and at most
 * VOICE_CLAIMS a promise are kept. */

#include "lib/desk/hearing.h"

enum { VOICE_CLAIMS = 16, VOICE_DAYS = 90 };

#define VOICE_KIND STR("voice")
#define VOICE_POST_KIND STR("voice-post")

/* `v` is the verdict on a post of ours. *ret holds the verdict to be told, its kind
 * VERDICT_DISSONANT; VERDICT_NONE when nobody said otherwise. All in the arena. */
int voice_hear(struct hearing *h, const struct verdict *v, const struct subject *s,
               struct verdict *ret) MUST_CHECK;

/* The post with this key (hearing_post_key) is gone, or was edited: so are its claims. */
int voice_forget(struct hearing *h, struct str post) MUST_CHECK;
