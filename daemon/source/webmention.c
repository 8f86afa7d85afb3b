#include "daemon/source/webmention.h"

#include <event2/event.h>
#include <stdlib.h>

#include "daemon/core/backoff.h"
#include "daemon/core/log.h"
#include "daemon/core/loop.h"
#include "daemon/net/courtesy.h"
#include "daemon/net/ration.h"
#include "daemon/net/transfer.h"
#include "daemon/source/poll.h"
#include "daemon/source/posts.h"
#include "lib/base/alloc.h"
#include "lib/base/arena.h"
#include "lib/base/vec.h"
#include "lib/feed/url.h"
#include "lib/feed/webpage.h"

/* The queue is short, so it is a list here and looked through; the store has the same rows. */

enum {
    WAIT_MS = 500, /* when all places are taken, or the store takes nothing */
    BACKOFF_MS = 60 * 1000,
    BACKOFF_MAX_MS = 6 * 3600 * 1000,
    HOST_BURST = 20, /* of one host, and then one in ... */
    HOST_REFILL_MS = 30 * 1000,
    ALL_BURST = 200,
    ALL_REFILL_MS = 1000,
};

static const char accept_pages[] = "text/html, application/xhtml+xml, text/plain;q=0.5, */*;q=0.1";

struct visit {
    struct webmentions *w;
    struct arena *arena; /* the row's texts */
    struct store_webmention row;
    struct transfer *transfer; /* VISIT_FETCHING */
    struct courtesy_host *host;
    struct batch *batch; /* VISIT_COMMITTING */
    int64_t due_ms;      /* steady */
    enum courtesy_turn turn : 8;
    enum { VISIT_WAITING, VISIT_FETCHING, VISIT_COMMITTING } state : 8;
    enum { ONCE, ONCE_MORE } again : 8; /* told anew since it is being fetched */
};

struct webmentions {
    struct webmention_ports ports;
    const struct config *config;
    struct event *timer;
    struct ration of_host, of_all;
    struct courtesy *courtesy; /* not the polls': strangers name these hosts */
    VEC(struct visit *) visits;
    unsigned in_flight;
    enum { WEBMENTION_ON, WEBMENTION_STOPPED } state;
    struct webmention_counts counts;
};

/* --- the queue --------------------------------------------------------------- */

static const struct config_source *source_of(const struct webmentions *w, struct str id)
{
    for (size_t i = 0; i < w->config->n_sources; i++)
        if (w->config->sources[i].kind == CONFIG_WEBMENTION && str_eq(w->config->sources[i].id, id))
            return &w->config->sources[i];
    return NULL;
}

static struct visit *find(const struct webmentions *w, const struct store_webmention *key)
{
    for (size_t i = 0; i < w->visits.n; i++) {
        const struct store_webmention *row = &w->visits.items[i]->row;

        if (str_eq(row->url, key->url) && str_eq(row->target, key->target) &&
            str_eq(row->source, key->source))
            return w->visits.items[i];
    }
    return NULL;
}

static struct visit *add(struct webmentions *w, const struct store_webmention *row)
{
    struct visit *v = alloc_zeroed(1, sizeof(*v));

    v->w = w;
    v->arena = arena_new(0);
    v->row = *row;
    v->row.source = arena_str(v->arena, row->source);
    v->row.url = arena_str(v->arena, row->url);
    v->row.target = arena_str(v->arena, row->target);
    v->due_ms = loop_now_ms() + MAX(row->due_ms - loop_wall_ms(), 0);
    vec_push(&w->visits, v);
    return v;
}

static void hang_up(struct visit *v)
{
    if (!v->transfer)
        return;
    transfer_cancel(TAKE(v->transfer));
    courtesy_leave(v->host);
    v->w->in_flight--;
}

static void destroy(struct visit *v)
{
    hang_up(v);
    if (v->batch)
        v->batch->done = NULL; /* still committed; nobody waits */
    arena_free(v->arena);
    free(v);
}

static void remove_visit(struct visit *v)
{
    struct webmentions *w = v->w;
    size_t i = 0;

    while (w->visits.items[i] != v)
        i++;
    w->visits.items[i] = w->visits.items[--w->visits.n];
    destroy(v);
}

static void arm(struct webmentions *w)
{
    int64_t due_ms = INT64_MAX;

    for (size_t i = 0; i < w->visits.n; i++)
        if (w->visits.items[i]->state == VISIT_WAITING)
            due_ms = MIN(due_ms, w->visits.items[i]->due_ms);
    if (w->state == WEBMENTION_STOPPED || due_ms == INT64_MAX)
        return;
    if (w->in_flight >= WEBMENTION_AT_ONCE || !store_accepts(w->ports.store))
        due_ms = MAX(due_ms, loop_now_ms() + WAIT_MS);
    loop_timer_in(w->timer, due_ms - loop_now_ms());
}

static void wait_for(struct visit *v, int64_t wait_ms, enum courtesy_turn turn)
{
    v->state = VISIT_WAITING;
    v->turn = turn;
    v->due_ms = loop_now_ms() + MAX(wait_ms, 0);
    arm(v->w);
}

/* The store, or memory, has none; that is not the page's fault. */
static void wait_for_room(struct visit *v)
{
    wait_for(v, loop_jitter_ms(v->w->ports.loop, BACKOFF_MS), COURTESY_FIRST);
}

static void note(struct visit *v, int result)
{
    if (result < 0) /* then it is fetched once more after a restart */
        log_error("store.failed", LOG_STR("source", v->row.source), LOG_ERRNO(result));
}

/* Done with it; what was found true is remembered for the day it is not any more. */
static void leave(struct visit *v)
{
    struct webmentions *w = v->w;

    v->row.due_ms = 0;
    v->row.tries = 0;
    if (v->again == ONCE_MORE) {
        v->again = ONCE;
        v->row.due_ms = loop_wall_ms();
    }
    if (v->row.due_ms || v->row.known_ms)
        note(v, store_webmention_put(w->ports.store, &v->row));
    else
        note(v, store_webmention_drop(w->ports.store, &v->row));
    if (v->row.due_ms)
        wait_for(v, 0, COURTESY_FIRST);
    else
        remove_visit(v);
}

static void refuse(struct visit *v, const char *why, struct str detail)
{
    v->w->counts.refused++;
    log_info("webmention.refused", LOG_STR("source", v->row.source), LOG_URL("url", v->row.url),
             LOG_URL("target", v->row.target), LOG_STR("why", str_of(why)),
             LOG_STR("detail", detail));
    leave(v);
}

static void retry(struct visit *v, const char *why, int64_t at_least_ms)
{
    struct backoff backoff = {BACKOFF_MS, BACKOFF_MAX_MS, v->row.tries};
    int64_t wait_ms = backoff_next(&backoff, loop_random(v->w->ports.loop));

    if (++v->row.tries >= WEBMENTION_TRIES) {
        refuse(v, why, STR("given up"));
        return;
    }
    wait_ms = MAX(wait_ms, MIN(at_least_ms, (int64_t)BACKOFF_MAX_MS));
    log_info("webmention.failed", LOG_STR("source", v->row.source), LOG_URL("url", v->row.url),
             LOG_STR("why", str_of(why)), LOG_MS("retry_in", wait_ms));
    v->row.due_ms = loop_wall_ms() + wait_ms;
    note(v, store_webmention_put(v->w->ports.store, &v->row));
    wait_for(v, wait_ms, COURTESY_FIRST);
}

/* --- what the page says ------------------------------------------------------ */

static void submit(struct visit *v, struct batch *batch, void (*done)(void *arg, int result))
{
    v->state = VISIT_COMMITTING;
    v->batch = batch;
    batch->done = done;
    batch->arg = v;
    v->w->ports.submit(v->w->ports.submit_arg, batch);
}

static void heard(void *arg, int result)
{
    struct visit *v = arg;

    v->batch = NULL; /* the intake frees it */
    if (result < 0) {
        wait_for_room(v);
        return;
    }
    v->w->counts.heard++;
    v->row.known_ms = loop_wall_ms();
    leave(v);
}

static void withdrawn(void *arg, int result)
{
    struct visit *v = arg;

    v->batch = NULL; /* the intake frees it */
    if (result < 0) {
        wait_for_room(v);
        return;
    }
    v->w->counts.withdrawn++;
    log_info("webmention.withdrawn", LOG_STR("source", v->row.source), LOG_URL("url", v->row.url));
    v->row.known_ms = 0;
    leave(v);
}

/* It does not link. If it did once, and to no other page of ours, its mention goes. */
static void retract(struct visit *v, const struct config_source *source, const char *why)
{
    int targets = store_webmention_targets(v->w->ports.store, v->row.source, v->row.url);

    if (targets < 0) {
        wait_for_room(v);
        return;
    }
    if (v->row.known_ms == 0 || targets > 1) {
        v->row.known_ms = 0;
        refuse(v, why, STR_NONE);
        return;
    }
    struct posts posts = posts_new(source);

    posts.batch->gone = arena_array(posts.batch->arena, 1, sizeof(*posts.batch->gone));
    posts.batch->gone[0] = arena_str(posts.batch->arena, v->row.url);
    posts.batch->n_gone = 1;
    submit(v, posts.batch, withdrawn);
}

static bool is_old(const struct webmentions *w, const struct mention *m)
{
    int64_t at_ms = MAX(m->published_ms, m->updated_ms);

    return at_ms != CLOCK_NONE && at_ms < loop_wall_ms() - w->config->poll.oldest_ms;
}

static void read_page(struct visit *v, const struct config_source *source,
                      const struct transfer_response *response)
{
    struct webpage_hints hints = {response->content_type, response->content_language,
                                  response->url};
    struct posts posts = posts_new(source);
    struct mention m;
    enum webpage_error e =
        webpage_read(response->body, &hints, v->row.target, posts.batch->arena, &m);

    if (e != WEBPAGE_OK) {
        batch_free(posts.batch);
        if (e == WEBPAGE_E_NO_LINK)
            retract(v, source, webpage_error_text(e));
        else
            refuse(v, webpage_error_text(e), STR_NONE);
        return;
    }
    if (is_old(v->w, &m)) {
        batch_free(posts.batch);
        refuse(v, "older than poll.oldest", STR_NONE);
        return;
    }
    posts.batch->bytes = (uint64_t)response->wire_bytes;
    m.id = m.url = arena_str(posts.batch->arena, v->row.url);
    if (posts_add(&posts, m)) /* always: there is no `most` */
        submit(v, posts.batch, heard);
}

/* Will another try help? */
static bool passing(const struct transfer_response *r)
{
    if (r->end == TRANSFER_OK)
        return r->status == 408 || r->status == 429 || r->status >= 500;
    return r->end == TRANSFER_DNS || r->end == TRANSFER_CONNECT || r->end == TRANSFER_TLS ||
           r->end == TRANSFER_TIMEOUT || r->end == TRANSFER_BROKEN;
}

static void conclude(struct visit *v, const struct config_source *source,
                     const struct transfer_response *r)
{
    const char *why = r->end == TRANSFER_OK ? "status" : transfer_end_name(r->end);
    struct sbuf detail = SBUF_INIT(200);

    if (r->end == TRANSFER_OK && r->status == 200) {
        read_page(v, source, r);
    } else if (r->end == TRANSFER_OK && r->status == 410) {
        retract(v, source, "the page is gone");
    } else if (passing(r)) {
        retry(v, why, freshness_retry_ms(&r->times, loop_wall_ms()));
    } else {
        sbuf_printf(&detail, "%.*s", STR_ARG(r->why));
        if (r->end == TRANSFER_OK)
            sbuf_printf(&detail, "HTTP %d", r->status);
        refuse(v, why, sbuf_str(&detail));
    }
    sbuf_done(&detail);
}

/* --- fetching ---------------------------------------------------------------- */

static void answered(void *arg, const struct transfer_response *response)
{
    struct visit *v = arg;
    struct webmentions *w = v->w;
    const struct config_source *source = source_of(w, v->row.source);

    v->transfer = NULL;
    w->in_flight--;
    courtesy_leave(v->host);
    if (response->end == TRANSFER_MEMORY)
        wait_for_room(v);
    else if (source)
        conclude(v, source, response);
    else
        leave(v); /* the source is no more */
    arm(w);
}

static void fetch(struct visit *v, const struct config_source *source)
{
    struct webmentions *w = v->w;
    struct transfer_request request = {
        .url = v->row.url,
        .network = source->network == CONFIG_PRIVATE ? GUARD_PRIVATE : GUARD_PUBLIC,
        .accept = str_of(accept_pages),
    };

    v->host = courtesy_host(w->courtesy, request.url, request.network, loop_now_ms());
    int64_t wait_ms = courtesy_enter(w->courtesy, v->host, v->turn, loop_now_ms());

    if (wait_ms > 0) {
        wait_for(v, wait_ms, COURTESY_AGAIN);
        return;
    }
    /* "Webmention" tells webmasters why we come (3.2.2). */
    request.user_agent = arena_printf(v->arena, "%.*s Webmention", STR_ARG(w->config->user_agent));
    v->state = VISIT_FETCHING;
    w->in_flight++;
    v->transfer = transfer_start(w->ports.transfers, &request, answered, v);
}

static bool may_start(const struct webmentions *w)
{
    return w->state == WEBMENTION_ON && w->in_flight < WEBMENTION_AT_ONCE &&
           store_accepts(w->ports.store);
}

static struct visit *next_due(const struct webmentions *w)
{
    struct visit *next = NULL;

    for (size_t i = 0; i < w->visits.n; i++) {
        struct visit *v = w->visits.items[i];

        if (v->state == VISIT_WAITING && v->due_ms <= loop_now_ms() &&
            (!next || v->due_ms < next->due_ms))
            next = v;
    }
    return next;
}

static void on_timer(int fd, short what, void *arg)
{
    struct webmentions *w = arg;
    struct visit *v;

    (void)fd, (void)what;
    while (may_start(w) && (v = next_due(w))) {
        const struct config_source *source = source_of(w, v->row.source);

        if (source)
            fetch(v, source);
        else
            leave(v);
    }
    arm(w);
}

/* --- being told -------------------------------------------------------------- */

static const char *refusal(const struct config_source *source, struct str url, struct str target)
{
    if (!url_clean(url))
        return "`source` must be a whole http or https URL";
    if (!url_clean(target))
        return "`target` must be a whole http or https URL";
    if (str_eq(url, target))
        return "`source` and `target` are the same page";
    if (!url_on(target, source->sites))
        return "`target` is no page of ours";
    return NULL;
}

/* Known already: not after a long wait, and again when it is being fetched just now. */
static struct webmention_answer take_known(struct visit *v)
{
    if (v->state != VISIT_WAITING)
        v->again = ONCE_MORE;
    else if (v->row.tries > 0)
        wait_for(v, 0, COURTESY_FIRST);
    return (struct webmention_answer){.status = 202};
}

static struct webmention_answer take_new(struct webmentions *w, struct store_webmention *row)
{
    static const struct webmention_answer full = {503, "nothing can be taken just now", 0};
    int r;

    if (w->state == WEBMENTION_STOPPED || w->visits.n >= WEBMENTION_WAITING_MAX ||
        !store_accepts(w->ports.store))
        return full;
    r = store_webmention_known(w->ports.store, row, &row->known_ms);
    row->due_ms = loop_wall_ms();
    if (r == 0)
        r = store_webmention_put(w->ports.store, row);
    if (r < 0) {
        log_error("store.failed", LOG_STR("source", row->source), LOG_ERRNO(r));
        return full;
    }
    (void)add(w, row);
    arm(w);
    return (struct webmention_answer){.status = 202};
}

struct webmention_answer webmention_take(struct webmentions *w, const struct config_source *source,
                                         struct str url, struct str target)
{
    struct store_webmention row = {.source = source->id, .url = url, .target = target};
    const char *why = refusal(source, url, target);
    int64_t wait_ms;

    if (why)
        return (struct webmention_answer){400, why, 0};
    wait_ms = ration_take(&w->of_host, url_host(url), loop_now_ms());
    if (wait_ms > 0)
        return (struct webmention_answer){429, "too many of this host", wait_ms};
    wait_ms = ration_take(&w->of_all, STR_NONE, loop_now_ms());
    if (wait_ms > 0)
        return (struct webmention_answer){429, "too many at once", wait_ms};
    struct visit *known = find(w, &row);
    struct webmention_answer answer = known ? take_known(known) : take_new(w, &row);

    w->counts.taken += answer.status == 202;
    return answer;
}

/* --- from the store ---------------------------------------------------------- */

static void remember(void *arg, const struct store_webmention *row)
{
    (void)add(arg, row);
}

struct webmentions *webmentions_new(const struct webmention_ports *ports,
                                    const struct config *config)
{
    struct webmentions *w = alloc_zeroed(1, sizeof(*w));
    struct courtesy_limits limits = poll_manners(&config->poll);
    int r;

    w->ports = *ports;
    w->config = config;
    w->of_host = (struct ration){HOST_BURST, HOST_REFILL_MS, loop_random(ports->loop), {{0}}};
    w->of_all = (struct ration){ALL_BURST, ALL_REFILL_MS, 0, {{0}}};
    w->courtesy = courtesy_new(&limits);
    w->timer = loop_timer(ports->loop, on_timer, w);
    r = store_webmention_each(ports->store, remember, w);
    if (r < 0)
        log_error("store.failed", LOG_ERRNO(r));
    arm(w);
    return w;
}

void webmentions_reload(struct webmentions *w, const struct config *config)
{
    struct courtesy_limits limits = poll_manners(&config->poll);

    w->config = config;
    courtesy_limit(w->courtesy, &limits);
}

void webmentions_stop(struct webmentions *w)
{
    w->state = WEBMENTION_STOPPED;
    (void)event_del(w->timer); /* fails only for a broken event */
    for (size_t i = 0; i < w->visits.n; i++)
        hang_up(w->visits.items[i]);
}

void webmentions_free(struct webmentions *w)
{
    if (!w)
        return;
    for (size_t i = 0; i < w->visits.n; i++)
        destroy(w->visits.items[i]);
    vec_done(&w->visits);
    courtesy_free(w->courtesy);
    event_free(w->timer);
    free(w);
}

struct webmention_counts webmention_count(const struct webmentions *w)
{
    struct webmention_counts counts = w->counts;

    counts.waiting = w->visits.n;
    return counts;
}
