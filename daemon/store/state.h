#pragma once

/* state - what the files of this folder share about an open store. Not for others. */

#include "daemon/store/sql.h"
#include "daemon/store/store.h"
#include "lib/base/arena.h"
#include "lib/desk/recall.h"

struct store {
    struct sql q;
    struct recall recall;  /* first of the port; container_of leads back here */
    struct arena *scratch; /* what the port returned last */
    int lock_fd;
    enum { STORE_IDLE, STORE_LOOK, STORE_BATCH } phase;
    int broken;         /* -EIO or -EBADMSG once seen: no way back but a restart */
    int full;           /* -ENOSPC while the disk is full, else 0 */
    uint64_t seq;       /* last given out, open batch included */
    uint64_t committed; /* last given out and committed */
    char epoch[9];
    char seen_swept[17];     /* where the sweep of `seen` stands */
    struct authors *authors; /* where that of the ledger stands */
};

/* Remembers what an error means for the whole store, and returns it. */
int state_note(struct store *s, int rc);
/* One transaction around single statements; inside a batch they do nothing. */
int state_enter(struct store *s) MUST_CHECK;
int state_leave(struct store *s, int rc) MUST_CHECK; /* commits if rc is 0; returns the outcome */

/* recollect.c: the recall port over this store. */
void recollect_init(struct store *s);
