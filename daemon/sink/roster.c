#include "daemon/sink/roster.h"

#include <errno.h>
#include <event2/event.h>
#include <hiredis/hiredis.h>
#include <math.h>
#include <stdlib.h>

#include "daemon/config/config.h"
#include "daemon/core/log.h"
#include "daemon/core/loop.h"
#include "daemon/sink/courier.h"
#include "daemon/source/reading.h"
#include "daemon/store/store.h"
#include "lib/base/alloc.h"
#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/base/map.h"
#include "lib/data/json.h"

enum {
    LOOK_MS = 2000, /* changes wait so long for company */
    AGAIN_MS = 50,  /* when a turn was not enough */
    SHARE = 10,     /* of the time at most 1/SHARE is spent here */
    ROOM = 200,     /* commands that the courier must still have room for */
    LIFE_S = 86400,
    HOUR_MS = 3600000,
    URL_BYTES = 1000,
    DETAIL_BYTES = 300,
    ROW_BYTES = 16 * 1024,
};

enum phase {
    ROSTER_PAUSED,    /* until retry_ms: Redis refused */
    ROSTER_REWRITING, /* all rows, into the new hash */
    ROSTER_CLOSING,   /* the last of them wait for an answer, then the new takes the old's place */
    ROSTER_FOLLOWING, /* rows that change */
};

struct roster {
    struct roster_ports ports;
    const struct config *config;
    struct map by_id; /* id -> its struct config_source */
    bool *changed;    /* of each source, in the order of `config` */
    size_t n_changed;
    size_t next; /* where looking for changed ones goes on */
    enum phase phase;
    unsigned asked; /* commands without an answer */
    int64_t retry_ms, hour;
    struct arena *arena; /* one command */
    struct event *timer;
};

/* --- a row ----------------------------------------------------------------------- */

static const char *kind_name(int kind)
{
    static const char *const names[] = {
        [CONFIG_FEED] = "feed",
        [CONFIG_PUSH] = "push",
        [CONFIG_STREAM] = "stream",
        [CONFIG_REDIS] = "redis",
        [CONFIG_API] = "api",
        [CONFIG_MAILBOX] = "mailbox",
        [CONFIG_WEBMENTION] = "webmention",
    };

    return names[kind];
}

static const char *state_name(const struct store_source *s)
{
    if (str_eq(s->why, STR("gone")))
        return "gone";
    if (s->failures == 0)
        return s->last_ok_ms ? "ok" : "new";
    if (str_eq(s->why, STR("busy")))
        return "waiting";
    return str_eq(s->why, STR("wall")) ? "walled" : "backing-off";
}

static void put_time(struct json_writer *w, const char *key, int64_t at_ms)
{
    char text[CLOCK_TEXT_MAX];

    if (at_ms > 0 && at_ms < INT64_MAX)
        json_member_str(w, str_of(key), str_of(clock_write_ms(at_ms, text).p));
}

static void put_url(struct json_writer *w, const struct config_source *c)
{
    struct sbuf shown = SBUF_INIT(URL_BYTES);
    struct log_field url = config_where(c);

    log_value(&url, &shown);
    json_member_str(w, STR("url"), sbuf_str(&shown));
    sbuf_done(&shown);
}

static void put_tally(struct json_writer *w, const struct store_tally *t)
{
    double per_day = pace_per_day(&t->pace, loop_wall_ms());

    json_member_i64(w, STR("polls"), t->polls);
    json_member_i64(w, STR("not_modified"), t->not_modified);
    json_member_i64(w, STR("bytes"), t->bytes);
    json_member_i64(w, STR("saved_bytes"), t->saved_bytes);
    json_member_i64(w, STR("posts"), t->posts);
    if (isnan(per_day))
        return;
    json_key(w, STR("per_day"));
    json_double(w, round(per_day * 100) / 100);
}

static struct str row_json(struct roster *r, const struct config_source *c,
                           const struct store_source *s)
{
    struct sbuf text = SBUF_INIT(ROW_BYTES);
    struct json_writer w;

    json_writer_init(&w, &text);
    json_open_object(&w);
    json_member_str(&w, STR("kind"), str_of(kind_name(c->kind)));
    put_url(&w, c);
    json_member_str(&w, STR("state"), str_of(state_name(s)));
    put_time(&w, "last", s->last_ok_ms);
    put_time(&w, "last_new", s->last_new_ms);
    put_time(&w, "next", s->next_ms);
    put_time(&w, "since", s->tally.pace.since_ms);
    if (s->interval_ms)
        json_member_i64(&w, STR("interval_s"), s->interval_ms / 1000);
    json_member_i64(&w, STR("failures"), s->failures);
    json_member_str(&w, STR("why"), s->why);
    json_member_str(&w, STR("detail"), str_slice(s->detail, 0, DETAIL_BYTES));
    put_tally(&w, &s->tally);
    json_close_object(&w);
    struct str json = arena_str(r->arena, sbuf_str(&text));

    sbuf_done(&text);
    return json;
}

/* --- writing --------------------------------------------------------------------- */

static void rewrite(struct roster *r)
{
    r->phase = ROSTER_REWRITING;
    r->next = 0;
    r->n_changed = r->config->n_sources;
    memset(r->changed, true, r->n_changed);
}

/* NULL also comes when r is gone; a lost link is followed by roster_ready. */
static void on_reply(void *arg, const struct redisReply *reply)
{
    struct roster *r = arg;

    if (!reply)
        return;
    r->asked -= r->asked > 0;
    if (reply->type == REDIS_REPLY_ERROR && r->phase != ROSTER_PAUSED) {
        log_warn("roster.failed", LOG_STR("why", str_make(reply->str, reply->len)));
        r->phase = ROSTER_PAUSED;
        r->retry_ms = loop_now_ms() + loop_jitter_ms(r->ports.loop, ROSTER_RETRY_MS);
    }
}

/* A row that was not there before: somebody emptied Redis under us. */
static void on_followed(void *arg, const struct redisReply *reply)
{
    struct roster *r = arg;

    on_reply(r, reply);
    if (reply && reply->type == REDIS_REPLY_INTEGER && reply->integer > 0 &&
        r->phase == ROSTER_FOLLOWING)
        rewrite(r);
}

static int ask(struct roster *r, const struct str *argv, size_t argc, redis_reply_fn *fn)
{
    int rc = courier_ask(r->ports.courier, argv, argc, fn, r);

    r->asked += rc == 0;
    return rc;
}

static struct str key_of(struct roster *r, const char *rest)
{
    return arena_printf(r->arena, "%.*ssources%s", STR_ARG(r->ports.prefix), rest);
}

static int add_row(struct roster *r, size_t place, struct str ret[2])
{
    const struct config_source *c = &r->config->sources[place];
    struct store_source state;
    int rc = store_source_get(r->ports.store, c->id, r->arena, &state);

    if (rc < 0)
        return rc;
    if (c->kind == CONFIG_FEED || c->kind == CONFIG_API)
        reading_forget_other(&state, c); /* what it knew at another URL */
    ret[0] = c->id;
    ret[1] = row_json(r, c, &state);
    r->changed[place] = false;
    r->n_changed--;
    return 0;
}

/* The next of the changed rows, up to the last source. */
static int write_rows(struct roster *r, struct str key, redis_reply_fn *fn)
{
    struct str argv[2 + 2 * ROSTER_ROWS] = {STR("HSET"), key};
    size_t argc = 2;
    int rc = 0;

    while (rc == 0 && r->next < r->config->n_sources && argc < ARRAY_LEN(argv)) {
        if (r->changed[r->next]) {
            rc = add_row(r, r->next, &argv[argc]);
            argc += rc == 0 ? 2 : 0;
        }
        r->next += rc == 0;
    }
    return argc > 2 ? ask(r, argv, argc, fn) : rc; /* what the store refused is tried again */
}

static int write_new(struct roster *r)
{
    struct str key = key_of(r, ":new");
    int rc = r->next == 0 ? ask(r, (struct str[]){STR("DEL"), key}, 2, on_reply) : 0;

    if (rc == 0)
        rc = write_rows(r, key, on_reply);
    if (rc == 0 && r->next == r->config->n_sources)
        r->phase = ROSTER_CLOSING;
    return rc;
}

static int follow(struct roster *r)
{
    int rc = write_rows(r, key_of(r, ""), on_followed);

    r->next %= MAX(r->config->n_sources, 1);
    return rc;
}

/* Every row is there now; those that changed meanwhile are written next. */
static int replace(struct roster *r)
{
    struct str old = key_of(r, ""), new = key_of(r, ":new");
    int rc = r->config->n_sources == 0
                 ? ask(r, (struct str[]){STR("DEL"), old}, 2, on_reply)
                 : ask(r, (struct str[]){STR("EXPIRE"), new, arena_printf(r->arena, "%d", LIFE_S)},
                       3, on_reply);

    if (rc == 0 && r->config->n_sources)
        rc = ask(r, (struct str[]){STR("RENAME"), new, old}, 3, on_reply);
    r->next = 0;
    if (rc == 0)
        r->phase = ROSTER_FOLLOWING;
    return rc;
}

/* 1: something was written, or will be when what was asked is answered; 0: nothing is left. */
static int write_some(struct roster *r)
{
    int rc = 0;

    arena_reset(r->arena);
    switch (r->phase) {
    case ROSTER_PAUSED:
        return 0;
    case ROSTER_REWRITING:
        rc = write_new(r);
        break;
    case ROSTER_CLOSING:
        rc = r->asked ? -EAGAIN : replace(r);
        break;
    case ROSTER_FOLLOWING:
        if (r->n_changed == 0)
            return 0;
        rc = follow(r);
        break;
    }
    return rc < 0 ? rc : 1;
}

/* Negative: not now. */
static int turn(struct roster *r, int64_t until_ms)
{
    int rc = 1;

    while (rc == 1 && loop_now_ms() < until_ms)
        if (courier_room(r->ports.courier) < ROOM)
            rc = -ENOBUFS;
        else if (r->asked >= ROSTER_ASKED)
            rc = -EAGAIN;
        else
            rc = write_some(r);
    return rc;
}

static void on_timer(int fd, short what, void *arg)
{
    struct roster *r = arg;
    int64_t from_ms = loop_now_ms(), hour = loop_wall_ms() / HOUR_MS;

    (void)fd, (void)what;
    if (hour != r->hour || (r->phase == ROSTER_PAUSED && from_ms >= r->retry_ms))
        rewrite(r);
    r->hour = hour;
    int rc = turn(r, from_ms + ROSTER_TURN_MS);

    if (rc < 0 && rc != -EAGAIN && rc != -ENOBUFS)
        log_warn("roster.store", LOG_ERRNO(rc));
    int64_t wait_ms = rc == 1 || rc == -EAGAIN ? AGAIN_MS : LOOK_MS;

    loop_timer_in(r->timer,
                  loop_jitter_ms(r->ports.loop, MAX(wait_ms, (loop_now_ms() - from_ms) * SHARE)));
}

/* --- life ------------------------------------------------------------------------ */

void roster_changed(struct roster *r, struct str id)
{
    const struct config_source *c = map_get(&r->by_id, id);
    size_t place = c ? (size_t)(c - r->config->sources) : 0;

    if (!c || r->changed[place])
        return;
    r->changed[place] = true;
    r->n_changed++;
}

void roster_reload(struct roster *r, const struct config *config)
{
    map_done(&r->by_id);
    r->by_id = (struct map){0};
    free(r->changed);
    r->config = config;
    r->changed = alloc_zeroed(config->n_sources + 1, sizeof(*r->changed));
    for (size_t i = 0; i < config->n_sources; i++) /* ids are unique */
        (void)map_put(&r->by_id, config->sources[i].id, &config->sources[i]);
    rewrite(r);
}

struct roster *roster_new(const struct roster_ports *ports, const struct config *config)
{
    struct roster *r = alloc_zeroed(1, sizeof(*r));

    r->ports = *ports;
    r->arena = arena_new(0);
    r->hour = loop_wall_ms() / HOUR_MS;
    r->timer = loop_timer(ports->loop, on_timer, r);
    roster_reload(r, config);
    loop_timer_in(r->timer, loop_jitter_ms(ports->loop, LOOK_MS));
    return r;
}

void roster_free(struct roster *r)
{
    if (!r)
        return;
    event_free(r->timer);
    map_done(&r->by_id);
    free(r->changed);
    arena_free(r->arena);
    free(r);
}

void roster_ready(struct roster *r)
{
    r->asked = 0;
    rewrite(r);
    loop_timer_in(r->timer, 0);
}
