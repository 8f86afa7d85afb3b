#pragma once

/* multi - one curl multi handle on the event loop.
 *
 * curl is entered from socket and timer events only, never from its own
 * callbacks, and completions are read in an event of their own: a job may be
 * removed and its easy handle freed from within `done`.
 *
 * Several may run side by side; each has its own cache of connections, unless the
 * jobs bring one (CURLOPT_SHARE, as in transfer.c). */

#include <curl/curl.h>

struct loop;
struct multi;

struct multi_job {
    CURL *easy;
    void (*done)(struct multi_job *job, CURLcode code);
    /* Before `done` it is removed from the multi; or it stays, since removing it would close a
     * connection that was only opened (CURLOPT_CONNECT_ONLY). */
    enum { MULTI_LEAVES, MULTI_STAYS } after;
};

/* At most so many connections stay open in its own cache; 0: whatever the jobs leave open. */
struct multi *multi_new(struct loop *loop, long connections_kept);
void multi_free(struct multi *m); /* no jobs may be left; NULL is fine */
/* The job stays the caller's. CURLOPT_PRIVATE of its easy handle is set here. */
void multi_add(struct multi *m, struct multi_job *job);
/* Its `done` will not be called; not from within a callback of curl's. */
void multi_remove(struct multi *m, struct multi_job *job);
