#include "lib/rule/seal.h"

#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/base/arena.h"
#include "lib/base/map.h"
#include "lib/base/vec.h"
#include "lib/data/digest.h"
#include "lib/rule/pattern.h"

/* Slots with the same phrases are one slot: what 10,000 promises have in common
 * is matched once per post. Promises with the same `about` form a group.
 *
 * A group's triggers are chosen phrase by phrase: a phrase cannot hit unless
 * each of its places does, so it is enough to watch one of them, and the best
 * is the one with the rarest words. Without frequencies at hand the length of
 * the shortest word that fills a place stands for its rarity. A phrase made of
 * quantities alone has no word to watch: its group is looked at in every post. */

struct ruleset *seal_new(void)
{
    struct ruleset *set = alloc_zeroed(1, sizeof(*set));

    set->refs = 1;
    set->arena = arena_new(0);
    set->index = index_new();
    return set;
}

static void unknown_list(const struct ruleset *set, const struct list_use *use, struct diags *diags)
{
    size_t n = set->n_lists;
    struct str *names = alloc_zeroed(n + 1, sizeof(*names));

    for (size_t i = 0; i < n; i++)
        names[i] = set->lists[i].name;
    struct str near = diag_nearest(use->atom->name, names, n);

    diag(diags, DIAG_ERROR, use->at, "no list is named <%.*s>", STR_ARG(use->atom->name));
    if (near.n)
        diag_hint(diags, "did you mean <%.*s>?", STR_ARG(near));
    else
        diag_hint(diags,
                  "define it under 'words', or use the shared ones (couac check lists them)");
    free(names);
}

/* Depth-first walk; `trail` holds the lists between the root and here. */
struct walk {
    const struct ruleset *set;
    struct diags *diags;
    uint8_t *state; /* per list: 0 new, 1 on the trail, 2 done */
    VEC(const struct word_list *) trail;
};

static bool visit(struct walk *w, const struct word_list *list);

static void report_circle(struct walk *w, const struct word_list *again)
{
    struct sbuf names = SBUF_INIT(1000);
    size_t i = 0;

    while (w->trail.items[i] != again)
        i++;
    for (; i < w->trail.n; i++)
        sbuf_printf(&names, "%.*s -> ", STR_ARG(w->trail.items[i]->name));
    diag(w->diags, DIAG_ERROR, again->at, "lists refer to each other in a circle: %s%.*s",
         sbuf_cstr(&names), STR_ARG(again->name));
    diag_hint(w->diags, "write the common phrases in a list of their own");
    sbuf_done(&names);
}

static bool visit_place(struct walk *w, const struct place *place)
{
    for (uint32_t i = 0; i < place->n_atoms; i++)
        if (place->atoms[i].kind == ATOM_LIST && place->atoms[i].list &&
            !visit(w, place->atoms[i].list))
            return false;
    return true;
}

static bool visit_phrase(struct walk *w, const struct phrase *phrase)
{
    for (uint32_t i = 0; i < phrase->n_parts; i++)
        for (uint32_t j = 0; j < phrase->parts[i].n_places; j++)
            if (!visit_place(w, &phrase->parts[i].places[j]))
                return false;
    return true;
}

static bool visit(struct walk *w, const struct word_list *list)
{
    size_t number = (size_t)(list - w->set->lists);

    if (w->state[number] == 2)
        return true;
    if (w->state[number] == 1) {
        report_circle(w, list);
        return false;
    }
    w->state[number] = 1;
    vec_push(&w->trail, list);
    bool ok = true;

    for (uint32_t i = 0; i < list->slot.n && ok; i++)
        ok = visit_phrase(w, &list->slot.phrases[i]);
    w->trail.n--;
    w->state[number] = 2;
    return ok;
}

static bool find_circles(struct ruleset *set, struct diags *diags)
{
    struct walk w = {.set = set, .diags = diags, .state = alloc_zeroed(set->n_lists + 1, 1)};
    bool ok = true;

    for (size_t i = 0; i < set->n_lists; i++)
        ok = visit(&w, &set->lists[i]) && ok;
    vec_done(&w.trail);
    free(w.state);
    return ok;
}

bool seal_resolve(struct ruleset *set, const struct list_uses *uses, struct diags *diags)
{
    struct map by_name = {0};
    bool ok = true;
    /* The set is ours alone until it is sealed. */
    struct word_list *lists = (struct word_list *)(uintptr_t)set->lists;

    for (size_t i = 0; i < set->n_lists; i++)
        (void)map_put(&by_name, lists[i].name, &lists[i]); /* twice was reported before */
    for (size_t i = 0; i < uses->n; i++) {
        struct word_list *list = map_get(&by_name, uses->items[i].atom->name);

        uses->items[i].atom->list = list;
        if (list) {
            list->n_uses++;
        } else {
            unknown_list(set, &uses->items[i], diags);
            ok = false;
        }
    }
    map_done(&by_name);
    return find_circles(set, diags) && ok;
}

/* Every slot of the set, in a fixed order. */
typedef void slot_visitor(struct slot *slot, void *context);

static void each_slot(struct ruleset *set, slot_visitor *fn, void *context)
{
    struct word_list *lists = (struct word_list *)(uintptr_t)set->lists;
    struct promise *promises = (struct promise *)(uintptr_t)set->promises;

    for (size_t i = 0; i < set->n_lists; i++)
        fn(&lists[i].slot, context);
    fn(&set->brand.names, context);
    for (size_t i = 0; i < set->n_promises; i++) {
        struct promise *p = &promises[i];
        struct slot *slots[] = {&p->about,  &p->against, &p->complaint,
                                &p->unless, &p->kept,    &p->ours};

        for (size_t j = 0; j < ARRAY_LEN(slots); j++)
            fn(slots[j], context);
        for (uint32_t j = 0; j < p->n_triggers; j++)
            fn(&p->triggers[j].phrase, context);
    }
}

struct compiling {
    struct diags *diags;
    VEC(struct pattern *) patterns;
};

static void compile_slot(struct slot *slot, void *context)
{
    struct compiling *c = context;

    for (uint32_t i = 0; i < slot->n; i++) {
        struct phrase *phrase = &slot->phrases[i];
        struct pattern_error error;

        if (phrase->regex.n == 0 || phrase->pattern)
            continue;
        phrase->pattern = pattern_new(phrase->regex, &error);
        if (phrase->pattern) {
            vec_push(&c->patterns, phrase->pattern);
            continue;
        }
        struct pos at = phrase->at;

        at.col += (unsigned)error.offset + 1; /* the slash; exact where the scalar is plain */
        at.width = 1;
        diag(c->diags, DIAG_ERROR, at, "this is no regular expression: %s", error.message);
        diag_hint(c->diags,
                  "the syntax is PCRE2's; posts are folded first (no capitals, no accents)");
    }
}

void seal_compile(struct ruleset *set, struct diags *diags)
{
    struct compiling c = {.diags = diags};

    each_slot(set, compile_slot, &c);
    set->patterns = c.patterns.items;
    set->n_patterns = c.patterns.n;
}

struct numbering {
    struct ruleset *set;
    struct map by_content; /* a slot's phrases as text -> its first slot */
    struct sbuf key;
    VEC(const struct slot *) slots;
};

static void number_words(struct ruleset *set, struct phrase *phrase)
{
    for (uint32_t i = 0; i < phrase->n_parts; i++)
        for (uint32_t j = 0; j < phrase->parts[i].n_places; j++)
            for (uint32_t k = 0; k < phrase->parts[i].places[j].n_atoms; k++) {
                struct atom *atom = &phrase->parts[i].places[j].atoms[k];

                for (uint16_t l = 0; l < atom->n_words; l++)
                    atom->word_ids[l] =
                        index_add_word(set->index, atom->words[l],
                                       l + 1 == atom->n_words ? atom->ending : ATOM_EXACT);
            }
}

struct needs {
    uint32_t *ids;
    size_t lengths[PHRASE_NEEDS];
};

static void add_need(struct needs *needs, uint32_t id, size_t length)
{
    size_t at = PHRASE_NEEDS;

    while (at > 0 && length > needs->lengths[at - 1])
        at--;
    if (at == PHRASE_NEEDS)
        return;
    for (size_t i = PHRASE_NEEDS - 1; i > at; i--) {
        needs->ids[i] = needs->ids[i - 1];
        needs->lengths[i] = needs->lengths[i - 1];
    }
    needs->ids[at] = id;
    needs->lengths[at] = length;
}

/* The words of places that nothing else fills. */
static void find_needs(struct phrase *phrase)
{
    struct needs needs = {.ids = phrase->needs};

    for (size_t i = 0; i < PHRASE_NEEDS; i++)
        phrase->needs[i] = INDEX_NO_WORD;
    for (uint32_t i = 0; i < phrase->n_parts; i++)
        for (uint32_t j = 0; j < phrase->parts[i].n_places; j++) {
            const struct atom *atom = phrase->parts[i].places[j].atoms;

            if (phrase->parts[i].places[j].n_atoms > 1 || atom->kind != ATOM_WORDS)
                continue;
            for (uint16_t k = 0; k < atom->n_words; k++)
                add_need(&needs, atom->word_ids[k], atom->words[k].n);
        }
}

static void number_slot(struct slot *slot, void *context)
{
    struct numbering *n = context;

    sbuf_clear(&n->key);
    for (uint32_t i = 0; i < slot->n; i++) {
        sbuf_putc(&n->key, (char)('0' + slot->phrases[i].lang));
        sbuf_add(&n->key, slot->phrases[i].text);
        sbuf_putc(&n->key, '\n');
    }
    const struct slot *same = map_get(&n->by_content, sbuf_str(&n->key));

    for (uint32_t i = 0; i < slot->n; i++) {
        slot->phrases[i].number = n->set->n_phrases++;
        number_words(n->set, &slot->phrases[i]);
        find_needs(&slot->phrases[i]);
    }
    if (same) {
        slot->number = same->number;
        return;
    }
    slot->number = (uint32_t)n->slots.n;
    (void)map_put(&n->by_content, arena_str(n->set->arena, sbuf_str(&n->key)), slot);
    vec_push(&n->slots, slot);
}

static void number_slots(struct ruleset *set)
{
    struct numbering n = {.set = set, .key = SBUF_INIT(SIZE_MAX / 2)};

    each_slot(set, number_slot, &n);
    set->n_slots = (uint32_t)n.slots.n;
    set->slots = arena_array(set->arena, n.slots.n, sizeof(*set->slots));
    memcpy(set->slots, n.slots.items, n.slots.n * sizeof(*set->slots));
    vec_done(&n.slots);
    map_done(&n.by_content);
    sbuf_done(&n.key);
}

/* How rare the rarest word is that must stand in a post for this to hit; 0: no
 * word must. */
static size_t slot_rarity(const struct slot *slot);

static size_t atom_rarity(const struct atom *atom)
{
    size_t longest = 0;

    if (atom->kind == ATOM_LIST)
        return slot_rarity(&atom->list->slot);
    for (uint16_t i = 0; i < atom->n_words; i++)
        longest = MAX(longest, atom->words[i].n);
    return atom->kind == ATOM_WORDS ? longest : 0;
}

static size_t place_rarity(const struct place *place)
{
    size_t least = SIZE_MAX;

    for (uint32_t i = 0; i < place->n_atoms; i++)
        least = MIN(least, atom_rarity(&place->atoms[i]));
    return least;
}

static const struct place *rarest_place(const struct phrase *phrase, size_t *ret_rarity)
{
    const struct place *best = NULL;

    *ret_rarity = 0;
    for (uint32_t i = 0; i < phrase->n_parts; i++)
        for (uint32_t j = 0; j < phrase->parts[i].n_places; j++) {
            size_t rarity = place_rarity(&phrase->parts[i].places[j]);

            if (rarity > *ret_rarity) {
                *ret_rarity = rarity;
                best = &phrase->parts[i].places[j];
            }
        }
    return best;
}

static size_t slot_rarity(const struct slot *slot)
{
    size_t least = SIZE_MAX, rarity;

    for (uint32_t i = 0; i < slot->n; i++) {
        (void)rarest_place(&slot->phrases[i], &rarity); /* only the figure */
        least = MIN(least, rarity);
    }
    return least;
}

static void watch_slot(struct index *ix, const struct slot *slot, uint32_t group);

static void watch_atom(struct index *ix, const struct atom *atom, uint32_t group)
{
    uint16_t longest = 0;

    if (atom->kind == ATOM_LIST) {
        watch_slot(ix, &atom->list->slot, group);
        return;
    }
    for (uint16_t i = 1; i < atom->n_words; i++)
        if (atom->words[i].n > atom->words[longest].n)
            longest = i;
    index_add_trigger(ix, atom->word_ids[longest], group);
}

static void watch_slot(struct index *ix, const struct slot *slot, uint32_t group)
{
    for (uint32_t i = 0; i < slot->n; i++) {
        size_t rarity;
        const struct place *place = rarest_place(&slot->phrases[i], &rarity);

        for (uint32_t j = 0; place && j < place->n_atoms; j++)
            watch_atom(ix, &place->atoms[j], group);
    }
}

static void build_groups(struct ruleset *set)
{
    uint32_t *group_of = alloc_zeroed(set->n_slots + 1, sizeof(*group_of)); /* + 1 */
    struct about_group *groups = arena_array(set->arena, set->n_promises, sizeof(*groups));
    uint32_t *always = arena_array(set->arena, set->n_promises, sizeof(*always));
    uint32_t *numbers = arena_array(set->arena, set->n_promises, sizeof(*numbers));

    for (size_t i = 0; i < set->n_promises; i++) {
        uint32_t *group = &group_of[set->promises[i].about.number];

        if (*group == 0) {
            groups[set->n_groups].about = set->slots[set->promises[i].about.number];
            *group = ++set->n_groups;
        }
        groups[*group - 1].n_promises++;
    }
    for (uint32_t g = 0, at = 0; g < set->n_groups; g++) {
        groups[g].promises = numbers + at;
        at += groups[g].n_promises;
        groups[g].n_promises = 0;
        if (slot_rarity(groups[g].about) == 0)
            always[set->n_always++] = g;
        else
            watch_slot(set->index, groups[g].about, g);
    }
    for (size_t i = 0; i < set->n_promises; i++) {
        struct about_group *g = &groups[group_of[set->promises[i].about.number] - 1];

        ((uint32_t *)(uintptr_t)g->promises)[g->n_promises++] = (uint32_t)i;
    }
    set->groups = groups;
    set->always = always;
    free(group_of);
}

static void fold_accounts(struct ruleset *set)
{
    struct fold f;

    fold_init(&f);
    for (uint32_t i = 0; i < set->brand.n_accounts; i++) {
        struct str account = set->brand.accounts[i];

        if (str_starts(account, STR("@")))
            account = str_slice(account, 1, account.n);
        fold_text(&f, account);
        set->brand.accounts[i] = arena_str(set->arena, fold_str(&f));
    }
    fold_done(&f);
}

static int by_file(const void *left, const void *right)
{
    const struct rule_text *const *a = left, *const *b = right;

    return str_cmp((*a)->file, (*b)->file);
}

static void hash_texts(struct ruleset *set, const struct rule_text *texts, size_t n)
{
    const struct rule_text **sorted = alloc_zeroed(n + 1, sizeof(*sorted));
    struct str *parts = alloc_zeroed(2 * n + 1, sizeof(*parts));

    for (size_t i = 0; i < n; i++)
        sorted[i] = &texts[i];
    qsort(sorted, n, sizeof(*sorted), by_file);
    for (size_t i = 0; i < n; i++) {
        /* The same rules in another folder are the same rules. */
        parts[2 * i] = str_base_name(sorted[i]->file);
        parts[2 * i + 1] = sorted[i]->text;
    }
    struct digest d = digest_parts(parts, 2 * n);

    digest_hex(&d, set->sha256);
    free(parts);
    free(sorted);
}

void seal_finish(struct ruleset *set, const struct rule_text *texts, size_t n)
{
    struct promise *promises = (struct promise *)(uintptr_t)set->promises;

    for (size_t i = 0; i < set->n_promises; i++)
        promises[i].number = (uint32_t)i;
    set->n_files = n;
    fold_accounts(set);
    number_slots(set);
    build_groups(set);
    index_seal(set->index);
    hash_texts(set, texts, n);
}
