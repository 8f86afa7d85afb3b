#include "daemon/intake.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>

#include "daemon/core/log.h"
#include "daemon/core/loop.h"
#include "lib/base/alloc.h"
#include "lib/base/arena.h"
#include "lib/desk/desk.h"
#include "lib/rule/ruleset.h"

/* Bounds: sources hand in one batch each and wait for it, so the queue is never
 * longer than the requests under way plus the pushes that the listener admits. */

enum { MENTION_ARENA_BYTES = 16 << 20 };

struct queue {
    struct batch *first, **end;
};

struct intake {
    struct intake_ports ports;
    struct ruleset *set;
    struct queue waiting;
    struct queue heard; /* whole, in the open transaction */
    size_t items;       /* mentions waiting */
    struct event *timer;
    int64_t due_ms;      /* of the timer, when it is armed */
    int64_t turned_ms;   /* when the last turn with posts ended */
    struct arena *arena; /* one mention */
    struct intake_counts counts;
    struct intake_counts before; /* as at the beginning of the transaction */
};

static void put(struct queue *q, struct batch *b)
{
    b->next = NULL;
    *q->end = b;
    q->end = &b->next;
}

static struct batch *take(struct queue *q)
{
    struct batch *b = q->first;

    if (!b)
        return NULL;
    q->first = b->next;
    if (!q->first)
        q->end = &q->first;
    return b;
}

static void finish(struct intake *in, struct batch *b, int result)
{
    in->counts.pending--;
    in->counts.batches += result == 0;
    in->counts.refused += result < 0;
    if (result == 0)
        in->ports.stored(in->ports.arg, b->source);
    if (b->done)
        b->done(b->arg, result);
    batch_free(b);
}

static void finish_all(struct intake *in, struct queue *q, int result)
{
    struct batch *b;

    while ((b = take(q)))
        finish(in, b, result);
}

static void add_up(struct intake *in, const struct desk_outcome *o)
{
    struct intake_counts *c = &in->counts;

    c->heard++;
    c->fresh += o->seen == RECALL_NEW;
    c->same += o->seen == RECALL_SAME;
    c->changed += o->seen == RECALL_CHANGED;
    c->broken += o->n_broken;
    c->kept += o->n_kept;
    c->held += o->n_held;
    c->reposts += o->n_reposts;
    c->own += o->own_voice;
    c->events += o->n_events;
}

static struct desk_source source_of(const struct batch *b)
{
    return (struct desk_source){b->source,
                                b->about == CONFIG_ABOUT_US ? DESK_ABOUT_US : DESK_ABOUT_ANYONE};
}

static int queue_events(struct intake *in, const struct desk_outcome *outcome, int64_t now_ms)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < outcome->n_events; i++)
        r = store_queue(in->ports.store, &outcome->events[i], now_ms);
    return r;
}

static int hear(struct intake *in, struct batch *b, const struct mention *m)
{
    struct desk_source source = source_of(b);
    struct desk_outcome outcome = {0};
    int64_t now_ms = loop_wall_ms();
    int r;

    arena_reset(in->arena);
    r = desk_hear(in->ports.desk, in->set, &source, m, now_ms, store_recall(in->ports.store),
                  in->arena, &outcome);
    if (r == 0)
        r = queue_events(in, &outcome, now_ms);
    if (r < 0)
        return r;
    b->fresh += outcome.seen == RECALL_NEW;
    add_up(in, &outcome);
    return 0;
}

/* The post was deleted by who wrote it: so are its alerts. */
static int forget(struct intake *in, const struct batch *b, struct str id)
{
    struct desk_source source = source_of(b);
    struct store *store = in->ports.store;
    int64_t now_ms = loop_wall_ms();
    struct recall_alert *alerts = NULL;
    int r = 0;

    arena_reset(in->arena);
    struct str prints = desk_prints(in->ports.desk, in->set, &source, id, in->arena);
    int n = prints.n ? store_forget(store, STORE_FORGET_PRINTS, prints, in->arena, &alerts) : 0;

    if (n >= 0)
        r = desk_gone(in->ports.desk, in->set, &source, id, now_ms, store_recall(store), in->arena);
    for (int i = 0; r == 0 && i < n; i++) {
        struct desk_outcome outcome = {0};

        r = desk_withdraw(in->ports.desk, in->set, &alerts[i], STR("gone"), now_ms,
                          store_recall(store), in->arena, &outcome);
        if (r == 0)
            r = queue_events(in, &outcome, now_ms);
        in->counts.withdrawn += r == 0;
        in->counts.events += r == 0 ? outcome.n_events : 0;
    }
    return n < 0 ? n : r;
}

static bool nothing_to_hear(const struct mention *m)
{
    return m->text.n == 0 && m->title.n == 0;
}

/* The mention that is too much for us is made empty and left out when all is heard again. */
static bool skip(struct batch *b, int error)
{
    struct mention *m = &b->mentions[b->heard];

    if (error != -ENOMEM && error != -E2BIG)
        return false;
    log_warn("mention.skipped", LOG_STR("source", b->source), LOG_STR("mention", m->id),
             LOG_ERRNO(error));
    m->text = m->title = STR_NONE;
    return true;
}

static int hear_next(struct intake *in, struct batch *b)
{
    if (b->heard >= b->n)
        return forget(in, b, b->gone[b->heard - b->n]);
    if (!nothing_to_hear(&b->mentions[b->heard]))
        return hear(in, b, &b->mentions[b->heard]);
    in->counts.skipped++;
    return 0;
}

/* A hub may have brought posts since the poll recalled its state. The pace's beginning tells a
 * state that was begun anew, for a source with another URL. */
static void keep_pushed(struct store_source *state, const struct store_source *known)
{
    if (state->tally.pace.since_ms != known->tally.pace.since_ms)
        return;
    state->tally.bytes = known->tally.bytes;
    state->tally.posts = known->tally.posts;
    state->tally.pace = known->tally.pace;
    state->last_new_ms = MAX(state->last_new_ms, known->last_new_ms);
}

/* Not in the batch's own state: after an undo all is counted again. */
static int put_state(struct intake *in, const struct batch *b)
{
    struct store_source state = b->state, known = {0};
    int64_t now_ms = loop_wall_ms();
    int r = store_source_get(in->ports.store, b->source, b->arena, &known);

    if (r < 0)
        return r;
    if (b->has == BATCH_HAS_STATE)
        keep_pushed(&state, &known);
    else
        state.tally = known.tally;
    if (b->has == BATCH_KEEPS_STATE) {
        state = known;
        state.last_ok_ms = now_ms;
        state.last_new_ms = b->fresh ? now_ms : state.last_new_ms;
    }
    state.tally.bytes += (int64_t)b->bytes;
    state.tally.posts += (int64_t)b->fresh;
    if (state.last_ok_ms) /* the pace begins with the first answer */
        pace_add(&state.tally.pace, b->fresh, now_ms);
    return store_source_put(in->ports.store, b->source, &state);
}

/* 0: the whole batch is in the transaction; 1: time is up; or a negative errno. */
static int hear_batch(struct intake *in, struct batch *b, int64_t until_ms)
{
    for (; b->heard < b->n + b->n_gone; b->heard++) {
        if (loop_now_ms() >= until_ms)
            return 1;
        int r = hear_next(in, b);

        if (r < 0)
            return r;
    }
    return put_state(in, b);
}

static void forget_heard(struct batch *b)
{
    b->heard = b->committed;
    b->fresh = b->committed_fresh;
}

/* Everything heard in this transaction will be heard again. */
static void undo(struct intake *in)
{
    struct batch *rest = in->waiting.first;

    store_rollback(in->ports.store);
    in->before.pending = in->counts.pending;
    in->counts = in->before;
    if (rest)
        forget_heard(rest);
    if (!in->heard.first)
        return;
    for (struct batch *b = in->heard.first; b; b = b->next)
        forget_heard(b);
    *in->heard.end = rest; /* back to the front */
    if (!rest)
        in->waiting.end = in->heard.end;
    in->waiting.first = in->heard.first;
    in->heard.first = NULL;
    in->heard.end = &in->heard.first;
}

/* A post after a pause is heard at once: what may come in the next milliseconds shares the next
 * transaction instead, so that under load there are no more of them. */
static void arm(struct intake *in)
{
    int64_t wait_ms = INTAKE_QUIET_MS;

    if (in->items > 0)
        wait_ms = MAX(in->turned_ms + INTAKE_WAIT_MS - loop_now_ms(), (int64_t)0);
    if (in->items >= INTAKE_PENDING_ITEMS || in->counts.pending >= INTAKE_PENDING_BATCHES)
        wait_ms = 0;
    if (loop_now_ms() + wait_ms < in->due_ms || !event_pending(in->timer, EV_TIMEOUT, NULL)) {
        in->due_ms = loop_now_ms() + wait_ms;
        loop_timer_in(in->timer, wait_ms);
    }
}

/* The store cannot go on: whoever waits is told, and asks again later. */
static void refuse(struct intake *in, int error)
{
    log_error("intake.refused", LOG_ERRNO(error), LOG_INT("batches", in->counts.pending));
    undo(in);
    finish_all(in, &in->waiting, error);
    in->items = 0;
    if (error == -EIO || error == -EBADMSG)
        in->ports.fatal(in->ports.arg, error);
}

static int hear_waiting(struct intake *in, int64_t until_ms)
{
    struct batch *b;
    int r = 0;

    while (r == 0 && (b = in->waiting.first)) {
        r = hear_batch(in, b, until_ms);
        if (r < 0 && b->heard < b->n && skip(b, r))
            r = -EAGAIN;
        if (r == 0) {
            (void)take(&in->waiting); /* it is b */
            put(&in->heard, b);
            r = loop_now_ms() >= until_ms; /* thousands may have a state only */
        }
    }
    return r;
}

static void committed(struct intake *in)
{
    uint64_t events = in->counts.events - in->before.events;
    struct queue done = in->heard;

    if (!done.first)
        done.end = &done.first;
    in->heard = (struct queue){.end = &in->heard.first};
    if (in->waiting.first) {
        in->waiting.first->committed = in->waiting.first->heard;
        in->waiting.first->committed_fresh = in->waiting.first->fresh;
    }
    in->items -= MIN(in->items, (size_t)(in->counts.heard + in->counts.skipped - in->before.heard -
                                         in->before.skipped));
    finish_all(in, &done, 0);
    if (events)
        in->ports.committed(in->ports.arg);
}

/* One transaction. */
static void turn(struct intake *in, int64_t turn_ms)
{
    int r = store_begin(in->ports.store);

    in->before = in->counts;
    if (r == 0)
        r = hear_waiting(in, loop_now_ms() + turn_ms);
    if (r == -EAGAIN) {
        undo(in);
        return;
    }
    if (r >= 0)
        r = store_commit(in->ports.store);
    if (r < 0)
        refuse(in, r);
    else
        committed(in);
    if (in->counts.heard > in->before.heard)
        in->turned_ms = loop_now_ms();
}

static void on_timer(int fd, short what, void *arg)
{
    struct intake *in = arg;

    (void)fd, (void)what;
    if (in->waiting.first)
        turn(in, INTAKE_TURN_MS);
    if (in->waiting.first)
        loop_timer_in(in->timer, 0);
}

struct intake *intake_new(const struct intake_ports *ports, struct ruleset *set)
{
    struct intake *in = alloc_zeroed(1, sizeof(*in));

    in->ports = *ports;
    in->set = ruleset_ref(set);
    in->waiting.end = &in->waiting.first;
    in->heard.end = &in->heard.first;
    in->arena = arena_new(MENTION_ARENA_BYTES);
    in->timer = loop_timer(ports->loop, on_timer, in);
    return in;
}

void intake_free(struct intake *in)
{
    if (!in)
        return;
    finish_all(in, &in->waiting, -ECANCELED);
    event_free(in->timer);
    arena_free(in->arena);
    ruleset_unref(in->set);
    free(in);
}

void intake_rules(struct intake *in, struct ruleset *set)
{
    struct ruleset *old = in->set;

    in->set = ruleset_ref(set);
    ruleset_unref(old);
}

void intake_submit(void *arg, struct batch *b)
{
    struct intake *in = arg;

    b->heard = b->committed = b->fresh = b->committed_fresh = 0;
    put(&in->waiting, b);
    in->counts.pending++;
    in->items += b->n;
    arm(in);
}

void intake_drain(struct intake *in)
{
    while (in->waiting.first)
        turn(in, INTAKE_TURN_MS); /* each makes progress, skips a mention, or refuses all */
}

/* 1: there is more that is due. */
static int tick_once(struct intake *in)
{
    struct store *store = in->ports.store;
    int64_t now_ms = loop_wall_ms();
    struct desk_outcome outcome = {0};
    int r = store_begin(store);

    arena_reset(in->arena);
    if (r == 0)
        r = desk_tick(in->ports.desk, in->set, now_ms, store_recall(store), in->arena, &outcome);
    for (size_t i = 0; r == 0 && i < outcome.n_events; i++)
        r = store_queue(store, &outcome.events[i], now_ms);
    if (r == 0)
        r = store_commit(store);
    if (r < 0) {
        store_rollback(store);
        return r;
    }
    in->counts.events += outcome.n_events;
    if (outcome.n_events)
        in->ports.committed(in->ports.arg);
    return outcome.more;
}

void intake_tick(struct intake *in)
{
    int64_t until_ms = loop_now_ms() + INTAKE_TURN_MS;
    int r;

    if (!store_accepts(in->ports.store))
        return;
    do
        r = tick_once(in);
    while (r > 0 && loop_now_ms() < until_ms);
    if (r < 0)
        log_warn("desk.tick", LOG_ERRNO(r));
}

void intake_tell(struct intake *in, struct str what, struct str message)
{
    struct store *store = in->ports.store;
    int64_t now_ms = loop_wall_ms();
    struct desk_event event;
    int r = store_begin(store);

    arena_reset(in->arena);
    if (r == 0)
        r = desk_system_event(in->ports.desk, what, message, now_ms, store_recall(store), in->arena,
                              &event);
    if (r == 0)
        r = store_queue(store, &event, now_ms);
    if (r == 0)
        r = store_commit(store);
    if (r == 0) {
        in->ports.committed(in->ports.arg);
        return;
    }
    store_rollback(store);
    log_warn("event.lost", LOG_STR("what", what), LOG_ERRNO(r));
}

const struct intake_counts *intake_counts(const struct intake *in)
{
    return &in->counts;
}
