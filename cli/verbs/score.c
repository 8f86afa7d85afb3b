#include "cli/verbs/score.h"

#include <math.h>
#include <stdlib.h>

#include "cli/term/table.h"
#include "cli/verbs/show.h"
#include "lib/base/alloc.h"
#include "lib/base/arena.h"
#include "lib/base/utf8.h"
#include "lib/data/json.h"

static struct str rate_text(struct rate r, struct arena *arena)
{
    if (isnan(r.value))
        return STR("-");
    return arena_printf(arena, "%.3f [%.2f-%.2f]", r.value, r.low, r.high);
}

static struct str count_text(size_t n, struct arena *arena)
{
    return arena_printf(arena, "%zu", n);
}

/* What a narrow screen has no room for stands in --json and in the report too. */
enum { WIDE_COLUMNS = 114, PHRASE_BYTES = 60 };

static void add_narrow_row(struct table *table, struct str id, const struct tally *t,
                           struct arena *arena)
{
    struct rate f1 = tally_f1(t);
    struct str cells[] = {
        id,
        rate_text(tally_precision(t), arena),
        rate_text(tally_recall(t), arena),
        isnan(f1.value) ? STR("-") : arena_printf(arena, "%.3f", f1.value),
        count_text(tally_true_alerts(t), arena),
        count_text(tally_noise(t), arena),
        count_text(tally_misses(t), arena),
        count_text(t->n_broken, arena),
    };

    table_row(table, cells);
}

static void print_narrow(const struct screen *out, const struct replay *r)
{
    static const struct table_column columns[] = {{"promise", TABLE_CUT}, {"precision", TABLE_LEFT},
                                                  {"recall", TABLE_LEFT}, {"F1", TABLE_LEFT},
                                                  {"true", TABLE_RIGHT},  {"noise", TABLE_RIGHT},
                                                  {"miss", TABLE_RIGHT},  {"broken", TABLE_RIGHT}};
    struct arena *arena = arena_new(0);
    struct table *table = table_new(out, columns, ARRAY_LEN(columns));

    for (size_t i = 0; i < r->set->n_promises; i++)
        add_narrow_row(table, r->set->promises[i].id, &r->promises[i], arena);
    add_narrow_row(table, STR("all"), &r->all, arena);
    table_print(table);
    table_free(table);
    arena_free(arena);
}

static void add_row(struct table *table, struct str id, const struct tally *t, size_t n_metered,
                    struct arena *arena)
{
    size_t pairs = tally_true_alerts(t) + tally_noise(t) + tally_misses(t) + tally_true_silence(t);
    struct str cells[] = {
        id,
        count_text(pairs, arena),
        rate_text(tally_precision(t), arena),
        rate_text(tally_recall(t), arena),
        rate_text(tally_f1(t), arena),
        count_text(tally_true_alerts(t), arena),
        count_text(tally_noise(t), arena),
        count_text(tally_misses(t), arena),
        count_text(t->n_broken, arena),
        count_text(t->n_alerts, arena),
        n_metered ? arena_printf(arena, "%.0f", (double)t->spent_ns / (double)n_metered) : STR("-"),
    };

    table_row(table, cells);
}

static void print_wide(const struct screen *out, const struct rerun *h)
{
    static const struct table_column columns[] = {
        {"promise", TABLE_LEFT}, {"pairs", TABLE_RIGHT},  {"precision", TABLE_LEFT},
        {"recall", TABLE_LEFT},  {"F1", TABLE_LEFT},      {"true", TABLE_RIGHT},
        {"noise", TABLE_RIGHT},  {"missed", TABLE_RIGHT}, {"broken", TABLE_RIGHT},
        {"alerts", TABLE_RIGHT}, {"ns/post", TABLE_RIGHT}};
    struct arena *arena = arena_new(0);
    struct table *table = table_new(out, columns, ARRAY_LEN(columns));
    const struct replay *r = h->replay;

    for (size_t i = 0; i < r->set->n_promises; i++)
        add_row(table, r->set->promises[i].id, &r->promises[i], h->n_metered, arena);
    add_row(table, STR("all"), &r->all, h->n_metered, arena);
    table_print(table);
    table_free(table);
    arena_free(arena);
}

static void print_confusion(const struct screen *out, const struct replay *r)
{
    static const struct table_column columns[] = {
        {"verdict", TABLE_LEFT}, {"want alert", TABLE_RIGHT}, {"want silence", TABLE_RIGHT}};
    static const enum verdict_kind kinds[] = {VERDICT_MEASURED, VERDICT_DENIED, VERDICT_KEPT,
                                              VERDICT_NONE, VERDICT_DISSONANT};
    struct arena *arena = arena_new(0);
    struct table *table = table_new(out, columns, ARRAY_LEN(columns));

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        const size_t *counts = r->all.confusion[kinds[i]];
        struct str cells[] = {str_of(verdict_kind_name(kinds[i])), count_text(counts[1], arena),
                              count_text(counts[0], arena)};

        if (kinds[i] != VERDICT_DISSONANT || counts[0] || counts[1])
            table_row(table, cells);
    }
    screen_printf(out, "\n");
    table_print(table);
    table_free(table);
    arena_free(arena);
}

static const char *plural(size_t n)
{
    return n == 1 ? "" : "s";
}

static void print_counts(const struct screen *out, const struct replay *r)
{
    screen_printf(out, "\n%zu mention%s, %zu labelled pair%s, %zu line%s that cannot be read\n",
                  r->n_mentions, plural(r->n_mentions), r->n_labelled, plural(r->n_labelled),
                  r->n_bad, plural(r->n_bad));
    if (r->n_labelled == 0)
        screen_printf(out,
                      "nothing is labelled, so nothing is scored; a label is a member like "
                      "\"want\": {\"%.*s\": true}\n",
                      STR_ARG(r->set->n_promises ? r->set->promises[0].id : STR("promise")));
    screen_printf(out,
                  "%zu alert%s, updated %zu time%s by reposts (%zu) and answers; %zu denial%s "
                  "held\n",
                  r->all.n_alerts, plural(r->all.n_alerts), r->all.n_updates,
                  plural(r->all.n_updates), r->all.n_reposts, r->all.n_held, plural(r->all.n_held));
}

void score_print(const struct screen *out, const struct rerun *h)
{
    const struct replay *r = h->replay;
    double seconds = (double)h->wall_ns / 1e9, cpu = (double)h->cpu_ns / 1e9;
    double judged = (double)(r->n_mentions * h->n_rules);

    if (out->terminal && out->width < WIDE_COLUMNS)
        print_narrow(out, r);
    else
        print_wide(out, h);
    if (r->n_labelled)
        print_confusion(out, r);
    print_counts(out, r);
    screen_printf(out, "%.2f s on %u thread%s%s, %.0f mentions/s, %.0f per second of processor",
                  seconds, h->n_threads, h->n_threads == 1 ? "" : "s",
                  h->n_rules > 1 ? " by both rule sets" : "", judged / fmax(seconds, 1e-9),
                  judged / fmax(cpu, 1e-9));
    if (h->n_metered)
        screen_printf(out, "\njudging takes %lld ns a post", (long long)h->ns_per_judged);
    screen_printf(out, "\n");
}

static int by_noise(const void *left, const void *right)
{
    const struct phrase_tally *a = left, *b = right;

    if (a->n_false != b->n_false)
        return a->n_false > b->n_false ? -1 : 1;
    if (a->n_true != b->n_true)
        return a->n_true < b->n_true ? -1 : 1;
    if (a->n_hits != b->n_hits)
        return a->n_hits > b->n_hits ? -1 : 1;
    return (a->phrase->number > b->phrase->number) - (a->phrase->number < b->phrase->number);
}

size_t score_sort_phrases(const struct replay *r, struct phrase_tally **ret)
{
    struct phrase_tally *items = alloc_zeroed(r->set->n_phrases + 1, sizeof(*items));
    size_t n = 0;

    for (size_t i = 0; i < r->set->n_phrases; i++)
        if (r->phrases[i].phrase)
            items[n++] = r->phrases[i];
    qsort(items, n, sizeof(*items), by_noise);
    *ret = items;
    return n;
}

void score_print_phrases(const struct screen *out, const struct replay *r, size_t n_max)
{
    static const struct table_column columns[] = {
        {"hits", TABLE_RIGHT},      {"true", TABLE_RIGHT}, {"false", TABLE_RIGHT},
        {"only this", TABLE_RIGHT}, {"phrase", TABLE_CUT}, {"at", TABLE_LEFT}};
    struct phrase_tally *items;
    size_t n = score_sort_phrases(r, &items);
    struct arena *arena = arena_new(0);
    struct table *table = table_new(out, columns, ARRAY_LEN(columns));

    for (size_t i = 0; i < MIN(n, n_max); i++) {
        const struct phrase *p = items[i].phrase;
        struct str file = str_base_name(p->at.file);
        bool cut = p->text.n > PHRASE_BYTES; /* the file and line are beside it */
        struct str cells[] = {
            count_text(items[i].n_hits, arena),
            count_text(items[i].n_true, arena),
            count_text(items[i].n_false, arena),
            count_text(items[i].n_only, arena),
            cut ? arena_printf(arena, "%.*s…", STR_ARG(utf8_head(p->text, PHRASE_BYTES))) : p->text,
            arena_printf(arena, "%.*s:%u", STR_ARG(file), p->at.line),
        };

        table_row(table, cells);
    }
    if (n)
        screen_printf(out, "\n");
    table_print(table);
    if (n > n_max)
        screen_printf(out, "... and %zu phrases more; --phrases=N shows them\n", n - n_max);
    table_free(table);
    arena_free(arena);
    free(items);
}

static void print_error(const struct screen *out, const struct rerun *h,
                        const struct corpus_file *file, const struct outcome *o)
{
    const struct replay *r = h->replay;
    const struct promise *p = &r->set->promises[o->promise];
    struct arena *arena = arena_new(0);
    struct judge *judge = judge_new(r->set);
    struct replay_view view;
    bool miss = outcome_is_miss(o);

    if (replay_view(judge, &r->settings, r->corpus, o, p->id, arena, &view) == 0) {
        screen_printf(out, "%s%s%s  ", screen_paint(out, miss ? PAINT_YELLOW : PAINT_RED),
                      miss ? "miss" : "noise", screen_paint(out, PAINT_END));
        rerun_place(out, h, file, o->at);
        screen_printf(out, "  %.*s  %s\n    ", STR_ARG(p->id),
                      miss ? view.verdict.kind == VERDICT_KEPT ? "seems kept"
                                                               : gate_name(view.verdict.gate)
                           : verdict_kind_name(view.verdict.kind));
        show_text(out, view.judgement.text, view.verdict.evidence, view.verdict.n_evidence);
        screen_printf(out, "\n");
        show_evidence(out, view.judgement.text, &view.verdict);
    }
    judge_free(judge);
    arena_free(arena);
}

typedef bool choice(const struct outcome *o);

static void print_chosen(const struct screen *out, const struct rerun *h,
                         const struct corpus_file *file, size_t n_max, choice *chosen)
{
    const struct replay *r = h->replay;
    size_t n = 0;

    for (size_t i = 0; i < r->n_outcomes; i++)
        if (chosen(&r->outcomes[i]) && n++ < n_max) {
            screen_printf(out, "%s", n == 1 ? "\n" : "");
            print_error(out, h, file, &r->outcomes[i]);
        }
    if (n > n_max)
        screen_printf(out, "... and %zu more; --list=N shows them\n", n - n_max);
}

void score_print_errors(const struct screen *out, const struct rerun *h,
                        const struct corpus_file *file, size_t n_max)
{
    print_chosen(out, h, file, n_max, outcome_is_miss);
    print_chosen(out, h, file, n_max, outcome_is_noise);
}

static void print_one_delta(const struct screen *out, const struct rerun *before,
                            const struct rerun *now, const struct corpus_file *file,
                            const struct delta *d)
{
    static const char *const wants[] = {"", ", rightly", ", wrongly"};
    struct arena *arena = arena_new(0);
    const struct replay *r = now->replay;
    bool gained = d->kind == DELTA_GAINED;
    struct judge *was = judge_new(before->replay->set), *is = judge_new(r->set);
    struct str why = delta_reason(d, was, is, &r->settings, r->corpus, arena);
    int right = d->outcome.want == WANT_UNKNOWN             ? 0
                : (d->outcome.want == WANT_ALERT) == gained ? 1
                                                            : 2;
    struct corpus_line line;
    struct corpus_error error;

    screen_printf(out, "%s%s%s%s  ", screen_paint(out, gained ? PAINT_GREEN : PAINT_YELLOW),
                  gained ? "gained" : "lost", screen_paint(out, PAINT_END), wants[right]);
    rerun_place(out, now, file, d->outcome.at);
    screen_printf(out, "  %.*s\n    ", STR_ARG(d->promise));
    if (corpus_read(str_slice(r->corpus, d->outcome.at, d->outcome.at + d->outcome.n), arena, &line,
                    &error))
        screen_text(out, mention_body(&line.mention, arena));
    screen_printf(out, "\n    ");
    screen_text(out, why);
    screen_printf(out, "\n");
    judge_free(was);
    judge_free(is);
    arena_free(arena);
}

size_t score_print_delta(const struct screen *out, const struct rerun *before,
                         const struct rerun *now, const struct corpus_file *file, size_t n_max)
{
    struct delta *items;
    size_t n = delta_of(before->replay, now->replay, &items), n_gained = 0;

    for (size_t i = 0; i < n; i++)
        n_gained += items[i].kind == DELTA_GAINED;
    screen_printf(out, "%zu gained, %zu lost among %zu mentions\n", n_gained, n - n_gained,
                  now->replay->n_mentions);
    for (size_t i = 0; i < MIN(n, n_max); i++)
        print_one_delta(out, before, now, file, &items[i]);
    if (n > n_max)
        screen_printf(out, "... and %zu more; --list=N shows them\n", n - n_max);
    free(items);
    return n;
}

static void write_rate(struct json_writer *w, struct str key, struct rate r)
{
    json_key(w, key);
    json_open_object(w);
    json_key(w, STR("value"));
    json_double(w, r.value);
    json_key(w, STR("low"));
    json_double(w, r.low);
    json_key(w, STR("high"));
    json_double(w, r.high);
    json_close_object(w);
}

static void write_tally(struct json_writer *w, const struct tally *t, size_t n_metered)
{
    write_rate(w, STR("precision"), tally_precision(t));
    write_rate(w, STR("recall"), tally_recall(t));
    write_rate(w, STR("f1"), tally_f1(t));
    json_member_i64(w, STR("true_alerts"), (int64_t)tally_true_alerts(t));
    json_member_i64(w, STR("noise"), (int64_t)tally_noise(t));
    json_member_i64(w, STR("misses"), (int64_t)tally_misses(t));
    json_member_i64(w, STR("true_silence"), (int64_t)tally_true_silence(t));
    json_member_i64(w, STR("broken"), (int64_t)t->n_broken);
    json_member_i64(w, STR("kept"), (int64_t)t->n_kept);
    json_member_i64(w, STR("alerts"), (int64_t)t->n_alerts);
    json_member_i64(w, STR("updates"), (int64_t)t->n_updates);
    if (n_metered) {
        json_key(w, STR("ns_per_post"));
        json_double(w, (double)t->spent_ns / (double)n_metered);
    }
    json_key(w, STR("confusion"));
    json_open_object(w);
    for (int kind = 0; kind < REPLAY_KINDS; kind++) {
        json_key(w, str_of(verdict_kind_name((enum verdict_kind)kind)));
        json_open_object(w);
        json_member_i64(w, STR("want_alert"), (int64_t)t->confusion[kind][1]);
        json_member_i64(w, STR("want_silence"), (int64_t)t->confusion[kind][0]);
        json_close_object(w);
    }
    json_close_object(w);
}

static void write_phrases(struct json_writer *w, const struct replay *r)
{
    struct phrase_tally *items;
    size_t n = score_sort_phrases(r, &items);

    json_key(w, STR("phrases"));
    json_open_array(w);
    for (size_t i = 0; i < n; i++) {
        json_open_object(w);
        json_member_str(w, STR("phrase"), items[i].phrase->text);
        json_member_str(w, STR("file"), items[i].phrase->at.file);
        json_member_i64(w, STR("line"), items[i].phrase->at.line);
        json_member_i64(w, STR("hits"), (int64_t)items[i].n_hits);
        json_member_i64(w, STR("true"), (int64_t)items[i].n_true);
        json_member_i64(w, STR("false"), (int64_t)items[i].n_false);
        json_member_i64(w, STR("only_this"), (int64_t)items[i].n_only);
        json_close_object(w);
    }
    json_close_array(w);
    free(items);
}

void score_write(struct json_writer *w, const struct rerun *h)
{
    const struct replay *r = h->replay;

    json_member_i64(w, STR("mentions"), (int64_t)r->n_mentions);
    json_member_i64(w, STR("labelled"), (int64_t)r->n_labelled);
    json_member_i64(w, STR("bad_lines"), (int64_t)r->n_bad);
    json_member_i64(w, STR("unknown_labels"), (int64_t)r->n_unknown);
    json_member_i64(w, STR("reposts"), (int64_t)r->all.n_reposts);
    json_member_i64(w, STR("held"), (int64_t)r->all.n_held);
    json_member_str(w, STR("ruleset"), str_of(r->set->sha256));
    json_member_i64(w, STR("threads"), h->n_threads);
    json_member_i64(w, STR("wall_ns"), h->wall_ns);
    json_member_i64(w, STR("cpu_ns"), h->cpu_ns);
    json_key(w, STR("interrupted"));
    json_bool(w, h->interrupted);
    json_key(w, STR("all"));
    json_open_object(w);
    write_tally(w, &r->all, h->n_metered);
    json_close_object(w);
    json_key(w, STR("promises"));
    json_open_object(w);
    for (size_t i = 0; i < r->set->n_promises; i++) {
        json_key(w, r->set->promises[i].id);
        json_open_object(w);
        write_tally(w, &r->promises[i], h->n_metered);
        json_close_object(w);
    }
    json_close_object(w);
    write_phrases(w, r);
}

static void write_chosen(struct json_writer *w, const struct rerun *h, struct str key,
                         choice *chosen)
{
    const struct replay *r = h->replay;
    struct arena *arena = arena_new(0);
    struct judge *judge = judge_new(r->set);
    struct line_counter lines = {0};

    json_key(w, key);
    json_open_array(w);
    for (size_t i = 0; i < r->n_outcomes; i++, arena_reset(arena)) {
        const struct outcome *o = &r->outcomes[i];
        struct replay_view view;

        if (!chosen(o) || replay_view(judge, &r->settings, r->corpus, o,
                                      r->set->promises[o->promise].id, arena, &view) != 0)
            continue;
        json_open_object(w);
        json_member_i64(w, STR("line"), (int64_t)line_number(&lines, r->corpus, o->at));
        json_member_str(w, STR("text"), view.judgement.text);
        json_key(w, STR("verdict"));
        show_json(w, view.line.mention.id, view.judgement.text, &view.verdict);
        json_close_object(w);
    }
    json_close_array(w);
    judge_free(judge);
    arena_free(arena);
}

void score_write_errors(struct json_writer *w, const struct rerun *h)
{
    write_chosen(w, h, STR("misses"), outcome_is_miss);
    write_chosen(w, h, STR("noisy"), outcome_is_noise);
}

size_t score_write_delta(struct json_writer *w, const struct rerun *before, const struct rerun *now)
{
    static const char *const wants[] = {"unknown", "silence", "alert"};
    const struct replay *r = now->replay;
    struct arena *arena = arena_new(0);
    struct judge *was = judge_new(before->replay->set), *is = judge_new(r->set);
    struct line_counter lines = {0};
    struct delta *items;
    size_t n = delta_of(before->replay, r, &items);

    json_key(w, STR("changes"));
    json_open_array(w);
    for (size_t i = 0; i < n; i++, arena_reset(arena)) {
        const struct delta *d = &items[i];

        json_open_object(w);
        json_member_str(w, STR("change"), d->kind == DELTA_GAINED ? STR("gained") : STR("lost"));
        json_member_i64(w, STR("line"), (int64_t)line_number(&lines, r->corpus, d->outcome.at));
        json_member_str(w, STR("promise"), d->promise);
        json_member_str(w, STR("want"), str_of(wants[d->outcome.want]));
        json_member_str(w, STR("reason"), delta_reason(d, was, is, &r->settings, r->corpus, arena));
        json_close_object(w);
    }
    json_close_array(w);
    judge_free(was);
    judge_free(is);
    arena_free(arena);
    free(items);
    return n;
}
