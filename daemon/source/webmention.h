#pragma once

/* webmention - pages that link to ours and tell us so: the receiver of W3C Webmention (2017).
 *
 * What is told is queued in the store before it is answered (202): fetching the page within
 * the request would let anybody hold our listener with a slow one, and a promise that is on
 * the disk survives us. Then the page is fetched as polls are (guard, limits, pace of its
 * host), and read (lib/feed/webpage). A page that links becomes a mention whose id is its
 * URL: told again, an edited page is an edited post. One that was found to link once and
 * does not any more, or is gone (410), is withdrawn.
 *
 * Bounds: WEBMENTION_WAITING_MAX pages in the queue, WEBMENTION_AT_ONCE fetched at a time,
 * net/ration for each host and for all of them, WEBMENTION_TRIES when a page cannot be had. */

#include "daemon/source/batch.h"

struct loop;
struct transfers;
struct webmentions;

enum { WEBMENTION_WAITING_MAX = 1000, WEBMENTION_AT_ONCE = 4, WEBMENTION_TRIES = 5 };

struct webmention_ports {
    struct loop *loop;
    struct store *store;
    struct transfers *transfers;
    batch_submit *submit;
    void *submit_arg;
};

struct webmention_counts {
    size_t waiting;
    uint64_t taken;                     /* told and queued */
    uint64_t heard, withdrawn, refused; /* refused: no link, no page, given up */
};

/* Goes on with the queue of the store. `config` must stay until webmentions_reload or
 * webmentions_free. */
struct webmentions *webmentions_new(const struct webmention_ports *ports,
                                    const struct config *config);
void webmentions_free(struct webmentions *w); /* NULL is fine */
void webmentions_reload(struct webmentions *w, const struct config *config);
void webmentions_stop(struct webmentions *w); /* fetches no more */

struct webmention_answer {
    int status;       /* HTTP: 202 on the disk; 400, 429, 503 */
    const char *why;  /* a sentence, but for 202 */
    int64_t retry_ms; /* of 429 */
};
/* Somebody told `source` that `url` links to `target`. */
struct webmention_answer webmention_take(struct webmentions *w, const struct config_source *source,
                                         struct str url, struct str target);
struct webmention_counts webmention_count(const struct webmentions *w);
