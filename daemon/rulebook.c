#include "daemon/rulebook.h"

#include <stdlib.h>

#include "lib/base/diag.h"
#include "lib/host/rulefs.h"
#include "lib/host/share.h"
#include "lib/rule/load.h"
#include "lib/rule/ruleset.h"

struct ruleset *rulebook_load(const struct config *config, struct diags *diags)
{
    struct ruleset *set = NULL;
    struct rulefs files;
    size_t errors = diags->n_errors;

    rulefs_init(&files);
    rulefs_add_shared(&files,
                      share_folder(config->share.n ? config->share : str_of(getenv("COUAC_SHARE"))),
                      diags);
    rulefs_add(&files, config->rules, RULE_USER, diags);
    /* The rules' own mistakes are told even if a file could not be read. */
    if (rule_load(files.items, files.n, diags, &set) == LOAD_OK && diags->n_errors > errors) {
        ruleset_unref(set);
        set = NULL;
    }
    rulefs_done(&files);
    return set;
}
