#include "lib/data/json.h"

#include <math.h>

#include "lib/base/arena.h"
#include "tests/unit/unit.h"

static struct str again(struct arena *arena, struct sbuf *out, struct str text)
{
    struct json_writer w;
    struct json_error error;
    struct json *root;

    sbuf_clear(out);
    if (json_parse(text, arena, &root, &error) != JSON_OK)
        fail_msg("%s at %zu", error.message, error.offset);
    json_writer_init(&w, out);
    json_tree(&w, root);
    return sbuf_str(out);
}

static void what_is_read_is_written_back(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new(0);
    struct sbuf out = SBUF_INIT(1000);

    assert_str_equal(
        again(arena, &out, STR(" {\"a\" : [1, -2.50e3, true,false,null, {}], \"b\":[] } ")),
        STR("{\"a\":[1,-2.50e3,true,false,null,{}],\"b\":[]}"));
    assert_str_equal(again(arena, &out, STR("12345678901234567890")), STR("12345678901234567890"));
    assert_str_equal(
        again(arena, &out, STR("\"\\u00e9\\ud83d\\ude00\\n\\u0001\\/\\\"\\\\ 123456789\"")),
        STR("\"é😀\\n\\u0001/\\\"\\\\ 123456789\""));
    sbuf_done(&out);
}

static void members_are_found_and_the_last_one_counts(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new(0);
    struct json_error error;
    struct json *root;
    int64_t n = 0;
    double x = 0;

    assert_int_equal(
        json_parse(STR("{\"a\":1,\"s\":\"x\",\"a\":9007199254740993,\"w\":2e3,\"h\":0.5}"), arena,
                   &root, &error),
        JSON_OK);
    assert_int_equal(root->n, 5);
    assert_true(json_to_i64(json_get(root, STR("a")), &n));
    assert_true(n == 9007199254740993);
    assert_true(json_to_i64(json_get(root, STR("w")), &n));
    assert_true(n == 2000);
    assert_false(json_to_i64(json_get(root, STR("h")), &n));
    assert_true(json_to_double(json_get(root, STR("h")), &x));
    assert_true(x == 0.5);
    assert_false(json_to_double(json_get(root, STR("s")), &x));
    assert_str_equal(json_get_str(root, STR("s")), STR("x"));
    assert_int_equal(json_get_str(root, STR("a")).n, 0);
    assert_null(json_get(NULL, STR("a")));
    assert_null(json_get(root->first, STR("a")));
}

static void what_is_no_json_is_refused_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t offset;
    } bad[] = {{"", 0},    {" ", 1},           {"{\"a\":}", 6}, {"[1,]", 4},
               {"[1", 2},  {"{\"a\":1} x", 9}, {"[1] [2]", 5},  {"nul", 3},
               {"'a'", 1}, {"\"\xff\"", 2}};
    CLEANUP(arena_freep) struct arena *arena = arena_new(0);

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct json_error error = {0};
        struct json *root = NULL;
        enum json_result r = json_parse(str_of(bad[i].text), arena, &root, &error);

        if (r != JSON_E_SYNTAX || root || !error.message[0] || error.offset != bad[i].offset)
            fail_msg("%s: %d at %zu, %s", bad[i].text, (int)r, error.offset, error.message);
        assert_null(strchr(error.message, '\n'));
    }
}

static void depth_and_memory_have_limits(void **state)
{
    (void)state;
    char text[JSON_DEPTH_MAX * 2 + 2];
    CLEANUP(arena_freep) struct arena *arena = arena_new(100000);
    CLEANUP(arena_freep) struct arena *small = arena_new(64);
    struct json_error error;
    struct json *root;

    memset(text, '[', JSON_DEPTH_MAX);
    memset(text + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
    assert_int_equal(json_parse(str_make(text, (size_t)JSON_DEPTH_MAX * 2), arena, &root, &error),
                     JSON_OK);
    memset(text, '[', sizeof(text));
    assert_int_equal(json_parse(str_make(text, sizeof(text)), arena, &root, &error), JSON_E_DEPTH);
    assert_string_equal(error.message, "nested more than 64 deep");
    assert_int_equal(json_parse(STR("[1,2,3]"), small, &root, &error), JSON_E_LIMIT);
}

static void text_that_is_not_utf8_is_repaired(void **state)
{
    (void)state;
    struct sbuf out = SBUF_INIT(1000);
    struct json_writer w;

    json_writer_init(&w, &out);
    json_str(&w, str_make("12345678\xff\xc3\xa9\xe2\x82 \xed\xa0\x80\x7f\0z", 20));
    assert_str_equal(sbuf_str(&out),
                     STR("\"12345678\xef\xbf\xbdé\xef\xbf\xbd\xef\xbf\xbd \xef\xbf\xbd"
                         "\xef\xbf\xbd\xef\xbf\xbd\x7f\\u0000z\""));
    sbuf_done(&out);
}

/* Every byte at every place of a word, against the plain rule. */
static void escapes_do_not_depend_on_the_place(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new(0);
    struct sbuf out = SBUF_INIT(1000);
    char text[24];

    for (int c = 0; c < 0x80; c++) {
        for (size_t at = 0; at < sizeof(text); at++) {
            struct json_writer w;
            struct json_error error;
            struct json *root;

            arena_reset(arena);
            memset(text, 'a', sizeof(text));
            text[at] = (char)c;
            sbuf_clear(&out);
            json_writer_init(&w, &out);
            json_str(&w, str_make(text, sizeof(text)));
            assert_int_equal(json_parse(sbuf_str(&out), arena, &root, &error), JSON_OK);
            assert_str_equal(root->s, str_make(text, sizeof(text)));
        }
    }
    sbuf_done(&out);
}

static void numbers_read_back_as_they_were(void **state)
{
    (void)state;
    static const double values[] = {0, -0.0, 3, 0.1, 1.0 / 3, 1e300, 5e-324, 123456789012345680.0};
    static const char *const texts[] = {"0",
                                        "-0",
                                        "3",
                                        "0.1",
                                        "0.3333333333333333",
                                        "1e+300",
                                        "4.94065645841247e-324",
                                        "1.2345678901234568e+17"};

    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        struct sbuf out = SBUF_INIT(100);
        struct json_writer w;

        json_writer_init(&w, &out);
        json_double(&w, values[i]);
        if (i != 6) /* strtod calls a denormal out of range on some systems */
            assert_str_equal(sbuf_str(&out), str_of(texts[i]));
        sbuf_clear(&out);
        json_double(&w, (double)NAN);
        assert_str_equal(sbuf_str(&out), STR("null"));
        sbuf_done(&out);
    }
}

static void members_without_a_value_are_left_out(void **state)
{
    (void)state;
    struct sbuf out = SBUF_INIT(1000);
    struct json_writer w;

    json_writer_init(&w, &out);
    json_open_object(&w);
    json_member_str(&w, STR("a"), STR_NONE);
    json_member_str(&w, STR("b"), STR("x"));
    json_member_i64(&w, STR("c"), INT64_MIN);
    json_key(&w, STR("d"));
    json_open_array(&w);
    json_bool(&w, false);
    json_null(&w);
    json_raw(&w, STR("{}"));
    json_close_array(&w);
    json_close_object(&w);
    assert_str_equal(sbuf_str(&out),
                     STR("{\"b\":\"x\",\"c\":-9223372036854775808,\"d\":[false,null,{}]}"));
    sbuf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_read_is_written_back),
        cmocka_unit_test(members_are_found_and_the_last_one_counts),
        cmocka_unit_test(what_is_no_json_is_refused_with_its_place),
        cmocka_unit_test(depth_and_memory_have_limits),
        cmocka_unit_test(text_that_is_not_utf8_is_repaired),
        cmocka_unit_test(escapes_do_not_depend_on_the_place),
        cmocka_unit_test(numbers_read_back_as_they_were),
        cmocka_unit_test(members_without_a_value_are_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
