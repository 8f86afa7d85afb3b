#include "lib/tune/lint.h"

#include "lib/rule/load.h"
#include "lib/tune/common.h"
#include "tests/unit/unit.h"

#define HEAD                                                                                       \
    "couac: 1\n"                                                                                   \
    "owners: {care: {contact: care@acme.example}}\n"                                               \
    "promises:\n"

#define PROMISE                                                                                    \
    "  fast:\n"                                                                                    \
    "    says: Delivered in 48 h\n"                                                                \
    "    owner: care\n"                                                                            \
    "    about: [parcel*]\n"                                                                       \
    "    limit: at most 48 h\n"                                                                    \
    "    examples: {alert: [parcel waiting for 6 days, parcel came never]}\n"

#define TELLS_NOTHING                                                                              \
    "it tells nothing by itself; add the words that stand beside it, or remove it\n"

/* 2025-06-01 */
static const int64_t now_ms = 1748736000000;

/* What check says after `n_posts` times "the parcel is here". */
static void expect_among(const char *text, size_t n_posts, const char *want)
{
    struct sbuf out = SBUF_INIT(20000);
    struct rule_text file = {STR("r.yaml"), str_of(text), RULE_USER};
    struct ruleset *set = NULL;
    struct diags diags;

    diags_init(&diags);
    assert_int_equal(rule_load(&file, 1, &diags, &set), LOAD_OK);
    struct common *common = common_new(set);
    struct mention m = MENTION_INIT;

    m.text = STR("the parcel is here");
    for (size_t i = 0; i < n_posts; i++)
        common_hear(common, &m);
    common_warn(common, &diags);
    common_free(common);
    assert_int_equal(lint(set, now_ms, &diags), 0);
    for (size_t i = 0; i < diags.n; i++) {
        diag_write_short(&diags.items[i], &out);
        sbuf_printf(&out, " = %.*s\n", STR_ARG(diags.items[i].hint));
    }
    assert_string_equal(sbuf_cstr(&out), want);
    sbuf_done(&out);
    diags_done(&diags);
    ruleset_unref(set);
}

static void expect(const char *text, const char *want)
{
    expect_among(text, 0, want);
}

static void sound_rules_are_passed_over_in_silence(void **state)
{
    (void)state;
    expect(HEAD PROMISE "    against: [for <duration>, came never]\n", "");
}

static void a_phrase_that_no_example_exercises_is_named(void **state)
{
    (void)state;
    expect(HEAD PROMISE "    against: [for <duration>, came never, lost]\n"
                        "    unless: [preorder*]\n",
           "r.yaml:10:43: warning: no example exercises 'lost' = write one that it decides under "
           "examples of 'fast', or remove it\n"
           "r.yaml:11:14: warning: no example exercises 'preorder*' = write one that it decides "
           "under examples of 'fast', or remove it\n");
}

static void a_phrase_covered_by_a_shorter_one_is_named(void **state)
{
    (void)state;
    expect(HEAD PROMISE
           "    against: [for <duration>, came never, never|ever, \"parcel came never\"]\n",
           "r.yaml:10:31: warning: 'came never' is covered by 'never|ever' = the shorter one "
           "(line 10) hits wherever this one does; remove one\n"
           "r.yaml:10:55: warning: 'parcel came never' is covered by 'came never' = the shorter "
           "one (line 10) hits wherever this one does; remove one\n");
    /* the longer brings a figure, so it is not the same */
    expect(HEAD PROMISE "    against: [waiting for <duration>, came never, waiting]\n", "");
}

static void unless_may_not_swallow_against(void **state)
{
    (void)state;
    expect(HEAD PROMISE "    against: [for <duration>, came never]\n"
                        "    unless: [for, never]\n",
           "r.yaml:11:13: warning: 'unless' explains away everything 'against' finds = promise "
           "'fast' can never alert\n"
           "r.yaml:11:14: warning: 'for' alone hits some 26 % of all posts = " TELLS_NOTHING);
}

static void a_promise_that_ended_is_named(void **state)
{
    (void)state;
    expect(HEAD "  fast:\n    says: s\n    owner: care\n    about: [parcel*]\n"
                "    against: [came never]\n    valid: 2024-01-01 to 2025-05-31\n"
                "    examples: {alert: [{text: parcel came never, published: 2025-01-01}]}\n",
           "r.yaml:4:3: warning: promise 'fast' ended on 2025-05-31 = newer posts are not judged "
           "by it; extend 'valid', or set status: off\n");
}

#define OTHER                                                                                      \
    "  slow:\n"                                                                                    \
    "    says: Delivered in 5 days\n"                                                              \
    "    owner: care\n"                                                                            \
    "    about: [parcel*]\n"                                                                       \
    "    examples: {alert: [parcel waiting for 6 days]}\n"                                         \
    "    against: [for <duration>]\n"

static void two_limits_for_the_same_are_a_dissonance(void **state)
{
    (void)state;
    expect(HEAD PROMISE "    against: [for <duration>, came never]\n" OTHER
                        "    limit: at most 5 days\n",
           "r.yaml:17:12: warning: 'slow' promises at most 5 days and 'fast' promises at most 48 h "
           "= the topic is the same and both are in force (r.yaml:8); end one with 'valid', or "
           "tell them apart in 'about'\n");
    expect(HEAD PROMISE "    against: [for <duration>, came never]\n" OTHER
                        "    limit: at most 48 hours\n",
           "");
    expect(HEAD PROMISE
           "    against: [for <duration>, came never]\n    valid: from 2025-02-01\n" OTHER
           "    limit: at most 5 days\n    valid: 2024-01-01 to 2025-01-31\n"
           "    status: off\n",
           "");
}

static void a_word_that_stands_everywhere_is_named(void **state)
{
    (void)state;
    /* neither beside another word nor in a language where it is rare */
    expect(HEAD "  fast:\n    says: s\n    owner: care\n    about: [parcel*]\n"
                "    against: {fr: [lost|un*, the parcel], en: [un]}\n"
                "    examples: {alert: [{text: the parcel lost, lang: fr}, "
                "{text: parcel un, lang: en}]}\n",
           "r.yaml:8:20: warning: 'un' alone hits some 31 % of all posts = " TELLS_NOTHING);
}

static void posts_at_hand_tell_better_than_the_table(void **state)
{
    const char *rules = HEAD "  fast:\n    says: s\n    owner: care\n    about: [parcel*]\n"
                             "    against: [here, la]\n"
                             "    examples: {alert: [parcel here, parcel la]}\n";

    (void)state;
    expect_among(rules, COMMON_POSTS_MIN - 1,
                 "r.yaml:8:21: warning: 'la' alone hits some 40 % of all posts = " TELLS_NOTHING);
    expect_among(rules, COMMON_POSTS_MIN,
                 "r.yaml:8:15: warning: 'here' hits 100 % of the posts = " TELLS_NOTHING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound_rules_are_passed_over_in_silence),
        cmocka_unit_test(a_phrase_that_no_example_exercises_is_named),
        cmocka_unit_test(a_phrase_covered_by_a_shorter_one_is_named),
        cmocka_unit_test(unless_may_not_swallow_against),
        cmocka_unit_test(a_promise_that_ended_is_named),
        cmocka_unit_test(a_word_that_stands_everywhere_is_named),
        cmocka_unit_test(posts_at_hand_tell_better_than_the_table),
        cmocka_unit_test(two_limits_for_the_same_are_a_dissonance),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
