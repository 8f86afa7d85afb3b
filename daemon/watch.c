#include "daemon/watch.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/core/log.h"
#include "daemon/core/loop.h"
#include "lib/base/alloc.h"

enum { WATCHES_MAX = 8, PATH_BYTES_MAX = 4096 };

struct watch {
    struct loop *loop;
    void (*changed)(void *arg);
    void *arg;
    int fd;
    struct event *readable, *settle;
    struct {
        int id;
        char name[256]; /* only this file of the folder; empty: *.yaml of it */
    } items[WATCHES_MAX];
    size_t n;
};

static bool concerns(const struct watch *w, const struct inotify_event *e)
{
    struct str name = e->len ? str_of(e->name) : STR_NONE;

    if (e->mask & (IN_Q_OVERFLOW | IN_DELETE_SELF | IN_MOVE_SELF))
        return true;
    for (size_t i = 0; i < w->n; i++) {
        struct str only = str_of(w->items[i].name);

        /* "..data" is how Kubernetes swaps a whole folder. */
        if (w->items[i].id == e->wd &&
            (only.n ? str_eq(name, only) || str_eq(name, STR("..data"))
                    : !str_starts(name, STR(".")) || str_eq(name, STR("..data"))))
            return true;
    }
    return false;
}

static void on_readable(int fd, short what, void *arg)
{
    struct watch *w = arg;
    char buffer[8192] __attribute__((aligned(__alignof__(struct inotify_event))));
    bool ours = false;
    ssize_t n;

    (void)what;
    while ((n = read(fd, buffer, sizeof(buffer))) > 0) {
        const char *p = buffer;

        while (p < buffer + n) {
            const struct inotify_event *e = (const void *)p;

            ours = concerns(w, e) || ours;
            p += sizeof(*e) + e->len;
        }
    }
    if (ours)
        loop_timer_in(w->settle, WATCH_SETTLE_MS);
}

static void on_settled(int fd, short what, void *arg)
{
    struct watch *w = arg;

    (void)fd, (void)what;
    w->changed(w->arg);
}

struct watch *watch_new(struct loop *loop, void (*changed)(void *arg), void *arg)
{
    struct watch *w = alloc_zeroed(1, sizeof(*w));

    w->loop = loop;
    w->changed = changed;
    w->arg = arg;
    w->settle = loop_timer(loop, on_settled, w);
    w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (w->fd < 0) {
        log_warn("watch.failed", LOG_ERRNO(errno), LOG_STR("hint", "SIGHUP still reloads"));
        return w;
    }
    w->readable = event_new(loop_base(loop), w->fd, EV_READ | EV_PERSIST, on_readable, w);
    if (!w->readable || event_add(w->readable, NULL) != 0)
        abort(); /* out of memory */
    return w;
}

void watch_free(struct watch *w)
{
    if (!w)
        return;
    if (w->readable)
        event_free(w->readable);
    if (w->fd >= 0)
        close(w->fd);
    event_free(w->settle);
    free(w);
}

static void look_at(struct watch *w, struct str path)
{
    char folder[PATH_BYTES_MAX];
    struct stat st;
    char *slash;

    if (path.n == 0 || path.n >= sizeof(folder) || w->n == WATCHES_MAX)
        return;
    memcpy(folder, path.p, path.n);
    folder[path.n] = '\0';
    w->items[w->n].name[0] = '\0';
    if (stat(folder, &st) < 0 || !S_ISDIR(st.st_mode)) {
        slash = strrchr(folder, '/');
        struct str name = slash ? str_of(slash + 1) : path;

        if (name.n >= sizeof(w->items[w->n].name))
            return;
        memcpy(w->items[w->n].name, name.p, name.n);
        w->items[w->n].name[name.n] = '\0';
        if (slash)
            slash[slash == folder] = '\0'; /* "/file" is in "/" */
        else
            memcpy(folder, ".", 2);
    }
    int id = inotify_add_watch(w->fd, folder,
                               IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE |
                                   IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_MASK_ADD);

    if (id < 0)
        log_warn("watch.failed", LOG_STR("path", path), LOG_ERRNO(errno),
                 LOG_STR("hint", "SIGHUP still reloads"));
    else
        w->items[w->n++].id = id;
}

void watch_paths(struct watch *w, const struct str *paths, size_t n)
{
    if (w->fd < 0)
        return;
    for (size_t i = 0; i < w->n; i++)
        (void)inotify_rm_watch(w->fd, w->items[i].id); /* gone with its folder, or twice the same */
    w->n = 0;
    for (size_t i = 0; i < n; i++)
        look_at(w, paths[i]);
}
