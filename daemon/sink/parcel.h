#pragma once

/* parcel - some outbox rows, in order, as one call of SCRIPT_APPEND. */

#include "lib/desk/event.h"

struct arena;

enum {
    PARCEL_ROWS = 32,
    PARCEL_BYTES = 256 * 1024, /* of JSON; the row that reaches it is the last */
    PARCEL_KEYS = 16,          /* streams and lists of one call */
    PARCEL_ROW_ARGS = 15,
    PARCEL_ARGS = 8 + PARCEL_KEYS + PARCEL_ROW_ARGS * PARCEL_ROWS,
    PARCEL_PREFIX_MAX = 64,
    PARCEL_KEY_MAX = 320,
};

/* What is the same for all rows. */
struct parcel_form {
    struct str field;  /* of the producer hash: "couac-1:k3f9x2ab" */
    struct str sha;    /* of the script */
    struct str prefix; /* of all keys */
    char producer_key[96];
    char stream_keys[EVENT_STREAMS][96];
    char queue_key[96];
    char cap[24];                                 /* of every list */
    enum { PARCEL_QUEUE, PARCEL_NO_QUEUE } queue; /* whether alerts go to the common list */
};

/* `prefix` is at most PARCEL_PREFIX_MAX bytes and must outlive the form. `queue_cap` 0: no
 * common queue; owners' lists are then capped at 10,000. */
void parcel_form(struct parcel_form *ret, struct str prefix, int64_t queue_cap);

/* The key of an owner's list, `queue` as in struct desk_event, in `arena`. Empty: none, or a name
 * longer than a key may be, which is left out rather than cut: half a name is another's. */
struct str parcel_list_key(const struct parcel_form *form, struct str queue, struct arena *arena);

struct parcel {
    const struct parcel_form *form;
    struct arena *arena;        /* the rows' bytes, until the next parcel_begin */
    uint64_t prev, first, last; /* prev: the row before the first */
    size_t n_rows, n_bytes;
    struct str keys[PARCEL_KEYS];
    char indexes[PARCEL_KEYS + 2][24]; /* "0" to "17" */
    size_t n_keys;
    struct str rows[PARCEL_ROW_ARGS * PARCEL_ROWS];
    struct str argv[PARCEL_ARGS];
    size_t argc;
    char prev_text[24], last_text[24], keys_text[24];
};

void parcel_init(struct parcel *p, const struct parcel_form *form);
void parcel_done(struct parcel *p);

/* A new call whose first row follows row `prev`. */
void parcel_begin(struct parcel *p, uint64_t prev);
/* Copies the row in. False: it is full, nothing was added; seal it and begin another. */
bool parcel_add(struct parcel *p, const struct desk_event *event) MUST_CHECK;
/* Makes argv[0 .. argc), valid until the next parcel_begin; at least one row. */
void parcel_seal(struct parcel *p);
