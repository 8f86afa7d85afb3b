#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "cli/term/interrupt.h"
#include "cli/verbs/rules.h"
#include "cli/verbs/show.h"
#include "lib/base/arena.h"
#include "lib/base/utf8.h"
#include "lib/data/json.h"
#include "lib/tune/selftest.h"

enum { WATCH_NS = 150 * 1000 * 1000, JUNIT_NAME_BYTES = 120 };

static const char *const result_names[] = {
    [SELFTEST_PASSED] = "passed",
    [SELFTEST_FAILED] = "failed",
    [SELFTEST_TODO] = "todo",
    [SELFTEST_TODO_DONE] = "todo, but passes",
};

static void print_case(const struct screen *out, const struct selftest_case *c)
{
    bool failed = c->result == SELFTEST_FAILED;
    bool near = c->near_miss.n && c->result == SELFTEST_PASSED;

    screen_printf(out, "%s%s%s  ", screen_paint(out, failed ? PAINT_RED : PAINT_YELLOW),
                  near ? "near miss" : result_names[c->result], screen_paint(out, PAINT_END));
    screen_text(out, c->example->at.file);
    screen_printf(out, ":%u  %.*s  ", c->example->at.line, STR_ARG(c->promise->id));
    screen_text(out, near ? c->near_miss : c->why);
    screen_printf(out, "\n    ");
    show_text(out, c->text, c->verdict.evidence, c->verdict.n_evidence);
    screen_printf(out, "\n");
    show_evidence(out, c->text, &c->verdict);
}

/* Phrases of promises (not of lists) that no example hits. */
static void print_unexercised(const struct screen *out, const struct rules *r,
                              const struct selftest *t)
{
    for (size_t i = 0; i < r->set->n_promises; i++) {
        const struct promise *p = &r->set->promises[i];
        const struct slot *slots[] = {&p->about, &p->against, &p->complaint, &p->unless, &p->kept};

        for (size_t k = 0; k < ARRAY_LEN(slots); k++)
            for (uint32_t n = 0; n < slots[k]->n; n++) {
                const struct phrase *phrase = &slots[k]->phrases[n];
                bool list = phrase->n_parts == 1 && phrase->parts[0].n_places == 1 &&
                            phrase->parts[0].places[0].atoms[0].kind == ATOM_LIST;

                if (t->exercised[phrase->number] || list)
                    continue;
                screen_text(out, phrase->at.file);
                screen_printf(out, ":%u: no example exercises '", phrase->at.line);
                screen_text(out, phrase->text);
                screen_printf(out, "'\n");
            }
    }
}

static void write_case(struct json_writer *w, const struct selftest_case *c)
{
    json_open_object(w);
    json_member_str(w, STR("promise"), c->promise->id);
    json_member_str(w, STR("file"), c->example->at.file);
    json_member_i64(w, STR("line"), c->example->at.line);
    json_member_str(w, STR("want"),
                    c->example->want == EXAMPLE_ALERT ? STR("alert") : STR("ignore"));
    json_member_str(w, STR("result"), str_of(result_names[c->result]));
    json_key(w, STR("near_miss"));
    json_bool(w, c->near_miss.n > 0);
    json_member_str(w, STR("why"), c->why.n ? c->why : c->near_miss);
    json_key(w, STR("verdict"));
    show_json(w, STR_NONE, c->text, &c->verdict);
    json_close_object(w);
}

static void print_json(const struct call *call, const struct selftest *t)
{
    struct sbuf b = SBUF_INIT(256 << 20);
    struct json_writer w;

    json_writer_init(&w, &b);
    json_open_object(&w);
    json_member_i64(&w, STR("passed"), (int64_t)t->n_passed);
    json_member_i64(&w, STR("failed"), (int64_t)t->n_failed);
    json_member_i64(&w, STR("todo"), (int64_t)t->n_todo);
    json_member_i64(&w, STR("phrases"), (int64_t)t->n_phrases);
    json_member_i64(&w, STR("exercised"), (int64_t)t->n_exercised);
    json_key(&w, STR("examples"));
    json_open_array(&w);
    for (size_t i = 0; i < t->n; i++)
        write_case(&w, &t->cases[i]);
    json_close_array(&w);
    json_close_object(&w);
    sbuf_putc(&b, '\n');
    screen_raw(&call->out, sbuf_str(&b));
    sbuf_done(&b);
}

static void print_text(const struct call *call, const struct rules *r, const struct selftest *t)
{
    const struct screen *out = &call->out;
    bool verbose = call_option(call, "verbose") || call_option(call, "watch");

    for (size_t i = 0; i < t->n; i++)
        if (t->cases[i].result != SELFTEST_PASSED || (verbose && t->cases[i].near_miss.n))
            print_case(out, &t->cases[i]);
    if (call_option(call, "verbose"))
        print_unexercised(out, r, t);
    screen_printf(out, "%s%zu passed, %zu failed%s",
                  screen_paint(out, t->n_failed ? PAINT_RED : PAINT_GREEN), t->n_passed,
                  t->n_failed, screen_paint(out, PAINT_END));
    if (t->n_todo)
        screen_printf(out, ", %zu todo", t->n_todo);
    screen_printf(out, " (%zu promises)\n", r->set->n_promises);
}

static void xml_text(FILE *file, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];

        if (c == '<' || c == '>' || c == '&' || c == '"')
            (void)fprintf(file, "&#%u;", c); /* a failed write shows at fclose */
        else if (c >= 0x20)
            (void)putc(c, file); /* likewise */
        else if (c == '\n' || c == '\t')
            (void)fprintf(file, "&#%u;", c); /* in an attribute a bare one would be a space */
    }
}

/* The name is what the example says: CI compares runs by it, and lines move. */
static void write_testcase(FILE *file, const struct selftest_case *c)
{
    (void)fprintf(file, "<testcase classname=\"%.*s\" name=\"%s: ", STR_ARG(c->promise->id),
                  c->example->want == EXAMPLE_ALERT ? "alert" : "ignore");
    xml_text(file, utf8_head(c->text, JUNIT_NAME_BYTES));
    (void)fprintf(file, "\" file=\"");
    xml_text(file, c->example->at.file);
    (void)fprintf(file, "\" line=\"%u\" time=\"0\">", c->example->at.line);
    if (c->result == SELFTEST_FAILED) {
        (void)fprintf(file, "<failure type=\"example\" message=\"");
        xml_text(file, c->why);
        (void)fprintf(file, "\">");
        xml_text(file, c->example->at.file);
        (void)fprintf(file, ":%u: ", c->example->at.line);
        xml_text(file, c->text);
        (void)fprintf(file, "</failure>");
    } else if (c->result != SELFTEST_PASSED) {
        (void)fprintf(file, "<skipped message=\"%s\"/>", result_names[c->result]);
    }
    (void)fprintf(file, "</testcase>\n");
}

/* JUnit's XML, as Jenkins and GitLab read it. */
static int write_junit(const struct call *call, const struct selftest *t, const char *path)
{
    FILE *file = fopen(path, "w");

    if (!file)
        return call_trouble(call, "cannot write %s: %s", path, strerror(errno));
    (void)fprintf(file,
                  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                  "<testsuites>\n<testsuite name=\"couac\" tests=\"%zu\" failures=\"%zu\" "
                  "errors=\"0\" skipped=\"%zu\" time=\"0\">\n",
                  t->n, t->n_failed, t->n_todo);
    for (size_t i = 0; i < t->n; i++)
        write_testcase(file, &t->cases[i]);
    (void)fprintf(file, "</testsuite>\n</testsuites>\n");
    if (ferror(file) | fclose(file)) /* failed writes show here */
        return call_trouble(call, "cannot write %s", path);
    return VERB_FINE;
}

static int report(const struct call *call, const struct rules *r, const struct selftest *t,
                  size_t least)
{
    const char *junit = call_option(call, "junit");
    size_t percent = t->n_phrases ? t->n_exercised * 100 / t->n_phrases : 100;

    if (call->output == CALL_JSON)
        print_json(call, t);
    else
        print_text(call, r, t);
    if (junit) {
        int rc = write_junit(call, t, junit);

        if (rc != VERB_FINE)
            return rc;
    }
    if (percent < least) {
        screen_printf(&call->err, "examples exercise %zu %% of the phrases, %zu %% are asked for\n",
                      percent, least);
        return VERB_FINDINGS;
    }
    return t->n_failed ? VERB_FINDINGS : VERB_FINE;
}

static int run_once(const struct call *call, size_t coverage)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new(0);
    struct rules r;
    struct selftest t;
    int rc = rules_need(&r, call, call->args[0]);

    if (rc != VERB_FINE)
        return rc;
    if (selftest_run(r.set, rules_now_ms(), arena, &t) == 0)
        rc = report(call, &r, &t, coverage);
    rules_done(&r);
    return rc;
}

/* Waits until the files differ from `seen` and have stood still for a moment, as
 * editors write in several steps. */
static uint64_t wait_for_change(const char *path, uint64_t seen)
{
    static const struct timespec pause = {.tv_nsec = WATCH_NS};
    uint64_t before = seen, now = seen;

    while (!interrupt_seen() && (now == seen || now != before)) {
        before = now;
        (void)nanosleep(&pause, NULL); /* shorter after a signal: the loop looks */
        now = rules_fingerprint(path);
    }
    return now;
}

static int watch(const struct call *call, size_t coverage)
{
    const char *path = call->args[0];

    while (!interrupt_seen()) {
        uint64_t seen = rules_fingerprint(path);

        if (call->out.terminal)
            screen_printf(&call->out, "\033[H\033[2J");
        (void)run_once(call, coverage); /* it said what is wrong; the next change may mend it */
        if (call->output == CALL_TEXT)
            screen_printf(&call->out, "%swatching %s; Ctrl-C ends%s\n",
                          screen_paint(&call->out, PAINT_DIM), path,
                          screen_paint(&call->out, PAINT_END));
        if (fflush(call->out.file) != 0)
            return call_trouble(call, "standard output: %s", strerror(errno));
        (void)wait_for_change(path, seen); /* what it is now, the next round reads */
    }
    return VERB_INTERRUPTED;
}

static int run_test(const struct call *call)
{
    size_t coverage = 0;
    int rc = call_number(call, "coverage", 0, &coverage);

    if (rc == VERB_FINE && coverage > 100)
        rc = call_trouble(call, "--coverage takes at most 100 percent, not %zu", coverage);
    if (rc != VERB_FINE)
        return rc;
    return call_option(call, "watch") ? watch(call, coverage) : run_once(call, coverage);
}

static const struct verb_option options[] = {
    {"watch", 'w', NULL, "run again whenever a rule file changes; shows near misses"},
    {"verbose", 'v', NULL, "near misses, and phrases that no example exercises"},
    {"coverage", 0, "PERCENT", "fail when examples exercise fewer phrases than that"},
    {"junit", 0, "FILE", "write the results as JUnit XML too, for Jenkins and GitLab"},
    {0}};

const struct verb verb_test = {
    .name = "test",
    .summary = "run the examples written in rule files",
    .usage = "RULES",
    .notes = "Every example under 'examples' is judged by its own promise. A failure shows the\n"
             "text with the words that hit. A near miss is an example that is rightly ignored,\n"
             "but one gate or a fifth of the limit away from an alert.\n"
             "Exit status 1: an example failed; --watch ends with Ctrl-C and 130.\n",
    .options = options,
    .args_min = 1,
    .args_max = 1,
    .run = run_test,
};
