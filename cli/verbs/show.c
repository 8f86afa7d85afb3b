#include "cli/verbs/show.h"

#include <math.h>
#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/base/utf8.h"
#include "lib/data/json.h"

enum { PHRASE_SHOWN_BYTES = 48 };

static const char *const verdict_words[] = {
    [VERDICT_NONE] = "none",           [VERDICT_KEPT] = "kept",
    [VERDICT_DENIED] = "suspected",    [VERDICT_MEASURED] = "broken",
    [VERDICT_DISSONANT] = "dissonant",
};

void show_amount(const struct quantity *q, char *ret, size_t n)
{
    double value = isfinite(q->low) ? q->low : q->high;

    if (q->kind == QUANTITY_DURATION)
        quantity_write_duration(value, LANG_EN, ret, n);
    else
        (void)snprintf(ret, n, "%.10g %s", value, quantity_base_name(q)); /* may be cut */
}

void show_text(const struct screen *out, struct str text, const struct evidence *evidence, size_t n)
{
    uint8_t *marked = alloc_zeroed(text.n + 1, 1);

    for (size_t i = 0; i < n; i++)
        for (size_t k = evidence[i].start; k < evidence[i].end && k < text.n; k++)
            marked[k] = 1;
    for (size_t from = 0, to; from < text.n; from = to) {
        for (to = from + 1; to < text.n && marked[to] == marked[from];)
            to++;
        screen_printf(out, "%s", screen_paint(out, marked[from] ? PAINT_MARK : PAINT_END));
        screen_text(out, str_slice(text, from, to));
        screen_printf(out, "%s", screen_paint(out, PAINT_END));
    }
    free(marked);
}

/* Some phrases are lists of fifty words; the file and line are beside it. */
static void show_phrase(const struct screen *out, const struct phrase *p)
{
    bool cut = p->text.n > PHRASE_SHOWN_BYTES;

    screen_text(out, utf8_head(p->text, PHRASE_SHOWN_BYTES));
    screen_printf(out, "%s  ", cut ? "…" : "");
    screen_text(out, p->at.file);
    screen_printf(out, ":%u", p->at.line);
}

void show_evidence(const struct screen *out, struct str text, const struct verdict *v)
{
    for (size_t i = 0; i < v->n_evidence; i++) {
        const struct evidence *e = &v->evidence[i];
        char amount[64];

        screen_printf(out, "    %-9s %s", evidence_role_name(e->role),
                      screen_paint(out, PAINT_CYAN));
        screen_text(out, str_slice(text, e->start, e->end));
        screen_printf(out, "%s", screen_paint(out, PAINT_END));
        if (e->quantity) {
            show_amount(e->quantity, amount, sizeof(amount));
            screen_printf(out, " = %s", amount);
        }
        if (evidence_use_name(e->use)[0])
            screen_printf(out, ", %s", evidence_use_name(e->use));
        if (e->weight)
            screen_printf(out, ", weighs %.2f", e->weight / 1000.0);
        screen_printf(out, "  %s", screen_paint(out, PAINT_DIM));
        show_phrase(out, e->phrase);
        screen_printf(out, "%s\n", screen_paint(out, PAINT_END));
    }
}

static void write_bound(struct json_writer *w, struct str key, double value)
{
    json_key(w, key);
    json_double(w, value); /* open ends are null */
}

static void write_observed(struct json_writer *w, const struct quantity *q)
{
    json_key(w, STR("observed"));
    json_open_object(w);
    json_key(w, STR("amount"));
    json_double(w, q->amount);
    json_member_str(w, STR("unit"), str_of(quantity_unit_name(q->unit)));
    write_bound(w, STR("low"), q->low);
    write_bound(w, STR("high"), q->high);
    json_member_str(w, STR("base"), str_of(quantity_base_name(q)));
    json_member_str(w, STR("bound"), str_of(quantity_bound_name(q->bound)));
    json_member_str(w, STR("role"), str_of(quantity_role_name(q->role)));
    json_close_object(w);
}

static void write_evidence(struct json_writer *w, struct str text, const struct evidence *e)
{
    size_t start = utf8_count(str_slice(text, 0, e->start));
    char at[300];

    (void)snprintf(at, sizeof(at), "%.*s:%u", STR_ARG(e->phrase->at.file), e->phrase->at.line);
    json_open_object(w);
    json_member_str(w, STR("role"), str_of(evidence_role_name(e->role)));
    json_member_i64(w, STR("start"), (int64_t)start);
    json_member_i64(w, STR("end"),
                    (int64_t)(start + utf8_count(str_slice(text, e->start, e->end))));
    json_member_str(w, STR("text"), str_slice(text, e->start, e->end));
    json_member_str(w, STR("use"), str_of(evidence_use_name(e->use)));
    if (e->weight) {
        json_key(w, STR("weight"));
        json_double(w, e->weight / 1000.0);
    }
    json_member_str(w, STR("phrase"), e->phrase->text);
    json_member_str(w, STR("at"), str_of(at));
    json_close_object(w);
}

void show_json(struct json_writer *w, struct str id, struct str text, const struct verdict *v)
{
    json_open_object(w);
    json_member_str(w, STR("id"), id);
    json_member_str(w, STR("promise"), v->promise->id);
    json_member_str(w, STR("verdict"), str_of(verdict_words[v->kind]));
    json_member_str(w, STR("strength"), str_of(verdict_kind_name(v->kind)));
    if (v->gate != GATE_PASSED)
        json_member_str(w, STR("stopped"), str_of(gate_name(v->gate)));
    if (v->observed)
        write_observed(w, v->observed);
    if (v->ratio > 0) {
        json_key(w, STR("ratio"));
        json_double(w, v->ratio);
    }
    if (v->kind == VERDICT_MEASURED || v->kind == VERDICT_DENIED) {
        json_member_str(w, STR("severity"), str_of(severity_name(v->severity)));
        json_member_str(w, STR("raised_by"), v->trigger ? v->trigger->text : STR_NONE);
        json_member_str(w, STR("owner"), v->promise->owner->id);
        json_member_str(w, STR("contact"), v->promise->owner->contact);
    }
    json_key(w, STR("evidence"));
    json_open_array(w);
    for (size_t i = 0; i < v->n_evidence; i++)
        write_evidence(w, text, &v->evidence[i]);
    json_close_array(w);
    json_close_object(w);
}
