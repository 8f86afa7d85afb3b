#pragma once

/* app - the composition root: makes the parts, hands them to each other, and
 * decides what signals and failures mean. */

#include "daemon/config/config.h"

struct app;
struct diags;
struct ruleset;

/* sysexits(3), the three that systemd is told about. */
enum { APP_EX_USAGE = 64, APP_EX_STATE = 75, APP_EX_CONFIG = 78 };

/* Runs until SIGTERM, SIGINT or a fatal error. Takes `config` and the reference to `set`.
 * Return: the exit status. */
int app_run(struct config *config, struct ruleset *set);

/* Each diagnostic as one log line: "config.error", with file:line:col in `at`. */
void app_log_diags(const struct diags *diags);
