#include "lib/base/map.h"

#include <stdio.h>

#include "tests/unit/unit.h"

static void ten_thousand_keys_are_found_again_in_order(void **state)
{
    (void)state;
    enum { N = 10000 };
    static char keys[N][16];
    static int values[N];
    struct map m = {0};

    assert_null(map_get(&m, STR("nothing")));
    for (int i = 0; i < N; i++) {
        snprintf(keys[i], sizeof(keys[i]), "key-%d", i);
        assert_null(map_put(&m, str_of(keys[i]), &values[i]));
    }
    for (int i = 0; i < N; i++) {
        assert_ptr_equal(map_get(&m, str_of(keys[i])), &values[i]);
        assert_str_equal(m.entries[i].key, str_of(keys[i]));
    }
    assert_null(map_get(&m, STR("key-10000")));
    assert_ptr_equal(map_put(&m, STR("key-7"), &values[0]), &values[7]);
    assert_int_equal(m.n, N);
    map_done(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_thousand_keys_are_found_again_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
