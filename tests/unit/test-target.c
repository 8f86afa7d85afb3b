#include "daemon/sink/target.h"

#include <errno.h>

#include "tests/unit/unit.h"

static struct target parse(const char *url)
{
    struct target t;
    const char *why = "";

    if (target_parse(str_of(url), &t, &why) != 0)
        fail_msg("%s: %s", url, why);
    return t;
}

static void each_form_is_read(void **state)
{
    struct target t = parse("redis://localhost");
    char text[TARGET_TEXT_MAX];

    (void)state;
    assert_int_equal(t.kind, TARGET_TCP);
    assert_int_equal(t.port, 6379);
    t = parse("rediss://ops@redis.example.org:7000/3");
    assert_int_equal(t.kind, TARGET_TLS);
    assert_string_equal(t.host, "redis.example.org");
    assert_string_equal(t.user, "ops");
    assert_int_equal(t.port, 7000);
    assert_int_equal(t.db, 3);
    t = parse("redis://[::1]:6380");
    assert_string_equal(t.host, "::1");
    assert_int_equal(t.port, 6380);
    assert_str_equal(target_text(&t, text), STR("redis://[::1]:6380/0"));
    t = parse("unix:///run/redis/redis.sock?db=2");
    assert_string_equal(t.host, "/run/redis/redis.sock");
    assert_int_equal(t.db, 2);
}

static void what_is_wrong_is_said(void **state)
{
    static const char *const bad[] = {
        "",
        "localhost:6379",
        "http://localhost",
        "redis://",
        "redis://:6379",
        "redis://h:port",
        "redis://h:65536",
        "redis://h:-1",
        "redis://h/db",
        "redis://h/-1",
        "redis://[::1",
        "redis://[::1]6379",
        "redis://@h",
        "unix://relative.sock",
        "unix:///a?x=1",
        ("unix:///"
         "0123456789012345678901234567890123456789012345678901234567890123456789012345678901"
         "23456789012345678901234567890"),
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct target t;
        const char *why = NULL;

        if (target_parse(str_of(bad[i]), &t, &why) != -EINVAL || !why)
            fail_msg("accepted %s", bad[i]);
    }
}

static void a_password_in_the_url_is_refused(void **state)
{
    struct target t;
    const char *why = "";

    (void)state;
    assert_int_equal(target_parse(STR("redis://user:secret@h"), &t, &why), -EINVAL);
    assert_non_null(strstr(why, "password_file"));
    assert_int_equal(target_parse(STR("redis://:secret@h"), &t, &why), -EINVAL);
}

static void a_list_of_servers_is_read(void **state)
{
    struct target t[TARGET_LIST_MAX];
    const char *why = NULL;

    (void)state;
    assert_int_equal(target_list(STR(""), t, &why), 0);
    assert_int_equal(target_list(STR("a:1, [::1]:2,c"), t, &why), 3);
    assert_string_equal(t[1].host, "::1");
    assert_int_equal(t[1].port, 2);
    assert_int_equal(t[2].port, 6379);
    assert_int_equal(target_list(STR("a:1,,b"), t, &why), -EINVAL);
    assert_non_null(why);
    assert_int_equal(target_list(STR("a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a"), t, &why), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_form_is_read),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(a_list_of_servers_is_read),
        cmocka_unit_test(a_password_in_the_url_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
