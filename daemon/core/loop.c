#include "daemon/core/loop.h"

#include <assert.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "daemon/core/log.h"
#include "lib/base/vec.h"

/* Lag is how much later than asked a timer fires. libevent 2.1 has no hook
 * around its poll, so a timer of ours samples; a stall of S ms is then seen as
 * at least S - LAG_PERIOD_MS. How much of it we stood in the queue for a processor,
 * which is the machine's matter and not the loop's, the kernel knows.
 *
 * Deferred calls run from a timer of zero delay: an event that activated itself
 * would keep libevent from ever polling again. */

enum { LAG_PERIOD_MS = 100 };

struct deferred {
    void (*fn)(void *object);
    void *object;
};

struct loop {
    struct event_base *base;
    struct event *defer_timer, *lag_timer;
    VEC(struct deferred) deferred;
    int64_t lag_due_ms;
    int64_t queued_ms; /* as at the last sample */
    int schedstat;     /* -1: this kernel does not tell */
    struct loop_lag lag;
    uint64_t chance;
};

static int64_t read_ms(clockid_t id)
{
    struct timespec now;

    (void)clock_gettime(id, &now); /* cannot fail with these clocks */
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t loop_now_ms(void)
{
    return read_ms(CLOCK_MONOTONIC);
}

int64_t loop_wall_ms(void)
{
    return read_ms(CLOCK_REALTIME);
}

static void run_deferred(int fd, short what, void *arg)
{
    struct loop *l = arg;
    struct deferred *items = l->deferred.items;
    size_t n = l->deferred.n;

    (void)fd, (void)what;
    l->deferred.items = NULL; /* calls made from here on are for the next turn */
    l->deferred.n = l->deferred.cap = 0;
    for (size_t i = 0; i < n; i++)
        items[i].fn(items[i].object);
    free(items);
}

/* How long this thread has stood in the queue for a processor, since it began: the second
 * number of schedstat, in ns (Linux, Documentation/scheduler/sched-stats.rst). */
static int64_t read_queued_ms(const struct loop *l)
{
    char text[128];
    ssize_t n = l->schedstat < 0 ? -1 : pread(l->schedstat, text, sizeof(text), 0);
    struct str rest = str_make(text, n < 0 ? 0 : (size_t)n), number = STR_NONE;
    int64_t ns = 0;

    if (!str_split(&rest, ' ', &number) || !str_split(&rest, ' ', &number) ||
        !str_to_i64(number, &ns))
        return 0;
    return ns / 1000000;
}

static void note_lag(struct loop *l, int64_t late_ms, int64_t queued_ms)
{
    size_t bucket = 0;

    while (bucket < LOOP_LAG_BUCKETS - 1 && late_ms > (int64_t)1 << bucket)
        bucket++;
    l->lag.counts[bucket]++;
    l->lag.max_ms = MAX(l->lag.max_ms, late_ms);
    if (late_ms > LOOP_STALL_MS)
        log_warn("loop.stall", LOG_MS("late", late_ms), LOG_MS("without_cpu", queued_ms));
}

static void sample_lag(int fd, short what, void *arg)
{
    struct loop *l = arg;
    int64_t queued_ms = read_queued_ms(l);

    (void)fd, (void)what;
    if (l->lag_due_ms)
        note_lag(l, MAX(loop_now_ms() - l->lag_due_ms, 0), queued_ms - l->queued_ms);
    l->queued_ms = queued_ms;
    int64_t delay_ms = loop_jitter_ms(l, LAG_PERIOD_MS);

    l->lag_due_ms = loop_now_ms() + delay_ms;
    loop_timer_in(l->lag_timer, delay_ms);
}

struct loop *loop_new(void)
{
    struct loop *l = alloc_zeroed(1, sizeof(*l));

    l->base = event_base_new();
    if (!l->base)
        abort(); /* no memory or no epoll: nothing can go on */
    if (getrandom(&l->chance, sizeof(l->chance), 0) != (ssize_t)sizeof(l->chance))
        l->chance = (uint64_t)loop_wall_ms();
    l->schedstat = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
    l->defer_timer = loop_timer(l, run_deferred, l);
    l->lag_timer = loop_timer(l, sample_lag, l);
    return l;
}

void loop_free(struct loop *l)
{
    if (!l)
        return;
    while (l->deferred.n)
        run_deferred(-1, 0, l);
    event_free(l->defer_timer);
    event_free(l->lag_timer);
    event_base_free(l->base);
    if (l->schedstat >= 0)
        (void)close(l->schedstat); /* only read */
    vec_done(&l->deferred);
    free(l);
}

struct event_base *loop_base(struct loop *l)
{
    return l->base;
}

void loop_run(struct loop *l)
{
    l->lag_due_ms = 0;
    sample_lag(-1, 0, l);
    if (event_base_loop(l->base, EVLOOP_NO_EXIT_ON_EMPTY) < 0)
        log_error("loop.failed");
    (void)event_del(l->lag_timer); /* fails only for a broken event */
}

void loop_stop(struct loop *l)
{
    (void)event_base_loopbreak(l->base); /* fails only without a base */
}

void loop_turn(struct loop *l)
{
    (void)event_base_loop(l->base,
                          EVLOOP_ONCE | EVLOOP_NONBLOCK); /* "nothing to wait for" is fine */
}

void loop_defer(struct loop *l, void (*fn)(void *object), void *object)
{
    vec_push(&l->deferred, (struct deferred){fn, object});
    if (l->deferred.n == 1)
        loop_timer_in(l->defer_timer, 0);
}

struct event *loop_timer(struct loop *l, void (*fn)(int, short, void *), void *arg)
{
    struct event *timer = event_new(l->base, -1, 0, fn, arg);

    if (!timer)
        abort(); /* out of memory */
    return timer;
}

void loop_timer_in(struct event *timer, int64_t delay_ms)
{
    int64_t ms = MAX(delay_ms, 0);
    struct timeval delay = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

    if (event_add(timer, &delay) != 0)
        abort(); /* the timer heap could not grow: out of memory */
}

/* splitmix64 (Steele, Lea, Flood 2014) */
uint64_t loop_random(struct loop *l)
{
    uint64_t z = l->chance += 0x9e3779b97f4a7c15ull;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

int64_t loop_jitter_ms(struct loop *l, int64_t delay_ms)
{
    int64_t span_ms = delay_ms / 5;

    if (span_ms <= 0)
        return delay_ms;
    return delay_ms - span_ms / 2 + (int64_t)(loop_random(l) % (uint64_t)(span_ms + 1));
}

const struct loop_lag *loop_lag(const struct loop *l)
{
    return &l->lag;
}
