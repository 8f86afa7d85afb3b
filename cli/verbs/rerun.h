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
    int64_t ns_per_judged;
    size_t n_metered;
    bool interrupted;
};

enum rerun_meter { RERUN_UNMETERED, RERUN_METERED };

/* Judges `corpus` by `rules` with --anyone and --threads of the call (absent: about
 * us, all processors). `corpus` must outlive it. VERB_FINE or VERB_TROUBLE;
 * an interruption leaves a partial result, marked so. */
int rerun_run(struct rerun *h, const struct call *call, struct rules *rules, struct str corpus,
              const struct replay_settings *settings, enum rerun_meter meter) MUST_CHECK;
void rerun_done(struct rerun *h);

struct replay_settings rerun_settings(const struct call *call);

/* Lines that could not be read and labels without promise, on standard error, ten of
 * each at most. VERB_FINE; VERB_TROUBLE when a label names no promise. */
int rerun_complain(const struct rerun *h, const struct call *call, const struct corpus_file *file);

/* "path:123" */
void rerun_place(const struct screen *out, const struct rerun *h, const struct corpus_file *file,
                 size_t at);
