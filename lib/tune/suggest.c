#include "lib/tune/suggest.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/base/arena.h"
#include "lib/base/hash.h"
#include "lib/base/map.h"
#include "lib/base/vec.h"
#include "lib/rule/load.h"
#include "lib/text/words.h"

/* Why not weigh words by a model: what comes out is put into a file that people
 * read and answer for. A few words in a row that stand in five missed posts and
 * in no other can be judged at a glance. */

enum { GRAM_WORDS = 3, PATCH_BYTES = 1 << 16 };

struct candidate {
    struct str promise, phrase;
    enum suggest_slot slot;
    size_t n_mends, n_spoils;
    size_t last_line; /* each post counts once */
};

struct search {
    struct arena *arena;
    struct judge *judge;
    const struct replay_settings *settings;
    struct map by_key;
    VEC(struct candidate *) found;
    struct fold fold;
    struct words words;
    size_t line, n_pairs;
};

const char *suggest_slot_name(enum suggest_slot slot)
{
    static const char *const names[] = {
        [SUGGEST_ABOUT] = "about", [SUGGEST_AGAINST] = "against", [SUGGEST_UNLESS] = "unless"};

    return names[slot];
}

void suggest_split(struct str corpus, struct sbuf *learn, struct sbuf *held_out)
{
    struct str line;

    for (size_t at = 0; corpus_next(corpus, &at, &line);) {
        struct sbuf *half = hash_bytes(line.p, line.n, 0) >> 32 & 1 ? learn : held_out;

        sbuf_add(half, line);
        sbuf_putc(half, '\n');
    }
}

static bool plain(struct str word)
{
    for (size_t i = 0; i < word.n; i++)
        if (word.p[i] < 'a' || word.p[i] > 'z')
            return false;
    return word.n > 0;
}

/* Words i..i+n-1 as a phrase; empty when they tell nothing or are no plain words. */
static struct str gram(const struct search *s, size_t i, size_t n, struct sbuf *b)
{
    size_t longest = 0;

    sbuf_clear(b);
    for (size_t k = i; k < i + n; k++) {
        struct str word = word_str(&s->words.items[k]);

        if (!plain(word) || s->words.items[k].sentence != s->words.items[i].sentence)
            return STR_NONE;
        longest = MAX(longest, word.n);
        if (k > i)
            sbuf_putc(b, ' ');
        sbuf_add(b, word);
    }
    return longest < 4 ? STR_NONE : sbuf_str(b);
}

enum effect { EFFECT_MENDS, EFFECT_SPOILS };

static void count(struct search *s, struct str promise, enum suggest_slot slot, enum effect effect,
                  struct str phrase)
{
    struct str key =
        arena_printf(s->arena, "%.*s %d %.*s", STR_ARG(promise), (int)slot, STR_ARG(phrase));
    struct candidate *c = map_get(&s->by_key, key);

    if (!c) {
        c = ARENA_NEW(s->arena, struct candidate);
        *c = (struct candidate){.promise = promise,
                                .phrase = arena_str(s->arena, phrase),
                                .slot = slot,
                                .last_line = SIZE_MAX};
        (void)map_put(&s->by_key, key, c); /* new */
        vec_push(&s->found, c);
    }
    if (c->last_line == s->line)
        return;
    c->last_line = s->line;
    c->n_mends += effect == EFFECT_MENDS;
    c->n_spoils += effect == EFFECT_SPOILS;
}

static void count_grams(struct search *s, struct str promise, enum suggest_slot slot,
                        enum effect effect)
{
    struct sbuf b = SBUF_INIT(1000);

    for (size_t i = 0; i < s->words.n; i++)
        for (size_t n = slot == SUGGEST_AGAINST ? 2 : 1; n <= GRAM_WORDS; n++) {
            struct str phrase = i + n <= s->words.n ? gram(s, i, n, &b) : STR_NONE;

            if (phrase.n && phrase.n < 60)
                count(s, promise, slot, effect, phrase);
        }
    sbuf_done(&b);
}

/* What this labelled pair has to say about which slot. */
static void learn_pair(struct search *s, const struct verdict *v, bool want)
{
    bool broken = v->kind == VERDICT_DENIED || v->kind == VERDICT_MEASURED;
    enum effect effect = want ? EFFECT_MENDS : EFFECT_SPOILS;

    if (broken)
        count_grams(s, v->promise->id, SUGGEST_UNLESS, want ? EFFECT_SPOILS : EFFECT_MENDS);
    else if (v->gate == GATE_ABOUT)
        count_grams(s, v->promise->id, SUGGEST_ABOUT, effect);
    else if (v->gate == GATE_AGAINST || v->gate == GATE_LIMIT)
        count_grams(s, v->promise->id, SUGGEST_AGAINST, effect);
}

static const struct verdict *verdict_on(const struct judgement *j, struct str promise)
{
    for (size_t i = 0; i < j->n; i++)
        if (str_eq(j->verdicts[i].promise->id, promise))
            return &j->verdicts[i];
    return NULL;
}

static void learn_line(struct search *s, struct str text, struct arena *scratch)
{
    struct corpus_line line;
    struct corpus_error error;
    struct judgement j;
    enum judge_about about =
        s->settings->about == REPLAY_ABOUT_US ? JUDGE_ABOUT_US : JUDGE_ABOUT_ANYONE;

    if (str_trim(text).n == 0 || !corpus_read(text, scratch, &line, &error) || line.n_wants == 0 ||
        judge_mention(s->judge, &line.mention, about, s->settings->now_ms, JUDGE_ALL, scratch,
                      &j) != 0)
        return;
    fold_text(&s->fold, j.text);
    words_cut(&s->words, &s->fold);
    for (size_t i = 0; i < line.n_wants; i++) {
        const struct verdict *v = verdict_on(&j, line.wants[i].promise);

        s->n_pairs += v != NULL;
        if (v)
            learn_pair(s, v, line.wants[i].broken);
    }
    s->line++;
}

/* Two posts are a coincidence where there are hundreds. */
static bool promising(const struct search *s, const struct candidate *c)
{
    size_t support = s->n_pairs > 300 ? SUGGEST_SUPPORT + 1 : SUGGEST_SUPPORT;
    size_t worth = c->slot == SUGGEST_UNLESS ? 4 : 3;

    return c->n_mends >= support && c->n_mends >= worth * c->n_spoils;
}

static int by_promise_of_gain(const void *left, const void *right)
{
    const struct candidate *a = *(struct candidate *const *)left;
    const struct candidate *b = *(struct candidate *const *)right;
    int64_t x = (int64_t)a->n_mends - 2 * (int64_t)a->n_spoils;
    int64_t y = (int64_t)b->n_mends - 2 * (int64_t)b->n_spoils;

    if (x != y)
        return x > y ? -1 : 1;
    if (a->phrase.n != b->phrase.n) /* the longer says more */
        return a->phrase.n > b->phrase.n ? -1 : 1;
    int order = str_cmp(a->phrase, b->phrase);

    return order ? order : str_cmp(a->promise, b->promise);
}

static void choose(struct search *s)
{
    size_t n = 0;

    for (size_t i = 0; i < s->found.n; i++)
        if (promising(s, s->found.items[i]))
            s->found.items[n++] = s->found.items[i];
    s->found.n = n;
    if (n)
        qsort(s->found.items, n, sizeof(struct candidate *), by_promise_of_gain);
}

static struct ruleset *load_with(const struct rule_text *texts, size_t n,
                                 const struct suggestions *s, struct sbuf *patch)
{
    struct rule_text *all = alloc_zeroed(n + 1, sizeof(*all));
    struct ruleset *set = NULL;
    struct diags diags;

    memcpy(all, texts, n * sizeof(*all));
    if (s && s->n) {
        sbuf_clear(patch);
        suggest_write(s, patch);
        all[n] = (struct rule_text){STR("suggested.yaml"), sbuf_str(patch), RULE_USER};
    }
    diags_init(&diags);
    if (rule_load(all, n + (s && s->n), &diags, &set) != LOAD_OK)
        set = NULL;
    diags_done(&diags);
    free(all);
    return set;
}

int suggest_measure(const struct rule_text *texts, size_t n_texts, const struct suggestions *s,
                    struct str corpus, const struct replay_settings *settings, struct tally *ret)
{
    struct sbuf patch = SBUF_INIT(PATCH_BYTES);
    struct ruleset *set = load_with(texts, n_texts, s, &patch);
    struct tally sum = {0};

    sbuf_done(&patch);
    if (!set)
        return -EINVAL;
    struct replay *r = replay_new(set, settings, corpus);
    struct replay_part *part = replay_part_new(set, settings, corpus);

    replay_part_run(part, 0, corpus.n);
    replay_merge(r, part);
    for (size_t i = 0; i < set->n_promises; i++)
        tally_add(&sum, &r->promises[i]);
    replay_free(r);
    ruleset_unref(set);
    *ret = sum;
    return 0;
}

/* Keeps the last suggestion when it makes F1 rise. */
static int try_last(const struct rule_text *texts, size_t n_texts, struct str learn,
                    const struct replay_settings *settings, struct suggestions *s)
{
    struct tally tally;
    int rc = suggest_measure(texts, n_texts, s, learn, settings, &tally);

    s->n_tried++;
    if (rc == -EINVAL) { /* these words make no phrase */
        s->n--;
        return 0;
    }
    struct rate f1 = tally_f1(&tally);

    if (rc == 0 && f1.value > s->f1_after.value)
        s->f1_after = f1;
    else
        s->n--;
    return rc;
}

static int try_all(const struct search *search, const struct rule_text *texts, size_t n_texts,
                   struct str learn, bool (*go_on)(void), struct suggestions *s)
{
    int rc = 0;

    for (size_t i = 0; i < search->found.n && rc == 0; i++) {
        const struct candidate *c = search->found.items[i];

        if (s->n == SUGGEST_MAX || s->n_tried == SUGGEST_TRIES || (go_on && !go_on()))
            break;
        s->items[s->n++] =
            (struct suggestion){c->promise, c->phrase, c->slot, c->n_mends, c->n_spoils};
        rc = try_last(texts, n_texts, learn, search->settings, s);
    }
    return rc;
}

static void learn_all(struct search *s, struct str learn)
{
    struct arena *scratch = arena_new(0);
    struct str text;

    fold_init(&s->fold);
    words_init(&s->words);
    for (size_t at = 0; corpus_next(learn, &at, &text); arena_reset(scratch))
        learn_line(s, text, scratch);
    fold_done(&s->fold);
    words_done(&s->words);
    arena_free(scratch);
    choose(s);
}

int suggest_find(const struct rule_text *texts, size_t n_texts, struct str learn,
                 const struct replay_settings *settings, bool (*go_on)(void), struct arena *arena,
                 struct suggestions *ret)
{
    struct search s = {.arena = arena, .settings = settings};
    struct suggestions out = {0};
    struct ruleset *set = load_with(texts, n_texts, NULL, NULL);
    struct tally before;

    if (!set)
        return -EINVAL;
    int rc = suggest_measure(texts, n_texts, NULL, learn, settings, &before);

    s.judge = judge_new(set);
    if (rc == 0) {
        out.f1_before = out.f1_after = tally_f1(&before);
        learn_all(&s, learn);
        rc = try_all(&s, texts, n_texts, learn, go_on, &out);
    }
    for (size_t i = 0; i < out.n; i++) /* their ids are the ruleset's */
        out.items[i].promise = arena_str(arena, out.items[i].promise);
    judge_free(s.judge);
    ruleset_unref(set);
    map_done(&s.by_key);
    vec_done(&s.found);
    if (rc == 0)
        *ret = out;
    return rc;
}

static void write_slot(const struct suggestions *s, struct str promise, enum suggest_slot slot,
                       struct sbuf *yaml)
{
    size_t n = 0;

    for (size_t i = 0; i < s->n; i++) {
        const struct suggestion *one = &s->items[i];

        if (one->slot != slot || !str_eq(one->promise, promise))
            continue;
        sbuf_printf(yaml, "%s\"%.*s\"", n++ ? ", " : "", STR_ARG(one->phrase));
    }
}

static bool has_slot(const struct suggestions *s, size_t n, struct str promise, int slot)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(s->items[i].promise, promise) && (slot < 0 || (int)s->items[i].slot == slot))
            return true;
    return false;
}

void suggest_write(const struct suggestions *s, struct sbuf *yaml)
{
    static const enum suggest_slot slots[] = {SUGGEST_ABOUT, SUGGEST_AGAINST, SUGGEST_UNLESS};

    sbuf_printf(yaml, "couac: 1\nchange:\n  promises:\n");
    for (size_t i = 0; i < s->n; i++) {
        struct str promise = s->items[i].promise;

        if (has_slot(s, i, promise, -1))
            continue;
        sbuf_printf(yaml, "    %.*s:\n", STR_ARG(promise));
        for (size_t k = 0; k < ARRAY_LEN(slots); k++) {
            if (!has_slot(s, s->n, promise, (int)slots[k]))
                continue;
            sbuf_printf(yaml, "      %s+: [", suggest_slot_name(slots[k]));
            write_slot(s, promise, slots[k], yaml);
            sbuf_printf(yaml, "]\n");
        }
    }
}
