#pragma once

/* rerun - a corpus from the disk through lib/tune/replay, on all processors.
 *
 * Shared by the verbs that replay a corpus: replay, diff, report, suggest. */

#include "cli/verbs/rules.h"
#include "lib/tune/replay.h"

struct corpus_file {
    const char *path; /* borrowed */
    struct sbuf bytes;
};

/* The whole corpus; "-" is standard input. VERB_FINE, or VERB_TROUBLE after a word. */
int corpus_file_read(struct corpus_file *f, const struct call *call, const char *path) MUST_CHECK;
void corpus_file_done(struct corpus_file *f);

struct rerun {
    struct replay *replay;
    struct ruleset **copies; /* one a thread */
    unsigned n_threads;
    int64_t wall_ns; /* reading JSON, judging and hearing; not reading the file */
    int64_t cpu_ns;  /* of all threads */
    size_t n_rules;  /* how many rule sets shared these times */
    int64_t ns_per_judged;
    size_t n_metered;
    size_t judged_bytes; /* of the corpus, from its start; less than all when interrupted */
    bool interrupted;
};

enum { RERUN_RULES_MAX = 2 };

/* Judges `corpus` by each of the `n` rules, block by block, so that an interruption finds
 * them at the same place and they can be compared. Takes --anyone and --threads of the
 * call (absent: about us, all processors). `corpus` must outlive the runs. VERB_FINE or
 * VERB_TROUBLE; an interruption leaves a partial result, marked so, and told. */
int rerun_run(struct rerun *runs, const struct rules *rules, size_t n, const struct call *call,
              struct str corpus) MUST_CHECK;
/* Measures what judging costs a post; nothing after an interruption. */
void rerun_meter(struct rerun *h);
void rerun_done(struct rerun *h);

struct replay_settings rerun_settings(const struct call *call);

/* Lines that could not be read and labels without promise, on standard error, ten of
 * each at most. VERB_FINE; VERB_TROUBLE when a label names no promise. */
int rerun_complain(const struct rerun *h, const struct call *call, const struct corpus_file *file);

/* "path:123" */
void rerun_place(const struct screen *out, const struct rerun *h, const struct corpus_file *file,
                 size_t at);
