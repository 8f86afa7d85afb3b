#include "daemon/core/notify.h"

#include <event2/event.h>
#include <stdlib.h>
#include <time.h>

#include "daemon/core/build.h"
#include "daemon/core/loop.h"
#include "lib/base/alloc.h"

#if HAVE_SYSTEMD
#include <systemd/sd-daemon.h>
#else
/* The same calls for a build without libsystemd: nobody listens. */
static int sd_notify(int unset, const char *state)
{
    (void)unset, (void)state;
    return 0;
}

static int sd_watchdog_enabled(int unset, uint64_t *ret_us)
{
    (void)unset, (void)ret_us;
    return 0;
}
#endif

enum { STATUS_MAX = 500 };

struct notify {
    struct loop *loop;
    struct event *timer; /* NULL: no watchdog asked for */
    int64_t every_ms;
};

/* That nobody listens is no error of ours. */
static void say(const char *state)
{
    (void)sd_notify(0, state);
}

static void feed(int fd, short what, void *arg)
{
    struct notify *n = arg;

    (void)fd, (void)what;
    say("WATCHDOG=1");
    loop_timer_in(n->timer, loop_jitter_ms(n->loop, n->every_ms));
}

struct notify *notify_new(struct loop *loop)
{
    struct notify *n = alloc_zeroed(1, sizeof(*n));
    uint64_t limit_us = 0;

    n->loop = loop;
    if (sd_watchdog_enabled(0, &limit_us) > 0 && limit_us > 0) {
        n->every_ms = (int64_t)(limit_us / 3000); /* three chances within the limit */
        n->timer = loop_timer(loop, feed, n);
        feed(-1, 0, n);
    }
    return n;
}

void notify_free(struct notify *n)
{
    if (!n)
        return;
    if (n->timer)
        event_free(n->timer);
    free(n);
}

void notify_ready(void)
{
    say("READY=1");
}

void notify_reloading(void)
{
    struct sbuf text = SBUF_INIT(100);
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail with this clock */
    sbuf_printf(&text, "RELOADING=1\nMONOTONIC_USEC=%llu",
                (unsigned long long)now.tv_sec * 1000000 + (unsigned long long)now.tv_nsec / 1000);
    say(sbuf_cstr(&text));
    sbuf_done(&text);
}

void notify_stopping(void)
{
    say("STOPPING=1");
}

void notify_status(const char *format, ...)
{
    struct sbuf text = SBUF_INIT(STATUS_MAX);
    va_list args;

    sbuf_printf(&text, "STATUS=");
    va_start(args, format);
    sbuf_vprintf(&text, format, args);
    va_end(args);
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] < 0x20 || text.p[i] == 0x7f)
            text.p[i] = ' ';
    say(sbuf_cstr(&text));
    sbuf_done(&text);
}
