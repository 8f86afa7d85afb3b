#pragma once

/* reply - what an error of Redis asks of us.
 *
 * By the error's first word, as servers from Redis 5 to 8 and their kin send it; an error
 * of a script carries the word of the command that failed, wherever the server
 * puts it. */

#include "lib/base/str.h"

enum reply_class {
    REPLY_NOSCRIPT,  /* load the script again, at once */
    REPLY_MOVED,     /* another node has the slot, at once */
    REPLY_ASK,       /* the slot is moving: after a backoff */
    REPLY_LATER,     /* LOADING BUSY ...: the same again after a backoff */
    REPLY_RECONNECT, /* READONLY: this is not the master any more */
    REPLY_OPERATOR,  /* NOAUTH OOM WRONGTYPE ...: only people can mend it */
    REPLY_POISON,    /* any other: perhaps it is this one row */
};

enum reply_class reply_classify(struct str error);

/* "MOVED 3999 127.0.0.1:6381" (or ASK): host without brackets and port; an empty host means
 * the node that answered. False for anything else. */
bool reply_redirect(struct str error, char ret_host[256], uint16_t *ret_port) MUST_CHECK;
