#include "lib/base/arena.h"
#include "lib/feed/oauth.h"
#include "tests/unit/unit.h"

static void a_credential_is_a_client_or_the_token_itself(void **state)
{
    struct oauth_client c;

    (void)state;
    assert_true(oauth_client_read(
        STR("client_id: 12\r\nclient_secret:  a:b \n\nrefresh_token: r\nother: x"), &c));
    assert_str_equal(c.id, STR("12"));
    assert_str_equal(c.secret, STR("a:b"));
    assert_str_equal(c.refresh_token, STR("r"));
    assert_true(oauth_client_read(STR("client_id: 12"), &c));
    assert_int_equal(c.secret.n, 0);
    assert_false(oauth_client_read(STR("client_secret: s\nrefresh_token: r"), &c));
    assert_false(oauth_client_read(STR("eyJhbGciOiJub25lIn0.e30."), &c));
    assert_false(oauth_client_read(STR("client_id:\n"), &c));
    assert_false(oauth_client_read(STR_NONE, &c));
}

/* The pair of RFC 6749, 2.3.1, with what must be encoded in it. */
static void the_client_proves_itself_in_the_header_or_in_the_form(void **state)
{
    struct arena *arena = arena_new(0);
    struct oauth_terms terms = {.scope = STR("a b"), .client = OAUTH_BASIC};
    struct oauth_client client = {STR("s6BhdRkqt3"), STR("7Fjfp0ZBr1KtDRbnfVdmIw"), STR_NONE};
    struct oauth_request r;

    (void)state;
    oauth_request(&terms, &client, STR_NONE, arena, &r);
    assert_str_equal(r.form, STR("grant_type=client_credentials&scope=a%20b"));
    assert_str_equal(r.authorization, STR("Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3"));
    client.secret = STR("a:b&c");
    terms.client = OAUTH_BODY;
    oauth_request(&terms, &client, STR("r+1"), arena, &r);
    assert_str_equal(r.form, STR("grant_type=refresh_token&refresh_token=r%2B1&"
                                 "client_id=s6BhdRkqt3&client_secret=a%3Ab%26c"));
    assert_int_equal(r.authorization.n, 0);
    client.secret = STR_NONE;
    oauth_request(&terms, &client, STR("r"), arena, &r);
    assert_str_equal(r.form, STR("grant_type=refresh_token&refresh_token=r&client_id=s6BhdRkqt3"));
    arena_free(arena);
}

static void answers_are_taken_when_they_can_be_shown_in_a_header(void **state)
{
    static const struct {
        const char *body;
        enum oauth_result result;
        int64_t expires_s;
    } answers[] = {
        {"{\"access_token\":\"a\",\"token_type\":\"bearer\",\"expires_in\":3600}", OAUTH_OK, 3600},
        {"{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"expires_in\":\"7200\"}", OAUTH_OK,
         7200},
        {"{\"access_token\":\"a\",\"expires_in\":null}", OAUTH_OK, -1},
        {"{\"access_token\":\"a\",\"expires_in\":-5}", OAUTH_OK, -1},
        {"{\"access_token\":\"a\",\"expires_in\":1e300}", OAUTH_OK, 366 * 86400},
        {" {\"access_token\":\"a\",\"refresh_token\":\"r\"}\n", OAUTH_OK, -1},
        {"{\"access_token\":\"a\",\"token_type\":\"mac\"}", OAUTH_E_STRANGE, -1},
        {"{\"access_token\":\"a\\r\\nX: y\"}", OAUTH_E_STRANGE, -1},
        {"{\"access_token\":\"a\",\"refresh_token\":\"r\\n\"}", OAUTH_E_STRANGE, -1},
        {"{\"access_token\":\"\xC3\xA9\"}", OAUTH_E_STRANGE, -1},
        {"{\"access_token\":7}", OAUTH_E_STRANGE, -1},
        {"{\"access_token\":\"\"}", OAUTH_E_STRANGE, -1},
        {"[\"access_token\"]", OAUTH_E_STRANGE, -1},
        {"<html>", OAUTH_E_STRANGE, -1},
        {"", OAUTH_E_STRANGE, -1},
        {"{\"error\":\"invalid_grant\",\"error_description\":\"too old\"}", OAUTH_E_REFUSED, -1},
    };
    struct arena *arena = arena_new(0);
    struct oauth_answer a;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        enum oauth_result r = oauth_read(str_of(answers[i].body), arena, &a);

        if (r != answers[i].result || (r == OAUTH_OK && a.expires_s != answers[i].expires_s))
            fail_msg("%s: %d, %lld", answers[i].body, (int)r, (long long)a.expires_s);
    }
    assert_str_equal(a.why, STR("too old"));
    assert_non_null(strstr(oauth_advice(a.error), "authorise"));
    assert_true(strlen(oauth_advice(STR("never_heard_of"))) > 0);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_credential_is_a_client_or_the_token_itself),
        cmocka_unit_test(the_client_proves_itself_in_the_header_or_in_the_form),
        cmocka_unit_test(answers_are_taken_when_they_can_be_shown_in_a_header),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
