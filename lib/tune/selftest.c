#include "lib/tune/selftest.h"

#include <errno.h>
#include <math.h>

#include "lib/base/arena.h"

/* "Near miss": what tells an author where the rule is thin. An ignored example
 * that would alert if one more gate opened, or a figure just within the limit. */

struct run {
    struct judge *judge;
    struct arena *arena;
    struct selftest *out;
    uint8_t *exercised;
    int64_t now_ms;
};

static bool alerts(const struct verdict *v)
{
    return v->kind == VERDICT_DENIED || v->kind == VERDICT_MEASURED;
}

/* The figure within a fifth of the limit; NULL: none is. */
static const struct evidence *near_limit(const struct verdict *v)
{
    const struct limit *limit = &v->promise->limit;

    for (size_t i = 0; i < v->n_evidence; i++) {
        const struct quantity *q = v->evidence[i].quantity;

        if (v->evidence[i].use != EVIDENCE_KEEPS || !q || limit->op == LIMIT_NONE)
            continue;
        double bound = limit->op == LIMIT_AT_MOST ? limit->q.high : limit->q.low;
        double seen = limit->op == LIMIT_AT_MOST ? q->low : q->high;

        if (bound > 0 && fabs(seen - bound) <= bound / 5)
            return &v->evidence[i];
    }
    return NULL;
}

static bool speaks_against(const struct verdict *v)
{
    for (size_t i = 0; i < v->n_evidence; i++)
        if (v->evidence[i].role == EVIDENCE_AGAINST &&
            (v->evidence[i].use == EVIDENCE_BREAKS || v->evidence[i].use == EVIDENCE_DENIES))
            return true;
    return false;
}

/* Of the first hit in this role. */
static struct str words_of(const struct verdict *v, enum evidence_role role, struct str text)
{
    for (size_t i = 0; i < v->n_evidence; i++)
        if (v->evidence[i].role == role)
            return str_slice(text, v->evidence[i].start, v->evidence[i].end);
    return STR_NONE;
}

/* What is thin about a text that is rightly ignored; empty: nothing. */
static struct str near_miss(const struct run *r, struct str text, const struct verdict *v)
{
    const struct evidence *figure = near_limit(v);

    if (figure) {
        struct str words = str_slice(text, figure->start, figure->end);

        return arena_printf(r->arena, "'%.*s' is within a fifth of '%.*s'", STR_ARG(words),
                            STR_ARG(v->promise->limit.text));
    }
    if (v->gate == GATE_COMPLAINT && speaks_against(v))
        return STR("only a complaint is missing");
    if (v->gate != GATE_UNLESS || !speaks_against(v))
        return STR_NONE;
    struct str excuse = words_of(v, EVIDENCE_UNLESS, text);

    return arena_printf(r->arena, "only '%.*s' excuses it", STR_ARG(excuse));
}

static bool same_amount(const struct quantity *want, const struct quantity *got)
{
    double slack = fabs(want->low) * 0.001;

    if (!got || got->kind != want->kind)
        return false;
    /* "since Monday" is three to four days on a Friday; "over a week" has no end. */
    return got->low <= want->low + slack &&
           (isfinite(got->high) ? got->high >= want->low - slack : got->low >= want->low - slack);
}

/* What is wrong with the outcome; empty: nothing. */
static struct str complaint(const struct run *r, const struct example *e, const struct verdict *v)
{
    if (e->want == EXAMPLE_IGNORE)
        return alerts(v) ? arena_printf(r->arena, "alerts (%s), should be ignored",
                                        verdict_kind_name(v->kind))
                         : STR_NONE;
    if (!alerts(v))
        return arena_printf(r->arena, "is ignored (%s), should alert", gate_name(v->gate));
    if (e->measured.n && !v->observed)
        return arena_printf(r->arena, "alerts without a figure, should measure %.*s",
                            STR_ARG(e->measured));
    if (e->measured.n && !same_amount(&e->measured_q, v->observed)) {
        char amount[64];

        quantity_write_duration(v->observed->low, LANG_EN, amount, sizeof(amount));
        return arena_printf(r->arena, "measures %s, should measure %.*s",
                            v->observed->kind == QUANTITY_DURATION ? amount : "another amount",
                            STR_ARG(e->measured));
    }
    if (e->severity >= 0 && (enum severity)e->severity != v->severity)
        return arena_printf(r->arena, "is of %s severity, should be %s", severity_name(v->severity),
                            severity_name((enum severity)e->severity));
    return STR_NONE;
}

static void note_phrases(struct run *r, const struct verdict *v)
{
    for (size_t i = 0; i < v->n_evidence; i++) {
        uint32_t number = v->evidence[i].phrase->number;

        r->out->n_exercised += !r->exercised[number];
        r->exercised[number] = 1;
    }
}

static enum selftest_result result_of(const struct example *e, struct str why)
{
    if (e->due == EXAMPLE_TODO)
        return why.n ? SELFTEST_TODO : SELFTEST_TODO_DONE;
    return why.n ? SELFTEST_FAILED : SELFTEST_PASSED;
}

static int run_example(struct run *r, const struct promise *p, const struct example *e,
                       struct selftest_case *ret)
{
    struct judgement j;

    judge_only(r->judge, p);
    int rc =
        judge_mention(r->judge, &e->mention, JUDGE_ABOUT_US, r->now_ms, JUDGE_ALL, r->arena, &j);

    if (rc)
        return rc;
    *ret = (struct selftest_case){.promise = p, .example = e, .text = j.text};
    for (size_t i = 0; i < j.n; i++)
        if (j.verdicts[i].promise == p)
            ret->verdict = j.verdicts[i];
    ret->why = complaint(r, e, &ret->verdict);
    ret->result = result_of(e, ret->why);
    if (e->want == EXAMPLE_IGNORE && !alerts(&ret->verdict))
        ret->near_miss = near_miss(r, j.text, &ret->verdict);
    note_phrases(r, &ret->verdict);
    r->out->n_passed += ret->result == SELFTEST_PASSED;
    r->out->n_failed += ret->result == SELFTEST_FAILED;
    r->out->n_todo += ret->result == SELFTEST_TODO || ret->result == SELFTEST_TODO_DONE;
    return 0;
}

static int run_all(struct run *r, const struct ruleset *set, struct selftest_case *cases)
{
    for (size_t i = 0; i < set->n_promises; i++)
        for (uint32_t k = 0; k < set->promises[i].n_examples; k++) {
            int rc =
                run_example(r, &set->promises[i], &set->promises[i].examples[k], &cases[r->out->n]);

            if (rc)
                return rc;
            r->out->n++;
        }
    return 0;
}

int selftest_run(struct ruleset *set, int64_t now_ms, struct arena *arena, struct selftest *ret)
{
    CLEANUP(judge_freep) struct judge *judge = judge_new(set);
    struct selftest out = {.n_phrases = set->n_phrases};
    size_t n = 0;

    for (size_t i = 0; i < set->n_promises; i++)
        n += set->promises[i].n_examples;
    struct selftest_case *cases = arena_array(arena, n, sizeof(*cases));
    struct run r = {.judge = judge,
                    .arena = arena,
                    .out = &out,
                    .exercised = arena_alloc(arena, set->n_phrases + 1),
                    .now_ms = now_ms};

    if (!cases || !r.exercised)
        return -ENOMEM;
    int rc = run_all(&r, set, cases);

    if (rc)
        return rc;
    out.cases = cases;
    out.exercised = r.exercised;
    *ret = out;
    return 0;
}
