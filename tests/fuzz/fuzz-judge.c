/* Any bytes are a legal post: what the index finds is what each promise in turn
 * finds, what PCRE2's JIT finds is what its interpreter finds, evidence lies inside
 * the text. The rules have a bit of everything; `%s` is in front of each regex. */

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "lib/rule/load.h"
#include "tests/fuzz/agree.h"
#include "tests/fuzz/target.h"

static const char rules[] =
    "couac: 1\n"
    "brand: {names: [acme, \"@acme\", \"#acme*\"]}\n"
    "owners: {o: {contact: c}}\n"
    "words:\n"
    "  parcel: {fr: [colis, commande*], en: [parcel*, order*]}\n"
    "  elapsed: [for|since|depuis <duration>, \"<duration> que|ago|late\"]\n"
    "promises:\n"
    "  fast: {says: s, owner: o, limit: at most 48 h, about: [<parcel>],\n"
    "    against: [<elapsed>, never ... came, toujours rien, '/%sno{1,9}thing/',\n"
    "      '/%s(?<!\\w)(?:lost|perdu)(?! (?:my|ma) \\p{L}+)/', '/%s\\d+ ?(?:j|d)\\b/'],\n"
    "    unless: [preorder*, <duration> warranty], kept: [arrived +3 time],\n"
    "    severity: {high: [over 5 days, lawyer*]}}\n"
    "  cheap: {says: s, owner: o, limit: at most 5 EUR, about: [fee*, retour],\n"
    "    against: [<money>, <parcel> + charged], complaint: [angry|\xf0\x9f\x98\xa1, why]}\n"
    "  soft: {says: s, owner: o, about: [paper|tissue roll, \"<number> sheets\"],\n"
    "    against: [rough ...2 <percent>, rough, '/%s[^a-z\\s]{3,}|\\X\\p{So}/']}\n";

/* `engine` must be the one that ran. */
static struct judge *judge(const char *option, const char *engine)
{
    char text[sizeof(rules) + 100];
    int n = snprintf(text, sizeof(text), rules, option, option, option, option);
    struct rule_text file = {STR("r"), str_make(text, (size_t)n), RULE_USER};
    struct ruleset *set = NULL;
    struct diags diags;

    diags_init(&diags);
    assert(rule_load(&file, 1, &diags, &set) == LOAD_OK);
    diags_done(&diags);
    assert(strcmp(ruleset_engine(set), engine) == 0);
    struct judge *j = judge_new(set);

    ruleset_unref(set);
    return j;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* reused, as the daemon does: posts must not leak into each other */
    static struct judge *jit, *interpreter;
    struct str text = str_make((const char *)data, size);

    if (!jit) {
        jit = judge("", "jit");
        interpreter = judge("(*NO_JIT)", "interpreter");
    }
    agree_on(jit, text);
    agree_between(jit, interpreter, text);
    return 0;
}
