#include "lib/text/fold.h"

#include <stdlib.h>
#include <utf8proc.h>

#include "lib/base/utf8.h"
#include "tests/unit/unit.h"

/* utf8proc's answer for the same text; free with free(). */
static char *reference(struct str s)
{
    utf8proc_uint8_t *out = NULL;
    utf8proc_ssize_t n = utf8proc_map((const utf8proc_uint8_t *)s.p, (utf8proc_ssize_t)s.n, &out,
                                      UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD |
                                          UTF8PROC_STRIPMARK | UTF8PROC_IGNORE);

    assert_true(n >= 0);
    return (char *)out;
}

/* Code points where we go further than Unicode does. */
static bool has_a_habit(uint32_t p)
{
    static const uint32_t habits[] = {0x153, 0x152, 0xe6,   0xc6,   0xf8,  0xd8,  0x142,
                                      0x141, 0x111, 0x110,  0xf0,   0xd0,  0xfe,  0xde,
                                      0x131, 0xb4,  0x2019, 0x2018, 0x2bc, 0x201b};

    for (size_t i = 0; i < ARRAY_LEN(habits); i++)
        if (p == habits[i])
            return true;
    return p >= 0x1f3fb && p <= 0x1f3ff;
}

static void every_code_point_folds_as_utf8proc_folds_it(void **state)
{
    (void)state;
    struct fold f;

    fold_init(&f);
    for (uint32_t point = 1; point < 0x110000; point++) {
        if ((point >= 0xd800 && point < 0xe000) || has_a_habit(point))
            continue;
        char bytes[UTF8_MAX + 2] = "A";
        size_t n = utf8_encode(point, bytes + 1);

        bytes[n + 1] = 'Z';
        fold_text(&f, str_make(bytes, n + 2));
        char *want = reference(str_make(bytes, n + 2));

        if (!str_eq(fold_str(&f), str_of(want)))
            fail_msg("U+%04X: got \"%.*s\", want \"%s\"", point, STR_ARG(fold_str(&f)), want);
        free(want);
    }
    fold_done(&f);
}

static void habits_of_writing_are_spelled_out(void **state)
{
    (void)state;
    struct fold f;

    fold_init(&f);
    fold_text(&f, STR("Œuvre ÆON Ørsted Łódź STRASSE Straße J’AI 👍🏽 ﬁn \xff!"));
    assert_str_equal(fold_str(&f), STR("oeuvre aeon orsted lodz strasse strasse j'ai 👍 fin  !"));
    fold_done(&f);
}

static void the_map_leads_back_to_the_original_words(void **state)
{
    (void)state;
    struct fold f;
    struct str text = STR("Ça fait ½ année, œuf … d'été reçu 48h");
    static const char *pieces[][2] = {{"ca", "Ça"},     {"annee", "année"}, {"oeuf", "œuf"},
                                      {"recu", "reçu"}, {"ete", "été"},     {"48", "48"}};

    fold_init(&f);
    fold_text(&f, text);
    for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
        struct str folded = str_of(pieces[i][0]);
        size_t at = str_find(fold_str(&f), folded, 0);

        assert_true(at != SIZE_MAX);
        assert_str_equal(
            str_slice(text, fold_original(&f, at), fold_original_end(&f, at + folded.n)),
            str_of(pieces[i][1]));
    }
    assert_int_equal(fold_original(&f, f.n), text.n);
    fold_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_point_folds_as_utf8proc_folds_it),
        cmocka_unit_test(habits_of_writing_are_spelled_out),
        cmocka_unit_test(the_map_leads_back_to_the_original_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
