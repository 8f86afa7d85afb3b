#include "lib/data/yaml.h"

#include "lib/base/arena.h"
#include "tests/unit/unit.h"

struct fixture {
    struct arena *arena;
    struct diags diags;
    struct yaml *root;
};

static void open_text(struct fixture *f, struct str text)
{
    f->arena = arena_new(0);
    diags_init(&f->diags);
    f->root = yaml_parse(STR("f.yaml"), text, f->arena, &f->diags);
}

static void close_text(struct fixture *f)
{
    diags_done(&f->diags);
    arena_free(f->arena);
}

static void assert_at(struct pos at, unsigned line, unsigned col)
{
    if (at.line != line || at.col != col)
        fail_msg("at %u:%u, want %u:%u", at.line, at.col, line, col);
}

static void every_scalar_is_text(void **state)
{
    (void)state;
    struct fixture f;

    open_text(&f, STR("a: no\nb: 1.10\nc: 12:30\nd: ~\ne:\nf: 'x'\n"));
    assert_int_equal(f.diags.n_errors, 0);
    assert_int_equal(f.root->n, 6);
    assert_str_equal(yaml_get(f.root, STR("a"))->s, STR("no"));
    assert_str_equal(yaml_get(f.root, STR("b"))->s, STR("1.10"));
    assert_str_equal(yaml_get(f.root, STR("c"))->s, STR("12:30"));
    assert_str_equal(yaml_get(f.root, STR("d"))->s, STR("~"));
    assert_int_equal(yaml_get(f.root, STR("e"))->s.n, 0);
    assert_str_equal(yaml_get(f.root, STR("f"))->s, STR("x"));
    assert_null(yaml_get(f.root, STR("g")));
    assert_null(yaml_get(yaml_get(f.root, STR("a")), STR("g")));
    close_text(&f);
}

static void nodes_keep_order_and_places(void **state)
{
    (void)state;
    struct fixture f;

    open_text(&f, STR("# top\r\nété: [un, \"deux\"]\r\nb:\r\n  - c: d\r\n    e: f\r\n"));
    assert_int_equal(f.diags.n_errors, 0);
    const struct yaml *list = f.root->first, *b = list->next;

    assert_str_equal(list->key, STR("été"));
    assert_at(list->key_at, 2, 1);
    assert_int_equal(list->key_at.width, 3);
    assert_at(list->at, 2, 6);
    assert_int_equal(list->n, 2);
    assert_at(list->first->at, 2, 7);
    assert_int_equal(list->first->inset, 0);
    assert_at(list->first->next->at, 2, 11);
    assert_int_equal(list->first->next->inset, 1);
    assert_int_equal(list->first->next->at.width, 6);
    assert_int_equal(b->type, YAML_LIST);
    assert_int_equal(b->first->type, YAML_MAP);
    assert_at(yaml_get(b->first, STR("e"))->at, 5, 8);
    assert_string_equal(yaml_type_name(b->first->type), "a map");
    close_text(&f);
}

static void columns_inside_a_text_count_its_escapes(void **state)
{
    (void)state;
    struct fixture f;

    open_text(&f,
              STR("- été x\n- 'd''été x'\n- \"\\u00e9\\\"\\xe9\\_\\U0001F600 x\"\n- |\n  a x\n"));
    assert_int_equal(f.diags.n_errors, 0);
    const struct yaml *plain = f.root->first, *single = plain->next, *wide = single->next;

    assert_at(yaml_pos_in(plain, str_find(plain->s, STR("x"), 0), 1), 1, 7);
    assert_at(yaml_pos_in(single, str_find(single->s, STR("x"), 0), 1), 2, 11);
    assert_at(yaml_pos_in(wide, 0, 1), 3, 4);
    assert_at(yaml_pos_in(wide, str_find(wide->s, STR("x"), 0), 1), 3, 29);
    assert_int_equal(yaml_pos_in(plain, 0, 4).width, 4);
    assert_false(wide->next->one_line);
    assert_at(yaml_pos_in(wide->next, 2, 1), 4, 3);
    close_text(&f);
}

static void a_byte_order_mark_is_skipped(void **state)
{
    (void)state;
    struct fixture f;

    open_text(&f, STR("\xef\xbb\xbf"
                      "a: b\n"));
    assert_int_equal(f.diags.n_errors, 0);
    assert_at(f.root->first->at, 1, 4);
    close_text(&f);
}

/* What people write by mistake, and what they are told. `hint` is a part of it. */
static const struct {
    const char *text;
    unsigned line, col;
    const char *message, *hint;
} slips[] = {
    {"a: [x, @acme, y]", 1, 8, "found character that cannot start any token", "`: \"@acme\""},
    {"a:\n  - @acme help # us", 2, 5, "found character that cannot start any token",
     "`: \"@acme help\""},
    {"a: %x \"y\" z", 1, 4, "found character that cannot start any token", "`: '%x \"y\" z'"},
    {"a:\n\tb: c", 2, 1, "a tab stands where only spaces may", "spaces"},
    {"a: 1\nb: 2\na: 3", 3, 1, "key 'a' stands twice in this map", "first in line 1"},
    {"a: \"been\" waiting\nb: 1", 1, 11, "text behind the closing quote", "all of it"},
    {"- 'it's'", 1, 7, "text behind the closing quote", "written twice"},
    {"a: [\"x\" y, z]", 1, 9, "text behind the closing quote", "all of it"},
    {"a:b\nc: d", 1, 3, "the colon has no space behind it", "write a: b"},
    {"c: d\na:b\ne: f", 2, 3, "the colon has no space behind it", "write a: b"},
    {"a: 1\n  b: 2", 2, 3, "this key is read as more text of line 1", "align"},
    {"a: b: c", 1, 5, "a second colon with a space on one line", ": \"b: c\""},
    {"a:\n  - x\n  y\n", 3, 3, "this line is neither an item nor a key", "dash"},
    {"a: b\nc\nd: e", 2, 1, "this key has no colon", "key: value"},
    {"a: - b", 1, 4, "a list cannot begin on the line of its key", "dash"},
    {"a:\n  b: 1\n c: 2", 3, 2, "this line is indented by 1, the keys it should belong to by 0",
     "line 1"},
    {"a: b\n- c", 2, 1, "a list item stands where a key should", "colon"},
    {"- a\nb: c", 2, 1, "this line is no item of the list that line 1 began", "column 1"},
    {"a: [x, y\nb: 1", 1, 4, "this list is never closed with a ']'", "add"},
    {"a: [x, #acme, y]", 1, 4, "this list is never closed with a ']'", "\"#acme\""},
    {"a: {x: 1", 1, 4, "this map is never closed with a '}'", "add"},
    {"a: \"x\nb: c", 1, 4, "this quote is never closed", "close it"},
    {"a: \"\\d\"", 1, 5, "a backslash that means nothing here", "\\\\"},
    {"a: | x\nb: c", 1, 4, "a text cannot start with | or >", ": \"| x\""},
    {"a: ,x", 1, 4, "a text cannot start with ','", "quotes"},
    {"promises: *", 1, 11, "a text cannot start with '*'", ": \"*\""},
    {"a: *x", 1, 4, "aliases (*x) are not read here", "\"*x\""},
    {"a: &x y", 1, 4, "anchors (&x) are not read here", "quotes"},
    {"a: !t y", 1, 4, "tags (words that start with !) are not read here", "quotes"},
    {"a: !!", 1, 4, "a text cannot start with '!'", ": \"!!\""},
    {"a: !!! y", 1, 4, "tags (words that start with !) are not read here", "quotes"},
    {"<<: y", 1, 1, "merge keys are not read here", "keys"},
    {"[a]: y", 1, 1, "a key must be a text, not a list", "quotes"},
    {"a: 1\n---\nb: 2", 2, 1, "a second document begins here", "---"},
    {"%TAG ! x\n---\na: b", 1, 1, "% directives are not read here", "---"},
    {"  - a\n - b", 2, 2, "this line does not belong to what stands above it", "align"},
    {"a: b\nc: \"\xe9t\xe9\"", 2, 5, "byte 0xe9 is not UTF-8", "UTF-8"},
    {"a: x\x01y", 1, 5, "a control character (U+0001)", "delete"},
    {"a: é\xe2\x80\xa8y", 1, 5, "an invisible end of line that editors do not show (U+2028)",
     "delete"},
    {"a: b\rc: d", 1, 5, "a carriage return without a line feed (U+000D)", "delete"},
    {"", 0, 0, "the file is empty", ""},
    {"# only\n", 0, 0, "the file holds nothing but comments", ""},
    {"---\n", 0, 0, "the file holds nothing but comments", ""},
    {"- #acme\n- x", 1, 3, "from the # on, this line is a comment", "quotes"},
    {"- recu #acme\n- x", 1, 8, "from the # on, this line is a comment", "quotes"},
};

static void usual_slips_get_a_place_and_a_way_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(slips); i++) {
        struct fixture f;

        open_text(&f, str_of(slips[i].text));
        if (f.diags.n != 1)
            fail_msg("%zu diagnostics for: %s", f.diags.n, slips[i].text);
        const struct diag *d = &f.diags.items[0];

        if (!str_eq(d->message, str_of(slips[i].message)) || d->at.line != slips[i].line ||
            d->at.col != slips[i].col || str_find(d->hint, str_of(slips[i].hint), 0) == SIZE_MAX)
            fail_msg("%s\n  got %u:%u %.*s = %.*s", slips[i].text, d->at.line, d->at.col,
                     STR_ARG(d->message), STR_ARG(d->hint));
        close_text(&f);
    }
}

static void comments_that_look_like_comments_are_fine(void **state)
{
    (void)state;
    struct fixture f;

    open_text(&f, STR("a: b # c\n#d\ne: [f, \"#g\"] # h\ni: j#k\nl: m ## n\n"));
    assert_int_equal(f.diags.n, 0);
    assert_str_equal(yaml_get(f.root, STR("i"))->s, STR("j#k"));
    close_text(&f);
}

static void all_slips_of_a_readable_file_are_told(void **state)
{
    (void)state;
    struct fixture f;

    open_text(&f, STR("a: &x 1\nb: *x\na: {c: !t 2, c: 3}\n"));
    assert_int_equal(f.diags.n_errors, 5);
    assert_non_null(f.root);
    assert_int_equal(f.root->n, 2);
    assert_str_equal(f.root->first->s, STR("1"));
    close_text(&f);
}

static void nesting_stops_at_the_limit(void **state)
{
    (void)state;
    char text[YAML_DEPTH_MAX * 2 + 2];
    struct fixture f;

    memset(text, '[', YAML_DEPTH_MAX);
    memset(text + YAML_DEPTH_MAX, ']', YAML_DEPTH_MAX);
    open_text(&f, str_make(text, (size_t)YAML_DEPTH_MAX * 2));
    assert_int_equal(f.diags.n_errors, 0);
    close_text(&f);
    memset(text, '[', sizeof(text));
    open_text(&f, str_make(text, sizeof(text)));
    assert_int_equal(f.diags.n_errors, 1);
    assert_at(f.diags.items[0].at, 1, YAML_DEPTH_MAX + 1);
    close_text(&f);
}

static void a_file_past_the_limit_is_not_read(void **state)
{
    (void)state;
    size_t n = YAML_BYTES_MAX + 1;
    char *text = test_malloc(n);
    struct fixture f;

    memset(text, 'a', n);
    open_text(&f, str_make(text, n));
    assert_null(f.root);
    assert_int_equal(f.diags.items[0].at.line, 0);
    close_text(&f);
    test_free(text);
}

static void long_lines_and_many_keys_take_linear_time(void **state)
{
    (void)state;
    struct sbuf b = SBUF_INIT(YAML_BYTES_MAX);
    struct fixture f;

    sbuf_add(&b, STR("{"));
    for (unsigned i = 0; b.n < YAML_BYTES_MAX - 20; i++)
        sbuf_printf(&b, "é%u: x,", i);
    sbuf_add(&b, STR("}"));
    open_text(&f, sbuf_str(&b));
    assert_int_equal(f.diags.n_errors, 0);
    assert_true(f.root->n > 80000);
    close_text(&f);
    sbuf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_scalar_is_text),
        cmocka_unit_test(nodes_keep_order_and_places),
        cmocka_unit_test(columns_inside_a_text_count_its_escapes),
        cmocka_unit_test(a_byte_order_mark_is_skipped),
        cmocka_unit_test(usual_slips_get_a_place_and_a_way_out),
        cmocka_unit_test(comments_that_look_like_comments_are_fine),
        cmocka_unit_test(all_slips_of_a_readable_file_are_told),
        cmocka_unit_test(nesting_stops_at_the_limit),
        cmocka_unit_test(a_file_past_the_limit_is_not_read),
        cmocka_unit_test(long_lines_and_many_keys_take_linear_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
