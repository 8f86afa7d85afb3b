#include <stdlib.h>

#include "cli/verbs/score.h"
#include "lib/data/json.h"

enum { OLD, NEW, LIST_DEFAULT = 50 };

struct session {
    struct rules rules[RERUN_RULES_MAX];
    struct rerun runs[RERUN_RULES_MAX];
    struct corpus_file file;
    size_t n_rules, n_list;
};

static size_t print_json(const struct call *call, const struct session *s)
{
    const struct rerun *now = &s->runs[NEW];
    struct sbuf b = SBUF_INIT((size_t)1 << 30);
    struct json_writer w;

    json_writer_init(&w, &b);
    json_open_object(&w);
    json_member_i64(&w, STR("mentions"), (int64_t)now->replay->n_mentions);
    json_member_i64(&w, STR("bad_lines"), (int64_t)now->replay->n_bad);
    json_key(&w, STR("interrupted"));
    json_bool(&w, now->interrupted);
    size_t n = score_write_delta(&w, &s->runs[OLD], now);

    json_close_object(&w);
    sbuf_putc(&b, '\n');
    screen_raw(&call->out, sbuf_str(&b));
    sbuf_done(&b);
    return n;
}

static int compare(const struct call *call, struct session *s)
{
    const struct rerun *now = &s->runs[NEW];
    int rc = rerun_run(s->runs, s->rules, s->n_rules, call, sbuf_str(&s->file.bytes));

    if (rc != VERB_FINE)
        return rc;
    rc = rerun_complain(now, call, &s->file);
    size_t n = call->output == CALL_JSON
                   ? print_json(call, s)
                   : score_print_delta(&call->out, &s->runs[OLD], now, &s->file, s->n_list);

    if (now->interrupted)
        return VERB_INTERRUPTED;
    return rc != VERB_FINE ? rc : n || now->replay->n_bad ? VERB_FINDINGS : VERB_FINE;
}

static int run_diff(const struct call *call)
{
    struct session s = {.n_list = LIST_DEFAULT};
    int rc = call_number(call, "list", 0, &s.n_list);

    for (size_t i = 0; i < RERUN_RULES_MAX && rc == VERB_FINE; i++) {
        rc = rules_need(&s.rules[i], call, call->args[i]);
        s.n_rules += rc == VERB_FINE;
    }
    if (rc == VERB_FINE)
        rc = corpus_file_read(&s.file, call, call->args[2]);
    if (rc == VERB_FINE)
        rc = compare(call, &s);
    for (size_t i = 0; i < s.n_rules; i++) {
        rerun_done(&s.runs[i]);
        rules_done(&s.rules[i]);
    }
    corpus_file_done(&s.file);
    return rc;
}

static const struct verb_option options[] = {
    {"list", 'n', "N", "how many changes to show (50)"},
    {"threads", 't', "N", "processors to use; all by default"},
    {"anyone", 0, NULL, "mentions must name the brand (as from a source not 'about: us')"},
    {0}};

const struct verb verb_diff = {
    .name = "diff",
    .summary = "show what a change of rules does to a corpus",
    .usage = "OLD NEW CORPUS",
    .notes =
        "OLD and NEW are rule files or folders; CORPUS holds mentions as JSON Lines, labelled\n"
        "or not. Each mention that one of them finds broken and the other does not is shown\n"
        "with what each says of it; labelled ones also whether the change is right.\n"
        "\n"
        "  git worktree add /tmp/old HEAD && couac diff /tmp/old/rules rules/ posts.jsonl\n"
        "\n"
        "Exit status 1: something is gained or lost, or a line cannot be read.\n",
    .options = options,
    .args_min = 3,
    .args_max = 3,
    .run = run_diff,
};
