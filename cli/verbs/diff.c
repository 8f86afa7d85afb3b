#include <stdlib.h>

#include "cli/verbs/score.h"
#include "lib/data/json.h"

struct session {
    struct rules before, now;
    struct corpus_file file;
    struct rerun heard_before, heard_now;
};

static size_t print(const struct call *call, const struct session *s)
{
    const char *list = call_option(call, "list");
    int64_t n_max = 50;
    size_t n;

    if (list && !str_to_i64(str_of(list), &n_max))
        n_max = 50;
    if (call->output == CALL_TEXT)
        return score_print_delta(&call->out, &s->heard_before, &s->heard_now, &s->file,
                                 (size_t)MAX(0, n_max));
    struct sbuf b = SBUF_INIT((size_t)1 << 30);
    struct json_writer w;

    json_writer_init(&w, &b);
    json_open_object(&w);
    json_member_i64(&w, STR("mentions"), (int64_t)s->heard_now.replay->n_mentions);
    json_member_i64(&w, STR("bad_lines"), (int64_t)s->heard_now.replay->n_bad);
    n = score_write_delta(&w, &s->heard_before, &s->heard_now);
    json_close_object(&w);
    sbuf_putc(&b, '\n');
    screen_raw(&call->out, sbuf_str(&b));
    sbuf_done(&b);
    return n;
}

static int compare(const struct call *call, struct session *s)
{
    struct replay_settings settings = rerun_settings(call);
    struct str corpus = sbuf_str(&s->file.bytes);
    int rc = rerun_run(&s->heard_before, call, &s->before, corpus, &settings, RERUN_UNMETERED);

    if (rc == VERB_FINE)
        rc = rerun_run(&s->heard_now, call, &s->now, corpus, &settings, RERUN_UNMETERED);
    if (rc == VERB_FINE)
        rc = rerun_complain(&s->heard_now, call, &s->file);
    if (!s->heard_now.replay)
        return rc;
    bool findings = print(call, s) > 0 || s->heard_now.replay->n_bad;

    if (s->heard_now.interrupted)
        return VERB_INTERRUPTED;
    return rc != VERB_FINE ? rc : findings ? VERB_FINDINGS : VERB_FINE;
}

static int with_both(const struct call *call, struct session *s)
{
    int rc = rules_need(&s->now, call, call->args[1]);

    if (rc != VERB_FINE)
        return rc;
    rc = corpus_file_read(&s->file, call, call->args[2]);
    if (rc == VERB_FINE)
        rc = compare(call, s);
    rerun_done(&s->heard_before);
    rerun_done(&s->heard_now);
    corpus_file_done(&s->file);
    rules_done(&s->now);
    return rc;
}

static int run_diff(const struct call *call)
{
    struct session s = {0};
    int rc = rules_need(&s.before, call, call->args[0]);

    if (rc != VERB_FINE)
        return rc;
    rc = with_both(call, &s);
    rules_done(&s.before);
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
