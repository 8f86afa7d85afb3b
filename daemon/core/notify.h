#pragma once

/* notify - what systemd hears from us (sd_notify(3), Type=notify).
 *
 * Without $NOTIFY_SOCKET, or built without libsystemd, all of this is silent.
 * systemd 252 knows no Type=notify-reload: a reload says RELOADING=1 with
 * MONOTONIC_USEC, and READY=1 when it is over, even when it failed. */

#include "lib/base/str.h"

struct loop;
struct notify;

/* Starts feeding the watchdog when the unit asks for one (WatchdogSec=). */
struct notify *notify_new(struct loop *loop);
void notify_free(struct notify *n);

void notify_ready(void);
void notify_reloading(void);
void notify_stopping(void);
/* One line for `systemctl status`; control characters become spaces. */
void notify_status(const char *format, ...) PRINTF_LIKE(1, 2);
