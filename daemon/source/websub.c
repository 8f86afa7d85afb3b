#include "daemon/source/websub.h"

#include <assert.h>
#include <event2/event.h>
#include <stdlib.h>

#include "daemon/config/credential.h"
#include "daemon/core/backoff.h"
#include "daemon/core/log.h"
#include "daemon/core/loop.h"
#include "daemon/net/courtesy.h"
#include "daemon/net/transfer.h"
#include "daemon/source/reading.h"
#include "daemon/source/signature.h"
#include "lib/base/alloc.h"
#include "lib/base/arena.h"
#include "lib/base/hash.h"
#include "lib/base/map.h"
#include "lib/feed/feed.h"
#include "lib/feed/url.h"

/* Two things are known of a subscription: what is going on with its hub (`state`), and until
 * when the hub may deliver (`lease_end_ms`). They are apart, for a renewal is asked for while
 * the lease runs. A subscription we want no more is not forgotten before its hub agreed, or
 * was asked GOODBYES times: its deliveries must not count for another source. */

enum {
    SECOND_MS = 1000,
    VERIFY_MS = 10 * 60 * SECOND_MS, /* a hub must ask back within */
    BACKOFF_MS = 60 * SECOND_MS,
    DAY_MS = 24 * 3600 * SECOND_MS,
    WAIT_MS = 5 * SECOND_MS, /* while the store takes nothing */
    LEASE_S = 10 * 86400,    /* what we ask for */
    LEASE_MAX = 90 * 86400,
    GOODBYES = 3,
    TOKEN_BYTES = 16,
    SECRET_BYTES = 32,
    BUCKETS = 1024, /* of two tables */
    FORM_MAX = 32 * 1024,
};

enum wish { WISH_SUBSCRIBED, WISH_GONE };

enum sub_state {
    SUB_RESTING, /* nothing is going on; the timer is for the next request */
    SUB_ASKING,  /* a request is under way */
    SUB_SETTLED, /* so it is, but the hub asked back before it answered */
    SUB_PENDING, /* the hub said that it will ask back */
    SUB_STATES,
};

struct sub {
    struct websub *w;
    struct arena *arena;                /* the row's texts */
    struct store_subscription row;      /* its state is up to date only in the store */
    const struct config_source *source; /* NULL with WISH_GONE */
    struct sub *by_token, *by_source;   /* next in the bucket; the latter without WISH_GONE */
    struct event *timer;
    struct transfer *transfer;
    struct courtesy_host *host; /* with `transfer` */
    enum sub_state state : 8;
    enum courtesy_turn turn : 8;
};

struct websub {
    struct websub_ports ports;
    const struct config *config;
    struct sub *tokens[BUCKETS], *sources[BUCKETS];
    struct websub_counts counts;
    enum { WEBSUB_ON, WEBSUB_STOPPED } state;
};

/* --- finding ----------------------------------------------------------------- */

static size_t bucket(struct str key)
{
    return hash_bytes(key.p, key.n, 0) >> 32 & (BUCKETS - 1);
}

static struct sub *with_token(const struct websub *w, struct str token)
{
    struct sub *s = w->tokens[bucket(token)];

    while (s && !signature_same(s->row.token, token))
        s = s->by_token;
    return s;
}

static struct sub *of_source(const struct websub *w, struct str source)
{
    struct sub *s = w->sources[bucket(source)];

    while (s && !str_eq(s->row.source, source))
        s = s->by_source;
    return s;
}

static void link_source(struct sub *s)
{
    struct sub **head = &s->w->sources[bucket(s->row.source)];

    s->by_source = *head;
    *head = s;
}

static void unlink_source(struct sub *s)
{
    struct sub **link = &s->w->sources[bucket(s->row.source)];

    while (*link && *link != s)
        link = &(*link)->by_source;
    if (*link)
        *link = s->by_source;
}

static void unlink_token(struct sub *s)
{
    struct sub **link = &s->w->tokens[bucket(s->row.token)];

    while (*link != s)
        link = &(*link)->by_token;
    *link = s->by_token;
}

/* --- a subscription ---------------------------------------------------------- */

static const unsigned allowed[SUB_STATES] = {
    [SUB_RESTING] = BIT(SUB_ASKING),
    [SUB_ASKING] = BIT(SUB_SETTLED) | BIT(SUB_PENDING) | BIT(SUB_RESTING),
    [SUB_SETTLED] = BIT(SUB_RESTING),
    [SUB_PENDING] = BIT(SUB_RESTING),
};

static void move(struct sub *s, enum sub_state next)
{
    assert(allowed[s->state] & BIT(next));
    s->state = next;
}

static bool live(const struct sub *s)
{
    return s->row.lease_end_ms > loop_wall_ms();
}

/* Return 0, or what the store said; then it is tried again with the next change. */
static int save(struct sub *s)
{
    s->row.state = s->state;
    int r = store_subscription_put(s->w->ports.store, &s->row);

    if (r < 0)
        log_error("store.failed", LOG_STR("source", s->row.source), LOG_ERRNO(r));
    return r;
}

/* When something is to be done next, also after a restart. */
static void due_in(struct sub *s, int64_t wait_ms)
{
    s->row.due_ms = loop_wall_ms() + wait_ms;
    loop_timer_in(s->timer, wait_ms);
}

static void on_timer(int fd, short what, void *arg);

static struct sub *add(struct websub *w, const struct store_subscription *row)
{
    struct sub *s = alloc_zeroed(1, sizeof(*s));
    struct str *texts[] = {&s->row.token, &s->row.source,   &s->row.feed,  &s->row.hub,
                           &s->row.topic, &s->row.callback, &s->row.secret};

    s->w = w;
    s->arena = arena_new(0);
    s->row = *row;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        *texts[i] = arena_str(s->arena, *texts[i]);
    s->timer = loop_timer(w->ports.loop, on_timer, s);
    s->by_token = w->tokens[bucket(row->token)];
    w->tokens[bucket(row->token)] = s;
    if (row->wish == WISH_SUBSCRIBED)
        link_source(s);
    return s;
}

static void hang_up(struct sub *s)
{
    if (!s->transfer)
        return;
    transfer_cancel(TAKE(s->transfer));
    courtesy_leave(s->host);
}

static void destroy(struct sub *s)
{
    hang_up(s);
    event_free(s->timer);
    arena_free(s->arena);
    free(s);
}

/* Forgets it, here and in the store. */
static void drop(struct sub *s)
{
    int r = store_subscription_drop(s->w->ports.store, s->row.token);

    if (r < 0) /* then the next start asks the hub once more */
        log_error("store.failed", LOG_STR("source", s->row.source), LOG_ERRNO(r));
    unlink_source(s);
    unlink_token(s);
    destroy(s);
}

/* Wanted no more: its hub is told, unless it may not deliver anyway. */
static void retire(struct sub *s)
{
    unlink_source(s);
    s->source = NULL;
    s->row.wish = WISH_GONE;
    s->row.failures = 0;
    s->row.delivers = 0;
    if (!live(s)) {
        drop(s);
        return;
    }
    hang_up(s);
    if (s->state != SUB_RESTING) /* whatever was asked for before */
        move(s, SUB_RESTING);
    due_in(s, (int64_t)(loop_random(s->w->ports.loop) % SECOND_MS));
    (void)save(s); /* told there */
}

/* --- asking a hub ------------------------------------------------------------ */

static bool power_of_two(unsigned n)
{
    return n && (n & (n - 1)) == 0;
}

static void failed(struct sub *s, const char *why, int status, int64_t at_least_ms)
{
    struct backoff backoff = {BACKOFF_MS, DAY_MS, s->row.failures};
    int64_t wait_ms = backoff_next(&backoff, loop_random(s->w->ports.loop));

    move(s, SUB_RESTING);
    s->row.failures = backoff.failures;
    if (s->row.wish == WISH_GONE && s->row.failures >= GOODBYES) {
        drop(s);
        return;
    }
    wait_ms = MAX(wait_ms, MIN(at_least_ms, (int64_t)DAY_MS));
    if (power_of_two(s->row.failures))
        log_warn("websub.failed", LOG_STR("source", s->row.source), LOG_URL("hub", s->row.hub),
                 LOG_STR("why", why), LOG_INT("status", status),
                 LOG_INT("failures", s->row.failures), LOG_MS("retry_in", wait_ms));
    due_in(s, wait_ms);
    (void)save(s); /* told there */
}

/* While a request is under way, the timer waits for its end. */
static void arm_at_rest(struct sub *s)
{
    if (s->state == SUB_RESTING)
        loop_timer_in(s->timer, s->row.due_ms - loop_wall_ms());
}

static void rest_until_renewal(struct sub *s)
{
    move(s, SUB_RESTING);
    arm_at_rest(s);
}

static void answered(void *arg, const struct transfer_response *response)
{
    struct sub *s = arg;
    int64_t retry_ms = freshness_retry_ms(&response->times, loop_wall_ms());

    s->transfer = NULL;
    courtesy_leave(s->host);
    if (s->state == SUB_SETTLED && s->row.wish == WISH_GONE && s->row.lease_end_ms == 0) {
        drop(s);
    } else if (s->state == SUB_SETTLED) {
        rest_until_renewal(s);
    } else if (response->end != TRANSFER_OK) {
        failed(s, transfer_end_name(response->end), 0, 0);
    } else if (response->status < 200 || response->status > 299) {
        failed(s, "status", response->status, retry_ms);
    } else {
        move(s, SUB_PENDING);
        due_in(s, VERIFY_MS);
        (void)save(s); /* told there */
    }
}

static void add_field(struct sbuf *form, const char *name, struct str value)
{
    sbuf_printf(form, "%s%s=", form->n ? "&" : "", name);
    url_add_percent(value, form);
}

static void write_form(const struct sub *s, struct sbuf *form)
{
    bool wanted = s->row.wish == WISH_SUBSCRIBED;

    add_field(form, "hub.mode", wanted ? STR("subscribe") : STR("unsubscribe"));
    add_field(form, "hub.topic", s->row.topic);
    add_field(form, "hub.callback", s->row.callback);
    if (!wanted)
        return;
    sbuf_printf(form, "&hub.lease_seconds=%d", LEASE_S);
    add_field(form, "hub.secret", s->row.secret);
}

static void ask(struct sub *s)
{
    struct websub *w = s->w;
    struct sbuf form = SBUF_INIT(FORM_MAX);
    struct transfer_request request = {
        .url = s->row.hub,
        .network = (enum guard_network)s->row.network,
        .user_agent = w->config->user_agent,
        .accept = STR("*/*"),
    };

    s->host = courtesy_host(w->ports.courtesy, s->row.hub, request.network, loop_now_ms());
    int64_t wait_ms = courtesy_enter(w->ports.courtesy, s->host, s->turn, loop_now_ms());

    if (wait_ms > 0) {
        s->turn = COURTESY_AGAIN;
        loop_timer_in(s->timer, wait_ms);
        return;
    }
    s->turn = COURTESY_FIRST;
    move(s, SUB_ASKING);
    s->row.due_ms = loop_wall_ms() + VERIFY_MS;
    (void)save(s); /* told there; the hub may ask back at once */
    write_form(s, &form);
    request.form = sbuf_str(&form);
    s->transfer = transfer_start(w->ports.transfers, &request, answered, s);
    sbuf_done(&form);
}

static void on_timer(int fd, short what, void *arg)
{
    struct sub *s = arg;

    (void)fd, (void)what;
    if (s->w->state == WEBSUB_STOPPED)
        return;
    if (!store_accepts(s->w->ports.store))
        loop_timer_in(s->timer, loop_jitter_ms(s->w->ports.loop, WAIT_MS));
    else if (s->state == SUB_PENDING)
        failed(s, "not-verified", 0, 0);
    else
        ask(s);
}

/* --- from polls -------------------------------------------------------------- */

static void subscribe(struct websub *w, const struct config_source *source, struct str hub,
                      struct str topic)
{
    struct sbuf callback = SBUF_INIT(2 * URL_CLEAN_MAX);
    char token[2 * TOKEN_BYTES + 1], secret[2 * SECRET_BYTES + 1];

    credential_random(TOKEN_BYTES, token);
    credential_random(SECRET_BYTES, secret);
    sbuf_printf(&callback, "%.*s/push/websub/%s", STR_ARG(w->config->push_public), token);
    struct store_subscription row = {
        .token = str_of(token),
        .source = source->id,
        .feed = source->url,
        .hub = hub,
        .topic = topic,
        .callback = sbuf_str(&callback),
        .secret = str_of(secret),
        .wish = WISH_SUBSCRIBED,
        .network = source->network == CONFIG_PRIVATE ? GUARD_PRIVATE : GUARD_PUBLIC,
    };
    struct sub *s = add(w, &row);

    s->source = source;
    due_in(s, (int64_t)(loop_random(w->ports.loop) % SECOND_MS));
    (void)save(s); /* told there */
    explicit_bzero(secret, sizeof(secret));
    sbuf_done(&callback);
}

void websub_found(struct websub *w, const struct config_source *source, struct str hub,
                  struct str topic)
{
    struct sub *s = of_source(w, source->id);

    if (s && str_eq(s->row.hub, hub) && str_eq(s->row.topic, topic))
        return;
    if (s)
        retire(s);
    if (hub.n && topic.n && w->config->push_public.n && source->websub == CONFIG_AUTO &&
        w->state == WEBSUB_ON)
        subscribe(w, source, hub, topic);
}

int64_t websub_until(const struct websub *w, struct str source)
{
    const struct sub *s = of_source(w, source);

    return s && s->row.delivers && live(s) ? s->row.lease_end_ms : 0;
}

static void note_delivers(struct sub *s, int delivers)
{
    if (s->row.delivers == delivers)
        return;
    s->row.delivers = delivers;
    (void)save(s); /* told there; else a restart polls as it did before */
}

void websub_missed(struct websub *w, struct str source)
{
    struct sub *s = of_source(w, source);

    if (!s || !s->row.delivers)
        return;
    log_info("websub.missed", LOG_STR("source", source), LOG_URL("hub", s->row.hub),
             LOG_STR("hint", "a poll brought what the hub did not: polls are as before"));
    note_delivers(s, 0);
}

/* --- the callback ------------------------------------------------------------ */

static bool asked(const struct sub *s)
{
    return s->state == SUB_ASKING || s->state == SUB_PENDING;
}

/* The hub had its say about what we asked for. */
static void settle(struct sub *s)
{
    if (s->state == SUB_ASKING)
        move(s, SUB_SETTLED);
    else if (s->state == SUB_PENDING)
        rest_until_renewal(s);
}

/* Before the lease ends; but a hub that grants seconds is not asked more often than its feed is
 * polled: polls bring what it does not. */
static int64_t renewal_ms(const struct sub *s, int64_t lease_s)
{
    int64_t poll_ms = s->source->every_ms ? s->source->every_ms : s->w->config->poll.interval_ms;

    return MAX(loop_jitter_ms(s->w->ports.loop, lease_s * SECOND_MS * 4 / 5), poll_ms);
}

static bool confirm_subscription(struct sub *s, struct str lease_seconds)
{
    int64_t lease_s, was_end_ms = s->row.lease_end_ms;

    if (!str_to_i64(lease_seconds, &lease_s))
        lease_s = LEASE_S; /* hubs older than the Recommendation say nothing */
    lease_s = MIN(MAX(lease_s, 1), LEASE_MAX);
    s->row.lease_end_ms = loop_wall_ms() + lease_s * SECOND_MS;
    s->row.due_ms = loop_wall_ms() + renewal_ms(s, lease_s);
    s->row.failures = 0;
    settle(s);
    if (save(s) < 0) { /* a restart would not know: the hub is told no, and asked again */
        s->row.lease_end_ms = was_end_ms;
        s->row.due_ms = loop_wall_ms() + loop_jitter_ms(s->w->ports.loop, BACKOFF_MS);
        arm_at_rest(s);
        return false;
    }
    log_info("websub.subscribed", LOG_STR("source", s->row.source), LOG_URL("hub", s->row.hub),
             LOG_URL("topic", s->row.topic), LOG_MS("lease", lease_s * SECOND_MS));
    return true;
}

static void confirm_end(struct sub *s)
{
    log_info("websub.unsubscribed", LOG_STR("source", s->row.source), LOG_URL("hub", s->row.hub));
    s->row.lease_end_ms = 0;
    if (s->state == SUB_PENDING)
        drop(s);
    else
        settle(s); /* dropped when the hub has answered */
}

/* It may be said at any time, and needs no challenge. */
static void denied(struct sub *s, struct str reason)
{
    log_warn("websub.denied", LOG_STR("source", s->row.source), LOG_URL("hub", s->row.hub),
             LOG_STR("reason", reason));
    s->w->counts.lost++;
    s->row.lease_end_ms = 0;
    s->row.delivers = 0;
    s->row.due_ms = loop_wall_ms() + loop_jitter_ms(s->w->ports.loop, DAY_MS);
    settle(s);
    arm_at_rest(s);
    (void)save(s); /* told there */
    if (s->source)
        s->w->ports.lost(s->w->ports.arg, s->row.source);
}

bool websub_answer(struct websub *w, struct str token, const struct websub_question *q)
{
    struct sub *s = with_token(w, token);

    if (!s || !str_eq(s->row.topic, q->topic))
        return false;
    if (str_eq(q->mode, STR("denied"))) {
        if (s->row.wish == WISH_GONE && s->state != SUB_ASKING && s->state != SUB_SETTLED)
            drop(s);
        else
            denied(s, q->reason);
        return true;
    }
    if (!asked(s) || q->challenge.n == 0)
        return false;
    if (str_eq(q->mode, STR("subscribe")) && s->row.wish == WISH_SUBSCRIBED)
        return confirm_subscription(s, q->lease_seconds);
    if (!str_eq(q->mode, STR("unsubscribe")) || s->row.wish != WISH_GONE)
        return false;
    confirm_end(s);
    return true;
}

enum websub_result websub_take(struct websub *w, struct str token,
                               const struct websub_document *document, struct batch **ret)
{
    struct sub *s = with_token(w, token);
    const char *why;

    if (!s)
        return WEBSUB_UNKNOWN;
    if (!s->source || !live(s))
        return WEBSUB_OVER;
    if (!signature_websub(s->row.secret, document->signature, document->body)) {
        w->counts.forged++;
        log_warn("websub.forged", LOG_STR("source", s->row.source));
        return WEBSUB_IGNORED;
    }
    struct feed_hints hints = {.content_type = document->content_type, .base_url = s->row.topic};
    struct batch *batch = batch_new();

    if (reading_pushed(&w->config->poll, s->source, &hints, document->body, loop_wall_ms(), batch,
                       &why)) {
        *ret = batch;
        return WEBSUB_TAKEN;
    }
    batch_free(batch);
    w->counts.strange++;
    log_warn("websub.not-a-feed", LOG_STR("source", s->row.source), LOG_STR("why", str_of(why)));
    note_delivers(s, 0); /* polls must see to it */
    return WEBSUB_IGNORED;
}

void websub_delivered(struct websub *w, struct str token)
{
    struct sub *s = with_token(w, token);

    w->counts.taken++;
    if (s && s->source)
        note_delivers(s, 1);
}

/* --- from the configuration and the store ------------------------------------- */

static void adopt(struct sub *s, const struct map *sources)
{
    const struct config *c = s->w->config;
    const struct config_source *source = map_get(sources, s->row.source);
    bool same = source && source->kind == CONFIG_FEED && source->websub == CONFIG_AUTO &&
                str_eq(source->url, s->row.feed) && c->push_public.n &&
                str_starts(s->row.callback, c->push_public);

    s->source = same ? source : NULL;
    if (same)
        s->row.network = source->network == CONFIG_PRIVATE ? GUARD_PRIVATE : GUARD_PUBLIC;
    else
        retire(s);
}

void websub_reload(struct websub *w, const struct config *config)
{
    struct map sources = {0};

    w->config = config;
    for (size_t i = 0; i < config->n_sources; i++)
        (void)map_put(&sources, config->sources[i].id, &config->sources[i]); /* ids are unique */
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct sub *s = w->tokens[i], *next; s; s = next) {
            next = s->by_token; /* s may go */
            if (s->row.wish == WISH_SUBSCRIBED)
                adopt(s, &sources);
        }
    map_done(&sources);
}

/* A request that a restart cut off may have reached the hub: it may still ask back. */
static void remember(void *arg, const struct store_subscription *row)
{
    struct websub *w = arg;
    struct sub *s = add(w, row);

    s->state = row->state == SUB_ASKING || row->state == SUB_PENDING ? SUB_PENDING : SUB_RESTING;
    loop_timer_in(s->timer, MAX(row->due_ms - loop_wall_ms(),
                                (int64_t)(loop_random(w->ports.loop) % SECOND_MS)));
}

struct websub *websub_new(const struct websub_ports *ports, const struct config *config)
{
    struct websub *w = alloc_zeroed(1, sizeof(*w));
    int r;

    w->ports = *ports;
    r = store_subscription_each(ports->store, remember, w);
    if (r < 0) /* polls find the hubs again */
        log_error("store.failed", LOG_ERRNO(r));
    websub_reload(w, config);
    return w;
}

static void each(struct websub *w, void (*fn)(struct sub *s))
{
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct sub *s = w->tokens[i], *next; s; s = next) {
            next = s->by_token;
            fn(s);
        }
}

void websub_stop(struct websub *w)
{
    w->state = WEBSUB_STOPPED;
    each(w, hang_up);
}

void websub_free(struct websub *w)
{
    if (!w)
        return;
    each(w, destroy);
    free(w);
}

struct websub_counts websub_count(const struct websub *w)
{
    struct websub_counts counts = w->counts;

    for (size_t i = 0; i < BUCKETS; i++)
        for (const struct sub *s = w->sources[i]; s; s = s->by_source)
            counts.live += live(s);
    return counts;
}
