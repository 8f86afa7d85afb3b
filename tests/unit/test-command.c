#include "daemon/sink/command.h"

#include <stdlib.h>

#include <hiredis/hiredis.h>

#include "tests/unit/unit.h"

enum { ARGS = 6 };

/* As hiredis writes it, which is another's reading of the protocol. */
static void check(const struct str *argv, size_t argc)
{
    const char *texts[ARGS];
    size_t lengths[ARGS], size = command_size(argv, argc);
    char *want, *got = malloc(size + 1);
    int n;

    got[size] = '!';
    command_write(argv, argc, got);
    for (size_t i = 0; i < argc; i++) {
        texts[i] = argv[i].n ? argv[i].p : "";
        lengths[i] = argv[i].n;
    }
    n = redisFormatCommandArgv(&want, (int)argc, texts, lengths);
    assert_int_equal(size, n);
    assert_memory_equal(got, want, size);
    assert_int_equal(got[size], '!');
    redisFreeCommand(want);
    free(got);
}

static void a_command_is_written_as_hiredis_writes_it(void **state)
{
    const struct str argv[ARGS] = {STR("SET"), STR("key"), STR("a\r\n$b"), {"a\0b", 3}, STR("é")};

    (void)state;
    for (size_t argc = 1; argc <= ARGS; argc++) /* the last is empty */
        check(argv, argc);
}

static void lengths_of_any_number_of_digits_fit(void **state)
{
    static const size_t sizes[] = {0, 1, 9, 10, 11, 99, 100, 999, 1000, 65535, 99999, 100000};
    char *text = calloc(1, 100000);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
        check(&(struct str){text, sizes[i]}, 1);
    free(text);
}

static void more_than_nine_arguments_are_counted_right(void **state)
{
    struct str argv[512];
    char got[16 * 512];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(argv); i++)
        argv[i] = STR("x");
    command_write(argv, 512, got);
    assert_memory_equal(got, "*512\r\n$1\r\nx\r\n$1\r\n", 17);
    assert_int_equal(command_size(argv, 512), 6 + 512 * 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_is_written_as_hiredis_writes_it),
        cmocka_unit_test(lengths_of_any_number_of_digits_fit),
        cmocka_unit_test(more_than_nine_arguments_are_counted_right),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
