#include "lib/rule/ruleset.h"

#include <stdlib.h>

#include "lib/base/arena.h"
#include "lib/rule/pattern.h"

static const struct str severity_names[] = {
    [SEVERITY_LOW] = {"low", 3},
    [SEVERITY_MEDIUM] = {"medium", 6},
    [SEVERITY_HIGH] = {"high", 4},
    [SEVERITY_CRITICAL] = {"critical", 8},
};

const char *severity_name(enum severity level)
{
    return severity_names[level].p;
}

bool severity_parse(struct str text, enum severity *ret)
{
    for (size_t i = 0; i < ARRAY_LEN(severity_names); i++)
        if (str_eq(text, severity_names[i])) {
            *ret = (enum severity)i;
            return true;
        }
    return false;
}

struct ruleset *ruleset_ref(struct ruleset *set)
{
    set->refs++;
    return set;
}

void ruleset_unref(struct ruleset *set)
{
    if (!set || --set->refs > 0)
        return;
    for (size_t i = 0; i < set->n_patterns; i++)
        pattern_free(set->patterns[i]);
    free(set->patterns);
    index_free(set->index);
    arena_free(set->arena);
    free(set);
}

const struct promise *ruleset_promise(const struct ruleset *set, struct str id)
{
    size_t low = 0, high = set->n_promises;

    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = str_cmp(set->promises[middle].id, id);

        if (order == 0)
            return &set->promises[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const struct owner *ruleset_owner(const struct ruleset *set, struct str id)
{
    for (size_t i = 0; i < set->n_owners; i++)
        if (str_eq(set->owners[i].id, id))
            return &set->owners[i];
    return NULL;
}

const char *ruleset_engine(const struct ruleset *set)
{
    return set->n_patterns ? pattern_engine(set->patterns[0]) : "none";
}

bool ruleset_own_account(const struct ruleset *set, struct str author, struct fold *scratch)
{
    bool own = false;

    if (set->brand.n_accounts == 0 || author.n == 0)
        return false;
    if (str_starts(author, STR("@")))
        author = str_slice(author, 1, author.n);
    fold_text(scratch, author);
    for (uint32_t i = 0; i < set->brand.n_accounts && !own; i++)
        own = str_eq(set->brand.accounts[i], fold_str(scratch));
    return own;
}

static bool pause_names(const struct pause *pause, struct str id)
{
    for (uint32_t i = 0; i < pause->n_promises; i++)
        if (str_eq(pause->promises[i], id) || str_eq(pause->promises[i], STR("*")))
            return true;
    return false;
}

bool ruleset_paused(const struct ruleset *set, const struct promise *promise, int64_t at_s)
{
    for (size_t i = 0; i < set->n_pauses; i++)
        if (at_s >= set->pauses[i].from_s && at_s < set->pauses[i].until_s &&
            pause_names(&set->pauses[i], promise->id))
            return true;
    return false;
}
