#pragma once

/* batch - what one poll, push or message brought, on its way to the intake.
 *
 * Everything stands in the batch's own arena, so it outlives the transfer. The
 * intake hears the mentions in order and writes the source's new state in the
 * same transaction as the last of them; then it tells `done` and frees the
 * batch. A source that goes away before sets `done` to NULL. */

#include "daemon/config/config.h"
#include "daemon/store/store.h"
#include "lib/mention/mention.h"

struct arena;

struct batch {
    struct arena *arena;
    struct str source; /* its id */
    enum config_about about;
    struct mention *mentions;
    size_t n;
    struct str *gone; /* ids of posts that their network says were deleted; after the mentions */
    size_t n_gone;
    enum {
        BATCH_KEEPS_STATE, /* a success of its source, else as the store has it */
        BATCH_KEEPS_TALLY, /* `state`, but the tally as the store has it */
        BATCH_HAS_STATE,   /* `state`, and what was pushed since it was recalled */
    } has;
    struct store_source state;
    uint64_t bytes; /* received for it; goes into the tally of the state */
    /* 0: all of it is on the disk. -ENOSPC or another negative errno: nothing promised; ask
     * again later. */
    void (*done)(void *arg, int result);
    void *arg;
    struct batch *next;            /* the intake's */
    size_t heard, committed;       /* idem: mentions so far, then those that are gone */
    size_t fresh, committed_fresh; /* idem: of them, never heard before */
};

/* Takes the batch; `done` is called on a later turn of the loop. */
typedef void batch_submit(void *arg, struct batch *b);

struct batch *batch_new(void); /* with an arena without limit */
void batch_free(struct batch *b);
