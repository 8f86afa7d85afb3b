#include "daemon/source/schedule.h"

#include <stdlib.h>

#include "lib/base/clock.h"

#include "tests/unit/unit.h"

enum { S = 1000, MIN_ = 60 * S, H = 60 * MIN_ };
#define DAY (24ll * H)

static const struct config_poll rules = {
    .interval_ms = 15 * MIN_,
    .floor_ms = 5 * MIN_,
    .floor_blind_ms = 60 * MIN_,
    .floor_deaf_ms = DAY,
    .slowest_ms = 2 * H,
    .backoff_max_ms = 7 * DAY,
    .retry_after_max_ms = DAY,
    .pushed_ms = 6 * H,
};

/* A Saturday, 09:14:05 GMT */
static const int64_t now_ms = 1763802845000;

static struct schedule_facts plain(void)
{
    return (struct schedule_facts){
        .outcome = SCHEDULE_FRESH,
        .now_ms = now_ms,
        .gap_ms = SCHEDULE_UNKNOWN,
        .lifetime_ms = SCHEDULE_UNKNOWN,
        .retry_ms = SCHEDULE_UNKNOWN,
        .ttl_ms = SCHEDULE_UNKNOWN,
    };
}

static int64_t interval(struct schedule_facts f)
{
    return schedule_next(&rules, &f).interval_ms;
}

#define WITH(...)                                                                                  \
    ({                                                                                             \
        struct schedule_facts f = plain();                                                         \
        struct schedule_facts *it = &f;                                                            \
        __VA_ARGS__;                                                                               \
        interval(*it);                                                                             \
    })

static void the_rhythm_of_the_feed_decides_between_floor_and_slowest(void **state)
{
    (void)state;
    assert_int_equal(WITH(), 15 * MIN_);
    assert_int_equal(WITH(it->gap_ms = 40 * MIN_), 20 * MIN_);
    assert_int_equal(WITH(it->gap_ms = 30 * S), 5 * MIN_);
    assert_int_equal(WITH(it->gap_ms = 30 * DAY), 2 * H);
    assert_int_equal(WITH(it->gap_ms = 30 * DAY, it->every_ms = 10 * MIN_), 10 * MIN_);
}

static void what_http_says_of_freshness_ranks_above_what_the_feed_says(void **state)
{
    (void)state;
    assert_int_equal(WITH(it->lifetime_ms = H), H);
    assert_int_equal(WITH(it->lifetime_ms = H, it->outcome = SCHEDULE_SAME), H);
    assert_int_equal(WITH(it->lifetime_ms = 365 * DAY), DAY);
    assert_int_equal(WITH(it->lifetime_ms = 0, it->ttl_ms = 3 * H), 15 * MIN_);
    assert_int_equal(WITH(it->ttl_ms = 3 * H), 3 * H);
    assert_int_equal(WITH(it->ttl_ms = S), 15 * MIN_);
}

static void what_a_hub_delivers_is_asked_rarely_until_its_word_ends(void **state)
{
    (void)state;
    assert_int_equal(WITH(it->pushed_ms = now_ms + 10 * DAY), 6 * H);
    assert_int_equal(WITH(it->pushed_ms = now_ms + 10 * DAY, it->every_ms = MIN_), 6 * H);
    assert_int_equal(WITH(it->pushed_ms = now_ms + 10 * DAY, it->every_ms = DAY), DAY);
    assert_int_equal(WITH(it->pushed_ms = now_ms + 10 * DAY, it->outcome = SCHEDULE_SAME), 6 * H);
    assert_int_equal(WITH(it->pushed_ms = now_ms + H), H);
    assert_int_equal(WITH(it->pushed_ms = now_ms + S), 15 * MIN_);
    assert_int_equal(WITH(it->pushed_ms = now_ms - H), 15 * MIN_);
    assert_true(WITH(it->pushed_ms = now_ms + 10 * DAY, it->outcome = SCHEDULE_FAILED,
                     it->failures = 1) < H);
}

static void servers_that_cannot_say_not_modified_are_asked_less(void **state)
{
    (void)state;
    assert_int_equal(WITH(it->server = SCHEDULE_BLIND), H);
    assert_int_equal(WITH(it->server = SCHEDULE_DEAF), DAY);
    assert_int_equal(WITH(it->server = SCHEDULE_DEAF, it->network = CONFIG_PRIVATE), 15 * MIN_);
    assert_int_equal(WITH(it->network = CONFIG_PRIVATE, it->every_ms = S), S);
}

static void failures_double_the_interval_up_to_a_week(void **state)
{
    (void)state;
    assert_int_equal(WITH(it->outcome = SCHEDULE_FAILED, it->failures = 1), 30 * MIN_);
    assert_int_equal(WITH(it->outcome = SCHEDULE_FAILED, it->failures = 3), 2 * H);
    assert_int_equal(WITH(it->outcome = SCHEDULE_FAILED, it->failures = 400), 7 * DAY);
    assert_int_equal(WITH(it->outcome = SCHEDULE_BUSY, it->failures = 2), H);
}

static void retry_after_is_obeyed_up_to_its_bound(void **state)
{
    (void)state;
    assert_int_equal(WITH(it->outcome = SCHEDULE_BUSY, it->failures = 9, it->retry_ms = H), H);
    assert_int_equal(WITH(it->outcome = SCHEDULE_BUSY, it->retry_ms = 900 * DAY), DAY);
    assert_int_equal(WITH(it->outcome = SCHEDULE_BUSY, it->retry_ms = 1), 15 * MIN_);
}

static void what_is_gone_is_never_asked_again(void **state)
{
    (void)state;
    struct schedule_facts f = plain();

    f.outcome = SCHEDULE_GONE;
    assert_true(schedule_next(&rules, &f).next_ms == SCHEDULE_NEVER);
}

static void jitter_only_ever_adds_and_spreads_by_a_tenth_at_least(void **state)
{
    (void)state;
    struct schedule_facts f = plain();
    int64_t least = INT64_MAX, most = 0;

    for (uint64_t i = 0; i < 20000; i++) {
        f.random = i * 0x9e3779b97f4a7c15ull;
        int64_t wait_ms = schedule_next(&rules, &f).next_ms - now_ms;

        least = MIN(least, wait_ms);
        most = MAX(most, wait_ms);
    }
    assert_true(least >= 15 * MIN_ && most - least >= 15 * MIN_ / 10);
}

static void the_first_minute_of_an_hour_is_left_to_cron(void **state)
{
    (void)state;
    struct schedule_facts f = plain();

    f.now_ms = now_ms / H * H + 45 * MIN_ + 20 * S;
    for (uint64_t i = 0; i < 1000; i++) {
        f.random = i << 32;
        assert_true(schedule_next(&rules, &f).next_ms % H >= MIN_);
    }
}

static void hours_and_days_that_the_feed_skips_are_skipped(void **state)
{
    (void)state;
    struct schedule_facts f = plain();

    f.skip_hours = 1u << 9 | 1u << 10; /* 09:14 + 15 min is within */
    assert_true(schedule_next(&rules, &f).next_ms / H % 24 == 11);
    f.skip_hours = 0;
    f.skip_days = 1 << 5 | 1 << 6; /* Saturday and Sunday */
    assert_int_equal(clock_weekday(schedule_next(&rules, &f).next_ms / DAY), 0);
    f.skip_days = 0x7f; /* nonsense is no answer */
    assert_true(schedule_next(&rules, &f).next_ms == now_ms + 15 * MIN_);
}

static void the_typical_gap_is_the_median_and_grows_with_silence(void **state)
{
    (void)state;
    int64_t regular[] = {now_ms - 3 * H, now_ms - H, CLOCK_NONE, now_ms - 2 * H, now_ms - 50 * H};
    int64_t silent[] = {now_ms - 80 * H, now_ms - 81 * H, now_ms - 82 * H};
    int64_t few[] = {now_ms - H, now_ms};

    assert_int_equal(schedule_gap_ms(regular, ARRAY_LEN(regular), now_ms), H);
    assert_int_equal(schedule_gap_ms(silent, ARRAY_LEN(silent), now_ms), 20 * H);
    assert_int_equal(schedule_gap_ms(few, ARRAY_LEN(few), now_ms), SCHEDULE_UNKNOWN);
}

static void many_new_sources_are_spread_and_few_start_at_once(void **state)
{
    (void)state;
    assert_true(schedule_first_ms(rules.interval_ms, 2, 3, 12345) <= 200);
    for (size_t i = 0; i < 100000; i += 777) {
        int64_t at_ms = schedule_first_ms(rules.interval_ms, i, 100000, i * 0x9e3779b97f4a7c15ull);

        assert_true(at_ms >= 0 && at_ms <= 15 * MIN_ + 10);
        assert_true(llabs(at_ms - 15ll * MIN_ * (int64_t)i / 100000) <= 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rhythm_of_the_feed_decides_between_floor_and_slowest),
        cmocka_unit_test(what_http_says_of_freshness_ranks_above_what_the_feed_says),
        cmocka_unit_test(what_a_hub_delivers_is_asked_rarely_until_its_word_ends),
        cmocka_unit_test(servers_that_cannot_say_not_modified_are_asked_less),
        cmocka_unit_test(failures_double_the_interval_up_to_a_week),
        cmocka_unit_test(retry_after_is_obeyed_up_to_its_bound),
        cmocka_unit_test(what_is_gone_is_never_asked_again),
        cmocka_unit_test(jitter_only_ever_adds_and_spreads_by_a_tenth_at_least),
        cmocka_unit_test(the_first_minute_of_an_hour_is_left_to_cron),
        cmocka_unit_test(hours_and_days_that_the_feed_skips_are_skipped),
        cmocka_unit_test(the_typical_gap_is_the_median_and_grows_with_silence),
        cmocka_unit_test(many_new_sources_are_spread_and_few_start_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
