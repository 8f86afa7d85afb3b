#include "lib/judge/match.h"

#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/base/arena.h"
#include "lib/base/vec.h"
#include "lib/judge/gate.h"
#include "lib/rule/pattern.h"

/* Every word of the post is looked up once in the ruleset's index; where it is
 * a word of the rules, its position joins that word's chain. A slot is
 * evaluated on demand: each phrase starts at the occurrences of its first
 * place and walks on, place by place; parts are found on their own and then
 * joined. Lists inside phrases are slots themselves, so they are evaluated once
 * per post whoever uses them. "Once per post" costs no clearing: every table
 * carries the number of the post (epoch) that filled it.
 *
 * Quantities are read only when a phrase asks for one, which few posts cause. A
 * quantity covers words of its own choice ("plus de 3 jours"), so its place
 * accepts any start inside it, and what follows may begin inside its last word.
 *
 * Most phrases of a slot that is asked for do not stand in the post, and the lines of
 * memory that their parts lie in cost more than the test. So a phrase carries the
 * numbers of words that it cannot do without, and is passed over when one is missing.
 *
 * The work per phrase is bounded: posts are hostile, and "a ... a ... a" over
 * a thousand a's would be cubic. */

enum {
    STEPS_MAX = 20000, /* joins tried per phrase and post */
    HITS_MAX = 4096,   /* kept per slot and post */
    QUANTITIES_BYTES = 1 << 20,
};

#define NOT_READ SIZE_MAX

struct occurrence {
    uint32_t position, next; /* `next`: index + 1, 0 ends the chain */
};

/* A part's way of standing in the post. */
struct stand {
    uint32_t first, last;
    int32_t quantity;
    const struct phrase *inner; /* of the list whose hit this is as a whole */
};

/* A word of the rules: its first occurrence (+ 1), in the post of `epoch`. */
struct word_state {
    uint32_t epoch, chain;
};

struct slot_state {
    struct hits hits;
    uint32_t epoch;
};

struct matcher {
    const struct ruleset *set;
    uint32_t epoch;
    struct fold fold;
    struct words words;
    enum lang lang;
    int64_t at_s;
    struct arena *arena; /* of the post */

    struct word_state *word_states; /* per word of the rules */
    VEC(struct occurrence) occurrences;
    VEC(uint32_t) ids;       /* of the post's words, in their order */
    VEC(uint32_t) ids_start; /* per word of the post, and one behind */
    uint32_t *group_epoch;
    VEC(uint32_t) groups;
    struct slot_state *slot_states;
    VEC(struct hit) found; /* stacks: evaluation of a list nests in a phrase's */
    VEC(struct stand) stands;
    unsigned steps;

    struct quantity *quantities;
    size_t n_quantities; /* NOT_READ until asked for */
    uint32_t (*quantity_words)[2];
    struct gate_reading gate;
    uint32_t gate_epoch; /* the post it was read for */
    struct match_stats stats;
};

struct matcher *matcher_new(const struct ruleset *set)
{
    struct matcher *m = alloc_zeroed(1, sizeof(*m));
    size_t n_words = index_n_words(set->index);

    m->set = set;
    m->arena = arena_new(0);
    fold_init(&m->fold);
    words_init(&m->words);
    m->word_states = alloc_zeroed(n_words, sizeof(*m->word_states));
    m->group_epoch = alloc_zeroed(set->n_groups, sizeof(*m->group_epoch));
    m->slot_states = alloc_zeroed(set->n_slots, sizeof(*m->slot_states));
    return m;
}

void matcher_free(struct matcher *m)
{
    if (!m)
        return;
    fold_done(&m->fold);
    words_done(&m->words);
    arena_free(m->arena);
    free(m->word_states);
    free(m->group_epoch);
    free(m->slot_states);
    vec_done(&m->occurrences);
    vec_done(&m->ids);
    vec_done(&m->ids_start);
    vec_done(&m->groups);
    vec_done(&m->found);
    vec_done(&m->stands);
    free(m);
}

static void add_group(struct matcher *m, uint32_t group)
{
    if (m->group_epoch[group] == m->epoch)
        return;
    m->group_epoch[group] = m->epoch;
    vec_push(&m->groups, group);
}

static void note_word(struct matcher *m, uint32_t position, uint32_t id)
{
    struct word_state *word = &m->word_states[id];
    size_t n;

    vec_push(&m->occurrences, (struct occurrence){position, 0});
    if (word->epoch == m->epoch) {
        m->occurrences.items[m->occurrences.n - 1].next = word->chain;
    } else {
        const uint32_t *groups = index_triggers(m->set->index, id, &n);

        word->epoch = m->epoch;
        for (size_t i = 0; i < n; i++)
            add_group(m, groups[i]);
    }
    word->chain = (uint32_t)m->occurrences.n;
    vec_push(&m->ids, id);
}

/* Backwards, so that every chain runs forwards. */
static void look_up_words(struct matcher *m)
{
    uint32_t ids[INDEX_HITS_MAX];

    vec_clear(&m->occurrences);
    vec_clear(&m->ids);
    vec_reserve(&m->ids_start, m->words.n + 1);
    m->ids_start.items[m->words.n] = 0;
    for (size_t at = m->words.n; at-- > 0;) {
        size_t n = index_lookup(m->set->index, &m->words.items[at], ids);

        for (size_t i = 0; i < n; i++)
            note_word(m, (uint32_t)at, ids[i]);
        m->ids_start.items[at] = (uint32_t)m->ids.n;
    }
}

void match_read(struct matcher *m, struct str text)
{
    fold_text(&m->fold, text);
    words_cut(&m->words, &m->fold);
}

void match_post(struct matcher *m, enum lang lang, int64_t at_s)
{
    arena_reset(m->arena);
    if (++m->epoch == 0) { /* once in four billion posts */
        memset(m->word_states, 0, index_n_words(m->set->index) * sizeof(*m->word_states));
        memset(m->group_epoch, 0, m->set->n_groups * sizeof(*m->group_epoch));
        memset(m->slot_states, 0, m->set->n_slots * sizeof(*m->slot_states));
        m->epoch = 1;
    }
    m->lang = lang;
    m->at_s = at_s;
    m->n_quantities = NOT_READ;
    vec_clear(&m->found);
    vec_clear(&m->stands);
    vec_clear(&m->groups);
    for (uint32_t i = 0; i < m->set->n_always; i++)
        add_group(m, m->set->always[i]);
    look_up_words(m);
}

void match_language(struct matcher *m, enum lang lang)
{
    m->lang = lang;
}

const uint32_t *match_groups(struct matcher *m, size_t *ret_n)
{
    *ret_n = m->groups.n;
    return m->groups.items;
}

const struct words *match_words(const struct matcher *m)
{
    return &m->words;
}

struct match_stats match_stats(const struct matcher *m)
{
    return m->stats;
}

/* The first word whose original text ends behind byte `at`. */
static uint32_t word_at(const struct matcher *m, size_t at)
{
    size_t low = 0, high = m->words.n;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (fold_original_end(&m->fold, m->words.items[middle].to) <= at)
            low = middle + 1;
        else
            high = middle;
    }
    return (uint32_t)low;
}

static void place_quantities(struct matcher *m)
{
    m->quantity_words = arena_array(m->arena, m->n_quantities, sizeof(*m->quantity_words));
    for (size_t i = 0; i < m->n_quantities; i++) {
        uint32_t first = word_at(m, m->quantities[i].start);
        uint32_t last = word_at(m, m->quantities[i].end);

        while (last < m->words.n &&
               fold_original(&m->fold, m->words.items[last].from) < m->quantities[i].end)
            last++;
        m->quantity_words[i][0] = first;
        m->quantity_words[i][1] = last > first ? last - 1 : first;
    }
}

const struct quantity *match_quantities(struct matcher *m, size_t *ret_n)
{
    if (m->n_quantities == NOT_READ) {
        struct quantity_reader_options options = {.at_s = m->at_s, .lang = m->lang};
        int n = quantity_scan(m->fold.original, &options, m->arena, &m->quantities);

        m->n_quantities = n > 0 && m->words.n ? (size_t)n : 0;
        place_quantities(m);
    }
    *ret_n = m->n_quantities;
    return m->quantities;
}

const struct quantity *match_quantity(const struct matcher *m, const struct hit *hit)
{
    return hit->quantity >= 0 ? &m->quantities[hit->quantity] : NULL;
}

void match_span(const struct matcher *m, const struct hit *hit, size_t *ret_start, size_t *ret_end)
{
    *ret_start = fold_original(&m->fold, m->words.items[hit->first].from);
    *ret_end = fold_original_end(&m->fold, m->words.items[hit->last].to);
    if (hit->quantity < 0)
        return;
    const struct quantity *q = &m->quantities[hit->quantity];

    /* A quantity's sign is no word ("30 €" ends behind the sign). */
    if (m->quantity_words[hit->quantity][1] == hit->last)
        *ret_end = MAX(*ret_end, q->end);
    if (m->quantity_words[hit->quantity][0] == hit->first)
        *ret_start = MIN(*ret_start, q->start);
}

static bool has_id(const struct matcher *m, uint32_t position, uint32_t id)
{
    for (uint32_t i = m->ids_start.items[position + 1]; i < m->ids_start.items[position]; i++)
        if (m->ids.items[i] == id)
            return true;
    return false;
}

static bool same_sentence(const struct matcher *m, uint32_t a, uint32_t b)
{
    return m->words.items[a].sentence == m->words.items[b].sentence;
}

/* Whether the words of `atom` stand at `position`. */
static bool words_stand(const struct matcher *m, const struct atom *atom, uint32_t position)
{
    if (position + atom->n_words > m->words.n ||
        !same_sentence(m, position, position + atom->n_words - 1u))
        return false;
    for (uint16_t i = 0; i < atom->n_words; i++)
        if (!has_id(m, position + i, atom->word_ids[i]))
            return false;
    return true;
}

/* English posts only: the weights know no other language. */
static const struct gate_reading *unhappy(struct matcher *m)
{
    static const struct gate_reading silent = {0};

    if (m->lang != LANG_EN)
        return &silent;
    if (m->gate_epoch != m->epoch)
        m->gate = gate_read(m->fold.original, &m->words);
    m->gate_epoch = m->epoch;
    return m->gate.score > 0 ? &m->gate : &silent;
}

struct walker {
    struct matcher *m;
    const struct part *part;
    uint32_t first;
};

static void walk(struct walker *w, uint32_t place, uint32_t position, int32_t quantity);

/* The last place was filled up to word `last`. */
static void walk_on(struct walker *w, uint32_t place, uint32_t last, int32_t quantity)
{
    struct matcher *m = w->m;

    if (++m->steps > STEPS_MAX)
        return;
    if (place + 1 == w->part->n_places) {
        vec_push(&m->stands, (struct stand){w->first, last, quantity, NULL});
        return;
    }
    walk(w, place + 1, last + 1, quantity);
}

static void walk_quantities(struct walker *w, const struct atom *atom, uint32_t place,
                            uint32_t position)
{
    struct matcher *m = w->m;
    size_t n;
    const struct quantity *all = match_quantities(m, &n);

    for (size_t i = 0; i < n; i++) {
        uint32_t first = m->quantity_words[i][0], last = m->quantity_words[i][1];

        if (first > position || last < position || !phrase_atom_takes(atom, &all[i]))
            continue;
        walk_on(w, place, last, (int32_t)i);
        if (last > first && place + 1 < w->part->n_places) /* "3 days" "days late" */
            walk(w, place + 1, last, (int32_t)i);
    }
}

static void walk_list(struct walker *w, const struct atom *atom, uint32_t place, uint32_t position,
                      int32_t quantity)
{
    struct hits hits = match_slot(w->m, &atom->list->slot);

    for (uint32_t i = 0; i < hits.n && hits.items[i].first <= position; i++)
        if (hits.items[i].first == position)
            walk_on(w, place, hits.items[i].last,
                    quantity >= 0 ? quantity : hits.items[i].quantity);
}

static void walk_unhappy(struct walker *w, uint32_t place, uint32_t position, int32_t quantity)
{
    const struct gate_reading *gate = unhappy(w->m);

    for (uint32_t i = 0; i < gate->n_top; i++)
        if (gate->top[i] == position)
            walk_on(w, place, position, quantity);
}

static void walk(struct walker *w, uint32_t place, uint32_t position, int32_t quantity)
{
    const struct place *here = &w->part->places[place];

    if (position >= w->m->words.n ||
        (position > w->first && !same_sentence(w->m, position - 1, position)))
        return;
    for (uint32_t i = 0; i < here->n_atoms; i++) {
        const struct atom *atom = &here->atoms[i];

        if (atom->kind == ATOM_QUANTITY)
            walk_quantities(w, atom, place, position);
        else if (atom->kind == ATOM_LIST)
            walk_list(w, atom, place, position, quantity);
        else if (atom->kind == ATOM_UNHAPPY)
            walk_unhappy(w, place, position, quantity);
        else if (words_stand(w->m, atom, position))
            walk_on(w, place, position + atom->n_words - 1, quantity);
    }
}

/* Starts of one atom in the first place of a part. */
static void start_words(struct walker *w, const struct atom *atom)
{
    struct matcher *m = w->m;
    const struct word_state *word = &m->word_states[atom->word_ids[0]];

    if (word->epoch != m->epoch)
        return;
    for (uint32_t at = word->chain; at; at = m->occurrences.items[at - 1].next) {
        w->first = m->occurrences.items[at - 1].position;
        if (words_stand(m, atom, w->first))
            walk_on(w, 0, w->first + atom->n_words - 1, -1);
    }
}

static void start_list(struct walker *w, const struct atom *atom)
{
    struct hits hits = match_slot(w->m, &atom->list->slot);

    for (uint32_t i = 0; i < hits.n; i++) {
        size_t n = w->m->stands.n;

        w->first = hits.items[i].first;
        walk_on(w, 0, hits.items[i].last, hits.items[i].quantity);
        if (w->part->n_places == 1 && w->m->stands.n > n)
            w->m->stands.items[n].inner = hits.items[i].source;
    }
}

static void start_quantities(struct walker *w, const struct atom *atom)
{
    size_t n;
    const struct quantity *all = match_quantities(w->m, &n);

    for (size_t i = 0; i < n; i++) {
        if (!phrase_atom_takes(atom, &all[i]))
            continue;
        w->first = w->m->quantity_words[i][0];
        walk_on(w, 0, w->m->quantity_words[i][1], (int32_t)i);
        if (w->m->quantity_words[i][1] > w->first && w->part->n_places > 1)
            walk(w, 1, w->m->quantity_words[i][1], (int32_t)i);
    }
}

static void start_unhappy(struct walker *w)
{
    const struct gate_reading *gate = unhappy(w->m);

    for (uint32_t i = 0; i < gate->n_top; i++) {
        w->first = gate->top[i];
        walk_on(w, 0, w->first, -1);
    }
}

/* Pushes the ways in which `part` stands onto m->stands. */
static void find_part(struct matcher *m, const struct part *part)
{
    struct walker w = {.m = m, .part = part};

    for (uint32_t i = 0; i < part->places[0].n_atoms; i++) {
        const struct atom *atom = &part->places[0].atoms[i];

        if (atom->kind == ATOM_QUANTITY)
            start_quantities(&w, atom);
        else if (atom->kind == ATOM_LIST)
            start_list(&w, atom);
        else if (atom->kind == ATOM_UNHAPPY)
            start_unhappy(&w);
        else
            start_words(&w, atom);
    }
}

static uint32_t apart(uint32_t last, uint32_t first)
{
    return first > last ? first - last - 1 : 0;
}

static bool joins(const struct matcher *m, const struct part *part, const struct stand *before,
                  const struct stand *next)
{
    if (part->join == JOIN_THEN) {
        bool shares = next->quantity >= 0 && next->first <= before->last;

        if (next->last <= before->last || (next->first <= before->last && !shares) ||
            next->first < before->first)
            return false;
        return apart(before->last, next->first) <= part->within &&
               same_sentence(m, before->last, MAX(next->first, before->last));
    }
    uint32_t a = m->words.items[before->first].sentence;
    uint32_t b = m->words.items[next->first].sentence;

    if (next->first <= before->last && before->first <= next->last)
        return false; /* two conditions are not met by the same words */
    return MAX(apart(before->last, next->first), apart(next->last, before->first)) <=
               part->within &&
           (a > b ? a - b : b - a) <= 1;
}

struct joiner {
    struct matcher *m;
    const struct phrase *phrase;
    uint32_t number;
    size_t starts[PHRASE_PARTS_MAX + 1]; /* into m->stands */
};

static void join_parts(struct joiner *j, uint32_t part, const struct stand *before,
                       struct stand whole)
{
    struct matcher *m = j->m;

    if (part == j->phrase->n_parts) {
        bool passes = j->phrase->n_parts == 1 && whole.inner;

        vec_push(&m->found, (struct hit){whole.first, whole.last, j->number, whole.quantity,
                                         passes ? whole.inner : j->phrase});
        return;
    }
    for (size_t i = j->starts[part]; i < j->starts[part + 1]; i++) {
        struct stand next = m->stands.items[i];

        if (++m->steps > STEPS_MAX)
            return;
        if (part > 0 && !joins(m, &j->phrase->parts[part], before, &next))
            continue;
        struct stand wider =
            part == 0 ? next
                      : (struct stand){
                            .first = MIN(whole.first, next.first),
                            .last = MAX(whole.last, next.last),
                            .quantity = whole.quantity >= 0 ? whole.quantity : next.quantity,
                        };

        join_parts(j, part + 1, &next, wider);
    }
}

static bool in_post(const struct matcher *m, uint32_t id)
{
    return m->word_states[id].epoch == m->epoch;
}

/* Whether the first word of some atom is in the post; of lists and quantities that
 * is not known without the work of finding them. */
static bool may_fill(const struct matcher *m, const struct place *place)
{
    for (uint32_t i = 0; i < place->n_atoms; i++) {
        const struct atom *atom = &place->atoms[i];

        if (atom->kind != ATOM_WORDS || in_post(m, atom->word_ids[0]))
            return true;
    }
    return false;
}

/* "<duration> ago" asks for no quantity in a post without "ago". */
static bool may_hit(const struct matcher *m, const struct phrase *phrase)
{
    for (size_t i = 0; i < PHRASE_NEEDS && phrase->needs[i] != INDEX_NO_WORD; i++)
        if (!in_post(m, phrase->needs[i]))
            return false;
    for (uint32_t i = 0; i < phrase->n_parts; i++)
        for (uint32_t k = 0; k < phrase->parts[i].n_places; k++)
            if (!may_fill(m, &phrase->parts[i].places[k]))
                return false;
    return true;
}

static void find_words(struct matcher *m, const struct phrase *phrase, uint32_t number)
{
    struct joiner j = {.m = m, .phrase = phrase, .number = number};
    size_t base = m->stands.n;

    if (!may_hit(m, phrase))
        return;
    for (uint32_t i = 0; i < phrase->n_parts; i++) {
        j.starts[i] = m->stands.n;
        find_part(m, &phrase->parts[i]);
        if (m->stands.n == j.starts[i]) { /* a part that stands nowhere */
            m->stands.n = base;
            return;
        }
    }
    j.starts[phrase->n_parts] = m->stands.n;
    join_parts(&j, 0, NULL, (struct stand){.quantity = -1});
    m->stands.n = base;
}

/* The words that folded bytes [start, end) touch. */
static bool words_of(const struct matcher *m, size_t start, size_t end, struct hit *ret)
{
    uint32_t first = 0, last;

    while (first < m->words.n && m->words.items[first].to <= start)
        first++;
    if (first == m->words.n)
        return false;
    for (last = first; last + 1 < m->words.n && m->words.items[last + 1].from < end;)
        last++;
    *ret = (struct hit){.first = first, .last = last, .quantity = -1};
    return true;
}

static void find_regex(struct matcher *m, const struct phrase *phrase, uint32_t number)
{
    struct str text = fold_str(&m->fold);
    size_t from = 0, start, end;
    struct hit hit;

    for (unsigned n = 0; n < HITS_MAX; n++) {
        enum pattern_result result = pattern_find(phrase->pattern, text, from, &start, &end);

        if (result == PATTERN_LIMIT)
            m->stats.n_regex_limits++;
        if (result != PATTERN_MATCH)
            return;
        if (words_of(m, start, end, &hit)) {
            hit.phrase = number;
            hit.source = phrase;
            vec_push(&m->found, hit);
        }
        from = end > start ? end : end + 1;
        while (from < text.n && ((unsigned char)text.p[from] & 0xc0) == 0x80)
            from++;
    }
}

static int by_place(const void *left, const void *right)
{
    const struct hit *a = left, *b = right;

    if (a->first != b->first)
        return a->first < b->first ? -1 : 1;
    if (a->phrase != b->phrase)
        return a->phrase < b->phrase ? -1 : 1;
    return (a->last < b->last) - (a->last > b->last);
}

/* Sorts found[base ..] and keeps the longest per first word and phrase. */
static struct hits keep_longest(struct matcher *m, size_t base)
{
    size_t n = m->found.n - base, kept = 0;

    m->found.n = base;
    if (n == 0)
        return (struct hits){NULL, 0};
    struct hit *found = m->found.items + base;

    if (n > 1)
        qsort(found, n, sizeof(*found), by_place);
    for (size_t i = 0; i < n && kept < HITS_MAX; i++)
        if (kept == 0 || found[kept - 1].first != found[i].first ||
            found[kept - 1].phrase != found[i].phrase)
            found[kept++] = found[i];
    struct hit *items = arena_array(m->arena, kept, sizeof(*items));

    memcpy(items, found, kept * sizeof(*items));
    return (struct hits){items, (uint32_t)kept};
}

struct hits match_slot(struct matcher *m, const struct slot *slot)
{
    struct slot_state *state = &m->slot_states[slot->number];

    if (state->epoch == m->epoch)
        return state->hits;
    size_t base = m->found.n;
    unsigned steps = m->steps;

    slot = m->set->slots[slot->number]; /* of equal ones the first, so sources agree */

    for (uint32_t i = 0; i < slot->n; i++) {
        const struct phrase *phrase = &slot->phrases[i];

        if (phrase->lang != LANG_UNKNOWN && m->lang != LANG_UNKNOWN && phrase->lang != m->lang)
            continue;
        m->steps = 0;
        if (phrase->pattern)
            find_regex(m, phrase, i);
        else
            find_words(m, phrase, i);
        m->stats.n_cut_short += m->steps > STEPS_MAX;
    }
    m->steps = steps;
    state->epoch = m->epoch;
    state->hits = keep_longest(m, base);
    return state->hits;
}
