#pragma once

/* delta - what a change of rules does to the broken verdicts of a corpus. */

#include "lib/tune/replay.h"

struct delta {
    struct outcome outcome; /* its promise is a number of the set that breaks it */
    struct str promise;
    enum { DELTA_LOST, DELTA_GAINED } kind;
};

/* Broken by one and not by the other; both replayed the same corpus and were heard.
 * *ret is in the order of the corpus, on the heap (free it). Returns how many. */
size_t delta_of(const struct replay *before, const struct replay *now, struct delta **ret);

/* Why, as a clause: "excused by 'click and collect'", "the promise is gone". */
struct str delta_reason(const struct delta *d, struct judge *before, struct judge *now,
                        const struct replay_settings *settings, struct str corpus,
                        struct arena *arena);

/* Why a verdict is what it is, as a clause with the words that decided. */
struct str verdict_reason(const struct verdict *v, struct str text, struct arena *arena);
