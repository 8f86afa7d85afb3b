#include "cli/term/safe.h"

#include "tests/unit/unit.h"

static void assert_safe(struct str text, enum safe_lines lines, struct str want)
{
    struct sbuf out = SBUF_INIT(1000);

    safe_add(&out, text, lines);
    assert_str_equal(sbuf_str(&out), want);
    sbuf_done(&out);
}

static void ordinary_text_stays_as_it_is(void **state)
{
    (void)state;
    assert_safe(STR("Été 🇫🇷 – 6 jours"), SAFE_ONE_LINE, STR("Été 🇫🇷 – 6 jours"));
    assert_safe(STR("a\n\tb"), SAFE_LINES, STR("a\n\tb"));
    assert_safe(STR("a\n\tb\r"), SAFE_ONE_LINE, STR("a  b"));
}

static void escape_sequences_are_left_out_whole(void **state)
{
    (void)state;
    assert_safe(STR("a\033[1;31mb\033[0mc"), SAFE_LINES, STR("abc"));
    assert_safe(STR("a\033]0;title\007b\033]8;;http://x\033\\c"), SAFE_LINES, STR("abc"));
    assert_safe(STR("a\033cb\033"), SAFE_LINES, STR("ab"));
    assert_safe(STR("a\033(Bb\033é"), SAFE_LINES, STR("abé"));
    assert_safe(STR("a\033[12"), SAFE_LINES, STR("a"));
    assert_safe(STR("a\033]0;no end\nb"), SAFE_LINES, STR("ab"));
    assert_safe(STR("a\xc2\x9b"
                    "31mb\x07\x7f"),
                SAFE_LINES, STR("a31mb"));
}

static void direction_marks_are_left_out(void **state)
{
    (void)state;
    assert_safe(STR("a\u202eb\u2066c\u200fd\u2028e\ufefff"), SAFE_LINES, STR("abcdef"));
}

static void bad_bytes_show_as_such(void **state)
{
    (void)state;
    assert_safe(STR("a\xff\xc3"), SAFE_LINES, STR("a\xef\xbf\xbd\xef\xbf\xbd"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ordinary_text_stays_as_it_is),
        cmocka_unit_test(escape_sequences_are_left_out_whole),
        cmocka_unit_test(direction_marks_are_left_out),
        cmocka_unit_test(bad_bytes_show_as_such),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
