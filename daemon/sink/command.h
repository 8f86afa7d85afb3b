#pragma once

/* command - one command as Redis reads it: an array of bulk strings (RESP 2,
 * redis.io/docs/reference/protocol-spec).
 *
 * In two steps, so that it is written once, to where it leaves from. */

#include "lib/base/str.h"

/* How many bytes it takes. */
size_t command_size(const struct str *argv, size_t argc);
/* Writes exactly that many bytes to `to`. */
void command_write(const struct str *argv, size_t argc, char *to);
