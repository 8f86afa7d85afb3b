#include "daemon/net/guard.h"

#include <arpa/inet.h>
#include <sys/un.h>

#include "tests/unit/unit.h"

static const char *ask(const char *text, enum guard_network network)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        return guard_refuses((struct sockaddr *)&v4, sizeof(v4), network);
    assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
    return guard_refuses((struct sockaddr *)&v6, sizeof(v6), network);
}

static void addresses_inside_are_refused_in_all_their_forms(void **state)
{
    (void)state;
    static const char *inside[] = {
        "127.0.0.1",
        "127.255.255.254",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.0.8",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "fe80::1",
        "fc00::1",
        "fdff::1",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
        "::ffff:10.0.0.1",
        "64:ff9b:1::1",
        "2001::1",
        "100::1",
        "4000::1",
    };

    for (size_t i = 0; i < ARRAY_LEN(inside); i++)
        assert_non_null(ask(inside[i], GUARD_PUBLIC));
}

static void addresses_outside_pass(void **state)
{
    (void)state;
    static const char *outside[] = {
        "1.1.1.1",         "8.8.8.8",        "172.15.0.1",       "172.32.0.1",
        "192.167.255.255", "100.63.255.255", "11.0.0.1",         "2606:4700::1111",
        "2a00::1",         "::ffff:8.8.8.8", "64:ff9b::808:808", "223.255.0.1",
    };

    for (size_t i = 0; i < ARRAY_LEN(outside); i++)
        assert_null(ask(outside[i], GUARD_PUBLIC));
}

static void private_sources_reach_inside_but_no_group_and_no_socket_file(void **state)
{
    (void)state;
    struct sockaddr_un file = {.sun_family = AF_UNIX, .sun_path = "/run/x"};

    assert_null(ask("127.0.0.1", GUARD_PRIVATE));
    assert_null(ask("192.168.1.1", GUARD_PRIVATE));
    assert_null(ask("::1", GUARD_PRIVATE));
    assert_null(ask("8.8.8.8", GUARD_PRIVATE));
    assert_string_equal(ask("224.0.0.1", GUARD_PRIVATE), "multicast");
    assert_string_equal(ask("255.255.255.255", GUARD_PRIVATE), "reserved");
    assert_non_null(guard_refuses((struct sockaddr *)&file, sizeof(file), GUARD_PRIVATE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_inside_are_refused_in_all_their_forms),
        cmocka_unit_test(addresses_outside_pass),
        cmocka_unit_test(private_sources_reach_inside_but_no_group_and_no_socket_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
