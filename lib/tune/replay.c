#include "lib/tune/replay.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/base/arena.h"
#include "lib/base/hash.h"
#include "lib/base/vec.h"
#include "lib/desk/desk.h"

/* Why two passes give what one would.
 *
 * Judging a mention needs no memory; only what follows a broken promise does
 * (reposts, `after`, severity by counts, answers). So all mentions are judged in
 * any order, in as many parts as there are processors, and keep nothing but the
 * hashes of their id, URL and of what they reply to. A mention that breaks nothing
 * can change what the desk does of another in two ways only: it has the same id
 * as one that does, or it stands in the thread of one that does. These few are
 * heard in order with those that break something - a few per cent, where hearing
 * a million one after another with a growing map would use one processor. To hear
 * one too many changes nothing, so ids are compared without their sources. (What
 * no promise covers - the desk's gaps - is not counted here.) */

struct keyed {
    uint64_t id, url, reply_to; /* hashes, never 0; 0: there is none */
    size_t at, n;               /* the line */
};

struct replay_part {
    struct ruleset *set;
    struct replay_settings settings;
    struct str corpus;
    struct judge *judge;
    struct arena *scratch; /* of the mention at hand */
    struct arena *arena;   /* of what is kept */
    size_t n_mentions, n_labelled;
    struct tally *promises;
    struct phrase_tally *phrases;
    VEC(struct outcome) outcomes;
    VEC(struct keyed) keys;
    VEC(struct bad_line) bad;
    VEC(struct unknown_label) unknown;
};

static struct desk_source source_of(const struct replay_settings *s, const struct mention *m)
{
    return (struct desk_source){
        .id = m->source, .about = s->about == REPLAY_ABOUT_US ? DESK_ABOUT_US : DESK_ABOUT_ANYONE};
}

static struct desk *make_desk(void)
{
    struct desk_settings settings = {.instance = STR("replay"),
                                     .producer = STR("replay"),
                                     .privacy = PRIVACY_PSEUDONYMOUS,
                                     .hmac_key = STR("replay"),
                                     .retention_s = 30 * 86400,
                                     .repost_window_s = 7 * 86400,
                                     .run = DESK_REPLAY};

    return desk_new(&settings);
}

struct replay_part *replay_part_new(struct ruleset *set, const struct replay_settings *settings,
                                    struct str corpus)
{
    struct replay_part *part = alloc_zeroed(1, sizeof(*part));

    part->set = set;
    part->settings = *settings;
    part->corpus = corpus;
    part->judge = judge_new(set);
    part->scratch = arena_new(0);
    part->arena = arena_new(0);
    part->promises = alloc_zeroed(set->n_promises + 1, sizeof(*part->promises));
    part->phrases = alloc_zeroed(set->n_phrases + 1, sizeof(*part->phrases));
    return part;
}

void replay_part_free(struct replay_part *part)
{
    if (!part)
        return;
    judge_free(part->judge);
    arena_free(part->scratch);
    arena_free(part->arena);
    free(part->promises);
    free(part->phrases);
    vec_done(&part->outcomes);
    vec_done(&part->keys);
    vec_done(&part->bad);
    vec_done(&part->unknown);
    free(part);
}

static bool is_broken(enum verdict_kind kind)
{
    return kind == VERDICT_DENIED || kind == VERDICT_MEASURED;
}

static bool decides(const struct evidence *e)
{
    return e->role == EVIDENCE_AGAINST && (e->use == EVIDENCE_BREAKS || e->use == EVIDENCE_DENIES);
}

/* The phrase of `against` without which nothing would be broken; NULL: there are two. */
static const struct phrase *only_phrase(const struct verdict *v)
{
    const struct phrase *only = NULL;

    for (size_t i = 0; i < v->n_evidence; i++) {
        if (!decides(&v->evidence[i]))
            continue;
        if (only && only != v->evidence[i].phrase)
            return NULL;
        only = v->evidence[i].phrase;
    }
    return only;
}

static bool told_before(const struct verdict *v, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (v->evidence[k].phrase == v->evidence[i].phrase)
            return true;
    return false;
}

static void count_phrases(struct replay_part *part, const struct verdict *v, int want)
{
    const struct phrase *only = only_phrase(v);

    for (size_t i = 0; i < v->n_evidence; i++) {
        const struct evidence *e = &v->evidence[i];

        if ((e->role == EVIDENCE_AGAINST && !decides(e)) || told_before(v, i))
            continue;
        struct phrase_tally *t = &part->phrases[e->phrase->number];

        t->phrase = e->phrase;
        t->n_hits++;
        t->n_true += want == WANT_ALERT;
        t->n_false += want == WANT_SILENCE;
        t->n_only += want == WANT_ALERT && e->phrase == only;
    }
}

static const struct verdict *verdict_on(const struct judgement *j, const struct promise *p)
{
    for (size_t i = 0; i < j->n; i++)
        if (j->verdicts[i].promise == p)
            return &j->verdicts[i];
    return NULL;
}

static int want_of(const struct corpus_line *line, struct str promise)
{
    for (size_t i = 0; i < line->n_wants; i++)
        if (str_eq(line->wants[i].promise, promise))
            return line->wants[i].broken ? WANT_ALERT : WANT_SILENCE;
    return WANT_UNKNOWN;
}

/* Every broken verdict, labelled or not. */
static void note_verdicts(struct replay_part *part, struct str text, const struct corpus_line *line,
                          const struct judgement *j)
{
    for (size_t i = 0; i < j->n; i++) {
        const struct verdict *v = &j->verdicts[i];
        struct tally *t = &part->promises[v->promise->number];

        t->n_broken += is_broken(v->kind);
        t->n_kept += v->kind == VERDICT_KEPT;
        if (!is_broken(v->kind))
            continue;
        struct outcome o = {.at = (size_t)(text.p - part->corpus.p),
                            .n = text.n,
                            .promise = v->promise->number,
                            .kind = (uint8_t)v->kind};

        o.want = want_of(line, v->promise->id);
        vec_push(&part->outcomes, o);
        count_phrases(part, v, (int)o.want);
    }
}

static void score(struct replay_part *part, struct str text, const struct corpus_want *want,
                  const struct judgement *j)
{
    const struct promise *p = ruleset_promise(part->set, want->promise);
    size_t at = (size_t)(text.p - part->corpus.p);

    if (!p) {
        struct unknown_label u = {arena_str(part->arena, want->promise), at, 1};

        vec_push(&part->unknown, u);
        return;
    }
    const struct verdict *v = verdict_on(j, p);
    enum verdict_kind kind = v ? v->kind : VERDICT_NONE;

    part->n_labelled++;
    part->promises[p->number].confusion[kind][want->broken]++;
    if (want->broken && !is_broken(kind)) {
        struct outcome o = {at, text.n, p->number, (uint8_t)kind, WANT_ALERT};

        vec_push(&part->outcomes, o);
    }
}

static void reject(struct replay_part *part, struct str text, const struct corpus_error *error)
{
    struct bad_line bad = {(size_t)(text.p - part->corpus.p), error->offset,
                           arena_str(part->arena, str_of(error->message))};

    vec_push(&part->bad, bad);
}

static uint64_t hash_of(struct str s)
{
    return s.n ? hash_bytes(s.p, s.n, 0) | 1 : 0;
}

static enum judge_about about_of(const struct replay_settings *s)
{
    return s->about == REPLAY_ABOUT_US ? JUDGE_ABOUT_US : JUDGE_ABOUT_ANYONE;
}

static void run_line(struct replay_part *part, struct str text)
{
    struct corpus_line line;
    struct corpus_error error;
    struct judgement j;

    if (!corpus_read(text, part->scratch, &line, &error)) {
        reject(part, text, &error);
        return;
    }
    mention_identify(&line.mention, part->scratch);
    if (judge_mention(part->judge, &line.mention, about_of(&part->settings), part->settings.now_ms,
                      JUDGE_OUTCOMES, part->scratch, &j) != 0)
        return; /* the arena has no limit */
    struct keyed key = {hash_of(line.mention.id), hash_of(line.mention.url),
                        hash_of(line.mention.reply_to), (size_t)(text.p - part->corpus.p), text.n};

    part->n_mentions++;
    vec_push(&part->keys, key);
    note_verdicts(part, text, &line, &j);
    for (size_t i = 0; i < line.n_wants; i++)
        score(part, text, &line.wants[i], &j);
}

void replay_part_run(struct replay_part *part, size_t from, size_t to)
{
    struct str line, text = str_slice(part->corpus, 0, part->corpus.n);

    while (from < to && corpus_next(text, &from, &line)) {
        if (str_trim(line).n)
            run_line(part, line);
        arena_reset(part->scratch);
    }
}

struct replay *replay_new(struct ruleset *set, const struct replay_settings *settings,
                          struct str corpus)
{
    struct replay *r = alloc_zeroed(1, sizeof(*r));

    r->set = set;
    r->settings = *settings;
    r->corpus = corpus;
    r->arena = arena_new(0);
    r->promises = alloc_zeroed(set->n_promises + 1, sizeof(*r->promises));
    r->phrases = alloc_zeroed(set->n_phrases + 1, sizeof(*r->phrases));
    return r;
}

void replay_free(struct replay *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->n_parts; i++)
        replay_part_free(r->parts[i]);
    free(r->parts);
    free(r->promises);
    free(r->phrases);
    free(r->outcomes);
    free(r->bad);
    free(r->unknown);
    arena_free(r->arena);
    free(r);
}

void replay_merge(struct replay *r, struct replay_part *part_take)
{
    struct replay_part *part = part_take;

    r->parts = alloc_resize(r->parts, r->n_parts + 1, sizeof(*r->parts));
    r->parts[r->n_parts++] = part;
    r->n_mentions += part->n_mentions;
    r->n_labelled += part->n_labelled;
    for (size_t i = 0; i < r->set->n_promises; i++)
        tally_add(&r->promises[i], &part->promises[i]);
    for (size_t i = 0; i < r->set->n_phrases; i++) {
        struct phrase_tally *sum = &r->phrases[i], *add = &part->phrases[i];

        sum->phrase = sum->phrase ? sum->phrase : add->phrase;
        sum->n_hits += add->n_hits;
        sum->n_true += add->n_true;
        sum->n_false += add->n_false;
        sum->n_only += add->n_only;
    }
}

static int by_outcome(const void *left, const void *right)
{
    const struct outcome *a = left, *b = right;

    if (a->at != b->at)
        return a->at < b->at ? -1 : 1;
    return (a->promise > b->promise) - (a->promise < b->promise);
}

static int by_bad(const void *left, const void *right)
{
    const struct bad_line *a = left, *b = right;

    return (a->at > b->at) - (a->at < b->at);
}

static int by_place(const void *left, const void *right)
{
    const struct keyed *a = left, *b = right;

    return (a->at > b->at) - (a->at < b->at);
}

static int by_unknown(const void *left, const void *right)
{
    const struct unknown_label *a = left, *b = right;
    int order = str_cmp(a->promise, b->promise);

    return order ? order : (a->at > b->at) - (a->at < b->at);
}

/* Joins one list of all parts: `LIST` is a VEC of the parts, `out` a plain array. */
#define GATHER(r, LIST, out, n_out)                                                                \
    do {                                                                                           \
        for (size_t i_ = 0; i_ < (r)->n_parts; i_++) {                                             \
            size_t n_ = (r)->parts[i_]->LIST.n;                                                    \
            (out) = alloc_resize((out), (n_out) + n_ + 1, sizeof(*(out)));                         \
            if (n_)                                                                                \
                memcpy((out) + (n_out), (r)->parts[i_]->LIST.items, n_ * sizeof(*(out)));          \
            (n_out) += n_;                                                                         \
        }                                                                                          \
    } while (0)

/* One entry a name, at its first line. */
static void count_unknown(struct replay *r)
{
    size_t n = 0;

    qsort(r->unknown, r->n_unknown, sizeof(*r->unknown), by_unknown);
    for (size_t i = 0; i < r->n_unknown; i++)
        if (n && str_eq(r->unknown[n - 1].promise, r->unknown[i].promise))
            r->unknown[n - 1].n++;
        else
            r->unknown[n++] = r->unknown[i];
    r->n_unknown = n;
}

static void gather(struct replay *r)
{
    GATHER(r, outcomes, r->outcomes, r->n_outcomes);
    GATHER(r, bad, r->bad, r->n_bad);
    GATHER(r, unknown, r->unknown, r->n_unknown);
    if (r->n_outcomes)
        qsort(r->outcomes, r->n_outcomes, sizeof(*r->outcomes), by_outcome);
    if (r->n_bad)
        qsort(r->bad, r->n_bad, sizeof(*r->bad), by_bad);
    if (r->n_unknown)
        count_unknown(r);
}

/* A set of hashes: open addressing, 0 is free. */
struct key_set {
    uint64_t *slots;
    size_t mask, n;
};

static bool key_set_has(const struct key_set *s, uint64_t key)
{
    size_t i = key * HASH_K0 >> 20;

    for (i &= s->mask; s->slots[i]; i = (i + 1) & s->mask)
        if (s->slots[i] == key)
            return key != 0;
    return false;
}

static void key_set_add(struct key_set *s, uint64_t key);

static void key_set_grow(struct key_set *s)
{
    struct key_set old = *s;

    s->mask = old.slots ? old.mask * 2 + 1 : 1023;
    s->slots = alloc_zeroed(s->mask + 1, sizeof(*s->slots));
    s->n = 0;
    for (size_t i = 0; old.slots && i <= old.mask; i++)
        key_set_add(s, old.slots[i]);
    free(old.slots);
}

static void key_set_add(struct key_set *s, uint64_t key)
{
    if (key == 0)
        return;
    if (s->n * 2 >= s->mask)
        key_set_grow(s);
    size_t i = (key * HASH_K0 >> 20) & s->mask;

    while (s->slots[i] && s->slots[i] != key)
        i = (i + 1) & s->mask;
    s->n += s->slots[i] == 0;
    s->slots[i] = key;
}

/* The ids and URLs of mentions that broke something. Both lists of a part are in
 * the order in which it ran, so one walk finds them. */
static void add_broken(const struct replay_part *part, struct key_set *set)
{
    size_t k = 0;

    for (size_t i = 0; i < part->outcomes.n; i++) {
        const struct outcome *o = &part->outcomes.items[i];

        if (!is_broken((enum verdict_kind)o->kind))
            continue;
        while (k < part->keys.n && part->keys.items[k].at != o->at)
            k++;
        if (k == part->keys.n)
            return;
        key_set_add(set, part->keys.items[k].id);
        key_set_add(set, part->keys.items[k].url);
    }
}

/* Replies to these, and replies to the replies. */
static bool add_replies(const struct replay_part *part, struct key_set *set)
{
    size_t before = set->n;

    for (size_t k = 0; k < part->keys.n; k++)
        if (key_set_has(set, part->keys.items[k].reply_to)) {
            key_set_add(set, part->keys.items[k].id);
            key_set_add(set, part->keys.items[k].url);
        }
    return set->n > before;
}

struct again {
    VEC(struct keyed) lines;
};

static void choose_again(const struct replay *r, struct again *again)
{
    struct key_set set = {0};
    bool grown = true;

    key_set_grow(&set);
    for (size_t i = 0; i < r->n_parts; i++)
        add_broken(r->parts[i], &set);
    while (grown && set.n) {
        grown = false;
        for (size_t i = 0; i < r->n_parts; i++)
            grown = add_replies(r->parts[i], &set) || grown;
    }
    for (size_t i = 0; i < r->n_parts && set.n; i++)
        for (size_t k = 0; k < r->parts[i]->keys.n; k++)
            if (key_set_has(&set, r->parts[i]->keys.items[k].id))
                vec_push(&again->lines, r->parts[i]->keys.items[k]);
    free(set.slots);
    if (again->lines.n)
        qsort(again->lines.items, again->lines.n, sizeof(*again->lines.items), by_place);
}

struct hearing_again {
    struct replay *replay;
    struct desk *desk;
    struct recall *recall;
    struct arena *arena;
    struct key_set alerts; /* ids of those told */
};

/* Whoever is woken counts: an alert once, what becomes of it afterwards apart. */
static void count_event(struct hearing_again *h, const struct desk_event *event)
{
    const struct promise *p = ruleset_promise(h->replay->set, event->promise);
    uint64_t id = hash_of(event->id);

    if (!p || (event->stream != EVENT_ALERTS && event->stream != EVENT_SHADOW))
        return;
    if (key_set_has(&h->alerts, id))
        h->replay->promises[p->number].n_updates++;
    else
        h->replay->promises[p->number].n_alerts++;
    key_set_add(&h->alerts, id);
}

static int hear_line(struct hearing_again *h, const struct keyed *at)
{
    struct replay *r = h->replay;
    struct corpus_line line;
    struct corpus_error error;
    struct desk_outcome out;

    if (!corpus_read(str_slice(r->corpus, at->at, at->at + at->n), h->arena, &line, &error))
        return 0; /* it was read before */
    struct desk_source source = source_of(&r->settings, &line.mention);
    int rc = desk_hear(h->desk, r->set, &source, &line.mention, r->settings.now_ms, h->recall,
                       h->arena, &out);

    if (rc)
        return rc;
    r->n_heard++;
    r->all.n_held += out.n_held;
    r->all.n_reposts += out.n_reposts;
    for (size_t i = 0; i < out.n_events; i++)
        count_event(h, &out.events[i]);
    return 0;
}

int replay_hear(struct replay *r)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new(0);
    CLEANUP(desk_freep) struct desk *desk = make_desk();
    struct hearing_again h = {r, desk, recall_memory_new(), arena, {0}};
    struct again again = {0};
    int rc = 0;

    key_set_grow(&h.alerts);
    gather(r);
    choose_again(r, &again);
    for (size_t i = 0; i < again.lines.n && rc == 0; i++) {
        rc = hear_line(&h, &again.lines.items[i]);
        arena_reset(arena);
    }
    for (size_t i = 0; i < r->set->n_promises; i++)
        tally_add(&r->all, &r->promises[i]);
    vec_done(&again.lines);
    recall_memory_free(h.recall);
    free(h.alerts.slots);
    return rc;
}

size_t replay_meter(struct replay *r, int64_t (*now_ns)(void), size_t n_max)
{
    struct arena *arena = arena_new(0);
    struct judge *judge = judge_new(r->set);
    int64_t *spent = alloc_zeroed(r->set->n_promises + 1, sizeof(*spent)), total = 0;
    size_t n = 0, at = 0;
    struct str text;
    struct corpus_line line;
    struct corpus_error error;
    struct judgement j;

    judge_meter(judge, now_ns, spent);
    for (; n < n_max && corpus_next(r->corpus, &at, &text); arena_reset(arena)) {
        if (str_trim(text).n == 0 || !corpus_read(text, arena, &line, &error))
            continue;
        int64_t start = now_ns();

        if (judge_mention(judge, &line.mention, about_of(&r->settings), r->settings.now_ms,
                          JUDGE_OUTCOMES, arena, &j) != 0)
            break;
        total += now_ns() - start;
        n++;
    }
    for (size_t i = 0; i < r->set->n_promises; i++)
        r->promises[i].spent_ns = spent[i];
    r->all.spent_ns = total;
    free(spent);
    judge_free(judge);
    arena_free(arena);
    return n;
}

int replay_view(struct judge *judge, const struct replay_settings *settings, struct str corpus,
                const struct outcome *o, struct str promise_id, struct arena *arena,
                struct replay_view *ret)
{
    struct corpus_error error;
    const struct promise *p = ruleset_promise(judge_ruleset(judge), promise_id);

    if (!p || !corpus_read(str_slice(corpus, o->at, o->at + o->n), arena, &ret->line, &error))
        return -ENOENT;
    judge_only(judge, p);
    int rc = judge_mention(judge, &ret->line.mention, about_of(settings), settings->now_ms,
                           JUDGE_ALL, arena, &ret->judgement);
    const struct verdict *v = rc ? NULL : verdict_on(&ret->judgement, p);

    ret->verdict = v ? *v : (struct verdict){.promise = p};
    return rc;
}

size_t line_number(struct line_counter *c, struct str corpus, size_t at)
{
    if (at < c->at)
        *c = (struct line_counter){0};
    for (size_t next; (next = str_find_char(corpus, '\n', c->at)) < at; c->n++)
        c->at = next + 1;
    return c->n + 1;
}
