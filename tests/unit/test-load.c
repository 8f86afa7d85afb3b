#include "lib/rule/load.h"

#include "lib/rule/ruleset.h"
#include "tests/unit/unit.h"

#define HEAD                                                                                       \
    "couac: 1\n"                                                                                   \
    "owners: {care: {contact: care@acme.example}}\n"                                               \
    "words:\n"                                                                                     \
    "  parcel: [parcel*, colis]\n"                                                                 \
    "  elapsed: [for|after|since <duration>, depuis <duration>]\n"                                 \
    "promises:\n"                                                                                  \
    "  fast:\n"                                                                                    \
    "    says: Delivered in 48 h\n"                                                                \
    "    owner: care\n"                                                                            \
    "    about: [<parcel>]\n"                                                                      \
    "    examples: {ignore: [hello parcel]}\n"

/* The diagnostics of `text`, one short line each with its hint behind " = ". */
static struct str report(const char *text, struct sbuf *out, enum load_error want)
{
    struct diags diags;
    struct ruleset *set = NULL;
    struct rule_text file = {STR("r.yaml"), str_of(text), RULE_USER};

    diags_init(&diags);
    assert_int_equal(rule_load(&file, 1, &diags, &set), want);
    for (size_t i = 0; i < diags.n; i++) {
        diag_write_short(&diags.items[i], out);
        if (diags.items[i].hint.n)
            sbuf_printf(out, " = %.*s", STR_ARG(diags.items[i].hint));
        sbuf_putc(out, '\n');
    }
    diags_done(&diags);
    ruleset_unref(set);
    return sbuf_str(out);
}

static void expect(const char *text, const char *want)
{
    struct sbuf out = SBUF_INIT(20000);

    assert_str_equal(report(text, &out,
                            str_of(want).n && str_find(str_of(want), STR("error:"), 0) != SIZE_MAX
                                ? LOAD_E_INVALID
                                : LOAD_OK),
                     str_of(want));
    sbuf_done(&out);
}

static void a_sound_file_is_read_without_a_word(void **state)
{
    (void)state;
    expect(
        HEAD
        "    limit: at most 48 h\n"
        "    against: [<elapsed>, \"<parcel> ... never|not received\"]\n"
        "    unless: [preorder*]\n"
        "    valid: 2025-01-01 to 2025-12-31\n"
        "    severity: {high: [over 5 days, reach 1000, lawyer*], critical: [20 authors in 1 h]}\n"
        "    after: 2 authors in 6 h\n"
        "    only: {sources: [shop], languages: [en, fr]}\n"
        "    status: draft\n",
        "");
}

static void unknown_keys_are_named_with_the_nearest(void **state)
{
    (void)state;
    expect(
        HEAD "    agianst: [<elapsed>]\n",
        "r.yaml:7:3: error: promise 'fast' has no 'against' = add it: the words that break the "
        "promise\n"
        "r.yaml:12:5: error: unknown key 'agianst' in promise 'fast' = did you mean 'against'?\n");
}

static void names_and_units_that_do_not_exist_are_shown_where_they_stand(void **state)
{
    (void)state;
    expect(HEAD "    limit: at most 48 heurs\n"
                "    against: [\"lost ... <parcle>\", <elapsed>]\n",
           "r.yaml:12:23: error: unknown unit 'heurs' = did you mean 'heures'?\n"
           "r.yaml:13:25: error: no list is named <parcle> = did you mean <parcel>?\n");
}

static void phrases_that_can_never_match_are_refused(void **state)
{
    (void)state;
    expect(
        HEAD
        "    against: [\"!!!\", \"late ...x parcel\", \"a*b\", \"lost||gone\", \"... lost\"]\n",
        "r.yaml:12:16: error: '!!!' can never match = punctuation is dropped from posts; match "
        "words, #tags, @names or emoji\n"
        "r.yaml:12:28: error: '...x' does not say how many words may stand between = write ... or "
        "...6 (then, at most 6 words later), + or +6 (near); at most 50, with spaces around\n"
        "r.yaml:12:43: error: '*' may only end a word = write the beginning and a star: livr*; or "
        "use a /regex/\n"
        "r.yaml:12:50: error: an alternative of 'lost||gone' is empty = alternatives are written "
        "without spaces: recu|got|received\n"
        "r.yaml:12:64: error: '... lost' joins nothing = a join stands between words: <parcel> ... "
        "received\n");
}

static void circles_of_lists_are_named(void **state)
{
    (void)state;
    expect("couac: 1\nwords:\n  a: [x <b>]\n  b: [<c>|y]\n  c: [<a> z]\n",
           "r.yaml:3:3: error: lists refer to each other in a circle: a -> b -> c -> a = write the "
           "common phrases in a list of their own\n");
}

static void a_quantity_of_another_dimension_cannot_break_a_limit(void **state)
{
    (void)state;
    expect(HEAD "    limit: at most 48 h\n"
                "    against: [cost <money>, <elapsed>]\n",
           "r.yaml:13:15: error: <money> can never break a limit in time = limit is 'at most 48 h' "
           "(line 12); use <duration>\n");
}

static void changes_are_applied_once_and_must_find_their_target(void **state)
{
    (void)state;
    expect(HEAD "    against: [<elapsed>]\n"
                "change:\n"
                "  promises:\n"
                "    fast: {against+: [lost], says: Delivered in 72 h}\n"
                "    fats: {status: off}\n"
                "  words:\n"
                "    parcel-: [order*]\n"
                "    parcel+: {fr: [paquet*]}\n",
           "r.yaml:16:5: error: no promise is named 'fats', so it cannot be changed = did you mean "
           "'fast'?\n"
           "r.yaml:18:15: error: 'order*' is not in words parcel, so it cannot be removed = the "
           "definition changed; it now has: parcel*, colis\n");
}

static void warnings_do_not_stop_the_load(void **state)
{
    (void)state;
    expect(
        "couac: 1\nowners: {nobody: {}}\nwords: {spare: [x]}\npromises:\n  p:\n    says: S\n"
        "    owner: nobody\n    about: [y]\n    against: [\"café late\", cafe late]\n",
        "r.yaml:3:9: warning: list 'spare' is used nowhere = write <spare> in a phrase, or remove "
        "the list\n"
        "r.yaml:5:3: warning: promise 'p' has no examples = write a few under examples: alert: and "
        "ignore:, couac test runs them\n"
        "r.yaml:5:3: warning: owner 'nobody' has neither contact nor queue = nobody can be "
        "reached; add contact: name@example.org (line 2)\n"
        "r.yaml:9:28: warning: 'cafe late' is the same as 'café late' once folded = the first is "
        "at r.yaml:9; remove one\n");
}

static void a_pause_needs_an_end_and_a_reason(void **state)
{
    (void)state;
    expect(HEAD "    against: [lost]\npauses: [{promises: [fsat], from: 2025-01-01}]\n",
           "r.yaml:13:10: error: a pause needs 'until' = a pause without an end is forgotten\n"
           "r.yaml:13:10: error: a pause needs 'because' = the next reader will ask\n"
           "r.yaml:13:21: error: no promise is named 'fsat' = did you mean 'fast'?\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_file_is_read_without_a_word),
        cmocka_unit_test(unknown_keys_are_named_with_the_nearest),
        cmocka_unit_test(names_and_units_that_do_not_exist_are_shown_where_they_stand),
        cmocka_unit_test(phrases_that_can_never_match_are_refused),
        cmocka_unit_test(circles_of_lists_are_named),
        cmocka_unit_test(a_quantity_of_another_dimension_cannot_break_a_limit),
        cmocka_unit_test(changes_are_applied_once_and_must_find_their_target),
        cmocka_unit_test(warnings_do_not_stop_the_load),
        cmocka_unit_test(a_pause_needs_an_end_and_a_reason),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
