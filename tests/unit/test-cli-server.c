#include "cli/verbs/server.h"

#include "tests/unit/unit.h"

static void urls_give_their_parts(void **state)
{
    (void)state;
    struct server s;

    assert_null(server_parse(&s, STR("redis://redis.example")));
    assert_string_equal(s.host, "redis.example");
    assert_int_equal(s.port, 6379);
    assert_int_equal(s.db, 0);
    assert_null(server_parse(&s, STR("redis://u:p%40ss%2f@[::1]:7000/3")));
    assert_string_equal(s.user, "u");
    assert_string_equal(s.password, "p@ss/");
    assert_string_equal(s.host, "::1");
    assert_int_equal(s.port, 7000);
    assert_int_equal(s.db, 3);
    assert_null(server_parse(&s, STR("redis://:secret@h")));
    assert_string_equal(s.user, "");
    assert_string_equal(s.password, "secret");
    assert_null(server_parse(&s, STR("unix:///run/redis.sock?db=2")));
    assert_int_equal(s.kind, SERVER_UNIX);
    assert_string_equal(s.host, "/run/redis.sock");
    assert_int_equal(s.db, 2);
}

static void wrong_urls_say_why(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        "redis://",
                                        "redis://:6379",
                                        "redis://h:x",
                                        "redis://h:65536",
                                        "redis://h/x",
                                        "redis://h/-1",
                                        "redis://a%00b",
                                        "unix://",
                                        "unix:///s?x",
                                        "http://h",
                                        "rediss://h"};
    char large[400] = "redis://";
    struct server s;

    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        if (!server_parse(&s, str_of(wrong[i])))
            fail_msg("%s was accepted", wrong[i]);
    memset(large + 8, 'h', sizeof(large) - 9);
    assert_non_null(server_parse(&s, str_of(large)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls_give_their_parts),
        cmocka_unit_test(wrong_urls_say_why),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
