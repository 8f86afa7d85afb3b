#include <stdlib.h>

#include "daemon/config/credential.h"
#include "daemon/core/log.h"
#include "daemon/core/loop.h"
#include "daemon/net/tap.h"
#include "daemon/source/line.h"
#include "daemon/source/posts.h"
#include "lib/base/alloc.h"
#include "lib/base/arena.h"
#include "lib/feed/sse.h"

/* kind stream: Server-Sent Events whose data is mention JSON.
 *
 * Events gather in `gathering` while the batch before them is being committed; when
 * GATHER_POSTS of them or GATHER_BYTES wait, the server is made to wait too. The id of the
 * last event of a batch is stored with it and is where the next connection asks to go
 * on (Last-Event-ID), so an event counts as heard only when it is on the disk: a cut,
 * a kill or a full disk has the server send again what was not, and what comes twice is
 * known by its id. What the cut left half is dropped by the parser. */

enum {
    EVENT_BYTES = 1 << 20,
    GATHER_BYTES = 4 << 20,
    GATHER_POSTS = 1000,
    RETRY_MAX_MS = 60 * 1000,
    CLOSED_MS = 1000, /* servers end streams as a matter of course */
    CLOSED_LEAST_MS = 100,
    COMMIT_MS = 50,
};

struct stream {
    struct line line; /* first */
    struct tap *tap;
    struct sse sse;
    struct posts gathering; /* batch NULL: nothing yet */
    struct sbuf last_id;    /* of the events gathered */
    size_t gathered_bytes;
    uint64_t events; /* of this connection */
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
    sse_done(&s->sse);
    forget_gathered(s);
}

static void free_stream(struct line *l)
{
    sbuf_done(&of(l)->last_id);
    free(l);
}

/* --- events ---------------------------------------------------------------- */

static bool full(const struct stream *s)
{
    return s->gathered_bytes >= GATHER_BYTES ||
           (s->gathering.batch && s->gathering.batch->n >= GATHER_POSTS);
}

static void hand_in(struct stream *s)
{
    struct batch *b;

    if (!s->news || s->line.sent)
        return;
    if (!s->gathering.batch)
        s->gathering = posts_new(s->line.config);
    b = s->gathering.batch;
    s->gathering = (struct posts){0};
    s->gathered_bytes = 0;
    s->news = false;
    line_submit(&s->line, b, sbuf_str(&s->last_id));
}

/* Other events live in the same streams (Mastodon: delete, with a bare id); they are not ours. */
static bool may_be_post(const struct sse_event *event)
{
    struct str data = str_trim(event->data);

    return data.n && (data.p[0] == '{' || data.p[0] == '[');
}

static void gather(void *arg, const struct sse_event *event)
{
    struct stream *s = arg;
    struct posts before = s->gathering;
    size_t n;

    s->events++;
    if (!before.batch)
        s->gathering = posts_new(s->line.config);
    n = s->gathering.batch->n;
    if (may_be_post(event)) {
        struct str data = arena_str(s->gathering.batch->arena, event->data);

        s->gathered_bytes += data.n;
        if (!posts_read(&s->gathering, data)) {
            s->gathering.batch->n = n; /* all of an event, or nothing */
            line_skipped(&s->line, event->type, s->gathering.why);
        }
    }
    s->news |= s->gathering.batch->n > n || !str_eq(sbuf_str(&s->last_id), event->id);
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
    hand_in(s);
    sse_done(&s->sse);
    if (as_a_matter_of_course) {
        log_debug("stream.closed", LOG_STR("source", s->line.config->id), LOG_STR("why", end->why),
                  LOG_INT("events", s->events));
        line_again(&s->line, loop_jitter_ms(line_loop(&s->line), MAX(pause_ms, CLOSED_LEAST_MS)));
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

static void open_tap(struct stream *s, struct str token, struct str last_id)
{
    const struct config_source *c = s->line.config;
    const struct config_poll *limits = &line_config(&s->line)->poll;
    struct tap_request request = {
        .url = c->url,
        .network = c->network == CONFIG_PRIVATE ? GUARD_PRIVATE : GUARD_PUBLIC,
        .user_agent = line_user_agent(&s->line),
        .accept = STR("text/event-stream"),
        .token = token,
        .last_event_id = last_id,
        .connect_ms = limits->connect_ms,
        .headers_ms = limits->headers_ms,
        .silence_ms = c->silence_ms,
        .redirects = limits->redirects,
        .header_max = limits->header_max,
    };
    struct tap_reader reader = {began, bytes, ended, s};

    s->events = 0;
    sse_init(&s->sse, EVENT_BYTES, last_id);
    sbuf_clear(&s->last_id);
    sbuf_add(&s->last_id, last_id);
    s->tap = tap_open(line_taps(&s->line), &request, &reader);
}

static void start(struct line *l)
{
    struct stream *s = of(l);
    struct sbuf token = SBUF_INIT(CREDENTIAL_MAX);
    struct arena *arena = arena_new(0);
    struct str last_id;
    int r = 0;

    if (s->tap || l->sent || s->news) { /* what was gathered is committed first */
        arena_free(arena);
        line_again(l, COMMIT_MS);
        return;
    }
    if (l->config->token_file.n)
        r = credential_read(l->config->token_file, &token);
    if (r == 0)
        r = line_recall(l, arena, &last_id);
    if (r < 0)
        line_failed(l, "token", str_of(strerror(-r)), 0);
    else
        open_tap(s, sbuf_str(&token), last_id);
    credential_wipe(&token);
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
}

const struct line_kind line_stream = {make, start, committed, hang_up, free_stream};
