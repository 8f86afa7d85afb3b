#include "daemon/sink/courier.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <event2/event.h>
#include <hiredis/hiredis.h>

#include "daemon/core/backoff.h"
#include "daemon/core/log.h"
#include "daemon/core/loop.h"
#include "daemon/sink/errand.h"
#include "daemon/sink/parcel.h"
#include "daemon/sink/reply.h"
#include "daemon/sink/script.h"
#include "daemon/store/store.h"
#include "lib/base/alloc.h"
#include "lib/base/arena.h"

enum {
    REFILL = COURIER_ROWS / 4, /* rows read from the store at once */
    LONE_FAILURES = 3,         /* then the row is buried */
    BURIALS = 3,               /* in a row: then it is not the rows */
    TICK_MS = 1000,
};

enum courier_state {
    COURIER_WAITING,  /* for the link */
    COURIER_SYNCING,  /* asked Redis where we stand */
    COURIER_FLOWING,  /* the window is open */
    COURIER_ALONE,    /* one suspect row at a time */
    COURIER_DRAINING, /* something failed: until all replies are in */
    COURIER_RESTING,  /* then a pause, then SYNCING */
    COURIER_STATES,
};

static const char *const names[COURIER_STATES] = {
    [COURIER_WAITING] = "waiting", [COURIER_SYNCING] = "syncing",   [COURIER_FLOWING] = "flowing",
    [COURIER_ALONE] = "alone",     [COURIER_DRAINING] = "draining", [COURIER_RESTING] = "resting",
};

static const unsigned allowed[COURIER_STATES] = {
    [COURIER_WAITING] = BIT(COURIER_SYNCING),
    [COURIER_SYNCING] = BIT(COURIER_FLOWING) | BIT(COURIER_ALONE) | BIT(COURIER_DRAINING) |
                        BIT(COURIER_WAITING) | BIT(COURIER_RESTING),
    [COURIER_FLOWING] = BIT(COURIER_DRAINING) | BIT(COURIER_WAITING),
    [COURIER_ALONE] = BIT(COURIER_DRAINING) | BIT(COURIER_FLOWING) | BIT(COURIER_WAITING),
    [COURIER_DRAINING] = BIT(COURIER_SYNCING) | BIT(COURIER_RESTING) | BIT(COURIER_WAITING),
    [COURIER_RESTING] = BIT(COURIER_SYNCING) | BIT(COURIER_WAITING),
};

struct sent { /* a parcel under way */
    uint64_t first, last;
    size_t rows, bytes;
};

struct courier {
    struct loop *loop;
    struct store *store;
    struct courier_options o;
    struct arena *strings; /* of the options */
    struct redis *link;
    struct errand *errand;
    enum courier_state state;
    struct event *tick; /* acknowledgements noted, new rows looked for */
    struct event *rest; /* ends RESTING */
    struct backoff backoff;
    int64_t rest_ms; /* how long after DRAINING; 0: at once */

    struct parcel_form form;
    struct parcel parcel;
    char field[160], sha[48];

    uint64_t sent;                       /* last row given to the link */
    uint64_t acked;                      /* Redis has everything up to here */
    uint64_t noted;                      /* what the store knows of it */
    uint64_t ceiling;                    /* no higher number was ever sent */
    struct sent under_way[COURIER_ROWS]; /* ring */
    unsigned first, n_under_way;
    size_t rows_under_way, bytes_under_way;

    uint64_t alone_until; /* a parcel with a bad row ends here: row by row; 0: none */
    uint64_t suspect;     /* the row that failed alone */
    unsigned lone_failures, burials;
    char reason[256]; /* of the last failure */
    struct courier_counts counts;
    uint64_t told_lost;  /* entries of lists, when last told */
    struct arena *lists; /* keys, while they are asked for */
};

static void move(struct courier *c, enum courier_state next)
{
    assert(allowed[c->state] & BIT(next));
    log_debug("courier.state", LOG_STR("from", names[c->state]), LOG_STR("to", names[next]));
    c->state = next;
}

static void tell(struct courier *c, const char *what, const char *format, ...) PRINTF_LIKE(3, 4);
static void tell(struct courier *c, const char *what, const char *format, ...)
{
    struct sbuf text = SBUF_INIT(1024);
    va_list args;

    va_start(args, format);
    sbuf_vprintf(&text, format, args);
    va_end(args);
    log_warn("courier.told", LOG_STR("what", what), LOG_STR("message", sbuf_str(&text)));
    if (c->o.told)
        c->o.told(c->o.arg, str_of(what), sbuf_str(&text));
    sbuf_done(&text);
}

/* What the store could not do: a full disk delays, the rest is final. */
static bool store_failed(struct courier *c, int rc)
{
    if (rc >= 0 || rc == -ENOSPC || rc == -EBUSY)
        return false;
    log_error("courier.store", LOG_ERRNO(rc));
    if (c->o.fatal)
        c->o.fatal(c->o.arg, rc);
    return true;
}

/* --- failures ------------------------------------------------------------------------ */

static void resync(struct courier *c);

static void drained(struct courier *c)
{
    if (c->rest_ms == 0) {
        resync(c);
        return;
    }
    move(c, COURIER_RESTING);
    loop_timer_in(c->rest, c->rest_ms);
}

/* Nothing more is sent until all replies under way are in; then a rest. */
static void drain(struct courier *c, int64_t rest_ms)
{
    c->rest_ms = rest_ms;
    if (c->state != COURIER_DRAINING)
        move(c, COURIER_DRAINING);
    if (c->n_under_way == 0)
        drained(c);
}

static int64_t next_rest(struct courier *c)
{
    return backoff_next(&c->backoff, loop_random(c->loop));
}

static void bury(struct courier *c)
{
    int rc = store_bury(c->store, c->suspect, str_of(c->reason), loop_wall_ms());

    if (rc < 0) {
        (void)store_failed(c, rc);
        return; /* it will fail again, and be buried then */
    }
    c->counts.buried++;
    c->burials++;
    tell(c, "row-buried", "row %" PRIu64 " was refused %d times alone and is set aside: %s",
         c->suspect, LONE_FAILURES, c->reason);
    c->lone_failures = 0;
}

static void failed_alone(struct courier *c, uint64_t seq)
{
    c->lone_failures = seq == c->suspect ? c->lone_failures + 1 : 1;
    c->suspect = seq;
    if (c->lone_failures < LONE_FAILURES) {
        drain(c, next_rest(c));
    } else if (c->burials >= BURIALS) {
        redis_pause(c->link, str_of(c->reason));
    } else {
        bury(c);
        drain(c, 0);
    }
}

/* Which of a parcel's rows it is shows when they go one by one. */
static void suspect(struct courier *c, const struct sent *parcel)
{
    if (c->state == COURIER_ALONE) {
        failed_alone(c, parcel->first);
        return;
    }
    c->alone_until = parcel->last;
    drain(c, 0);
}

/* `parcel` is what failed, NULL for a question of ours. */
static void failed(struct courier *c, struct str error, const struct sent *parcel)
{
    (void)snprintf(c->reason, sizeof(c->reason), "%.*s", (int)MIN(error.n, 250), error.p);
    switch (reply_classify(error)) {
    case REPLY_NOSCRIPT:
        drain(c, 0);
        return;
    case REPLY_ASK: /* our slot is on its way: MOVED follows when it has arrived */
    case REPLY_LATER:
        log_warn("courier.later", LOG_STR("why", c->reason));
        drain(c, next_rest(c));
        return;
    case REPLY_MOVED:
        redis_redirect(c->link, error);
        return;
    case REPLY_RECONNECT:
        redis_drop(c->link, error);
        return;
    case REPLY_OPERATOR:
        redis_pause(c->link, error);
        return;
    case REPLY_POISON:
        if (parcel)
            suspect(c, parcel);
        else
            redis_pause(c->link, error);
        return;
    }
}

/* --- rows ---------------------------------------------------------------------------- */

static void pump(struct courier *c);

static struct sent pop(struct courier *c)
{
    struct sent parcel = c->under_way[c->first];

    assert(c->n_under_way > 0);
    c->first = (c->first + 1) % COURIER_ROWS;
    c->n_under_way--;
    c->rows_under_way -= parcel.rows;
    c->bytes_under_way -= parcel.bytes;
    return parcel;
}

static void delivered(struct courier *c, const struct sent *parcel)
{
    c->acked = parcel->last;
    c->counts.delivered += parcel->rows;
    c->burials = c->lone_failures = 0;
    c->backoff.failures = 0;
    redis_good(c->link);
    if (c->state == COURIER_ALONE && c->acked >= c->alone_until) {
        c->alone_until = 0;
        move(c, COURIER_FLOWING);
    }
}

static void unpublished(struct courier *c, const struct redisReply *reply)
{
    if (reply->elements < 2 || reply->element[1]->type != REDIS_REPLY_STRING)
        return;
    c->counts.unpublished++;
    log_warn("courier.unpublished",
             LOG_STR("why", str_make(reply->element[1]->str, reply->element[1]->len)));
}

static void verdict(struct courier *c, const struct sent *parcel, int64_t n)
{
    if (n < 0) { /* Redis stands elsewhere: ask where */
        c->counts.gaps++;
        drain(c, 0);
        return;
    }
    if (n == 0)
        c->counts.repeats += parcel->rows;
    else
        c->counts.list_drops += (uint64_t)(n - 1);
    delivered(c, parcel);
    pump(c);
}

static void on_parcel(void *arg, const struct redisReply *reply)
{
    struct courier *c = arg;
    struct sent parcel = pop(c);

    if (!reply)
        return;                         /* fate unknown; `lost` follows */
    if (c->state == COURIER_DRAINING) { /* refused because of the first that failed */
        if (c->n_under_way == 0)
            drained(c);
        return;
    }
    if (reply->type == REDIS_REPLY_ERROR) {
        failed(c, str_make(reply->str, reply->len), &parcel);
    } else if (reply->type == REDIS_REPLY_ARRAY && reply->elements > 0) {
        unpublished(c, reply);
        verdict(c, &parcel, reply->element[0]->integer);
    } else if (reply->type == REDIS_REPLY_INTEGER) {
        verdict(c, &parcel, reply->integer);
    } else {
        redis_drop(c->link, STR("the script answered what it cannot answer"));
    }
}

static bool ship(struct courier *c)
{
    struct parcel *p = &c->parcel;
    unsigned last = (c->first + c->n_under_way) % COURIER_ROWS;

    parcel_seal(p);
    if (redis_send(c->link, p->argv, p->argc, on_parcel, c) < 0)
        return false;
    c->under_way[last] = (struct sent){p->first, p->last, p->n_rows, p->n_bytes};
    c->n_under_way++;
    c->rows_under_way += p->n_rows;
    c->bytes_under_way += p->n_bytes;
    c->sent = p->last;
    c->ceiling = MAX(c->ceiling, c->sent);
    return true;
}

static bool take_row(void *arg, const struct desk_event *row, int64_t queued_ms)
{
    struct courier *c = arg;

    (void)queued_ms;
    if (parcel_add(&c->parcel, row))
        return true;
    if (!ship(c))
        return false;
    parcel_begin(&c->parcel, c->sent);
    return parcel_add(&c->parcel, row);
}

/* Rows are read in portions: a look-up in the store for each reply would cost more than the
 * row itself. */
static void fetch(struct courier *c)
{
    unsigned rows = c->state == COURIER_ALONE ? 1 : REFILL;
    int rc;

    if (c->state != COURIER_FLOWING && c->state != COURIER_ALONE)
        return;
    if (c->rows_under_way + rows > COURIER_ROWS || c->bytes_under_way >= COURIER_BYTES ||
        (c->state == COURIER_ALONE && c->n_under_way > 0))
        return;
    parcel_begin(&c->parcel, c->sent);
    rc =
        store_outbox_each(c->store, c->sent, rows, COURIER_BYTES - c->bytes_under_way, take_row, c);
    if (c->parcel.n_rows > 0 && c->parcel.last > c->sent)
        (void)ship(c); /* not connected: `lost` follows */
    (void)store_failed(c, rc);
}

static void pump(struct courier *c)
{
    if (c->sent < store_last_seq(c->store))
        fetch(c);
}

/* --- where do we stand? ---------------------------------------------------------------- */

static void went_back(struct courier *c, uint64_t stored)
{
    c->counts.rewinds++;
    tell(c, "redis-went-back",
         "Redis had our events up to %" PRIu64 " and now has them up to %" PRIu64
         "; those of the last day are sent again under the same ids",
         c->acked, stored);
}

/* Our numbers are behind: the state file was restored or lost. Under a new name they count
 * from what this file knows to be delivered. */
static void on_renewed(void *arg, const struct redisReply *reply)
{
    struct courier *c = arg;

    if (reply && c->state == COURIER_SYNCING) {
        if (reply->type == REDIS_REPLY_ERROR)
            failed(c, str_make(reply->str, reply->len), NULL);
        else
            drain(c, 0);
    }
}

static void name_field(struct courier *c)
{
    int n = snprintf(c->field, sizeof(c->field), "%.*s:%s", STR_ARG(c->o.producer),
                     store_epoch(c->store));

    c->form.field = str_make(c->field, (size_t)n);
}

static void renew(struct courier *c, uint64_t stored)
{
    char acked[24];
    struct str argv[] = {STR("HSET"), str_of(c->form.producer_key), STR_NONE, STR_NONE};
    int rc = store_epoch_renew(c->store);

    if (store_failed(c, rc))
        return;
    if (rc < 0) {
        drain(c, next_rest(c));
        return;
    }
    tell(c, "state-went-back",
         "Redis has our events up to %" PRIu64 ", which this state file never numbered: it was"
         " restored or lost rows; counting goes on under a new name",
         stored);
    name_field(c);
    (void)snprintf(acked, sizeof(acked), "%" PRIu64, c->acked);
    argv[2] = c->form.field;
    argv[3] = str_of(acked);
    (void)redis_send(c->link, argv, 4, on_renewed, c); /* not connected: `lost` follows */
}

static void flow_from(struct courier *c, uint64_t stored)
{
    if (stored < c->acked)
        went_back(c, stored);
    c->sent = c->acked = stored;
    if (c->alone_until <= stored)
        c->alone_until = 0;
    move(c, c->alone_until ? COURIER_ALONE : COURIER_FLOWING);
    pump(c);
}

static bool guard_number(const struct redisReply *reply, int64_t *ret)
{
    *ret = 0;
    return reply->type == REDIS_REPLY_NIL ||
           (reply->type == REDIS_REPLY_STRING &&
            str_to_i64(str_make(reply->str, reply->len), ret) && *ret >= 0);
}

static void on_guard(void *arg, const struct redisReply *reply)
{
    struct courier *c = arg;
    int64_t stored;

    if (!reply || c->state != COURIER_SYNCING)
        return;
    if (reply->type == REDIS_REPLY_ERROR)
        failed(c, str_make(reply->str, reply->len), NULL);
    else if (!guard_number(reply, &stored))
        redis_pause(c->link, STR("the producer hash holds no number of ours"));
    else if ((uint64_t)stored > c->ceiling)
        renew(c, (uint64_t)stored);
    else
        flow_from(c, (uint64_t)stored);
}

static void on_loaded(void *arg, const struct redisReply *reply)
{
    struct courier *c = arg;

    if (!reply || c->state != COURIER_SYNCING)
        return;
    if (reply->type == REDIS_REPLY_STRING && reply->len < sizeof(c->sha)) {
        memcpy(c->sha, reply->str, reply->len);
        c->form.sha = str_make(c->sha, reply->len);
    } else if (reply->type == REDIS_REPLY_ERROR) {
        failed(c, str_make(reply->str, reply->len), NULL);
    }
}

/* Both questions at once; the script is a kilobyte, and loading it again costs nothing. */
static void resync(struct courier *c)
{
    const struct str load[] = {STR("SCRIPT"), STR("LOAD"), str_of(script_append)};
    const struct str guard[] = {STR("HGET"), str_of(c->form.producer_key), c->form.field};

    move(c, COURIER_SYNCING);
    /* when these fail the link is lost, and `lost` follows */
    (void)redis_send(c->link, load, ARRAY_LEN(load), on_loaded, c);
    (void)redis_send(c->link, guard, ARRAY_LEN(guard), on_guard, c);
}

/* --- events from around ---------------------------------------------------------------- */

static void on_ready(void *arg)
{
    struct courier *c = arg;

    resync(c);
    errand_start(c->errand);
    if (c->o.ready)
        c->o.ready(c->o.arg);
}

static void on_lost(void *arg)
{
    struct courier *c = arg;

    assert(c->n_under_way == 0); /* each had its NULL */
    (void)event_del(c->rest);
    errand_stop(c->errand);
    move(c, COURIER_WAITING);
}

static void on_rest(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    resync(arg);
}

static void note_acked(struct courier *c)
{
    int rc;

    if (c->acked == c->noted)
        return;
    rc = store_ack(c->store, c->acked, loop_wall_ms());
    if (rc == 0)
        c->noted = c->acked;
    else
        (void)store_failed(c, rc);
}

/* What leaves a list unread is told at each doubling: a list that nobody reads loses an entry
 * with each new one, for ever. */
static void tell_lost(struct courier *c)
{
    uint64_t lost = c->counts.list_drops + c->counts.list_aged;

    if (lost == 0 || lost < 2 * c->told_lost)
        return;
    c->told_lost = lost;
    tell(c, "list-trimmed",
         "%" PRIu64 " entries of lists were removed that nobody had taken: %" PRIu64
         " past the lists' length, %" PRIu64 " for their age",
         lost, c->counts.list_drops, c->counts.list_aged);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct courier *c = arg;

    (void)fd, (void)what;
    note_acked(c);
    tell_lost(c);
    fetch(c); /* rows that another process queued: `couacd --dead retry` */
    loop_timer_in(c->tick, loop_jitter_ms(c->loop, TICK_MS));
}

static size_t put(struct courier_field *f, const char *key, const char *format, ...)
    PRINTF_LIKE(3, 4);
static size_t put(struct courier_field *f, const char *key, const char *format, ...)
{
    va_list args;

    f->key = key;
    va_start(args, format);
    (void)vsnprintf(f->value, sizeof(f->value), format, args);
    va_end(args);
    return 1;
}

static size_t on_status(void *arg, struct courier_field *ret, size_t max)
{
    struct courier *c = arg;
    struct store_counts n = {0};
    size_t k = 0;

    assert(max == COURIER_FIELDS);
    (void)store_failed(c, store_count(c->store, &n));
    k += put(ret + k, "producer", "%.*s", STR_ARG(c->o.producer));
    k += put(ret + k, "time_ms", "%" PRId64, loop_wall_ms());
    k += put(ret + k, "last_seq", "%" PRIu64, n.last_seq);
    k += put(ret + k, "acked_seq", "%" PRIu64, c->acked);
    k += put(ret + k, "pending", "%" PRIu64, n.pending);
    k += put(ret + k, "dead", "%" PRIu64, n.dead);
    k += put(ret + k, "delivered", "%" PRIu64, c->counts.delivered);
    k += put(ret + k, "rewinds", "%" PRIu64, c->counts.rewinds);
    k += put(ret + k, "list_dropped", "%" PRIu64, c->counts.list_drops);
    k += put(ret + k, "list_aged", "%" PRIu64, c->counts.list_aged);
    k += put(ret + k, "stream_dropped", "%" PRIu64, c->counts.stream_drops);
    k += put(ret + k, "stream_rolled", "%" PRIu64, c->counts.stream_rolled);
    k += put(ret + k, "accepting", "%s", store_accepts(c->store) ? "yes" : "no");
    return c->o.status ? k + c->o.status(c->o.arg, ret + k, max - k) : k;
}

static void on_trimmed(void *arg, const char *stream, const struct errand_trim *t)
{
    struct courier *c = arg;

    c->counts.stream_aged += t->aged;
    c->counts.stream_rolled += t->rolled;
    c->counts.stream_drops += t->unread;
    if (t->unread > 0)
        tell(c, "queue-trimmed",
             "stream %s was above twice its cap: %" PRIu64 " entries that a group had not read"
             " were removed",
             stream, t->unread);
}

static void on_aged(void *arg, uint64_t n)
{
    ((struct courier *)arg)->counts.list_aged += n;
}

static size_t on_lists(void *arg, struct str *ret, size_t max)
{
    struct courier *c = arg;
    struct str queues[ERRAND_LISTS];
    size_t n = 0, n_queues = c->o.lists ? c->o.lists(c->o.arg, queues, ERRAND_LISTS - 1) : 0;

    arena_reset(c->lists);
    ret[n++] = str_of(c->form.queue_key);
    for (size_t i = 0; i < n_queues && n < max; i++) {
        struct str key = parcel_list_key(&c->form, queues[i], c->lists);

        if (key.n)
            ret[n++] = key;
    }
    return n;
}

/* --- life ---------------------------------------------------------------------------- */

static void make_link(struct courier *c)
{
    struct redis_options link = c->o.link;

    link.ready = on_ready;
    link.lost = on_lost;
    link.arg = c;
    c->link = redis_new(c->loop, &link);
}

static void make_errand(struct courier *c)
{
    struct errand_options o = {
        .link = c->link,
        .prefix = c->o.prefix,
        .stream_cap = c->o.stream_cap > 0 ? c->o.stream_cap : 100000,
        .stream_age_ms = c->o.stream_age_ms > 0 ? c->o.stream_age_ms : 30 * 86400000ll,
        .trim_ms = c->o.trim_ms > 0 ? c->o.trim_ms : 60000,
        .list_age_ms = c->o.stream_age_ms > 0 ? c->o.stream_age_ms : 30 * 86400000ll,
        .lists = on_lists,
        .aged = on_aged,
        .status = on_status,
        .trimmed = on_trimmed,
        .arg = c,
    };

    c->errand = errand_new(c->loop, &o);
}

struct courier *courier_new(struct loop *loop, struct store *store,
                            const struct courier_options *options)
{
    struct courier *c = alloc_zeroed(1, sizeof(*c));
    struct store_counts counts = {0};

    c->loop = loop;
    c->store = store;
    c->o = *options;
    c->strings = arena_new(0);
    c->lists = arena_new(0);
    c->o.prefix = arena_str(c->strings, options->prefix);
    c->o.producer = arena_str(c->strings, options->producer);
    c->backoff.base_ms = options->link.backoff_ms > 0 ? options->link.backoff_ms : 250;
    c->backoff.cap_ms = options->link.backoff_max_ms > 0 ? options->link.backoff_max_ms : 30000;
    parcel_form(&c->form, c->o.prefix, options->queue_cap);
    parcel_init(&c->parcel, &c->form);
    name_field(c);
    (void)store_failed(c, store_count(store, &counts));
    c->acked = c->noted = c->sent = counts.acked;
    c->ceiling = store_last_seq(store);
    c->tick = loop_timer(loop, on_tick, c);
    c->rest = loop_timer(loop, on_rest, c);
    make_link(c);
    make_errand(c);
    return c;
}

void courier_free(struct courier *c)
{
    if (!c)
        return;
    redis_free(c->link); /* before all that replies still under way go to */
    errand_free(c->errand);
    note_acked(c);
    event_free(c->tick);
    event_free(c->rest);
    parcel_done(&c->parcel);
    arena_free(c->strings);
    arena_free(c->lists);
    free(c);
}

void courier_start(struct courier *c)
{
    redis_start(c->link);
    loop_timer_in(c->tick, loop_jitter_ms(c->loop, TICK_MS));
}

void courier_nudge(struct courier *c)
{
    pump(c);
}

static bool never(void *arg, const struct desk_event *row, int64_t queued_ms)
{
    (void)arg, (void)row, (void)queued_ms;
    return false;
}

bool courier_idle(const struct courier *c)
{
    return c->n_under_way == 0 && c->state == COURIER_FLOWING &&
           store_outbox_each(c->store, c->sent, 1, 1, never, NULL) == 0;
}

size_t courier_room(const struct courier *c)
{
    size_t pending = redis_pending(c->link);

    return redis_state(c->link) == REDIS_READY && pending < REDIS_PENDING_MAX
               ? REDIS_PENDING_MAX - pending
               : 0;
}

int courier_ask(struct courier *c, const struct str *argv, size_t argc, redis_reply_fn *fn,
                void *arg)
{
    return redis_send(c->link, argv, argc, fn, arg);
}

const struct courier_counts *courier_counts(const struct courier *c)
{
    return &c->counts;
}

uint64_t courier_acked(const struct courier *c)
{
    return c->acked;
}

struct str courier_trouble(const struct courier *c)
{
    return redis_trouble(c->link);
}
