#include "lib/judge/judge.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/base/arena.h"
#include "lib/base/vec.h"
#include "lib/judge/gate.h"
#include "lib/judge/limit.h"
#include "lib/text/guess.h"

/* The steps are those of judge.h; three readings of them are not obvious.
 *
 * A phrase may hold a figure in `unless` too ("customer for <duration>"). Such a
 * hit speaks of that figure alone: it explains away the against hits that it
 * touches, and excuses no post. Else "yours for 20 years, and no internet for 3
 * days" would be excused by its loyalty.
 *
 * A denial in a sentence that also says how long the wait has been so far, and
 * that is within the limit, denies nothing yet: "no connection for an hour" does
 * not break 24 hours, however loudly it is said. Lateness is no such wait: "2
 * days late" does not keep a promise of 48 hours.
 *
 * A figure that measures something else (limit.c) neither breaks nor keeps. What
 * is still to come counts where the phrase names it, as "<ahead>".
 *
 * Tried and refused: counting a figure only within 8 words of the topic or in
 * its sentence. On the labelled messages (tests/quality) that lost as many
 * breaches as false alarms; "<waited>" in a rule tells more. */

enum {
    LONG_TEXT_WORDS = 40, /* past it, gates count only this near to the against hit */
    EVIDENCE_MAX = 64,    /* kept per verdict */
};

struct judge {
    struct ruleset *set;
    struct matcher *matcher;
    const struct mention *mention; /* that is read, and its text */
    struct str text;
    struct fold author; /* scratch */
    VEC(struct verdict) verdicts;
    VEC(struct evidence) evidence; /* of the promise at hand */
    int64_t (*now_ns)(void);       /* NULL: not metered */
    int64_t *spent_ns;
    const struct promise *only; /* NULL: all */
};

/* One promise at hand. */
struct trial {
    struct judge *j;
    const struct promise *p;
    const struct mention *mention;
    enum judge_depth depth;
    enum lang lang;
    int64_t at_s;
    bool on_topic; /* some promise's `about` hit, in a look at candidates */
    struct verdict v;
};

struct judge *judge_new(struct ruleset *set)
{
    struct judge *j = alloc_zeroed(1, sizeof(*j));

    j->set = ruleset_ref(set);
    j->matcher = matcher_new(set);
    return j;
}

void judge_free(struct judge *j)
{
    if (!j)
        return;
    matcher_free(j->matcher);
    fold_done(&j->author);
    ruleset_unref(j->set);
    vec_done(&j->verdicts);
    vec_done(&j->evidence);
    free(j);
}

void judge_freep(struct judge **j)
{
    judge_free(*j);
}

struct ruleset *judge_ruleset(const struct judge *j)
{
    return j->set;
}

static const struct word_list *list_named(const struct judge *j, struct str name)
{
    for (size_t i = 0; i < j->set->n_lists; i++)
        if (str_eq(j->set->lists[i].name, name))
            return &j->set->lists[i];
    return NULL;
}

bool judge_list_hits(struct judge *j, struct str name)
{
    const struct word_list *list = list_named(j, name);

    return list && match_slot(j->matcher, &list->slot).n > 0;
}

static bool phrase_is_word(const struct phrase *phrase, struct str word)
{
    if (phrase->n_parts != 1 || phrase->parts[0].n_places != 1)
        return false;
    const struct place *place = &phrase->parts[0].places[0];

    for (uint32_t i = 0; i < place->n_atoms; i++)
        if (place->atoms[i].n_words == 1 && str_eq(place->atoms[i].words[0], word))
            return true;
    return false;
}

bool judge_list_has_word(const struct judge *j, struct str name, struct str word)
{
    const struct word_list *list = list_named(j, name);

    for (uint32_t i = 0; list && i < list->slot.n; i++)
        if (phrase_is_word(&list->slot.phrases[i], word))
            return true;
    return false;
}

void judge_only(struct judge *j, const struct promise *promise)
{
    j->only = promise;
}

void judge_meter(struct judge *j, int64_t (*now_ns)(void), int64_t *spent_ns)
{
    j->now_ns = now_ns;
    j->spent_ns = spent_ns;
}

struct match_stats judge_stats(const struct judge *j)
{
    return match_stats(j->matcher);
}

static const char *const verdict_names[] = {[VERDICT_NONE] = "none",
                                            [VERDICT_KEPT] = "kept",
                                            [VERDICT_DENIED] = "denied",
                                            [VERDICT_MEASURED] = "measured",
                                            [VERDICT_DISSONANT] = "dissonant"};

static const char *const gate_names[] = {
    [GATE_PASSED] = "judged",
    [GATE_STATUS] = "the promise is off",
    [GATE_VALID] = "the promise was not valid when this was written",
    [GATE_ONLY] = "the promise is for other sources or languages",
    [GATE_PAUSED] = "the promise is paused",
    [GATE_OWN_VOICE] = "written by one of our own accounts",
    [GATE_BRAND] = "does not name the brand",
    [GATE_ABOUT] = "another topic",
    [GATE_AGAINST] = "nothing speaks against the promise",
    [GATE_COMPLAINT] = "no complaint",
    [GATE_UNLESS] = "excused",
    [GATE_LIMIT] = "within the limit",
};

static const char *const role_names[] = {
    [EVIDENCE_BRAND] = "brand",     [EVIDENCE_ABOUT] = "about",
    [EVIDENCE_AGAINST] = "against", [EVIDENCE_COMPLAINT] = "complaint",
    [EVIDENCE_UNLESS] = "unless",   [EVIDENCE_KEPT] = "kept",
    [EVIDENCE_OURS] = "ours",       [EVIDENCE_SEVERITY] = "severity",
};

static const char *const use_names[] = {
    [EVIDENCE_COUNTED] = "",
    [EVIDENCE_DENIES] = "denies the promise",
    [EVIDENCE_BREAKS] = "breaks the limit",
    [EVIDENCE_KEEPS] = "keeps the limit",
    [EVIDENCE_EXPLAINED] = "explained away",
    [EVIDENCE_IN_TIME] = "the limit has not run out",
    [EVIDENCE_FAR] = "too far away",
    [EVIDENCE_OTHER_DIMENSION] = "does not compare with the limit",
    [EVIDENCE_OTHER_ROLE] = "measures something else",
};

const char *verdict_kind_name(enum verdict_kind kind)
{
    return verdict_names[kind];
}

const char *gate_name(enum gate gate)
{
    return gate_names[gate];
}

const char *evidence_role_name(enum evidence_role role)
{
    return role_names[role];
}

const char *evidence_use_name(enum evidence_use use)
{
    return use_names[use];
}

static void add_evidence(struct trial *t, enum evidence_role role, enum evidence_use use,
                         const struct slot *slot, const struct hit *hit)
{
    struct judge *j = t->j;
    /* Equal slots are matched as one: the place must be that of this slot's own. */
    const struct slot *shared = j->set->slots[slot->number];
    bool through = hit->source != &shared->phrases[hit->phrase];
    struct evidence e = {
        .role = role,
        .use = use,
        .first = hit->first,
        .last = hit->last,
        .phrase = through ? hit->source : &slot->phrases[hit->phrase],
        .quantity = match_quantity(j->matcher, hit),
    };

    if (phrase_is_unhappy(e.phrase))
        e.weight = gate_voice(word_str(&match_words(j->matcher)->items[hit->first]));
    match_span(j->matcher, hit, &e.start, &e.end);
    if (j->evidence.n < EVIDENCE_MAX)
        vec_push(&j->evidence, e);
}

static bool in_force(const struct trial *t, enum gate *ret_gate)
{
    const struct promise *p = t->p;
    bool source = p->n_only_sources == 0;

    for (uint32_t i = 0; i < p->n_only_sources && !source; i++)
        source = str_eq(p->only_sources[i], t->mention->source);
    bool language =
        p->only_languages == 0 || t->lang == LANG_UNKNOWN || p->only_languages & BIT(t->lang);

    *ret_gate = p->status == PROMISE_OFF                                ? GATE_STATUS
                : t->at_s < p->valid_from_s || t->at_s >= p->valid_to_s ? GATE_VALID
                : !source || !language                                  ? GATE_ONLY
                : ruleset_paused(t->j->set, p, t->at_s)                 ? GATE_PAUSED
                                                                        : GATE_PASSED;
    return *ret_gate == GATE_PASSED;
}

static bool near(const struct trial *t, const struct hit *a, uint32_t first, uint32_t last)
{
    if (match_words(t->j->matcher)->n <= LONG_TEXT_WORDS)
        return true;
    uint32_t gap = a->first > last ? a->first - last : first > a->last ? first - a->last : 0;

    return gap <= LONG_TEXT_WORDS;
}

static bool overlap(const struct hit *a, uint32_t first, uint32_t last)
{
    return a->first <= last && first <= a->last;
}

static bool standing(const struct evidence *e)
{
    return e->role == EVIDENCE_AGAINST && e->use != EVIDENCE_EXPLAINED &&
           e->use != EVIDENCE_IN_TIME && e->use != EVIDENCE_FAR;
}

/* Any hit of `slot` near the against hit `e`? */
static bool any_near(const struct trial *t, struct hits hits, const struct evidence *e)
{
    for (uint32_t i = 0; i < hits.n; i++)
        if (near(t, &hits.items[i], e->first, e->last))
            return true;
    return false;
}

/* In a long text an against hit counts only with a gate's hit near it. */
static bool open_gate(struct trial *t, const struct slot *slot, enum evidence_role role)
{
    struct hits hits = match_slot(t->j->matcher, slot);
    bool open = false;

    for (size_t i = 0; i < t->j->evidence.n; i++) {
        struct evidence *e = &t->j->evidence.items[i];

        if (!standing(e))
            continue;
        if (any_near(t, hits, e))
            open = true;
        else if (hits.n)
            e->use = EVIDENCE_FAR;
    }
    for (uint32_t i = 0; i < hits.n; i++)
        add_evidence(t, role, EVIDENCE_COUNTED, slot, &hits.items[i]);
    return open;
}

static void hear_against(struct trial *t)
{
    struct hits hits = match_slot(t->j->matcher, &t->p->against);

    for (uint32_t i = 0; i < hits.n; i++)
        add_evidence(t, EVIDENCE_AGAINST,
                     limit_compare(&t->p->limit, match_quantity(t->j->matcher, &hits.items[i]),
                                   &t->p->against.phrases[hits.items[i].phrase]),
                     &t->p->against, &hits.items[i]);
}

static uint32_t sentence_of(const struct trial *t, const struct evidence *e)
{
    return match_words(t->j->matcher)->items[e->first].sentence;
}

/* Denials beside a wait that is still within the limit deny nothing yet. */
static void hear_time_left(struct trial *t)
{
    struct evidence *all = t->j->evidence.items;
    size_t n = t->j->evidence.n;

    for (size_t i = 0; i < n; i++) {
        if (all[i].use != EVIDENCE_KEEPS || all[i].quantity->role != QUANTITY_ELAPSED ||
            isinf(all[i].quantity->high)) /* "several days" may have run out */
            continue;
        for (size_t k = 0; k < n; k++)
            if (all[k].use == EVIDENCE_DENIES && sentence_of(t, &all[k]) == sentence_of(t, &all[i]))
                all[k].use = EVIDENCE_IN_TIME;
    }
}

/* An `unless` hit over against hits takes those away, one that touches none
 * excuses the post. Returns whether the post is excused. */
static bool excuse(struct trial *t)
{
    struct hits hits = match_slot(t->j->matcher, &t->p->unless);
    bool excused = false;

    for (uint32_t i = 0; i < hits.n; i++) {
        const struct hit *hit = &hits.items[i];
        bool touched = false, close = false;

        for (size_t k = 0; k < t->j->evidence.n; k++) {
            struct evidence *e = &t->j->evidence.items[k];

            if (e->role != EVIDENCE_AGAINST)
                continue;
            if (overlap(hit, e->first, e->last)) {
                e->use = EVIDENCE_EXPLAINED;
                touched = true;
            }
            close = close || near(t, hit, e->first, e->last);
        }
        excused = excused || (!touched && close && hit->quantity < 0);
        add_evidence(t, EVIDENCE_UNLESS, close || touched ? EVIDENCE_COUNTED : EVIDENCE_FAR,
                     &t->p->unless, hit);
    }
    return excused;
}

/* Whether something confirms the promise: a kept hit, or a figure within the limit. */
static bool hear_kept(struct trial *t)
{
    struct hits hits = match_slot(t->j->matcher, &t->p->kept);
    bool kept = false;

    for (uint32_t i = 0; i < hits.n; i++) {
        const struct quantity *q = match_quantity(t->j->matcher, &hits.items[i]);
        enum evidence_use use =
            q ? limit_compare(&t->p->limit, q, &t->p->kept.phrases[hits.items[i].phrase])
              : EVIDENCE_KEEPS;

        if (use == EVIDENCE_DENIES) /* no limit to compare with */
            use = EVIDENCE_KEEPS;
        kept = kept || use == EVIDENCE_KEEPS;
        add_evidence(t, EVIDENCE_KEPT, use, &t->p->kept, &hits.items[i]);
    }
    return kept;
}

static bool worse(const struct evidence *a, const struct evidence *b, const struct limit *limit)
{
    if (!b || a->use != b->use)
        return !b || a->use == EVIDENCE_BREAKS;
    if (a->use != EVIDENCE_BREAKS)
        return false;
    return limit->op == LIMIT_AT_MOST ? a->quantity->low > b->quantity->low
                                      : a->quantity->high < b->quantity->high;
}

/* Measured beats denied; the largest excess is reported. */
static size_t find_worst(const struct trial *t, bool *ret_keeps)
{
    const struct evidence *worst = NULL;

    *ret_keeps = false;
    for (size_t i = 0; i < t->j->evidence.n; i++) {
        const struct evidence *e = &t->j->evidence.items[i];

        if (e->role != EVIDENCE_AGAINST)
            continue;
        *ret_keeps = *ret_keeps || e->use == EVIDENCE_KEEPS;
        if ((e->use == EVIDENCE_BREAKS || e->use == EVIDENCE_DENIES) &&
            worse(e, worst, &t->p->limit))
            worst = e;
    }
    return worst ? (size_t)(worst - t->j->evidence.items) : SIZE_MAX;
}

static bool trigger_true(struct trial *t, const struct trigger *trigger)
{
    switch (trigger->kind) {
    case TRIGGER_OVER:
    case TRIGGER_UNDER:
        return t->v.kind == VERDICT_MEASURED && limit_trigger(trigger, t->v.observed);
    case TRIGGER_REACH:
        return t->mention->reach >= trigger->count;
    case TRIGGER_PHRASE:
        return match_slot(t->j->matcher, &trigger->phrase).n > 0;
    case TRIGGER_AUTHORS:
    case TRIGGER_MENTIONS:
    default:
        return false; /* the desk counts */
    }
}

static void set_severity(struct trial *t)
{
    t->v.severity = t->p->severity;
    for (uint32_t i = 0; i < t->p->n_triggers; i++) {
        const struct trigger *trigger = &t->p->triggers[i];

        if (trigger->level <= t->v.severity || !trigger_true(t, trigger))
            continue;
        t->v.severity = trigger->level;
        t->v.trigger = trigger;
    }
}

static void decide(struct trial *t, bool excused)
{
    bool keeps, confirmed = hear_kept(t);
    size_t worst = find_worst(t, &keeps);
    struct verdict *v = &t->v;

    if (excused || worst == SIZE_MAX) {
        v->gate = excused ? GATE_UNLESS : GATE_LIMIT;
        v->kind = !excused && (keeps || confirmed) ? VERDICT_KEPT : VERDICT_NONE;
        for (size_t i = 0; i < t->j->evidence.n && v->gate == GATE_LIMIT && !keeps; i++)
            if (t->j->evidence.items[i].use == EVIDENCE_EXPLAINED)
                v->gate = GATE_UNLESS;
        if (v->kind == VERDICT_KEPT)
            v->gate = GATE_PASSED;
        return;
    }
    v->gate = GATE_PASSED;
    v->worst = &t->j->evidence.items[worst];
    v->kind = v->worst->use == EVIDENCE_BREAKS ? VERDICT_MEASURED : VERDICT_DENIED;
    if (v->kind == VERDICT_MEASURED) {
        v->observed = v->worst->quantity;
        v->ratio = limit_ratio(&t->p->limit, v->observed);
    }
    set_severity(t);
}

static void try_customer(struct trial *t)
{
    struct matcher *m = t->j->matcher;
    const struct promise *p = t->p;

    if (!in_force(t, &t->v.gate))
        return;
    if (match_slot(m, &p->about).n == 0) {
        t->v.gate = GATE_ABOUT;
        return;
    }
    hear_against(t);
    if (t->j->evidence.n == 0) { /* a praise still counts for the kept rate */
        t->v.gate = GATE_AGAINST;
        if (p->kept.n && hear_kept(t)) {
            t->v.gate = GATE_PASSED;
            t->v.kind = VERDICT_KEPT;
        }
        (void)open_gate(t, &p->about, EVIDENCE_ABOUT); /* as evidence */
        return;
    }
    bool excused = p->unless.n && excuse(t);

    hear_time_left(t);

    bool keeps, breaks = find_worst(t, &keeps) != SIZE_MAX;

    if (!open_gate(t, &p->about, EVIDENCE_ABOUT) && breaks) {
        t->v.gate = GATE_ABOUT;
        return;
    }
    if (p->complaint.n && !open_gate(t, &p->complaint, EVIDENCE_COMPLAINT)) {
        t->v.gate = GATE_COMPLAINT;
        return;
    }
    decide(t, excused);
}

/* Our own account: only what it promises is read. */
static void try_own_voice(struct trial *t)
{
    struct matcher *m = t->j->matcher;

    if (!in_force(t, &t->v.gate))
        return;
    t->v.gate = GATE_OWN_VOICE;
    struct hits hits = match_slot(m, &t->p->ours);

    for (uint32_t i = 0; i < hits.n; i++) {
        const struct quantity *q = match_quantity(m, &hits.items[i]);
        bool differs = limit_differs(&t->p->limit, q);

        add_evidence(t, EVIDENCE_OURS, differs ? EVIDENCE_BREAKS : EVIDENCE_KEEPS, &t->p->ours,
                     &hits.items[i]);
        if (!differs || t->v.kind == VERDICT_DISSONANT || t->j->evidence.n == EVIDENCE_MAX)
            continue;
        t->v.kind = VERDICT_DISSONANT;
        t->v.gate = GATE_PASSED;
        t->v.observed = q;
        t->v.ratio = limit_ratio(&t->p->limit, q);
        t->v.severity = t->p->severity;
    }
}

/* Copies the promise's evidence to the arena and keeps the verdict. */
static int keep_verdict(struct trial *t, struct arena *arena)
{
    struct judge *j = t->j;
    size_t worst = t->v.worst ? (size_t)(t->v.worst - j->evidence.items) : SIZE_MAX;
    struct evidence *kept = arena_array(arena, j->evidence.n, sizeof(*kept));

    if (!kept)
        return -ENOMEM;
    if (j->evidence.n)
        memcpy(kept, j->evidence.items, j->evidence.n * sizeof(*kept));
    t->v.evidence = kept;
    t->v.n_evidence = j->evidence.n;
    t->v.worst = worst == SIZE_MAX ? NULL : &kept[worst];
    for (size_t i = 0; i < j->evidence.n; i++) {
        if (!kept[i].quantity)
            continue;
        struct quantity *q = ARENA_NEW(arena, struct quantity);

        if (!q)
            return -ENOMEM;
        *q = *kept[i].quantity; /* the matcher forgets it at the next post */
        if (t->v.observed == kept[i].quantity)
            t->v.observed = q;
        kept[i].quantity = q;
    }
    vec_push(&j->verdicts, t->v);
    return 0;
}

enum voice { VOICE_CUSTOMER, VOICE_STRANGER, VOICE_OURS };

static int try_promise(struct trial *t, const struct promise *p, enum voice voice,
                       struct arena *arena)
{
    int64_t start = t->j->now_ns ? t->j->now_ns() : 0;

    t->p = p;
    t->v = (struct verdict){.promise = p};
    vec_clear(&t->j->evidence);
    if (voice == VOICE_STRANGER)
        t->v.gate = GATE_BRAND;
    else if (voice == VOICE_OURS)
        try_own_voice(t);
    else
        try_customer(t);
    if (t->j->now_ns)
        t->j->spent_ns[p->number] += t->j->now_ns() - start;
    bool claims = voice == VOICE_OURS && t->j->evidence.n > 0;

    if (t->v.kind == VERDICT_NONE && t->depth == JUDGE_OUTCOMES && !claims)
        return 0;
    return keep_verdict(t, arena);
}

static int try_all(struct trial *t, enum voice voice, struct arena *arena)
{
    if (t->j->only && t->depth == JUDGE_ALL)
        return try_promise(t, t->j->only, voice, arena);
    for (size_t i = 0; i < t->j->set->n_promises; i++) {
        int rc = try_promise(t, &t->j->set->promises[i], voice, arena);

        if (rc)
            return rc;
    }
    return 0;
}

static int by_number(const void *left, const void *right)
{
    const struct verdict *a = left, *b = right;

    return (a->promise->number > b->promise->number) - (a->promise->number < b->promise->number);
}

/* Only promises whose topic may be in the post; the brand is asked for late,
 * since few posts get so far. */
static int try_candidates(struct trial *t, enum judge_about about, struct arena *arena)
{
    size_t n;
    const uint32_t *groups = match_groups(t->j->matcher, &n);
    const struct ruleset *set = t->j->set;
    bool named = about == JUDGE_ABOUT_US || set->brand.names.n == 0;

    for (size_t i = 0; i < n; i++) {
        const struct about_group *g = &set->groups[groups[i]];

        if (match_slot(t->j->matcher, g->about).n == 0)
            continue;
        t->on_topic = true;
        named = named || match_slot(t->j->matcher, &set->brand.names).n > 0;
        if (!named)
            return 0;
        for (uint32_t k = 0; k < g->n_promises; k++) {
            int rc = try_promise(t, &set->promises[g->promises[k]], VOICE_CUSTOMER, arena);

            if (rc)
                return rc;
        }
    }
    if (t->j->verdicts.n > 1)
        qsort(t->j->verdicts.items, t->j->verdicts.n, sizeof(*t->j->verdicts.items), by_number);
    return 0;
}

static int try_mention(struct trial *t, enum judge_about about, enum voice voice,
                       struct arena *arena)
{
    const struct ruleset *set = t->j->set;

    if (voice == VOICE_OURS || t->depth == JUDGE_ALL) {
        if (voice == VOICE_CUSTOMER && about != JUDGE_ABOUT_US && set->brand.names.n &&
            match_slot(t->j->matcher, &set->brand.names).n == 0)
            voice = VOICE_STRANGER;
        return try_all(t, voice, arena);
    }
    return try_candidates(t, about, arena);
}

/* Most posts touch no promise, and then their language does not matter. */
static bool any_candidate(struct judge *j)
{
    size_t n;

    (void)match_groups(j->matcher, &n); /* only how many */
    return n > 0;
}

const struct words *judge_read(struct judge *j, const struct mention *mention, struct arena *arena)
{
    struct str text = mention_body(mention, arena);

    if (arena_exhausted(arena))
        return NULL;
    j->mention = mention;
    j->text = text;
    match_read(j->matcher, text);
    return match_words(j->matcher);
}

int judge_decide(struct judge *j, enum judge_about about, int64_t now_ms, enum judge_depth depth,
                 struct arena *arena, struct judgement *ret)
{
    const struct mention *mention = j->mention;
    int64_t at_ms = mention->published_ms != CLOCK_NONE ? mention->published_ms : now_ms;
    struct trial t = {.j = j, .mention = mention, .depth = depth, .at_s = at_ms / 1000};
    struct judgement out = {.text = j->text, .lang = lang_from_tag(mention->lang)};
    bool ours = ruleset_own_account(j->set, mention->author, &j->author);

    vec_clear(&j->verdicts);
    out.author = ours ? AUTHOR_OURS : AUTHOR_CUSTOMER;
    match_post(j->matcher, out.lang, t.at_s);
    if (mention->lang.n == 0 && (ours || depth == JUDGE_ALL || any_candidate(j))) {
        out.lang = guess_lang(out.text, match_words(j->matcher));
        match_language(j->matcher, out.lang);
    }
    t.lang = out.lang;
    int rc = try_mention(&t, about, ours ? VOICE_OURS : VOICE_CUSTOMER, arena);

    if (rc)
        return rc;
    struct verdict *verdicts = arena_array(arena, j->verdicts.n, sizeof(*verdicts));

    if (!verdicts)
        return -ENOMEM;
    if (j->verdicts.n)
        memcpy(verdicts, j->verdicts.items, j->verdicts.n * sizeof(*verdicts));
    out.topic = t.on_topic ? TOPIC_OF_A_PROMISE
                : about == JUDGE_ABOUT_US || j->set->brand.names.n == 0 ||
                        match_slot(j->matcher, &j->set->brand.names).n > 0
                    ? TOPIC_UNCOVERED
                    : TOPIC_NOT_OURS;
    out.verdicts = verdicts;
    out.n = j->verdicts.n;
    *ret = out;
    return 0;
}

int judge_mention(struct judge *j, const struct mention *mention, enum judge_about about,
                  int64_t now_ms, enum judge_depth depth, struct arena *arena,
                  struct judgement *ret)
{
    if (!judge_read(j, mention, arena))
        return -ENOMEM;
    return judge_decide(j, about, now_ms, depth, arena, ret);
}
