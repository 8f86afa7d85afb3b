#include "daemon/source/live.h"

#include <event2/event.h>
#include <stdlib.h>

#include "daemon/core/log.h"
#include "daemon/core/loop.h"
#include "daemon/net/multi.h"
#include "daemon/net/tap.h"
#include "daemon/source/line.h"
#include "lib/base/alloc.h"
#include "lib/base/arena.h"
#include "lib/base/map.h"

/* In the store, `cursor` is the URL on its first line and where we stand in
 * it on the second: who changes the URL in couac.yaml starts anew. */

enum {
    BACKOFF_MS = 1000,
    BACKOFF_MAX_MS = 10 * 60 * 1000,
    SPREAD_MS = 500,
    GOOD_MS = 60 * 1000, /* the store need not know more often that a line works */
};

struct live {
    struct live_ports ports;
    const struct config *config;
    struct taps *taps;
    struct multi *multi;
    struct line **lines; /* in the config's order */
    size_t n;
    struct live_counts counts;
    enum { LIVE_ON, LIVE_STOPPED } state;
};

struct loop *line_loop(const struct line *l)
{
    return l->live->ports.loop;
}

struct taps *line_taps(const struct line *l)
{
    return l->live->taps;
}

struct transfers *line_transfers(const struct line *l)
{
    return l->live->ports.transfers;
}

struct tokens *line_tokens(const struct line *l)
{
    return l->live->ports.tokens;
}

struct multi *line_multi(const struct line *l)
{
    return l->live->multi;
}

const struct config *line_config(const struct line *l)
{
    return l->live->config;
}

struct str line_user_agent(const struct line *l)
{
    return l->live->config->user_agent;
}

/* --- the store ------------------------------------------------------------- */

static int recall(struct line *l, struct arena *arena, struct store_source *ret, struct str *ret_at)
{
    int r = store_source_get(l->live->ports.store, l->config->id, arena, ret);
    struct str rest = ret->cursor, place;

    *ret_at = STR_NONE;
    if (r == 0 && str_split(&rest, '\n', &place) && str_eq(place, l->config->url))
        *ret_at = rest;
    return r;
}

int line_recall(struct line *l, struct arena *arena, struct str *ret_at)
{
    struct store_source state = {0};

    return recall(l, arena, &state, ret_at);
}

static void note_status(struct line *l, int status)
{
    l->live->counts.failing += (status == LINE_FAILING) - (l->status == LINE_FAILING);
    l->status = status;
}

/* The state the store has, and in it what the line knows. */
static int put_state(struct line *l, struct batch *b, const struct str *at)
{
    struct str known;
    int r = recall(l, b->arena, &b->state, &known);

    b->has = BATCH_KEEPS_TALLY;
    b->bytes = l->bytes;
    l->bytes = 0;
    b->state.failures = l->failures;
    b->state.status = l->status;
    b->state.next_ms = 0;
    b->state.cursor =
        arena_printf(b->arena, "%.*s\n%.*s", STR_ARG(l->config->url), STR_ARG(at ? *at : known));
    return r;
}

static void committed(void *arg, int result)
{
    struct line *l = arg;

    l->sent = NULL; /* the intake frees it */
    l->kind->committed(l, result);
}

static void note_good(struct line *l, struct batch *b)
{
    l->good_ms = loop_now_ms();
    b->state.last_ok_ms = loop_wall_ms();
    b->state.why = b->state.detail = STR_NONE;
}

void line_submit(struct line *l, struct batch *b, struct str at)
{
    int r = put_state(l, b, &at);

    if (r < 0) /* then the state goes without what is only for people */
        log_error("store.failed", LOG_STR("source", l->config->id), LOG_ERRNO(r));
    note_good(l, b);
    if (b->n)
        b->state.last_new_ms = b->state.last_ok_ms;
    b->done = committed;
    b->arg = l;
    l->sent = b;
    l->live->counts.posts += b->n;
    l->live->ports.submit(l->live->ports.submit_arg, b);
}

/* For a state alone; its posts stay where they are. NULL while a batch is under way: that has a
 * newer position than the store, so nothing is written over it. */
static struct batch *state_batch(struct line *l, int64_t wait_ms)
{
    struct batch *b = batch_new();

    b->source = arena_str(b->arena, l->config->id);
    if (l->sent || put_state(l, b, NULL) < 0) {
        batch_free(b);
        return NULL;
    }
    b->state.next_ms = wait_ms ? loop_wall_ms() + wait_ms : 0;
    return b;
}

static void store_failure(struct line *l, const char *why, struct str detail, int64_t wait_ms)
{
    struct batch *b = state_batch(l, wait_ms);

    if (!b)
        return;
    b->state.why = str_of(why);
    b->state.detail = arena_str(b->arena, detail);
    l->live->ports.submit(l->live->ports.submit_arg, b);
}

static void store_good(struct line *l, int64_t wait_ms)
{
    struct batch *b = state_batch(l, wait_ms);

    if (!b)
        return;
    note_good(l, b);
    l->live->ports.submit(l->live->ports.submit_arg, b);
}

/* --- tries ----------------------------------------------------------------- */

void line_again(struct line *l, int64_t wait_ms)
{
    if (l->live->state == LIVE_ON)
        loop_timer_in(l->timer, wait_ms);
}

void line_failed(struct line *l, const char *why, struct str detail, int64_t at_least_ms)
{
    int64_t wait_ms = backoff_next(&l->backoff, loop_random(line_loop(l)));

    wait_ms = MAX(wait_ms, loop_jitter_ms(line_loop(l), at_least_ms));
    l->failures++;
    note_status(l, LINE_FAILING);
    if ((l->failures & (l->failures - 1)) == 0) /* the 1st, 2nd, 4th ... in a row */
        log_warn("source.failed", LOG_STR("source", l->config->id), LOG_STR("why", why),
                 LOG_STR("detail", detail), LOG_INT("failures", l->failures),
                 LOG_MS("retry_in", wait_ms), config_where(l->config));
    store_failure(l, why, detail, wait_ms);
    line_again(l, wait_ms);
}

void line_rest(struct line *l, int64_t wait_ms)
{
    store_good(l, wait_ms);
    line_again(l, wait_ms);
}

void line_good(struct line *l)
{
    bool was_failing = l->failures > 0;

    backoff_reset(&l->backoff);
    if (was_failing)
        log_info("source.recovered", LOG_STR("source", l->config->id),
                 LOG_INT("failures", l->failures));
    l->failures = 0;
    note_status(l, LINE_OK);
    if (was_failing || l->good_ms == 0 || loop_now_ms() - l->good_ms >= GOOD_MS)
        store_good(l, 0);
}

void line_skipped(struct line *l, struct str what, const char *why)
{
    l->live->counts.skipped++;
    log_warn("source.skipped", LOG_STR("source", l->config->id), LOG_STR("what", what),
             LOG_STR("why", why));
}

static void on_timer(int fd, short what, void *arg)
{
    struct line *l = arg;

    (void)fd, (void)what;
    if (!store_accepts(l->live->ports.store))
        line_again(l, loop_jitter_ms(line_loop(l), BACKOFF_MS));
    else
        l->kind->start(l);
}

/* --- from the configuration ------------------------------------------------ */

static const struct line_kind *kind_of(const struct config_source *c)
{
    switch ((enum config_kind)c->kind) {
    case CONFIG_STREAM:
        return &line_stream;
    case CONFIG_REDIS:
        return &line_queue;
    case CONFIG_MAILBOX:
        return &line_mailbox;
    default:
        return NULL;
    }
}

static bool same_line(const struct config_source *a, const struct config_source *b)
{
    return a->kind == b->kind && str_eq(a->url, b->url) && str_eq(a->token_file, b->token_file) &&
           a->network == b->network && str_eq(a->ca_file, b->ca_file) && str_eq(a->list, b->list) &&
           str_eq(a->stream, b->stream) && str_eq(a->user, b->user) && str_eq(a->group, b->group) &&
           str_eq(a->credential, b->credential);
}

static struct line *add_line(struct live *live, const struct line_kind *kind,
                             const struct config_source *c)
{
    struct line *l = kind->make();

    l->kind = kind;
    l->live = live;
    l->config = c;
    l->backoff = (struct backoff){BACKOFF_MS, BACKOFF_MAX_MS, 0};
    l->timer = loop_timer(live->ports.loop, on_timer, l);
    line_again(l, (int64_t)(loop_random(live->ports.loop) % SPREAD_MS));
    return l;
}

static void drop_line(struct line *l)
{
    l->kind->hang_up(l);
    if (l->sent)
        l->sent->done = NULL; /* still committed; nobody waits */
    note_status(l, LINE_OK);
    event_free(l->timer);
    l->kind->free(l);
}

static size_t adopt(struct live *live, const struct config *config, const struct map *former,
                    struct line **ret)
{
    size_t n = 0;

    for (size_t i = 0; i < config->n_sources; i++) {
        const struct config_source *c = &config->sources[i];
        const struct line_kind *kind = kind_of(c);
        struct line *l = map_get(former, c->id);

        if (!kind)
            continue;
        if (l && same_line(l->config, c)) {
            l->config = c;
            l->kept = true;
            ret[n++] = l;
        } else {
            ret[n++] = add_line(live, kind, c);
        }
    }
    return n;
}

void live_reload(struct live *live, const struct config *config)
{
    struct line **lines = alloc_zeroed(config->n_sources + 1, sizeof(*lines));
    struct map former = {0};

    for (size_t i = 0; i < live->n; i++) {
        (void)map_put(&former, live->lines[i]->config->id, live->lines[i]); /* ids are unique */
        live->lines[i]->kept = false;
    }
    live->config = config;
    size_t n = adopt(live, config, &former, lines);

    for (size_t i = 0; i < live->n; i++)
        if (!live->lines[i]->kept)
            drop_line(live->lines[i]);
    map_done(&former);
    free(live->lines);
    live->lines = lines;
    live->n = live->counts.sources = n;
}

struct live *live_new(const struct live_ports *ports, const struct config *config)
{
    struct live *l = alloc_zeroed(1, sizeof(*l));

    l->ports = *ports;
    l->taps = taps_new(ports->loop); /* it readies curl */
    l->multi = multi_new(ports->loop, 1);
    live_reload(l, config);
    return l;
}

void live_stop(struct live *l)
{
    l->state = LIVE_STOPPED;
    for (size_t i = 0; i < l->n; i++) {
        l->lines[i]->kind->hang_up(l->lines[i]);
        (void)event_del(l->lines[i]->timer); /* may not be armed */
    }
}

/* Behind the connections that lines just closed, and deferred too. */
static void destroy(void *object)
{
    struct live *l = object;

    multi_free(l->multi);
    taps_free(l->taps);
    free(l);
}

void live_free(struct live *l)
{
    if (!l)
        return;
    for (size_t i = 0; i < l->n; i++)
        drop_line(l->lines[i]);
    free(l->lines);
    loop_defer(l->ports.loop, destroy, l);
}

struct live_counts live_count(const struct live *l)
{
    return l->counts;
}
