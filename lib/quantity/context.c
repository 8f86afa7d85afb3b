#include "lib/quantity/context.h"

/* Phrases come longest first, so the first that fits is the most telling one:
 * "no more than" before "more than", "client depuis" before "depuis". Bounds are
 * read first and belong to the quantity; roles are read around both. */

struct walk {
    const struct tokens *ts;
    size_t at; /* token the next word of the phrase must be */
    int step;  /* -1 before the quantity, 1 behind */
};

static bool passable(const struct tokens *ts, size_t i)
{
    const struct token *t = token_at(ts, i);

    return t->kind == TOKEN_WORD || t->kind == TOKEN_NUMBER || t->kind == TOKEN_OPAQUE;
}

/* True when words[k..n) lie at w.at and on; *ret_end is where they stop. */
static bool walk_fits(struct walk w, const struct phrase *p, size_t k, size_t *ret_end)
{
    for (; k < p->n; k++, w.at += (size_t)w.step) {
        if (p->words[k] == PHRASE_GAP) {
            for (int skip = 0; skip <= PHRASE_GAP_WORDS; skip++, w.at += (size_t)w.step) {
                if (walk_fits(w, p, k + 1, ret_end))
                    return true;
                if (!passable(w.ts, w.at))
                    return false;
            }
            return false;
        }
        if (token_at(w.ts, w.at)->word != p->words[k])
            return false;
    }
    *ret_end = w.at;
    return true;
}

enum wanted { WANT_BOUND, WANT_ROLE };

static const struct phrase *find(const struct tokens *ts, enum lexicon_side side, size_t at,
                                 enum quantity_kind kind, enum wanted wanted, size_t *ret_end)
{
    struct walk w = {ts, at, side == LEXICON_BEFORE ? -1 : 1};
    const struct phrase *phrases;
    size_t n = lexicon_phrases(ts->lang, side, &phrases);

    if (!(token_at(ts, at)->m->mask & LEX(PHRASE)))
        return NULL;
    for (size_t i = 0; i < n; i++) {
        const struct phrase *p = &phrases[i];

        if (p->words[0] != token_at(ts, at)->word || p->is_role != (wanted == WANT_ROLE))
            continue;
        if (p->kind != QUANTITY_KINDS && p->kind != kind)
            continue;
        if (walk_fits(w, p, 0, ret_end))
            return p;
    }
    return NULL;
}

static void read_bounds(const struct tokens *ts, struct context *c, enum quantity_kind kind)
{
    size_t end;
    const struct phrase *p = find(ts, LEXICON_BEFORE, c->from - 1, kind, WANT_BOUND, &end);

    if (p) {
        c->bound = p->value;
        c->from = end + 1;
    }
    p = find(ts, LEXICON_AFTER, c->next, kind, WANT_BOUND, &end);
    if (p && (c->bound < 0 || c->bound == QUANTITY_EXACT)) {
        c->bound = p->value;
        c->next = end;
    }
}

struct context context_read(const struct tokens *ts, size_t from, size_t next,
                            enum quantity_kind kind)
{
    struct context c = {.bound = -1, .role = -1, .from = from, .next = next};
    size_t end_before = 0, end_after = 0;
    const struct phrase *before, *after;

    read_bounds(ts, &c, kind);
    before = find(ts, LEXICON_BEFORE, c.from - 1, kind, WANT_ROLE, &end_before);
    after = find(ts, LEXICON_AFTER, c.next, kind, WANT_ROLE, &end_after);
    if (before && after)
        before = c.from - 1 - end_before > end_after - c.next ? before : after;
    else if (!before)
        before = after;
    if (before)
        c.role = before->value;
    return c;
}
