#pragma once

/* apis - what sources that listen by a connector say: its name, its variables, a credential. */

#include "daemon/config/setting.h"

struct config;
struct config_source;
struct yaml;

/* with: {tag: acme}; which names there are, the connector knows. */
void apis_read_with(const struct yaml *map, const struct setting_scope *scope,
                    struct config_source *ret);
/* Loads the connector that a source of kind push names. */
void apis_load(const struct config *c, const struct yaml *map, const struct setting_scope *scope,
               struct config_source *source);
/* Loads the connector of the source `map` and tries a request; mistakes go to the diags. */
void apis_check(const struct config *c, const struct yaml *map, const struct setting_scope *scope,
                struct config_source *source);
