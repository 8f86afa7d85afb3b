#include "lib/tune/selftest.h"

#include "lib/base/arena.h"
#include "lib/rule/load.h"
#include "tests/unit/unit.h"

static const char rules[] =
    "couac: 1\n"
    "owners: {care: {contact: c@acme.example}}\n"
    "promises:\n"
    "  p:\n"
    "    says: In 48 h\n"
    "    owner: care\n"
    "    limit: at most 48 h\n"
    "    about: [parcel, box]\n"
    "    against: [for <duration>]\n"
    "    unless: [preorder]\n"
    "    examples:\n"
    "      alert:\n"
    "        - {text: parcel for 6 days, measured: 6 days, severity: medium}\n"
    "        - {text: parcel for 6 days, measured: 7 days}\n"
    "        - parcel for 1 day\n"
    "        - {text: where is it, todo: yes}\n"
    "        - {text: parcel for 4 days, todo: yes}\n"
    "        - {text: parcel for 4 days, severity: high}\n"
    "      ignore:\n"
    "        - parcel for 9 days\n"
    "        - preorder parcel for 9 days\n"
    "        - parcel for 45 h\n"
    "        - hello parcel\n";

static void examples_fail_when_and_only_when_they_should(void **state)
{
    (void)state;
    static const enum selftest_result want[] = {
        SELFTEST_PASSED, SELFTEST_FAILED, SELFTEST_FAILED, SELFTEST_TODO,   SELFTEST_TODO_DONE,
        SELFTEST_FAILED, SELFTEST_FAILED, SELFTEST_PASSED, SELFTEST_PASSED, SELFTEST_PASSED};
    static const bool near[] = {false, false, false, false, false, false, false, true, true, false};
    struct rule_text file = {STR("r.yaml"), {rules, sizeof(rules) - 1}, RULE_USER};
    struct arena *arena = arena_new(0);
    struct ruleset *set;
    struct selftest t;
    struct diags diags;

    diags_init(&diags);
    assert_int_equal(rule_load(&file, 1, &diags, &set), LOAD_OK);
    assert_int_equal(selftest_run(set, 0, arena, &t), 0);
    assert_int_equal(t.n, ARRAY_LEN(want));
    for (size_t i = 0; i < t.n; i++) {
        if (t.cases[i].result != want[i])
            fail_msg("line %u: %.*s", t.cases[i].example->at.line, STR_ARG(t.cases[i].why));
        assert_int_equal(t.cases[i].near_miss.n > 0, near[i]);
    }
    assert_int_equal(t.n_passed, 4);
    assert_int_equal(t.n_failed, 4);
    assert_int_equal(t.n_exercised, t.n_phrases - 1); /* "box" */
    diags_done(&diags);
    ruleset_unref(set);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples_fail_when_and_only_when_they_should),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
