#include <math.h>
#include <stdlib.h>

#include "cli/verbs/score.h"
#include "lib/data/json.h"

enum { LIST_DEFAULT = 10, PHRASES_DEFAULT = 25 };

enum { NOW, OLD }; /* of the arrays below; OLD is there with --against only */

struct session {
    struct rules rules[RERUN_RULES_MAX];
    struct rerun runs[RERUN_RULES_MAX];
    struct corpus_file file;
    size_t n_rules;
    size_t n_list, n_phrases; /* --list, --phrases */
    double least_f1;          /* --min-f1; NAN: any will do */
};

static void print_text(const struct call *call, const struct session *s)
{
    const struct screen *out = &call->out;
    const struct rerun *now = &s->runs[NOW], *old = &s->runs[OLD];

    score_print(out, now);
    score_print_phrases(out, now->replay, s->n_phrases);
    score_print_errors(out, now, &s->file, s->n_list);
    if (s->n_rules == 1)
        return;
    struct rate was = tally_f1(&old->replay->all), is = tally_f1(&now->replay->all);

    screen_printf(out, "\nagainst %s: ", call_option(call, "against"));
    if (!isnan(was.value) && !isnan(is.value))
        screen_printf(out, "F1 %.3f -> %.3f; ", was.value, is.value);
    (void)score_print_delta(out, old, now, &s->file, s->n_list); /* the count is printed */
}

static void print_json(const struct call *call, const struct session *s)
{
    struct sbuf b = SBUF_INIT((size_t)1 << 30);
    struct json_writer w;

    json_writer_init(&w, &b);
    json_open_object(&w);
    score_write(&w, &s->runs[NOW]);
    score_write_errors(&w, &s->runs[NOW]);
    if (s->n_rules > 1) {
        json_key(&w, STR("against"));
        json_open_object(&w);
        score_write(&w, &s->runs[OLD]);
        json_close_object(&w);
        (void)score_write_delta(&w, &s->runs[OLD], &s->runs[NOW]); /* the array tells */
    }
    json_close_object(&w);
    sbuf_putc(&b, '\n');
    screen_raw(&call->out, sbuf_str(&b));
    sbuf_done(&b);
}

static int verdict(const struct call *call, const struct session *s, int complaints)
{
    const struct replay *r = s->runs[NOW].replay;
    double f1 = tally_f1(&r->all).value;

    if (s->runs[NOW].interrupted)
        return VERB_INTERRUPTED;
    if (complaints != VERB_FINE || isnan(s->least_f1))
        return complaints != VERB_FINE ? complaints : r->n_bad ? VERB_FINDINGS : VERB_FINE;
    if (isnan(f1)) {
        screen_printf(&call->err, "there is no F1: no line is labelled (\"want\") with what the "
                                  "rules find or should find\n");
        return VERB_FINDINGS;
    }
    if (f1 < s->least_f1) {
        screen_printf(&call->err, "F1 is %.3f, at least %.3f is asked for\n", f1, s->least_f1);
        return VERB_FINDINGS;
    }
    return r->n_bad ? VERB_FINDINGS : VERB_FINE;
}

static int judge(const struct call *call, struct session *s)
{
    int rc = rerun_run(s->runs, s->rules, s->n_rules, call, sbuf_str(&s->file.bytes));

    if (rc != VERB_FINE)
        return rc;
    rerun_meter(&s->runs[NOW]);
    int complaints = rerun_complain(&s->runs[NOW], call, &s->file);

    if (call->output == CALL_JSON)
        print_json(call, s);
    else
        print_text(call, s);
    return verdict(call, s, complaints);
}

static int read_options(const struct call *call, struct session *s)
{
    const char *least = call_option(call, "min-f1");

    *s = (struct session){.n_list = LIST_DEFAULT, .n_phrases = PHRASES_DEFAULT, .least_f1 = NAN};
    int rc = call_number(call, "list", 0, &s->n_list);

    if (rc == VERB_FINE)
        rc = call_number(call, "phrases", 0, &s->n_phrases);
    if (rc != VERB_FINE || !least)
        return rc;
    if (str_to_double(str_of(least), &s->least_f1) && s->least_f1 >= 0 && s->least_f1 <= 1)
        return VERB_FINE;
    return call_trouble(call, "--min-f1 takes a number from 0 to 1, such as 0.8, not '%s'", least);
}

static int run_replay(const struct call *call)
{
    const char *paths[RERUN_RULES_MAX] = {call->args[0], call_option(call, "against")};
    struct session s;
    int rc = read_options(call, &s);

    for (size_t i = 0; i < ARRAY_LEN(paths) && paths[i] && rc == VERB_FINE; i++) {
        rc = rules_need(&s.rules[i], call, paths[i]);
        s.n_rules += rc == VERB_FINE;
    }
    if (rc == VERB_FINE)
        rc = corpus_file_read(&s.file, call, call->args[1]);
    if (rc == VERB_FINE)
        rc = judge(call, &s);
    for (size_t i = 0; i < s.n_rules; i++) {
        rerun_done(&s.runs[i]);
        rules_done(&s.rules[i]);
    }
    corpus_file_done(&s.file);
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
        "with the words that hit. 'broken' counts verdicts, 'alerts' the alerts that would be\n"
        "sent, each once: duplicates are dropped, reposts and answers update an alert, and\n"
        "denials are held as 'after' says.\n"
        "\n"
        "  couac replay rules/ corpus.jsonl --against old-rules/ --min-f1 0.8\n"
        "\n"
        "Exit status 1: F1 too low, or lines that cannot be read; 2: a label names no promise.\n",
    .options = options,
    .args_min = 2,
    .args_max = 2,
    .run = run_replay,
};
