#include "lib/desk/ledger.h"

#include <math.h>

#include "lib/base/arena.h"
#include "lib/data/json.h"
#include "tests/unit/unit.h"

static void assert_near(double got, double want)
{
    if (fabs(got - want) > 1e-4)
        fail_msg("%f is not %f", got, want);
}

static struct ledger_line line(enum ledger_verdict verdict, const char *author, double ratio)
{
    return (struct ledger_line){verdict, str_of(author), ratio};
}

static struct ledger_day ledger_sum(int64_t day, const struct ledger_line *lines, size_t n)
{
    struct ledger_count c;

    ledger_count_init(&c);
    for (size_t i = 0; i < n; i++)
        ledger_count_add(&c, &lines[i]);
    struct ledger_day d = ledger_count_sum(&c, day);

    ledger_count_done(&c);
    return d;
}

static void sums_up_a_day(void **state)
{
    struct ledger_line lines[] = {
        line(LEDGER_BROKEN, "b", 3),     line(LEDGER_KEPT, "a", 0.5),
        line(LEDGER_SUSPECTED, "b", 0),  line(LEDGER_BROKEN, "c", 1.5),
        line(LEDGER_BROKEN, "", 0),      line(LEDGER_SUSPECTED, "", 0),
        line(LEDGER_ANSWERED, "us", 60), line(LEDGER_ACKNOWLEDGED, "us", 5),
    };
    struct ledger_day d = ledger_sum(7, lines, ARRAY_LEN(lines));

    (void)state;
    assert_int_equal(d.day, 7);
    assert_int_equal(d.counts[LEDGER_KEPT], 1);
    assert_int_equal(d.counts[LEDGER_BROKEN], 3);
    assert_int_equal(d.counts[LEDGER_SUSPECTED], 2);
    assert_int_equal(d.counts[LEDGER_ANSWERED], 1);
    assert_int_equal(d.counts[LEDGER_ACKNOWLEDGED], 1);
    assert_int_equal(d.authors, 4); /* b, c, and two that nobody knows */
    assert_near(d.median_excess, 2.25);
    assert_near(d.median_answer_s, 60);
}

static void the_median_is_that_of_the_sorted_values(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 60; n++) {
        struct ledger_line lines[60];

        for (size_t i = 0; i < n; i++) /* 1 to n in disorder, then many equal ones */
            lines[i] = line(LEDGER_BROKEN, "a", (double)(i * 37 % n + 1));
        if (n == 1 || n % 37)
            assert_near(ledger_sum(1, lines, n).median_excess, (double)(n + 1) / 2);
        for (size_t i = 0; i < n; i++)
            lines[i].ratio = i < n / 2 ? 3 : 2;
        assert_near(ledger_sum(1, lines, n).median_excess, n == 1 || n % 2 ? 2 : 2.5);
    }
}

static void says_nothing_of_what_was_not_measured(void **state)
{
    struct ledger_line lines[] = {line(LEDGER_BROKEN, "b", 0)};
    struct ledger_day empty = ledger_sum(1, NULL, 0), one = ledger_sum(1, lines, 1);

    (void)state;
    assert_true(isnan(empty.median_excess) && isnan(empty.median_answer_s));
    assert_true(isnan(one.median_excess));
    assert_int_equal(one.authors, 1);
}

static void writes_what_it_reads_again(void **state)
{
    struct ledger_line lines[] = {line(LEDGER_BROKEN, "b", 3), line(LEDGER_KEPT, "a", 1)};
    struct ledger_day d = ledger_sum(7, lines, 2), again;
    CLEANUP(arena_freep) struct arena *arena = arena_new(0);
    struct sbuf b = SBUF_INIT(1000);
    struct json_writer w;
    struct json_error error;
    struct json *tree;

    (void)state;
    json_writer_init(&w, &b);
    ledger_write(&d, &w);
    assert_int_equal(json_parse(sbuf_str(&b), arena, &tree, &error), JSON_OK);
    again = ledger_read(7, tree);
    assert_memory_equal(again.counts, d.counts, sizeof(d.counts));
    assert_int_equal(again.authors, 1);
    assert_near(again.median_excess, 3);
    assert_true(isnan(again.median_answer_s));
    sbuf_done(&b);
}

/* Known values of E. B. Wilson's interval at 95 %. */
static void wilsons_interval_is_the_one_of_the_books(void **state)
{
    struct ledger_rate r = ledger_wilson(8, 10);

    (void)state;
    assert_near(r.low, 0.4902);
    assert_near(r.high, 0.9433);
    r = ledger_wilson(0, 10);
    assert_near(r.low, 0);
    assert_near(r.high, 0.2775);
    r = ledger_wilson(10, 10);
    assert_near(r.low, 0.7225);
    assert_near(r.high, 1);
    r = ledger_wilson(0, 0);
    assert_true(isnan(r.rate) && r.low == 0 && r.high == 1);
}

static enum ledger_state state_of(uint32_t kept, uint32_t total)
{
    struct ledger_rate r = ledger_wilson(kept, total);

    return ledger_state(&r);
}

static void says_broken_only_when_it_is_sure(void **state)
{
    (void)state;
    assert_int_equal(state_of(0, 0), LEDGER_IS_UNHEARD);
    assert_int_equal(state_of(1, 1), LEDGER_IS_KEPT);
    assert_int_equal(state_of(0, 1), LEDGER_IS_STRAINED);
    assert_int_equal(state_of(0, 3), LEDGER_IS_STRAINED);
    assert_int_equal(state_of(0, 4), LEDGER_IS_BROKEN);
    assert_int_equal(state_of(50, 100), LEDGER_IS_STRAINED);
    assert_int_equal(state_of(990, 1000), LEDGER_IS_KEPT);
}

static void a_rate_takes_only_its_days(void **state)
{
    const struct ledger_day days[] = {
        {.day = 3, .counts = {[LEDGER_KEPT] = 100}},
        {.day = 4, .counts = {[LEDGER_KEPT] = 1, [LEDGER_BROKEN] = 1}},
        {.day = 10, .counts = {[LEDGER_SUSPECTED] = 2, [LEDGER_ANSWERED] = 9}},
        {.day = 11, .counts = {[LEDGER_KEPT] = 100}},
    };
    struct ledger_rate r = ledger_rate(days, ARRAY_LEN(days), 10, 7);

    (void)state;
    assert_int_equal(r.kept, 1);
    assert_int_equal(r.total, 4);
}

static void knows_the_words_of_the_desk(void **state)
{
    enum ledger_verdict v;

    (void)state;
    assert_true(ledger_verdict_of(STR("measured"), &v));
    assert_int_equal(v, LEDGER_BROKEN);
    assert_false(ledger_verdict_of(STR("dissonant"), &v));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_up_a_day),
        cmocka_unit_test(the_median_is_that_of_the_sorted_values),
        cmocka_unit_test(says_nothing_of_what_was_not_measured),
        cmocka_unit_test(writes_what_it_reads_again),
        cmocka_unit_test(wilsons_interval_is_the_one_of_the_books),
        cmocka_unit_test(says_broken_only_when_it_is_sure),
        cmocka_unit_test(a_rate_takes_only_its_days),
        cmocka_unit_test(knows_the_words_of_the_desk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
