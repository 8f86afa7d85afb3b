#include "daemon/net/multi.h"

#include <assert.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "daemon/core/log.h"
#include "daemon/core/loop.h"
#include "lib/base/alloc.h"

/* libcurl 7.88 finds a socket by a table of 911 slots, so a multi handle with 9,000 of them
 * walks lists; jobs are spread over several handles, *shards*, where many are expected.
 *
 * A socket that is ready only joins a queue. It is served in turn, and what is done is told,
 * for TURN_MS at most; then whoever else waits for the loop has his turn. So thousands of
 * answers at once cost the others nothing but that, and no socket waits for its
 * neighbours to have nothing more to say. */

enum { TURN_MS = 20 };

struct shard {
    struct multi *multi;
    CURLM *handle;
    struct event *timer;
};

struct multi {
    struct loop *loop;
    struct event *worker;
    TAILQ_HEAD(, watched) ready;
    size_t n_shards;
    struct shard shards[];
};

struct watched {
    struct shard *shard;
    struct event event;
    curl_socket_t fd;
    int ready; /* CURL_CSELECT_IN, _OUT; 0: not in the queue */
    TAILQ_ENTRY(watched) link;
};

static void check(CURLMcode code)
{
    /* Codes other than OK mean that we used the API wrongly, or no memory. */
    if (code != CURLM_OK)
        log_error("curl.multi", LOG_STR("error", curl_multi_strerror(code)));
    assert(code != CURLM_BAD_HANDLE && code != CURLM_RECURSIVE_API_CALL);
}

static void enter(struct shard *shard, curl_socket_t fd, int what)
{
    int running;

    check(curl_multi_socket_action(shard->handle, fd, what, &running));
}

static void on_socket(int fd, short what, void *arg)
{
    struct watched *w = arg;
    struct multi *m = w->shard->multi;

    (void)fd;
    if (!w->ready)
        TAILQ_INSERT_TAIL(&m->ready, w, link);
    w->ready |= (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0);
    event_active(m->worker, 0, 0);
}

static void on_timer(int fd, short what, void *arg)
{
    struct shard *shard = arg;

    (void)fd, (void)what;
    enter(shard, CURL_SOCKET_TIMEOUT, 0);
    event_active(shard->multi->worker, 0, 0);
}

static void leave_queue(struct watched *w)
{
    if (w->ready)
        TAILQ_REMOVE(&w->shard->multi->ready, w, link);
    w->ready = 0;
}

static void conclude(struct shard *shard, CURL *easy, CURLcode code)
{
    struct multi_job *job = NULL;

    (void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, &job); /* always set */
    if (job->after == MULTI_LEAVES)
        check(curl_multi_remove_handle(shard->handle, easy));
    job->done(job, code);
}

/* False: time is up. Jobs may start others here; those only tell curl's timer, so this ends. */
static bool reap(struct shard *shard, int64_t until_ms)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(shard->handle, &left))) {
        if (message->msg == CURLMSG_DONE)
            conclude(shard, message->easy_handle, message->data.result);
        if (loop_now_ms() >= until_ms)
            return false;
    }
    return true;
}

static bool reap_all(struct multi *m, int64_t until_ms)
{
    for (size_t i = 0; i < m->n_shards; i++)
        if (!reap(&m->shards[i], until_ms))
            return false;
    return true;
}

static bool serve_ready(struct multi *m, int64_t until_ms)
{
    struct watched *w;

    while ((w = TAILQ_FIRST(&m->ready))) {
        struct shard *shard = w->shard;
        int what = w->ready;

        leave_queue(w);
        enter(shard, w->fd, what); /* may end w */
        if (!reap(shard, until_ms) || loop_now_ms() >= until_ms)
            return false;
    }
    return true;
}

static void work(int fd, short what, void *arg)
{
    struct multi *m = arg;
    int64_t until_ms = loop_now_ms() + TURN_MS;

    (void)fd, (void)what;
    if (!reap_all(m, until_ms) || !serve_ready(m, until_ms))
        loop_timer_in(m->worker, 0);
}

static int watch(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
    struct shard *shard = arg;
    struct watched *w = socket_arg;
    short kind = EV_PERSIST;

    (void)easy;
    if (w)
        (void)event_del(&w->event); /* libevent 2.1 cannot change a pending event in place */
    if (what == CURL_POLL_REMOVE) {
        (void)curl_multi_assign(shard->handle, fd, NULL); /* curl forgets it anyway */
        if (w)
            leave_queue(w);
        free(w);
        return 0;
    }
    if (!w) {
        w = alloc_zeroed(1, sizeof(*w));
        w->shard = shard;
        w->fd = fd;
        check(curl_multi_assign(shard->handle, fd, w));
    }
    if (what & CURL_POLL_IN)
        kind |= EV_READ;
    if (what & CURL_POLL_OUT)
        kind |= EV_WRITE;
    if (event_assign(&w->event, loop_base(shard->multi->loop), fd, kind, on_socket, w) != 0 ||
        event_add(&w->event, NULL) != 0)
        abort(); /* out of memory, or epoll is broken */
    return 0;
}

static int want_timer(CURLM *handle, long timeout_ms, void *arg)
{
    struct shard *shard = arg;

    (void)handle;
    if (timeout_ms < 0)
        (void)event_del(shard->timer); /* fails only for a broken event */
    else
        loop_timer_in(shard->timer, timeout_ms);
    return 0;
}

static void open_shard(struct shard *shard, struct multi *m)
{
    shard->multi = m;
    shard->handle = curl_multi_init();
    shard->timer = loop_timer(m->loop, on_timer, shard);
    if (!shard->handle)
        abort(); /* out of memory */
    check(curl_multi_setopt(shard->handle, CURLMOPT_SOCKETFUNCTION, watch));
    check(curl_multi_setopt(shard->handle, CURLMOPT_SOCKETDATA, shard));
    check(curl_multi_setopt(shard->handle, CURLMOPT_TIMERFUNCTION, want_timer));
    check(curl_multi_setopt(shard->handle, CURLMOPT_TIMERDATA, shard));
    check(curl_multi_setopt(shard->handle, CURLMOPT_MAXCONNECTS, 0L));
}

struct multi *multi_new(struct loop *loop, size_t shards)
{
    struct multi *m = alloc_zeroed(1, sizeof(*m) + shards * sizeof(m->shards[0]));

    m->loop = loop;
    m->n_shards = shards;
    m->worker = loop_timer(loop, work, m);
    TAILQ_INIT(&m->ready);
    for (size_t i = 0; i < shards; i++)
        open_shard(&m->shards[i], m);
    return m;
}

void multi_free(struct multi *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->n_shards; i++) {
        (void)curl_multi_cleanup(m->shards[i].handle); /* closes kept connections, calls watch() */
        event_free(m->shards[i].timer);
    }
    event_free(m->worker);
    free(m);
}

static CURLM *handle_of(const struct multi *m, const struct multi_job *job)
{
    return m->shards[job->shard % m->n_shards].handle;
}

void multi_add(struct multi *m, struct multi_job *job)
{
    (void)curl_easy_setopt(job->easy, CURLOPT_PRIVATE, job); /* cannot fail */
    check(curl_multi_add_handle(handle_of(m, job), job->easy));
}

void multi_remove(struct multi *m, struct multi_job *job)
{
    check(curl_multi_remove_handle(handle_of(m, job), job->easy));
}
