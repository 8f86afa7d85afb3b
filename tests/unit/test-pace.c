#include "daemon/core/pace.h"

#include <math.h>

#include "tests/unit/unit.h"

enum { HOUR_MS = 3600 * 1000 };
#define START 1760000000000ll

static void it_is_too_early_to_say_in_the_first_hour(void **state)
{
    (void)state;
    struct pace p = {0};

    assert_true(isnan(pace_per_day(&p, START)));
    pace_add(&p, 30, START); /* what was there before */
    assert_true(isnan(pace_per_day(&p, START + HOUR_MS / 2)));
    assert_true(pace_per_day(&p, START + HOUR_MS) == 0);
}

static void a_steady_source_shows_its_pace_from_the_first_day_on(void **state)
{
    (void)state;
    struct pace p = {0};

    pace_add(&p, 30, START);
    for (int hour = 1; hour <= 24 * 60; hour++) {
        pace_add(&p, 2, START + (int64_t)hour * HOUR_MS);
        if (hour >= 24)
            assert_true(fabs(pace_per_day(&p, START + (int64_t)hour * HOUR_MS) - 48) < 2.5);
    }
}

static void a_source_that_fell_silent_fades(void **state)
{
    (void)state;
    struct pace p = {0};
    int64_t later_ms = START + 365ll * 24 * HOUR_MS;

    pace_add(&p, 0, START);
    pace_add(&p, 100, later_ms);
    double first = pace_per_day(&p, later_ms);
    double week = pace_per_day(&p, later_ms + PACE_DAYS * 24ll * HOUR_MS);

    assert_true(first > 14 && first < 15); /* 100 in a week, the weight of which is a week */
    assert_true(fabs(week / first - exp(-1)) < 0.01);
    assert_true(pace_per_day(&p, later_ms + 400ll * 24 * HOUR_MS) < 0.001);
}

static void a_clock_that_goes_back_does_no_harm(void **state)
{
    (void)state;
    struct pace p = {0};

    pace_add(&p, 1, START);
    pace_add(&p, 1, START - 10 * HOUR_MS);
    assert_true(p.recent == 1);
    assert_true(isnan(pace_per_day(&p, START - HOUR_MS)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_too_early_to_say_in_the_first_hour),
        cmocka_unit_test(a_steady_source_shows_its_pace_from_the_first_day_on),
        cmocka_unit_test(a_source_that_fell_silent_fades),
        cmocka_unit_test(a_clock_that_goes_back_does_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
