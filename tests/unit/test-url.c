#include "lib/feed/url.h"

#include "lib/base/arena.h"
#include "tests/unit/unit.h"

static void check(const char *base, const char *ref, const char *want)
{
    struct arena *arena = arena_new(0);

    assert_str_equal(url_resolve(str_of(base), str_of(ref), arena), str_of(want));
    arena_free(arena);
}

static void resolves_the_examples_of_rfc_3986(void **state)
{
    (void)state;
    static const char *const examples[][2] = {
        {"g:h", "g:h"},
        {"g", "http://a/b/c/g"},
        {"./g", "http://a/b/c/g"},
        {"g/", "http://a/b/c/g/"},
        {"/g", "http://a/g"},
        {"//g", "http://g"},
        {"?y", "http://a/b/c/d;p?y"},
        {"g?y", "http://a/b/c/g?y"},
        {"#s", "http://a/b/c/d;p?q#s"},
        {"g#s", "http://a/b/c/g#s"},
        {";x", "http://a/b/c/;x"},
        {".", "http://a/b/c/"},
        {"./", "http://a/b/c/"},
        {"..", "http://a/b/"},
        {"../g", "http://a/b/g"},
        {"../..", "http://a/"},
        {"../../g", "http://a/g"},
        {"../../../g", "http://a/g"},
        {"/./g", "http://a/g"},
        {"/../g", "http://a/g"},
        {"g.", "http://a/b/c/g."},
        {"..g", "http://a/b/c/..g"},
        {"./../g", "http://a/b/g"},
        {"g/./h", "http://a/b/c/g/h"},
        {"g/../h", "http://a/b/c/h"},
        {"g?y/../x", "http://a/b/c/g?y/../x"},
    };

    for (size_t i = 0; i < ARRAY_LEN(examples); i++)
        check("http://a/b/c/d;p?q", examples[i][0], examples[i][1]);
}

static void a_base_longer_than_any_url_is_none(void **state)
{
    (void)state;
    char base[3000] = "http://a/";

    memset(base + 9, 'x', sizeof(base) - 10);
    base[2000] = '\0';
    check(base, "/g", "http://a/g");
    base[2000] = 'x';
    check(base, "/g", "/g");
    check(base, "http://b/", "http://b/");
}

static void is_as_lenient_as_browsers(void **state)
{
    (void)state;
    check("http://a", "g", "http://a/g");
    check("", "/g", "/g");
    check("http://a/", " http://b/x y\n ", "http://b/x%20y");
    check("http://a/", "", "");
    check("http://a/b", "http://a/../c", "http://a/../c");
    check("http://a/b", "mailto:x@y", "mailto:x@y");
}

static void leaves_the_host_out_of_a_second_key(void **state)
{
    (void)state;
    assert_str_equal(url_without_host(STR("https://a.org:8/p/q?r#s")), STR("/p/q?r#s"));
    assert_true(url_web(STR("HTTPS://a")));
    assert_false(url_web(STR("tag:a.org,2004:1")));
}

static void names_the_host(void **state)
{
    struct sbuf out = SBUF_INIT(100);

    (void)state;
    assert_str_equal(url_host(STR("https://me:pw@A.org:8/p@q")), STR("A.org"));
    assert_str_equal(url_host(STR("http://[::1]:80/")), STR("::1"));
    assert_str_equal(url_host(STR("http://a.org?x")), STR("a.org"));
    assert_int_equal(url_host(STR("mailto:me@a.org")).n, 0);
    assert_int_equal(url_host(STR("http:///p")).n, 0);
    url_add_percent(STR("a b&c=\xc3\xa9~/"), &out);
    assert_str_equal(sbuf_str(&out), STR("a%20b%26c%3D%C3%A9~%2F"));
    sbuf_done(&out);
}

static void programs_are_no_places(void **state)
{
    (void)state;
    assert_true(url_runs(STR("JavaScript:alert(1)")));
    assert_true(url_runs(STR("data:text/html,x")));
    assert_false(url_runs(STR("http://javascript/")));
    assert_false(url_runs(STR("mailto:a@b.c")));
}

static void tells_our_hosts_from_others(void **state)
{
    struct str sites = STR("acme.example,  Shop.fr,");

    (void)state;
    assert_true(url_on(STR("https://acme.example/p"), sites));
    assert_true(url_on(STR("http://WWW.Acme.example:8080"), sites));
    assert_true(url_on(STR("https://shop.fr?q"), sites));
    assert_false(url_on(STR("https://notacme.example/"), sites));
    assert_false(url_on(STR("https://acme.example.evil.org/"), sites));
    assert_false(url_on(STR("https://acme.example@evil.org/"), sites));
    assert_false(url_on(STR("https://evil.org/acme.example"), sites));
    assert_false(url_on(STR("fr"), sites));
    assert_false(url_on(STR("https://a/"), STR("")));
}

static void knows_a_clean_address(void **state)
{
    (void)state;
    assert_true(url_clean(STR("https://a.org:8/p?q=1&r=%20")));
    assert_true(url_clean(STR("http://[::1]/")));
    assert_false(url_clean(STR("ftp://a.org/")));
    assert_false(url_clean(STR("//a.org/")));
    assert_false(url_clean(STR("https:///p")));
    assert_false(url_clean(STR("https://a.org/p q")));
    assert_false(url_clean(STR("https://a.org/\r\nx")));
    assert_false(url_clean(str_make("https://a.org/\0", 15)));
    assert_false(url_clean(STR_NONE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resolves_the_examples_of_rfc_3986),
        cmocka_unit_test(a_base_longer_than_any_url_is_none),
        cmocka_unit_test(is_as_lenient_as_browsers),
        cmocka_unit_test(leaves_the_host_out_of_a_second_key),
        cmocka_unit_test(names_the_host),
        cmocka_unit_test(programs_are_no_places),
        cmocka_unit_test(tells_our_hosts_from_others),
        cmocka_unit_test(knows_a_clean_address),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
