#include "lib/feed/weblink.h"

#include "tests/unit/unit.h"

static struct str find(const char *header, const char *rel)
{
    return weblink_find(str_of(header), str_of(rel));
}

static void relations_are_found_in_all_spellings(void **state)
{
    (void)state;
    const char *header = "</about>; rel=author , <https://hub.example/?a,b;c>; title=\"x, <y>; "
                         "rel=hub\";\t REL = \"self  HUB\",<next>;rel=next";

    assert_str_equal(find(header, "hub"), STR("https://hub.example/?a,b;c"));
    assert_str_equal(find(header, "self"), STR("https://hub.example/?a,b;c"));
    assert_str_equal(find(header, "author"), STR("/about"));
    assert_str_equal(find(header, "next"), STR("next"));
    assert_int_equal(find(header, "rel").n, 0);
    assert_int_equal(find("<a>; rev=hub, <b>; title=hub", "hub").n, 0);
}

static void what_is_damaged_is_passed_over(void **state)
{
    (void)state;

    assert_int_equal(find("", "hub").n, 0);
    assert_int_equal(find("<", "hub").n, 0);
    assert_int_equal(find("<a; rel=hub", "hub").n, 0);
    assert_str_equal(find("<a>; rel=\"hub", "hub"), STR("a"));
    assert_str_equal(find("junk, <a> junk; rel=\"\\\"hub\", <b>; ;; rel=hub", "hub"), STR("b"));
}

static void words_are_parted_by_any_white_space(void **state)
{
    (void)state;

    assert_true(weblink_has_word(STR("p-name\n\te-content"), STR("e-content")));
    assert_true(weblink_has_word(STR(" H-Entry "), STR("h-entry")));
    assert_false(weblink_has_word(STR("e-contents"), STR("e-content")));
    assert_false(weblink_has_word(STR("  "), STR("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(relations_are_found_in_all_spellings),
        cmocka_unit_test(what_is_damaged_is_passed_over),
        cmocka_unit_test(words_are_parted_by_any_white_space),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
