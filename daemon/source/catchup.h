#pragma once

/* catchup - what a stream missed while its line was down, asked for page by page.
 *
 * Few servers go on where a stream was cut. A connector that also has a request is
 * therefore asked, after each connection, for what came since the mark of the last post
 * that is on the disk, while the stream already flows: between the two there is no gap,
 * and what both bring is known by its id. Posts of the stream move the mark only when
 * nothing is left to catch up, so that being cut in between loses nothing either.
 *
 * One page at a time, the next when the former is on the disk; a refusal is waited out
 * with a backoff of its own, for the stream works meanwhile. */

#include "daemon/source/line.h"
#include "daemon/source/posts.h"
#include "lib/feed/connector.h"

struct catchup;

struct catchup_reader {
    struct posts *(*gather)(void *arg); /* where the posts of a page go */
    void (*gathered)(void *arg);        /* they are there; catchup_cursor() is behind them */
    void *arg;
};

struct catchup *catchup_new(struct line *l, const struct catchup_reader *reader);
void catchup_free(struct catchup *c); /* NULL is fine */

/* There is a new connection, and the disk has everything up to `from`. */
void catchup_begin(struct catchup *c, const struct connector_cursor *from);
/* What was gathered is on the disk: asks for the next page, if there is one. */
void catchup_go_on(struct catchup *c);
/* The connection is gone, or nothing more may be gathered. */
void catchup_stop(struct catchup *c);

/* The stream brought a post with this mark. */
void catchup_saw(struct catchup *c, struct str mark);
/* Where we stand; borrowed until the next call. */
struct connector_cursor catchup_cursor(const struct catchup *c);
