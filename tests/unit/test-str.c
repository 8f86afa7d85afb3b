#include "lib/base/str.h"

#include "tests/unit/unit.h"

static void splits_keep_empty_pieces(void **state)
{
    (void)state;
    struct str rest = STR("a,,b,"), piece;
    const char *want[] = {"a", "", "b", ""};

    for (size_t i = 0; i < ARRAY_LEN(want); i++) {
        assert_true(str_split(&rest, ',', &piece));
        assert_str_equal(piece, str_of(want[i]));
    }
    assert_false(str_split(&rest, ',', &piece));
}

static void numbers_are_whole_and_in_range(void **state)
{
    (void)state;
    int64_t n = 7;

    assert_true(str_to_i64(STR("-9223372036854775808"), &n));
    assert_true(n == INT64_MIN);
    assert_true(str_to_i64(STR("9223372036854775807"), &n));
    assert_true(n == INT64_MAX);
    assert_false(str_to_i64(STR("9223372036854775808"), &n));
    assert_false(str_to_i64(STR("12h"), &n));
    assert_false(str_to_i64(STR(""), &n));
    assert_false(str_to_i64(STR("-"), &n));
    assert_true(n == INT64_MAX);
}

static void a_full_buffer_stays_full_and_says_so(void **state)
{
    (void)state;
    struct sbuf b = SBUF_INIT(5);

    sbuf_add(&b, STR("abc"));
    sbuf_printf(&b, "%s", "def");
    assert_true(b.full);
    sbuf_putc(&b, 'x');
    assert_str_equal(sbuf_str(&b), STR("abc"));
    sbuf_clear(&b);
    sbuf_add(&b, STR("12345"));
    assert_false(b.full);
    assert_string_equal(sbuf_cstr(&b), "12345");
    assert_null(sbuf_space(&b, 1));
    assert_true(b.full);
    sbuf_clear(&b);
    memcpy(sbuf_space(&b, 5), "abcde", 5);
    sbuf_filled(&b, 2);
    sbuf_putc(&b, 'x');
    assert_str_equal(sbuf_str(&b), STR("abx"));
    assert_false(b.full);
    sbuf_done(&b);
}

static void slices_are_clamped_and_found(void **state)
{
    (void)state;
    assert_str_equal(str_slice(STR("hello"), 3, 99), STR("lo"));
    assert_int_equal(str_slice(STR("hello"), 9, 2).n, 0);
    assert_int_equal(str_find(STR("a needle"), STR("needle"), 0), 2);
    assert_true(str_find(STR("a"), STR("needle"), 5) == SIZE_MAX);
    assert_str_equal(str_trim(STR(" \t x y\r\n")), STR("x y"));
    assert_true(str_eq_nocase(STR("ETag"), STR("etag")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splits_keep_empty_pieces),
        cmocka_unit_test(numbers_are_whole_and_in_range),
        cmocka_unit_test(a_full_buffer_stays_full_and_says_so),
        cmocka_unit_test(slices_are_clamped_and_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
