#include "daemon/net/courtesy.h"

#include "tests/unit/unit.h"

static const struct courtesy_limits limits = {.per_host = 2, .per_host_private = 3, .gap_ms = 1000};

static void one_host_is_scheme_and_authority(void **state)
{
    (void)state;
    struct courtesy *c = courtesy_new(&limits);
    struct courtesy_host *a = courtesy_host(c, STR("https://A.example/x"), GUARD_PUBLIC);

    assert_ptr_equal(a, courtesy_host(c, STR("https://a.example?y"), GUARD_PUBLIC));
    assert_ptr_equal(a, courtesy_host(c, STR("https://me:pw@a.example/"), GUARD_PUBLIC));
    assert_ptr_not_equal(a, courtesy_host(c, STR("http://a.example/x"), GUARD_PUBLIC));
    assert_ptr_not_equal(a, courtesy_host(c, STR("https://a.example:444/x"), GUARD_PUBLIC));
    assert_ptr_not_equal(a, courtesy_host(c, STR("https://a.example/x"), GUARD_PRIVATE));
    courtesy_free(c);
}

static void each_request_to_a_public_host_gets_a_slot_of_its_own(void **state)
{
    (void)state;
    struct courtesy *c = courtesy_new(&limits);
    struct courtesy_host *h = courtesy_host(c, STR("http://a/"), GUARD_PUBLIC);

    assert_int_equal(courtesy_enter(c, h, COURTESY_FIRST, 5000), 0);
    courtesy_leave(h);
    assert_int_equal(courtesy_enter(c, h, COURTESY_FIRST, 5000), 1000);
    assert_int_equal(courtesy_enter(c, h, COURTESY_FIRST, 5001), 1999);
    assert_int_equal(courtesy_enter(c, h, COURTESY_AGAIN, 6000), 0);
    courtesy_leave(h);
    assert_int_equal(courtesy_enter(c, h, COURTESY_AGAIN, 7000), 0);
    courtesy_free(c);
}

static void no_host_gets_more_at_once_than_its_limit(void **state)
{
    (void)state;
    struct courtesy *c = courtesy_new(&limits);
    struct courtesy_host *h = courtesy_host(c, STR("http://a/"), GUARD_PUBLIC);
    struct courtesy_host *p = courtesy_host(c, STR("http://p/"), GUARD_PRIVATE);

    assert_int_equal(courtesy_enter(c, h, COURTESY_FIRST, 0), 0);
    assert_int_equal(courtesy_enter(c, h, COURTESY_FIRST, 1000), 0);
    assert_true(courtesy_enter(c, h, COURTESY_FIRST, 2000) > 0);
    courtesy_leave(h);
    for (int i = 0; i < 3; i++)
        assert_int_equal(courtesy_enter(c, p, COURTESY_FIRST, 0), 0);
    assert_true(courtesy_enter(c, p, COURTESY_FIRST, 0) > 0);
    courtesy_free(c);
}

static void a_held_host_gets_nothing_before_its_time(void **state)
{
    (void)state;
    struct courtesy *c = courtesy_new(&limits);
    struct courtesy_host *h = courtesy_host(c, STR("http://a/"), GUARD_PUBLIC);

    courtesy_hold(h, 60000);
    courtesy_hold(h, 30000); /* an earlier end changes nothing */
    assert_int_equal(courtesy_enter(c, h, COURTESY_FIRST, 1000), 59000);
    assert_int_equal(courtesy_enter(c, h, COURTESY_AGAIN, 2000), 59000);
    assert_int_equal(courtesy_enter(c, h, COURTESY_AGAIN, 60000), 0);
    courtesy_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_host_is_scheme_and_authority),
        cmocka_unit_test(each_request_to_a_public_host_gets_a_slot_of_its_own),
        cmocka_unit_test(no_host_gets_more_at_once_than_its_limit),
        cmocka_unit_test(a_held_host_gets_nothing_before_its_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
