#include "cli/term/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 500, REDRAW_MS = 100, BAR_CELLS = 30 };

static int64_t now_ms(void)
{
    struct timespec t = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail with this clock */
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct progress progress_start(const char *what, size_t total)
{
    return (struct progress){.what = what,
                             .total = total,
                             .started_ms = now_ms(),
                             .terminal = isatty(STDERR_FILENO) == 1};
}

static void draw(const struct progress *p, size_t done)
{
    static const char full[] = "##############################",
                      none[] = "..............................";
    size_t cells = p->total ? MIN(done, p->total) * BAR_CELLS / p->total : 0;

    if (p->total)
        (void)fprintf(stderr, "\r\033[K%s [%.*s%.*s] %zu/%zu", p->what, (int)cells, full,
                      (int)(BAR_CELLS - cells), none, done, p->total); /* only decoration */
    else
        (void)fprintf(stderr, "\r\033[K%s %zu", p->what, done); /* only decoration */
    (void)fflush(stderr);                                       /* only decoration */
}

void progress_at(struct progress *p, size_t done)
{
    if (!p->terminal)
        return;
    int64_t now = now_ms();

    if (now - p->started_ms < PATIENCE_MS || (p->shown_ms && now - p->shown_ms < REDRAW_MS))
        return;
    p->shown_ms = now;
    draw(p, done);
}

void progress_end(struct progress *p)
{
    if (p->shown_ms)
        (void)fputs("\r\033[K", stderr); /* only decoration */
    p->shown_ms = 0;
}
