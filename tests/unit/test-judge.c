#include "lib/judge/judge.h"

#include "lib/base/arena.h"
#include "lib/rule/load.h"
#include "tests/unit/unit.h"

static const char rules[] =
    "couac: 1\n"
    "brand: {names: [acme, \"@acme*\"], accounts: [\"@acme_help\"]}\n"
    "owners: {care: {contact: care@acme.example}}\n"
    "words:\n"
    "  parcel: [colis, parcel*, package*, livraison*]\n"
    "  waiting: [attend*, waiting]\n"
    "  elapsed:\n"
    "    fr: [depuis|apres <duration>, il y a <duration>, <duration> que, \"<duration> "
    "d'attente\"]\n"
    "    en: [for|after|since <duration>, <duration> ago|late|now, <waiting> ... <duration>]\n"
    "promises:\n"
    "  delivery-48h:\n"
    "    says: Livré en 48 h\n"
    "    owner: care\n"
    "    limit: at most 48 h\n"
    "    valid: from 2020-01-01\n"
    "    about: [<parcel>]\n"
    "    against: [<elapsed>, <parcel> ... recu*|got ...6 <duration>, toujours rien, "
    "/jamais\\s+(vu|recu)/]\n"
    "    unless: [precommande*|preorder*, <duration> old, client|customer ...1 <duration>]\n"
    "    kept: [recu|received en|in|within <duration>]\n"
    "    ours: [livr* ... <duration>]\n"
    "    severity: {high: [over 5 days, avocat*], critical: [reach 10000]}\n"
    "  fees:\n"
    "    says: No fees\n"
    "    owner: care\n"
    "    limit: at most 0 €\n"
    "    about: [frais|fee*|fees]\n"
    "    against: [<money> ... frais|fee*, frais|fee*|charged ... <money>]\n"
    "    complaint: [arnaque, scam, \"😡\"]\n"
    "  visit-3d:\n"
    "    says: A visit within three days\n"
    "    owner: care\n"
    "    limit: at most 3 days\n"
    "    about: [engineer]\n"
    "    against: [\"<waited>\", engineer ...6 <ahead>]\n"
    "  polite:\n"
    "    says: Kind to everybody\n"
    "    owner: care\n"
    "    about: [staff]\n"
    "    against: [staff]\n"
    "    complaint: [<unhappy>]\n";

struct fixture {
    struct ruleset *set;
    struct judge *judge;
    struct arena *arena;
};

static int set_up(void **state)
{
    static struct fixture f;
    struct rule_text file = {STR("r.yaml"), {rules, sizeof(rules) - 1}, RULE_USER};
    struct diags diags;

    diags_init(&diags);
    if (rule_load(&file, 1, &diags, &f.set) != LOAD_OK) {
        struct sbuf out = SBUF_INIT(10000);

        for (size_t i = 0; i < diags.n; i++)
            diag_write(&diags.items[i], DIAG_PLAIN, &out);
        print_error("%s", sbuf_cstr(&out));
        return -1;
    }
    diags_done(&diags);
    f.judge = judge_new(f.set);
    f.arena = arena_new(0);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    judge_free(f->judge);
    ruleset_unref(f->set);
    arena_free(f->arena);
    return 0;
}

static struct verdict judge_as(struct fixture *f, const char *id, struct mention m)
{
    struct judgement all, outcomes;
    struct verdict found = {.gate = GATE_PASSED};
    bool seen = false;

    arena_reset(f->arena);
    assert_int_equal(
        judge_mention(f->judge, &m, JUDGE_ABOUT_ANYONE, 1741305600000, JUDGE_ALL, f->arena, &all),
        0);
    assert_int_equal(all.n, f->set->n_promises);
    for (size_t i = 0; i < all.n; i++)
        if (str_eq(all.verdicts[i].promise->id, str_of(id)))
            found = all.verdicts[i];
    /* The index may rule out no promise that a full look would alert on. */
    assert_int_equal(judge_mention(f->judge, &m, JUDGE_ABOUT_ANYONE, 1741305600000, JUDGE_OUTCOMES,
                                   f->arena, &outcomes),
                     0);
    for (size_t i = 0; i < outcomes.n; i++)
        if (str_eq(outcomes.verdicts[i].promise->id, str_of(id))) {
            assert_int_equal(outcomes.verdicts[i].kind, found.kind);
            seen = true;
        }
    assert_int_equal(seen, found.kind != VERDICT_NONE);
    return found;
}

static struct verdict judge_text(struct fixture *f, const char *id, const char *text)
{
    struct mention m = MENTION_INIT;

    m.text = str_of(text);
    return judge_as(f, id, m);
}

static void a_wait_beyond_the_limit_is_measured_and_quoted(void **state)
{
    struct verdict v =
        judge_text(*state, "delivery-48h", "6 jours que j'attends mon colis @acme !!!");

    assert_int_equal(v.kind, VERDICT_MEASURED);
    assert_int_equal(v.gate, GATE_PASSED);
    assert_true(v.ratio > 2.99 && v.ratio < 3.01);
    assert_int_equal(v.severity, SEVERITY_HIGH);
    assert_int_equal(v.worst->start, 0);
    assert_int_equal(v.worst->end, sizeof("6 jours que") - 1);
    assert_str_equal(v.worst->phrase->text, STR("<duration> que"));
    assert_int_equal(v.worst->phrase->at.line, 8);
}

static void a_wait_within_the_limit_keeps_the_promise(void **state)
{
    assert_int_equal(
        judge_text(*state, "delivery-48h", "J'attends mon colis acme depuis 24h, hâte !").kind,
        VERDICT_KEPT);
    assert_int_equal(judge_text(*state, "delivery-48h", "Colis acme reçu en 24h, merci").kind,
                     VERDICT_KEPT);
}

static void a_denial_needs_no_figure(void **state)
{
    assert_int_equal(judge_text(*state, "delivery-48h", "Toujours rien, ce colis acme...").kind,
                     VERDICT_DENIED);
    assert_int_equal(judge_text(*state, "delivery-48h", "colis acme jamais REÇU").kind,
                     VERDICT_DENIED);
}

static void each_gate_stops_what_it_is_there_for(void **state)
{
    struct fixture *f = *state;
    struct mention m = MENTION_INIT;

    assert_int_equal(judge_text(f, "delivery-48h", "6 jours que j'attends mon colis").gate,
                     GATE_BRAND);
    assert_int_equal(judge_text(f, "delivery-48h", "acme: 6 jours que j'attends").gate, GATE_ABOUT);
    assert_int_equal(judge_text(f, "delivery-48h", "mon colis acme est beau").gate, GATE_AGAINST);
    assert_int_equal(judge_text(f, "delivery-48h", "colis acme en précommande depuis 6 jours").gate,
                     GATE_UNLESS);
    assert_int_equal(judge_text(f, "fees", "acme fees: charged 3 €").gate, GATE_COMPLAINT);
    assert_int_equal(judge_text(f, "fees", "acme fees: charged 3 € 😡").kind, VERDICT_MEASURED);
    m.text = STR("acme colis depuis 6 jours");
    m.published_ms = 1000000000000; /* 2001 */
    assert_int_equal(judge_as(f, "delivery-48h", m).gate, GATE_VALID);
}

static void an_excuse_over_a_hit_takes_only_that_hit_away(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(
        judge_text(f, "delivery-48h", "waiting for my acme package, it is 8 months old").kind,
        VERDICT_NONE);
    assert_int_equal(
        judge_text(f, "delivery-48h", "acme package for 8 months old baby, since 6 days").kind,
        VERDICT_MEASURED);
}

static void an_excuse_that_holds_a_figure_excuses_no_other(void **state)
{
    const char *text = "client depuis 20 ans et voilà 6 jours que j'attends mon colis acme";

    assert_int_equal(judge_text(*state, "delivery-48h", text).kind, VERDICT_MEASURED);
    text = "acme customer with 20 years of orders, my package got here after 6 days";
    assert_int_equal(judge_text(*state, "delivery-48h", text).kind, VERDICT_MEASURED);
}

static void a_denial_beside_a_wait_within_the_limit_denies_nothing_yet(void **state)
{
    struct verdict v =
        judge_text(*state, "delivery-48h", "colis acme toujours rien depuis 24 h, honteux");

    assert_int_equal(v.kind, VERDICT_KEPT);
    v = judge_text(*state, "delivery-48h", "colis acme toujours rien depuis plusieurs jours");
    assert_int_equal(v.kind, VERDICT_DENIED);
    v = judge_text(*state, "delivery-48h", "colis acme toujours rien. Depuis 24 h il pleut");
    assert_int_equal(v.kind, VERDICT_DENIED);
}

static void a_wait_ahead_counts_only_where_the_phrase_names_it(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(judge_text(f, "visit-3d", "acme engineer comes in 10 days").kind,
                     VERDICT_MEASURED);
    assert_int_equal(judge_text(f, "visit-3d", "acme engineer, 10 days on an island").kind,
                     VERDICT_NONE);
    assert_int_equal(judge_text(f, "visit-3d", "waiting for an acme engineer for 10 days").kind,
                     VERDICT_MEASURED);
    assert_int_equal(judge_text(f, "delivery-48h", "acme package got sent, home in 6 days").kind,
                     VERDICT_NONE);
}

static void what_lasted_thirty_thousand_times_the_limit_was_no_wait(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(judge_text(f, "delivery-48h", "acme package, for 160 years our word").kind,
                     VERDICT_MEASURED);
    assert_int_equal(judge_text(f, "delivery-48h", "acme package, for 170 years our word").kind,
                     VERDICT_NONE);
}

static void a_complaint_without_a_listed_word_is_still_heard(void **state)
{
    struct verdict v = judge_text(*state, "polite",
                                  "@acme why is your staff still so terrible to us, never again");
    bool quoted = false;

    assert_int_equal(v.kind, VERDICT_DENIED);
    for (size_t i = 0; i < v.n_evidence; i++)
        quoted = quoted || (v.evidence[i].role == EVIDENCE_COMPLAINT && v.evidence[i].weight > 0);
    assert_true(quoted);
    v = judge_text(*state, "polite", "@acme thank you, great staff, best day of our life");
    assert_int_equal(v.gate, GATE_COMPLAINT);
}

static void our_own_voice_is_no_customer(void **state)
{
    struct mention m = MENTION_INIT;

    m.text = STR("Colis acme : 6 jours que vous attendez");
    m.author = STR("ACME_Help");
    assert_int_equal(judge_as(*state, "delivery-48h", m).gate, GATE_OWN_VOICE);
    m.text = STR("Acme vous livre en 72 h");
    struct verdict v = judge_as(*state, "delivery-48h", m);

    assert_int_equal(v.kind, VERDICT_DISSONANT);
}

static void zero_compares_with_any_currency(void **state)
{
    assert_int_equal(judge_text(*state, "fees", "acme scam: $4.50 fee").kind, VERDICT_MEASURED);
    assert_int_equal(judge_text(*state, "fees", "acme scam: 0 € fee").kind, VERDICT_KEPT);
}

static void in_a_long_text_gates_count_only_near_by(void **state)
{
    struct sbuf b = SBUF_INIT(10000);

    sbuf_printf(&b, "Colis acme bien emballe. ");
    for (int i = 0; i < 60; i++)
        sbuf_printf(&b, "mot ");
    sbuf_printf(&b, "malade depuis 6 jours");
    assert_int_equal(judge_text(*state, "delivery-48h", sbuf_cstr(&b)).gate, GATE_ABOUT);
    sbuf_printf(&b, ", colis depuis 6 jours");
    assert_int_equal(judge_text(*state, "delivery-48h", sbuf_cstr(&b)).kind, VERDICT_MEASURED);
    sbuf_done(&b);
}

static void reach_and_words_raise_the_severity(void **state)
{
    struct mention m = MENTION_INIT;

    m.text = STR("acme colis depuis 3 jours, j'appelle mon avocat");
    assert_int_equal(judge_as(*state, "delivery-48h", m).severity, SEVERITY_HIGH);
    m.reach = 20000;
    assert_int_equal(judge_as(*state, "delivery-48h", m).severity, SEVERITY_CRITICAL);
}

/* Calls of the allocator by couac's own code; the linker sends them here (--wrap). */
static unsigned n_allocations;

void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

void *__wrap_calloc(size_t count, size_t size)
{
    n_allocations++;
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    n_allocations++;
    return __real_realloc(old, size);
}

static void after_the_first_posts_a_post_allocates_nothing(void **state)
{
    struct fixture *f = *state;
    static const char *const posts[] = {
        "6 jours que j'attends mon colis @acme !!!", "@acme_help colis recu en 24 h, 😡 #CamelCase",
        "acme fees: charged 3 € 😡, colis jamais recu", "rien pour vous ici"};

    for (int round = 0; round < 3; round++) {
        unsigned before = n_allocations;

        for (size_t i = 0; i < ARRAY_LEN(posts); i++) {
            struct mention m = MENTION_INIT;
            struct judgement j;

            m.text = str_of(posts[i]);
            m.author = STR("@somebody");
            arena_reset(f->arena);
            assert_int_equal(judge_mention(f->judge, &m, JUDGE_ABOUT_ANYONE, 1741305600000,
                                           JUDGE_OUTCOMES, f->arena, &j),
                             0);
        }
        if (round == 2)
            assert_int_equal(n_allocations, before);
    }
    assert_true(n_allocations > 0); /* the count does count */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wait_beyond_the_limit_is_measured_and_quoted),
        cmocka_unit_test(a_wait_within_the_limit_keeps_the_promise),
        cmocka_unit_test(a_denial_needs_no_figure),
        cmocka_unit_test(each_gate_stops_what_it_is_there_for),
        cmocka_unit_test(an_excuse_over_a_hit_takes_only_that_hit_away),
        cmocka_unit_test(an_excuse_that_holds_a_figure_excuses_no_other),
        cmocka_unit_test(a_denial_beside_a_wait_within_the_limit_denies_nothing_yet),
        cmocka_unit_test(a_wait_ahead_counts_only_where_the_phrase_names_it),
        cmocka_unit_test(what_lasted_thirty_thousand_times_the_limit_was_no_wait),
        cmocka_unit_test(a_complaint_without_a_listed_word_is_still_heard),
        cmocka_unit_test(our_own_voice_is_no_customer),
        cmocka_unit_test(zero_compares_with_any_currency),
        cmocka_unit_test(in_a_long_text_gates_count_only_near_by),
        cmocka_unit_test(reach_and_words_raise_the_severity),
        cmocka_unit_test(after_the_first_posts_a_post_allocates_nothing),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
