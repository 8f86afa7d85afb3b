#include "daemon/sink/inbox.h"

#include <errno.h>
#include <event2/event.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/core/log.h"
#include "daemon/core/loop.h"
#include "daemon/sink/courier.h"
#include "daemon/store/notebook.h"
#include "daemon/store/store.h"
#include "lib/base/alloc.h"
#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/data/json.h"
#include "lib/desk/desk.h"
#include "lib/desk/feedback.h"
#include "lib/rule/ruleset.h"

enum { ARENA_BYTES = 64 << 20, AGAIN_MS = 50, ROOM = 16, ID_MAX = 48, ANSWER_S = 600 };

enum channel { FEEDBACK, REQUESTS, CHANNELS };

static const struct str channel_names[CHANNELS] = {{"feedback", 8}, {"requests", 8}};

/* Rows of {channel, id, field, value, ...}. */
static const char script_read[] =
    "local out = {}\n"
    "for k = 1, 2 do\n"
    "  for _, e in ipairs(redis.call('XRANGE', KEYS[k], '(' .. ARGV[k], '+', 'COUNT', 64)) do\n"
    "    local row = {tostring(k - 1), e[1]}\n"
    "    for j = 1, math.min(#e[2], 16) do row[#row + 1] = string.sub(e[2][j], 1, 1024) end\n"
    "    out[#out + 1] = row\n"
    "  end\n"
    "end\n"
    "return out\n";

struct inbox {
    struct inbox_ports ports;
    struct ruleset *set;
    struct arena *arena;          /* one entry */
    char place[CHANNELS][ID_MAX]; /* id of the last entry that was taken */
    enum { QUIET, ASKED } state;
    struct inbox_counts counts;
    struct event *timer;
};

struct entry {
    enum channel channel;
    struct str id;
    const redisReply *row;
};

static struct str text_of(const redisReply *r)
{
    return r->type == REDIS_REPLY_STRING ? str_make(r->str, r->len) : STR_NONE;
}

static struct str field(const struct entry *e, struct str name)
{
    for (size_t i = 2; i + 1 < e->row->elements; i += 2)
        if (str_eq(text_of(e->row->element[i]), name))
            return text_of(e->row->element[i + 1]);
    return STR_NONE;
}

static void on_done(void *arg, const redisReply *reply)
{
    (void)arg;
    if (reply && reply->type == REDIS_REPLY_ERROR)
        log_warn("inbox.failed", LOG_STR("why", str_make(reply->str, reply->len)));
}

static struct str key(struct inbox *b, struct str name)
{
    return arena_printf(b->arena, "%.*s%.*s", STR_ARG(b->ports.prefix), STR_ARG(name));
}

static void refuse(struct inbox *b, const struct entry *e, const char *why)
{
    b->counts.refused++;
    log_warn("inbox.refused", LOG_STR("stream", channel_names[e->channel]), LOG_STR("entry", e->id),
             LOG_STR("why", why));
}

/* --- feedback -------------------------------------------------------------------- */

static int take_feedback(struct inbox *b, const struct entry *e)
{
    struct feedback f = {
        .by = field(e, STR("by")), .note = field(e, STR("note")), .at_ms = loop_wall_ms()};
    struct recall_alert alert;
    int rc = store_alert_by_id(b->ports.store, field(e, STR("alert")), b->arena, &alert);

    if (rc < 0)
        return rc;
    if (!feedback_verdict_of(field(e, STR("verdict")), &f.verdict)) {
        refuse(b, e, "the verdict is neither right nor wrong");
        return 0;
    }
    struct str line = alert.id.n ? feedback_line(&f, &alert, b->arena) : STR_NONE;

    if (line.n == 0) {
        refuse(b, e, "no alert with this id is kept");
        return 0;
    }
    rc = notebook_add(b->ports.feedback, line);
    if (rc == -EFBIG)
        refuse(b, e, "feedback.jsonl is full: take it away and couacd begins another");
    b->counts.feedback += rc == 0;
    return rc == -EFBIG ? 0 : rc;
}

/* --- forgetting ------------------------------------------------------------------ */

struct wish {
    enum store_forget_by by;
    struct str what; /* hashed author, or URL */
    const struct recall_alert *alerts;
    int n;
};

static bool read_wish(struct inbox *b, const struct entry *e, struct wish *ret)
{
    struct str author = field(e, STR("author")), url = field(e, STR("url"));

    if (!str_eq(field(e, STR("verb")), STR("forget")) || (author.n == 0) == (url.n == 0))
        return false;
    ret->by = author.n ? STORE_FORGET_AUTHOR : STORE_FORGET_URL;
    ret->what = author.n ? desk_author(b->ports.desk, author, b->arena) : url;
    return ret->what.n > 0;
}

static int withdraw(struct inbox *b, const struct wish *wish)
{
    struct store *store = b->ports.store;
    int64_t now_ms = loop_wall_ms();
    struct str because = wish->by == STORE_FORGET_AUTHOR ? STR("forget-author") : STR("forget-url");
    int rc = 0;

    for (int i = 0; i < wish->n && rc == 0; i++) {
        struct desk_outcome outcome;

        rc = desk_withdraw(b->ports.desk, b->set, &wish->alerts[i], because, now_ms,
                           store_recall(store), b->arena, &outcome);
        for (size_t k = 0; rc == 0 && k < outcome.n_events; k++)
            rc = store_queue(store, &outcome.events[k], now_ms);
    }
    return rc;
}

static bool not_forgotten(void *arg, struct str line)
{
    const struct wish *wish = arg;
    CLEANUP(arena_freep) struct arena *arena = arena_new(0);
    struct json_error error;
    struct json *tree;

    if (json_parse(line, arena, &tree, &error) != JSON_OK)
        return true;
    for (int i = 0; i < wish->n; i++)
        if (str_eq(json_get_str(tree, STR("alert")), wish->alerts[i].id))
            return false;
    return wish->by != STORE_FORGET_URL || !str_eq(json_get_str(tree, STR("url")), wish->what);
}

static int forget(struct inbox *b, const struct entry *e, struct wish *wish)
{
    struct recall_alert *alerts = NULL;

    if (!read_wish(b, e, wish)) {
        refuse(b, e, "a request is `verb forget` with `author NAME` or `url URL`");
        return 0;
    }
    wish->n = store_forget(b->ports.store, wish->by, wish->what, b->arena, &alerts);
    wish->alerts = alerts;
    if (wish->n < 0)
        return wish->n;
    int rc = withdraw(b, wish);

    if (rc == 0)
        rc = notebook_filter(b->ports.feedback, not_forgotten, wish);
    b->counts.requests += rc >= 0;
    return MIN(rc, 0);
}

/* Lists outside of our prefix, where workers of another kind look. */
static void write_lists(struct inbox *b, struct json_writer *w)
{
    json_key(w, STR("lists"));
    json_open_array(w);
    for (size_t i = 0; i < b->set->n_owners; i++) {
        const struct owner *o = &b->set->owners[i];

        if (o->envelope != OWNER_PLAIN)
            json_str(w,
                     arena_printf(b->arena, "%s%.*s", o->envelope == OWNER_SIDEKIQ ? "queue:" : "",
                                  STR_ARG(o->queue)));
    }
    json_close_array(w);
}

static void answer(struct inbox *b, const struct entry *e, const struct wish *wish)
{
    struct sbuf text = SBUF_INIT(256 * 1024);
    struct json_writer w;

    json_writer_init(&w, &text);
    json_open_object(&w);
    json_member_i64(&w, STR("alerts"), wish->n);
    if (wish->by == STORE_FORGET_AUTHOR)
        json_member_str(&w, STR("author"), wish->what);
    json_key(&w, STR("more"));
    json_bool(&w, wish->n == STORE_FORGET_MAX);
    write_lists(b, &w);
    json_close_object(&w);
    struct str set[] = {STR("SET"), key(b, arena_printf(b->arena, "answer:%.*s", STR_ARG(e->id))),
                        sbuf_str(&text), STR("EX"), arena_printf(b->arena, "%d", ANSWER_S)};
    struct str del[] = {STR("XDEL"), key(b, channel_names[REQUESTS]), e->id};

    /* not connected: whoever asked gets no answer, and asks again */
    if (wish->what.n)
        (void)courier_ask(b->ports.courier, set, ARRAY_LEN(set), on_done, b);
    (void)courier_ask(b->ports.courier, del, ARRAY_LEN(del), on_done, b); /* idem */
    sbuf_done(&text);
    if (wish->n > 0)
        b->ports.committed(b->ports.arg);
}

/* --- entries --------------------------------------------------------------------- */

static int take_inside(struct inbox *b, const struct entry *e, struct wish *wish)
{
    struct recall *recall = store_recall(b->ports.store);
    int rc = e->channel == FEEDBACK ? take_feedback(b, e) : forget(b, e, wish);

    return rc < 0 ? rc
                  : recall->state_put(recall, STR("inbox"), channel_names[e->channel], e->id,
                                      INT64_MAX);
}

/* One transaction. */
static int take(struct inbox *b, const struct entry *e)
{
    struct wish wish = {0};
    int rc = store_begin(b->ports.store);

    arena_reset(b->arena);
    if (rc == 0)
        rc = take_inside(b, e, &wish);
    if (rc == 0)
        rc = store_commit(b->ports.store);
    if (rc < 0) {
        store_rollback(b->ports.store);
        log_warn("inbox.store", LOG_ERRNO(rc));
        return rc;
    }
    (void)snprintf(b->place[e->channel], ID_MAX, "%.*s", STR_ARG(e->id)); /* was measured */
    if (e->channel == REQUESTS)
        answer(b, e, &wish);
    return 0;
}

static bool read_entry(const redisReply *row, struct entry *ret)
{
    if (row->type != REDIS_REPLY_ARRAY || row->elements < 2)
        return false;
    ret->channel = str_eq(text_of(row->element[0]), STR("0")) ? FEEDBACK : REQUESTS;
    ret->id = text_of(row->element[1]);
    ret->row = row;
    return ret->id.n > 0 && ret->id.n < ID_MAX;
}

/* Feedback that was taken may stay for others to read, as much as fits. */
static void trim(struct inbox *b)
{
    arena_reset(b->arena);
    struct str argv[] = {STR("XTRIM"), key(b, channel_names[FEEDBACK]), STR("MAXLEN"), STR("~"),
                         arena_printf(b->arena, "%d", INBOX_FEEDBACK_MAX)};

    (void)courier_ask(b->ports.courier, argv, ARRAY_LEN(argv), on_done, b); /* or the next time */
}

static void on_rows(void *arg, const redisReply *reply)
{
    struct inbox *b = arg;
    size_t taken = 0;
    struct entry e;

    b->state = QUIET;
    if (!reply)
        return; /* the link is lost; inbox_ready follows */
    on_done(b, reply);
    size_t n = reply->type == REDIS_REPLY_ARRAY ? reply->elements : 0;

    while (taken < n && read_entry(reply->element[taken], &e) && take(b, &e) == 0)
        taken++;
    if (taken > 0)
        trim(b);
    loop_timer_in(b->timer,
                  loop_jitter_ms(b->ports.loop, taken >= INBOX_ROWS ? AGAIN_MS : INBOX_MS));
}

static void on_timer(int fd, short what, void *arg)
{
    struct inbox *b = arg;

    (void)fd, (void)what;
    arena_reset(b->arena);
    struct str argv[] = {STR("EVAL"),
                         str_of(script_read),
                         STR("2"),
                         key(b, channel_names[FEEDBACK]),
                         key(b, channel_names[REQUESTS]),
                         str_of(b->place[FEEDBACK]),
                         str_of(b->place[REQUESTS])};

    if (b->state == ASKED)
        return;
    if (store_accepts(b->ports.store) && courier_room(b->ports.courier) >= ROOM &&
        courier_ask(b->ports.courier, argv, ARRAY_LEN(argv), on_rows, b) == 0)
        b->state = ASKED; /* its reply arms the timer */
    else
        loop_timer_in(b->timer, loop_jitter_ms(b->ports.loop, INBOX_MS));
}

/* --- life ------------------------------------------------------------------------ */

static void read_places(struct inbox *b)
{
    int rc = store_begin(b->ports.store);

    for (int i = 0; i < CHANNELS; i++) {
        struct recall *recall = rc == 0 ? store_recall(b->ports.store) : NULL;
        struct str place = STR_NONE;

        if (rc == 0)
            rc = recall->state_get(recall, STR("inbox"), channel_names[i], &place);
        if (rc < 0 || place.n == 0 || place.n >= ID_MAX)
            place = STR("0-0");
        (void)snprintf(b->place[i], ID_MAX, "%.*s", STR_ARG(place)); /* fits */
    }
    store_rollback(b->ports.store);
}

struct inbox *inbox_new(const struct inbox_ports *ports, struct ruleset *set)
{
    struct inbox *b = alloc_zeroed(1, sizeof(*b));

    b->ports = *ports;
    b->set = ruleset_ref(set);
    b->arena = arena_new(ARENA_BYTES);
    b->timer = loop_timer(ports->loop, on_timer, b);
    read_places(b);
    return b;
}

void inbox_free(struct inbox *b)
{
    if (!b)
        return;
    event_free(b->timer);
    arena_free(b->arena);
    ruleset_unref(b->set);
    free(b);
}

void inbox_rules(struct inbox *b, struct ruleset *set)
{
    struct ruleset *old = b->set;

    b->set = ruleset_ref(set);
    ruleset_unref(old);
}

void inbox_ready(struct inbox *b)
{
    loop_timer_in(b->timer, loop_jitter_ms(b->ports.loop, AGAIN_MS));
}

static bool young_enough(void *arg, struct str line)
{
    const int64_t *before_ms = arg;
    CLEANUP(arena_freep) struct arena *arena = arena_new(0);
    struct json_error error;
    struct json *tree;
    int64_t at_ms;

    return json_parse(line, arena, &tree, &error) != JSON_OK ||
           !clock_parse(json_get_str(tree, STR("noted")), &at_ms) || at_ms >= *before_ms;
}

void inbox_prune(struct inbox *b)
{
    int64_t before_ms = loop_wall_ms() - b->ports.keep_ms;
    int rc = notebook_filter(b->ports.feedback, young_enough, &before_ms);

    if (rc < 0)
        log_warn("inbox.prune", LOG_ERRNO(rc));
}

const struct inbox_counts *inbox_counts(const struct inbox *b)
{
    return &b->counts;
}
