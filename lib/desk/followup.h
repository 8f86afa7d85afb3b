#pragma once

/* followup - what comes after an alert: did the company answer, is the customer content?
 *
 * Posts that answer one another form a thread; the alert's own post begins it.
 *
 *   one of our accounts answers      -> answered; or acknowledged, when it only says
 *                                       <acknowledged> ("send us a DM")
 *   the author: <resolved>, or keeps -> resolved
 *   the author: broken again, or     -> open, one level higher
 *     <not-there>, <no-answer>
 *   nobody answered within `answer`  -> couac.unanswered.v1 to the owner's backup
 *
 * The lists are those of the shared vocabulary; a ruleset without them loses only
 * the distinction. */

#include "lib/desk/hearing.h"

#define FOLLOWUP_THREAD STR("thread")
#define FOLLOWUP_ANSWER STR("answer")

/* A new alert `state` was raised by `s`: its thread begins, its clock runs. */
int followup_begin(struct hearing *h, const struct promise *p, const struct subject *s,
                   const struct alert_state *state) MUST_CHECK;

/* `s` may answer a post of a thread. *ret_promise: the promise whose alert it
 * followed up, so that it raises no other; empty: it is of no thread. */
int followup_hear(struct hearing *h, const struct subject *s, struct str *ret_promise) MUST_CHECK;

/* The answer to alert `fingerprint` is overdue. */
int followup_due(struct hearing *h, struct str fingerprint) MUST_CHECK;
