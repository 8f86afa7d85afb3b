#include "lib/tune/suggest.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/term/interrupt.h"
#include "cli/verbs/rerun.h"
#include "lib/base/arena.h"
#include "lib/data/json.h"

struct work {
    const struct call *call;
    struct rules rules;
    struct corpus_file file;
    struct sbuf learn, held_out, patch;
    struct suggestions found;
    struct tally before, after; /* on the half that was held out */
};

static bool go_on(void)
{
    return !interrupt_seen();
}

static void print_effect(const struct screen *out, const char *what, struct rate was,
                         struct rate is)
{
    screen_printf(out, "%s %.3f -> %.3f [%.2f-%.2f]", what, was.value, is.value, is.low, is.high);
}

/* Whether it helps where it was not learned. */
static bool confirmed(const struct work *w)
{
    double was = tally_f1(&w->before).value, is = tally_f1(&w->after).value;

    return is > was || (isnan(was) && !isnan(is));
}

static void print_text(const struct work *w)
{
    const struct screen *out = &w->call->out;

    if (w->found.n == 0) {
        screen_printf(&w->call->err, "nothing to suggest: ");
        if (w->found.n_tried)
            screen_printf(&w->call->err, "%zu candidate%s tried, and none makes F1 rise\n",
                          w->found.n_tried, w->found.n_tried == 1 ? " was" : "s were");
        else
            screen_printf(&w->call->err,
                          "no word stands in %d posts that the rules miss or "
                          "wrongly alert on; label more\n",
                          SUGGEST_SUPPORT);
        return;
    }
    screen_lines(out, sbuf_str(&w->patch));
    screen_printf(out, "\n");
    for (size_t i = 0; i < w->found.n; i++) {
        const struct suggestion *s = &w->found.items[i];

        screen_printf(out, "# %.*s %s \"%.*s\": in %zu posts that it mends, %zu that it spoils\n",
                      STR_ARG(s->promise), suggest_slot_name(s->slot), STR_ARG(s->phrase),
                      s->n_mends, s->n_spoils);
    }
    screen_printf(out, "# learned half:  ");
    print_effect(out, "F1", w->found.f1_before, w->found.f1_after);
    screen_printf(out, "\n# held-out half: ");
    print_effect(out, "F1", tally_f1(&w->before), tally_f1(&w->after));
    print_effect(out, ", precision", tally_precision(&w->before), tally_precision(&w->after));
    print_effect(out, ", recall", tally_recall(&w->before), tally_recall(&w->after));
    screen_printf(out, "\n");
    if (!confirmed(w))
        screen_printf(out, "# the held-out half does not confirm it: F1 does not rise there\n");
}

static void write_number(struct json_writer *w, struct str key, double value)
{
    json_key(w, key);
    json_double(w, value);
}

static void write_pair(struct json_writer *w, struct str key, double before, double after)
{
    json_key(w, key);
    json_open_object(w);
    write_number(w, STR("before"), before);
    write_number(w, STR("after"), after);
    json_close_object(w);
}

static void print_json(const struct work *work)
{
    struct sbuf b = SBUF_INIT(1 << 20);
    struct json_writer w;

    json_writer_init(&w, &b);
    json_open_object(&w);
    json_key(&w, STR("suggestions"));
    json_open_array(&w);
    for (size_t i = 0; i < work->found.n; i++) {
        const struct suggestion *s = &work->found.items[i];

        json_open_object(&w);
        json_member_str(&w, STR("promise"), s->promise);
        json_member_str(&w, STR("slot"), str_of(suggest_slot_name(s->slot)));
        json_member_str(&w, STR("phrase"), s->phrase);
        json_member_i64(&w, STR("mends"), (int64_t)s->n_mends);
        json_member_i64(&w, STR("spoils"), (int64_t)s->n_spoils);
        json_close_object(&w);
    }
    json_close_array(&w);
    json_member_i64(&w, STR("tried"), (int64_t)work->found.n_tried);
    write_pair(&w, STR("learned_f1"), work->found.f1_before.value, work->found.f1_after.value);
    write_pair(&w, STR("held_out_f1"), tally_f1(&work->before).value, tally_f1(&work->after).value);
    write_pair(&w, STR("held_out_precision"), tally_precision(&work->before).value,
               tally_precision(&work->after).value);
    write_pair(&w, STR("held_out_recall"), tally_recall(&work->before).value,
               tally_recall(&work->after).value);
    json_key(&w, STR("confirmed"));
    json_bool(&w, work->found.n && confirmed(work));
    json_member_str(&w, STR("patch"), work->found.n ? sbuf_str(&work->patch) : STR_NONE);
    json_close_object(&w);
    sbuf_putc(&b, '\n');
    screen_raw(&work->call->out, sbuf_str(&b));
    sbuf_done(&b);
}

/* A new file beside the others; one that is there is never written over. */
static int apply(const struct work *w)
{
    struct stat st;
    char path[4096];
    const char *folder = w->call->args[0];

    if (stat(folder, &st) != 0 || !S_ISDIR(st.st_mode))
        return call_trouble(w->call, "--apply adds a file, so RULES must be a folder");
    (void)snprintf(path, sizeof(path), "%s/suggested.yaml", folder); /* open tells if it is cut */
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

    if (fd < 0 && errno == EEXIST)
        return call_trouble(w->call, "%s is there already: move its phrases into your files first",
                            path);
    if (fd < 0)
        return call_trouble(w->call, "%s: %s", path, strerror(errno));
    bool written = write(fd, w->patch.p, w->patch.n) == (ssize_t)w->patch.n;

    if (!(close(fd) == 0 && written))
        return call_trouble(w->call, "%s: it could not be written whole", path);
    screen_printf(&w->call->err, "wrote %s\n", path);
    return VERB_FINE;
}

static int measure_halves(struct work *w, const struct replay_settings *settings)
{
    struct str held_out = sbuf_str(&w->held_out);
    int rc =
        suggest_measure(w->rules.fs.items, w->rules.fs.n, NULL, held_out, settings, &w->before);

    if (rc == 0)
        rc = suggest_measure(w->rules.fs.items, w->rules.fs.n, &w->found, held_out, settings,
                             &w->after);
    return rc;
}

/* What is wrong with the corpus, as replay tells it: a label that is misspelt teaches
 * nothing. */
static int complain(struct work *w, const struct replay_settings *settings)
{
    struct str corpus = sbuf_str(&w->file.bytes);
    struct rerun all = {.replay = replay_new(w->rules.set, settings, corpus)};
    struct replay_part *part = replay_part_new(w->rules.set, settings, corpus);

    replay_part_run(part, 0, corpus.n);
    replay_merge(all.replay, part);
    int rc = replay_hear(all.replay);

    rc = rc ? call_trouble(w->call, "%s", strerror(-rc)) : rerun_complain(&all, w->call, &w->file);
    if (rc == VERB_FINE && all.replay->n_labelled == 0)
        rc = call_trouble(w->call, "the corpus has no labels (\"want\") to learn from");
    rerun_done(&all);
    return rc;
}

static int suggest(struct work *w)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new(0);
    struct replay_settings settings = rerun_settings(w->call);
    int complaints = complain(w, &settings);

    if (complaints != VERB_FINE)
        return complaints;
    suggest_split(sbuf_str(&w->file.bytes), &w->learn, &w->held_out);
    int rc = suggest_find(w->rules.fs.items, w->rules.fs.n, sbuf_str(&w->learn), &settings, go_on,
                          arena, &w->found);

    if (rc == 0)
        rc = measure_halves(w, &settings);
    if (rc)
        return call_trouble(w->call, "%s", strerror(-rc));
    suggest_write(&w->found, &w->patch);
    if (w->call->output == CALL_JSON)
        print_json(w);
    else
        print_text(w);
    if (interrupt_seen())
        return VERB_INTERRUPTED;
    if (w->found.n && call_option(w->call, "apply"))
        return apply(w);
    return w->found.n ? VERB_FINDINGS : VERB_FINE;
}

static int run_suggest(const struct call *call)
{
    struct work w = {.call = call};
    int rc = rules_need(&w.rules, call, call->args[0]);

    if (rc != VERB_FINE)
        return rc;
    rc = corpus_file_read(&w.file, call, call->args[1]);
    w.learn = SBUF_INIT(w.file.bytes.n + 1);
    w.held_out = SBUF_INIT(w.file.bytes.n + 1);
    w.patch = SBUF_INIT(1 << 20);
    if (rc == VERB_FINE)
        rc = suggest(&w);
    sbuf_done(&w.learn);
    sbuf_done(&w.held_out);
    sbuf_done(&w.patch);
    corpus_file_done(&w.file);
    rules_done(&w.rules);
    return rc;
}

static const struct verb_option options[] = {
    {"apply", 0, NULL, "write the patch to RULES/suggested.yaml, if it is not there"},
    {"anyone", 0, NULL, "mentions must name the brand (as from a source not 'about: us')"},
    {0}};

const struct verb verb_suggest = {
    .name = "suggest",
    .summary = "propose phrases and excuses that a labelled corpus asks for",
    .usage = "RULES CORPUS",
    .notes = "Half of the labelled CORPUS is learned from: words of missed posts become phrases\n"
             "of about and against, words of wrong alerts become excuses, and each is kept only\n"
             "when the replayed F1 rises. The patch is printed as a rule file of changes, with\n"
             "its effect on the other half, which it has not seen: believe that figure, and\n"
             "read each phrase before you take it. Nothing is written without --apply.\n"
             "\n"
             "Exit status 1: there is something to suggest.\n",
    .options = options,
    .args_min = 2,
    .args_max = 2,
    .run = run_suggest,
};
