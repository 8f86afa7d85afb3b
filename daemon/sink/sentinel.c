#include "daemon/sink/sentinel.h"

#include <stdio.h>
#include <stdlib.h>

#include <hiredis/hiredis.h>

#include "daemon/core/loop.h"
#include "lib/base/alloc.h"
#include "lib/base/arena.h"

struct sentinel {
    struct loop *loop;
    struct sentinel_options o;
    struct target *targets;
    struct arena *strings; /* of the options */
    size_t next, asked;    /* whom to ask, and how many were */
    struct redis *link;    /* to the one being asked */
    char why[256];         /* what kept the last one from answering */
    struct redis *who;     /* who wants to know; NULL: nobody */
};

static void free_link(void *link)
{
    redis_free(link);
}

/* Comes from within the link's callbacks, so it dies a turn later. */
static void retire(struct sentinel *s)
{
    if (s->link)
        loop_defer(s->loop, free_link, TAKE(s->link));
}

static void ask_one(struct sentinel *s);

static void advance(struct sentinel *s)
{
    s->next = (s->next + 1) % s->o.n_targets;
}

static void give_up(struct sentinel *s)
{
    char text[300];
    int n = snprintf(text, sizeof(text), "no sentinel names the master (the last: %s)", s->why);

    redis_not_located(TAKE(s->who), str_make(text, (size_t)n)); /* fits */
}

static void ask_next(void *arg)
{
    struct sentinel *s = arg;
    struct str why = s->link ? redis_trouble(s->link) : STR_NONE;

    (void)snprintf(s->why, sizeof(s->why), "%.*s", STR_ARG(why.n ? why : STR("it knows none")));
    retire(s);
    if (!s->who)
        return;
    advance(s);
    if (++s->asked < s->o.n_targets)
        ask_one(s);
    else
        give_up(s);
}

static bool read_address(const struct redisReply *reply, struct target *ret)
{
    const struct redisReply *host, *port;
    int64_t number;

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2)
        return false;
    host = reply->element[0];
    port = reply->element[1];
    if (host->type != REDIS_REPLY_STRING || port->type != REDIS_REPLY_STRING || host->len == 0 ||
        host->len >= sizeof(ret->host) || !str_to_i64(str_make(port->str, port->len), &number) ||
        number < 1 || number > 65535)
        return false;
    memcpy(ret->host, host->str, host->len);
    ret->host[host->len] = '\0';
    ret->port = (uint16_t)number;
    return true;
}

static void on_address(void *arg, const struct redisReply *reply)
{
    struct sentinel *s = arg;
    struct target master = s->o.base;

    if (!reply || !s->who)
        return; /* `lost` follows, or nobody asks any more */
    if (!read_address(reply, &master)) {
        ask_next(s);
        return;
    }
    retire(s);
    advance(s); /* what it said may prove wrong */
    redis_located(TAKE(s->who), &master);
}

static void on_ready(void *arg)
{
    struct sentinel *s = arg;
    const struct str argv[] = {STR("SENTINEL"), STR("GET-MASTER-ADDR-BY-NAME"),
                               str_of(s->o.master)};

    if (s->link)
        (void)redis_send(s->link, argv, ARRAY_LEN(argv), on_address, s); /* ready */
}

static void ask_one(struct sentinel *s)
{
    struct redis_options link = {
        .target = s->targets[s->next],
        .role = "sentinel",
        .brief = true,
        .tls = s->o.tls,
        .password_file = s->o.password_file,
        .client_name = "couacd",
        .connect_timeout_ms = s->o.timeout_ms,
        .reply_timeout_ms = s->o.timeout_ms,
        .ready = on_ready,
        .failed = ask_next,
        .lost = ask_next,
        .arg = s,
    };

    s->link = redis_new(s->loop, &link);
    redis_start(s->link);
}

static void start(void *arg, struct redis *who)
{
    struct sentinel *s = arg;

    s->who = who;
    s->asked = 0;
    ask_one(s);
}

static void stop(void *arg)
{
    struct sentinel *s = arg;

    s->who = NULL;
    retire(s);
}

static const char *own(struct sentinel *s, const char *text)
{
    return text ? arena_str(s->strings, str_of(text)).p : "";
}

struct sentinel *sentinel_new(struct loop *loop, const struct sentinel_options *options)
{
    struct sentinel *s = alloc_zeroed(1, sizeof(*s));

    s->loop = loop;
    s->o = *options;
    s->strings = arena_new(0);
    s->o.master = own(s, options->master);
    s->o.password_file = own(s, options->password_file);
    s->o.tls.ca_file = own(s, options->tls.ca_file);
    s->o.tls.cert_file = own(s, options->tls.cert_file);
    s->o.tls.key_file = own(s, options->tls.key_file);
    s->o.timeout_ms = options->timeout_ms > 0 ? options->timeout_ms : 1000;
    s->targets = alloc_zeroed(options->n_targets + 1, sizeof(*s->targets));
    for (size_t i = 0; i < options->n_targets; i++)
        s->targets[i] = options->targets[i];
    return s;
}

void sentinel_free(struct sentinel *s)
{
    if (!s)
        return;
    redis_free(s->link);
    free(s->targets);
    arena_free(s->strings);
    free(s);
}

struct redis_locator sentinel_locator(struct sentinel *s)
{
    return (struct redis_locator){.start = start, .stop = stop, .arg = s};
}
