#include "daemon/core/backoff.h"

#include "tests/unit/unit.h"

static void the_ceiling_doubles_up_to_the_cap(void **state)
{
    (void)state;
    assert_int_equal(backoff_ceiling(250, 30000, 0), 250);
    assert_int_equal(backoff_ceiling(250, 30000, 1), 500);
    assert_int_equal(backoff_ceiling(250, 30000, 6), 16000);
    assert_int_equal(backoff_ceiling(250, 30000, 7), 30000);
    assert_int_equal(backoff_ceiling(250, 30000, 4000000000u), 30000);
    assert_int_equal(backoff_ceiling(INT64_MAX / 2, INT64_MAX, 9), INT64_MAX);
}

static void every_wait_lies_between_the_base_and_the_ceiling(void **state)
{
    (void)state;
    struct backoff b = {.base_ms = 250, .cap_ms = 30000};
    uint64_t chance = 1;

    for (unsigned i = 1; i < 50; i++) {
        chance = chance * 6364136223846793005ull + 1442695040888963407ull;
        int64_t wait_ms = backoff_next(&b, chance);

        assert_true(wait_ms >= 250 && wait_ms <= backoff_ceiling(250, 30000, i));
        assert_int_equal(b.failures, i);
    }
    backoff_reset(&b);
    assert_true(backoff_next(&b, UINT64_MAX) <= 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ceiling_doubles_up_to_the_cap),
        cmocka_unit_test(every_wait_lies_between_the_base_and_the_ceiling),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
