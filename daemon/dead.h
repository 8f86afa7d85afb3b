#pragma once

/* dead - `couacd --dead`: what people do about rows that Redis refused for good.
 *
 * Works on the state file itself, beside a running couacd or without one; a
 * running one sends what was queued again within a second. */

struct config;

/* Prints "seq, when, stream, promise, owner, id, reason" with tabs, oldest first. Return: the
 * exit status, 0 even when there are none. */
int dead_list(const struct config *config);
/* Queues all of them again. */
int dead_retry(const struct config *config);
