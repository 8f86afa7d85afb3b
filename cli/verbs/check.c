#include <stdlib.h>

#include "cli/term/interrupt.h"
#include "cli/verbs/input.h"
#include "cli/verbs/rules.h"
#include "lib/base/arena.h"
#include "lib/data/json.h"
#include "lib/tune/common.h"
#include "lib/tune/lint.h"

static void write_diag(struct json_writer *w, const struct diag *d)
{
    json_open_object(w);
    json_member_str(w, STR("level"), d->level == DIAG_ERROR ? STR("error") : STR("warning"));
    json_member_str(w, STR("file"), d->at.file);
    json_member_i64(w, STR("line"), d->at.line);
    json_member_i64(w, STR("column"), d->at.col);
    json_member_i64(w, STR("width"), d->at.width);
    json_member_str(w, STR("message"), d->message);
    json_member_str(w, STR("hint"), d->hint);
    json_close_object(w);
}

static size_t count_examples(const struct ruleset *set)
{
    size_t n = 0;

    for (size_t i = 0; set && i < set->n_promises; i++)
        n += set->promises[i].n_examples;
    return n;
}

static void print_json(const struct call *call, const struct rules *r)
{
    struct sbuf b = SBUF_INIT(64 << 20);
    struct json_writer w;

    json_writer_init(&w, &b);
    json_open_object(&w);
    json_member_i64(&w, STR("errors"), (int64_t)r->diags.n_errors);
    json_member_i64(&w, STR("warnings"), (int64_t)r->diags.n_warnings);
    json_member_i64(&w, STR("files"), (int64_t)r->fs.n);
    if (r->set) {
        json_member_i64(&w, STR("promises"), (int64_t)r->set->n_promises);
        json_member_i64(&w, STR("lists"), (int64_t)r->set->n_lists);
        json_member_i64(&w, STR("phrases"), r->set->n_phrases);
        json_member_i64(&w, STR("examples"), (int64_t)count_examples(r->set));
        json_member_str(&w, STR("sha256"), str_of(r->set->sha256));
    }
    json_member_i64(&w, STR("microseconds"), r->load_us);
    json_key(&w, STR("diagnostics"));
    json_open_array(&w);
    for (size_t i = 0; i < r->diags.n; i++)
        write_diag(&w, &r->diags.items[i]);
    json_close_array(&w);
    json_close_object(&w);
    sbuf_putc(&b, '\n');
    screen_raw(&call->out, sbuf_str(&b));
    sbuf_done(&b);
}

static const char *plural(size_t n)
{
    return n == 1 ? "" : "s";
}

static void print_text(const struct call *call, struct rules *r)
{
    const struct screen *out = &call->out;

    screen_diags(out, &r->diags);
    if (r->diags.n)
        screen_printf(out, "\n");
    if (!r->set) {
        screen_printf(out, "%s%zu error%s%s", screen_paint(out, PAINT_RED), r->diags.n_errors,
                      plural(r->diags.n_errors), screen_paint(out, PAINT_END));
    } else {
        screen_printf(out,
                      "%sok%s: %zu promise%s, %zu example%s, %zu lists, %u phrases in %zu files",
                      screen_paint(out, PAINT_GREEN), screen_paint(out, PAINT_END),
                      r->set->n_promises, plural(r->set->n_promises), count_examples(r->set),
                      plural(count_examples(r->set)), r->set->n_lists, r->set->n_phrases, r->fs.n);
    }
    if (r->diags.n_warnings)
        screen_printf(out, ", %zu warning%s", r->diags.n_warnings, plural(r->diags.n_warnings));
    screen_printf(out, " (%.1f ms)\n", (double)r->load_us / 1000);
    if (r->set && r->set->brand.names.n == 0)
        screen_printf(out, "no brand names are written, so every post is taken to be about you\n");
}

/* The posts of --corpus, if there is one. */
static int hear_corpus(const struct call *call, struct common *common)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new(0);
    const char *path = call_option(call, "corpus");
    struct input in;
    struct mention m;

    if (!path)
        return VERB_FINE;
    if (input_open(&in, call, path) != VERB_FINE)
        return VERB_TROUBLE;
    for (; input_next(&in, INPUT_TEXTS, arena, &m); arena_reset(arena))
        common_hear(common, &m);
    int status = interrupt_seen() ? VERB_INTERRUPTED : in.n_bad ? VERB_FINDINGS : VERB_FINE;

    input_close(&in);
    return status;
}

/* What only sealed rules show. VERB_TROUBLE after a word. */
static int look_closer(const struct call *call, struct rules *r)
{
    struct common *common = common_new(r->set);
    int status = hear_corpus(call, common);

    if (status == VERB_INTERRUPTED)
        screen_printf(&call->err, "interrupted: common words are counted in the posts read so "
                                  "far\n");
    common_warn(common, &r->diags);
    common_free(common);
    if (lint(r->set, rules_now_ms(), &r->diags) != 0)
        return call_trouble(call, "the examples cannot be judged: out of memory");
    return status;
}

/* A path that leads to no rule file is wrong usage, no finding. */
static bool nothing_read(const struct rules *r)
{
    for (size_t i = 0; i < r->fs.n; i++)
        if (r->fs.items[i].origin == RULE_USER)
            return false;
    return true;
}

static int run_check(const struct call *call)
{
    struct rules r;
    bool strict = call_option(call, "strict") != NULL;

    rules_read(&r, call->args[0]);
    int status = r.set ? look_closer(call, &r) : nothing_read(&r) ? VERB_TROUBLE : VERB_FINDINGS;

    if (r.set && status == VERB_TROUBLE) {
        rules_done(&r);
        return status;
    }
    if (call->output == CALL_JSON)
        print_json(call, &r);
    else
        print_text(call, &r);
    if (strict && r.diags.n_warnings && status == VERB_FINE)
        status = VERB_FINDINGS;
    rules_done(&r);
    return status;
}

static const struct verb_option options[] = {
    {"strict", 's', NULL, "warnings count as findings, for exit status and CI"},
    {"corpus", 'c', "FILE", "posts to count too common words in, as texts or JSON Lines"},
    {0}};

const struct verb verb_check = {
    .name = "check",
    .summary = "find every mistake in rule files",
    .usage = "RULES",
    .notes = "RULES is a file or a folder of *.yaml. The shared vocabulary is read with it\n"
             "(from COUAC_SHARE if that is set). All mistakes are shown, each with its place\n"
             "and a way out. couacd refuses what check calls an error.\n"
             "\n"
             "A phrase of one word that hits over 5 % of all posts is warned of: by a table of\n"
             "the commonest words of customers' posts, or by your own posts with --corpus.\n",
    .options = options,
    .args_min = 1,
    .args_max = 1,
    .run = run_check,
};
