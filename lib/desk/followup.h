#pragma once

/* followup - what comes after an alert: did the company answer, is the customer content?
 *
 * Posts that answer one another form a thread; the alert's own post begins it.
 *
 *   one of our accounts answers      -> answered; or acknowledged, when it says
 *                                       <acknowledged> ("send us a DM") and nothing
 *                                       of <answered> ("it resumes on 3/24")
 *   the author: <settled>,           -> resolved
 *     <resolved>, or keeps
 *   the author: broken again, or     -> open, one level higher
 *     <not-settled>, <not-there>,
 *     <no-answer>, <not-resolved>
 *   nobody answered within `answer`  -> couac.unanswered.v1 to the owner's backup
 *
 * The lists are those of the shared vocabulary; a ruleset without them loses only
 * the distinction. */

#include "lib/desk/hearing.h"

#define FOLLOWUP_THREAD STR("thread")
#define FOLLOWUP_ANSWER STR("answer")

enum followup_sense {
    FOLLOWUP_NOTHING,
    FOLLOWUP_ACKNOWLEDGED,
    FOLLOWUP_ANSWERED,
    FOLLOWUP_RESOLVED,
    FOLLOWUP_AGAIN,
};
/* What the mention judged last says as a reply, by its words: of one of our accounts, which
 * acknowledges or answers, or of the author of the alert's post. */
enum followup_sense followup_of_ours(struct judge *j);
enum followup_sense followup_of_author(struct judge *j);

/* A new alert `state` was raised by `s`: its thread begins, its clock runs. */
int followup_begin(struct hearing *h, const struct promise *p, const struct subject *s,
                   const struct alert_state *state) MUST_CHECK;

/* `s` may answer a post of a thread. *ret_promise: the promise whose alert it
 * followed up, so that it raises no other; empty: it is of no thread. */
int followup_hear(struct hearing *h, const struct subject *s, struct str *ret_promise) MUST_CHECK;

/* The answer to alert `fingerprint` is overdue. */
int followup_due(struct hearing *h, struct str fingerprint) MUST_CHECK;
