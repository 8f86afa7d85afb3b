#include "lib/mention/mention.h"

#include "lib/base/arena.h"
#include "lib/data/json.h"
#include "tests/unit/unit.h"

static enum mention_error from_text(struct arena *arena, const char *text, struct mention *ret)
{
    struct json_error error;
    struct json *root = NULL;

    assert_int_equal(json_parse(str_of(text), arena, &root, &error), JSON_OK);
    return mention_from_json(root, ret);
}

static void a_mention_survives_json(void **state)
{
    (void)state;
    static const char text[] = "{\"id\":\"1\",\"url\":\"https://a.example/"
                               "1\",\"title\":\"T\",\"text\":\"été\",\"author\":\"@x\","
                               "\"lang\":\"fr\",\"source\":\"s\",\"reply_to\":\"0\",\"published\":"
                               "\"2025-03-07T10:00:00Z\","
                               "\"updated\":\"2025-03-07T10:00:00.250Z\",\"reach\":7}";
    CLEANUP(arena_freep) struct arena *arena = arena_new(0);
    struct sbuf out = SBUF_INIT(1000);
    struct json_writer w;
    struct mention m;

    assert_int_equal(from_text(arena, text, &m), MENTION_OK);
    json_writer_init(&w, &out);
    mention_write(&m, &w);
    assert_str_equal(sbuf_str(&out), str_of(text));
    sbuf_done(&out);
}

static void only_text_is_required(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new(0);
    struct mention m;

    assert_int_equal(from_text(arena, "{\"text\":\"x\",\"id\":17,\"lang\":null,\"more\":[]}", &m),
                     MENTION_OK);
    assert_str_equal(m.id, STR("17"));
    assert_true(m.published_ms == CLOCK_NONE && m.reach == -1);
    assert_int_equal(from_text(arena, "{\"title\":\"x\"}", &m), MENTION_OK);
}

static void bad_members_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum mention_error want;
    } bad[] = {{"[]", MENTION_E_NOT_OBJECT},
               {"{}", MENTION_E_NO_TEXT},
               {"{\"text\":\" \\n\"}", MENTION_E_NO_TEXT},
               {"{\"text\":[]}", MENTION_E_BAD_TYPE},
               {"{\"text\":\"x\",\"author\":{}}", MENTION_E_BAD_TYPE},
               {"{\"text\":\"x\",\"reach\":\"7\"}", MENTION_E_BAD_TYPE},
               {"{\"text\":\"x\",\"reach\":-7}", MENTION_E_BAD_TYPE},
               {"{\"text\":\"x\",\"published\":\"yesterday\"}", MENTION_E_BAD_TIME},
               {"{\"text\":\"x\",\"updated\":1}", MENTION_E_BAD_TIME}};
    CLEANUP(arena_freep) struct arena *arena = arena_new(0);

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct mention m = MENTION_INIT;

        if (from_text(arena, bad[i].text, &m) != bad[i].want)
            fail_msg("%s", bad[i].text);
        assert_null(m.text.p);
        assert_true(strlen(mention_error_text(bad[i].want)) > 10);
    }
}

static void the_body_does_not_repeat_the_title(void **state)
{
    (void)state;
    static const struct {
        const char *title, *text, *want;
    } cases[] = {{"Late", "Six days", "Late\nSix days"},
                 {"", "Six days", "Six days"},
                 {"Late", "", "Late"},
                 {"Six", "Six days", "Six days"},
                 {" Six da… ", "Six days", "Six days"},
                 {"Six...", " Six days", " Six days"}};
    CLEANUP(arena_freep) struct arena *arena = arena_new(0);

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct mention m = MENTION_INIT;

        m.title = str_of(cases[i].title);
        m.text = str_of(cases[i].text);
        assert_str_equal(mention_body(&m, arena), str_of(cases[i].want));
    }
}

static void an_id_is_made_where_none_is(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new(0);
    struct mention a = MENTION_INIT, b = MENTION_INIT, c = MENTION_INIT, d = MENTION_INIT;

    a.text = b.text = STR("x");
    c.text = STR("y");
    d.url = STR("https://a.example/");
    mention_identify(&a, arena);
    mention_identify(&b, arena);
    mention_identify(&c, arena);
    mention_identify(&d, arena);
    assert_str_equal(a.id, b.id);
    assert_int_equal(a.id.n, 16);
    assert_false(str_eq(a.id, c.id));
    assert_str_equal(d.id, d.url);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mention_survives_json),
        cmocka_unit_test(only_text_is_required),
        cmocka_unit_test(bad_members_are_named),
        cmocka_unit_test(the_body_does_not_repeat_the_title),
        cmocka_unit_test(an_id_is_made_where_none_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
