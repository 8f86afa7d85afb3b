#include "cli/verbs/input.h"
#include "cli/verbs/rules.h"
#include "cli/verbs/show.h"
#include "lib/base/arena.h"
#include "lib/data/json.h"
#include "lib/text/lang.h"

static bool alerts(const struct verdict *v)
{
    return v->kind == VERDICT_DENIED || v->kind == VERDICT_MEASURED;
}

static void print_verdict(const struct screen *out, struct str text, const struct verdict *v)
{
    char amount[64];

    screen_printf(out, "%s%.*s%s: ", screen_paint(out, PAINT_BOLD), STR_ARG(v->promise->id),
                  screen_paint(out, PAINT_END));
    if (alerts(v)) {
        screen_printf(out, "%s%s%s, %s", screen_paint(out, PAINT_RED),
                      v->kind == VERDICT_MEASURED ? "broken" : "denied",
                      screen_paint(out, PAINT_END), severity_name(v->severity));
        if (v->observed) {
            show_amount(v->observed, amount, sizeof(amount));
            screen_printf(out, ", %s against '%.*s'", amount, STR_ARG(v->promise->limit.text));
        }
        if (v->ratio > 0)
            screen_printf(out, " (%.3g times)", v->ratio);
        if (v->trigger) {
            screen_printf(out, ", raised by '");
            screen_text(out, v->trigger->text);
            screen_printf(out, "'");
        }
    } else if (v->kind != VERDICT_NONE) {
        screen_printf(out, "%s%s%s", screen_paint(out, PAINT_GREEN), verdict_kind_name(v->kind),
                      screen_paint(out, PAINT_END));
    } else {
        screen_printf(out, "nothing, %s", gate_name(v->gate));
    }
    screen_printf(out, "\n");
    show_evidence(out, text, v);
    if (!alerts(v))
        return;
    screen_printf(out, "    goes to   %.*s", STR_ARG(v->promise->owner->id));
    if (v->promise->owner->contact.n) {
        screen_printf(out, " (");
        screen_text(out, v->promise->owner->contact);
        screen_printf(out, ")");
    }
    if (v->kind == VERDICT_DENIED && v->promise->after.of != AFTER_NONE)
        screen_printf(out, ", once %lld %s say so", (long long)v->promise->after.count,
                      v->promise->after.of == AFTER_AUTHORS ? "authors" : "mentions");
    if (v->promise->status == PROMISE_DRAFT)
        screen_printf(out, ", in the shadow stream (draft)");
    screen_printf(out, "\n");
}

static void print_json(const struct call *call, const struct judgement *j)
{
    struct sbuf b = SBUF_INIT(64 << 20);
    struct json_writer w;

    json_writer_init(&w, &b);
    json_open_array(&w);
    for (size_t i = 0; i < j->n; i++)
        show_json(&w, STR_NONE, j->text, &j->verdicts[i]);
    json_close_array(&w);
    sbuf_putc(&b, '\n');
    screen_raw(&call->out, sbuf_str(&b));
    sbuf_done(&b);
}

/* What was decided first, then what was stopped late, then the rest in one line. */
static void print_text(const struct call *call, const struct judgement *j, bool all)
{
    size_t n_elsewhere = 0;

    show_text(&call->out, j->text, NULL, 0);
    screen_printf(&call->out, "\n\n");
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < j->n; i++) {
            const struct verdict *v = &j->verdicts[i];
            bool far = v->kind == VERDICT_NONE && v->n_evidence == 0;

            if (far && !all) {
                n_elsewhere += round;
                continue;
            }
            if ((v->kind != VERDICT_NONE) == (round == 0))
                print_verdict(&call->out, j->text, v);
        }
    if (n_elsewhere)
        screen_printf(&call->out, "%zu%s promise%s: nothing of theirs is in it (--all shows why)\n",
                      n_elsewhere, n_elsewhere < j->n ? " other" : "", n_elsewhere == 1 ? "" : "s");
}

static int read_mention(const struct call *call, struct str text, struct mention *ret)
{
    const char *published = call_option(call, "at");
    const char *author = call_option(call, "author"), *lang = call_option(call, "lang");

    *ret = MENTION_INIT;
    ret->text = text;
    ret->author = str_of(author);
    ret->lang = str_of(lang);
    if (published && !clock_parse(str_of(published), &ret->published_ms))
        return call_trouble(call,
                            "--at takes a time like 2025-03-07 or 2025-03-07T14:30:00Z, "
                            "not '%s'",
                            published);
    if (lang && lang_from_tag(ret->lang) == LANG_UNKNOWN)
        return call_trouble(call, "--lang takes en, fr or es, not '%s'", lang);
    if (str_trim(text).n == 0)
        return call_trouble(call, "there is no text");
    return VERB_FINE;
}

static int explain(const struct call *call, struct rules *r, const struct mention *m)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new(0);
    CLEANUP(judge_freep) struct judge *judge = judge_new(r->set);
    enum judge_about about = call_option(call, "anyone") ? JUDGE_ABOUT_ANYONE : JUDGE_ABOUT_US;
    struct judgement j;
    bool found = false;

    if (judge_mention(judge, m, about, rules_now_ms(), JUDGE_ALL, arena, &j) != 0)
        return call_trouble(call, "the text cannot be judged: out of memory");
    if (call->output == CALL_JSON)
        print_json(call, &j);
    else
        print_text(call, &j, call_option(call, "all") != NULL);
    for (size_t i = 0; i < j.n; i++)
        found = found || alerts(&j.verdicts[i]);
    return found ? VERB_FINDINGS : VERB_FINE;
}

static int run_explain(const struct call *call)
{
    bool standard = strcmp(call->args[1], "-") == 0;
    CLEANUP(sbuf_done) struct sbuf text = SBUF_INIT(INPUT_LINE_MAX);
    struct rules r;
    struct mention m;
    int rc = standard ? input_whole(call, "-", &text) : VERB_FINE;

    if (rc == VERB_FINE)
        rc = read_mention(call, standard ? sbuf_str(&text) : str_of(call->args[1]), &m);
    if (rc == VERB_FINE)
        rc = rules_need(&r, call, call->args[0]);
    if (rc != VERB_FINE)
        return rc;
    rc = explain(call, &r, &m);
    rules_done(&r);
    return rc;
}

static const struct verb_option options[] = {
    {"at", 't', "TIME", "when it was written (default: now)"},
    {"author", 'a', "NAME", "who wrote it"},
    {"lang", 'l', "LANG", "its language, en, fr or es (default: guessed)"},
    {"anyone", 0, NULL, "it must name the brand (as from a source not 'about: us')"},
    {"all", 0, NULL, "promises of which nothing is in the text, too"},
    {0}};

const struct verb verb_explain = {
    .name = "explain",
    .summary = "show why a text alerts or does not, promise by promise",
    .usage = "RULES TEXT",
    .notes = "TEXT may be - for standard input. Each promise with the gate that stopped it, the\n"
             "words that hit and where their phrase is written, what was measured, and to whom\n"
             "the alert would go.\n"
             "Exit status 1: it would alert.\n"
             "  couac explain rules \"6 jours que j'attends mon colis\" --at 2025-03-07\n",
    .options = options,
    .args_min = 2,
    .args_max = 2,
    .run = run_explain,
};
