#include "lib/tune/corpus.h"

#include "lib/base/arena.h"
#include "tests/unit/unit.h"

static struct arena *arena;

static int start(void **state)
{
    (void)state;
    arena = arena_new(0);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static void a_line_is_a_mention_with_labels(void **state)
{
    struct corpus_line line;
    struct corpus_error error;

    (void)state;
    assert_true(
        corpus_read(STR("{\"id\": 17, \"text\":\"caf\\u00e9 \\ud83d\\ude00\\n\", \"labels\": "
                        "{\"a\": [1, 2.5e3, null]},\"published\":\"2025-01-02T03:04:05Z\","
                        "\"want\":{\"b\":false,\"a\":true,\"b\":true}} "),
                    arena, &line, &error));
    assert_string_equal(arena_str(arena, line.mention.text).p, "café 😀\n");
    assert_string_equal(arena_str(arena, line.mention.id).p, "17");
    assert_int_equal(line.mention.published_ms, 1735787045000);
    assert_int_equal(line.n_wants, 2);
    assert_true(line.wants[0].broken); /* the later "b" */
}

static void what_cannot_be_read_is_explained(void **state)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"{\"id\":1}", "neither text nor title"},
        {"[1]", "object"},
        {"{\"text\":\"a\",\"published\":\"soon\"}", "RFC 3339"},
        {"{\"text\":\"a\",\"want\":[]}", "\"want\" must say true or false"},
        {"{\"text\":\"a\",\"want\":{\"p\":1}}", "\"want\" must say true or false"},
        {"{\"text\":\"a\"", ""},
        {"{\"text\":\"a\"}}", ""},
        {"{\"text\":\"a\xff\"}", ""},
        {"{\"text\":\"a\",}", ""},
        {"{\"text\":\"a\",\"x\":01}", ""},
        {"6 jours", ""},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct corpus_line line;
        struct corpus_error error;

        assert_false(corpus_read(str_of(cases[i].text), arena, &line, &error));
        assert_non_null(strstr(error.message, cases[i].why));
    }
}

static void both_readers_agree(void **state)
{
    static const char *const texts[] = {
        "{\"text\":\"plain\"}",
        "{\"text\":\"a\\\"b\\\\c\\/d\\b\\f\\n\\r\\t\",\"title\":null,\"reach\":12}",
        "{\"title\":\"only\",\"text\":\"\",\"lang\":\"fr\",\"author\":\"@x\",\"source\":\"s\"}",
        "{\"text\":\"a\",\"reach\":-1}",
        "{\"text\":\"a\",\"reach\":1.5}",
        "{\"text\":\"a\",\"id\":true}",
        "{\"text\":\"a\",\"published\":\"\",\"updated\":null,\"want\":null}",
        "{\"text\":\"a\",\"text\":null}",
        "{\"text\":\"\\ud800\"}",
        "{\"text\":\"\\u0000\"}",
        "{\"text\":\"\\u00zz\"}",
        "{\"te\\u0078t\":\"an escaped key\"}",
        "{\"text\":\"tab\there\"}",
        "{}",
        " \t{ \"text\" : \"a\" , \"want\" : { } } \r",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct corpus_line fast = {0}, slow = {0};
        struct corpus_error error;
        struct str text = str_of(texts[i]);
        bool read = corpus_read(text, arena, &fast, &error);

        assert_int_equal(read, corpus_read_slowly(text, arena, &slow, &error));
        if (!read)
            continue;
        assert_true(str_eq(fast.mention.text, slow.mention.text));
        assert_true(str_eq(fast.mention.title, slow.mention.title));
        assert_int_equal(fast.mention.reach, slow.mention.reach);
        assert_int_equal(fast.mention.published_ms, slow.mention.published_ms);
    }
}

static void lines_end_with_or_without_a_carriage_return(void **state)
{
    struct str line;
    size_t at = 0;

    (void)state;
    assert_true(corpus_next(STR("a\r\n\nb"), &at, &line));
    assert_int_equal(line.n, 1);
    assert_true(corpus_next(STR("a\r\n\nb"), &at, &line));
    assert_int_equal(line.n, 0);
    assert_true(corpus_next(STR("a\r\n\nb"), &at, &line));
    assert_int_equal(line.p[0], 'b');
    assert_false(corpus_next(STR("a\r\n\nb"), &at, &line));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_line_is_a_mention_with_labels, start, stop),
        cmocka_unit_test_setup_teardown(what_cannot_be_read_is_explained, start, stop),
        cmocka_unit_test_setup_teardown(both_readers_agree, start, stop),
        cmocka_unit_test(lines_end_with_or_without_a_carriage_return),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
