#include "cli/schema/schema.h"
#include "cli/verbs/verb.h"

static int run_schema(const struct call *call)
{
    const char *which = call->args[0];

    if (strcmp(which, "rules") == 0)
        screen_raw(&call->out, str_make((const char *)schema_rules, schema_rules_size));
    else if (strcmp(which, "alert") == 0)
        screen_raw(&call->out, str_make((const char *)schema_alert, schema_alert_size));
    else
        return call_trouble(call, "there is a schema of rules and one of alert, none of '%s'",
                            which);
    return VERB_FINE;
}

const struct verb verb_schema = {
    .name = "schema",
    .summary = "print the JSON Schema of rule files or of alerts",
    .usage = "rules|alert",
    .notes = "Editors that speak YAML complete and check rule files with it:\n"
             "  couac schema rules > couac-rules.schema.json\n"
             "and begin a rule file with\n"
             "  # yaml-language-server: $schema=couac-rules.schema.json\n",
    .args_min = 1,
    .args_max = 1,
    .run = run_schema,
};
