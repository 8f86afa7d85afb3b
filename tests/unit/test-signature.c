#include "daemon/source/signature.h"

#include "tests/unit/unit.h"

#define SECRET STR("Jefe")
#define BODY STR("what do ya want for nothing?")
#define SHA1 "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"
#define SHA256 "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
#define SHA384                                                                                     \
    "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab2" \
    "1649"

static void a_hubs_signature_is_checked_with_the_hash_it_names(void **state)
{
    (void)state;
    assert_true(signature_websub(SECRET, STR("sha1=" SHA1), BODY));
    assert_true(signature_websub(SECRET, STR("SHA256=" SHA256), BODY));
    assert_true(signature_websub(SECRET, STR("sha384=" SHA384), BODY));
    assert_false(signature_websub(SECRET, STR("sha512=" SHA384), BODY));
    assert_false(signature_websub(SECRET, STR("sha1=" SHA256), BODY));
    assert_false(signature_websub(SECRET, STR("md5=750c783e6ab0b503eaa86e310a5db738"), BODY));
}

static void what_is_cut_or_unsigned_proves_nothing(void **state)
{
    (void)state;
    assert_false(signature_websub(SECRET, STR("sha256="), BODY));
    assert_false(signature_websub(SECRET, STR("sha256"), BODY));
    assert_false(signature_websub(SECRET, STR_NONE, BODY));
    assert_false(signature_websub(STR_NONE, STR("sha256=" SHA256), BODY));
    assert_false(signature_websub(SECRET, STR("sha256=" SHA256), STR("another body")));
    assert_false(signature_websub(SECRET, STR("sha256=" SHA256 "0"), BODY));
    assert_false(signature_same(STR_NONE, STR_NONE));
    assert_true(signature_meta(SECRET, STR("sha256=" SHA256), BODY));
    assert_false(signature_meta(SECRET, STR("sha1=" SHA1), BODY));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hubs_signature_is_checked_with_the_hash_it_names),
        cmocka_unit_test(what_is_cut_or_unsigned_proves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
