#pragma once

/* interrupt - Ctrl-C asks a verb to finish with what it has.
 *
 * The first SIGINT or SIGTERM sets a flag; verbs look at it in their loops, print
 * the partial result and return VERB_INTERRUPTED. The second one kills. */

#include <stdbool.h>

void interrupt_listen(void);
bool interrupt_seen(void);
