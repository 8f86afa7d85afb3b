#include "daemon/core/loop.h"

#include <event2/event.h>

#include "tests/unit/unit.h"

struct chain {
    struct loop *loop;
    int calls;
};

static void call_again(void *object)
{
    struct chain *c = object;

    if (++c->calls < 3)
        loop_defer(c->loop, call_again, c);
}

static void a_deferred_call_never_runs_before_the_caller_returned(void **state)
{
    (void)state;
    struct chain c = {.loop = loop_new()};

    loop_defer(c.loop, call_again, &c);
    assert_int_equal(c.calls, 0);
    loop_turn(c.loop);
    assert_int_equal(c.calls, 1); /* the one it deferred itself waits for the next turn */
    loop_turn(c.loop);
    assert_int_equal(c.calls, 2);
    loop_free(c.loop); /* runs the last */
    assert_int_equal(c.calls, 3);
}

static void stop(int fd, short what, void *arg)
{
    (void)fd, (void)what;
    loop_stop(arg);
}

static void the_loop_runs_until_it_is_stopped_and_measures_its_lag(void **state)
{
    (void)state;
    struct loop *l = loop_new();
    struct event *timer = loop_timer(l, stop, l);
    uint64_t samples = 0;

    loop_timer_in(timer, 250);
    loop_run(l);
    for (size_t i = 0; i < LOOP_LAG_BUCKETS; i++)
        samples += loop_lag(l)->counts[i];
    assert_true(samples >= 1);
    event_free(timer);
    loop_free(l);
}

static void jitter_stays_within_a_tenth(void **state)
{
    (void)state;
    struct loop *l = loop_new();
    int64_t least = INT64_MAX, most = 0;

    for (int i = 0; i < 10000; i++) {
        int64_t ms = loop_jitter_ms(l, 1000);

        least = MIN(least, ms);
        most = MAX(most, ms);
    }
    assert_true(least >= 900 && least < 910);
    assert_true(most <= 1100 && most > 1090);
    assert_int_equal(loop_jitter_ms(l, 3), 3);
    loop_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_deferred_call_never_runs_before_the_caller_returned),
        cmocka_unit_test(the_loop_runs_until_it_is_stopped_and_measures_its_lag),
        cmocka_unit_test(jitter_stays_within_a_tenth),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
