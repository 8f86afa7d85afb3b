#pragma once

/* signature - who sent this body: the proofs that networks put beside what they push.
 *
 * Meta: X-Hub-Signature-256 is "sha256=" and the hex HMAC-SHA256 of the body's bytes
 * with the app's secret. LinkedIn: X-LI-Signature is the hex HMAC-SHA256 of
 * "hmacsha256=" and the body with the client's secret. A WebSub hub: X-Hub-Signature is
 * the name of a hash, "=" and the hex HMAC of the body with the subscription's secret
 * (W3C WebSub, 7.1). None holds a time, so a body sent again passes again; its posts are
 * known by their ids. All comparisons take the
 * same time for any wrong value of the right length. */

#include "lib/base/str.h"

/* An empty secret equals nothing. */
bool signature_same(struct str a, struct str b);
bool signature_meta(struct str secret, struct str header, struct str body);
bool signature_linkedin(struct str secret, struct str header, struct str body);
/* sha1, sha256, sha384 and sha512 are known. */
bool signature_websub(struct str secret, struct str header, struct str body);
/* What LinkedIn wants back for its challengeCode: 64 hex digits and a NUL. */
void signature_linkedin_answer(struct str secret, struct str code, char ret[65]);
