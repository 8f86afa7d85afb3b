#pragma once

/* selftest - the examples that people write into rule files, run for real.
 *
 * Every example is judged by its own promise, as a customer's post about us
 * (unless it names an author), at its own `published` time or at `now_ms`. */

#include "lib/judge/judge.h"

struct arena;

enum selftest_result {
    SELFTEST_PASSED,
    SELFTEST_FAILED,
    SELFTEST_TODO,      /* marked todo, and does not pass yet */
    SELFTEST_TODO_DONE, /* marked todo, but passes: the mark can go */
};

struct selftest_case {
    const struct promise *promise;
    const struct example *example;
    enum selftest_result result;
    struct verdict verdict; /* with all evidence */
    struct str text;        /* what was judged */
    struct str why;         /* a sentence, when it did not pass */
    struct str near_miss;   /* what is thin about an example that is rightly ignored, a clause:
                               one gate only was missing, or its figure was within a fifth of
                               the limit; empty: nothing */
};

struct selftest {
    const struct selftest_case *cases;
    size_t n, n_passed, n_failed, n_todo;
    /* Phrases of about, against, complaint, unless, kept and of the file's own lists
     * that some example hit, by phrase number. */
    const uint8_t *exercised;
    size_t n_phrases, n_exercised;
};

/* All of *ret lives in `arena`. 0 or -ENOMEM. */
int selftest_run(struct ruleset *set, int64_t now_ms, struct arena *arena,
                 struct selftest *ret) MUST_CHECK;
