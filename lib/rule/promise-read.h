#pragma once

/* promise-read - one promise, its examples, and pauses, out of YAML nodes.
 *
 * Mistakes are reported to the reader's diags; what could be read is kept, so
 * that later checks find more mistakes in the same run. */

#include "lib/rule/value.h"

struct ruleset;

/* `node`'s key is the id; `defaults` is the file's map, or NULL. */
void promise_read(struct value_reader *r, const struct ruleset *set, const struct yaml *node,
                  const struct yaml *defaults, struct promise *ret);

/* Reports keys that 'defaults' does not know. */
void promise_check_defaults(struct value_reader *r, const struct yaml *defaults);

/* The owner that a scalar names; NULL when there is none (reported). */
const struct owner *promise_find_owner(struct value_reader *r, const struct ruleset *set,
                                       const struct yaml *node);

bool promise_read_pause(struct value_reader *r, const struct ruleset *set, const struct yaml *node,
                        struct pause *ret);
