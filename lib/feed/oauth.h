#pragma once

/* oauth - access tokens of networks, as OAuth 2.0 (RFC 6749) hands them out. Pure.
 *
 * Two grants need nobody at a screen: client_credentials (4.4) and refresh_token (6). A
 * credential for them is a text of lines
 *
 *     client_id: 1234
 *     client_secret: s3cret         may be missing: public clients
 *     refresh_token: abcd           with it the second grant, else the first
 *
 * and any other text is an access token itself. */

#include "lib/base/str.h"

struct arena;

enum { OAUTH_TOKEN_MAX = 16384 }; /* bytes of a token */

enum oauth_grant { OAUTH_CLIENT_CREDENTIALS, OAUTH_REFRESH_TOKEN };

struct oauth_client {
    struct str id, secret, refresh_token; /* slices of the credential */
};
/* False: it is no such text. */
bool oauth_client_read(struct str credential, struct oauth_client *ret) MUST_CHECK;

/* What the network wants. */
struct oauth_terms {
    struct str url;                          /* of the token endpoint */
    struct str scope;                        /* empty: not said */
    enum { OAUTH_BASIC, OAUTH_BODY } client; /* how the client proves itself (2.3.1) */
    unsigned grants;                         /* BIT(enum oauth_grant) */
};

struct oauth_request {
    struct str form;          /* application/x-www-form-urlencoded */
    struct str authorization; /* the header's value; empty: it is in the form */
};
/* `refresh_token`: the newest one; empty: another grant. All in `arena`. */
void oauth_request(const struct oauth_terms *terms, const struct oauth_client *client,
                   struct str refresh_token, struct arena *arena, struct oauth_request *ret);

struct oauth_answer {
    struct str access_token;
    struct str refresh_token; /* instead of the one that was sent; empty: that one stays */
    int64_t expires_s;        /* from now; -1: not said */
    struct str error;         /* a word of 5.2, as invalid_grant; empty: none */
    struct str why;           /* a sentence of the server's, may be empty */
};

enum oauth_result {
    OAUTH_OK = 0,
    OAUTH_E_REFUSED = 1, /* answer->error says why */
    OAUTH_E_STRANGE,     /* no answer of a token endpoint */
};
/* Reads an answer's body (5.1, 5.2); slices in `arena`, *ret is filled in any case. */
enum oauth_result oauth_read(struct str body, struct arena *arena,
                             struct oauth_answer *ret) MUST_CHECK;

/* What a person can do about an error of 5.2; never NULL. */
const char *oauth_advice(struct str error);
