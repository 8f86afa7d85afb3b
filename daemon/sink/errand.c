#include "daemon/sink/errand.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <event2/event.h>
#include <hiredis/hiredis.h>

#include "daemon/core/log.h"
#include "daemon/core/loop.h"
#include "daemon/sink/script.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/desk/event.h"

enum {
    BEAT_MS = 30000,
    BEAT_LIFE_S = 90,
    TRIM_FIRST_MS = 5000, /* after connecting: much may have grown old */
    TRIM_AGAIN_MS = 500,  /* more than one call may remove is waiting */
    AGE_AT_ONCE = 1000,   /* entries of a list */
};

/* One of these a stream, so that a reply knows what it is about. */
struct chore {
    struct errand *errand;
    enum event_stream stream;
};

struct errand {
    struct loop *loop;
    struct errand_options o;
    struct event *beat, *trim;
    struct chore chores[EVENT_STREAMS];
};

static struct str key(const struct errand *e, char ret[96], const char *name)
{
    int n = snprintf(ret, 96, "%.*s%s", STR_ARG(e->o.prefix), name);

    return str_make(ret, (size_t)n);
}

static void give(struct errand *e, const struct str *argv, size_t argc, redis_reply_fn *fn,
                 void *arg)
{
    /* not ready, or a full pipeline: the next time will do */
    (void)redis_send(e->o.link, argv, argc, fn, arg);
}

/* --- heartbeat ------------------------------------------------------------------- */

static void on_beaten(void *arg, const struct redisReply *reply)
{
    (void)arg;
    if (reply && reply->type == REDIS_REPLY_ERROR)
        log_warn("errand.status", LOG_STR("why", str_make(reply->str, reply->len)));
}

/* In one transaction: a status that never expires would be a lie. */
static void beat(struct errand *e)
{
    struct courier_field fields[COURIER_FIELDS];
    size_t n = e->o.status(e->o.arg, fields, COURIER_FIELDS), argc = 2;
    char name[96], life[16];
    struct str hset[2 + 2 * COURIER_FIELDS] = {STR("HSET"), key(e, name, "status")};
    struct str expire[] = {STR("EXPIRE"), hset[1], STR_NONE};

    (void)snprintf(life, sizeof(life), "%d", BEAT_LIFE_S);
    expire[2] = str_of(life);
    for (size_t i = 0; i < n; i++) {
        hset[argc++] = str_of(fields[i].key);
        hset[argc++] = str_of(fields[i].value);
    }
    give(e, &STR("MULTI"), 1, on_beaten, e);
    give(e, hset, argc, on_beaten, e);
    give(e, expire, 3, on_beaten, e);
    give(e, &STR("EXEC"), 1, on_beaten, e);
}

static void on_beat(evutil_socket_t fd, short what, void *arg)
{
    struct errand *e = arg;

    (void)fd, (void)what;
    beat(e);
    loop_timer_in(e->beat, loop_jitter_ms(e->loop, BEAT_MS));
}

/* --- trimming -------------------------------------------------------------------- */

static uint64_t count(const struct redisReply *reply, size_t i)
{
    const struct redisReply *n = reply->element[i];

    return n->type == REDIS_REPLY_INTEGER && n->integer > 0 ? (uint64_t)n->integer : 0;
}

static void on_trimmed(void *arg, const struct redisReply *reply)
{
    const struct chore *chore = arg;
    struct errand *e = chore->errand;
    struct errand_trim t;

    if (!reply)
        return;
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements < 5) {
        log_warn("errand.trim", LOG_STR("stream", event_stream_name(chore->stream)),
                 LOG_STR("why", str_make(reply->str, reply->len)));
        return;
    }
    t = (struct errand_trim){count(reply, 0), count(reply, 1), count(reply, 2), count(reply, 3),
                             count(reply, 4)};
    if (t.aged + t.read + t.rolled + t.unread == 0)
        return;
    log_info("errand.trimmed", LOG_STR("stream", event_stream_name(chore->stream)),
             LOG_INT("aged", t.aged), LOG_INT("read", t.read), LOG_INT("rolled", t.rolled),
             LOG_INT("unread", t.unread), LOG_INT("length", t.length));
    if (t.length > (uint64_t)e->o.stream_cap && t.read + t.rolled > 0)
        loop_timer_in(e->trim, TRIM_AGAIN_MS);
    e->o.trimmed(e->o.arg, event_stream_name(chore->stream), &t);
}

static void trim(struct errand *e, enum event_stream stream)
{
    char name[96], oldest[24], cap[24];
    int64_t before = loop_wall_ms() - e->o.stream_age_ms;
    struct str argv[] = {STR("EVAL"), str_of(script_trim), STR("1"), STR_NONE, STR_NONE, STR_NONE};

    (void)snprintf(oldest, sizeof(oldest), "%" PRId64, before > 0 ? before : 0);
    (void)snprintf(cap, sizeof(cap), "%" PRId64, e->o.stream_cap);
    argv[3] = key(e, name, event_stream_name(stream));
    argv[4] = str_of(oldest);
    argv[5] = str_of(cap);
    give(e, argv, ARRAY_LEN(argv), on_trimmed, &e->chores[stream]);
}

/* --- ageing of lists ------------------------------------------------------------- */

static void on_aged(void *arg, const struct redisReply *reply)
{
    struct errand *e = arg;

    if (reply && reply->type == REDIS_REPLY_ERROR)
        log_warn("errand.age", LOG_STR("why", str_make(reply->str, reply->len)));
    if (!reply || reply->type != REDIS_REPLY_INTEGER || reply->integer <= 0)
        return;
    log_info("errand.aged", LOG_INT("entries", reply->integer));
    if (reply->integer >= AGE_AT_ONCE)
        loop_timer_in(e->trim, TRIM_AGAIN_MS);
    e->o.aged(e->o.arg, (uint64_t)reply->integer);
}

static void age_lists(struct errand *e)
{
    struct str keys[ERRAND_LISTS];
    size_t n = e->o.lists(e->o.arg, keys, ERRAND_LISTS);
    char oldest[CLOCK_TEXT_MAX], most[16];
    struct str argv[] = {STR("EVAL"), str_of(script_age), STR("1"), STR_NONE, STR_NONE, STR_NONE};

    argv[4] = clock_write_ms(loop_wall_ms() - e->o.list_age_ms, oldest);
    (void)snprintf(most, sizeof(most), "%d", AGE_AT_ONCE);
    argv[5] = str_of(most);
    for (size_t i = 0; i < n; i++) {
        argv[3] = keys[i];
        give(e, argv, ARRAY_LEN(argv), on_aged, e);
    }
}

static void on_trim(evutil_socket_t fd, short what, void *arg)
{
    struct errand *e = arg;

    (void)fd, (void)what;
    for (int i = 0; i < EVENT_STREAMS; i++)
        trim(e, (enum event_stream)i);
    age_lists(e);
    loop_timer_in(e->trim, loop_jitter_ms(e->loop, e->o.trim_ms));
}

/* --- life ------------------------------------------------------------------------ */

struct errand *errand_new(struct loop *loop, const struct errand_options *options)
{
    struct errand *e = alloc_zeroed(1, sizeof(*e));

    e->loop = loop;
    e->o = *options;
    e->beat = loop_timer(loop, on_beat, e);
    e->trim = loop_timer(loop, on_trim, e);
    for (int i = 0; i < EVENT_STREAMS; i++)
        e->chores[i] = (struct chore){e, (enum event_stream)i};
    return e;
}

void errand_free(struct errand *e)
{
    if (!e)
        return;
    event_free(e->beat);
    event_free(e->trim);
    free(e);
}

void errand_start(struct errand *e)
{
    loop_timer_in(e->beat, 0);
    loop_timer_in(e->trim, loop_jitter_ms(e->loop, MIN(e->o.trim_ms, TRIM_FIRST_MS)));
}

void errand_stop(struct errand *e)
{
    (void)event_del(e->beat);
    (void)event_del(e->trim);
}
