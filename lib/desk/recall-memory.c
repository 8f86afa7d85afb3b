#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/base/arena.h"
#include "lib/base/map.h"
#include "lib/base/vec.h"
#include "lib/desk/recall.h"

/* recall in memory: tests and replay. Everything lives in one arena until the
 * end; what is written again is written in its place where it fits. A replay counts the notes of a
 * promise at each broken one, so they are kept in the order of their times, and an author is told
 * from others by the number of the count that met him last. States are walked by state_due alone,
 * which a replay never calls. */

struct author {
    uint64_t counted_in; /* the count that met him last */
};

struct noted {
    struct author *author;
    int64_t at_ms;
};

struct held {
    struct str json;
    struct author *author;
    int64_t at_ms;
};

/* What is remembered of one promise. */
struct dossier {
    VEC(struct noted) notes; /* by time */
    VEC(struct held) held;   /* as they came */
};

/* A text that is written again and again. */
struct slate {
    char *p;
    size_t n, room;
};

struct kept_alert {
    struct recall_alert alert; /* its state_json is that of `state` */
    struct slate state;
};

struct state {
    struct str kind, key;
    struct slate json;
    int64_t due_ms;
    bool dropped;
};

struct recall_in_memory {
    struct recall port; /* first: the port is the object */
    struct arena *arena;
    struct map seen;              /* mention -> content (struct str *) */
    struct map alerts;            /* fingerprint -> struct kept_alert * */
    struct map alerts_by_content; /* promise + content -> struct kept_alert * */
    struct map authors;           /* -> struct author * */
    struct map dossiers;          /* promise -> struct dossier * */
    uint64_t n_counts;
    struct map states; /* kind + key -> struct state * */
    struct sbuf name;  /* scratch of name_of */
    uint64_t seq;
};

static struct recall_in_memory *self(struct recall *r)
{
    return (struct recall_in_memory *)r;
}

static struct str read_slate(const struct slate *slate)
{
    return str_make(slate->p, slate->n);
}

/* `s` may be a part of what is on it. */
static void write_slate(struct recall_in_memory *m, struct slate *slate, struct str s)
{
    if (s.n > slate->room) {
        slate->room = 2 * s.n;
        slate->p = arena_alloc(m->arena, slate->room);
    }
    if (s.n)
        memmove(slate->p, s.p, s.n);
    slate->n = s.n;
}

/* `s`, which most times is what was kept before. */
static struct str keep(struct recall_in_memory *m, struct str former, struct str s)
{
    return former.p && str_eq(former, s) ? former : arena_str(m->arena, s);
}

/* A key of two texts, good until the next. */
static struct str name_of(struct recall_in_memory *m, struct str a, struct str b)
{
    sbuf_clear(&m->name);
    sbuf_add(&m->name, a);
    sbuf_putc(&m->name, ' ');
    sbuf_add(&m->name, b);
    return sbuf_str(&m->name);
}

static int memory_seen(struct recall *r, struct str mention, struct str content, int64_t now_ms,
                       enum recall_seen *ret)
{
    struct recall_in_memory *m = self(r);
    struct str *former = map_get(&m->seen, mention);

    (void)now_ms; /* nothing expires here */
    if (!former) {
        former = ARENA_NEW(m->arena, struct str);
        (void)map_put(&m->seen, arena_str(m->arena, mention), former); /* new */
        *ret = RECALL_NEW;
    } else {
        *ret = str_eq(*former, content) ? RECALL_SAME : RECALL_CHANGED;
    }
    *former = keep(m, *former, content);
    return 0;
}

static int memory_alert_by_content(struct recall *r, struct str promise, struct str content,
                                   int64_t since_ms, struct recall_alert *ret)
{
    struct recall_in_memory *m = self(r);
    const struct kept_alert *a = map_get(&m->alerts_by_content, name_of(m, promise, content));

    *ret = a && a->alert.last_ms >= since_ms ? a->alert : (struct recall_alert){0};
    return 0;
}

static int memory_alert_by_fingerprint(struct recall *r, struct str fingerprint,
                                       struct recall_alert *ret)
{
    const struct kept_alert *a = map_get(&self(r)->alerts, fingerprint);

    *ret = a ? a->alert : (struct recall_alert){0};
    return 0;
}

static int memory_alert_put(struct recall *r, const struct recall_alert *alert)
{
    struct recall_in_memory *m = self(r);
    struct kept_alert *kept = map_get(&m->alerts, alert->fingerprint);

    if (!kept) {
        kept = ARENA_NEW(m->arena, struct kept_alert);
        (void)map_put(&m->alerts, arena_str(m->arena, alert->fingerprint), kept); /* new */
    }
    struct recall_alert former = kept->alert;

    write_slate(m, &kept->state, alert->state_json);
    kept->alert = *alert;
    kept->alert.fingerprint = keep(m, former.fingerprint, alert->fingerprint);
    kept->alert.promise = keep(m, former.promise, alert->promise);
    kept->alert.id = keep(m, former.id, alert->id);
    kept->alert.content = keep(m, former.content, alert->content);
    kept->alert.author = keep(m, former.author, alert->author);
    kept->alert.state_json = read_slate(&kept->state);
    struct str name = name_of(m, kept->alert.promise, kept->alert.content);

    if (map_get(&m->alerts_by_content, name) != kept)
        (void)map_put(&m->alerts_by_content, arena_str(m->arena, name), kept); /* the latest */
    return 0;
}

static int memory_next_seq(struct recall *r, uint64_t *ret)
{
    *ret = ++self(r)->seq;
    return 0;
}

static struct author *author_of(struct recall_in_memory *m, struct str name)
{
    struct author *author = map_get(&m->authors, name);

    if (!author) {
        author = ARENA_NEW(m->arena, struct author);
        (void)map_put(&m->authors, arena_str(m->arena, name), author); /* new */
    }
    return author;
}

static struct dossier *dossier_of(struct recall_in_memory *m, struct str promise)
{
    struct dossier *d = map_get(&m->dossiers, promise);

    if (!d) {
        d = ARENA_NEW(m->arena, struct dossier);
        (void)map_put(&m->dossiers, arena_str(m->arena, promise), d); /* new */
    }
    return d;
}

/* Whether the count at hand has not met him yet. */
static bool met_now(const struct recall_in_memory *m, struct author *author)
{
    bool first = author->counted_in != m->n_counts;

    author->counted_in = m->n_counts;
    return first;
}

static int memory_hold(struct recall *r, struct str promise, struct str fingerprint,
                       struct str author, int64_t at_ms, struct str mention_json, int64_t since_ms,
                       uint32_t *ret_mentions, uint32_t *ret_authors)
{
    struct recall_in_memory *m = self(r);
    struct dossier *d = dossier_of(m, promise);
    size_t kept = 0;

    (void)fingerprint; /* the caller hears no mention twice */
    m->n_counts++;
    *ret_authors = 0;
    vec_push(&d->held,
             (struct held){arena_str(m->arena, mention_json), author_of(m, author), at_ms});
    for (size_t i = 0; i < d->held.n; i++) {
        struct held held = d->held.items[i];

        if (held.at_ms < since_ms) /* too long ago to count together */
            continue;
        d->held.items[kept++] = held;
        *ret_authors += met_now(m, held.author);
    }
    d->held.n = kept;
    *ret_mentions = (uint32_t)kept;
    return 0;
}

static int memory_release(struct recall *r, struct str promise, struct str *ret_json)
{
    struct dossier *d = dossier_of(self(r), promise);

    *ret_json = d->held.n ? d->held.items[0].json : STR_NONE;
    if (d->held.n)
        memmove(d->held.items, d->held.items + 1, --d->held.n * sizeof(*d->held.items));
    return 0;
}

static int memory_note(struct recall *r, struct str promise, struct str author, int64_t at_ms)
{
    struct recall_in_memory *m = self(r);
    struct dossier *d = dossier_of(m, promise);
    size_t at = d->notes.n;

    vec_reserve(&d->notes, d->notes.n + 1);
    while (at > 0 && d->notes.items[at - 1].at_ms > at_ms) /* most come in order */
        at--;
    memmove(d->notes.items + at + 1, d->notes.items + at,
            (d->notes.n++ - at) * sizeof(*d->notes.items));
    d->notes.items[at] = (struct noted){author_of(m, author), at_ms};
    return 0;
}

static int memory_count(struct recall *r, struct str promise, int64_t since_ms,
                        uint32_t *ret_mentions, uint32_t *ret_authors)
{
    struct recall_in_memory *m = self(r);
    const struct dossier *d = dossier_of(m, promise);
    size_t i = d->notes.n;

    m->n_counts++;
    *ret_authors = 0;
    for (; i > 0 && d->notes.items[i - 1].at_ms >= since_ms; i--)
        *ret_authors += met_now(m, d->notes.items[i - 1].author);
    *ret_mentions = (uint32_t)(d->notes.n - i);
    return 0;
}

static int memory_state_get(struct recall *r, struct str kind, struct str key, struct str *ret_json)
{
    struct recall_in_memory *m = self(r);
    const struct state *s = map_get(&m->states, name_of(m, kind, key));

    *ret_json = s && !s->dropped ? read_slate(&s->json) : STR_NONE;
    return 0;
}

static int memory_state_put(struct recall *r, struct str kind, struct str key, struct str json,
                            int64_t due_ms)
{
    struct recall_in_memory *m = self(r);
    struct str name = name_of(m, kind, key);
    struct state *s = map_get(&m->states, name);

    if (!s) {
        s = ARENA_NEW(m->arena, struct state);
        s->kind = arena_str(m->arena, kind);
        s->key = arena_str(m->arena, key);
        (void)map_put(&m->states, arena_str(m->arena, name), s); /* new */
    }
    write_slate(m, &s->json, json);
    s->due_ms = due_ms;
    s->dropped = false;
    return 0;
}

static int memory_state_drop(struct recall *r, struct str kind, struct str key)
{
    struct recall_in_memory *m = self(r);
    struct state *s = map_get(&m->states, name_of(m, kind, key));

    if (s)
        s->dropped = true;
    return 0;
}

static int memory_state_due(struct recall *r, int64_t now_ms, struct recall_state *ret)
{
    struct recall_in_memory *m = self(r);
    const struct state *first = NULL;

    for (size_t i = 0; i < m->states.n; i++) {
        const struct state *s = m->states.entries[i].value;

        if (!s->dropped && s->due_ms <= now_ms && (!first || s->due_ms < first->due_ms))
            first = s;
    }
    *ret = first ? (struct recall_state){first->kind, first->key, read_slate(&first->json)}
                 : (struct recall_state){0};
    return 0;
}

static int memory_ledger(struct recall *r, struct str promise, int64_t at_ms, struct str verdict,
                         struct str author, double ratio)
{
    (void)r; /* a run in memory reports its verdicts itself */
    (void)promise;
    (void)at_ms;
    (void)verdict;
    (void)author;
    (void)ratio;
    return 0;
}

struct recall *recall_memory_new(void)
{
    struct recall_in_memory *m = alloc_zeroed(1, sizeof(*m));

    m->arena = arena_new(0);
    sbuf_init(&m->name, SIZE_MAX / 2);
    m->port = (struct recall){
        .seen = memory_seen,
        .alert_by_content = memory_alert_by_content,
        .alert_by_fingerprint = memory_alert_by_fingerprint,
        .alert_put = memory_alert_put,
        .next_seq = memory_next_seq,
        .hold = memory_hold,
        .release = memory_release,
        .note = memory_note,
        .count = memory_count,
        .state_get = memory_state_get,
        .state_put = memory_state_put,
        .state_drop = memory_state_drop,
        .state_due = memory_state_due,
        .ledger = memory_ledger,
    };
    return &m->port;
}

void recall_memory_free(struct recall *r)
{
    if (!r)
        return;
    struct recall_in_memory *m = self(r);

    map_done(&m->seen);
    map_done(&m->alerts);
    map_done(&m->alerts_by_content);
    map_done(&m->states);
    map_done(&m->authors);
    for (size_t i = 0; i < m->dossiers.n; i++) {
        struct dossier *d = m->dossiers.entries[i].value;

        vec_done(&d->notes);
        vec_done(&d->held);
    }
    map_done(&m->dossiers);
    sbuf_done(&m->name);
    arena_free(m->arena);
    free(m);
}
