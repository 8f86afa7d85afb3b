#include "daemon/net/courtesy.h"

#include <stdio.h>

#include "tests/unit/unit.h"

static const struct courtesy_limits limits = {.per_host = 2, .per_host_private = 3, .gap_ms = 1000};

static void one_host_is_scheme_and_authority(void **state)
{
    (void)state;
    struct courtesy *c = courtesy_new(&limits);
    struct courtesy_host *a = courtesy_host(c, STR("https://A.example/x"), GUARD_PUBLIC, 0);

    assert_ptr_equal(a, courtesy_host(c, STR("https://a.example?y"), GUARD_PUBLIC, 0));
    assert_ptr_equal(a, courtesy_host(c, STR("https://me:pw@a.example/"), GUARD_PUBLIC, 0));
    assert_ptr_not_equal(a, courtesy_host(c, STR("http://a.example/x"), GUARD_PUBLIC, 0));
    assert_ptr_not_equal(a, courtesy_host(c, STR("https://a.example:444/x"), GUARD_PUBLIC, 0));
    assert_ptr_not_equal(a, courtesy_host(c, STR("https://a.example/x"), GUARD_PRIVATE, 0));
    courtesy_free(c);
}

static void each_request_to_a_public_host_gets_a_slot_of_its_own(void **state)
{
    (void)state;
    struct courtesy *c = courtesy_new(&limits);
    struct courtesy_host *h = courtesy_host(c, STR("http://a/"), GUARD_PUBLIC, 0);

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
    struct courtesy_host *h = courtesy_host(c, STR("http://a/"), GUARD_PUBLIC, 0);
    struct courtesy_host *p = courtesy_host(c, STR("http://p/"), GUARD_PRIVATE, 0);

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
    struct courtesy_host *h = courtesy_host(c, STR("http://a/"), GUARD_PUBLIC, 0);

    courtesy_hold(h, 60000);
    courtesy_hold(h, 30000); /* an earlier end changes nothing */
    assert_int_equal(courtesy_enter(c, h, COURTESY_FIRST, 1000), 59000);
    assert_int_equal(courtesy_enter(c, h, COURTESY_AGAIN, 2000), 59000);
    assert_int_equal(courtesy_enter(c, h, COURTESY_AGAIN, 60000), 0);
    courtesy_free(c);
}

static void hosts_that_strangers_name_are_forgotten_when_they_are_idle(void **state)
{
    (void)state;
    struct courtesy *c = courtesy_new(&limits);
    struct courtesy_host *busy = courtesy_host(c, STR("http://busy/"), GUARD_PUBLIC, 0);
    struct courtesy_host *held = courtesy_host(c, STR("http://held/"), GUARD_PUBLIC, 0);
    char url[64];

    assert_int_equal(courtesy_enter(c, busy, COURTESY_FIRST, 0), 0);
    courtesy_hold(held, 1 << 30);
    for (int i = 0; i < 100000; i++) {
        (void)snprintf(url, sizeof(url), "http://h%d/", i);
        struct courtesy_host *h = courtesy_host(c, str_of(url), GUARD_PUBLIC, 2000 * i);

        assert_int_equal(courtesy_enter(c, h, COURTESY_FIRST, 2000 * i), 0);
        courtesy_leave(h);
    }
    assert_true(courtesy_hosts(c) <= COURTESY_HOSTS);
    assert_ptr_equal(busy, courtesy_host(c, STR("http://busy/"), GUARD_PUBLIC, 1 << 29));
    assert_ptr_equal(held, courtesy_host(c, STR("http://held/"), GUARD_PUBLIC, 1 << 29));
    assert_true(courtesy_enter(c, held, COURTESY_FIRST, 1 << 29) > 0);
    courtesy_leave(busy);
    courtesy_free(c);
}

static void a_slot_given_out_is_not_forgotten(void **state)
{
    (void)state;
    struct courtesy *c = courtesy_new(&limits);
    char url[64];

    for (int i = 0; i < 3 * COURTESY_HOSTS; i++) {
        (void)snprintf(url, sizeof(url), "http://h%d/", i);
        struct courtesy_host *h = courtesy_host(c, str_of(url), GUARD_PUBLIC, 0);

        assert_int_equal(courtesy_enter(c, h, COURTESY_FIRST, 0), 0);
        courtesy_leave(h);
    }
    struct courtesy_host *first = courtesy_host(c, STR("http://h0/"), GUARD_PUBLIC, 0);

    assert_int_equal(courtesy_enter(c, first, COURTESY_FIRST, 0), 1000);
    courtesy_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_host_is_scheme_and_authority),
        cmocka_unit_test(each_request_to_a_public_host_gets_a_slot_of_its_own),
        cmocka_unit_test(no_host_gets_more_at_once_than_its_limit),
        cmocka_unit_test(a_held_host_gets_nothing_before_its_time),
        cmocka_unit_test(hosts_that_strangers_name_are_forgotten_when_they_are_idle),
        cmocka_unit_test(a_slot_given_out_is_not_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
