#include "daemon/source/network.h"

#include "daemon/config/credential.h"
#include "daemon/source/posts.h"
#include "lib/base/arena.h"

enum { RESTART_FROM = 400, RESTART_TO = 499 };

static struct connector_cursor cursor_of(const struct memo *memo)
{
    return (struct connector_cursor){memo->mark, memo->top, memo->next, memo->pages};
}

static void keep_cursor(const struct connector_cursor *cursor, struct memo *memo)
{
    memo->mark = cursor->mark;
    memo->top = cursor->top;
    memo->next = cursor->next;
    memo->pages = cursor->pages;
}

int network_request(const struct config_source *source, const struct store_source *state,
                    int64_t now_ms, struct arena *arena, struct connector_request *ret)
{
    struct memo memo = memo_read(state->cursor);
    struct connector_cursor cursor = cursor_of(&memo);
    struct sbuf secret = SBUF_INIT(CREDENTIAL_MAX);
    struct connector_settings settings = {source->with, source->n_with, STR_NONE};
    int r = source->credential.n ? credential_read(source->credential, &secret) : 0;

    settings.credential = sbuf_str(&secret);
    if (r == 0)
        r = (int)connector_request(source->connector, &settings, &cursor, now_ms, arena, ret);
    credential_wipe(&secret);
    return r;
}

const char *network_trouble(int result)
{
    return result < 0 ? strerror(-result) : connector_error_text((enum connector_error)result);
}

/* --- what was answered ----------------------------------------------------- */

static struct connector_answer answer_of(const struct reading_input *in)
{
    const struct transfer_response *response = in->response;
    struct connector_answer a = {
        .body = response->body,
        .url = response->url,
        .status = response->status,
        .now_ms = in->now_ms,
    };

    for (size_t i = 0; i < CONNECTOR_H_COUNT; i++)
        a.headers[i] = response->wanted[i];
    return a;
}

static void failed(const struct reading_input *in, struct reading *r, const char *why,
                   struct str detail)
{
    r->outcome = SCHEDULE_FAILED;
    r->why = why;
    r->detail = arena_str(in->batch->arena, detail);
}

static void take_posts(const struct reading_input *in, const struct connector_page *page,
                       struct reading *r)
{
    struct posts posts = {.batch = in->batch, .source = in->source};

    for (size_t i = 0; i < page->n; i++) {
        const struct mention *m = &page->mentions[i];
        int64_t at_ms = m->published_ms != CLOCK_NONE ? m->published_ms : m->updated_ms;

        if (at_ms != CLOCK_NONE && in->now_ms - at_ms > in->rules->oldest_ms)
            r->too_old++;
        else if (!posts_add(&posts, *m))
            return; /* cannot be: there is no `most` */
    }
}

static void read_page(const struct reading_input *in, const struct connector_answer *answer,
                      struct reading *r, struct memo *memo)
{
    struct connector_cursor cursor = cursor_of(memo);
    struct connector_page page;
    enum connector_error e =
        connector_read(in->source->connector, answer, &cursor, in->batch->arena, &page);

    if (e != CONNECTOR_OK) {
        failed(in, r, "not-an-answer", str_of(connector_error_text(e)));
        return;
    }
    r->outcome = page.n ? SCHEDULE_FRESH : SCHEDULE_SAME;
    if (page.n)
        in->batch->state.last_new_ms = in->now_ms;
    take_posts(in, &page, r);
    keep_cursor(&page.cursor, memo);
    memo->burst = page.walk == CONNECTOR_MORE ? memo->burst + 1 : 0;
    memo->full_ms = in->now_ms;
}

/* A page that is refused may be one that is no more: the walk begins anew at the newest
 * post, and its mark is where it was, so nothing is left out. */
static void begin_anew(const struct reading_input *in, struct memo *memo)
{
    int status = in->response->status;

    if (status >= RESTART_FROM && status <= RESTART_TO)
        memo->next = memo->top = STR_NONE;
}

static void read_refusal(const struct reading_input *in, const struct connector_answer *answer,
                         struct reading *r, struct memo *memo)
{
    if (connector_busy(in->source->connector, answer, in->batch->arena)) {
        r->outcome = SCHEDULE_BUSY;
        r->why = "busy";
        return;
    }
    failed(in, r, in->response->challenged ? "wall" : "status", STR_NONE);
    if (answer->status == 401 || answer->status == 403)
        failed(in, r, "refused", STR("the network refuses the credential, or asks for one"));
    else
        begin_anew(in, memo);
}

static void classify(const struct reading_input *in, const struct connector_answer *answer,
                     struct reading *r, struct memo *memo)
{
    if (in->response->end != TRANSFER_OK)
        failed(in, r, transfer_end_name(in->response->end), in->response->why);
    else if (answer->status == 200)
        read_page(in, answer, r, memo);
    else
        read_refusal(in, answer, r, memo);
    if (r->outcome == SCHEDULE_FAILED || r->outcome == SCHEDULE_BUSY)
        memo->burst = 0;
}

/* --- what is kept ---------------------------------------------------------- */

static struct schedule_next plan(const struct reading_input *in, const struct reading *r,
                                 const struct memo *memo, int64_t hold_ms)
{
    struct schedule_facts facts = {
        .outcome = r->outcome,
        .server = SCHEDULE_CONDITIONAL, /* queries have no validators worth the name */
        .network = (enum config_network)in->source->network,
        .now_ms = in->now_ms,
        .every_ms = in->source->every_ms,
        .gap_ms = SCHEDULE_UNKNOWN,
        .lifetime_ms = SCHEDULE_UNKNOWN,
        .retry_ms = hold_ms ? hold_ms : SCHEDULE_UNKNOWN,
        .ttl_ms = SCHEDULE_UNKNOWN,
        .failures = in->batch->state.failures,
        .random = in->random,
    };

    struct schedule_next next = schedule_next(in->rules, &facts);

    if (memo->burst > 0 && memo->burst % NETWORK_PAGES != 0)
        next.next_ms = in->now_ms; /* the next page of the same poll */
    next.next_ms = MAX(next.next_ms, in->now_ms + hold_ms);
    return next;
}

struct reading network_read(const struct reading_input *in)
{
    struct reading r = {.why = ""};
    struct store_source *state = &in->batch->state;
    struct memo memo = memo_read(state->cursor);
    struct connector_answer answer = answer_of(in);
    int64_t retry_ms = freshness_retry_ms(&in->response->times, in->now_ms);

    in->batch->source = arena_str(in->batch->arena, in->source->id);
    in->batch->about = (enum config_about)in->source->about;
    in->batch->has = BATCH_HAS_STATE;
    memo.configured = in->source->url;
    classify(in, &answer, &r, &memo);
    if (r.outcome == SCHEDULE_FRESH || r.outcome == SCHEDULE_SAME) {
        state->failures = 0;
        state->status = READING_OK;
        state->last_ok_ms = in->now_ms;
    } else {
        state->failures++;
        state->status = READING_FAILING;
    }
    r.hold_ms = MAX(retry_ms, connector_hold_ms(in->source->connector, &answer, in->batch->arena));
    r.hold_ms = MIN(MAX(r.hold_ms, 0), in->rules->retry_after_max_ms);
    struct schedule_next next = plan(in, &r, &memo, r.hold_ms);

    state->cursor = memo_write(&memo, in->batch->arena);
    state->next_ms = next.next_ms;
    state->interval_ms = next.interval_ms;
    return r;
}
