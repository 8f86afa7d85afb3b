#include "tests/unit/unit.h"

#include <math.h>

#include "lib/base/arena.h"
#include "lib/quantity/quantity.h"

static int setup(void **state)
{
    *state = arena_new(0);
    return 0;
}

static int teardown(void **state)
{
    arena_free(*state);
    return 0;
}

/* The quantities of a text; `at` may be NULL. */
static int scan_at(void **state, enum lang lang, const char *at, const char *text,
                   struct quantity **ret)
{
    struct quantity_reader_options options = {.at_s = CLOCK_NONE, .lang = lang};
    int64_t at_ms;

    *ret = NULL;
    if (at) {
        assert_true(clock_parse(str_of(at), &at_ms));
        options.at_s = at_ms / 1000;
    }
    return quantity_scan(str_of(text), &options, *state, ret);
}

static struct quantity only(void **state, enum lang lang, const char *text)
{
    struct quantity *q;
    int n = scan_at(state, lang, NULL, text, &q);

    if (n != 1)
        fail_msg("%d quantities in \"%s\"", n, text);
    return q[0];
}

static void is_seconds(void **state, enum lang lang, const char *text, double low, double high)
{
    struct quantity q = only(state, lang, text);

    if (q.kind != QUANTITY_DURATION || q.low != low || q.high != high)
        fail_msg("\"%s\" is a %s of %g to %g", text, quantity_kind_name(q.kind), q.low, q.high);
}

static void reads_digits_and_words_in_english(void **state)
{
    is_seconds(state, LANG_EN, "48 hours", 172800, 172800);
    is_seconds(state, LANG_EN, "two hundred and five minutes", 12300, 12300);
    is_seconds(state, LANG_EN, "an hour and a half", 5400, 5400);
    is_seconds(state, LANG_EN, "half an hour", 1800, 1800);
    is_seconds(state, LANG_EN, "1 hour 42 minutes", 6120, 6120);
    is_seconds(state, LANG_EN, "a couple of weeks", 14 * 86400, 14 * 86400);
}

static void reads_digits_and_words_in_french(void **state)
{
    is_seconds(state, LANG_FR, "quatre-vingt-dix-sept jours", 97 * 86400, 97 * 86400);
    is_seconds(state, LANG_FR, "deux heures et demie", 9000, 9000);
    is_seconds(state, LANG_FR, "2h30", 9000, 9000);
    is_seconds(state, LANG_FR, "une quinzaine de jours", 15 * 86400, 15 * 86400);
    is_seconds(state, LANG_FR, "2 à 3 semaines", 14 * 86400, 21 * 86400);
}

static void a_modifier_opens_one_side(void **state)
{
    is_seconds(state, LANG_EN, "over 10 minutes", 600, INFINITY);
    is_seconds(state, LANG_FR, "plus de 6 jours", 6 * 86400, INFINITY);
    is_seconds(state, LANG_FR, "moins de 48h", -INFINITY, 172800);
    is_seconds(state, LANG_EN, "almost 48 h", 172800, 172800);
    assert_int_equal(only(state, LANG_EN, "almost 48 h").bound, QUANTITY_LESS_THAN);
    assert_int_equal(only(state, LANG_EN, "at least 2 days").bound, QUANTITY_AT_LEAST);
}

static void parses_a_limit_whole_or_not_at_all(void **state)
{
    struct quantity q;

    (void)state;
    assert_true(quantity_parse(STR("48 h"), &q) && q.low == 172800);
    assert_true(quantity_parse(STR("30 €"), &q) && q.kind == QUANTITY_MONEY);
    assert_string_equal(q.currency, "EUR");
    assert_true(quantity_parse(STR("2 %"), &q) && q.kind == QUANTITY_PERCENTAGE);
    assert_true(quantity_parse(STR("5 working days"), &q) && q.unit == UNIT_WORKING_DAY);
    assert_true(quantity_parse(STR("0 €"), &q) && q.low == 0);
    assert_false(quantity_parse(STR("48 heurs"), &q));
    assert_false(quantity_parse(STR("48 h or so"), &q));
    assert_false(quantity_parse(STR(""), &q));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_digits_and_words_in_english, setup, teardown),
        cmocka_unit_test_setup_teardown(reads_digits_and_words_in_french, setup, teardown),
        cmocka_unit_test_setup_teardown(a_modifier_opens_one_side, setup, teardown),
        cmocka_unit_test(parses_a_limit_whole_or_not_at_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
