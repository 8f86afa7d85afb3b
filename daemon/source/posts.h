#pragma once

/* posts - mention JSON, or mentions read otherwise, into a batch.
 *
 * What others hand us ready-made (a push, an event of a stream, an entry of a
 * Redis list) is lib/mention/mention.h's JSON: one object, an array, or one object
 * a line. Pure but for the batch's arena. */

#include "daemon/source/batch.h"

struct json;

enum { POSTS_WHY_MAX = 300 };

struct posts {
    struct batch *batch;
    const struct config_source *source;
    size_t most;             /* posts the batch may hold; 0: what memory holds */
    size_t cap;              /* of batch->mentions */
    char why[POSTS_WHY_MAX]; /* a sentence, when a call returned false */
};

/* A new batch for this source, without state; its owner is the caller. */
struct posts posts_new(const struct config_source *source);
/* Identifies it and fills in what the configuration says; slices must live in the batch's
 * arena. False past `most`. */
bool posts_add(struct posts *p, struct mention m) MUST_CHECK;
/* All of `text` or, after false, any part of it: the batch is of no use then. */
bool posts_read(struct posts *p, struct str text) MUST_CHECK;
