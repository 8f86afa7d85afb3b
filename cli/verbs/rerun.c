#include "cli/verbs/rerun.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "cli/term/interrupt.h"
#include "cli/term/progress.h"
#include "cli/verbs/input.h"
#include "lib/base/alloc.h"
#include "lib/base/utf8.h"

enum { BLOCK_BYTES = 1 << 20, THREADS_MAX = 64, COMPLAINTS_MAX = 10, METERED_MAX = 20000 };

#define CORPUS_BYTES_MAX ((size_t)16 << 30)

int corpus_file_read(struct corpus_file *f, const struct call *call, const char *path)
{
    f->path = path;
    f->bytes = SBUF_INIT(CORPUS_BYTES_MAX);
    int rc = input_whole(call, path, &f->bytes);

    if (rc == VERB_FINE && str_trim(sbuf_str(&f->bytes)).n == 0)
        rc = call_trouble(call, "%s holds no mention", input_name(path));
    return rc;
}

void corpus_file_done(struct corpus_file *f)
{
    sbuf_done(&f->bytes);
}

/* What the threads share: they take block after block. */
struct shared {
    struct str corpus;
    atomic_size_t next, done; /* bytes */
};

struct worker {
    struct shared *shared;
    struct replay_part *parts[RERUN_RULES_MAX];
    size_t n_parts;
    struct progress *progress; /* of one thread only; NULL in the others */
    pthread_t thread;
    bool started;
};

static int64_t clock_ns(clockid_t clock)
{
    struct timespec t;

    (void)clock_gettime(clock, &t); /* these clocks always exist */
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int64_t thread_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

/* The first line that begins at or after `at`. */
static size_t line_start(struct str corpus, size_t at)
{
    if (at == 0 || at >= corpus.n || corpus.p[at - 1] == '\n')
        return MIN(at, corpus.n);
    size_t end = str_find_char(corpus, '\n', at);

    return end == SIZE_MAX ? corpus.n : end + 1;
}

static void *work(void *context)
{
    struct worker *w = context;
    struct shared *s = w->shared;

    while (!interrupt_seen()) {
        size_t from = atomic_fetch_add(&s->next, BLOCK_BYTES);

        if (from >= s->corpus.n)
            break;
        size_t to = MIN(from + BLOCK_BYTES, s->corpus.n);

        for (size_t i = 0; i < w->n_parts; i++)
            replay_part_run(w->parts[i], line_start(s->corpus, from), to);
        size_t done = atomic_fetch_add(&s->done, to - from) + to - from;

        if (w->progress)
            progress_at(w->progress, done >> 10);
    }
    return NULL;
}

/* A ruleset is one thread's: each gets its own, of the same texts. */
static struct ruleset *copy_rules(const struct rules *rules)
{
    struct diags diags;
    struct ruleset *set = NULL;

    diags_init(&diags);
    if (rule_load(rules->fs.items, rules->fs.n, &diags, &set) != LOAD_OK)
        abort(); /* they loaded a moment ago */
    diags_done(&diags);
    return set;
}

static void run_workers(struct worker *workers, unsigned n, struct shared *shared)
{
    struct progress progress = progress_start("KiB judged", shared->corpus.n >> 10);

    for (unsigned i = 1; i < n; i++)
        workers[i].started = pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0;
    workers[0].progress = &progress;
    (void)work(&workers[0]); /* always NULL */
    for (unsigned i = 1; i < n; i++)
        if (workers[i].started)
            (void)pthread_join(workers[i].thread, NULL); /* it was started, and once */
    progress_end(&progress);
}

/* --threads, else all processors; no more than there are blocks. */
static int count_threads(const struct call *call, struct str corpus, unsigned *ret)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t n = processors > 0 ? (size_t)processors : 1;
    int rc = call_number(call, "threads", 1, &n);

    *ret = (unsigned)MIN(MIN(n, (size_t)THREADS_MAX), corpus.n / BLOCK_BYTES + 1);
    return rc;
}

struct replay_settings rerun_settings(const struct call *call)
{
    struct replay_settings s = {.now_ms = rules_now_ms()};

    s.about = call_option(call, "anyone") ? REPLAY_ABOUT_ANYONE : REPLAY_ABOUT_US;
    return s;
}

void rerun_meter(struct rerun *h)
{
    if (h->interrupted)
        return;
    h->n_metered = replay_meter(h->replay, thread_ns, METERED_MAX);
    if (h->n_metered)
        h->ns_per_judged = h->replay->all.spent_ns / (int64_t)h->n_metered;
}

/* A run's parts, one a worker. */
static void deal(struct rerun *h, const struct rules *rules, struct str corpus,
                 const struct replay_settings *settings, struct worker *workers)
{
    h->copies = alloc_zeroed(h->n_threads, sizeof(struct ruleset *));
    h->replay = replay_new(rules->set, settings, corpus);
    for (unsigned i = 0; i < h->n_threads; i++) {
        struct worker *w = &workers[i];

        h->copies[i] = i ? copy_rules(rules) : ruleset_ref(rules->set);
        w->parts[w->n_parts++] = replay_part_new(h->copies[i], settings, corpus);
    }
}

/* What the workers found becomes the results. */
static int collect(struct rerun *runs, size_t n, const struct worker *workers)
{
    int rc = 0;

    for (size_t i = 0; i < n; i++)
        for (unsigned k = 0; k < runs->n_threads; k++)
            replay_merge(runs[i].replay, workers[k].parts[i]);
    for (size_t i = 0; i < n && rc == 0; i++)
        rc = replay_hear(runs[i].replay);
    return rc;
}

int rerun_run(struct rerun *runs, const struct rules *rules, size_t n, const struct call *call,
              struct str corpus)
{
    struct replay_settings settings = rerun_settings(call);
    struct shared shared = {.corpus = corpus};
    struct rerun run = {.n_rules = n};
    int rc = count_threads(call, corpus, &run.n_threads);

    if (rc != VERB_FINE)
        return rc;
    struct worker *workers = alloc_zeroed(run.n_threads, sizeof(*workers));

    for (unsigned i = 0; i < run.n_threads; i++)
        workers[i].shared = &shared;
    for (size_t i = 0; i < n; i++) {
        runs[i] = run;
        deal(&runs[i], &rules[i], corpus, &settings, workers);
    }
    int64_t wall = clock_ns(CLOCK_MONOTONIC), cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID);

    run_workers(workers, run.n_threads, &shared);
    rc = collect(runs, n, workers);
    free(workers);
    for (size_t i = 0; i < n; i++) {
        runs[i].wall_ns = clock_ns(CLOCK_MONOTONIC) - wall;
        runs[i].cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
        runs[i].judged_bytes = MIN(atomic_load(&shared.done), corpus.n);
        runs[i].interrupted = interrupt_seen();
    }
    if (interrupt_seen())
        screen_printf(&call->err,
                      "interrupted: %zu %% of the corpus were judged, and only they "
                      "are counted\n",
                      corpus.n ? runs->judged_bytes * 100 / corpus.n : 0);
    return rc ? call_trouble(call, "the desk gave up: error %d", -rc) : VERB_FINE;
}

void rerun_done(struct rerun *h)
{
    replay_free(h->replay);
    for (unsigned i = 0; i < h->n_threads; i++)
        ruleset_unref(h->copies[i]);
    free(h->copies);
}

void rerun_place(const struct screen *out, const struct rerun *h, const struct corpus_file *file,
                 size_t at)
{
    screen_text(out, str_of(input_name(file->path)));
    screen_printf(out, ":%zu", line_number(&(struct line_counter){0}, h->replay->corpus, at));
}

static void complain_of_lines(const struct rerun *h, const struct call *call,
                              const struct corpus_file *file)
{
    const struct replay *r = h->replay;

    for (size_t i = 0; i < MIN(r->n_bad, COMPLAINTS_MAX); i++) {
        const struct bad_line *bad = &r->bad[i];
        struct str head = str_slice(r->corpus, bad->at, bad->at + bad->offset);

        rerun_place(&call->err, h, file, bad->at);
        screen_printf(&call->err, ":%zu: error: ", utf8_count(head) + 1);
        screen_text(&call->err, bad->why);
        screen_printf(&call->err, "\n");
    }
    if (r->n_bad > COMPLAINTS_MAX)
        screen_printf(&call->err, "... and %zu lines more that cannot be read\n",
                      r->n_bad - COMPLAINTS_MAX);
}

static struct str nearest_promise(const struct ruleset *set, struct str id)
{
    struct str *ids = alloc_zeroed(set->n_promises + 1, sizeof(*ids));

    for (size_t i = 0; i < set->n_promises; i++)
        ids[i] = set->promises[i].id;
    struct str near = diag_nearest(id, ids, set->n_promises);

    free(ids);
    return near;
}

int rerun_complain(const struct rerun *h, const struct call *call, const struct corpus_file *file)
{
    const struct replay *r = h->replay;

    complain_of_lines(h, call, file);
    for (size_t i = 0; i < MIN(r->n_unknown, COMPLAINTS_MAX); i++) {
        const struct unknown_label *u = &r->unknown[i];
        struct str near = nearest_promise(r->set, u->promise);

        rerun_place(&call->err, h, file, u->at);
        screen_printf(&call->err, ": error: \"want\" names '");
        screen_text(&call->err, u->promise);
        screen_printf(&call->err, "', and no promise has this id (%zu label%s)\n", u->n,
                      u->n == 1 ? "" : "s");
        if (near.n)
            screen_printf(&call->err, "    = did you mean '%.*s'?\n", STR_ARG(near));
        else
            screen_printf(&call->err, "    = write the promise, or take the label out; the other "
                                      "labels are scored\n");
    }
    if (r->n_unknown > COMPLAINTS_MAX)
        screen_printf(&call->err, "... and %zu names more that no promise has\n",
                      r->n_unknown - COMPLAINTS_MAX);
    return r->n_unknown ? VERB_TROUBLE : VERB_FINE;
}
