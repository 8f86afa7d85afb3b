#include <stdlib.h>

#include "daemon/config/credential.h"
#include "daemon/core/log.h"
#include "daemon/core/loop.h"
#include "daemon/net/tap.h"
#include "daemon/source/catchup.h"
#include "daemon/source/line.h"
#include "daemon/source/memo.h"
#include "daemon/source/network.h"
#include "daemon/source/posts.h"
#include "daemon/source/tokens.h"
#include "lib/base/alloc.h"
#include "lib/base/arena.h"
#include "lib/feed/sse.h"

/* kind stream: Server-Sent Events whose data is mention JSON, or a network's own by a connector.
 *
 * Events gather in `gathering` while the batch before them is being committed; when
 * GATHER_POSTS of them or GATHER_BYTES wait, the server is made to wait too. The id of the
 * last event of a batch is stored with it and is where the next connection asks to go
 * on (Last-Event-ID), so an event counts as heard only when it is on the disk: a cut,
 * a kill or a full disk has the server send again what was not, and what comes twice is
 * known by its id. What the cut left half is dropped by the parser. Networks that do not go
 * on (Mastodon) are asked for the rest: catchup.h. */

enum {
    EVENT_BYTES = 1 << 20,
    GATHER_BYTES = 4 << 20,
    GATHER_POSTS = 1000,
    RETRY_MAX_MS = 60 * 1000,
    CLOSED_MS = 1000, /* servers end streams as a matter of course */
    CLOSED_LEAST_MS = 100,
    COMMIT_MS = 50,
    ADDRESS_MAX = 8192,
};

struct stream {
    struct line line; /* first */
    struct tap *tap;
    struct catchup *catchup; /* with a connector */
    struct sse sse;
    struct posts gathering; /* batch NULL: nothing yet */
    struct sbuf last_id;    /* of the events gathered */
    struct sbuf address;    /* of the connection */
    size_t gathered_bytes;
    uint64_t events; /* of this connection */
    uint32_t token;  /* number of the one that is shown; 0: none */
    bool news;       /* last_id is ahead of what was submitted */
};

static struct stream *of(struct line *l)
{
    return (struct stream *)l;
}

static struct line *make(void)
{
    struct stream *s = alloc_zeroed(1, sizeof(*s));

    sbuf_init(&s->last_id, SSE_ID_MAX);
    sbuf_init(&s->address, ADDRESS_MAX);
    return &s->line;
}

static void forget_gathered(struct stream *s)
{
    batch_free(s->gathering.batch);
    s->gathering = (struct posts){0};
    s->gathered_bytes = 0;
    s->news = false;
}

static void hang_up(struct line *l)
{
    struct stream *s = of(l);

    if (s->tap)
        tap_close(TAKE(s->tap));
    if (s->catchup)
        catchup_stop(s->catchup);
    sse_done(&s->sse);
    forget_gathered(s);
}

static void free_stream(struct line *l)
{
    catchup_free(of(l)->catchup);
    sbuf_done(&of(l)->last_id);
    sbuf_done(&of(l)->address);
    free(l);
}

/* --- events ---------------------------------------------------------------- */

static bool full(const struct stream *s)
{
    return s->gathered_bytes >= GATHER_BYTES ||
           (s->gathering.batch && s->gathering.batch->n >= GATHER_POSTS);
}

static struct posts *gathering(void *arg)
{
    struct stream *s = arg;

    if (!s->gathering.batch)
        s->gathering = posts_new(s->line.config);
    return &s->gathering;
}

static void hand_in(struct stream *s)
{
    struct memo place = {.event = sbuf_str(&s->last_id)};
    struct connector_cursor cursor = {.mark = STR_NONE};
    struct batch *b;

    if (!s->news)
        forget_gathered(s); /* what was read is nobody's, and must not fill us up */
    if (!s->news || s->line.sent)
        return;
    b = gathering(s)->batch;
    s->gathering = (struct posts){0};
    s->gathered_bytes = 0;
    s->news = false;
    if (s->catchup)
        cursor = catchup_cursor(s->catchup);
    network_keep(&cursor, &place);
    line_submit(&s->line, b, memo_write(&place, b->arena));
}

static void gathered(void *arg)
{
    struct stream *s = arg;

    s->news = true;
    hand_in(s);
}

/* Other events live in the same streams (Mastodon: delete, with a bare id); they are not ours. */
static bool may_be_post(const struct sse_event *event)
{
    struct str data = str_trim(event->data);

    return data.n && (data.p[0] == '{' || data.p[0] == '[');
}

/* What a connector has no use for is another event of the network. */
static void read_foreign(struct stream *s, const struct sse_event *event, struct posts *posts)
{
    struct connector_answer answer = {
        .body = event->data,
        .url = sbuf_str(&s->address),
        .status = 200,
        .now_ms = loop_wall_ms(),
    };
    struct connector_page page;
    size_t old;
    enum connector_error e = connector_read_event(s->line.config->connector, &answer, event->type,
                                                  posts->batch->arena, &page);

    if (e != CONNECTOR_OK) {
        line_skipped(&s->line, event->type, connector_error_text(e));
        return;
    }
    if (!posts_page(posts, &page, INT64_MIN, &old))
        line_skipped(&s->line, event->type, posts->why); /* cannot be: there is no `most` */
    catchup_saw(s->catchup, page.newest);
    s->news |= page.n_gone > 0;
}

static void read_ours(struct stream *s, const struct sse_event *event, struct posts *posts)
{
    size_t n = posts->batch->n;

    if (may_be_post(event) && !posts_read(posts, arena_str(posts->batch->arena, event->data))) {
        posts->batch->n = n; /* all of an event, or nothing */
        line_skipped(&s->line, event->type, posts->why);
    }
}

static void gather(void *arg, const struct sse_event *event)
{
    struct stream *s = arg;
    struct posts *posts = gathering(s);
    size_t n = posts->batch->n;

    s->events++;
    s->gathered_bytes += event->data.n;
    if (s->catchup)
        read_foreign(s, event, posts);
    else
        read_ours(s, event, posts);
    s->news |= posts->batch->n > n || !str_eq(sbuf_str(&s->last_id), event->id);
    sbuf_clear(&s->last_id);
    sbuf_add(&s->last_id, event->id);
}

/* --- the tap --------------------------------------------------------------- */

static enum tap_flow began(void *arg, struct str content_type)
{
    struct stream *s = arg;

    if (!str_starts_nocase(content_type, STR("text/event-stream")))
        return TAP_ENOUGH;
    log_debug("stream.open", LOG_STR("source", s->line.config->id),
              LOG_STR("last_id", sbuf_str(&s->sse.id)));
    return TAP_MORE;
}

static enum tap_flow bytes(void *arg, struct str piece)
{
    struct stream *s = arg;
    enum sse_result r = sse_feed(&s->sse, piece, gather, s);

    s->line.bytes += piece.n;
    line_good(&s->line); /* an answer without a byte is none */
    hand_in(s);
    if (r == SSE_E_LARGE)
        return TAP_ENOUGH;
    return full(s) ? TAP_HOLD : TAP_MORE;
}

static int64_t pause_of(const struct stream *s, const struct tap_end *end)
{
    int64_t ms = s->sse.retry_ms < 0 ? CLOSED_MS : MIN(s->sse.retry_ms, RETRY_MAX_MS);

    if (end->retry_after_s > 0)
        ms = MIN(end->retry_after_s * 1000, line_config(&s->line)->poll.retry_after_max_ms);
    return ms;
}

static void ended(void *arg, const struct tap_end *end)
{
    struct stream *s = arg;
    int64_t pause_ms = pause_of(s, end);
    bool as_a_matter_of_course = s->events > 0 && !end->detail.n;

    s->tap = NULL; /* it frees itself */
    if (s->catchup)
        catchup_stop(s->catchup);
    hand_in(s);
    sse_done(&s->sse);
    if (as_a_matter_of_course) {
        log_debug("stream.closed", LOG_STR("source", s->line.config->id), LOG_STR("why", end->why),
                  LOG_INT("events", s->events));
        line_again(&s->line, loop_jitter_ms(line_loop(&s->line), MAX(pause_ms, CLOSED_LEAST_MS)));
        return;
    }
    if (end->status == 401 && tokens_reject(line_tokens(&s->line), s->line.config, s->token)) {
        line_again(&s->line, 0);
        return;
    }
    struct sbuf status = SBUF_INIT(100);

    if (end->status && end->status != 200)
        sbuf_printf(&status, "HTTP %d", end->status);
    else if (strcmp(end->why, "refused") == 0)
        sbuf_printf(&status, "no text/event-stream, or an event past 1 MiB");
    line_failed(&s->line, end->why, status.n ? sbuf_str(&status) : end->detail, pause_ms);
    sbuf_done(&status);
}

static void open_tap(struct stream *s, const struct tap_request *where, const struct memo *place)
{
    const struct config_source *c = s->line.config;
    const struct config_poll *limits = &line_config(&s->line)->poll;
    struct connector_cursor cursor = network_cursor(place);
    struct tap_reader reader = {began, bytes, ended, s};
    struct tap_request request = *where;

    request.network = c->network == CONFIG_PRIVATE ? GUARD_PRIVATE : GUARD_PUBLIC;
    request.user_agent = line_user_agent(&s->line);
    request.accept = STR("text/event-stream");
    request.last_event_id = place->event;
    request.connect_ms = limits->connect_ms;
    request.headers_ms = limits->headers_ms;
    request.silence_ms = c->silence_ms;
    request.header_max = limits->header_max;
    s->events = 0;
    sse_init(&s->sse, EVENT_BYTES, place->event);
    sbuf_clear(&s->last_id);
    sbuf_add(&s->last_id, place->event);
    sbuf_clear(&s->address);
    sbuf_add(&s->address, request.url);
    s->tap = tap_open(line_taps(&s->line), &request, &reader);
    if (s->catchup)
        catchup_begin(s->catchup, &cursor);
}

/* Mention JSON at an address of the configuration's. */
static void open_plain(struct stream *s, const struct memo *place, struct arena *arena)
{
    const struct config_source *c = s->line.config;
    struct sbuf token = SBUF_INIT(CREDENTIAL_MAX);
    int r = c->token_file.n ? credential_read(c->token_file, &token) : 0;
    struct transfer_header header = {STR("Authorization"),
                                     arena_printf(arena, "Bearer %.*s", STR_ARG(sbuf_str(&token)))};
    struct tap_request request = {
        .url = c->url,
        .headers = &header,
        .n_headers = token.n > 0,
        .redirects = line_config(&s->line)->poll.redirects,
    };

    credential_wipe(&token);
    if (r < 0)
        line_failed(&s->line, "token", str_of(strerror(-r)), 0);
    else
        open_tap(s, &request, place);
}

/* No redirects: which headers are secrets, only the connector knows. */
static void open_with(struct stream *s, const struct memo *place, struct str secret,
                      struct arena *arena)
{
    const struct config_source *c = s->line.config;
    struct catchup_reader reader = {gathering, gathered, s};
    struct connector_settings settings = {c->with, c->n_with, secret};
    struct transfer_header headers[TRANSFER_HEADERS_MAX];
    struct transfer_request asked = {.n_headers = 0};
    struct connector_request api;
    enum connector_error r = connector_stream(c->connector, &settings, arena, &api);

    if (r != 0) {
        line_failed(&s->line, "request", str_of(connector_error_text(r)), 0);
        return;
    }
    network_ask(c, &api, headers, &asked);
    struct tap_request request = {asked.url, .headers = headers, .n_headers = asked.n_headers};

    if (!s->catchup)
        s->catchup = catchup_new(&s->line, &reader);
    open_tap(s, &request, place);
}

static void open_network(struct stream *s, const struct memo *place, struct arena *arena)
{
    struct tokens_secret secret;
    int r = tokens_get(line_tokens(&s->line), s->line.config, &secret);

    s->token = secret.number;
    if (r == TOKENS_READY)
        open_with(s, place, sbuf_str(&secret.text), arena);
    else if (r == TOKENS_WAIT)
        line_again(&s->line, secret.wait_ms);
    else
        line_failed(&s->line, "token", r < 0 ? str_of(strerror(-r)) : secret.why, secret.wait_ms);
    tokens_done(&secret);
}

static void start(struct line *l)
{
    struct stream *s = of(l);
    struct arena *arena = arena_new(0);
    struct str at = STR_NONE;
    int r = 0;

    if (s->tap || l->sent || s->news) { /* what was gathered is committed first */
        arena_free(arena);
        line_again(l, COMMIT_MS);
        return;
    }
    r = line_recall(l, arena, &at);
    struct memo place = memo_read(at);

    if (r < 0)
        line_failed(l, "store", str_of(strerror(-r)), 0);
    else if (l->config->connector)
        open_network(s, &place, arena);
    else
        open_plain(s, &place, arena);
    arena_free(arena);
}

/* What could not be stored is asked for again, from what the disk has. */
static void committed(struct line *l, int result)
{
    struct stream *s = of(l);

    if (result < 0) {
        hang_up(l);
        line_failed(l, "store", str_of(strerror(-result)), 0);
        return;
    }
    hand_in(s);
    if (s->tap && !full(s))
        tap_resume(s->tap);
    if (s->catchup && s->tap && !l->sent)
        catchup_go_on(s->catchup);
}

const struct line_kind line_stream = {make, start, committed, hang_up, free_stream};
