#pragma once

/* ruleset - promises sealed for judging: immutable, ref-counted, hashed.
 *
 * Built by rule_load. One thread owns it; `ref` and `unref` are not atomic. The
 * SHA-256 covers files' names and texts in their order of names, so the same
 * rules give the same hash everywhere. */

#include "lib/rule/index.h"
#include "lib/rule/promise.h"

/* Promises that share one `about` slot: found, and ruled out, together. */
struct about_group {
    const struct slot *about;
    const uint32_t *promises; /* numbers */
    uint32_t n_promises;
};

struct ruleset {
    unsigned refs;
    struct arena *arena;
    struct brand brand;
    const struct promise *promises; /* sorted by id; numbers are their places */
    size_t n_promises;
    const struct word_list *lists;
    size_t n_lists;
    const struct owner *owners;
    size_t n_owners;
    const struct pause *pauses;
    size_t n_pauses;
    const struct slot **slots; /* by number; equal slots share one */
    uint32_t n_slots, n_phrases;
    const struct about_group *groups;
    uint32_t n_groups;
    const uint32_t *always; /* groups that no word can rule out */
    uint32_t n_always;
    struct pattern **patterns; /* to be freed */
    size_t n_patterns;
    size_t n_files;
    struct index *index;
    char sha256[65];
};

struct ruleset *ruleset_ref(struct ruleset *set);
void ruleset_unref(struct ruleset *set); /* NULL is fine */

const struct promise *ruleset_promise(const struct ruleset *set, struct str id);
const struct owner *ruleset_owner(const struct ruleset *set, struct str id);

/* What runs its regexes: "jit"; "interpreter", when the system forbids it to make code (a unit
 * with MemoryDenyWriteExecute); "none", when there are none. */
const char *ruleset_engine(const struct ruleset *set);

/* Whether `author` (as the source writes it, with or without @) is one of
 * brand.accounts. `scratch` is overwritten. */
bool ruleset_own_account(const struct ruleset *set, struct str author, struct fold *scratch);
/* Whether a post of `promise` at `at_s` is muted by a pause. */
bool ruleset_paused(const struct ruleset *set, const struct promise *promise, int64_t at_s);
