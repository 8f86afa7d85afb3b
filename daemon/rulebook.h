#pragma once

/* rulebook - the rule files of a configuration as one sealed ruleset. */

#include "daemon/config/config.h"

struct ruleset;

/* NULL when anything is wrong, all of it in `diags`; else one reference is the caller's. */
struct ruleset *rulebook_load(const struct config *config, struct diags *diags);
