/* Any bytes as a rule file: a ruleset, or errors that name a place; never both, never neither. */

#include <stdlib.h>

#include "lib/rule/load.h"
#include "lib/rule/ruleset.h"
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rule_text text = {
        .file = STR("f.yaml"), .text = str_make((const char *)data, size), .origin = RULE_USER};
    struct ruleset *set = NULL;
    struct diags diags;

    diags_init(&diags);
    enum load_error e = rule_load(&text, 1, &diags, &set);

    if ((e == LOAD_OK) != (set != NULL) || (e == LOAD_OK) == (diags.n_errors > 0))
        abort();
    ruleset_unref(set);
    diags_done(&diags);
    return 0;
}
