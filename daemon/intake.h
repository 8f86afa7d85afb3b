#pragma once

/* intake - where what sources brought meets the desk and the disk.
 *
 * A batch with posts is heard at once, unless the last transaction ended less than
 * INTAKE_WAIT_MS ago: then it waits so long in a queue, so that under load many
 * small ones share one transaction (and one fsync). Every mention goes to the
 * desk, its events into the outbox, the source's new state beside them, and all
 * of it is committed at once. A turn of the loop hears for INTAKE_TURN_MS at
 * most; a batch larger than that is spread over several transactions, its state
 * going with the last, so a cursor is never ahead of the outbox.
 *
 * fetched = new + same + changed + skipped: nothing is dropped without a count. */

#include "daemon/source/batch.h"

struct desk;
struct intake;
struct loop;
struct ruleset;

enum {
    INTAKE_TURN_MS = 60,
    INTAKE_WAIT_MS = 15,   /* between two transactions with posts */
    INTAKE_QUIET_MS = 500, /* when there are only states: nobody waits for those */
    INTAKE_PENDING_ITEMS = 256,
    INTAKE_PENDING_BATCHES = 4096, /* the more rows, the more of them share a page to write */
};

struct intake_ports {
    struct loop *loop;
    struct store *store;
    struct desk *desk;
    void (*committed)(void *arg);                 /* there may be rows for the courier */
    void (*stored)(void *arg, struct str source); /* its state on the disk is a new one */
    void (*fatal)(void *arg, int error);          /* the disk failed: the process should end */
    void *arg;
};

struct intake_counts {
    uint64_t heard, fresh, same, changed, skipped; /* mentions */
    uint64_t broken, kept, held, reposts, own;     /* verdicts */
    uint64_t withdrawn;                            /* alerts whose posts were deleted */
    uint64_t events, batches, refused;             /* refused: batches the store could not take */
    size_t pending;                                /* batches waiting */
};

/* Takes a reference of `set`. */
struct intake *intake_new(const struct intake_ports *ports, struct ruleset *set);
/* Batches still waiting are given back with -ECANCELED; NULL is fine. */
void intake_free(struct intake *in);
/* From the next mention on; takes a reference of its own, drops that of the old set. */
void intake_rules(struct intake *in, struct ruleset *set);
/* A batch_submit: `arg` is the intake. */
void intake_submit(void *arg, struct batch *b);
/* Hears and commits all that waits, however long it takes. */
void intake_drain(struct intake *in);
/* What is due at the desk: incidents that fall quiet, answers that did not come.
 * Every few seconds; what cannot be stored is tried again at the next. */
void intake_tick(struct intake *in);
/* A couac.system.v1 event about ourselves; what cannot be stored is only logged. */
void intake_tell(struct intake *in, struct str what, struct str message);
const struct intake_counts *intake_counts(const struct intake *in);
