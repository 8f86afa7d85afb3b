#include "lib/tune/delta.h"

#include "lib/base/arena.h"
#include "lib/base/utf8.h"
#include "lib/base/vec.h"

enum { PHRASE_BYTES = 48 };

static bool next_broken(const struct replay *r, size_t *i)
{
    while (*i < r->n_outcomes && r->outcomes[*i].kind != VERDICT_DENIED &&
           r->outcomes[*i].kind != VERDICT_MEASURED)
        ++*i;
    return *i < r->n_outcomes;
}

static struct str promise_id(const struct replay *r, size_t i)
{
    return r->set->promises[r->outcomes[i].promise].id;
}

/* Promises are sorted by id, so both lists are in the same order. */
static int order(const struct replay *a, size_t i, const struct replay *b, size_t k)
{
    if (a->outcomes[i].at != b->outcomes[k].at)
        return a->outcomes[i].at < b->outcomes[k].at ? -1 : 1;
    return str_cmp(promise_id(a, i), promise_id(b, k));
}

size_t delta_of(const struct replay *before, const struct replay *now, struct delta **ret)
{
    VEC(struct delta) found = {0};
    size_t i = 0, k = 0;

    for (;;) {
        bool old = next_broken(before, &i), new = next_broken(now, &k);
        int which = !old && !new ? 0 : !old ? 1 : !new ? -1 : order(before, i, now, k);

        if (!old && !new)
            break;
        if (which < 0)
            vec_push(&found,
                     (struct delta){before->outcomes[i], promise_id(before, i), DELTA_LOST});
        if (which > 0)
            vec_push(&found, (struct delta){now->outcomes[k], promise_id(now, k), DELTA_GAINED});
        i += which <= 0;
        k += which >= 0;
    }
    *ret = found.items;
    return found.n;
}

static const struct evidence *telling(const struct verdict *v)
{
    enum evidence_role role = v->gate == GATE_UNLESS ? EVIDENCE_UNLESS : EVIDENCE_AGAINST;

    if (v->worst)
        return v->worst;
    for (size_t i = 0; i < v->n_evidence; i++)
        if (v->evidence[i].role == role)
            return &v->evidence[i];
    return NULL;
}

static const char *clause(const struct verdict *v)
{
    switch (v->kind) {
    case VERDICT_MEASURED:
        return "measured beyond the limit";
    case VERDICT_DENIED:
        return "denied";
    case VERDICT_KEPT:
        return "confirms the promise";
    case VERDICT_DISSONANT:
        return "our own voice says otherwise";
    case VERDICT_NONE:
    default:
        return gate_name(v->gate);
    }
}

struct str verdict_reason(const struct verdict *v, struct str text, struct arena *arena)
{
    const struct evidence *e = telling(v);

    if (!e)
        return str_of(clause(v));
    struct str words = str_slice(text, e->start, e->end);

    struct str phrase = utf8_head(e->phrase->text, PHRASE_BYTES); /* the line is beside it */
    struct str file = str_base_name(e->phrase->at.file);

    return arena_printf(arena, "%s: \"%.*s\" by '%.*s%s' (%.*s:%u)", clause(v), STR_ARG(words),
                        STR_ARG(phrase), phrase.n < e->phrase->text.n ? "…" : "", STR_ARG(file),
                        e->phrase->at.line);
}

static struct str reason_by(const struct delta *d, struct judge *judge,
                            const struct replay_settings *settings, struct str corpus,
                            struct arena *arena)
{
    struct replay_view view;

    if (!ruleset_promise(judge_ruleset(judge), d->promise))
        return STR("there is no such promise");
    if (replay_view(judge, settings, corpus, &d->outcome, d->promise, arena, &view) != 0)
        return STR("it cannot be judged again");
    return verdict_reason(&view.verdict, view.judgement.text, arena);
}

struct str delta_reason(const struct delta *d, struct judge *before, struct judge *now,
                        const struct replay_settings *settings, struct str corpus,
                        struct arena *arena)
{
    struct str was = reason_by(d, before, settings, corpus, arena);
    struct str is = reason_by(d, now, settings, corpus, arena);

    return arena_printf(arena, "was: %.*s; now: %.*s", STR_ARG(was), STR_ARG(is));
}
