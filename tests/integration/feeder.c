/* feeder - a store, a loop and a courier, and nothing else: the delivering half of
 * couacd for tests and benchmarks.
 *
 *     feeder STATE URL ROWS [key=value ...]
 *
 * Queues rows (id "row-N", N counting from 1) in batches until ROWS are in the
 * outbox, however many starts that takes, delivers them, and ends when all are
 * delivered; SIGUSR1 says that those queued so far are enough. Keys: batch (rows a
 * batch, 50), every (ms between batches, 0: all at once at the start), bytes (of
 * JSON, 400), prefix, producer, queue (cap), cap (of streams), trim (ms between),
 * password (file), ca (file), backoff, backoff-max, pause, timeout (ms), linger (ms
 * to stay after the last row), limit (ms to live), debug (1), sentinels and master,
 * seeds (host:port,...).
 * At its end it prints one line of key=value. */

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <event2/event.h>

#include "daemon/core/log.h"
#include "daemon/core/loop.h"
#include "daemon/sink/courier.h"
#include "daemon/sink/sentinel.h"
#include "daemon/store/store.h"
#include "lib/desk/recall.h"

struct feeder {
    struct loop *loop;
    struct store *store;
    struct courier *courier;
    struct sentinel *sentinel;
    struct event *feed, *watch, *limit, *enough;
    uint64_t rows;
    int64_t batch, every_ms, bytes, linger_ms, idle_since_ms, started_ms, delivered_ms;
    char *filler;
    unsigned told;
    int error;
};

static int64_t setting(int argc, char **argv, const char *key, int64_t fallback)
{
    size_t n = strlen(key);
    int64_t value = fallback;

    for (int i = 4; i < argc; i++)
        if (strncmp(argv[i], key, n) == 0 && argv[i][n] == '=' &&
            !str_to_i64(str_of(argv[i] + n + 1), &value))
            exit(2);
    return value;
}

static const char *text(int argc, char **argv, const char *key, const char *fallback)
{
    size_t n = strlen(key);

    for (int i = 4; i < argc; i++)
        if (strncmp(argv[i], key, n) == 0 && argv[i][n] == '=')
            return argv[i] + n + 1;
    return fallback;
}

static void give_up(const char *what, int rc)
{
    fprintf(stderr, "feeder: %s: %s\n", what, rc < 0 ? strerror(-rc) : "refused");
    exit(rc == STORE_E_LOCKED ? 75 : 1);
}

/* --- feeding ------------------------------------------------------------------ */

static int queue_one(struct feeder *f)
{
    char id[32], json[64 * 1024];
    struct recall *recall = store_recall(f->store);
    struct desk_event e = {.type = STR("couac.alert.v1"),
                           .status = STR("open"),
                           .severity = STR("high"),
                           .promise = STR("delivery-48h"),
                           .owner = STR("logistics"),
                           .lang = STR("fr"),
                           .title = STR("feeder's row"),
                           .url = STR("https://example.org/1")};
    int rc = recall->next_seq(recall, &e.seq);

    if (rc < 0)
        return rc;
    e.id = str_make(id, (size_t)snprintf(id, sizeof(id), "row-%" PRIu64, e.seq));
    e.json =
        str_make(json, (size_t)snprintf(json, sizeof(json), "{\"id\":\"%s\",\"text\":\"%.*s\"}", id,
                                        (int)f->bytes, f->filler));
    return store_queue(f->store, &e, loop_wall_ms());
}

static int feed_batch(struct feeder *f)
{
    uint64_t have = store_last_seq(f->store);
    uint64_t n = f->rows > have ? f->rows - have : 0;
    int rc = store_begin(f->store);

    if (rc < 0)
        return rc;
    if (n > (uint64_t)f->batch)
        n = (uint64_t)f->batch;
    for (uint64_t i = 0; i < n && rc == 0; i++)
        rc = queue_one(f);
    if (rc == 0)
        return store_commit(f->store);
    store_rollback(f->store);
    return rc;
}

static void on_feed(evutil_socket_t fd, short what, void *arg)
{
    struct feeder *f = arg;
    int rc;

    (void)fd, (void)what;
    if (store_last_seq(f->store) >= f->rows)
        return;
    if (!store_probe(f->store)) {
        loop_timer_in(f->feed, 50);
        return;
    }
    rc = feed_batch(f);
    if (rc < 0 && rc != -ENOSPC && rc != -EBUSY) {
        f->error = rc;
        loop_stop(f->loop);
        return;
    }
    courier_nudge(f->courier);
    loop_timer_in(f->feed, rc < 0 ? 50 : f->every_ms);
}

/* --- ending ------------------------------------------------------------------- */

static void on_watch(evutil_socket_t fd, short what, void *arg)
{
    struct feeder *f = arg;
    bool idle = store_last_seq(f->store) >= f->rows && courier_idle(f->courier);

    (void)fd, (void)what;
    if (!idle)
        f->idle_since_ms = 0;
    else if (f->idle_since_ms == 0)
        f->idle_since_ms = loop_now_ms();
    if (idle && f->delivered_ms == 0)
        f->delivered_ms = loop_now_ms() - f->started_ms;
    if (idle && loop_now_ms() - f->idle_since_ms >= f->linger_ms) {
        loop_stop(f->loop);
        return;
    }
    loop_timer_in(f->watch, 10);
}

static void on_limit(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    loop_stop(((struct feeder *)arg)->loop);
}

static void on_enough(evutil_socket_t number, short what, void *arg)
{
    struct feeder *f = arg;

    (void)number, (void)what;
    f->rows = store_last_seq(f->store);
}

static void on_told(void *arg, struct str what, struct str message)
{
    ((struct feeder *)arg)->told++;
    printf("told=%.*s message=\"%.*s\"\n", STR_ARG(what), STR_ARG(message));
}

static void on_fatal(void *arg, int error)
{
    struct feeder *f = arg;

    f->error = error;
    loop_stop(f->loop);
}

static long peak_kib(void)
{
    struct rusage usage = {0};

    (void)getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static void report(const struct feeder *f)
{
    const struct courier_counts *n = courier_counts(f->courier);

    printf("delivered=%" PRIu64 " repeats=%" PRIu64 " gaps=%" PRIu64 " rewinds=%" PRIu64
           " buried=%" PRIu64 " list_drops=%" PRIu64 " list_aged=%" PRIu64 " stream_drops=%" PRIu64
           " stream_rolled=%" PRIu64 " unpublished=%" PRIu64 " acked=%" PRIu64 " last=%" PRIu64
           " ms=%" PRId64 " peak_kib=%ld lag_ms=%" PRId64 " trouble=\"%.*s\"\n",
           n->delivered, n->repeats, n->gaps, n->rewinds, n->buried, n->list_drops, n->list_aged,
           n->stream_drops, n->stream_rolled, n->unpublished, courier_acked(f->courier),
           store_last_seq(f->store), f->delivered_ms, peak_kib(), loop_lag(f->loop)->max_ms,
           STR_ARG(courier_trouble(f->courier)));
}

static struct courier_options options(int argc, char **argv, struct feeder *f)
{
    struct courier_options o = {
        .link = {.password_file = text(argc, argv, "password", ""),
                 .client_name = "feeder",
                 .tls = {.ca_file = text(argc, argv, "ca", "")},
                 .backoff_ms = setting(argc, argv, "backoff", 20),
                 .backoff_max_ms = setting(argc, argv, "backoff-max", 200),
                 .pause_ms = setting(argc, argv, "pause", 200),
                 .reply_timeout_ms = setting(argc, argv, "timeout", 1000),
                 .connect_timeout_ms = setting(argc, argv, "timeout", 1000)},
        .prefix = str_of(text(argc, argv, "prefix", "couac:")),
        .producer = str_of(text(argc, argv, "producer", "feeder")),
        .queue_cap = setting(argc, argv, "queue", 10000),
        .stream_cap = setting(argc, argv, "cap", 0),
        .trim_ms = setting(argc, argv, "trim", 0),
        .told = on_told,
        .fatal = on_fatal,
        .arg = f,
    };
    const char *why = "";

    if (target_parse(str_of(argv[2]), &o.link.target, &why) < 0) {
        fprintf(stderr, "feeder: %s: %s\n", argv[2], why);
        exit(2);
    }
    return o;
}

static size_t read_targets(const char *list, struct target ret[TARGET_LIST_MAX])
{
    const char *why = "";
    int n = target_list(str_of(list), ret, &why);

    if (n < 0)
        exit(2);
    return (size_t)n;
}

static void fill(struct feeder *f)
{
    while (f->every_ms == 0 && store_last_seq(f->store) < f->rows) {
        int rc = feed_batch(f);

        if (rc < 0)
            give_up("batch", rc);
    }
}

static void run(struct feeder *f, int64_t limit_ms)
{
    f->feed = loop_timer(f->loop, on_feed, f);
    f->watch = loop_timer(f->loop, on_watch, f);
    f->limit = loop_timer(f->loop, on_limit, f);
    f->enough = evsignal_new(loop_base(f->loop), SIGUSR1, on_enough, f);
    (void)event_add(f->enough, NULL); /* without it the run only lasts longer */
    f->started_ms = loop_now_ms();
    courier_start(f->courier);
    loop_timer_in(f->feed, 0);
    loop_timer_in(f->watch, 0);
    if (limit_ms > 0)
        loop_timer_in(f->limit, limit_ms);
    loop_run(f->loop);
    report(f);
    event_free(f->feed);
    event_free(f->watch);
    event_free(f->limit);
    event_free(f->enough);
}

int main(int argc, char **argv)
{
    struct feeder f = {0};
    struct store_report opened;
    struct courier_options o;
    struct target seeds[TARGET_LIST_MAX], sentinels[TARGET_LIST_MAX];
    struct sentinel_options so = {.timeout_ms = 500};
    int64_t rows;
    int rc;

    if (argc < 4 || !str_to_i64(str_of(argv[3]), &rows))
        return 2;
    (void)signal(SIGPIPE, SIG_IGN);
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    log_setup(setting(argc, argv, "debug", 0) ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO,
              LOG_FORMAT_LOGFMT);
    f.rows = (uint64_t)rows;
    f.batch = setting(argc, argv, "batch", 50);
    f.every_ms = setting(argc, argv, "every", 0);
    f.bytes = setting(argc, argv, "bytes", 400);
    f.linger_ms = setting(argc, argv, "linger", 0);
    f.filler = malloc((size_t)f.bytes + 1);
    memset(f.filler, 'x', (size_t)f.bytes + 1);
    rc = store_open(argv[1], loop_wall_ms(), &f.store, &opened);
    if (rc != 0)
        give_up(argv[1], rc);
    if (opened.salvaged)
        printf("salvaged=%s\n", opened.set_aside);
    fill(&f);
    f.loop = loop_new();
    o = options(argc, argv, &f);
    o.link.n_seeds = read_targets(text(argc, argv, "seeds", ""), seeds);
    o.link.seeds = seeds;
    so.n_targets = read_targets(text(argc, argv, "sentinels", ""), sentinels);
    so.targets = sentinels;
    so.master = text(argc, argv, "master", "");
    so.base = o.link.target;
    f.sentinel = sentinel_new(f.loop, &so);
    if (so.n_targets > 0)
        o.link.locator = sentinel_locator(f.sentinel);
    f.courier = courier_new(f.loop, f.store, &o);
    run(&f, setting(argc, argv, "limit", 0));
    courier_free(f.courier);
    sentinel_free(f.sentinel);
    loop_free(f.loop);
    store_close(f.store);
    free(f.filler);
    return f.error ? 75 : 0;
}
