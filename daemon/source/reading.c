#include "daemon/source/reading.h"

#include <stdio.h>

#include "lib/base/arena.h"
#include "lib/feed/feed.h"
#include "lib/feed/url.h"
#include "lib/feed/weblink.h"

enum {
    MOVES_TO_BELIEVE = 3,    /* equal permanent redirects */
    FAILURES_TO_GO_BACK = 8, /* where it moved is dead: try the configured URL */
    DEAF_TIMES = 3,
    VALIDATOR_MAX = 4096,
    BODY_PRINT_MAX = 40,
    GAP_ITEMS = 64,
};

void reading_forget_other(struct store_source *state, const struct config_source *source)
{
    struct memo memo = memo_read(state->cursor);

    if (memo.configured.n && !str_eq(memo.configured, source->url))
        *state = (struct store_source){0};
}

struct str reading_url(const struct store_source *state, const struct config_source *source)
{
    return state->url.n ? state->url : source->url;
}

bool reading_may_validate(const struct store_source *state, const struct config_poll *rules,
                          int64_t now_ms)
{
    struct memo memo = memo_read(state->cursor);

    if (state->etag.n == 0 && state->last_modified.n == 0)
        return false;
    return now_ms - memo.full_ms < rules->validators_max_ms;
}

/* FNV-1a with the length: stored, so it never changes; a collision costs one unread
 * version of one document. */
static struct str body_print(struct str body, struct arena *arena)
{
    uint64_t h = 0xcbf29ce484222325ull;

    for (size_t i = 0; i < body.n; i++)
        h = (h ^ (unsigned char)body.p[i]) * 0x100000001b3ull;
    return arena_printf(arena, "%016llx-%zx", (unsigned long long)h, body.n);
}

/* --- what was answered ----------------------------------------------------- */

static void failed(const struct reading_input *in, struct reading *r, const char *why,
                   struct str detail)
{
    r->outcome = SCHEDULE_FAILED;
    r->why = why;
    r->detail = arena_str(in->batch->arena, detail);
}

struct str reading_status_text(int status, struct arena *arena)
{
    return arena_printf(arena, "HTTP %d", status);
}

static bool looks_challenged(const struct transfer_response *response)
{
    return response->challenged ||
           (response->status == 403 &&
            str_find(response->body, STR("Just a moment..."), 0) != SIZE_MAX);
}

static void read_status(const struct reading_input *in, struct reading *r)
{
    int status = in->response->status;

    if (status == 410) {
        r->outcome = SCHEDULE_GONE;
        r->why = "gone";
        r->detail = reading_status_text(status, in->batch->arena);
    } else if (looks_challenged(in->response)) {
        failed(in, r, "wall",
               STR("the server wants a browser: ask its operator to let feeds through"));
    } else if (status == 429 || status == 503) {
        r->outcome = SCHEDULE_BUSY;
        r->why = "busy";
        r->detail = reading_status_text(status, in->batch->arena);
    } else {
        failed(in, r, "status", reading_status_text(status, in->batch->arena));
    }
}

static int64_t gap_of(const struct feed *feed, int64_t now_ms)
{
    int64_t times[GAP_ITEMS];
    size_t n = MIN(feed->n_items, (size_t)GAP_ITEMS);

    for (size_t i = 0; i < n; i++)
        times[i] = feed->items[i].mention.published_ms;
    return MAX(schedule_gap_ms(times, n, now_ms), 0);
}

static int64_t time_of(const struct mention *m)
{
    return m->published_ms != CLOCK_NONE ? m->published_ms : m->updated_ms;
}

/* Most feeds begin with the newest; posts are heard in the order they were written. */
static bool newest_first(const struct feed *feed)
{
    int64_t first, last;

    if (feed->n_items < 2)
        return false;
    first = time_of(&feed->items[0].mention);
    last = time_of(&feed->items[feed->n_items - 1].mention);
    return first != CLOCK_NONE && last != CLOCK_NONE && first > last;
}

/* Return how many were too old. */
static size_t take_items(const struct config_source *source, const struct feed *feed,
                         int64_t since_ms, struct batch *b)
{
    bool turn = newest_first(feed);
    size_t too_old = 0;

    b->source = arena_str(b->arena, source->id);
    b->about = (enum config_about)source->about;
    b->mentions = arena_array(b->arena, feed->n_items + 1, sizeof(*b->mentions));
    for (size_t i = 0; i < feed->n_items; i++) {
        const struct feed_item *item = &feed->items[turn ? feed->n_items - 1 - i : i];
        int64_t at_ms = time_of(&item->mention);

        if (at_ms != CLOCK_NONE && at_ms < since_ms) {
            too_old++;
            continue;
        }
        struct mention *m = &b->mentions[b->n++];

        *m = item->mention;
        m->source = b->source;
        if (m->lang.n == 0)
            m->lang = arena_str(b->arena, source->lang);
    }
    return too_old;
}

bool reading_pushed(const struct config_poll *rules, const struct config_source *source,
                    const struct feed_hints *hints, struct str body, int64_t now_ms,
                    struct batch *batch, const char **ret_why)
{
    struct feed *feed;
    enum feed_error e = feed_read(body, hints, batch->arena, &feed);

    if (e != FEED_OK) {
        *ret_why = feed_error_text(e);
        return false;
    }
    (void)take_items(source, feed, now_ms - rules->oldest_ms, batch); /* polls count them */
    return true;
}

/* The header's word goes before the document's (W3C WebSub, 4). Both must be named. */
static void keep_hub(const struct reading_input *in, const struct feed *feed, struct memo *memo)
{
    const struct transfer_response *response = in->response;
    struct arena *arena = in->batch->arena;
    struct str link = response->wanted[READING_LINK];
    struct str hub = weblink_find(link, STR("hub")), self = weblink_find(link, STR("self"));

    hub = hub.n ? url_resolve(response->url, hub, arena) : feed->hub_url;
    self = self.n ? url_resolve(response->url, self, arena) : feed->self_url;
    memo->hub = memo->topic = STR_NONE;
    if (url_clean(hub) && url_clean(self)) {
        memo->hub = hub;
        memo->topic = self;
    }
}

static void keep_wishes(const struct feed *feed, struct memo *memo, int64_t now_ms)
{
    int64_t wish_s = MAX(feed->ttl_s, feed->period_s);

    memo->ttl_ms = MIN(MAX(wish_s, 0), (int64_t)86400 * 365) * 1000;
    memo->skip_hours = feed->skip_hours;
    memo->skip_days = feed->skip_days;
    memo->gap_ms = gap_of(feed, now_ms);
}

static void read_document(const struct reading_input *in, struct reading *r, struct memo *memo)
{
    const struct transfer_response *response = in->response;
    struct arena *arena = in->batch->arena;
    struct feed_hints hints = {response->content_type, response->content_language, response->url};
    struct feed *feed = NULL;

    struct str print = body_print(response->body, arena);

    if (str_eq(print, in->batch->state.body)) {
        r->outcome = SCHEDULE_SAME;
        memo->deaf += in->asked == READING_SENT_VALIDATORS;
        return;
    }
    enum feed_error e = feed_read(response->body, &hints, arena, &feed);

    if (e != FEED_OK) {
        failed(in, r, looks_challenged(response) ? "wall" : "not-a-feed",
               str_of(feed_error_text(e)));
        return;
    }
    r->outcome = SCHEDULE_FRESH;
    memo->deaf = 0;
    in->batch->state.body = print;
    in->batch->state.last_new_ms = in->now_ms;
    keep_wishes(feed, memo, in->now_ms);
    keep_hub(in, feed, memo);
    r->too_old = take_items(in->source, feed, in->now_ms - in->rules->oldest_ms, in->batch);
}

static void classify(const struct reading_input *in, struct reading *r, struct memo *memo)
{
    const struct transfer_response *response = in->response;

    if (response->end != TRANSFER_OK) {
        failed(in, r, transfer_end_name(response->end), response->why);
    } else if (response->status == 304 && in->asked == READING_SENT_VALIDATORS) {
        r->outcome = SCHEDULE_SAME;
        memo->deaf = 0;
    } else if (response->status == 200) {
        read_document(in, r, memo);
    } else {
        read_status(in, r);
    }
}

/* --- what is kept ---------------------------------------------------------- */

static struct str kept(struct str value, struct arena *arena)
{
    return value.n > VALIDATOR_MAX ? STR_NONE : arena_str(arena, value);
}

static void keep_validators(const struct reading_input *in, struct store_source *state,
                            struct memo *memo, struct arena *arena)
{
    const struct transfer_response *response = in->response;
    bool full = response->status == 200;

    /* A 200 replaces them as one set; a 304 renews those it names. */
    if (full || response->etag.n)
        state->etag = kept(response->etag, arena);
    if (full || response->last_modified.n)
        state->last_modified = kept(response->last_modified, arena);
    if (!full)
        return;
    memo->validated = arena_str(arena, response->url);
    memo->full_ms = in->now_ms;
}

static void keep_moves(const struct reading_input *in, struct store_source *state,
                       struct reading *r)
{
    struct str target = in->response->moved_to;
    struct arena *arena = in->batch->arena;

    if (target.n == 0) {
        state->moved_to = STR_NONE;
        state->moves = 0;
        return;
    }
    if (!str_eq(target, state->moved_to))
        state->moves = 0;
    state->moved_to = arena_str(arena, target);
    if (++state->moves < MOVES_TO_BELIEVE)
        return;
    r->moved = reading_url(state, in->source);
    state->url = state->moved_to;
    state->moved_to = STR_NONE;
    state->moves = 0;
}

static void keep_success(const struct reading_input *in, struct reading *r, struct memo *memo)
{
    struct store_source *state = &in->batch->state;

    keep_validators(in, state, memo, in->batch->arena);
    keep_moves(in, state, r);
    state->failures = 0;
    state->status = READING_OK;
    state->last_ok_ms = in->now_ms;
}

static void keep_failure(const struct reading_input *in, const struct reading *r)
{
    struct store_source *state = &in->batch->state;

    state->failures++;
    state->status = r->outcome == SCHEDULE_GONE ? READING_GONE : READING_FAILING;
    if (state->failures % FAILURES_TO_GO_BACK == 0)
        state->url = STR_NONE;
}

static enum schedule_server server_of(const struct store_source *state, const struct memo *memo)
{
    if (memo->deaf >= DEAF_TIMES)
        return SCHEDULE_DEAF;
    if (memo->full_ms && state->etag.n == 0 && state->last_modified.n == 0)
        return SCHEDULE_BLIND;
    return SCHEDULE_CONDITIONAL;
}

static struct schedule_next plan(const struct reading_input *in, const struct reading *r,
                                 const struct memo *memo)
{
    const struct store_source *state = &in->batch->state;
    const struct freshness_headers *times = &in->response->times;
    struct schedule_facts facts = {
        .outcome = r->outcome,
        .server = server_of(state, memo),
        .network = (enum config_network)in->source->network,
        .now_ms = in->now_ms,
        .every_ms = in->source->every_ms,
        .gap_ms = memo->gap_ms ? memo->gap_ms : SCHEDULE_UNKNOWN,
        .lifetime_ms = freshness_lifetime_ms(times, in->now_ms),
        .retry_ms = freshness_retry_ms(times, in->now_ms),
        .ttl_ms = memo->ttl_ms ? memo->ttl_ms : SCHEDULE_UNKNOWN,
        .pushed_ms = in->pushed_ms,
        .skip_hours = (uint32_t)memo->skip_hours,
        .skip_days = (uint8_t)memo->skip_days,
        .failures = state->failures,
        .random = in->random,
    };

    return schedule_next(in->rules, &facts);
}

static void tally(const struct transfer_response *response, struct store_tally *t)
{
    t->polls++;
    if (response->end == TRANSFER_OK && response->status == 304) {
        t->not_modified++;
        t->saved_bytes += t->full_bytes;
    } else if (response->end == TRANSFER_OK && response->status == 200) {
        t->full_bytes = response->wire_bytes;
    }
}

void reading_note(const struct reading_input *in, const struct reading *r)
{
    struct store_source *state = &in->batch->state;

    state->why = str_of(r->why);
    state->detail = r->detail;
    in->batch->bytes = (uint64_t)in->response->wire_bytes;
    tally(in->response, &state->tally);
}

struct reading reading_make(const struct reading_input *in)
{
    struct reading r = {.why = ""};
    struct arena *arena = in->batch->arena;
    struct store_source *state = &in->batch->state;
    struct memo memo = memo_read(state->cursor);

    in->batch->source = arena_str(arena, in->source->id);
    in->batch->about = (enum config_about)in->source->about;
    in->batch->has = BATCH_HAS_STATE;
    memo.configured = in->source->url;
    classify(in, &r, &memo);
    if (r.outcome == SCHEDULE_FRESH || r.outcome == SCHEDULE_SAME)
        keep_success(in, &r, &memo);
    else
        keep_failure(in, &r);
    r.hub = memo.hub;
    r.topic = memo.topic;
    struct schedule_next next = plan(in, &r, &memo);

    state->cursor = memo_write(&memo, arena);
    state->next_ms = next.next_ms;
    state->interval_ms = next.interval_ms;
    if (r.outcome == SCHEDULE_BUSY && freshness_retry_ms(&in->response->times, in->now_ms) > 0)
        r.hold_ms = MIN(freshness_retry_ms(&in->response->times, in->now_ms),
                        in->rules->retry_after_max_ms);
    reading_note(in, &r);
    return r;
}
