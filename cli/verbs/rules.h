#pragma once

/* rules - a ruleset from the paths a verb was given, with the shared vocabulary. */

#include "cli/verbs/verb.h"
#include "lib/host/rulefs.h"
#include "lib/rule/ruleset.h"

struct rules {
    struct rulefs fs;
    struct diags diags;
    struct ruleset *set; /* NULL: errors, all in diags */
    int64_t load_us;     /* reading, parsing and sealing */
};

/* Reads `path` (a file or a folder). Says nothing; look at `set` and `diags`. */
void rules_read(struct rules *r, const char *path);
void rules_done(struct rules *r);

/* rules_read, and what is wrong on standard error. VERB_FINE or VERB_TROUBLE. */
int rules_need(struct rules *r, const struct call *call, const char *path) MUST_CHECK;

/* A hash of all files that rules_read would read, to see when they change. */
uint64_t rules_fingerprint(const char *path);

/* The time that stands in for posts without one. */
int64_t rules_now_ms(void);
