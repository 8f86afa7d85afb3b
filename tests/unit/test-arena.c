#include "lib/base/arena.h"

#include "tests/unit/unit.h"

static void memory_is_zeroed_again_after_a_reset(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);

    for (int round = 0; round < 3; round++) {
        for (size_t size = 1; size < 20000; size = size * 3 + 1) {
            unsigned char *p = arena_alloc(a, size);

            assert_int_equal((uintptr_t)p % 16, 0);
            for (size_t i = 0; i < size; i++)
                assert_int_equal(p[i], 0);
            memset(p, 0xaa, size);
        }
        arena_reset(a);
    }
    arena_free(a);
}

static void the_limit_is_an_ordinary_error(void **state)
{
    (void)state;
    struct arena *a = arena_new(100);

    assert_non_null(arena_alloc(a, 90));
    assert_null(arena_alloc(a, 10));
    assert_true(arena_exhausted(a));
    assert_null(arena_array(a, SIZE_MAX / 2, 4));
    arena_reset(a);
    assert_false(arena_exhausted(a));
    assert_non_null(arena_alloc(a, 10));
    arena_free(a);
}

static void a_rewind_gives_back_what_came_after_the_mark(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct str kept = arena_printf(a, "%d-%s", 48, "h");
    struct arena_mark mark = arena_mark(a);

    memset(arena_alloc(a, 100000), 1, 100000);
    arena_rewind(a, mark);
    assert_int_equal(arena_used(a), mark.total);
    assert_str_equal(kept, STR("48-h"));
    assert_int_equal(*(char *)arena_alloc(a, 50000), 0);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_again_after_a_reset),
        cmocka_unit_test(the_limit_is_an_ordinary_error),
        cmocka_unit_test(a_rewind_gives_back_what_came_after_the_mark),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
