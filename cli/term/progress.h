#pragma once

/* progress - a bar on stderr for work of more than half a second, on a terminal only. */

#include "lib/base/str.h"

struct progress {
    const char *what; /* "judging" */
    size_t total;     /* 0: unknown, then only a count is shown */
    int64_t started_ms, shown_ms;
    bool terminal;
};

struct progress progress_start(const char *what, size_t total);
/* Cheap enough for each mention: it looks at the clock, and draws every 100 ms. */
void progress_at(struct progress *p, size_t done);
/* Takes the bar away; before any other output to the terminal. */
void progress_end(struct progress *p);
