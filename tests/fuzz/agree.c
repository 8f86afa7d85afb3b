#include "tests/fuzz/agree.h"

#include <assert.h>

#include "lib/base/arena.h"

static void check_evidence(const struct judgement *j)
{
    for (size_t i = 0; i < j->n; i++)
        for (size_t k = 0; k < j->verdicts[i].n_evidence; k++) {
            const struct evidence *e = &j->verdicts[i].evidence[k];

            assert(e->start <= e->end && e->end <= j->text.n && e->first <= e->last && e->phrase);
        }
}

static void same_verdict(const struct verdict *a, const struct verdict *b)
{
    assert(a->kind == b->kind && a->gate == b->gate && a->severity == b->severity);
    assert(a->n_evidence == b->n_evidence);
    for (size_t i = 0; i < a->n_evidence; i++) {
        const struct evidence *x = &a->evidence[i], *y = &b->evidence[i];

        assert(x->role == y->role && x->use == y->use && x->start == y->start && x->end == y->end);
    }
}

void agree_between(struct judge *a, struct judge *b, struct str text)
{
    struct arena *arena = arena_new(0);
    struct mention m = MENTION_INIT;
    struct judgement left, right;

    m.text = text;
    assert(judge_mention(a, &m, JUDGE_ABOUT_ANYONE, 1741368600000, JUDGE_ALL, arena, &left) == 0);
    assert(judge_mention(b, &m, JUDGE_ABOUT_ANYONE, 1741368600000, JUDGE_ALL, arena, &right) == 0);
    assert(left.n == right.n);
    for (size_t i = 0; i < left.n; i++)
        same_verdict(&left.verdicts[i], &right.verdicts[i]);
    arena_free(arena);
}

void agree_on(struct judge *j, struct str text)
{
    struct arena *arena = arena_new(0);
    struct mention m = MENTION_INIT;
    struct judgement few, all;
    size_t next = 0;

    m.text = text;
    assert(judge_mention(j, &m, JUDGE_ABOUT_ANYONE, 1741368600000, JUDGE_OUTCOMES, arena, &few) ==
           0);
    assert(judge_mention(j, &m, JUDGE_ABOUT_ANYONE, 1741368600000, JUDGE_ALL, arena, &all) == 0);
    check_evidence(&few);
    check_evidence(&all);
    assert(all.n == judge_ruleset(j)->n_promises);
    for (size_t i = 0; i < all.n; i++) {
        if (all.verdicts[i].kind == VERDICT_NONE)
            continue;
        assert(next < few.n && few.verdicts[next].promise == all.verdicts[i].promise);
        assert(few.verdicts[next].kind == all.verdicts[i].kind);
        assert(few.verdicts[next].severity == all.verdicts[i].severity);
        assert(few.verdicts[next].n_evidence == all.verdicts[i].n_evidence);
        next++;
    }
    assert(next == few.n);
    arena_free(arena);
}
