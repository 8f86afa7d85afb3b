#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "cli/verbs/html.h"
#include "cli/verbs/score.h"
#include "lib/base/alloc.h"
#include "lib/base/arena.h"
#include "lib/base/utf8.h"

enum { ERRORS_MAX = 50, CHANGES_MAX = 100, PHRASES_MAX = 60, TEXT_MAX = 400, EXAMPLE_INDENT = 8 };

enum { NOW, OLD }; /* of the arrays below; OLD is there with --against only */

struct page {
    const struct call *call;
    struct rules rules[RERUN_RULES_MAX];
    struct rerun runs[RERUN_RULES_MAX];
    struct corpus_file file;
    size_t n_rules;
    struct sbuf out;
    struct arena *arena;
    struct judge *judge, *old_judge;
    struct line_counter lines;
};

/* `label` is what the column's head says. */
static void cell(struct sbuf *b, const char *label, size_t n)
{
    sbuf_printf(b, "<td class=n data-l=\"%s\">%zu</td>", label, n);
}

static void count_changes(const struct delta *items, size_t n, size_t counts[2][3])
{
    for (size_t i = 0; i < n; i++)
        counts[items[i].kind][items[i].outcome.want]++;
}

/* One sentence on top: is this run better than the last one? */
static void write_verdict(struct page *p)
{
    const struct tally *now = &p->runs[NOW].replay->all;
    struct rate f1 = tally_f1(now);
    struct rate was =
        p->n_rules > 1 ? tally_f1(&p->runs[OLD].replay->all) : (struct rate){NAN, 0, 1};
    const char *class = "", *word = "";

    if (!isnan(f1.value) && !isnan(was.value)) {
        double change = f1.value - was.value;

        class = change > 0 ? " good" : change < 0 ? " bad" : "";
        word = change > 0 ? "Better" : change < 0 ? "Worse" : "As good as before";
    }
    sbuf_printf(&p->out, "<p class=\"verdict%s\">", class);
    if (word[0])
        sbuf_printf(&p->out, "<b>%s</b>: F1 %.3f &rarr; %.3f (95&thinsp;%%: %.2f to %.2f). ", word,
                    was.value, f1.value, f1.low, f1.high);
    else if (!isnan(f1.value))
        sbuf_printf(&p->out, "<b>F1 %.3f</b> (95&thinsp;%%: %.2f to %.2f). ", f1.value, f1.low,
                    f1.high);
    if (p->runs[NOW].replay->n_labelled)
        sbuf_printf(&p->out,
                    "%zu broken promises found, %zu missed, %zu alerted wrongly among %zu "
                    "labelled pairs.",
                    tally_true_alerts(now), tally_misses(now), tally_noise(now),
                    p->runs[NOW].replay->n_labelled);
    else
        sbuf_printf(&p->out,
                    "%zu broken promises found; nothing is labelled, so nothing is scored.",
                    now->n_broken);
    sbuf_printf(&p->out, "</p>\n");
}

static void write_head(struct page *p)
{
    const struct replay *r = p->runs[NOW].replay;

    html_begin(&p->out, STR("couac: how right the rules are"));
    sbuf_printf(&p->out, "<h1>How right the rules are</h1><p class=soft>");
    html_text(&p->out, str_of(p->call->args[0]));
    sbuf_printf(&p->out, " on ");
    html_text(&p->out, str_of(p->file.path));
    sbuf_printf(&p->out,
                ": %zu mentions, %zu lines that cannot be read, %zu promises; %zu alerts would be "
                "sent and updated %zu times, %zu denials held; ruleset %.12s</p>\n",
                r->n_mentions, r->n_bad, r->set->n_promises, r->all.n_alerts, r->all.n_updates,
                r->all.n_held, r->set->sha256);
    if (p->runs[NOW].interrupted)
        sbuf_printf(&p->out,
                    "<p class=\"verdict bad\">Interrupted: only %zu&thinsp;%% of the corpus were "
                    "judged.</p>\n",
                    p->file.bytes.n ? p->runs[NOW].judged_bytes * 100 / p->file.bytes.n : 0);
    write_verdict(p);
}

static void write_promise(struct page *p, const char *class, struct str id, const struct tally *t)
{
    size_t wanted = tally_true_alerts(t) + tally_misses(t);
    bool labelled = wanted + tally_noise(t) + tally_true_silence(t) > 0;
    struct sbuf *b = &p->out;

    sbuf_printf(b, "<tr class=\"%s\"><td class=id>", class);
    html_text(b, id);
    sbuf_printf(b, "</td><td data-l=precision>");
    html_rate(b, tally_precision(t), labelled ? "no alert" : "no labels");
    sbuf_printf(b, "</td><td data-l=recall>");
    html_rate(b, tally_recall(t), labelled ? "none wanted" : "no labels");
    sbuf_printf(b, "</td>");
    cell(b, "right", tally_true_alerts(t));
    cell(b, "noise", tally_noise(t));
    cell(b, "missed", tally_misses(t));
    cell(b, "broken in all", t->n_broken);
    sbuf_printf(b, "</tr>\n");
}

static void write_promises(struct page *p)
{
    const struct replay *r = p->runs[NOW].replay;

    sbuf_printf(&p->out, "<h2>Promises</h2><p class=soft>Bars are what was measured, the line is "
                         "where the truth lies with 95&thinsp;%% confidence (Wilson).</p><table>"
                         "<tr><th>promise<th>precision<th>recall<th class=n>right<th class=n>noise"
                         "<th class=n>missed<th class=n>broken in all</tr>\n");
    for (size_t i = 0; i < r->set->n_promises; i++)
        write_promise(p, "", r->set->promises[i].id, &r->promises[i]);
    write_promise(p, "all", STR("all"), &r->all);
    sbuf_printf(&p->out, "</table>\n");
}

static void write_confusion(struct page *p)
{
    static const enum verdict_kind kinds[] = {VERDICT_MEASURED, VERDICT_DENIED, VERDICT_KEPT,
                                              VERDICT_NONE};
    const struct tally *t = &p->runs[NOW].replay->all;
    size_t max = 1;

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        max = MAX(max, MAX(t->confusion[kinds[i]][0], t->confusion[kinds[i]][1]));
    sbuf_printf(&p->out, "<h2>What was said, by what is wanted</h2><table><tr><th>verdict"
                         "<th>an alert is wanted<th>silence is wanted</tr>\n");
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        const size_t *counts = t->confusion[kinds[i]];
        bool alerts = i < 2;
        char label[24];

        sbuf_printf(&p->out, "<tr><td class=id>%s</td><td data-l=\"alert wanted\">",
                    verdict_kind_name(kinds[i]));
        (void)snprintf(label, sizeof(label), "%zu", counts[1]); /* it fits */
        html_bar(&p->out, (double)counts[1], (double)max, alerts ? "good" : "warm", label);
        sbuf_printf(&p->out, "</td><td data-l=\"silence wanted\">");
        (void)snprintf(label, sizeof(label), "%zu", counts[0]); /* it fits */
        html_bar(&p->out, (double)counts[0], (double)max, alerts ? "bad" : "good", label);
        sbuf_printf(&p->out, "</td></tr>\n");
    }
    sbuf_printf(&p->out, "</table>\n");
}

static void write_phrases(struct page *p)
{
    struct phrase_tally *items;
    size_t n = score_sort_phrases(p->runs[NOW].replay, &items);

    sbuf_printf(&p->out, "<h2>Phrases, most noise first</h2><table><tr><th>phrase<th>at"
                         "<th class=n>hits<th class=n>right<th class=n>wrong"
                         "<th class=n>only this</tr>\n");
    for (size_t i = 0; i < MIN(n, PHRASES_MAX); i++) {
        const struct phrase *phrase = items[i].phrase;

        sbuf_printf(&p->out, "<tr><td><code>");
        html_text(&p->out, phrase->text);
        sbuf_printf(&p->out, "</code></td><td class=\"id soft\">");
        html_text(&p->out, str_base_name(phrase->at.file));
        sbuf_printf(&p->out, ":%u</td>", phrase->at.line);
        cell(&p->out, "hits", items[i].n_hits);
        cell(&p->out, "right", items[i].n_true);
        cell(&p->out, "wrong", items[i].n_false);
        cell(&p->out, "only this", items[i].n_only);
        sbuf_printf(&p->out, "</tr>\n");
    }
    sbuf_printf(&p->out, "</table>\n");
    if (n > PHRASES_MAX)
        sbuf_printf(&p->out, "<p class=soft>and %zu phrases more</p>\n", n - PHRASES_MAX);
    free(items);
}

static void write_cost(struct page *p)
{
    const struct replay *r = p->runs[NOW].replay;
    double most = 0, n = (double)p->runs[NOW].n_metered;

    if (p->runs[NOW].n_metered == 0)
        return;
    for (size_t i = 0; i < r->set->n_promises; i++)
        most = fmax(most, (double)r->promises[i].spent_ns);
    sbuf_printf(&p->out,
                "<h2>Microseconds a post</h2><p class=soft>Judging takes %.2f &micro;s a post "
                "(%zu posts measured), of which by promise:</p><table>\n",
                (double)p->runs[NOW].ns_per_judged / 1000, p->runs[NOW].n_metered);
    for (size_t i = 0; i < r->set->n_promises; i++) {
        char label[40];

        sbuf_printf(&p->out, "<tr><td class=id>");
        html_text(&p->out, r->set->promises[i].id);
        sbuf_printf(&p->out, "</td><td>");
        (void)snprintf(label, sizeof(label), "%.3f",
                       (double)r->promises[i].spent_ns / n / 1000); /* it fits */
        html_bar(&p->out, (double)r->promises[i].spent_ns, most, "cool", label);
        sbuf_printf(&p->out, "</td></tr>\n");
    }
    sbuf_printf(&p->out, "</table>\n");
}

static void write_change(struct page *p, const struct delta *d)
{
    const struct replay *r = p->runs[NOW].replay;
    static const char *const wants[] = {"not labelled", "silence is wanted", "an alert is wanted"};
    struct corpus_line line;
    struct corpus_error error;
    bool gained = d->kind == DELTA_GAINED;

    sbuf_printf(&p->out, "<tr><td><span class=\"tag %s\">%s</span></td><td class=id>",
                gained ? "up" : "down", gained ? "gained" : "lost");
    html_text(&p->out, d->promise);
    sbuf_printf(&p->out, "<br><span class=soft>%s</span></td><td>", wants[d->outcome.want]);
    if (corpus_read(str_slice(r->corpus, d->outcome.at, d->outcome.at + d->outcome.n), p->arena,
                    &line, &error))
        html_text(&p->out, utf8_head(mention_body(&line.mention, p->arena), TEXT_MAX));
    sbuf_printf(&p->out, "<br><span class=soft>");
    html_text(&p->out, delta_reason(d, p->old_judge, p->judge, &r->settings, r->corpus, p->arena));
    sbuf_printf(&p->out, "</span></td></tr>\n");
    arena_reset(p->arena);
}

static void write_changes(struct page *p)
{
    struct delta *items;
    size_t counts[2][3] = {{0}};
    size_t n = delta_of(p->runs[OLD].replay, p->runs[NOW].replay, &items);

    count_changes(items, n, counts);
    sbuf_printf(&p->out,
                "<h2>Alerts gained and lost</h2><p class=soft>gained: %zu rightly, %zu wrongly, "
                "%zu not labelled; lost: %zu rightly, %zu wrongly, %zu not labelled</p><table>\n",
                counts[DELTA_GAINED][WANT_ALERT], counts[DELTA_GAINED][WANT_SILENCE],
                counts[DELTA_GAINED][WANT_UNKNOWN], counts[DELTA_LOST][WANT_SILENCE],
                counts[DELTA_LOST][WANT_ALERT], counts[DELTA_LOST][WANT_UNKNOWN]);
    for (size_t i = 0; i < MIN(n, CHANGES_MAX); i++)
        write_change(p, &items[i]);
    sbuf_printf(&p->out, "</table>\n");
    if (n > CHANGES_MAX)
        sbuf_printf(&p->out, "<p class=soft>and %zu more</p>\n", n - CHANGES_MAX);
    free(items);
}

/* An error with what makes it grave. */
struct grave {
    struct outcome outcome;
    double weight;
};

static double weight_of(const struct verdict *v, const struct outcome *o)
{
    double ratio = isfinite(v->ratio) ? fmin(v->ratio, 1000) : 1000;

    if (outcome_is_noise(o)) /* a wrong alert wakes somebody, the more so the worse it sounds */
        return 3 + (double)v->severity + log10(fmax(ratio, 1));
    /* a miss where the words against the promise were there is the nearest to mend */
    return v->gate == GATE_UNLESS || v->gate == GATE_COMPLAINT || v->gate == GATE_LIMIT ? 3 : 2;
}

static int by_weight(const void *left, const void *right)
{
    const struct grave *a = left, *b = right;

    if (a->weight > b->weight || a->weight < b->weight)
        return a->weight > b->weight ? -1 : 1;
    return (a->outcome.at > b->outcome.at) - (a->outcome.at < b->outcome.at);
}

/* A double-quoted YAML scalar. */
static void yaml_text(struct sbuf *b, struct str text)
{
    sbuf_putc(b, '"');
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];

        if (c == '"' || c == '\\')
            sbuf_printf(b, "\\%c", c);
        else if (c == '\n')
            sbuf_printf(b, "\\n");
        else if (c >= 0x20)
            sbuf_putc(b, (char)c);
    }
    sbuf_putc(b, '"');
}

/* An item, indented as below promises, its name, examples and alert. */
static void write_example(struct page *p, const struct replay_view *view)
{
    const struct mention *m = &view->line.mention;
    struct sbuf yaml = SBUF_INIT(1 << 20);
    char when[CLOCK_TEXT_MAX];

    sbuf_printf(&yaml, "%*s- {text: ", EXAMPLE_INDENT, "");
    yaml_text(&yaml, mention_body(m, p->arena));
    if (m->published_ms != CLOCK_NONE)
        sbuf_printf(&yaml, ", published: \"%.*s\"",
                    STR_ARG(clock_write_s(m->published_ms / 1000, when)));
    if (m->lang.n)
        sbuf_printf(&yaml, ", lang: %.*s", STR_ARG(m->lang));
    sbuf_printf(&yaml, "}");
    sbuf_printf(&p->out, "<pre>");
    html_text(&p->out, sbuf_str(&yaml));
    sbuf_printf(&p->out, "</pre>\n");
    sbuf_done(&yaml);
}

static int view_of(struct page *p, const struct outcome *o, struct replay_view *ret)
{
    const struct replay *r = p->runs[NOW].replay;

    return replay_view(p->judge, &r->settings, r->corpus, o, r->set->promises[o->promise].id,
                       p->arena, ret);
}

static void write_error(struct page *p, const struct outcome *o)
{
    struct replay_view view;
    bool miss = outcome_is_miss(o);

    if (view_of(p, o, &view) == 0) {
        sbuf_printf(&p->out, "<p class=err><span class=\"tag %s\">%s</span> <b>",
                    miss ? "down" : "noise", miss ? "missed" : "noise");
        html_text(&p->out, view.verdict.promise->id);
        sbuf_printf(&p->out, "</b> <span class=soft>line %zu &middot; ",
                    line_number(&p->lines, p->runs[NOW].replay->corpus, o->at));
        html_text(&p->out, verdict_reason(&view.verdict, view.judgement.text, p->arena));
        sbuf_printf(&p->out, "</span></p>");
        write_example(p, &view);
    }
    arena_reset(p->arena);
}

static void write_errors(struct page *p)
{
    const struct replay *r = p->runs[NOW].replay;
    struct grave *items = alloc_zeroed(r->n_outcomes + 1, sizeof(*items));
    size_t n = 0;

    for (size_t i = 0; i < r->n_outcomes; i++) {
        const struct outcome *o = &r->outcomes[i];
        struct replay_view view;

        if ((!outcome_is_miss(o) && !outcome_is_noise(o)) || view_of(p, o, &view) != 0)
            continue;
        items[n++] = (struct grave){*o, weight_of(&view.verdict, o)};
        arena_reset(p->arena);
    }
    qsort(items, n, sizeof(*items), by_weight);
    if (n)
        sbuf_printf(
            &p->out,
            "<h2>The worst errors</h2><p class=soft>%zu of %zu. Each line can be pasted below "
            "<code>alert:</code> (missed) or <code>ignore:</code> (noise) in the "
            "<code>examples:</code> of its promise.</p>\n",
            MIN(n, (size_t)ERRORS_MAX), n);
    for (size_t i = 0; i < MIN(n, ERRORS_MAX); i++)
        write_error(p, &items[i].outcome);
    free(items);
}

static int save(struct page *p, const char *path)
{
    if (strcmp(path, "-") == 0) {
        screen_raw(&p->call->out, sbuf_str(&p->out));
        return VERB_FINE;
    }
    FILE *file = fopen(path, "w");

    if (!file)
        return call_trouble(p->call, "cannot write %s: %s", path, strerror(errno));
    (void)fwrite(p->out.p, 1, p->out.n, file); /* a failed write shows below */
    if (ferror(file) | fclose(file))
        return call_trouble(p->call, "cannot write %s", path);
    if (p->call->output == CALL_TEXT)
        screen_printf(&p->call->out, "wrote %s; open it in a browser\n", path);
    else
        screen_printf(&p->call->out, "{\"written\":true,\"bytes\":%zu,\"labelled\":%zu}\n",
                      p->out.n, p->runs[NOW].replay->n_labelled);
    return VERB_FINE;
}

static int write_page(struct page *p)
{
    const char *path = call_option(p->call, "output");

    write_head(p);
    write_promises(p);
    if (p->runs[NOW].replay->n_labelled)
        write_confusion(p);
    if (p->n_rules > 1)
        write_changes(p);
    write_phrases(p);
    write_errors(p);
    write_cost(p);
    html_end(&p->out);
    return save(p, path ? path : "report.html");
}

static int run_page(struct page *p)
{
    int rc = rerun_run(p->runs, p->rules, p->n_rules, p->call, sbuf_str(&p->file.bytes));

    if (rc != VERB_FINE)
        return rc;
    rerun_meter(&p->runs[NOW]);
    int complaints = rerun_complain(&p->runs[NOW], p->call, &p->file);

    p->judge = judge_new(p->rules[NOW].set);
    p->old_judge = p->n_rules > 1 ? judge_new(p->rules[OLD].set) : NULL;
    rc = write_page(p);
    judge_free(p->judge);
    judge_free(p->old_judge);
    if (p->runs[NOW].interrupted)
        return VERB_INTERRUPTED;
    if (rc != VERB_FINE || complaints != VERB_FINE)
        return rc != VERB_FINE ? rc : complaints;
    return p->runs[NOW].replay->n_bad ? VERB_FINDINGS : VERB_FINE;
}

static int run_report(const struct call *call)
{
    const char *paths[RERUN_RULES_MAX] = {call->args[0], call_option(call, "against")};
    struct page p = {.call = call, .out = SBUF_INIT(256 << 20), .arena = arena_new(0)};
    int rc = VERB_FINE;

    for (size_t i = 0; i < ARRAY_LEN(paths) && paths[i] && rc == VERB_FINE; i++) {
        rc = rules_need(&p.rules[i], call, paths[i]);
        p.n_rules += rc == VERB_FINE;
    }
    if (rc == VERB_FINE)
        rc = corpus_file_read(&p.file, call, call->args[1]);
    if (rc == VERB_FINE)
        rc = run_page(&p);
    for (size_t i = 0; i < p.n_rules; i++) {
        rerun_done(&p.runs[i]);
        rules_done(&p.rules[i]);
    }
    corpus_file_done(&p.file);
    arena_free(p.arena);
    sbuf_done(&p.out);
    return rc;
}

static const struct verb_option options[] = {
    {"output", 'o', "FILE", "the page to write (report.html); - for standard output"},
    {"against", 'a', "OLD", "the rules of the last run, to compare with"},
    {"threads", 't', "N", "processors to use; all by default"},
    {"anyone", 0, NULL, "mentions must name the brand (as from a source not 'about: us')"},
    {0}};

const struct verb verb_report = {
    .name = "report",
    .summary = "write what replay finds as a page for the browser",
    .usage = "RULES CORPUS",
    .notes = "CORPUS is as for 'couac replay'. The page opens from the file and holds no script:\n"
             "the verdict against the last run, precision and recall per promise with their\n"
             "intervals, what was said by what is wanted, alerts gained and lost, phrases, the\n"
             "fifty worst errors ready to be pasted as examples, microseconds per promise.\n"
             "\n"
             "  couac report rules/ corpus.jsonl --against old-rules/ -o report.html\n",
    .options = options,
    .args_min = 2,
    .args_max = 2,
    .run = run_report,
};
