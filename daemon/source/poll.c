#include "daemon/source/poll.h"

#include <assert.h>
#include <event2/event.h>
#include <stdlib.h>

#include "daemon/core/log.h"
#include "daemon/core/loop.h"
#include "daemon/net/courtesy.h"
#include "daemon/net/transfer.h"
#include "daemon/source/network.h"
#include "daemon/source/reading.h"
#include "daemon/source/tokens.h"
#include "daemon/source/websub.h"
#include "lib/base/arena.h"
#include "lib/base/map.h"
#include "lib/base/vec.h"

/* Due times in the heap are steady ones, so a clock that jumps neither stops polling
 * nor starts a rush; in the store they are the calendar's, so a restart keeps them. */

enum {
    RETRY_MS = 60 * 1000,        /* after the store could not take a batch */
    PAUSE_MS = 5 * 1000,         /* while it takes none */
    PERSIST_WAIT_MS = 60 * 1000, /* waits for a held host from which on a restart must know */
    CREDENTIAL_MS = 500,         /* after a reload */
    STARTS_A_TURN = 64,
    WEEK_MS = 7 * 24 * 3600 * 1000,
};

static const char accept_feeds[] =
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1";

enum source_state {
    SOURCE_NEW,        /* not in the heap yet */
    SOURCE_RESTING,    /* in the heap */
    SOURCE_FETCHING,   /* a transfer is under way */
    SOURCE_COMMITTING, /* its batch is with the intake */
    SOURCE_GONE,       /* 410: not asked any more */
    SOURCE_STATES,
};

struct poll_source {
    const struct config_source *config;
    struct poll *poll;
    struct courtesy_host *host;
    struct transfer *transfer; /* SOURCE_FETCHING */
    struct batch *batch; /* SOURCE_FETCHING: with its state; SOURCE_COMMITTING: the intake's */
    int64_t due_ms;      /* steady */
    uint32_t heap_at;    /* SOURCE_RESTING */
    uint32_t token;      /* SOURCE_FETCHING: number of the one that is shown; 0: none */
    enum source_state state : 8;
    enum reading_status status : 8;
    enum courtesy_turn turn : 8;
    bool validators_sent;
    bool relied; /* SOURCE_COMMITTING: the next time is late because a hub delivers */
    bool kept;   /* during a reload */
    bool hurry;  /* not to wait for the backoff once what is under way is done */
};

struct poll {
    struct poll_ports ports;
    const struct config *config;
    struct courtesy *courtesy;
    struct websub *hubs; /* NULL: nobody asks hubs */
    struct event *timer;
    struct arena *scratch;
    struct poll_source **sources; /* in the config's order */
    size_t n_sources;
    VEC(struct poll_source *) heap; /* the earliest first */
    bool stopped;
    struct poll_counts counts;
};

/* --- heap ------------------------------------------------------------------ */

static void heap_set(struct poll *p, size_t at, struct poll_source *s)
{
    p->heap.items[at] = s;
    s->heap_at = (uint32_t)at;
}

static void sift_up(struct poll *p, size_t at)
{
    struct poll_source *s = p->heap.items[at];

    while (at > 0 && p->heap.items[(at - 1) / 2]->due_ms > s->due_ms) {
        heap_set(p, at, p->heap.items[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    heap_set(p, at, s);
}

static void sift_down(struct poll *p, size_t at)
{
    struct poll_source *s = p->heap.items[at];

    for (size_t child; (child = 2 * at + 1) < p->heap.n; at = child) {
        if (child + 1 < p->heap.n &&
            p->heap.items[child + 1]->due_ms < p->heap.items[child]->due_ms)
            child++;
        if (p->heap.items[child]->due_ms >= s->due_ms)
            break;
        heap_set(p, at, p->heap.items[child]);
    }
    heap_set(p, at, s);
}

static void heap_remove(struct poll *p, struct poll_source *s)
{
    size_t at = s->heap_at;
    struct poll_source *last = p->heap.items[--p->heap.n];

    if (last == s)
        return;
    heap_set(p, at, last);
    sift_up(p, at);
    sift_down(p, last->heap_at);
}

/* --- states ---------------------------------------------------------------- */

static const unsigned allowed[SOURCE_STATES] = {
    [SOURCE_NEW] = BIT(SOURCE_RESTING) | BIT(SOURCE_GONE),
    [SOURCE_RESTING] = BIT(SOURCE_FETCHING) | BIT(SOURCE_RESTING),
    [SOURCE_FETCHING] = BIT(SOURCE_COMMITTING) | BIT(SOURCE_RESTING),
    [SOURCE_COMMITTING] = BIT(SOURCE_RESTING) | BIT(SOURCE_GONE),
    [SOURCE_GONE] = 0,
};

static void move(struct poll_source *s, enum source_state next)
{
    struct poll *p = s->poll;

    assert(allowed[s->state] & BIT(next));
    if (s->state == SOURCE_RESTING)
        heap_remove(p, s);
    s->state = next;
    if (next == SOURCE_RESTING) {
        vec_push(&p->heap, s);
        sift_up(p, p->heap.n - 1);
    }
}

/* More than the process may have descriptors for would fail, and look as if servers did. */
static size_t at_once(const struct poll *p)
{
    return MIN((size_t)p->config->poll.at_once, transfers_at_once(p->ports.transfers));
}

static void arm(struct poll *p)
{
    int64_t wait_ms;

    if (p->stopped || p->heap.n == 0 || p->counts.in_flight >= at_once(p))
        return; /* the end of a transfer arms it again */
    wait_ms = p->heap.items[0]->due_ms - loop_now_ms();
    loop_timer_in(p->timer, store_accepts(p->ports.store) ? wait_ms : MAX(wait_ms, PAUSE_MS));
}

static void rest(struct poll_source *s, int64_t wait_ms, enum courtesy_turn turn)
{
    s->due_ms = loop_now_ms() + MAX(wait_ms, 0);
    s->turn = turn;
    move(s, SOURCE_RESTING);
    arm(s->poll);
}

/* --- what came ------------------------------------------------------------- */

static int64_t interval_of(const struct poll_source *s)
{
    return s->config->every_ms ? s->config->every_ms : s->poll->config->poll.interval_ms;
}

static int64_t wait_until(struct poll *p, int64_t next_ms)
{
    int64_t wait_ms = next_ms - loop_wall_ms();

    (void)p;
    return MIN(MAX(wait_ms, 0), 5 * (int64_t)WEEK_MS); /* whatever the clock does */
}

/* NULL: the store cannot be read now. Else a batch with what the source remembers. */
static struct batch *recall_state(struct poll_source *s)
{
    struct batch *b = batch_new();
    int r = store_source_get(s->poll->ports.store, s->config->id, b->arena, &b->state);

    if (r < 0) {
        log_error("store.failed", LOG_STR("source", s->config->id), LOG_ERRNO(r));
        batch_free(b);
        return NULL;
    }
    reading_forget_other(&b->state, s->config);
    return b;
}

/* Earlier than the store says: a restart must know. */
static void come_back(struct poll_source *s, int64_t wait_ms)
{
    struct batch *b = recall_state(s);

    if (!b) /* told there; a restart waits as long as the hub was relied upon */
        return;
    b->source = arena_str(b->arena, s->config->id);
    b->has = BATCH_HAS_STATE;
    b->state.next_ms = loop_wall_ms() + wait_ms;
    s->poll->ports.submit(s->poll->ports.submit_arg, b);
}

/* Where a hub delivers, what this poll brought should have come before; and it may have been
 * the hub's last word since. */
static int64_t mistrust(struct poll_source *s, int64_t wait_ms)
{
    struct poll *p = s->poll;

    if (!s->relied)
        return wait_ms;
    if (s->batch->fresh)
        websub_missed(p->hubs, s->config->id);
    if (websub_until(p->hubs, s->config->id) > 0)
        return wait_ms;
    wait_ms = MIN(wait_ms, loop_jitter_ms(p->ports.loop, interval_of(s)));
    come_back(s, wait_ms);
    return wait_ms;
}

static void committed(void *arg, int result)
{
    struct poll_source *s = arg;
    int64_t next_ms = s->batch->state.next_ms;
    int64_t wait_ms = wait_until(s->poll, next_ms);

    if (result == 0 && next_ms != SCHEDULE_NEVER)
        wait_ms = mistrust(s, wait_ms);
    s->batch = NULL; /* the intake frees it */
    if (result < 0)
        rest(s, loop_jitter_ms(s->poll->ports.loop, RETRY_MS), COURTESY_FIRST);
    else if (next_ms == SCHEDULE_NEVER)
        move(s, SOURCE_GONE);
    else
        rest(s, s->hurry ? CREDENTIAL_MS : wait_ms, COURTESY_FIRST);
    s->hurry = false;
}

static void note_status(struct poll_source *s, enum reading_status status)
{
    struct poll_counts *c = &s->poll->counts;

    c->failing += (status == READING_FAILING) - (s->status == READING_FAILING);
    c->gone += (status == READING_GONE) - (s->status == READING_GONE);
    s->status = status;
}

static bool power_of_two(unsigned n)
{
    return n && (n & (n - 1)) == 0;
}

static void tell(struct poll_source *s, const struct reading *r,
                 const struct transfer_response *response)
{
    const struct store_source *state = &s->batch->state;

    if (r->moved.n)
        log_info("source.moved", LOG_STR("source", s->config->id), LOG_URL("from", r->moved),
                 LOG_URL("to", state->url));
    if (r->outcome == SCHEDULE_GONE)
        log_warn("source.gone", LOG_STR("source", s->config->id), config_where(s->config),
                 LOG_STR("hint", "410: it is not asked any more; change or remove it"));
    else if (power_of_two(state->failures)) /* the 1st, 2nd, 4th ... in a row */
        log_warn("poll.failed", LOG_STR("source", s->config->id), LOG_STR("why", r->why),
                 LOG_INT("status", response->status), LOG_STR("detail", r->detail),
                 LOG_INT("failures", state->failures),
                 LOG_MS("retry_in", state->next_ms - loop_wall_ms()),
                 response->end == TRANSFER_UNASKED ? config_where(s->config)
                                                   : LOG_URL("url", response->url));
    else if (state->failures == 0 && s->status == READING_FAILING)
        log_info("poll.recovered", LOG_STR("source", s->config->id));
    log_debug("poll.done", LOG_STR("source", s->config->id), LOG_INT("status", response->status),
              LOG_STR("why", r->why), LOG_INT("items", s->batch->n),
              LOG_BYTES("wire", response->wire_bytes), LOG_BYTES("body", response->body.n),
              LOG_MS("took", response->elapsed_ms),
              LOG_MS("next_in", state->next_ms == SCHEDULE_NEVER ? -1 : state->interval_ms));
}

static void count(struct poll_source *s, const struct reading *r,
                  const struct transfer_response *response)
{
    struct poll *p = s->poll;

    p->counts.polls++;
    p->counts.fresh += r->outcome == SCHEDULE_FRESH;
    p->counts.same += r->outcome == SCHEDULE_SAME;
    p->counts.failed += r->outcome != SCHEDULE_FRESH && r->outcome != SCHEDULE_SAME;
    p->counts.items += s->batch->n;
    p->counts.too_old += r->too_old;
    p->counts.wire_bytes += (uint64_t)response->wire_bytes;
}

static void conclude(struct poll_source *s, const struct transfer_response *response)
{
    struct poll *p = s->poll;
    struct reading_input in = {
        .rules = &p->config->poll,
        .source = s->config,
        .batch = s->batch,
        .response = response,
        .asked = s->validators_sent ? READING_SENT_VALIDATORS : READING_ASKED_PLAINLY,
        .now_ms = loop_wall_ms(),
        .pushed_ms = p->hubs ? websub_until(p->hubs, s->config->id) : 0,
        .random = loop_random(p->ports.loop),
    };
    struct reading r = s->config->kind == CONFIG_API ? network_read(&in) : reading_make(&in);

    if (r.hold_ms && s->config->network == CONFIG_PUBLIC)
        courtesy_hold(s->host, loop_now_ms() + r.hold_ms);
    count(s, &r, response);
    tell(s, &r, response);
    note_status(s, (enum reading_status)s->batch->state.status);
    if (p->hubs && s->config->kind == CONFIG_FEED && s->status == READING_OK)
        websub_found(p->hubs, s->config, r.hub, r.topic);
    s->relied = in.pushed_ms > 0;
    s->batch->done = committed;
    s->batch->arg = s;
    move(s, SOURCE_COMMITTING);
    arm(p);
    p->ports.submit(p->ports.submit_arg, s->batch);
}

static void answered(void *arg, const struct transfer_response *response)
{
    struct poll_source *s = arg;
    struct poll *p = s->poll;

    s->transfer = NULL;
    p->counts.in_flight--;
    courtesy_leave(s->host);
    if (response->end == TRANSFER_MEMORY) {
        batch_free(TAKE(s->batch));
        rest(s, loop_jitter_ms(p->ports.loop, RETRY_MS), COURTESY_FIRST);
        return;
    }
    if (response->status == 401 && tokens_reject(p->ports.tokens, s->config, s->token)) {
        batch_free(TAKE(s->batch));
        rest(s, 0, COURTESY_FIRST); /* with a new one */
        return;
    }
    conclude(s, response);
}

/* --- asking ---------------------------------------------------------------- */

static enum guard_network network_of(const struct config_source *source)
{
    return source->network == CONFIG_PRIVATE ? GUARD_PRIVATE : GUARD_PUBLIC;
}

/* A restart must not forget that this source waits for its host. */
static void persist_wait(struct poll_source *s, struct batch *b, int64_t wait_ms)
{
    if (wait_ms < PERSIST_WAIT_MS) {
        batch_free(b);
        return;
    }
    b->source = arena_str(b->arena, s->config->id);
    b->has = BATCH_HAS_STATE;
    b->state.next_ms = MAX(b->state.next_ms, loop_wall_ms() + wait_ms);
    s->poll->ports.submit(s->poll->ports.submit_arg, b);
}

/* The poll has failed before anybody was asked. */
static void conclude_unasked(struct poll_source *s, struct batch *b, struct str why)
{
    move(s, SOURCE_FETCHING);
    s->batch = b;
    conclude(
        s, &(struct transfer_response){.end = TRANSFER_UNASKED, .why = why, .url = s->config->url});
}

/* False: not now, and what follows is arranged. */
static bool get_secret(struct poll_source *s, struct batch *b, struct tokens_secret *ret)
{
    int r = tokens_get(s->poll->ports.tokens, s->config, ret);

    if (r == TOKENS_WAIT) {
        batch_free(b);
        rest(s, ret->wait_ms, COURTESY_FIRST);
    } else if (r != TOKENS_READY) {
        conclude_unasked(s, b, r < 0 ? str_of(strerror(-r)) : ret->why);
    }
    s->token = ret->number;
    return r == TOKENS_READY;
}

/* A connector's request; false: there is none. */
static bool ask_network(struct poll_source *s, struct batch *b, struct transfer_header *headers,
                        struct transfer_request *request)
{
    struct memo memo = memo_read(b->state.cursor);
    struct connector_cursor cursor = network_cursor(&memo);
    struct connector_request api = {.n_headers = 0};
    struct tokens_secret secret;
    bool ready = get_secret(s, b, &secret);
    enum connector_error r = CONNECTOR_OK;

    if (ready)
        r = network_request(s->config, &cursor, sbuf_str(&secret.text), loop_wall_ms(),
                            s->poll->scratch, &api);

    tokens_done(&secret);
    if (r != 0)
        conclude_unasked(s, b, str_of(connector_error_text(r)));
    else if (ready)
        network_ask(s->config, &api, headers, request);
    return ready && r == 0;
}

static void ask(struct poll_source *s)
{
    struct poll *p = s->poll;
    struct batch *b = recall_state(s);

    if (!b) {
        rest(s, loop_jitter_ms(p->ports.loop, RETRY_MS), COURTESY_FIRST);
        return;
    }
    struct transfer_request request = {
        .url = reading_url(&b->state, s->config),
        .network = network_of(s->config),
        .user_agent = p->config->user_agent,
        .accept = str_of(accept_feeds),
    };

    struct transfer_header headers[TRANSFER_HEADERS_MAX];

    arena_reset(p->scratch);
    if (s->config->kind == CONFIG_API && !ask_network(s, b, headers, &request))
        return;
    if (s->config->kind == CONFIG_FEED)
        request.wanted[READING_LINK] = STR("Link");
    s->host = courtesy_host(p->courtesy, request.url, request.network, loop_now_ms());
    int64_t wait_ms = courtesy_enter(p->courtesy, s->host, s->turn, loop_now_ms());

    if (wait_ms > 0) {
        rest(s, wait_ms, COURTESY_AGAIN);
        persist_wait(s, b, wait_ms);
        return;
    }
    s->validators_sent = s->config->kind == CONFIG_FEED &&
                         reading_may_validate(&b->state, &p->config->poll, loop_wall_ms());
    if (s->validators_sent) {
        request.etag = b->state.etag;
        request.last_modified = b->state.last_modified;
        request.validated_url = memo_read(b->state.cursor).validated;
    }
    move(s, SOURCE_FETCHING);
    s->batch = b;
    p->counts.in_flight++;
    s->transfer = transfer_start(p->ports.transfers, &request, answered, s);
}

static void on_timer(int fd, short what, void *arg)
{
    struct poll *p = arg;
    int64_t now_ms = loop_now_ms();

    (void)fd, (void)what;
    if (!store_accepts(p->ports.store)) {
        arm(p);
        return;
    }
    store_look(p->ports.store);
    for (int i = 0; i < STARTS_A_TURN && p->heap.n && p->heap.items[0]->due_ms <= now_ms &&
                    p->counts.in_flight < at_once(p);
         i++)
        ask(p->heap.items[0]);
    store_look_end(p->ports.store);
    arm(p);
}

/* --- from the configuration ------------------------------------------------ */

struct transfer_limits poll_limits(const struct config_poll *c)
{
    return (struct transfer_limits){
        .connect_ms = c->connect_ms,
        .headers_ms = c->headers_ms,
        .stall_ms = c->stall_ms,
        .total_ms = c->total_ms,
        .redirects = c->redirects,
        .body_max = c->body_max,
        .header_max = c->header_max,
        .ratio_max = c->ratio_max,
        .memory_max = c->memory_max,
    };
}

struct courtesy_limits poll_manners(const struct config_poll *c)
{
    return (struct courtesy_limits){c->per_host, c->per_host_private, c->host_gap_ms};
}

static struct poll_source *add_source(struct poll *p, const struct config_source *config)
{
    struct poll_source *s = alloc_zeroed(1, sizeof(*s));

    s->poll = p;
    s->config = config;
    return s;
}

static void drop_source(struct poll_source *s)
{
    struct poll *p = s->poll;

    if (s->state == SOURCE_RESTING)
        heap_remove(p, s);
    if (s->transfer) {
        transfer_cancel(s->transfer);
        courtesy_leave(s->host);
        p->counts.in_flight--;
    }
    if (s->state == SOURCE_COMMITTING)
        s->batch->done = NULL; /* still committed; nobody waits */
    else
        batch_free(s->batch);
    note_status(s, READING_OK);
    free(s);
}

/* Puts a new source into the heap: at its stored time, or among the new ones. */
static void place(struct poll_source *s, size_t i, size_t n)
{
    struct poll *p = s->poll;
    struct store_source state = {0};
    int64_t now_ms = loop_now_ms(), first_ms;
    int r;

    arena_reset(p->scratch);
    r = store_source_get(p->ports.store, s->config->id, p->scratch, &state);
    if (r < 0) /* then it counts as never asked */
        log_error("store.failed", LOG_STR("source", s->config->id), LOG_ERRNO(r));
    reading_forget_other(&state, s->config);
    note_status(s, (enum reading_status)state.status);
    if (state.status == READING_GONE) {
        move(s, SOURCE_GONE);
        return;
    }
    first_ms = schedule_first_ms(interval_of(s), i, n, loop_random(p->ports.loop));
    s->due_ms = now_ms + MAX(wait_until(p, state.next_ms), first_ms);
    move(s, SOURCE_RESTING);
}

static bool same_place(const struct config_source *a, const struct config_source *b)
{
    return a->kind == b->kind && str_eq(a->url, b->url) && a->network == b->network &&
           a->every_ms == b->every_ms;
}

/* Whoever puts another credential in place reloads us, and should not wait for the backoff. */
static void try_credential(struct poll_source *s)
{
    if (s->status != READING_FAILING || s->config->credential.n == 0)
        return;
    s->hurry = s->state != SOURCE_RESTING;
    if (!s->hurry)
        rest(s, loop_jitter_ms(s->poll->ports.loop, CREDENTIAL_MS), COURTESY_FIRST);
}

/* The sources of `config`: former ones where nothing of theirs changed, else new ones. */
static size_t adopt(struct poll *p, const struct config *config, const struct map *former,
                    struct poll_source **ret, size_t *ret_n)
{
    size_t fresh = 0, n = 0;

    for (size_t i = 0; i < config->n_sources; i++) {
        const struct config_source *c = &config->sources[i];
        struct poll_source *s = map_get(former, c->id);

        if (c->kind != CONFIG_FEED && c->kind != CONFIG_API)
            continue;
        if (s && same_place(s->config, c)) {
            s->config = c;
            s->kept = true;
            ret[n++] = s;
        } else {
            ret[n++] = add_source(p, c);
            fresh++;
        }
    }
    *ret_n = n;
    return fresh;
}

void poll_reload(struct poll *p, const struct config *config)
{
    struct poll_source **sources = alloc_zeroed(config->n_sources + 1, sizeof(*sources));
    struct map former = {0};
    struct transfer_limits transfer_limits = poll_limits(&config->poll);
    struct courtesy_limits courtesy_limits = poll_manners(&config->poll);
    size_t fresh, n, placed = 0;

    for (size_t i = 0; i < p->n_sources; i++) {
        (void)map_put(&former, p->sources[i]->config->id, p->sources[i]); /* ids are unique */
        p->sources[i]->kept = false;
    }
    fresh = adopt(p, config, &former, sources, &n);
    for (size_t i = 0; i < p->n_sources; i++)
        if (!p->sources[i]->kept)
            drop_source(p->sources[i]);
    map_done(&former);
    free(p->sources);
    p->sources = sources;
    p->n_sources = p->counts.sources = n;
    p->config = config;
    transfers_limit(p->ports.transfers, &transfer_limits);
    courtesy_limit(p->courtesy, &courtesy_limits);
    store_look(p->ports.store);
    for (size_t i = 0; i < p->n_sources; i++)
        if (sources[i]->state == SOURCE_NEW)
            place(sources[i], placed++, fresh);
        else
            try_credential(sources[i]);
    store_look_end(p->ports.store);
    arm(p);
}

struct poll *poll_new(const struct poll_ports *ports, const struct config *config)
{
    struct poll *p = alloc_zeroed(1, sizeof(*p));
    struct courtesy_limits courtesy_limits = poll_manners(&config->poll);

    p->ports = *ports;
    p->config = config;
    p->courtesy = courtesy_new(&courtesy_limits);
    p->timer = loop_timer(ports->loop, on_timer, p);
    p->scratch = arena_new(0);
    poll_reload(p, config);
    return p;
}

void poll_stop(struct poll *p)
{
    p->stopped = true;
    (void)event_del(p->timer); /* fails only for a broken event */
    for (size_t i = 0; i < p->n_sources; i++) {
        struct poll_source *s = p->sources[i];

        if (!s->transfer)
            continue;
        transfer_cancel(TAKE(s->transfer));
        courtesy_leave(s->host);
        p->counts.in_flight--;
    }
}

void poll_free(struct poll *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->n_sources; i++)
        drop_source(p->sources[i]);
    free(p->sources);
    vec_done(&p->heap);
    courtesy_free(p->courtesy);
    event_free(p->timer);
    arena_free(p->scratch);
    free(p);
}

void poll_hubs(struct poll *p, struct websub *hubs)
{
    p->hubs = hubs;
}

/* By looking at all of them: it is rare. */
void poll_soon(struct poll *p, struct str source)
{
    int64_t wait_ms;

    for (size_t i = 0; i < p->n_sources; i++) {
        struct poll_source *s = p->sources[i];

        if (s->state != SOURCE_RESTING || !str_eq(s->config->id, source))
            continue;
        wait_ms = loop_jitter_ms(p->ports.loop, interval_of(s));
        wait_ms = MIN(wait_ms, MAX(s->due_ms - loop_now_ms(), 0));
        come_back(s, wait_ms);
        rest(s, wait_ms, COURTESY_FIRST);
    }
}

struct courtesy *poll_courtesy(struct poll *p)
{
    return p->courtesy;
}

struct poll_counts poll_count(const struct poll *p)
{
    return p->counts;
}
