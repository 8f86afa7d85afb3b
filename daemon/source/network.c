#include "daemon/source/network.h"

#include <assert.h>

#include "daemon/source/posts.h"
#include "lib/base/arena.h"

enum { RESTART_FROM = 400, RESTART_TO = 499 };

struct connector_cursor network_cursor(const struct memo *memo)
{
    return (struct connector_cursor){memo->mark, memo->top, memo->next, memo->pages};
}

void network_keep(const struct connector_cursor *cursor, struct memo *memo)
{
    memo->mark = cursor->mark;
    memo->top = cursor->top;
    memo->next = cursor->next;
    memo->pages = cursor->pages;
}

enum connector_error network_request(const struct config_source *source,
                                     const struct connector_cursor *cursor, struct str secret,
                                     int64_t now_ms, struct arena *arena,
                                     struct connector_request *ret)
{
    struct connector_settings settings = {source->with, source->n_with, secret};

    return connector_request(source->connector, &settings, cursor, now_ms, arena, ret);
}

/* Accept is the transfer's own. */
void network_ask(const struct config_source *source, const struct connector_request *api,
                 struct transfer_header *headers, struct transfer_request *ret)
{
    ret->url = api->url;
    for (size_t i = 0; i < CONNECTOR_H_COUNT; i++)
        ret->wanted[i] = connector_header_name(source->connector, (enum connector_header)i);
    for (size_t i = 0; i < api->n_headers; i++)
        if (str_eq_nocase(api->headers[i].name, STR("Accept")))
            ret->accept = api->headers[i].value;
        else
            headers[ret->n_headers++] =
                (struct transfer_header){api->headers[i].name, api->headers[i].value};
    ret->headers = headers;
}

/* --- what was answered ----------------------------------------------------- */

struct connector_answer network_answer(const struct transfer_response *response, int64_t now_ms)
{
    struct connector_answer a = {
        .body = response->body,
        .url = response->url,
        .status = response->status,
        .now_ms = now_ms,
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
    bool all = posts_page(&posts, page, in->now_ms - in->rules->oldest_ms, &r->too_old);

    assert(all); /* there is no `most` */
    (void)all;
}

static void read_page(const struct reading_input *in, const struct connector_answer *answer,
                      struct reading *r, struct memo *memo)
{
    struct connector_cursor cursor = network_cursor(memo);
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
    network_keep(&page.cursor, memo);
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
        r->detail = reading_status_text(answer->status, in->batch->arena);
        return;
    }
    failed(in, r, in->response->challenged ? "wall" : "status",
           reading_status_text(answer->status, in->batch->arena));
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
    struct connector_answer answer = network_answer(in->response, in->now_ms);
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
    reading_note(in, &r);
    return r;
}
