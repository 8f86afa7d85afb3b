#include "lib/text/charset.h"

#include "lib/base/arena.h"
#include "tests/unit/unit.h"

struct sample {
    struct str body;
    const char *type;
    struct str want;
};

static void check(const struct sample *samples, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct arena *arena = arena_new(0);

        assert_str_equal(charset_to_utf8(samples[i].body, str_of(samples[i].type), arena, NULL),
                         samples[i].want);
        arena_free(arena);
    }
}

static void obeys_header_then_mark_then_prolog_then_bytes(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {STR("<a>\xe9</a>"), "text/xml; charset=iso-8859-1", STR("<a>é</a>")},
        {STR("<a>\xcf\xf0</a>"), "text/xml; charset=\"windows-1251\"", STR("<a>Пр</a>")},
        {STR("\xff\xfe<\0a\0>\0\xe9\0"), "", STR("\xef\xbb\xbf<a>é")},
        {STR("<\0a\0>\0\xe9\0"), "", STR("<a>é")},
        {STR("\0<\0a\0>\0\xe9"), "", STR("<a>é")},
        {STR("<?xml version='1.0' encoding='koi8-r'?>\xf0\xd2"), "",
         STR("<?xml version='1.0' encoding='koi8-r'?>Пр")},
        {STR("<a>é</a>"), "", STR("<a>é</a>")},
        {STR("<a>\xe9\x80</a>"), "", STR("<a>é€</a>")},
        {STR("<?xml encoding='Shift_JIS'?>\x93\xfa\x96\x7b"), "text/xml",
         STR("<?xml encoding='Shift_JIS'?>日本")},
    };

    check(samples, ARRAY_LEN(samples));
}

/* What no reader can know without guessing languages is letters all the same, and never loses what
 * is right around it. */
static void other_scripts_called_utf_8_are_read_as_windows_1252(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {STR("<a>\xcf\xee\xf1\xfb\xeb\xea\xe0</a>"), "text/xml; charset=utf-8",
         STR("<a>Ïîñûëêà</a>")},
        {STR("<?xml version='1.0' encoding='utf-8'?>\xb0\xfc"), "",
         STR("<?xml version='1.0' encoding='utf-8'?>°ü")},
        {STR("<a>été</a><b>\xe8</b>"), "text/xml; charset=utf-8", STR("<a>été</a><b>è</b>")},
    };

    check(samples, ARRAY_LEN(samples));
}

static void passes_over_declarations_that_the_bytes_contradict(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {STR("<a>été</a>"), "text/xml; charset=iso-8859-1", STR("<a>été</a>")},
        {STR("<a>\xe9t\xe9</a>"), "text/xml; charset=utf-8", STR("<a>été</a>")},
        {STR("<?xml encoding='iso-8859-1'?>\x93\x80\x94"), "",
         STR("<?xml encoding='iso-8859-1'?>“€”")},
        {STR("<a>été</a>"), "text/xml; charset=no-such-thing", STR("<a>été</a>")},
        {STR("<a>été</a>"), "text/xml; charset=../../etc/passwd", STR("<a>été</a>")},
        {STR("<a>\xe9</a>"), "text/xml; charset=", STR("<a>é</a>")},
        {STR("<?xml encoding='utf-16'?>é"), "", STR("<?xml encoding='utf-16'?>é")},
        {STR("<?xml version='1.0'?>\xe9"), "text/xml; charset=utf-16",
         STR("<?xml version='1.0'?>é")},
    };

    check(samples, ARRAY_LEN(samples));
}

static void repairs_single_bytes_and_drops_nul(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {STR("<a>été \x92</a>"), "text/xml; charset=utf-8", STR("<a>été ’</a>")},
        {STR("<a>x\0y</a>"), "", STR("<a>xy</a>")},
        {STR(""), "", STR("")},
    };

    check(samples, ARRAY_LEN(samples));
}

static void knows_labels_however_they_are_written(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {STR("<a>\xcf\xf0</a>"), "text/xml; charset=x-cp1251", STR("<a>Пр</a>")},
        {STR("<a>\xcf\xf0</a>"), "text/xml; charset=win1251", STR("<a>Пр</a>")},
        {STR("<a>\xf0\xd2</a>"), "text/xml; charset=KOI8_R", STR("<a>Пр</a>")},
        {STR("<a>\xbf\xe0</a>"), "text/xml; charset=iso88595", STR("<a>Пр</a>")},
        {STR("<a>\x8f\xe0</a>"), "text/xml; charset=dos-866", STR("<a>Пр</a>")},
        {STR("<a>\xbe\xc8\xb3\xe7</a>"), "text/xml; charset=korean", STR("<a>안녕</a>")},
        {STR("<a>\xf9\xec</a>"), "text/xml; charset=ISO-8859-8-I", STR("<a>של</a>")},
        {STR("<a>\xa3\xe1</a>"), "text/xml; charset=Big5", STR("<a>€</a>")},
        {STR("<a>\xe9\x80</a>"), "text/xml; charset=\"ISO 8859-1\"", STR("<a>é€</a>")},
        {STR("<?XML ENCODING='koi8-r'?>\xf0\xd2"), "", STR("<?XML ENCODING='koi8-r'?>Пр")},
        {STR("+ADw-a+AD4-+AOk-"), "", STR("<a>é")},
    };

    check(samples, ARRAY_LEN(samples));
}

static void lets_others_speak_where_ascii_is_a_lie(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {STR("<?xml encoding='koi8-r'?>\xf0\xd2"), "text/xml; charset=us-ascii",
         STR("<?xml encoding='koi8-r'?>Пр")},
        {STR("<a>\xe9\x80</a>"), "text/xml; charset=us-ascii", STR("<a>é€</a>")},
        {STR("<?xml encoding='shift_jis'?>日本"), "", STR("<?xml encoding='shift_jis'?>日本")},
    };

    check(samples, ARRAY_LEN(samples));
}

static void reads_c1_controls_as_windows_1252(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {STR("<a>it\xc2\x92s</a>"), "", STR("<a>it’s</a>")},
        {STR("<a>5\xc2\xa0h</a>"), "", STR("<a>5\xc2\xa0h</a>")},
    };

    check(samples, ARRAY_LEN(samples));
}

static void undoes_a_double_encoding_and_nothing_else(void **state)
{
    (void)state;
    static const char *const scrambled[][2] = {
        {"dÃ©jÃ\xc2\xa0 vu", "déjà vu"},
        {"itâ€™s", "it’s"},
        {"ÐŸÑ€Ð¸", "При"},
        {"5â‚¬", "5€"},
    };
    static const char *const whole[] = {"déjà vu", "NESCAFÉ®", "Ã", "Ã© é", "PRÊT À", "ascii", ""};

    for (size_t i = 0; i < ARRAY_LEN(scrambled); i++) {
        struct sbuf out = SBUF_INIT(100);

        assert_true(charset_unscramble(str_of(scrambled[i][0]), &out));
        assert_str_equal(sbuf_str(&out), str_of(scrambled[i][1]));
        sbuf_done(&out);
    }
    for (size_t i = 0; i < ARRAY_LEN(whole); i++) {
        struct sbuf out = SBUF_INIT(100);

        assert_false(charset_unscramble(str_of(whole[i]), &out));
        sbuf_done(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(obeys_header_then_mark_then_prolog_then_bytes),
        cmocka_unit_test(other_scripts_called_utf_8_are_read_as_windows_1252),
        cmocka_unit_test(passes_over_declarations_that_the_bytes_contradict),
        cmocka_unit_test(repairs_single_bytes_and_drops_nul),
        cmocka_unit_test(knows_labels_however_they_are_written),
        cmocka_unit_test(lets_others_speak_where_ascii_is_a_lie),
        cmocka_unit_test(reads_c1_controls_as_windows_1252),
        cmocka_unit_test(undoes_a_double_encoding_and_nothing_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
