#pragma once

/* parcel - one outbox row as one call of SCRIPT_APPEND. */

#include "lib/desk/event.h"

enum { PARCEL_ARGS = 24, PARCEL_PREFIX_MAX = 64, PARCEL_KEY_MAX = 320 };

/* What is the same for all rows. */
struct parcel_form {
    struct str field;      /* of the producer hash: "couac-1:k3f9x2ab" */
    struct str sha;        /* of the script */
    char producer_key[96]; /* all keys carry the prefix */
    char stream_keys[EVENT_STREAMS][96];
    char queue_key[96];
    struct str prefix;
    char cap[24]; /* of every list, "0": no common queue */
};

/* "prefix" is at most PARCEL_PREFIX_MAX bytes and must outlive the form. */
void parcel_form(struct parcel_form *ret, struct str prefix, int64_t queue_cap);

/* One row's arguments; slices point into `form`, `event` and this struct. */
struct parcel {
    struct str argv[PARCEL_ARGS];
    size_t argc;
    char seq[24], prev[24], count[4];
    char channel[PARCEL_KEY_MAX], owner_queue[PARCEL_KEY_MAX];
};

void parcel_pack(struct parcel *ret, const struct parcel_form *form, const struct event *event,
                 uint64_t prev);
