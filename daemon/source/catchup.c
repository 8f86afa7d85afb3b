#include "daemon/source/catchup.h"

#include <event2/event.h>
#include <stdlib.h>

#include "daemon/core/log.h"
#include "daemon/core/loop.h"
#include "daemon/net/transfer.h"
#include "daemon/source/network.h"
#include "daemon/source/tokens.h"
#include "lib/base/alloc.h"
#include "lib/base/arena.h"

enum { BACKOFF_MS = 2 * 1000, BACKOFF_MAX_MS = 10 * 60 * 1000 };

struct catchup {
    struct line *line;
    struct catchup_reader reader;
    struct transfer *transfer; /* CATCHUP_ASKING */
    uint32_t token;            /* number of the one that is shown */
    struct event *timer;       /* CATCHUP_WAITING */
    struct backoff backoff;
    unsigned failures; /* in a row */
    enum {
        CATCHUP_STOPPED,
        CATCHUP_ASKING,   /* a page is under way */
        CATCHUP_GATHERED, /* it is with the reader, and there are more */
        CATCHUP_WAITING,  /* until the timer */
        CATCHUP_DONE,     /* nothing is missing: the stream moves the mark */
    } state;
    struct sbuf mark, top, next; /* struct connector_cursor */
    int64_t pages;
    struct sbuf newest; /* of what the stream brought meanwhile */
};

static void put(struct sbuf *b, struct str s)
{
    char copy[CONNECTOR_TOKEN_MAX]; /* `s` may be a slice of `b` */
    size_t n = MIN(s.n, sizeof(copy));

    if (n)
        memcpy(copy, s.p, n);
    sbuf_clear(b);
    sbuf_add(b, str_make(copy, n));
}

static void put_cursor(struct catchup *c, const struct connector_cursor *cursor)
{
    put(&c->mark, cursor->mark);
    put(&c->top, cursor->top);
    put(&c->next, cursor->next);
    c->pages = cursor->pages;
}

struct connector_cursor catchup_cursor(const struct catchup *c)
{
    return (struct connector_cursor){sbuf_str(&c->mark), sbuf_str(&c->top), sbuf_str(&c->next),
                                     c->pages};
}

static const struct connector *connector_of(const struct catchup *c)
{
    return c->line->config->connector;
}

static void move_mark(struct catchup *c)
{
    put(&c->mark, connector_later(connector_of(c), sbuf_str(&c->mark), sbuf_str(&c->newest)));
}

void catchup_saw(struct catchup *c, struct str mark)
{
    put(&c->newest, connector_later(connector_of(c), sbuf_str(&c->newest), mark));
    if (c->state == CATCHUP_DONE)
        move_mark(c);
}

/* --- answers --------------------------------------------------------------- */

static void wait(struct catchup *c, int64_t wait_ms)
{
    c->state = CATCHUP_WAITING;
    loop_timer_in(c->timer, wait_ms);
}

static void failed(struct catchup *c, const char *why, struct str detail, int64_t at_least_ms)
{
    int64_t wait_ms = backoff_next(&c->backoff, loop_random(line_loop(c->line)));

    wait_ms = MAX(wait_ms, at_least_ms);
    c->failures++;
    wait(c, wait_ms);
    if ((c->failures & (c->failures - 1)) == 0) /* the 1st, 2nd, 4th ... in a row */
        log_warn("catchup.failed", LOG_STR("source", c->line->config->id), LOG_STR("why", why),
                 LOG_STR("detail", detail), LOG_INT("failures", c->failures),
                 LOG_MS("retry_in", wait_ms));
}

static void take_page(struct catchup *c, const struct connector_page *page)
{
    const struct config_poll *rules = &line_config(c->line)->poll;
    struct posts *posts = c->reader.gather(c->reader.arg);
    size_t old;

    c->backoff.failures = c->failures = 0;
    put_cursor(c, &page->cursor);
    c->state = page->walk == CONNECTOR_MORE ? CATCHUP_GATHERED : CATCHUP_DONE;
    if (c->state == CATCHUP_DONE)
        move_mark(c);
    if (!posts_page(posts, page, loop_wall_ms() - rules->oldest_ms, &old))
        line_skipped(c->line, STR("page"), posts->why); /* cannot be: there is no `most` */
    log_debug("catchup.page", LOG_STR("source", c->line->config->id), LOG_INT("posts", page->n),
              LOG_INT("too_old", old), LOG_STR("mark", sbuf_str(&c->mark)));
    c->reader.gathered(c->reader.arg);
}

/* A page that is refused may be one that is no more: the walk begins anew. */
static void refused(struct catchup *c, const struct connector_answer *answer,
                    const struct transfer_response *response, struct arena *arena)
{
    int64_t hold_ms = connector_hold_ms(connector_of(c), answer, arena);
    bool busy = connector_busy(connector_of(c), answer, arena);
    struct str detail = arena_printf(arena, "HTTP %d", answer->status);

    hold_ms = MAX(hold_ms, freshness_retry_ms(&response->times, answer->now_ms));
    hold_ms = MIN(hold_ms, line_config(c->line)->poll.retry_after_max_ms);
    if (!busy && answer->status >= 400 && answer->status < 500 && answer->status != 401 &&
        answer->status != 403) {
        sbuf_clear(&c->next);
        sbuf_clear(&c->top);
    }
    failed(c, busy ? "busy" : "status", detail, hold_ms);
}

static void answered(void *arg, const struct transfer_response *response)
{
    struct catchup *c = arg;
    struct posts *posts = c->reader.gather(c->reader.arg);
    struct connector_answer answer = network_answer(response, loop_wall_ms());
    struct connector_cursor cursor = catchup_cursor(c);
    struct connector_page page;

    c->transfer = NULL;
    if (response->end != TRANSFER_OK) {
        failed(c, transfer_end_name(response->end), response->why, 0);
        return;
    }
    if (answer.status == 401 && tokens_reject(line_tokens(c->line), c->line->config, c->token)) {
        wait(c, 0);
        return;
    }
    if (answer.status != 200) {
        refused(c, &answer, response, posts->batch->arena);
        return;
    }
    enum connector_error e =
        connector_read(connector_of(c), &answer, &cursor, posts->batch->arena, &page);

    if (e == CONNECTOR_OK)
        take_page(c, &page);
    else
        failed(c, "not-an-answer", str_of(connector_error_text(e)), 0);
}

/* --- asking ---------------------------------------------------------------- */

static void send_request(struct catchup *c, const struct connector_request *api)
{
    const struct config_source *config = c->line->config;
    struct transfer_header headers[TRANSFER_HEADERS_MAX];
    struct transfer_request request = {
        .network = config->network == CONFIG_PRIVATE ? GUARD_PRIVATE : GUARD_PUBLIC,
        .user_agent = line_user_agent(c->line),
    };

    network_ask(config, api, headers, &request);
    c->state = CATCHUP_ASKING;
    c->transfer = transfer_start(line_transfers(c->line), &request, answered, c);
}

static void ask_with(struct catchup *c, struct tokens_secret *secret)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new(0);
    struct connector_cursor cursor = catchup_cursor(c);
    struct connector_request api;
    enum connector_error r = network_request(c->line->config, &cursor, sbuf_str(&secret->text),
                                             loop_wall_ms(), arena, &api);

    c->token = secret->number;
    if (r == 0)
        send_request(c, &api);
    else
        failed(c, "request", str_of(connector_error_text(r)), 0);
}

static void ask(struct catchup *c)
{
    struct tokens_secret secret;
    int r = tokens_get(line_tokens(c->line), c->line->config, &secret);

    if (r == TOKENS_READY)
        ask_with(c, &secret);
    else if (r == TOKENS_WAIT)
        wait(c, secret.wait_ms);
    else
        failed(c, "token", r < 0 ? str_of(strerror(-r)) : secret.why, secret.wait_ms);
    tokens_done(&secret);
}

static void on_timer(int fd, short what, void *arg)
{
    (void)fd, (void)what;
    ask(arg);
}

void catchup_begin(struct catchup *c, const struct connector_cursor *from)
{
    catchup_stop(c);
    put_cursor(c, from);
    put(&c->newest, STR_NONE);
    if (connector_asks(connector_of(c)))
        ask(c);
    else
        c->state = CATCHUP_DONE;
}

/* Between two pages as long as between any two requests to a public host. */
void catchup_go_on(struct catchup *c)
{
    const struct config_poll *rules = &line_config(c->line)->poll;

    if (c->state != CATCHUP_GATHERED)
        return;
    wait(c, c->line->config->network == CONFIG_PRIVATE
                ? 0
                : loop_jitter_ms(line_loop(c->line), rules->host_gap_ms));
}

void catchup_stop(struct catchup *c)
{
    transfer_cancel(TAKE(c->transfer));
    (void)event_del(c->timer); /* may not be armed */
    c->state = CATCHUP_STOPPED;
}

struct catchup *catchup_new(struct line *l, const struct catchup_reader *reader)
{
    struct catchup *c = alloc_zeroed(1, sizeof(*c));
    struct sbuf *texts[] = {&c->mark, &c->top, &c->next, &c->newest};

    c->line = l;
    c->reader = *reader;
    c->backoff = (struct backoff){BACKOFF_MS, BACKOFF_MAX_MS, 0};
    c->timer = loop_timer(line_loop(l), on_timer, c);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        sbuf_init(texts[i], CONNECTOR_TOKEN_MAX);
    return c;
}

void catchup_free(struct catchup *c)
{
    if (!c)
        return;
    catchup_stop(c);
    event_free(c->timer);
    sbuf_done(&c->mark);
    sbuf_done(&c->top);
    sbuf_done(&c->next);
    sbuf_done(&c->newest);
    free(c);
}
