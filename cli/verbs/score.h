#pragma once

/* score - the figures of a replay, for people and for programs. */

#include "cli/verbs/rerun.h"
#include "lib/tune/delta.h"

struct json_writer;

/* Precision, recall, F1 and alerts per promise; what was wanted against what was said. */
void score_print(const struct screen *out, const struct rerun *h);
/* The phrases that decide, the least useful first; `n_max` of them. */
void score_print_phrases(const struct screen *out, const struct replay *r, size_t n_max);
/* Misses, then noise, `n_max` of each, with their words. */
void score_print_errors(const struct screen *out, const struct rerun *h,
                        const struct corpus_file *file, size_t n_max);
/* Alerts gained and lost, each with its reason. Returns how many there are. */
size_t score_print_delta(const struct screen *out, const struct rerun *before,
                         const struct rerun *now, const struct corpus_file *file, size_t n_max);

/* Members of the object that is open. */
void score_write(struct json_writer *w, const struct rerun *h);
void score_write_errors(struct json_writer *w, const struct rerun *h);
size_t score_write_delta(struct json_writer *w, const struct rerun *before,
                         const struct rerun *now);

/* The phrases that hit, most noise first. On the heap; returns how many. */
size_t score_sort_phrases(const struct replay *r, struct phrase_tally **ret);
