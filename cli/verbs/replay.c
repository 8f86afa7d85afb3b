#include <math.h>
#include <stdlib.h>

#include "cli/verbs/score.h"
#include "lib/data/json.h"

enum { LIST_DEFAULT = 10, PHRASES_DEFAULT = 25 };

/* What one call needs; `old` is there with --against only. */
struct session {
    struct rules rules, old_rules;
    struct corpus_file file;
    struct rerun now, old;
    bool compared;
};

static size_t number_option(const struct call *call, const char *name, size_t otherwise)
{
    const char *given = call_option(call, name);
    int64_t n;

    return given && str_to_i64(str_of(given), &n) && n >= 0 ? (size_t)n : otherwise;
}

static void print_text(const struct call *call, const struct session *s)
{
    const struct screen *out = &call->out;

    score_print(out, &s->now);
    score_print_phrases(out, s->now.replay, number_option(call, "phrases", PHRASES_DEFAULT));
    score_print_errors(out, &s->now, &s->file, number_option(call, "list", LIST_DEFAULT));
    if (!s->compared)
        return;
    struct rate was = tally_f1(&s->old.replay->all), is = tally_f1(&s->now.replay->all);

    screen_printf(out, "\nagainst %s: ", call_option(call, "against"));
    if (!isnan(was.value) && !isnan(is.value))
        screen_printf(out, "F1 %.3f -> %.3f; ", was.value, is.value);
    (void)score_print_delta(out, &s->old, &s->now, &s->file, /* the count is printed */
                            number_option(call, "list", LIST_DEFAULT));
}

static void print_json(const struct call *call, const struct session *s)
{
    struct sbuf b = SBUF_INIT((size_t)1 << 30);
    struct json_writer w;

    json_writer_init(&w, &b);
    json_open_object(&w);
    score_write(&w, &s->now);
    score_write_errors(&w, &s->now);
    if (s->compared) {
        json_key(&w, STR("against"));
        json_open_object(&w);
        score_write(&w, &s->old);
        json_close_object(&w);
        (void)score_write_delta(&w, &s->old, &s->now); /* the array tells */
    }
    json_close_object(&w);
    sbuf_putc(&b, '\n');
    screen_raw(&call->out, sbuf_str(&b));
    sbuf_done(&b);
}

static int verdict(const struct call *call, const struct session *s, int complaints)
{
    const char *least = call_option(call, "min-f1");
    double f1 = tally_f1(&s->now.replay->all).value, wanted = 0;

    if (s->now.interrupted)
        return VERB_INTERRUPTED;
    if (complaints != VERB_FINE)
        return complaints;
    if (least && !str_to_double(str_of(least), &wanted))
        return call_trouble(call, "--min-f1 takes a number from 0 to 1, not '%s'", least);
    if (least && !(f1 >= wanted)) {
        screen_printf(&call->err, "F1 is %.3f, at least %.3f is asked for\n", f1, wanted);
        return VERB_FINDINGS;
    }
    return s->now.replay->n_bad ? VERB_FINDINGS : VERB_FINE;
}

static int run_both(const struct call *call, struct session *s)
{
    struct replay_settings settings = rerun_settings(call);
    struct str corpus = sbuf_str(&s->file.bytes);
    int rc = rerun_run(&s->now, call, &s->rules, corpus, &settings, RERUN_METERED);

    if (rc == VERB_FINE && s->compared && !s->now.interrupted)
        rc = rerun_run(&s->old, call, &s->old_rules, corpus, &settings, RERUN_UNMETERED);
    else
        s->compared = false;
    if (rc != VERB_FINE)
        return rc;
    int complaints = rerun_complain(&s->now, call, &s->file);

    if (call->output == CALL_JSON)
        print_json(call, s);
    else
        print_text(call, s);
    return verdict(call, s, complaints);
}

static int run_replay(const struct call *call)
{
    const char *against = call_option(call, "against");
    struct session s = {.compared = against != NULL};
    int rc = rules_need(&s.rules, call, call->args[0]);

    if (rc != VERB_FINE)
        return rc;
    if (against)
        rc = rules_need(&s.old_rules, call, against);
    bool old_rules = against && rc == VERB_FINE;

    if (rc == VERB_FINE)
        rc = corpus_file_read(&s.file, call, call->args[1]);
    if (rc == VERB_FINE)
        rc = run_both(call, &s);
    rerun_done(&s.now);
    rerun_done(&s.old);
    corpus_file_done(&s.file);
    if (old_rules)
        rules_done(&s.old_rules);
    rules_done(&s.rules);
    return rc;
}

static const struct verb_option options[] = {
    {"against", 'a', "OLD", "also judge by these rules, and show what changed"},
    {"min-f1", 0, "F1", "exit status 1 when F1 over all pairs is lower"},
    {"list", 'n', "N", "how many misses, and how much noise, to show (10)"},
    {"phrases", 0, "N", "how many phrases to show, most noise first (25)"},
    {"threads", 't', "N", "processors to use; all by default"},
    {"anyone", 0, NULL, "mentions must name the brand (as from a source not 'about: us')"},
    {0}};

const struct verb verb_replay = {
    .name = "replay",
    .summary = "judge a labelled corpus, and say how right the rules are",
    .usage = "RULES CORPUS",
    .notes =
        "CORPUS holds mentions as JSON Lines ('-': standard input), some of them labelled:\n"
        "\n"
        "  {\"text\": \"...\", \"published\": \"...\", \"want\": {\"delivery-48h\": true}}\n"
        "\n"
        "They are judged by the daemon's own code, at their own time. Only labelled pairs of\n"
        "mention and promise are scored: precision, recall and F1 with their 95 % intervals\n"
        "(Wilson), what each phrase finds rightly, wrongly, and alone, then misses and noise\n"
        "with the words that hit. 'broken' counts verdicts, 'alerts' what the desk would\n"
        "send: it drops duplicates, joins reposts and holds denials as 'after' says.\n"
        "\n"
        "  couac replay rules/ corpus.jsonl --against old-rules/ --min-f1 0.8\n"
        "\n"
        "Exit status 1: F1 too low, or lines that cannot be read; 2: a label names no promise.\n",
    .options = options,
    .args_min = 2,
    .args_max = 2,
    .run = run_replay,
};
