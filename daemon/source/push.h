#pragma once

/* push - what others send us: POST /push/SOURCE, proven by a bearer token or by
 * the signature of a network (signature.h), whose GET challenges are answered too. Hubs
 * have callbacks below /push/websub/ (websub.h); a source of kind webmention takes
 * `source` and `target` as a form, without proof, and answers 202, 400, 429 or 503
 * (webmention.h).
 *
 * The body is mention JSON (lib/mention/mention.h): one object, an array, or one
 * object a line; or the network's own JSON, read by a connector. All of it or nothing is taken. The
 * answer is 200 only when the posts are on the disk; 400 says what is wrong and where, 401 the
 * token, 404 the source, 413 the size, 503 with Retry-After that we cannot take it now. Sending the
 * same posts again is harmless: they are known by their ids.
 *
 * Bounds: body and header bytes, PUSH_IDLE_S of silence, PUSH_PENDING_MAX requests
 * waiting for the disk, PUSH_POSTS_MAX posts in one request. */

#include "daemon/source/batch.h"

struct loop;
struct push;
struct store;
struct webmentions;
struct websub;

enum { PUSH_IDLE_S = 10, PUSH_PENDING_MAX = 256, PUSH_POSTS_MAX = 1000 };

struct push_ports {
    struct loop *loop;
    struct store *store;
    batch_submit *submit;
    void *submit_arg;
    struct websub *hubs;
    struct webmentions *webmentions;
};

/* Listens when the config says where. Return 0, or the negative errno of listening. */
int push_new(const struct push_ports *ports, const struct config *config,
             struct push **ret) MUST_CHECK;
/* Senders that wait get no answer; NULL is fine. */
void push_free(struct push *p);
/* Other sources and tokens; the address stays. The former config may be freed afterwards. */
void push_reload(struct push *p, const struct config *config);
/* New requests get 503. */
void push_stop(struct push *p);
