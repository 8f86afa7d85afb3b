#pragma once

/* tokens - the secrets that connectors show: as they stand in a credential, or access tokens
 * that are fetched with it (lib/feed/oauth.h) and renewed before they expire.
 *
 * Access tokens are kept in memory only. Sources with the same credential, token endpoint
 * and scope share one: with rotation two of them would take each other's. Nothing waits
 * for a callback: who is told to wait asks again. A refusal is told in words and waited
 * out with a growing backoff; a credential that changes is tried at once.
 *
 * A refresh token that the server replaced is on the disk before anything else happens
 * (tokenfile.h), none is asked for while there is no room to keep it, and who ends couacd
 * waits for the answer. What stays is the moment between the server's decision and our
 * fsync: a power cut there may cost the authorisation, which is then told as invalid_grant. */

#include "daemon/config/config.h"

struct loop;
struct tokens;
struct transfers;

struct tokens_ports {
    struct loop *loop;
    struct transfers *transfers;
    struct str state; /* folder; borrowed */
};

enum tokens_result {
    TOKENS_READY = 0,
    TOKENS_WAIT = 1, /* it is being fetched: ask again in wait_ms */
    TOKENS_REFUSED,  /* `why` there is none; not before wait_ms is another tried */
};

struct tokens_secret {
    struct sbuf text; /* TOKENS_READY; may be empty */
    uint32_t number;  /* of a fetched one, for tokens_reject; 0: not fetched */
    int64_t wait_ms;
    struct str why; /* a sentence; until the next call */
};

/* `config` is only looked at. */
struct tokens *tokens_new(const struct tokens_ports *ports, const struct config *config);
void tokens_free(struct tokens *ts); /* NULL is fine */
void tokens_reload(struct tokens *ts, const struct config *config);

/* The secret for the source's next request, an enum tokens_result, or a negative errno when its
 * credential cannot be read. tokens_done in any case. */
int tokens_get(struct tokens *ts, const struct config_source *source,
               struct tokens_secret *ret) MUST_CHECK;
void tokens_done(struct tokens_secret *secret);

/* The network answered 401 to a request with token `number`. True: it was thrown away, and the
 * request is worth another try; at most once in ten minutes. */
bool tokens_reject(struct tokens *ts, const struct config_source *source, uint32_t number);

/* Whether a refresh token is with a server, which may be about to replace it. */
bool tokens_busy(const struct tokens *ts);
