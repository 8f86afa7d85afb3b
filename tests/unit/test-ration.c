#include "daemon/net/ration.h"

#include "tests/unit/unit.h"

enum { BURST = 20, REFILL_MS = 30000 };

static void a_burst_is_given_and_then_one_at_a_time(void **state)
{
    (void)state;
    static struct ration r = {.burst = BURST, .refill_ms = REFILL_MS, .seed = 7};
    int64_t now = 1000000;

    for (int i = 0; i < BURST; i++)
        assert_int_equal(ration_take(&r, STR("a.example"), now), 0);
    assert_int_equal(ration_take(&r, STR("a.example"), now), REFILL_MS);
    assert_int_equal(ration_take(&r, STR("b.example"), now), 0);
    now += REFILL_MS;
    assert_int_equal(ration_take(&r, STR("a.example"), now), 0);
    assert_int_equal(ration_take(&r, STR("a.example"), now + 1), REFILL_MS - 1);
}

static void a_long_silence_gives_one_burst_and_no_more(void **state)
{
    (void)state;
    static struct ration r = {.burst = BURST, .refill_ms = REFILL_MS};
    int64_t now = 86400000;
    int n = 0;

    while (ration_take(&r, STR("x"), now) == 0)
        n++;
    assert_int_equal(n, BURST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_is_given_and_then_one_at_a_time),
        cmocka_unit_test(a_long_silence_gives_one_burst_and_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
