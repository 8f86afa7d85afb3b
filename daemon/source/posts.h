#pragma once

/* posts - mention JSON, or mentions read otherwise, into a batch.
 *
 * What others hand us ready-made (a push, an event of a stream, an entry of a
 * Redis list) is lib/mention/mention.h's JSON: one object, an array, or one object
 * a line. Pure but for the batch's arena. */

#include "daemon/source/batch.h"

struct connector_page;
struct json;

enum { POSTS_WHY_MAX = 300 };

struct posts {
    struct batch *batch;
    const struct config_source *source;
    size_t most;             /* posts the batch may hold; 0: what memory holds */
    size_t cap, gone_cap;    /* of batch->mentions, batch->gone */
    char why[POSTS_WHY_MAX]; /* a sentence, when a call returned false */
};

/* A new batch for this source, without state; its owner is the caller. */
struct posts posts_new(const struct config_source *source);
/* Identifies it and fills in what the configuration says; slices must live in the batch's
 * arena. False past `most`. */
bool posts_add(struct posts *p, struct mention m) MUST_CHECK;
/* What a connector found on a page in the batch's arena, but for posts before `since_ms`, which are
 * counted. False past `most`. */
bool posts_page(struct posts *p, const struct connector_page *page, int64_t since_ms,
                size_t *ret_old) MUST_CHECK;
/* All of `text` or, after false, any part of it: the batch is of no use then. */
bool posts_read(struct posts *p, struct str text) MUST_CHECK;
