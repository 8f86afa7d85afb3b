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

    return t->kind == TOKEN_WORD || t->kind == TOKEN_NUMBER || t->kind == TOKEN_OPAQUE ||
           (token_sign(ts, i, ':') && token_glued(ts, i) && token_glued(ts, i + 1)); /* 10:15 */
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

/* The first phrase of that first word; phrases are sorted by it. */
static size_t first_of(const struct phrase *phrases, size_t n, uint16_t word)
{
    size_t from = 0;

    while (n > 0) {
        size_t half = n / 2;

        if (phrases[from + half].words[0] < word) {
            from += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
    }
    return from;
}

enum wanted { WANT_BOUND, WANT_ROLE };

static const struct phrase *find(const struct tokens *ts, enum lexicon_side side, size_t at,
                                 enum quantity_kind kind, enum wanted wanted, size_t *ret_end)
{
    struct walk w = {ts, at, side == LEXICON_BEFORE ? -1 : 1};
    const struct phrase *phrases;
    size_t n = lexicon_phrases(ts->lang, side, &phrases);
    bool comma = side == LEXICON_AFTER && kind == QUANTITY_DATE && token_sign(ts, at, ',');
    uint16_t word;

    at += comma; /* "le 12 mars, j'ai commandé" */
    w.at = at;
    word = token_at(ts, at)->word;

    if (!(token_at(ts, at)->m->mask & LEX(PHRASE)))
        return NULL;
    for (size_t i = first_of(phrases, n, word); i < n && phrases[i].words[0] == word; i++) {
        const struct phrase *p = &phrases[i];

        if (p->is_role != (wanted == WANT_ROLE))
            continue;
        if (p->kind != QUANTITY_KINDS && p->kind != kind)
            continue;
        if (walk_fits(w, p, 0, ret_end))
            return p;
    }
    return NULL;
}

/* ">= 30", "<-30", "~5", "+ de 6 jours" */
static bool sign_bound(const struct tokens *ts, size_t first, struct context *c)
{
    size_t of = token_is(ts, c->from - 1, LEX(OF)), i = c->from - 1 - of;
    bool equal =
        token_sign(ts, i, '=') && (token_sign(ts, i - 1, '>') || token_sign(ts, i - 1, '<'));
    uint32_t sign = token_at(ts, i - equal)->sign;

    if (i < first + equal || token_at(ts, i)->kind != TOKEN_SIGN ||
        (of && sign != '+' && sign != '-'))
        return false;
    if (sign == '<' && (token_sign(ts, i - 1, '=') ||
                        (c->next == c->from + 1 && token_at(ts, c->from)->value == 3)))
        return false; /* "=<30" says nothing, "<3" is a heart */
    equal = equal || (sign == '>' && token_sign(ts, i - 1, '=')); /* "=> 5" */
    if (sign == '>' || sign == 0x2265)
        c->bound = equal || sign != '>' ? QUANTITY_AT_LEAST : QUANTITY_MORE_THAN;
    else if (sign == '<' || sign == 0x2264)
        c->bound = equal || sign != '<' ? QUANTITY_AT_MOST : QUANTITY_LESS_THAN;
    else if (sign == '~' || sign == 0x2248 || sign == 0xb1)
        c->bound = QUANTITY_ABOUT;
    else if (of)
        c->bound = sign == '+' ? QUANTITY_MORE_THAN : QUANTITY_LESS_THAN;
    else
        return false;
    c->from = i - equal;
    return true;
}

static void read_bounds(const struct tokens *ts, size_t first, struct context *c,
                        enum quantity_kind kind)
{
    size_t end;
    const struct phrase *p = find(ts, LEXICON_BEFORE, c->from - 1, kind, WANT_BOUND, &end);

    if (p && token_is(ts, end, LEX(OR)) && token_is(ts, end - 1, LEX(PHRASE)) &&
        p->value != QUANTITY_ABOUT)
        p = NULL; /* "more or less than" */
    if (p && end + 1 < first)
        p = NULL;
    if (p) {
        c->bound = p->value;
        c->from = end + 1;
    }
    if (!p && sign_bound(ts, first, c))
        return;
    p = find(ts, LEXICON_AFTER, c->next, kind, WANT_BOUND, &end);
    if (p && p->n > 1 && (token_is(ts, end, LEX(OF)) || token_at(ts, end)->kind == TOKEN_NUMBER))
        return; /* "et moins de 20" bounds what comes next */
    if (p && !token_is(ts, end, LEX(THAN)) && (c->bound < 0 || c->bound == QUANTITY_EXACT)) {
        c->bound = p->value;
        c->next = end;
    }
}

/* Whether the phrase behind (of `n` tokens) says more than the one before. "Since"
 * and "for" fit nearly everything, so what they would mean yields to the rest. */
static bool tells_more(const struct phrase *after, size_t n, const struct phrase *before,
                       size_t n_before)
{
    bool plain = before->value == QUANTITY_ELAPSED;

    if (plain && (after->value == QUANTITY_DELAY || after->value == QUANTITY_AGE ||
                  after->value == QUANTITY_SENIORITY))
        return true;
    if (plain && n > 1 && after->value != QUANTITY_ELAPSED)
        return true;
    return n > n_before;
}

struct context context_read(const struct tokens *ts, size_t first, size_t from, size_t next,
                            enum quantity_kind kind)
{
    struct context c = {.bound = -1, .role = -1, .from = from, .next = next};
    size_t end_before = 0, end_after = 0, from_after;
    const struct phrase *before, *after;

    read_bounds(ts, first, &c, kind);
    before = find(ts, LEXICON_BEFORE, c.from - 1, kind, WANT_ROLE, &end_before);
    if (!before) /* "sous 48 h" bounds and promises at once */
        before = find(ts, LEXICON_BEFORE, from - 1, kind, WANT_ROLE, &end_before);
    from_after = c.next;
    after = find(ts, LEXICON_AFTER, from_after, kind, WANT_ROLE, &end_after);
    if (!after) { /* "and counting" */
        from_after = next;
        after = find(ts, LEXICON_AFTER, next, kind, WANT_ROLE, &end_after);
    }
    c.going = (before && before->going) || (after && after->going);
    if (!before ||
        (after && tells_more(after, end_after - from_after, before, c.from - 1 - end_before)))
        before = after;
    if (before)
        c.role = before->value;
    return c;
}
