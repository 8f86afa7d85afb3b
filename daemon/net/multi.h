#pragma once

/* multi - curl multi handles on the event loop.
 *
 * curl is entered from socket and timer events only, never from its own
 * callbacks, and completions are read when it has returned: a job may be
 * removed and its easy handle freed from within `done`. However many sockets are ready,
 * the loop is given back after some 20 ms.
 *
 * Several may run side by side; each has its own cache of connections, unless the
 * jobs bring one (CURLOPT_SHARE, as in transfer.c). */

#include <curl/curl.h>
#include <stddef.h>

struct loop;
struct multi;

struct multi_job {
    CURL *easy;
    size_t shard; /* those of one number share a handle; not to be changed while under way */
    void (*done)(struct multi_job *job, CURLcode code);
    /* Before `done` it is removed from the multi; or it stays, since removing it would close a
     * connection that was only opened (CURLOPT_CONNECT_ONLY). */
    enum { MULTI_LEAVES, MULTI_STAYS } after;
};

/* Jobs are spread over so many handles, each of some 45 KB and good for a thousand at once. No
 * handle limits how many connections stay open in its own cache. */
struct multi *multi_new(struct loop *loop, size_t shards);
void multi_free(struct multi *m); /* no jobs may be left; NULL is fine */
/* The job stays the caller's. CURLOPT_PRIVATE of its easy handle is set here. */
void multi_add(struct multi *m, struct multi_job *job);
/* Its `done` will not be called; not from within a callback of curl's. */
void multi_remove(struct multi *m, struct multi_job *job);
