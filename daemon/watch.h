#pragma once

/* watch - tells when rule files or couac.yaml changed on the disk.
 *
 * inotify on folders, since editors and configuration tools replace files rather
 * than write into them. Changes come in bursts (a half-written file, a checkout):
 * `changed` is called once, when nothing happened for WATCH_SETTLE_MS. Without
 * inotify (limits, odd file systems) SIGHUP still works; it is logged once. */

#include "lib/base/str.h"

struct loop;
struct watch;

enum { WATCH_SETTLE_MS = 500 };

struct watch *watch_new(struct loop *loop, void (*changed)(void *arg), void *arg);
void watch_free(struct watch *w); /* NULL is fine */
/* Forgets the former paths; looks at those given (a file's folder is what is watched). */
void watch_paths(struct watch *w, const struct str *paths, size_t n);
