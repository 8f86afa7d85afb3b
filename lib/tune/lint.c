#include "lib/tune/lint.h"

#include "lib/base/arena.h"
#include "lib/tune/selftest.h"

enum { SLOT_PHRASES_MAX = 300, GROUP_MAX = 200 }; /* past them the pairs are too many */

static bool has_words(const struct phrase *p)
{
    for (uint32_t i = 0; i < p->n_parts; i++)
        for (uint32_t k = 0; k < p->parts[i].n_places; k++)
            for (uint32_t n = 0; n < p->parts[i].places[k].n_atoms; n++)
                if (p->parts[i].places[k].atoms[n].kind == ATOM_WORDS)
                    return true;
    return p->regex.n > 0;
}

/* Phrases that are lists and figures only are shared words at work, not the author's. */
static void lint_exercise(const struct promise *p, const struct selftest *t, struct diags *diags)
{
    const struct slot *slots[] = {&p->about, &p->against, &p->complaint, &p->unless, &p->kept};

    if (p->n_examples == 0 || p->status == PROMISE_OFF)
        return; /* check says so */
    for (size_t i = 0; i < ARRAY_LEN(slots); i++)
        for (uint32_t k = 0; k < slots[i]->n; k++) {
            const struct phrase *phrase = &slots[i]->phrases[k];

            if (t->exercised[phrase->number] || !has_words(phrase))
                continue;
            diag(diags, DIAG_WARNING, phrase->at, "no example exercises '%.*s'",
                 STR_ARG(phrase->text));
            diag_hint(diags, "write one that it decides under examples of '%.*s', or remove it",
                      STR_ARG(p->id));
        }
}

/* Whether whatever fills an atom `inner` also fills `outer`. */
static bool atom_covers(const struct atom *outer, const struct atom *inner)
{
    if (outer->kind != inner->kind)
        return false;
    if (outer->kind == ATOM_LIST)
        return outer->list == inner->list;
    if (outer->kind == ATOM_QUANTITY)
        return outer->quantity == inner->quantity;
    if (outer->n_words != inner->n_words)
        return false;
    for (uint16_t i = 0; i < outer->n_words; i++) {
        bool prefix = outer->ending == ATOM_PREFIX && i + 1 == outer->n_words;
        bool open = inner->ending == ATOM_PREFIX && i + 1 == inner->n_words;

        if (prefix ? !str_starts(inner->words[i], outer->words[i])
                   : open || !str_eq(inner->words[i], outer->words[i]))
            return false;
    }
    return true;
}

static bool place_covers(const struct place *outer, const struct place *inner)
{
    for (uint32_t i = 0; i < inner->n_atoms; i++) {
        bool found = false;

        for (uint32_t k = 0; k < outer->n_atoms && !found; k++)
            found = atom_covers(&outer->atoms[k], &inner->atoms[i]);
        if (!found)
            return false;
    }
    return true;
}

static bool only_words(const struct place *place)
{
    for (uint32_t i = 0; i < place->n_atoms; i++)
        if (place->atoms[i].kind != ATOM_WORDS)
            return false;
    return true;
}

/* Whether consecutive places of `part`, from `at`, are all covered by `shorter`. */
static bool covered_at(const struct part *part, uint32_t at, const struct part *shorter)
{
    if (part->n_places - at < shorter->n_places)
        return false;
    for (uint32_t i = 0; i < shorter->n_places; i++)
        if (!place_covers(&shorter->places[i], &part->places[at + i]))
            return false;
    return true;
}

/* What stands outside of the covered places must bring no figure of its own. */
static bool rest_is_words(const struct phrase *p, uint32_t part, uint32_t at, uint32_t n)
{
    for (uint32_t i = 0; i < p->n_parts; i++)
        for (uint32_t k = 0; k < p->parts[i].n_places; k++)
            if (!(i == part && k >= at && k < at + n) && !only_words(&p->parts[i].places[k]))
                return false;
    return true;
}

static uint32_t count_places(const struct phrase *p)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < p->n_parts; i++)
        n += p->parts[i].n_places;
    return n;
}

enum rest { REST_WORDS, REST_ANY };

/* Whether `shorter` hits inside of every hit of `p`. */
static bool covers(const struct phrase *shorter, const struct phrase *p, enum rest rest)
{
    if (shorter->regex.n || p->regex.n || shorter->n_parts != 1 ||
        (shorter->lang != LANG_UNKNOWN && shorter->lang != p->lang))
        return false;
    for (uint32_t i = 0; i < p->n_parts; i++)
        for (uint32_t at = 0; at < p->parts[i].n_places; at++)
            if (covered_at(&p->parts[i], at, &shorter->parts[0]) &&
                (rest == REST_ANY || rest_is_words(p, i, at, shorter->parts[0].n_places)))
                return true;
    return false;
}

static void lint_covered(const struct slot *slot, struct diags *diags)
{
    for (uint32_t i = 0; i < slot->n && slot->n <= SLOT_PHRASES_MAX; i++)
        for (uint32_t k = 0; k < slot->n; k++) {
            const struct phrase *p = &slot->phrases[i], *shorter = &slot->phrases[k];

            if (count_places(shorter) >= count_places(p) || !covers(shorter, p, REST_WORDS))
                continue;
            diag(diags, DIAG_WARNING, p->at, "'%.*s' is covered by '%.*s'", STR_ARG(p->text),
                 STR_ARG(shorter->text));
            diag_hint(diags, "the shorter one (line %u) hits wherever this one does; remove one",
                      shorter->at.line);
            break;
        }
}

/* Each `against` phrase holds an `unless` phrase, which would explain it away. */
static void lint_swallow(const struct promise *p, struct diags *diags)
{
    size_t n_longer = 0;

    for (uint32_t i = 0; i < p->against.n; i++) {
        bool swallowed = false;

        for (uint32_t k = 0; k < p->unless.n && !swallowed; k++) {
            swallowed = covers(&p->unless.phrases[k], &p->against.phrases[i], REST_ANY);
            n_longer += swallowed &&
                        count_places(&p->unless.phrases[k]) < count_places(&p->against.phrases[i]);
        }
        if (!swallowed)
            return;
    }
    if (n_longer == 0) /* equal ones: check says so */
        return;
    diag(diags, DIAG_WARNING, p->unless.at, "'unless' explains away everything 'against' finds");
    diag_hint(diags, "promise '%.*s' can never alert", STR_ARG(p->id));
}

static void lint_valid(const struct promise *p, int64_t now_s, struct diags *diags)
{
    char day[CLOCK_TEXT_MAX];

    if (p->valid_to_s > now_s || p->status == PROMISE_OFF)
        return;
    struct str text = clock_write_s(p->valid_to_s - 1, day);

    diag(diags, DIAG_WARNING, p->at, "promise '%.*s' ended on %.10s", STR_ARG(p->id), text.p);
    diag_hint(diags, "newer posts are not judged by it; extend 'valid', or set status: off");
}

static bool share_phrase(const struct slot *a, const struct slot *b)
{
    for (uint32_t i = 0; i < a->n; i++)
        for (uint32_t k = 0; k < b->n; k++)
            if (str_eq(a->phrases[i].text, b->phrases[k].text))
                return true;
    return false;
}

static bool same_audience(const struct promise *a, const struct promise *b)
{
    bool languages =
        !a->only_languages || !b->only_languages || a->only_languages & b->only_languages;
    bool sources = !a->n_only_sources || !b->n_only_sources;

    for (uint32_t i = 0; i < a->n_only_sources && !sources; i++)
        for (uint32_t k = 0; k < b->n_only_sources && !sources; k++)
            sources = str_eq(a->only_sources[i], b->only_sources[k]);
    return languages && sources;
}

/* One bound for the same thing: two of them cannot both be what the company says. */
static bool limits_clash(const struct limit *a, const struct limit *b)
{
    if (a->op == LIMIT_NONE || b->op == LIMIT_NONE || a->q.kind != b->q.kind ||
        strcmp(a->q.currency, b->q.currency) != 0)
        return false;
    double x = a->op == LIMIT_AT_MOST ? a->q.high : a->q.low;
    double y = b->op == LIMIT_AT_MOST ? b->q.high : b->q.low;

    if (a->op == b->op)
        return x < y || y < x;
    return a->op == LIMIT_AT_MOST ? x < y : y < x;
}

static void lint_pair(const struct promise *a, const struct promise *b, struct diags *diags)
{
    if (a->status == PROMISE_OFF || b->status == PROMISE_OFF || a->valid_from_s >= b->valid_to_s ||
        b->valid_from_s >= a->valid_to_s || !limits_clash(&a->limit, &b->limit) ||
        !same_audience(a, b) || !share_phrase(&a->against, &b->against))
        return;
    diag(diags, DIAG_WARNING, b->limit.at, "'%.*s' promises %.*s and '%.*s' promises %.*s",
         STR_ARG(b->id), STR_ARG(b->limit.text), STR_ARG(a->id), STR_ARG(a->limit.text));
    diag_hint(diags,
              "the topic is the same and both are in force (%.*s:%u); end one with 'valid', or "
              "tell them apart in 'about'",
              STR_ARG(a->limit.at.file), a->limit.at.line);
}

static void lint_group(const struct ruleset *set, const struct about_group *g, struct diags *diags)
{
    for (uint32_t i = 0; i < g->n_promises && g->n_promises <= GROUP_MAX; i++)
        for (uint32_t k = 0; k < i; k++)
            lint_pair(&set->promises[g->promises[k]], &set->promises[g->promises[i]], diags);
}

int lint(struct ruleset *set, int64_t now_ms, struct diags *diags)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new(0);
    struct selftest t;
    int rc = selftest_run(set, now_ms, arena, &t);

    for (size_t i = 0; i < set->n_promises && rc == 0; i++) {
        const struct promise *p = &set->promises[i];

        lint_exercise(p, &t, diags);
        lint_covered(&p->about, diags);
        lint_covered(&p->against, diags);
        lint_covered(&p->complaint, diags);
        lint_covered(&p->kept, diags);
        lint_swallow(p, diags);
        lint_valid(p, now_ms / 1000, diags);
    }
    for (uint32_t i = 0; i < set->n_groups && rc == 0; i++)
        lint_group(set, &set->groups[i], diags);
    diags_sort(diags);
    return rc;
}
