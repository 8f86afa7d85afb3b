#include "lib/judge/gate.h"

#include "tests/unit/unit.h"

static struct gate_reading read_text(const char *text)
{
    struct fold f;
    struct words w;

    fold_init(&f);
    words_init(&w);
    fold_text(&f, str_of(text));
    words_cut(&w, &f);
    struct gate_reading r = gate_read(str_of(text), &w);

    words_done(&w);
    fold_done(&f);
    return r;
}

static void complaints_weigh_more_than_thanks(void **state)
{
    (void)state;
    assert_true(read_text("Worst customer service, still no refund and nobody answers").score > 0);
    assert_true(read_text("Thank you, great day with good friends").score < 0);
    assert_true(read_text("").score < 0);
}

static void the_loudest_words_come_in_their_order(void **state)
{
    struct gate_reading r = read_text("why is your website terrible, still no refund");

    (void)state;
    assert_int_equal(r.n_top, GATE_TOP);
    assert_true(r.top[0] < r.top[1] && r.top[1] < r.top[2]);
}

static void names_and_tags_are_not_read(void **state)
{
    (void)state;
    assert_false(gate_reads(STR("@worst")));
    assert_false(gate_reads(STR("#worst")));
    assert_true(gate_reads(STR("worst")));
}

static void a_word_weighs_what_its_groups_add_too(void **state)
{
    (void)state;
    assert_true(gate_voice(STR("terrible")) > gate_voice(STR("website")));
    assert_true(gate_voice(STR("terrible")) > 0 && gate_voice(STR("thanks")) < 0);
    assert_int_equal(gate_voice(STR("#terrible")), 0);
    assert_int_equal(gate_voice(STR("2017")), 0);
}

static void marks_are_seen(void **state)
{
    struct gate_marks marks = gate_marks(STR(" .@acme really?! https://acme.example"));

    (void)state;
    assert_true(marks.named && marks.asks && marks.exclaims && marks.links);
    marks = gate_marks(STR("mail me@acme.example"));
    assert_false(marks.named || marks.asks || marks.exclaims || marks.links);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(complaints_weigh_more_than_thanks),
        cmocka_unit_test(the_loudest_words_come_in_their_order),
        cmocka_unit_test(names_and_tags_are_not_read),
        cmocka_unit_test(a_word_weighs_what_its_groups_add_too),
        cmocka_unit_test(marks_are_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
