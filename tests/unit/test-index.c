#include "lib/rule/index.h"

#include <stdlib.h>

#include "lib/base/arena.h"
#include "lib/judge/judge.h"
#include "lib/rule/load.h"
#include "tests/unit/unit.h"

/* The index decides which promises a post is worth being judged by. Here random
 * rules are judged on random posts of the same few words by the index and by
 * every promise in turn, which must agree; single words are also looked for by
 * plain string search, which shares no code with the index. */

enum { N_RULESETS = 60, N_POSTS = 60, N_PROMISES = 12 };

static const char *const words[] = {
    "colis",   "parcel", "parcels", "late",  "never", "came",      "refund", "re",
    "ref",     "été",    "two",     "#fail", "@acme", "48h",       "for",    "6 days",
    "3 jours", "12 €",   "#AcmeCo", "😡",     "l'eau", "d'attente", "50 %",   "soooo"};
static const char *const joins[] = {" ", " ... ", " ...2 ", " + ", " +3 ", " "};

static uint64_t seed;

/* Marsaglia's xorshift64. */
static uint32_t chance(uint32_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 33) % n;
}

static const char *any_word(void)
{
    return words[chance(ARRAY_LEN(words))];
}

/* Words that may stand in a phrase: figures are not words there. */
static void add_alternative(struct sbuf *b)
{
    static const char *const atoms[] = {"colis",  "parcel*", "late",  "never",  "came", "ref*",
                                        "re",     "été",     "#fail", "@acme",  "for",  "<list>",
                                        "#acme*", "😡",       "eau",   "attente"};

    sbuf_printf(b, "%s", atoms[chance(ARRAY_LEN(atoms))]);
    if (chance(3) == 0)
        sbuf_printf(b, "|%s", atoms[chance(ARRAY_LEN(atoms))]);
}

static void add_phrases(struct sbuf *b, uint32_t n_max)
{
    static const char *const figures[] = {"<duration>", "<money>", "<percent>"};

    for (uint32_t n = 1 + chance(n_max), i = 0; i < n; i++) {
        sbuf_printf(b, "%s\"", i ? ", " : "");
        add_alternative(b);
        for (uint32_t k = chance(3); k > 0; k--) {
            sbuf_printf(b, "%s", joins[chance(ARRAY_LEN(joins))]);
            if (chance(4) == 0)
                sbuf_printf(b, "%s", figures[chance(ARRAY_LEN(figures))]);
            else
                add_alternative(b);
        }
        sbuf_printf(b, "\"");
    }
}

static struct ruleset *random_rules(void)
{
    struct sbuf b = SBUF_INIT(1 << 16);
    struct ruleset *set = NULL;
    struct diags diags;

    sbuf_printf(&b, "couac: 1\nowners: {o: {contact: c}}\nwords: {list: [two, l'eau, refund*]}\n"
                    "promises:\n");
    for (int i = 0; i < N_PROMISES; i++) {
        sbuf_printf(&b, "  p%d:\n    says: s\n    owner: o\n    about: [", i);
        add_phrases(&b, 3);
        sbuf_printf(&b, "]\n    against: [");
        add_phrases(&b, 3);
        sbuf_printf(&b, chance(2) ? "]\n    unless: [" : "]\n    kept: [");
        add_phrases(&b, 1);
        sbuf_printf(&b, "]\n");
    }
    struct rule_text file = {STR("r"), sbuf_str(&b), RULE_USER};

    diags_init(&diags);
    assert_int_equal(rule_load(&file, 1, &diags, &set), LOAD_OK);
    diags_done(&diags);
    sbuf_done(&b);
    return set;
}

static void compare(struct judge *j, struct str text)
{
    struct arena *arena = arena_new(0);
    struct mention m = MENTION_INIT;
    struct judgement few, all;
    size_t next = 0;

    m.text = text;
    assert_int_equal(judge_mention(j, &m, JUDGE_ABOUT_US, 0, JUDGE_OUTCOMES, arena, &few), 0);
    assert_int_equal(judge_mention(j, &m, JUDGE_ABOUT_US, 0, JUDGE_ALL, arena, &all), 0);
    for (size_t i = 0; i < all.n; i++) {
        if (all.verdicts[i].kind == VERDICT_NONE)
            continue;
        assert_true(next < few.n);
        assert_ptr_equal(few.verdicts[next].promise, all.verdicts[i].promise);
        assert_int_equal(few.verdicts[next].kind, all.verdicts[i].kind);
        next++;
    }
    assert_int_equal(next, few.n);
    arena_free(arena);
}

static void the_index_finds_what_a_look_at_every_promise_finds(void **state)
{
    struct sbuf post = SBUF_INIT(4096);

    (void)state;
    seed = 88172645463325252ull;
    for (int i = 0; i < N_RULESETS; i++) {
        struct ruleset *set = random_rules();
        struct judge *j = judge_new(set);

        for (int k = 0; k < N_POSTS; k++) {
            sbuf_clear(&post);
            for (uint32_t n = chance(14); n > 0; n--)
                sbuf_printf(&post, "%s%s", any_word(), chance(9) ? " " : ". ");
            compare(j, sbuf_str(&post));
        }
        judge_free(j);
        ruleset_unref(set);
    }
    sbuf_done(&post);
}

static bool found_by_search(const char *const *list, size_t n, struct str word)
{
    for (size_t i = 0; i < n; i++) {
        struct str one = str_of(list[i]);
        bool prefix = str_ends(one, STR("*"));

        if (prefix ? str_starts(word, str_slice(one, 0, one.n - 1)) : str_eq(word, one))
            return true;
    }
    return false;
}

static void words_and_prefixes_are_found_as_by_plain_search(void **state)
{
    static const char *const in[] = {"a",   "ab*",           "abc", "abcd*",     "b",
                                     "ba*", "cabba",         "c*",  "aaaaaaaa*", "aaaaaaaa",
                                     "bb",  "abababababab*", "acb", "acbb*"};
    struct index *ix = index_new();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(in); i++) {
        struct str one = str_of(in[i]);
        bool prefix = str_ends(one, STR("*"));

        (void)index_add_word(ix, prefix ? str_slice(one, 0, one.n - 1) : one,
                             prefix ? ATOM_PREFIX : ATOM_EXACT);
    }
    index_seal(ix);
    seed = 1234567;
    for (int i = 0; i < 20000; i++) {
        char text[16];
        uint32_t numbers[INDEX_HITS_MAX];
        struct str word = {text, 1 + chance(sizeof(text) - 1)};

        for (size_t k = 0; k < word.n; k++)
            text[k] = "abc"[chance(chance(2) ? 3 : 1)];
        struct word w = {.hash = words_hash(word), .p = text, .n = (uint32_t)word.n};

        assert_int_equal(index_lookup(ix, &w, numbers) > 0,
                         found_by_search(in, ARRAY_LEN(in), word));
    }
    index_free(ix);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_index_finds_what_a_look_at_every_promise_finds),
        cmocka_unit_test(words_and_prefixes_are_found_as_by_plain_search),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
