#include "lib/desk/voice.h"

#include <errno.h>
#include <math.h>

#include "lib/base/arena.h"
#include "lib/base/utf8.h"
#include "lib/desk/cloudevent.h"
#include "lib/judge/limit.h"

enum { SAID_BYTES = 200 };

#define DAY_S INT64_C(86400)

static const double far_s = 1e12; /* no calendar goes so far, and a double may go farther */
static const int64_t keep_ms = VOICE_DAYS * DAY_S * 1000;

struct claim {
    struct str sort; /* "duration", "money", "scope" ... */
    double value;
    struct str currency, scope;
    struct str account, said, url;
    struct str post;         /* its key; empty: kept by a version that did not say */
    int64_t at_ms, until_ms; /* CLOCK_NONE: no end */
    const struct evidence *evidence;
};

struct claims {
    struct claim items[VOICE_CLAIMS];
    size_t n;
};

/* --- what is kept ------------------------------------------------------------------ */

static double number(const struct json *object, struct str key)
{
    const struct json *member = json_get(object, key);
    double value = 0;

    return member && json_to_double(member, &value) ? value : 0;
}

static int load(struct hearing *h, struct str promise, struct claims *ret)
{
    struct str json = STR_NONE;
    struct json *tree;
    struct json_error error;
    int rc = h->recall->state_get(h->recall, VOICE_KIND, promise, &json);

    ret->n = 0;
    if (rc || json.n == 0 ||
        json_parse(arena_str(h->arena, json), h->arena, &tree, &error) != JSON_OK)
        return rc;
    const struct json *list = json_get(tree, STR("claims"));

    for (const struct json *it = list ? list->first : NULL; it && ret->n < VOICE_CLAIMS;
         it = it->next)
        ret->items[ret->n++] = (struct claim){
            .sort = json_get_str(it, STR("sort")),
            .value = number(it, STR("value")),
            .currency = json_get_str(it, STR("currency")),
            .scope = json_get_str(it, STR("scope")),
            .account = json_get_str(it, STR("account")),
            .said = json_get_str(it, STR("said")),
            .url = json_get_str(it, STR("url")),
            .post = json_get_str(it, STR("post")),
            .at_ms = cloudevent_number(it, STR("at_ms")),
            .until_ms =
                json_get(it, STR("until_ms")) ? cloudevent_number(it, STR("until_ms")) : CLOCK_NONE,
        };
    return 0;
}

static void write_claim(struct json_writer *w, const struct claim *c)
{
    json_open_object(w);
    json_member_str(w, STR("sort"), c->sort);
    json_key(w, STR("value"));
    json_double(w, c->value);
    json_member_str(w, STR("currency"), c->currency);
    json_member_str(w, STR("scope"), c->scope);
    json_member_str(w, STR("account"), c->account);
    json_member_str(w, STR("said"), c->said);
    json_member_str(w, STR("url"), c->url);
    json_member_str(w, STR("post"), c->post);
    json_member_i64(w, STR("at_ms"), c->at_ms);
    if (c->until_ms != CLOCK_NONE)
        json_member_i64(w, STR("until_ms"), c->until_ms);
    json_close_object(w);
}

static int keep(struct hearing *h, struct str promise, const struct claims *claims)
{
    struct sbuf b = SBUF_INIT(EVENT_BYTES_MAX);
    struct json_writer w;

    json_writer_init(&w, &b);
    json_open_object(&w);
    json_key(&w, STR("claims"));
    json_open_array(&w);
    for (size_t i = 0; i < claims->n; i++)
        write_claim(&w, &claims->items[i]);
    json_close_array(&w);
    json_close_object(&w);
    int rc = b.full ? 0 /* absurd URLs: what was kept before stays */
                    : h->recall->state_put(h->recall, VOICE_KIND, promise, sbuf_str(&b),
                                           h->now_ms + keep_ms);

    sbuf_done(&b);
    return rc;
}

/* --- what a post claims -------------------------------------------------------------- */

static bool by_the_rule(const struct promise *p, const struct quantity *q)
{
    return p->limit.op != LIMIT_NONE && q && p->limit.q.kind == q->kind;
}

/* The day that a hit names, as days since 1970; CLOCK_NONE: it names none. "Until the 20th"
 * is a date, or, against the post's own time, what lies ahead, for phrases that say <ahead>. */
static int64_t day_of(const struct evidence *e, int64_t at_ms)
{
    const struct quantity *q = e->quantity;
    bool ahead = q && q->kind == QUANTITY_DURATION && q->role == QUANTITY_AHEAD &&
                 phrase_names_role(e->phrase, QUANTITY_AHEAD);

    if (!q || !(fabs(q->high) < far_s) || (q->kind != QUANTITY_DATE && !ahead))
        return CLOCK_NONE;
    return ((int64_t)q->high - 1 + (ahead ? at_ms / 1000 : 0)) / DAY_S;
}

static struct claim make_claim(struct hearing *h, const struct subject *s, const struct evidence *e)
{
    const struct quantity *q = e->quantity;
    int64_t day = day_of(e, s->at_ms);
    struct str said = str_slice(s->judgement.text, e->start, e->end);

    return (struct claim){
        .sort = day != CLOCK_NONE ? STR("day")
                : q               ? str_of(quantity_kind_name(q->kind))
                                  : STR("scope"),
        .value = day != CLOCK_NONE ? (double)day
                 : q               ? limit_promised(q, LIMIT_NONE)
                                   : 0,
        .currency = q ? arena_str(h->arena, str_of(q->currency)) : STR_NONE,
        .scope = q ? STR_NONE : e->phrase->text,
        .account = s->author.n ? s->author : s->m.author,
        .said = utf8_head(said, SAID_BYTES),
        .url = s->m.url,
        .post = s->key,
        .at_ms = s->at_ms,
        .until_ms = CLOCK_NONE,
        .evidence = e,
    };
}

/* Dates beside another claim say when that ends; alone they are what is claimed. */
static void read_claims(struct hearing *h, const struct verdict *v, const struct subject *s,
                        struct claims *ret)
{
    int64_t until_ms = CLOCK_NONE;
    bool only_dates = true;

    ret->n = 0;
    for (size_t i = 0; i < v->n_evidence; i++) {
        int64_t day = day_of(&v->evidence[i], s->at_ms);

        if (day != CLOCK_NONE)
            until_ms = MAX(until_ms, (day + 1) * DAY_S * 1000);
        else
            only_dates = false;
    }
    for (size_t i = 0; i < v->n_evidence && ret->n < VOICE_CLAIMS; i++) {
        const struct evidence *e = &v->evidence[i];
        bool date = day_of(e, s->at_ms) != CLOCK_NONE;

        if (e->role != EVIDENCE_OURS || by_the_rule(v->promise, e->quantity) || date != only_dates)
            continue;
        ret->items[ret->n] = make_claim(h, s, e);
        ret->items[ret->n++].until_ms = until_ms;
    }
}

/* --- one against the other ------------------------------------------------------------- */

static bool same_sort(const struct claim *a, const struct claim *b)
{
    return str_eq(a->sort, b->sort) && str_eq(a->currency, b->currency);
}

static bool ended(const struct claim *c, int64_t at_ms)
{
    return (c->until_ms != CLOCK_NONE && c->until_ms <= at_ms) || at_ms - c->at_ms > keep_ms;
}

static bool differs(const struct claim *a, const struct claim *b)
{
    return same_sort(a, b) && !str_eq(a->account, b->account) &&
           (!str_eq(a->scope, b->scope) || !limit_same_value(a->value, b->value));
}

/* The latest of another account that says otherwise. */
static const struct claim *find_other(const struct claims *known, const struct claim *c)
{
    const struct claim *other = NULL;

    for (size_t i = 0; i < known->n; i++) {
        const struct claim *k = &known->items[i];

        if (!ended(k, c->at_ms) && !ended(c, k->at_ms) && differs(k, c) &&
            (!other || k->at_ms >= other->at_ms))
            other = k;
    }
    return other;
}

/* Takes the place of what the account said before; when all are taken, of the oldest. */
static void remember(struct claims *known, const struct claim *c)
{
    size_t at = known->n;

    for (size_t i = 0; i < known->n && at == known->n; i++)
        if (same_sort(&known->items[i], c) && str_eq(known->items[i].account, c->account))
            at = i;
    if (at < known->n && known->items[at].at_ms > c->at_ms)
        return; /* an old post, heard late */
    if (at == VOICE_CLAIMS) {
        at = 0;
        for (size_t i = 1; i < known->n; i++)
            if (known->items[i].at_ms < known->items[at].at_ms)
                at = i;
    }
    known->items[at] = *c;
    known->n += at == known->n;
}

static void drop_ended(struct claims *known, int64_t now_ms)
{
    size_t n = 0;

    for (size_t i = 0; i < known->n; i++)
        if (!ended(&known->items[i], now_ms))
            known->items[n++] = known->items[i];
    known->n = n;
}

/* The verdict with the differing words as what decides. */
static int dissonant(struct hearing *h, const struct verdict *v, const struct claim *c,
                     const struct claim *other, struct verdict *ret)
{
    struct evidence *evidence = arena_array(h->arena, v->n_evidence, sizeof(*evidence));
    size_t at = (size_t)(c->evidence - v->evidence);

    if (!evidence)
        return -ENOMEM;
    memcpy(evidence, v->evidence, v->n_evidence * sizeof(*evidence));
    evidence[at].use = EVIDENCE_BREAKS;
    *ret = *v;
    ret->kind = VERDICT_DISSONANT;
    ret->gate = GATE_PASSED;
    ret->evidence = evidence;
    ret->worst = &evidence[at];
    ret->observed = str_eq(c->sort, STR("day")) ? NULL : c->evidence->quantity;
    ret->severity = v->promise->severity;
    ret->said = c->said;
    ret->other_said = other->said;
    ret->other_url = other->url;
    return 0;
}

/* --- which promises a post spoke of --------------------------------------------------- */

/* As a tree; NULL: of none. */
static int spoken_of(struct hearing *h, struct str post, const struct json **ret)
{
    struct str json = STR_NONE;
    struct json *tree;
    struct json_error error;
    int rc = h->recall->state_get(h->recall, VOICE_POST_KIND, post, &json);

    *ret = NULL;
    if (rc == 0 && json.n &&
        json_parse(arena_str(h->arena, json), h->arena, &tree, &error) == JSON_OK)
        *ret = json_get(tree, STR("promises"));
    return rc;
}

/* So that its claims are found when it goes, without a look at every promise. */
static int note_post(struct hearing *h, struct str post, struct str promise)
{
    struct sbuf b = SBUF_INIT(EVENT_BYTES_MAX);
    struct json_writer w;
    const struct json *list;
    int rc = spoken_of(h, post, &list);

    json_writer_init(&w, &b);
    json_open_object(&w);
    json_key(&w, STR("promises"));
    json_open_array(&w);
    json_str(&w, promise);
    for (const struct json *it = list ? list->first : NULL; it; it = it->next)
        if (!str_eq(it->s, promise))
            json_str(&w, it->s);
    json_close_array(&w);
    json_close_object(&w);
    if (rc == 0 && !b.full)
        rc = h->recall->state_put(h->recall, VOICE_POST_KIND, post, sbuf_str(&b),
                                  h->now_ms + keep_ms);
    sbuf_done(&b);
    return rc;
}

static int drop_claims(struct hearing *h, struct str promise, struct str post)
{
    struct claims known;
    size_t n = 0;
    int rc = load(h, promise, &known);

    for (size_t i = 0; i < known.n; i++)
        if (!str_eq(known.items[i].post, post))
            known.items[n++] = known.items[i];
    known.n = n;
    return rc ? rc : keep(h, promise, &known);
}

int voice_forget(struct hearing *h, struct str post)
{
    const struct json *list;
    int rc = spoken_of(h, post, &list);

    for (const struct json *it = list ? list->first : NULL; it && rc == 0; it = it->next)
        rc = drop_claims(h, it->s, post);
    if (rc || !list)
        return rc;
    return h->recall->state_drop(h->recall, VOICE_POST_KIND, post);
}

int voice_hear(struct hearing *h, const struct verdict *v, const struct subject *s,
               struct verdict *ret)
{
    struct claims known, mine;
    int rc;

    ret->kind = VERDICT_NONE;
    read_claims(h, v, s, &mine);
    if (mine.n == 0)
        return 0;
    rc = load(h, v->promise->id, &known);
    for (size_t i = 0; i < mine.n && rc == 0 && ret->kind == VERDICT_NONE; i++) {
        const struct claim *other = find_other(&known, &mine.items[i]);

        if (other)
            rc = dissonant(h, v, &mine.items[i], other, ret);
    }
    for (size_t i = 0; i < mine.n; i++)
        remember(&known, &mine.items[i]);
    drop_ended(&known, MAX(h->now_ms, s->at_ms));
    if (rc == 0)
        rc = keep(h, v->promise->id, &known);
    return rc ? rc : note_post(h, s->key, v->promise->id);
}
