/* Any bytes are a legal post: what the index finds is what each promise in turn
 * finds, evidence lies inside the text. The rules have a bit of everything. */

#include <assert.h>

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
    "    against: [<elapsed>, never ... came, toujours rien, '/no{1,9}thing/'],\n"
    "    unless: [preorder*, <duration> warranty], kept: [arrived +3 time],\n"
    "    severity: {high: [over 5 days, lawyer*]}}\n"
    "  cheap: {says: s, owner: o, limit: at most 5 EUR, about: [fee*, retour],\n"
    "    against: [<money>, <parcel> + charged], complaint: [angry|\xf0\x9f\x98\xa1, why]}\n"
    "  soft: {says: s, owner: o, about: [paper|tissue roll, \"<number> sheets\"],\n"
    "    against: [rough ...2 <percent>, rough]}\n";

static struct judge *judge(void)
{
    struct rule_text file = {STR("r"), str_of(rules), RULE_USER};
    struct ruleset *set = NULL;
    struct diags diags;

    diags_init(&diags);
    assert(rule_load(&file, 1, &diags, &set) == LOAD_OK);
    diags_done(&diags);
    struct judge *j = judge_new(set);

    ruleset_unref(set);
    return j;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct judge *j; /* reused, as the daemon does: posts must not leak into each other */

    if (!j)
        j = judge();
    agree_on(j, str_make((const char *)data, size));
    return 0;
}
