#include "daemon/net/freshness.h"

#include "tests/unit/unit.h"

enum { NOW_S = 1763802845 }; /* Sat, 22 Nov 2025 09:14:05 GMT */
static const int64_t now_ms = NOW_S * 1000ll;

static void lifetime_follows_the_rank_of_the_headers(void **state)
{
    (void)state;
    static const struct {
        const char *cache_control, *expires, *date, *age;
        int64_t seconds;
    } rows[] = {
        {"max-age=600", "", "", "", 600},
        {"public, MAX-AGE=\"600\"", "Sat, 22 Nov 2025 10:14:05 GMT", "", "", 600},
        {"max-age=600", "", "", "100", 500},
        {"max-age=600", "", "", "700", 0},
        {"max-age=99999999999999999999", "", "", "", 366 * 86400},
        {"no-cache, max-age=600", "", "", "", 0},
        {"no-store", "", "", "", 0},
        {"private", "Sat, 22 Nov 2025 10:14:05 GMT", "Sat, 22 Nov 2025 09:44:05 GMT", "", 1800},
        {"", "Sat, 22 Nov 2025 10:14:05 GMT", "", "", 3600},
        {"", "Saturday, 22-Nov-25 10:14:05 GMT", "", "", 3600},
        {"", "0", "", "", 0},
        {"max-age=soon", "", "", "", -1},
        {"", "", "", "", -1},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct freshness_headers h = {.cache_control = str_of(rows[i].cache_control),
                                      .expires = str_of(rows[i].expires),
                                      .date = str_of(rows[i].date),
                                      .age = str_of(rows[i].age)};
        int64_t want = rows[i].seconds < 0 ? FRESHNESS_UNKNOWN : rows[i].seconds * 1000;

        if (freshness_lifetime_ms(&h, now_ms) != want)
            fail_msg("row %zu: %lld", i, (long long)freshness_lifetime_ms(&h, now_ms));
    }
}

static void retry_after_is_seconds_or_a_date(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        int64_t seconds;
    } rows[] = {
        {"120", 120},
        {"Sat, 22 Nov 2025 09:16:05 GMT", 120},
        {"Fri, 31 Dec 9999 23:59:59 GMT", 366 * 86400},
        {"Sat, 22 Nov 2025 09:00:00 GMT", 0},
        {"-5", -1},
        {"whenever", -1},
        {"", -1},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct freshness_headers h = {.retry_after = str_of(rows[i].value)};
        int64_t want = rows[i].seconds < 0 ? FRESHNESS_UNKNOWN : rows[i].seconds * 1000;

        if (freshness_retry_ms(&h, now_ms) != want)
            fail_msg("row %zu: %lld", i, (long long)freshness_retry_ms(&h, now_ms));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lifetime_follows_the_rank_of_the_headers),
        cmocka_unit_test(retry_after_is_seconds_or_a_date),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
