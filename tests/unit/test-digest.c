#include "lib/data/digest.h"

#include "tests/unit/unit.h"

static void sha256_gives_the_standards_values(void **state)
{
    (void)state;
    char text[DIGEST_HEX_SIZE];

    assert_str_equal(digest_sha256_hex(STR_NONE, text),
                     STR("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    assert_str_equal(digest_sha256_hex(STR("abc"), text),
                     STR("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
}

/* RFC 4231, test case 2 */
static void hmac_gives_the_standards_value(void **state)
{
    (void)state;
    char text[DIGEST_HEX_SIZE];
    struct digest d = digest_hmac(STR("Jefe"), STR("what do ya want for nothing?"));

    assert_str_equal(digest_hex(&d, text),
                     STR("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
    d = digest_hmac(STR_NONE, STR_NONE);
    assert_str_equal(digest_short(&d, text), STR("b613679a0814d9ec"));
    assert_true(digest_u64(&d) == 0xb613679a0814d9ecull);
}

/* RFC 2202 and 4231, test case 2 of each */
static void hmac_is_made_with_any_hash(void **state)
{
    (void)state;
    char text[DIGEST_HMAC_HEX_SIZE];
    struct str key = STR("Jefe"), data = STR("what do ya want for nothing?");

    assert_str_equal(digest_hmac_hex(DIGEST_SHA1, key, data, text),
                     STR("effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"));
    assert_str_equal(digest_hmac_hex(DIGEST_SHA256, key, data, text),
                     STR("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
    assert_str_equal(digest_hmac_hex(DIGEST_SHA384, key, data, text),
                     STR("af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
                         "8e2240ca5e69e2c78b3239ecfab21649"));
    assert_str_equal(digest_hmac_hex(DIGEST_SHA512, key, data, text),
                     STR("164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
                         "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"));
}

static void parts_do_not_run_into_each_other(void **state)
{
    (void)state;
    struct digest a = digest_parts((struct str[]){STR("ab"), STR("c")}, 2);
    struct digest b = digest_parts((struct str[]){STR("a"), STR("bc")}, 2);
    struct digest c = digest_parts((struct str[]){STR("ab"), STR("c")}, 2);
    struct digest d = digest_parts((struct str[]){STR("ab"), STR("c"), STR_NONE}, 3);

    assert_memory_not_equal(a.bytes, b.bytes, DIGEST_BYTES);
    assert_memory_equal(a.bytes, c.bytes, DIGEST_BYTES);
    assert_memory_not_equal(a.bytes, d.bytes, DIGEST_BYTES);
}

static void ulids_sort_as_their_times(void **state)
{
    (void)state;
    unsigned char chance[DIGEST_ULID_RANDOM];
    char first[DIGEST_ULID_SIZE], second[DIGEST_ULID_SIZE];

    memset(chance, 0xff, sizeof(chance));
    assert_str_equal(digest_ulid(1469918176385, chance, first), STR("01ARYZ6S41ZZZZZZZZZZZZZZZZ"));
    memset(chance, 0, sizeof(chance));
    assert_str_equal(digest_ulid(1469918176386, chance, second), STR("01ARYZ6S420000000000000000"));
    assert_true(strcmp(first, second) < 0);
    assert_str_equal(digest_ulid(INT64_MAX, chance, first), STR("7ZZZZZZZZZ0000000000000000"));
    assert_str_equal(digest_ulid(-1, chance, first), STR("00000000000000000000000000"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_gives_the_standards_values),
        cmocka_unit_test(hmac_gives_the_standards_value),
        cmocka_unit_test(hmac_is_made_with_any_hash),
        cmocka_unit_test(parts_do_not_run_into_each_other),
        cmocka_unit_test(ulids_sort_as_their_times),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
