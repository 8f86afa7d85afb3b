#include "lib/base/diag.h"

#include "tests/unit/unit.h"

static void a_mistake_is_shown_with_its_line_and_a_way_out(void **state)
{
    (void)state;
    struct diags d;
    struct sbuf out = SBUF_INIT(4096);
    struct str file = STR("rules/acme.yaml");

    diags_init(&d);
    diags_source(&d, file, STR("couac: 1\n    statment: \"Livré en 48 h\"\n"));
    diag(&d, DIAG_ERROR, (struct pos){file, 2, 5, 8}, "unknown key '%s'", "statment");
    diag_hint(&d, "did you mean '%s'?", "says");
    diag_write(&d.items[0], DIAG_PLAIN, &out);
    assert_str_equal(sbuf_str(&out), STR("rules/acme.yaml:2:5: error: unknown key 'statment'\n"
                                         "    2 |     statment: \"Livré en 48 h\"\n"
                                         "      |     ^~~~~~~~\n"
                                         "      = did you mean 'says'?\n"));
    assert_int_equal(d.n_errors, 1);
    sbuf_done(&out);
    diags_done(&d);
}

static void a_quoted_line_cannot_drive_the_terminal(void **state)
{
    (void)state;
    struct diags d;
    struct sbuf out = SBUF_INIT(4096);

    diags_init(&d);
    diags_source(&d, STR("f"), STR("\033[2Jx\n"));
    diag(&d, DIAG_WARNING, (struct pos){STR("f"), 1, 1, 1}, "odd '%s'", "\033[2J");
    diag_write(&d.items[0], DIAG_PLAIN, &out);
    assert_true(str_find_char(sbuf_str(&out), '\033', 0) == SIZE_MAX);
    sbuf_done(&out);
    diags_done(&d);
}

static void they_come_out_by_place_and_past_the_maximum_are_counted(void **state)
{
    (void)state;
    struct diags d;

    diags_init(&d);
    for (unsigned i = 0; i < DIAG_MAX + 5; i++)
        diag(&d, DIAG_ERROR, (struct pos){STR("f"), DIAG_MAX + 5 - i, 1, 1}, "e%u", i);
    diags_sort(&d);
    assert_int_equal(d.n, DIAG_MAX);
    assert_int_equal(d.n_left_out, 5);
    assert_int_equal(d.n_errors, DIAG_MAX + 5);
    for (size_t i = 1; i < d.n; i++)
        assert_true(d.items[i - 1].at.line < d.items[i].at.line);
    diags_done(&d);
}

static void only_near_words_are_proposed(void **state)
{
    (void)state;
    const struct str keys[] = {STR("says"), STR("owner"), STR("about"), STR("against")};

    assert_str_equal(diag_nearest(STR("abuot"), keys, ARRAY_LEN(keys)), STR("about"));
    assert_str_equal(diag_nearest(STR("agaisnt"), keys, ARRAY_LEN(keys)), STR("against"));
    assert_int_equal(diag_nearest(STR("zebra"), keys, ARRAY_LEN(keys)).n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mistake_is_shown_with_its_line_and_a_way_out),
        cmocka_unit_test(a_quoted_line_cannot_drive_the_terminal),
        cmocka_unit_test(they_come_out_by_place_and_past_the_maximum_are_counted),
        cmocka_unit_test(only_near_words_are_proposed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
