#pragma once

/* near - posts that say nearly the same words as one that raised an alert.
 *
 * Kept by the bands of the simhash, each band with the latest alerts of it. What
 * is missed in a crowd is an alert more, never one less. */

#include "lib/desk/hearing.h"

#define NEAR_KIND STR("near")

/* A new alert of `promise`; a simhash of 0 is not kept. */
int near_remember(struct hearing *h, struct str promise, uint64_t simhash,
                  struct str fingerprint) MUST_CHECK;
/* *ret: fingerprint of the alert that said nearly this; empty: none. */
int near_find(struct hearing *h, struct str promise, uint64_t simhash, struct str *ret) MUST_CHECK;
