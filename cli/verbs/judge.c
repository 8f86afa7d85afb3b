#include "lib/judge/judge.h"

#include "cli/term/interrupt.h"
#include "cli/verbs/input.h"
#include "cli/verbs/rules.h"
#include "cli/verbs/show.h"
#include "lib/base/arena.h"
#include "lib/data/json.h"

/* Always JSON Lines, with or without --json: made to be piped. */

struct counts {
    size_t n_mentions, n_broken;
};

static void print_verdicts(const struct call *call, const struct mention *m,
                           const struct judgement *j, struct sbuf *line, struct counts *counts)
{
    bool all = call_option(call, "all") != NULL;

    for (size_t i = 0; i < j->n; i++) {
        const struct verdict *v = &j->verdicts[i];
        struct json_writer w;

        if (v->kind == VERDICT_NONE && !all)
            continue;
        counts->n_broken += v->kind == VERDICT_MEASURED || v->kind == VERDICT_DENIED;
        sbuf_clear(line);
        json_writer_init(&w, line);
        show_json(&w, m->id, j->text, v);
        sbuf_putc(line, '\n');
        screen_raw(&call->out, sbuf_str(line));
    }
}

static int judge_all(const struct call *call, struct rules *r, struct input *in)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new(0);
    CLEANUP(judge_freep) struct judge *judge = judge_new(r->set);
    enum judge_depth depth = call_option(call, "all") ? JUDGE_ALL : JUDGE_OUTCOMES;
    enum judge_about about = call_option(call, "anyone") ? JUDGE_ABOUT_ANYONE : JUDGE_ABOUT_US;
    struct sbuf line = SBUF_INIT(16 << 20);
    struct counts counts = {0};
    struct mention m;
    struct judgement j;

    while (input_next(in, INPUT_TEXTS, arena, &m)) {
        mention_identify(&m, arena);
        counts.n_mentions++;
        if (judge_mention(judge, &m, about, rules_now_ms(), depth, arena, &j) == 0)
            print_verdicts(call, &m, &j, &line, &counts);
        arena_reset(arena);
    }
    sbuf_done(&line);
    if (interrupt_seen())
        return VERB_INTERRUPTED;
    return counts.n_broken || in->n_bad ? VERB_FINDINGS : VERB_FINE;
}

static int run_judge(const struct call *call)
{
    struct rules r;
    struct input in;
    int rc = rules_need(&r, call, call->args[0]);

    if (rc != VERB_FINE)
        return rc;
    rc = input_open(&in, call, call->n_args > 1 ? call->args[1] : NULL);
    if (rc == VERB_FINE) {
        rc = judge_all(call, &r, &in);
        input_close(&in);
    }
    rules_done(&r);
    return rc;
}

static const struct verb_option options[] = {
    {"all", 'a', NULL, "every mention and promise, also where nothing is found"},
    {"anyone", 0, NULL, "mentions must name the brand (as from a source not 'about: us')"},
    {0}};

const struct verb verb_judge = {
    .name = "judge",
    .summary = "judge mentions, one verdict a line",
    .usage = "RULES [FILE]",
    .notes = "FILE holds mentions as JSON Lines (what 'couac items' prints), or plain texts, one\n"
             "a line; standard input without it. Verdicts are JSON Lines: broken (measured\n"
             "against the limit), suspected (denied without a figure), kept, dissonant.\n"
             "Exit status 1: something is broken or suspected, or a line could not be read.\n",
    .options = options,
    .args_min = 1,
    .args_max = 2,
    .run = run_judge,
};
