#include <stdlib.h>

#include "cli/verbs/rules.h"
#include "lib/data/json.h"
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
        if (r->set->brand.names.n == 0)
            screen_printf(out, "\nno brand names are written, so every post is taken to be about "
                               "you");
    }
    if (r->diags.n_warnings)
        screen_printf(out, ", %zu warning%s", r->diags.n_warnings, plural(r->diags.n_warnings));
    screen_printf(out, " (%.1f ms)\n", (double)r->load_us / 1000);
}

static int run_check(const struct call *call)
{
    struct rules r;
    bool strict = call_option(call, "strict") != NULL;

    rules_read(&r, call->args[0]);
    if (r.set && lint(r.set, rules_now_ms(), &r.diags) != 0) {
        rules_done(&r);
        return call_trouble(call, "the examples cannot be judged: out of memory");
    }
    if (call->output == CALL_JSON)
        print_json(call, &r);
    else
        print_text(call, &r);
    bool findings = !r.set || (strict && r.diags.n_warnings);

    rules_done(&r);
    return findings ? VERB_FINDINGS : VERB_FINE;
}

static const struct verb_option options[] = {
    {"strict", 's', NULL, "warnings count as findings, for exit status and CI"}, {0}};

const struct verb verb_check = {
    .name = "check",
    .summary = "find every mistake in rule files",
    .usage = "RULES",
    .notes = "RULES is a file or a folder of *.yaml. The shared vocabulary is read with it\n"
             "(from COUAC_SHARE if that is set). All mistakes are shown, each with its place\n"
             "and a way out. couacd refuses what check calls an error.\n",
    .options = options,
    .args_min = 1,
    .args_max = 1,
    .run = run_check,
};
