#include "lib/rule/check.h"

/* The kinds of quantity a phrase can bring, as bits; lists are looked into,
 * their circles are already ruled out. */
enum { NO_QUANTITY = 1u << QUANTITY_KINDS };

static unsigned slot_kinds(const struct slot *slot);

static unsigned place_kinds(const struct place *place)
{
    unsigned kinds = 0;

    for (uint32_t i = 0; i < place->n_atoms; i++) {
        const struct atom *atom = &place->atoms[i];

        if (atom->kind == ATOM_QUANTITY)
            kinds |= BIT(atom->quantity);
        else if (atom->kind == ATOM_LIST)
            kinds |= slot_kinds(&atom->list->slot);
        else
            kinds |= NO_QUANTITY;
    }
    return kinds;
}

static unsigned phrase_kinds(const struct phrase *phrase)
{
    unsigned kinds = 0;
    bool always = false;

    for (uint32_t i = 0; i < phrase->n_parts; i++)
        for (uint32_t j = 0; j < phrase->parts[i].n_places; j++) {
            unsigned here = place_kinds(&phrase->parts[i].places[j]);

            kinds |= here & ~NO_QUANTITY;
            always = always || !(here & NO_QUANTITY);
        }
    return always ? kinds : kinds | NO_QUANTITY;
}

static unsigned slot_kinds(const struct slot *slot)
{
    unsigned kinds = 0;

    for (uint32_t i = 0; i < slot->n; i++)
        kinds |= phrase_kinds(&slot->phrases[i]);
    return kinds;
}

static const char *dimension(enum quantity_kind kind)
{
    switch (kind) {
    case QUANTITY_DURATION:
        return "time";
    case QUANTITY_MONEY:
        return "money";
    case QUANTITY_PERCENTAGE:
        return "percent";
    default:
        return "numbers";
    }
}

static const char *atom_name(enum quantity_kind kind)
{
    switch (kind) {
    case QUANTITY_DURATION:
        return "<duration>";
    case QUANTITY_MONEY:
        return "<money>";
    case QUANTITY_PERCENTAGE:
        return "<percent>";
    default:
        return "<number>";
    }
}

static bool breaks(const struct limit *limit, unsigned kinds)
{
    for (unsigned wanted = 0; wanted < QUANTITY_KINDS; wanted++)
        if (kinds & BIT(wanted) && phrase_quantity_fits((enum quantity_kind)wanted, limit->q.kind))
            return true;
    return false;
}

static void check_phrase_kinds(const struct promise *p, const struct phrase *phrase,
                               struct diags *diags)
{
    unsigned kinds = phrase_kinds(phrase);

    if (kinds & NO_QUANTITY || phrase->regex.n || breaks(&p->limit, kinds))
        return;
    unsigned first = (unsigned)__builtin_ctz(kinds ? kinds : 1);

    diag(diags, DIAG_ERROR, phrase->at, "%s can never break a limit in %s",
         first == QUANTITY_DATE ? "<date>" : atom_name((enum quantity_kind)first),
         dimension(p->limit.q.kind));
    diag_hint(diags, "limit is '%.*s' (line %u); use %s", STR_ARG(p->limit.text), p->limit.at.line,
              atom_name(p->limit.q.kind));
}

static void check_limit(const struct promise *p, struct diags *diags)
{
    if (p->limit.op == LIMIT_NONE)
        return;
    size_t errors = diags->n_errors;

    for (uint32_t i = 0; i < p->against.n; i++)
        check_phrase_kinds(p, &p->against.phrases[i], diags);
    if (diags->n_errors == errors && p->against.n && !breaks(&p->limit, slot_kinds(&p->against))) {
        diag(diags, DIAG_WARNING, p->limit.at, "nothing in 'against' measures this limit");
        diag_hint(diags, "add a phrase with %s, like: for|after %s", atom_name(p->limit.q.kind),
                  atom_name(p->limit.q.kind));
    }
}

static bool same_text(const struct phrase *a, const struct phrase *b)
{
    return a->lang == b->lang && str_eq(a->text, b->text);
}

static bool same_atom(const struct atom *a, const struct atom *b)
{
    if (a->kind != b->kind || a->ending != b->ending || a->quantity != b->quantity ||
        a->roles != b->roles || a->list != b->list || a->n_words != b->n_words)
        return false;
    for (uint16_t i = 0; i < a->n_words; i++)
        if (!str_eq(a->words[i], b->words[i]))
            return false;
    return true;
}

static bool same_place(const struct place *a, const struct place *b)
{
    if (a->n_atoms != b->n_atoms)
        return false;
    for (uint32_t i = 0; i < a->n_atoms; i++)
        if (!same_atom(&a->atoms[i], &b->atoms[i]))
            return false;
    return true;
}

static bool same_phrase(const struct phrase *a, const struct phrase *b)
{
    if (same_text(a, b))
        return true;
    if (a->regex.n || b->regex.n || a->lang != b->lang || a->n_parts != b->n_parts)
        return false;
    for (uint32_t i = 0; i < a->n_parts; i++) {
        const struct part *x = &a->parts[i], *y = &b->parts[i];

        if (x->join != y->join || x->within != y->within || x->n_places != y->n_places)
            return false;
        for (uint32_t j = 0; j < x->n_places; j++)
            if (!same_place(&x->places[j], &y->places[j]))
                return false;
    }
    return true;
}

static void check_repeats(const struct slot *slot, struct diags *diags)
{
    for (uint32_t i = 1; i < slot->n; i++)
        for (uint32_t j = 0; j < i; j++) {
            const struct phrase *first = &slot->phrases[j];

            if (!same_phrase(&slot->phrases[i], first))
                continue;
            diag(diags, DIAG_WARNING, slot->phrases[i].at,
                 "'%.*s' is the same as '%.*s' once folded", STR_ARG(slot->phrases[i].text),
                 STR_ARG(first->text));
            diag_hint(diags, "the first is at %.*s:%u; remove one", STR_ARG(first->at.file),
                      first->at.line);
            break;
        }
}

static bool holds_all(const struct slot *outer, const struct slot *inner)
{
    for (uint32_t i = 0; i < inner->n; i++) {
        bool found = false;

        for (uint32_t j = 0; j < outer->n && !found; j++)
            found = same_phrase(&inner->phrases[i], &outer->phrases[j]);
        if (!found)
            return false;
    }
    return inner->n > 0;
}

static void check_promise(const struct promise *p, struct diags *diags)
{
    const struct slot *slots[] = {&p->about,  &p->against, &p->complaint,
                                  &p->unless, &p->kept,    &p->ours};

    check_limit(p, diags);
    for (size_t i = 0; i < ARRAY_LEN(slots); i++)
        check_repeats(slots[i], diags);
    if (p->n_examples == 0) {
        diag(diags, DIAG_WARNING, p->at, "promise '%.*s' has no examples", STR_ARG(p->id));
        diag_hint(diags, "write a few under examples: alert: and ignore:, couac test runs them");
    }
    if (holds_all(&p->unless, &p->against)) {
        diag(diags, DIAG_WARNING, p->unless.at, "'unless' excuses everything 'against' finds");
        diag_hint(diags, "promise '%.*s' can never alert", STR_ARG(p->id));
    }
    if (p->owner && p->owner->contact.n == 0 && p->owner->queue.n == 0) {
        diag(diags, DIAG_WARNING, p->at, "owner '%.*s' has neither contact nor queue",
             STR_ARG(p->owner->id));
        diag_hint(diags, "nobody can be reached; add contact: name@example.org (line %u)",
                  p->owner->at.line);
    }
    if (p->answer_s && p->owner && !p->owner->backup) {
        diag(diags, DIAG_WARNING, p->at,
             "'answer' is watched but owner '%.*s' has no backup to tell", STR_ARG(p->owner->id));
        diag_hint(diags, "add backup: to the owner; without one the owner is told again");
    }
}

static void check_list(const struct word_list *list, struct diags *diags)
{
    check_repeats(&list->slot, diags);
    if (list->n_uses || list->shared)
        return;
    diag(diags, DIAG_WARNING, list->at, "list '%.*s' is used nowhere", STR_ARG(list->name));
    diag_hint(diags, "write <%.*s> in a phrase, or remove the list", STR_ARG(list->name));
}

void check_promises(const struct ruleset *set, struct diags *diags)
{
    /* A list may seem unused because the phrase that uses it was in error. */
    for (size_t i = 0; i < set->n_lists && diags->n_errors == 0; i++)
        check_list(&set->lists[i], diags);
    for (size_t i = 0; i < set->n_promises; i++)
        check_promise(&set->promises[i], diags);
}
