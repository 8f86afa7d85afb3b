#include "lib/tune/replay.h"

#include <math.h>
#include <stdlib.h>

#include "lib/base/arena.h"
#include "lib/rule/load.h"
#include "lib/tune/delta.h"
#include "tests/unit/unit.h"

#define RULES                                                                                      \
    "couac: 1\n"                                                                                   \
    "owners: {care: {contact: care@acme.example}}\n"                                               \
    "promises:\n"                                                                                  \
    "  fast:\n"                                                                                    \
    "    says: Delivered in 48 h\n"                                                                \
    "    owner: care\n"                                                                            \
    "    limit: at most 48 h\n"                                                                    \
    "    about: [parcel*]\n"                                                                       \
    "    against: [for|after <duration>, never came]\n"                                            \
    "    unless: [preorder*]\n"                                                                    \
    "    after: 2 authors in 1 day\n"                                                              \
    "    examples: {ignore: [hello]}\n"

#define CORPUS                                                                                     \
    "{\"text\":\"parcel late for 6 days\",\"author\":\"a\",\"want\":{\"fast\":true}}\n"            \
    "not json\n"                                                                                   \
    "{\"text\":\"my parcel never came\",\"author\":\"b\",\"want\":{\"fast\":true}}\n"              \
    "{\"text\":\"parcel on time\",\"want\":{\"fast\":true,\"fats\":true}}\n"                       \
    "\n"                                                                                           \
    "{\"text\":\"parcel expected for 3 days, preordered\",\"want\":{\"fast\":false}}\n"            \
    "{\"text\":\"parcel: works for 9 days\",\"author\":\"c\",\"want\":{\"fast\":false}}\n"         \
    "{\"text\":\"parcel late for 6 days\",\"author\":\"a\"}\n"

static struct ruleset *load(const char *text)
{
    struct rule_text file = {STR("r.yaml"), str_of(text), RULE_USER};
    struct diags diags;
    struct ruleset *set = NULL;

    diags_init(&diags);
    assert_int_equal(rule_load(&file, 1, &diags, &set), LOAD_OK);
    diags_done(&diags);
    return set;
}

/* In as many parts as there are cuts, the last first. */
static struct replay *run(struct ruleset *set, struct str corpus, size_t n_parts)
{
    static const struct replay_settings settings = {.now_ms = 1735787045000};
    struct replay *r = replay_new(set, &settings, corpus);
    size_t size = corpus.n / n_parts + 1;

    for (size_t i = n_parts; i-- > 0;) {
        struct replay_part *part = replay_part_new(set, &settings, corpus);
        size_t from = MIN(i * size, corpus.n), to = MIN((i + 1) * size, corpus.n);

        while (from > 0 && from < corpus.n && corpus.p[from - 1] != '\n')
            from++;
        replay_part_run(part, from, to);
        replay_merge(r, part);
    }
    assert_int_equal(replay_hear(r), 0);
    return r;
}

static void check(const struct replay *r)
{
    assert_int_equal(r->n_mentions, 6);
    assert_int_equal(r->n_labelled, 5);
    assert_int_equal(r->n_bad, 1);
    assert_int_equal(line_number(&(struct line_counter){0}, r->corpus, r->bad[0].at), 2);
    assert_int_equal(r->n_unknown, 1);
    assert_int_equal(tally_true_alerts(&r->all), 2);
    assert_int_equal(tally_misses(&r->all), 1);
    assert_int_equal(tally_noise(&r->all), 1);
    assert_int_equal(tally_true_silence(&r->all), 1);
    assert_int_equal(r->all.confusion[VERDICT_DENIED][1], 1);
    /* the last line repeats the first; the denial waits for a second author */
    assert_int_equal(r->all.n_broken, 4);
    assert_int_equal(r->all.n_alerts, 2);
    assert_int_equal(r->all.n_held, 1);
}

static void pairs_are_scored_and_the_desk_is_heard(void **state)
{
    struct ruleset *set = load(RULES);

    (void)state;
    for (size_t n_parts = 1; n_parts < 9; n_parts++) {
        struct replay *r = run(set, STR(CORPUS), n_parts);

        check(r);
        replay_free(r);
    }
    ruleset_unref(set);
}

static void phrases_are_credited_with_what_only_they_find(void **state)
{
    struct ruleset *set = load(RULES);
    struct replay *r = run(set, STR(CORPUS), 1);
    size_t n = 0;

    (void)state;
    for (size_t i = 0; i < set->n_phrases; i++) {
        const struct phrase_tally *t = &r->phrases[i];

        if (!t->phrase || !str_eq(t->phrase->text, STR("for|after <duration>")))
            continue;
        n++;
        assert_int_equal(t->n_hits, 3);
        assert_int_equal(t->n_true, 1);
        assert_int_equal(t->n_false, 1);
        assert_int_equal(t->n_only, 1);
    }
    assert_int_equal(n, 1);
    replay_free(r);
    ruleset_unref(set);
}

static void a_change_of_rules_is_told_with_its_reason(void **state)
{
    struct ruleset *before = load(RULES), *now = load(RULES "  slow:\n"
                                                            "    says: s\n"
                                                            "    owner: care\n"
                                                            "    about: [parcel*]\n"
                                                            "    against: [never came]\n"
                                                            "change:\n"
                                                            "  promises:\n"
                                                            "    fast: {unless+: [works]}\n");
    struct replay *a = run(before, STR(CORPUS), 1), *b = run(now, STR(CORPUS), 2);
    struct arena *arena = arena_new(0);
    struct judge *was = judge_new(before), *is = judge_new(now);
    struct delta *deltas;

    (void)state;
    assert_int_equal(delta_of(a, b, &deltas), 2);
    assert_int_equal(deltas[0].kind, DELTA_GAINED);
    assert_int_equal(deltas[1].kind, DELTA_LOST);
    struct str why = delta_reason(&deltas[1], was, is, &b->settings, b->corpus, arena);

    assert_non_null(strstr(why.p, "now: excused: \"works\" by 'works'"));
    why = delta_reason(&deltas[0], was, is, &b->settings, b->corpus, arena);
    assert_non_null(strstr(why.p, "was: there is no such promise; now: denied"));
    free(deltas);
    judge_free(was);
    judge_free(is);
    arena_free(arena);
    replay_free(a);
    replay_free(b);
    ruleset_unref(before);
    ruleset_unref(now);
}

/* Wilson's interval for 8 of 10, computed by hand to three places. */
static void intervals_are_wilsons(void **state)
{
    struct rate r = rate_of(8, 10), none = rate_of(0, 0), all = rate_of(5, 5);

    (void)state;
    assert_true(fabs(r.low - 0.490) < 0.001 && fabs(r.high - 0.943) < 0.001);
    assert_true(isnan(none.value) && none.low == 0 && none.high == 1);
    assert_true(all.high == 1 && all.low > 0.56 && all.low < 0.57);
}

static int64_t ticks;

static int64_t tick(void)
{
    return ticks++;
}

static void the_meter_adds_up(void **state)
{
    struct ruleset *set = load(RULES);
    struct replay *r = run(set, STR(CORPUS), 1);

    (void)state;
    assert_int_equal(replay_meter(r, tick, 3), 3);
    assert_int_equal(r->promises[0].spent_ns, 3);
    assert_true(r->all.spent_ns >= 3);
    replay_free(r);
    ruleset_unref(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_are_scored_and_the_desk_is_heard),
        cmocka_unit_test(phrases_are_credited_with_what_only_they_find),
        cmocka_unit_test(a_change_of_rules_is_told_with_its_reason),
        cmocka_unit_test(intervals_are_wilsons),
        cmocka_unit_test(the_meter_adds_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
