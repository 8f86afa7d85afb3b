#include "daemon/net/multi.h"

#include <assert.h>
#include <event2/event.h>
#include <stdlib.h>

#include "daemon/core/log.h"
#include "daemon/core/loop.h"
#include "lib/base/alloc.h"

struct multi {
    CURLM *handle;
    struct loop *loop;
    struct event *timer, *reaper;
};

static void check(CURLMcode code)
{
    /* Codes other than OK mean that we used the API wrongly, or no memory. */
    if (code != CURLM_OK)
        log_error("curl.multi", LOG_STR("error", curl_multi_strerror(code)));
    assert(code != CURLM_BAD_HANDLE && code != CURLM_RECURSIVE_API_CALL);
}

static void enter(struct multi *m, curl_socket_t fd, int what)
{
    int running;

    check(curl_multi_socket_action(m->handle, fd, what, &running));
    event_active(m->reaper, 0, 0);
}

static void on_socket(int fd, short what, void *arg)
{
    int mask = (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0);

    enter(arg, fd, mask);
}

static void on_timer(int fd, short what, void *arg)
{
    (void)fd, (void)what;
    enter(arg, CURL_SOCKET_TIMEOUT, 0);
}

/* Jobs may start others here; those only tell curl's timer, so this ends. */
static void reap(int fd, short what, void *arg)
{
    struct multi *m = arg;
    CURLMsg *message;
    int left;

    (void)fd, (void)what;
    while ((message = curl_multi_info_read(m->handle, &left))) {
        struct multi_job *job = NULL;
        CURLcode code = message->data.result; /* the message dies with the removal */

        if (message->msg != CURLMSG_DONE)
            continue;
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &job); /* always set */
        if (job->after == MULTI_LEAVES)
            check(curl_multi_remove_handle(m->handle, job->easy));
        job->done(job, code);
    }
}

static int watch(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
    struct multi *m = arg;
    struct event *event = socket_arg;
    short kind = EV_PERSIST;

    (void)easy;
    if (event)
        event_free(event); /* libevent 2.1 cannot change a pending event in place */
    if (what == CURL_POLL_REMOVE) {
        (void)curl_multi_assign(m->handle, fd, NULL); /* curl forgets it anyway */
        return 0;
    }
    if (what & CURL_POLL_IN)
        kind |= EV_READ;
    if (what & CURL_POLL_OUT)
        kind |= EV_WRITE;
    event = event_new(loop_base(m->loop), fd, kind, on_socket, m);
    if (!event || event_add(event, NULL) != 0)
        abort(); /* out of memory, or epoll is broken */
    check(curl_multi_assign(m->handle, fd, event));
    return 0;
}

static int want_timer(CURLM *handle, long timeout_ms, void *arg)
{
    struct multi *m = arg;

    (void)handle;
    if (timeout_ms < 0)
        (void)event_del(m->timer); /* fails only for a broken event */
    else
        loop_timer_in(m->timer, timeout_ms);
    return 0;
}

struct multi *multi_new(struct loop *loop, long connections_kept)
{
    struct multi *m = alloc_zeroed(1, sizeof(*m));

    m->loop = loop;
    m->handle = curl_multi_init();
    m->timer = loop_timer(loop, on_timer, m);
    m->reaper = loop_timer(loop, reap, m);
    if (!m->handle)
        abort(); /* out of memory */
    check(curl_multi_setopt(m->handle, CURLMOPT_SOCKETFUNCTION, watch));
    check(curl_multi_setopt(m->handle, CURLMOPT_SOCKETDATA, m));
    check(curl_multi_setopt(m->handle, CURLMOPT_TIMERFUNCTION, want_timer));
    check(curl_multi_setopt(m->handle, CURLMOPT_TIMERDATA, m));
    check(curl_multi_setopt(m->handle, CURLMOPT_MAXCONNECTS, connections_kept));
    return m;
}

void multi_free(struct multi *m)
{
    if (!m)
        return;
    (void)curl_multi_cleanup(m->handle); /* closes kept connections, calls watch() */
    event_free(m->timer);
    event_free(m->reaper);
    free(m);
}

void multi_add(struct multi *m, struct multi_job *job)
{
    (void)curl_easy_setopt(job->easy, CURLOPT_PRIVATE, job); /* cannot fail */
    check(curl_multi_add_handle(m->handle, job->easy));
}

void multi_remove(struct multi *m, struct multi_job *job)
{
    check(curl_multi_remove_handle(m->handle, job->easy));
}
