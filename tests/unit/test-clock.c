#include "lib/base/clock.h"

#include "tests/unit/unit.h"

static void every_day_of_eight_centuries_goes_there_and_back(void **state)
{
    (void)state;
    int64_t expect = clock_days(1700, 1, 1);

    for (int64_t year = 1700; year < 2500; year++)
        for (int month = 1; month <= 12; month++)
            for (int day = 1; day <= clock_month_days(year, month); day++, expect++) {
                assert_true(clock_days(year, month, day) == expect);
                struct civil c = clock_to_civil(expect * 86400 + 86399);

                assert_true(c.year == year && c.month == month && c.day == day);
                assert_true(c.hour == 23 && c.minute == 59 && c.second == 59);
            }
    assert_true(clock_days(1970, 1, 1) == 0);
    assert_int_equal(clock_weekday(0), 3); /* a Thursday */
    assert_int_equal(clock_weekday(clock_days(2026, 11, 23)), 0);
    assert_int_equal(clock_weekday(clock_days(1969, 12, 28)), 6);
}

static void times_are_read_in_the_forms_that_networks_write(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2025-11-22T09:14:05.212Z", 1763802845212},
        {"2025-11-22T10:14:05+01:00", 1763802845000},
        {"2025-11-22T10:14:05+0100", 1763802845000},
        {"2025-11-22 09:14:05", 1763802845000},
        {"2025-11-22T09:14:05.212999999z", 1763802845212},
        {"2025-11-22", 1763769600000},
    };
    static const char *bad[] = {"",
                                "2025",
                                "2025-13-01",
                                "2025-02-29",
                                "2025-11-22T25:00:00Z",
                                "2025-11-22T09:14:05Q",
                                "2025-11-22T09:14:05+1"};
    int64_t ms;

    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        assert_true(clock_parse(str_of(good[i].text), &ms));
        assert_true(ms == good[i].ms);
    }
    ms = 42;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(clock_parse(str_of(bad[i]), &ms));
    assert_true(ms == 42);
}

static void times_are_written_in_utc(void **state)
{
    (void)state;
    char text[CLOCK_TEXT_MAX];

    assert_str_equal(clock_write_ms(1763802845212, text), STR("2025-11-22T09:14:05.212Z"));
    assert_str_equal(clock_write_s(-1, text), STR("1969-12-31T23:59:59Z"));
    assert_str_equal(clock_write_ms(-1, text), STR("1969-12-31T23:59:59.999Z"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_of_eight_centuries_goes_there_and_back),
        cmocka_unit_test(times_are_read_in_the_forms_that_networks_write),
        cmocka_unit_test(times_are_written_in_utc),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
