#include "lib/base/utf8.h"

#include "tests/unit/unit.h"

static void every_scalar_value_goes_there_and_back(void **state)
{
    (void)state;
    for (uint32_t point = 0; point < 0x110000; point++) {
        char bytes[UTF8_MAX];
        struct str s = {bytes, utf8_encode(point, bytes)};
        size_t at = 0;
        bool surrogate = point >= 0xd800 && point < 0xe000;

        assert_true(utf8_next(s, &at) == (surrogate ? UTF8_BAD : point));
        assert_int_equal(at, s.n);
        assert_int_equal(utf8_valid(s), s.n);
    }
}

static void broken_sequences_are_one_byte_each(void **state)
{
    (void)state;
    static const char *bad[] = {"\x80",         "\xc0\x80",         "\xe0\x80\x80",
                                "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff",
                                "\xc3",         "\xe2\x82"};

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct str s = str_of(bad[i]);
        size_t at = 0;

        assert_int_equal(utf8_valid(s), 0);
        assert_true(utf8_next(s, &at) == UTF8_BAD);
        assert_int_equal(at, 1);
    }
}

static void heads_cut_no_sequence(void **state)
{
    (void)state;
    struct str s = STR("aé€😀");

    assert_int_equal(utf8_count(s), 4);
    assert_int_equal(utf8_offset(s, 3), 6);
    assert_str_equal(utf8_head(s, 5), STR("aé"));
    assert_str_equal(utf8_head(s, 9), STR("aé€"));
    assert_str_equal(utf8_head(s, 10), s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_scalar_value_goes_there_and_back),
        cmocka_unit_test(broken_sequences_are_one_byte_each),
        cmocka_unit_test(heads_cut_no_sequence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
