/* The reader of hiredis, but for two things it lacks in 0.14: a bound on what one
 * reply may hold (a broken server could ask for 16 GiB with "*2147483647"), and
 * on what it buffers while a reply is incomplete.
 *
 * Losing the link inside a callback is normal (an error reply makes the owner
 * drop it), so `life` counts connections and whoever calls out compares it
 * afterwards; the reader is replaced at the next connection, not at the loss. */
#include "daemon/sink/redis.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/event.h>
#include <hiredis/hiredis.h>

#include "daemon/core/backoff.h"
#include "daemon/core/log.h"
#include "daemon/core/loop.h"
#include "daemon/sink/command.h"
#include "daemon/sink/reply.h"
#include "lib/base/alloc.h"
#include "lib/base/arena.h"

enum { ELEMENTS_MAX = 65536, REPLY_BYTES_MAX = 4 * 1024 * 1024, PASSWORD_MAX = 4096 };
enum { DOUBT_MS = 5000, DOUBT_AGAIN_MS = 100 };

struct waiter {
    redis_reply_fn *fn;
    void *arg;
};

struct redis {
    struct loop *loop;
    struct redis_options o;
    enum redis_state state;
    struct target target;
    struct transport *transport;
    struct event *timer; /* of the state: time limit, silence or backoff */
    struct backoff backoff;
    unsigned attempts, life;
    struct event *doubt;   /* asks the locator again while ready */
    struct target doubted; /* the other server it named last; host empty: none */
    struct target moved;   /* where a MOVED sends us; host empty: nowhere */
    redisReader *reader;
    redisReplyObjectFunctions functions;
    struct waiter *waiters; /* ring */
    unsigned first, n_waiting;
    unsigned greetings; /* replies to the greeting still awaited */
    char trouble[256], said[256];
    struct arena *strings; /* of the options */
};

static const char *const names[REDIS_STATES] = {
    [REDIS_DOWN] = "down",         [REDIS_LOCATING] = "locating", [REDIS_CONNECTING] = "connecting",
    [REDIS_GREETING] = "greeting", [REDIS_READY] = "ready",       [REDIS_BACKOFF] = "backoff",
};

static const unsigned allowed[REDIS_STATES] = {
    [REDIS_DOWN] = BIT(REDIS_LOCATING),
    [REDIS_LOCATING] = BIT(REDIS_CONNECTING) | BIT(REDIS_BACKOFF) | BIT(REDIS_DOWN),
    [REDIS_CONNECTING] = BIT(REDIS_GREETING) | BIT(REDIS_BACKOFF) | BIT(REDIS_DOWN),
    [REDIS_GREETING] = BIT(REDIS_READY) | BIT(REDIS_BACKOFF) | BIT(REDIS_DOWN),
    [REDIS_READY] = BIT(REDIS_BACKOFF) | BIT(REDIS_DOWN),
    [REDIS_BACKOFF] = BIT(REDIS_LOCATING) | BIT(REDIS_DOWN),
};

static void move(struct redis *r, enum redis_state next)
{
    assert(allowed[r->state] & BIT(next));
    log_debug("redis.state", LOG_STR("from", names[r->state]), LOG_STR("to", names[next]));
    r->state = next;
}

/* --- losing the link -------------------------------------------------------------- */

static void flush_waiters(struct redis *r)
{
    while (r->n_waiting > 0) {
        struct waiter w = r->waiters[r->first];

        r->first = (r->first + 1) % REDIS_PENDING_MAX;
        r->n_waiting--;
        if (w.fn)
            w.fn(w.arg, NULL);
    }
}

static void cut(struct redis *r, enum redis_state next)
{
    bool was_ready = r->state == REDIS_READY;

    if (r->o.locator.stop)
        r->o.locator.stop(r->o.locator.arg);
    (void)event_del(r->doubt);
    transport_close(TAKE(r->transport));
    (void)event_del(r->timer);
    r->life++;
    move(r, next);
    flush_waiters(r);
    if (was_ready)
        r->o.lost(r->o.arg);
}

/* The same trouble is told once, until the link was ready again. */
static void tell_trouble(struct redis *r, struct str why, int64_t wait_ms)
{
    char where[TARGET_TEXT_MAX];

    (void)snprintf(r->trouble, sizeof(r->trouble), "%.*s", (int)MIN(why.n, 200),
                   why.n ? why.p : "");
    if (r->o.brief || strcmp(r->trouble, r->said) == 0) {
        log_debug("redis.down", LOG_STR("why", r->trouble), LOG_MS("retry_in", wait_ms));
        return;
    }
    memcpy(r->said, r->trouble, sizeof(r->said));
    log_warn("redis.down", LOG_STR("role", r->o.role),
             LOG_STR("target", target_text(&r->target, where)), LOG_STR("why", r->trouble),
             LOG_MS("retry_in", wait_ms));
}

static void fall_back(struct redis *r, struct str why, int64_t wait_ms)
{
    bool was_ready = r->state == REDIS_READY;

    if (r->state == REDIS_DOWN || r->state == REDIS_BACKOFF)
        return;
    tell_trouble(r, why, wait_ms);
    cut(r, REDIS_BACKOFF);
    if (r->state != REDIS_BACKOFF)
        return; /* `lost` stopped it */
    loop_timer_in(r->timer, wait_ms);
    if (!was_ready && r->o.failed)
        r->o.failed(r->o.arg);
}

void redis_drop(struct redis *r, struct str why)
{
    fall_back(r, why, backoff_next(&r->backoff, loop_random(r->loop)));
}

void redis_pause(struct redis *r, struct str why)
{
    fall_back(r, why, loop_jitter_ms(r->loop, r->o.pause_ms));
}

void redis_redirect(struct redis *r, struct str error)
{
    struct target next = r->o.target;

    if (reply_redirect(error, next.host, &next.port)) {
        if (next.host[0] == '\0')
            memcpy(next.host, r->target.host, sizeof(next.host));
        r->moved = next;
    }
    redis_drop(r, error);
}

void redis_good(struct redis *r)
{
    backoff_reset(&r->backoff);
}

/* --- reading ----------------------------------------------------------------------- */

static void *create_array(const redisReadTask *task, int elements)
{
    const redisReplyObjectFunctions *base = task->privdata;

    return elements > ELEMENTS_MAX ? NULL : base->createArray(task, elements);
}

static void renew_reader(struct redis *r)
{
    redisReplyObjectFunctions *base;

    if (r->reader)
        redisReaderFree(r->reader);
    r->reader = redisReaderCreate();
    if (!r->reader)
        abort();
    base = r->reader->fn;
    r->functions = *base;
    r->functions.createArray = create_array;
    r->reader->fn = &r->functions;
    r->reader->privdata = base;
}

static void deliver(struct redis *r, redisReply *reply)
{
    struct waiter w = r->waiters[r->first];

    r->first = (r->first + 1) % REDIS_PENDING_MAX;
    r->n_waiting--;
    if (w.fn)
        w.fn(w.arg, reply);
    freeReplyObject(reply);
}

/* Return true while there may be more. */
static bool take_reply(struct redis *r)
{
    void *reply = NULL;

    if (redisReaderGetReply(r->reader, &reply) != REDIS_OK) {
        redis_drop(r, STR("the server does not speak Redis' protocol"));
        return false;
    }
    if (!reply)
        return false;
    if (r->n_waiting == 0) {
        freeReplyObject(reply);
        redis_drop(r, STR("a reply to no question"));
        return false;
    }
    deliver(r, reply);
    return true;
}

static void watch_silence(struct redis *r)
{
    if (r->n_waiting > 0)
        loop_timer_in(r->timer, r->o.reply_timeout_ms);
    else
        (void)event_del(r->timer);
}

static bool feed(struct redis *r, struct evbuffer *in)
{
    struct evbuffer_iovec part;

    while (evbuffer_peek(in, -1, NULL, &part, 1) > 0 && part.iov_len > 0) {
        if (redisReaderFeed(r->reader, part.iov_base, part.iov_len) != REDIS_OK)
            return false;
        (void)evbuffer_drain(in, part.iov_len); /* these bytes exist */
    }
    return true;
}

static void on_bytes(void *arg, struct evbuffer *in)
{
    struct redis *r = arg;
    unsigned life = r->life;

    if (!feed(r, in)) {
        redis_drop(r, STR("the server does not speak Redis' protocol"));
        return;
    }
    while (take_reply(r) && r->life == life)
        ;
    if (r->life != life)
        return;
    if (r->reader->len - r->reader->pos > REPLY_BYTES_MAX)
        redis_drop(r, STR("a reply above 4 MiB"));
    else if (r->state == REDIS_READY)
        watch_silence(r);
}

/* --- writing ----------------------------------------------------------------------- */

static void write_command(struct redis *r, const struct str *argv, size_t argc)
{
    struct evbuffer *out = transport_out(r->transport);
    struct evbuffer_iovec room;
    size_t size = command_size(argv, argc);

    assert(argc > 0 && argc <= REDIS_ARGS_MAX);
    if (evbuffer_reserve_space(out, (ev_ssize_t)size, &room, 1) != 1)
        abort(); /* no memory */
    command_write(argv, argc, room.iov_base);
    room.iov_len = size;
    (void)evbuffer_commit_space(out, &room, 1); /* it is the room just reserved */
}

static void ask(struct redis *r, const struct str *argv, size_t argc, redis_reply_fn *fn, void *arg)
{
    unsigned last = (r->first + r->n_waiting) % REDIS_PENDING_MAX;

    write_command(r, argv, argc);
    r->waiters[last] = (struct waiter){fn, arg};
    if (r->n_waiting++ == 0 && r->state == REDIS_READY)
        watch_silence(r);
}

int redis_send(struct redis *r, const struct str *argv, size_t argc, redis_reply_fn *fn, void *arg)
{
    if (r->state != REDIS_READY)
        return -ENOTCONN;
    if (r->n_waiting == REDIS_PENDING_MAX)
        return -ENOBUFS;
    ask(r, argv, argc, fn, arg);
    return 0;
}

/* --- greeting ---------------------------------------------------------------------- */

static bool is_error(const redisReply *reply)
{
    return reply && reply->type == REDIS_REPLY_ERROR;
}

static void tell_up(const struct redis *r)
{
    char where[TARGET_TEXT_MAX];

    if (r->o.brief)
        log_debug("redis.up", LOG_STR("role", r->o.role),
                  LOG_STR("target", target_text(&r->target, where)));
    else
        log_info("redis.up", LOG_STR("role", r->o.role),
                 LOG_STR("target", target_text(&r->target, where)));
}

static void enter_ready(struct redis *r)
{
    move(r, REDIS_READY);
    (void)event_del(r->timer);
    r->trouble[0] = r->said[0] = r->doubted.host[0] = '\0';
    if (r->o.locator.start)
        loop_timer_in(r->doubt, loop_jitter_ms(r->loop, DOUBT_MS));
    tell_up(r);
    r->o.ready(r->o.arg);
}

static void on_greeting(void *arg, const struct redisReply *reply)
{
    struct redis *r = arg;
    struct str error;

    if (!reply || r->state != REDIS_GREETING)
        return; /* lost already */
    if (!is_error(reply)) {
        if (--r->greetings == 0)
            enter_ready(r);
        return;
    }
    error = str_make(reply->str, reply->len);
    if (reply_classify(error) == REPLY_OPERATOR || reply_classify(error) == REPLY_POISON)
        redis_pause(r, error);
    else
        redis_drop(r, error);
}

/* A name in CLIENT LIST is a courtesy that may be refused; but this is also the first
 * command without a password, and the last before work begins. */
static void on_name(void *arg, const struct redisReply *reply)
{
    struct redis *r = arg;
    struct str error = is_error(reply) ? str_make(reply->str, reply->len) : STR_NONE;
    bool refused = str_starts(error, STR("NOPERM")) || str_starts(error, STR("ERR unknown"));

    if (refused && r->state == REDIS_GREETING && --r->greetings == 0)
        enter_ready(r);
    else if (!refused)
        on_greeting(arg, reply);
}

/* Return the password's length without the line end, or a negative errno. */
static ssize_t read_password(const struct redis *r, char ret[PASSWORD_MAX])
{
    int fd = open(r->o.password_file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t n;

    if (fd < 0)
        return -errno;
    n = read(fd, ret, PASSWORD_MAX);
    if (n < 0)
        n = -errno;
    (void)close(fd); /* only read */
    while (n > 0 && (ret[n - 1] == '\n' || ret[n - 1] == '\r'))
        n--;
    return n == PASSWORD_MAX ? -E2BIG : n;
}

static bool greet_password(struct redis *r)
{
    char password[PASSWORD_MAX], why[128];
    ssize_t n = read_password(r, password);
    bool named = r->target.user[0] != '\0';
    struct str argv[3] = {STR("AUTH"), str_of(r->target.user)};

    if (n > 0) {
        argv[named ? 2 : 1] = str_make(password, (size_t)n);
        r->greetings++;
        ask(r, argv, named ? 3 : 2, on_greeting, r);
    } else {
        (void)snprintf(why, sizeof(why), "password file: %s",
                       n < 0 ? strerror((int)-n) : "it is empty");
        redis_pause(r, str_of(why));
    }
    explicit_bzero(password, sizeof(password));
    return n > 0;
}

static void greet(struct redis *r)
{
    char db[16];
    struct str select[] = {STR("SELECT"), STR_NONE};
    struct str name[] = {STR("CLIENT"), STR("SETNAME"), str_of(r->o.client_name)};

    r->greetings = 0;
    if (*r->o.password_file && !greet_password(r))
        return;
    if (r->target.db != 0) {
        (void)snprintf(db, sizeof(db), "%u", r->target.db);
        select[1] = str_of(db);
        r->greetings++;
        ask(r, select, 2, on_greeting, r);
    }
    r->greetings++;
    ask(r, name, 3, on_name, r);
}

/* --- connecting -------------------------------------------------------------------- */

static void on_up(void *arg)
{
    struct redis *r = arg;

    move(r, REDIS_GREETING);
    loop_timer_in(r->timer, r->o.connect_timeout_ms);
    greet(r);
}

static void on_down(void *arg, struct str why)
{
    redis_drop(arg, why);
}

static bool same_server(const struct target *a, const struct target *b)
{
    return strcmp(a->host, b->host) == 0 && a->port == b->port;
}

/* One that lags, or is stuck in an old failover, is not enough to leave a server that works. */
static void located_again(struct redis *r, const struct target *target)
{
    int64_t again_ms = DOUBT_MS;

    if (same_server(target, &r->target)) {
        r->doubted.host[0] = '\0';
    } else if (same_server(target, &r->doubted)) {
        redis_drop(r, STR("another server is the master now"));
        return;
    } else {
        r->doubted = *target;
        again_ms = DOUBT_AGAIN_MS;
    }
    loop_timer_in(r->doubt, loop_jitter_ms(r->loop, again_ms));
}

static void on_doubt(evutil_socket_t fd, short what, void *arg)
{
    struct redis *r = arg;

    (void)fd, (void)what;
    r->o.locator.start(r->o.locator.arg, r);
}

void redis_located(struct redis *r, const struct target *target)
{
    struct transport_events events = {.up = on_up, .bytes = on_bytes, .down = on_down, .arg = r};

    if (r->state == REDIS_READY) {
        located_again(r, target);
        return;
    }
    assert(r->state == REDIS_LOCATING);
    r->target = *target;
    move(r, REDIS_CONNECTING);
    renew_reader(r);
    loop_timer_in(r->timer, r->o.connect_timeout_ms);
    r->transport = transport_open(r->loop, target, &r->o.tls, r->attempts++, &events);
}

void redis_not_located(struct redis *r, struct str why)
{
    if (r->state == REDIS_READY)
        loop_timer_in(r->doubt, loop_jitter_ms(r->loop, DOUBT_MS));
    else
        redis_drop(r, why);
}

static struct target next_seed(const struct redis *r)
{
    size_t i = r->attempts % (r->o.n_seeds + 1);
    struct target t = r->o.target;

    if (i > 0) {
        memcpy(t.host, r->o.seeds[i - 1].host, sizeof(t.host));
        t.port = r->o.seeds[i - 1].port;
    }
    return t;
}

static void locate(struct redis *r)
{
    struct target next = r->moved;

    move(r, REDIS_LOCATING);
    r->moved.host[0] = '\0'; /* once: if it is not there, the others know better */
    if (next.host[0] == '\0')
        next = next_seed(r);
    else
        r->attempts = 0;
    if (r->o.locator.start)
        r->o.locator.start(r->o.locator.arg, r); /* which has time limits of its own */
    else
        redis_located(r, &next);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct redis *r = arg;

    (void)fd, (void)what;
    if (r->state == REDIS_BACKOFF)
        locate(r);
    else if (r->state == REDIS_READY)
        redis_drop(r, STR("no reply in time"));
    else
        redis_drop(r, STR("no connection in time"));
}

/* --- life -------------------------------------------------------------------------- */

static int64_t or_else(int64_t value, int64_t fallback)
{
    return value > 0 ? value : fallback;
}

static const char *own(struct redis *r, const char *text)
{
    return text ? arena_str(r->strings, str_of(text)).p : "";
}

static void own_strings(struct redis *r)
{
    r->strings = arena_new(0);
    r->o.role = own(r, r->o.role ? r->o.role : "redis");
    r->o.client_name = own(r, r->o.client_name);
    r->o.password_file = own(r, r->o.password_file);
    r->o.tls.ca_file = own(r, r->o.tls.ca_file);
    r->o.tls.cert_file = own(r, r->o.tls.cert_file);
    r->o.tls.key_file = own(r, r->o.tls.key_file);
}

struct redis *redis_new(struct loop *loop, const struct redis_options *options)
{
    struct redis *r = alloc_zeroed(1, sizeof(*r));

    r->loop = loop;
    r->o = *options;
    own_strings(r);
    r->o.connect_timeout_ms = or_else(options->connect_timeout_ms, 3000);
    r->o.reply_timeout_ms = or_else(options->reply_timeout_ms, 5000);
    r->o.pause_ms = or_else(options->pause_ms, 30000);
    r->backoff.base_ms = or_else(options->backoff_ms, 250);
    r->backoff.cap_ms = or_else(options->backoff_max_ms, 30000);
    r->target = options->target;
    r->waiters = alloc_zeroed(REDIS_PENDING_MAX, sizeof(*r->waiters));
    r->timer = loop_timer(loop, on_timer, r);
    r->doubt = loop_timer(loop, on_doubt, r);
    return r;
}

void redis_start(struct redis *r)
{
    if (r->state == REDIS_DOWN)
        locate(r);
}

void redis_stop(struct redis *r)
{
    if (r->state != REDIS_DOWN)
        cut(r, REDIS_DOWN);
}

static void not_listening(void *arg)
{
    (void)arg;
}

void redis_free(struct redis *r)
{
    if (!r)
        return;
    r->o.lost = not_listening;
    redis_stop(r);
    if (r->reader)
        redisReaderFree(r->reader);
    event_free(r->timer);
    event_free(r->doubt);
    free(r->waiters);
    arena_free(r->strings);
    free(r);
}

enum redis_state redis_state(const struct redis *r)
{
    return r->state;
}

struct str redis_trouble(const struct redis *r)
{
    return str_of(r->trouble);
}

unsigned redis_pending(const struct redis *r)
{
    return r->n_waiting;
}
