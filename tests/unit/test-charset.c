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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(obeys_header_then_mark_then_prolog_then_bytes),
        cmocka_unit_test(passes_over_declarations_that_the_bytes_contradict),
        cmocka_unit_test(repairs_single_bytes_and_drops_nul),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
