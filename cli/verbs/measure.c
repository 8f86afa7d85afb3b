#include "cli/term/interrupt.h"
#include "cli/verbs/input.h"
#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/data/json.h"
#include "lib/quantity/quantity.h"

/* The fields and their order are those of the reference in rules.md: other
 * programs read this output. */

enum { OUTPUT_MAX = 4 << 20 };

/* Code points of the text up to a byte offset, counted onwards: quantities come
 * from left to right. Bytes that continue a character do not count. */
struct ruler {
    struct str text;
    size_t byte, points;
};

static size_t points_at(struct ruler *r, size_t byte)
{
    for (; r->byte < byte && r->byte < r->text.n; r->byte++)
        r->points += (r->text.p[r->byte] & 0xc0) != 0x80;
    return r->points;
}

static void write_number(struct json_writer *w, const char *key, double value)
{
    json_key(w, str_of(key));
    json_double(w, value);
}

static void write_name(struct json_writer *w, const char *key, const char *value)
{
    json_key(w, str_of(key));
    json_str(w, str_of(value));
}

static void write_quantity(struct json_writer *w, struct ruler *r, const struct quantity *q)
{
    size_t start = points_at(r, q->start), end = points_at(r, q->end);

    json_open_object(w);
    write_name(w, "kind", quantity_kind_name(q->kind));
    json_key(w, STR("text"));
    json_str(w, str_slice(r->text, q->start, q->end));
    json_member_i64(w, STR("start"), (int64_t)start);
    json_member_i64(w, STR("end"), (int64_t)end);
    write_number(w, "amount", q->amount);
    write_name(w, "unit", quantity_unit_name(q->unit));
    write_number(w, "low", q->low);
    write_number(w, "high", q->high);
    write_name(w, "base", quantity_base_name(q));
    json_member_str(w, STR("currency"), str_of(q->currency));
    write_name(w, "bound", quantity_bound_name(q->bound));
    write_name(w, "role", quantity_role_name(q->role));
    json_close_object(w);
}

static void write_text(struct json_writer *w, struct str id, struct str text,
                       const struct quantity *q, size_t n)
{
    struct ruler r = {.text = text};

    json_open_object(w);
    json_key(w, STR("id"));
    json_str(w, id);
    json_key(w, STR("quantities"));
    json_open_array(w);
    for (size_t i = 0; i < n; i++)
        write_quantity(w, &r, &q[i]);
    json_close_array(w);
    json_close_object(w);
}

/* What the options say for texts that do not say it themselves. */
struct defaults {
    enum lang lang;
    int64_t at_s;
};

static int measure_mention(const struct call *call, const struct mention *m, size_t number,
                           const struct defaults *d, struct arena *arena, struct sbuf *out)
{
    struct str text = mention_body(m, arena);
    struct str id = m->id.n ? m->id : arena_printf(arena, "%zu", number);
    struct quantity_reader_options options = {.at_s = d->at_s, .lang = d->lang};
    struct quantity *q = NULL;
    struct json_writer w;
    int n;

    if (m->published_ms != CLOCK_NONE)
        options.at_s = m->published_ms / 1000;
    if (m->lang.n)
        options.lang = lang_from_tag(m->lang);
    n = quantity_scan(text, &options, arena, &q);
    if (n < 0)
        return call_trouble(call, "the text of line %zu needs too much memory", number);
    sbuf_clear(out);
    json_writer_init(&w, out);
    write_text(&w, id, text, q, (size_t)n);
    sbuf_putc(out, '\n');
    screen_raw(&call->out, sbuf_str(out));
    return VERB_FINE;
}

static int measure_all(const struct call *call, struct input *in, const struct defaults *d)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new(0);
    CLEANUP(sbuf_done) struct sbuf out = SBUF_INIT(OUTPUT_MAX);
    struct mention m;
    int status = VERB_FINE;

    while (status == VERB_FINE && input_next(in, INPUT_TEXTS, arena, &m)) {
        status = measure_mention(call, &m, in->number, d, arena, &out);
        arena_reset(arena);
    }
    if (status != VERB_FINE)
        return status;
    return interrupt_seen() ? VERB_INTERRUPTED : in->n_bad ? VERB_FINDINGS : VERB_FINE;
}

static int read_defaults(const struct call *call, struct defaults *ret)
{
    const char *lang = call_option(call, "lang"), *at = call_option(call, "at");
    int64_t at_ms;

    *ret = (struct defaults){.lang = LANG_UNKNOWN, .at_s = CLOCK_NONE};
    if (lang) {
        ret->lang = lang_from_tag(str_of(lang));
        if (ret->lang == LANG_UNKNOWN)
            return call_trouble(call, "--lang takes en, fr or es, not '%s'", lang);
    }
    if (!at)
        return VERB_FINE;
    if (!clock_parse(str_of(at), &at_ms))
        return call_trouble(call, "--at takes a time like 2025-03-07T10:00:00Z, not '%s'", at);
    ret->at_s = at_ms / 1000;
    return VERB_FINE;
}

static int run_measure(const struct call *call)
{
    struct defaults defaults;
    struct input in;
    int status = read_defaults(call, &defaults);

    if (status != VERB_FINE)
        return status;
    status = input_open(&in, call, call->n_args ? call->args[0] : NULL);
    if (status != VERB_FINE)
        return status;
    status = measure_all(call, &in, &defaults);
    input_close(&in);
    return status;
}

static const struct verb_option options[] = {
    {"lang", 'l', "LANG", "language of texts that do not say theirs: en, fr or es"},
    {"at", 'a', "TIME", "when they were written, for \"since Monday\""},
    {0},
};

const struct verb verb_measure = {
    .name = "measure",
    .summary = "show the quantities that are read in texts",
    .usage = "[FILE]",
    .notes = "FILE, or standard input, holds a text or a mention (JSON) a line. One JSON object a\n"
             "line comes out; offsets count characters, low and high are in the base unit and\n"
             "null where the quantity is open:\n"
             "  echo '6 jours que j attends' | couac measure --lang fr\n",
    .options = options,
    .args_min = 0,
    .args_max = 1,
    .run = run_measure,
};
