#pragma once

/* sources - the part of the configuration that says where to listen: a map from
 * names to urls and their settings, in couac.yaml and in a folder of more files. */

#include "daemon/config/config.h"
#include "daemon/config/setting.h"

/* Adds the sources of `map` to the config; mistakes go to the scope's diags. */
void sources_read(struct config *c, const struct yaml *map, const struct setting_scope *scope);
/* Adds those of all *.yaml in c->sources_folder, in the order of their names. */
void sources_read_folder(struct config *c, const struct setting_scope *scope);
/* The comment of --print-defaults that explains them, and an empty map. */
void sources_print_help(struct sbuf *out);
