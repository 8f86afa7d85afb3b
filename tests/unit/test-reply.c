#include "daemon/sink/reply.h"

#include "tests/unit/unit.h"

static void errors_are_classed_by_what_they_ask_of_us(void **state)
{
    static const struct {
        const char *error;
        enum reply_class class;
    } cases[] = {
        {"NOSCRIPT No matching script. Please use EVAL.", REPLY_NOSCRIPT},
        {"MOVED 3999 127.0.0.1:6381", REPLY_MOVED},
        {"ASK 3999 127.0.0.1:6381", REPLY_ASK},
        {"LOADING Redis is loading the dataset in memory", REPLY_LATER},
        {"BUSY Redis is busy running a script.", REPLY_LATER},
        {"TRYAGAIN Multiple keys request during rehashing of slot", REPLY_LATER},
        {"CLUSTERDOWN Hash slot not served", REPLY_LATER},
        {"MASTERDOWN Link with MASTER is down", REPLY_LATER},
        {"NOREPLICAS Not enough good replicas to write.", REPLY_LATER},
        {"READONLY You can't write against a read only replica.", REPLY_RECONNECT},
        {"NOAUTH Authentication required.", REPLY_OPERATOR},
        {"WRONGPASS invalid username-password pair or user is disabled.", REPLY_OPERATOR},
        {"NOPERM User couac has no permissions to run the 'xadd' command", REPLY_OPERATOR},
        {"OOM command not allowed when used memory > 'maxmemory'.", REPLY_OPERATOR},
        {"MISCONF Redis is configured to save RDB snapshots", REPLY_OPERATOR},
        {"WRONGTYPE Operation against a key holding the wrong kind of value", REPLY_OPERATOR},
        {"CROSSSLOT Keys in request don't hash to the same slot", REPLY_OPERATOR},
        {"ERR unknown command 'EVALSHA', with args beginning with:", REPLY_OPERATOR},
        {"ERR max number of clients reached", REPLY_OPERATOR},
        {"ERR invalid password", REPLY_OPERATOR},
        {"ERR The user executing the script can't run this command or subcommand", REPLY_OPERATOR},
        {"ERR Error running script (call to f_a): @user_script:7: WRONGTYPE Operation",
         REPLY_OPERATOR},
        {"ERR Error running script (call to f_a): @user_script:7: @user_script: 7: -OOM no",
         REPLY_OPERATOR},
        {"ERR string exceeds maximum allowed size", REPLY_POISON},
        {"BUSYKEY Target key name already exists.", REPLY_POISON},
        {"", REPLY_POISON},
        {"LOADINGS", REPLY_POISON},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (reply_classify(str_of(cases[i].error)) != cases[i].class)
            fail_msg("%s", cases[i].error);
}

static void a_redirect_names_a_host_and_a_port(void **state)
{
    char host[256];
    uint16_t port;

    (void)state;
    assert_true(reply_redirect(STR("MOVED 3999 127.0.0.1:6381"), host, &port));
    assert_string_equal(host, "127.0.0.1");
    assert_int_equal(port, 6381);
    assert_true(reply_redirect(STR("ASK 1 ::1:7000"), host, &port));
    assert_string_equal(host, "::1");
    assert_true(reply_redirect(STR("MOVED 1 :7000"), host, &port));
    assert_string_equal(host, "");
    assert_false(reply_redirect(STR("MOVED 1 host"), host, &port));
    assert_false(reply_redirect(STR("MOVED 1 host:0"), host, &port));
    assert_false(reply_redirect(STR("MOVED"), host, &port));
    assert_false(reply_redirect(STR("ERR 1 host:1"), host, &port));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_are_classed_by_what_they_ask_of_us),
        cmocka_unit_test(a_redirect_names_a_host_and_a_port),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
