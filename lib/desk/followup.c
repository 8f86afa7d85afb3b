#include "lib/desk/followup.h"

#include "lib/base/arena.h"
#include "lib/data/json.h"

#define DAY_MS INT64_C(86400000)

static const int64_t thread_ms = 30 * DAY_MS;

struct thread {
    struct str fingerprint, promise, author;
    int64_t at_ms;
};

static struct str thread_json(struct hearing *h, const struct thread *t)
{
    struct sbuf b = SBUF_INIT(4096);
    struct json_writer w;

    json_writer_init(&w, &b);
    json_open_object(&w);
    json_member_str(&w, STR("alert"), t->fingerprint);
    json_member_str(&w, STR("promise"), t->promise);
    json_member_str(&w, STR("author"), t->author);
    json_member_i64(&w, STR("at_ms"), t->at_ms);
    json_close_object(&w);
    struct str json = arena_str(h->arena, sbuf_str(&b));

    sbuf_done(&b);
    return json;
}

/* The post becomes part of the thread, under its id and its URL. */
static int join(struct hearing *h, const struct subject *s, const struct thread *t)
{
    struct str json = thread_json(h, t);
    int64_t keep_ms = h->settings->retention_s * 1000; /* it names the author */
    int64_t due_ms = h->now_ms + (keep_ms > 0 ? MIN(keep_ms, thread_ms) : thread_ms);
    int rc = h->recall->state_put(h->recall, FOLLOWUP_THREAD, s->key, json, due_ms);

    if (rc == 0 && s->m.url.n && !str_eq(s->m.url, s->m.id))
        rc = h->recall->state_put(h->recall, FOLLOWUP_THREAD, hearing_post_key(h, s->m.url), json,
                                  due_ms);
    return rc;
}

/* An old post at the first start may have been answered before we listened. */
static int await_answer(struct hearing *h, const struct promise *p, struct str fingerprint,
                        int64_t at_ms)
{
    if (!p || p->answer_s == 0)
        return 0;
    return h->recall->state_put(h->recall, FOLLOWUP_ANSWER, fingerprint, STR("{}"),
                                MAX(at_ms, h->now_ms) + p->answer_s * 1000);
}

int followup_begin(struct hearing *h, const struct promise *p, const struct subject *s,
                   const struct alert_state *state)
{
    struct thread t = {state->fingerprint, p->id, s->author, s->at_ms};
    int rc = join(h, s, &t);

    return rc ? rc : await_answer(h, p, state->fingerprint, s->at_ms);
}

static int find_thread(struct hearing *h, const struct subject *s, struct thread *ret)
{
    struct str json = STR_NONE;
    struct json *tree;
    struct json_error error;
    int rc =
        h->recall->state_get(h->recall, FOLLOWUP_THREAD, hearing_post_key(h, s->m.reply_to), &json);

    ret->fingerprint = STR_NONE;
    if (rc || json.n == 0 ||
        json_parse(arena_str(h->arena, json), h->arena, &tree, &error) != JSON_OK)
        return rc;
    ret->fingerprint = json_get_str(tree, STR("alert"));
    ret->promise = json_get_str(tree, STR("promise"));
    ret->author = json_get_str(tree, STR("author"));
    if (!json_get(tree, STR("at_ms")) || !json_to_i64(json_get(tree, STR("at_ms")), &ret->at_ms))
        ret->at_ms = s->at_ms;
    return 0;
}

enum followup_sense followup_of_ours(struct judge *j)
{
    return judge_list_hits(j, STR("acknowledged")) && !judge_list_hits(j, STR("answered"))
               ? FOLLOWUP_ACKNOWLEDGED
               : FOLLOWUP_ANSWERED;
}

enum followup_sense followup_of_author(struct judge *j)
{
    static const struct str again[] = {
        {"not-there", 9}, {"no-answer", 9}, {"not-resolved", 12}, {"not-settled", 11}};

    for (size_t i = 0; i < ARRAY_LEN(again); i++)
        if (judge_list_hits(j, again[i]))
            return FOLLOWUP_AGAIN;
    return judge_list_hits(j, STR("settled")) || judge_list_hits(j, STR("resolved"))
               ? FOLLOWUP_RESOLVED
               : FOLLOWUP_NOTHING;
}

static int answered(struct hearing *h, const struct subject *s, const struct thread *t,
                    struct alert_body *body, struct alert_state *state)
{
    bool formula = followup_of_ours(h->judge) == FOLLOWUP_ACKNOWLEDGED;
    struct str status = formula ? STR("acknowledged") : STR("answered");
    int64_t took_ms = MAX(s->at_ms - t->at_ms, 0);
    int rc;

    if (str_eq(body->status, status) || str_eq(body->status, STR("resolved")) ||
        str_eq(body->status, STR("answered")))
        return 0; /* the first answer is the one that counts */
    body->status = status;
    state->revision++;
    rc = h->recall->ledger(h->recall, t->promise, s->at_ms, status, s->author,
                           (double)took_ms / 1000);
    if (rc == 0 && !formula)
        rc = h->recall->state_drop(h->recall, FOLLOWUP_ANSWER, t->fingerprint);
    return rc ? rc : hearing_update(h, body, state);
}

static const struct verdict *verdict_of(const struct subject *s, struct str promise)
{
    for (size_t i = 0; i < s->judgement.n; i++)
        if (str_eq(s->judgement.verdicts[i].promise->id, promise))
            return &s->judgement.verdicts[i];
    return NULL;
}

/* Where an answer had stopped the clock it starts again; one that runs, or ran out, goes on. */
static int reopen(struct hearing *h, const struct subject *s, const struct thread *t,
                  struct alert_body *body, struct alert_state *state)
{
    bool stopped = str_eq(body->status, STR("answered")) || str_eq(body->status, STR("resolved"));
    int rc = 0;

    if (stopped)
        rc = await_answer(h, ruleset_promise(h->set, t->promise), t->fingerprint, s->at_ms);
    body->status = STR("open");
    body->severity = MIN(body->severity + 1, SEVERITY_CRITICAL);
    state->revision++;
    return rc ? rc : hearing_update(h, body, state);
}

static int author_again(struct hearing *h, const struct subject *s, const struct thread *t,
                        struct alert_body *body, struct alert_state *state)
{
    const struct verdict *v = verdict_of(s, t->promise);
    enum followup_sense sense = followup_of_author(h->judge);
    bool kept = v && v->kind == VERDICT_KEPT;
    bool again = (v && (v->kind == VERDICT_DENIED || v->kind == VERDICT_MEASURED)) ||
                 sense == FOLLOWUP_AGAIN;
    bool content = !again && (kept || sense == FOLLOWUP_RESOLVED);

    if (content && !str_eq(body->status, STR("resolved"))) {
        body->status = STR("resolved");
        state->revision++;
        int rc = h->recall->state_drop(h->recall, FOLLOWUP_ANSWER, t->fingerprint);

        return rc ? rc : hearing_update(h, body, state);
    }
    return again ? reopen(h, s, t, body, state) : 0;
}

int followup_hear(struct hearing *h, const struct subject *s, struct str *ret_promise)
{
    struct thread t;
    struct alert_state state;
    struct alert_body body;

    *ret_promise = STR_NONE;
    if (s->m.reply_to.n == 0)
        return 0;
    int rc = find_thread(h, s, &t);

    if (rc || t.fingerprint.n == 0)
        return rc;
    rc = hearing_find(h, t.fingerprint, &state, &body);
    if (rc == 0)
        rc = join(h, s, &t);
    if (rc || state.id.n == 0)
        return rc;
    if (s->judgement.author == AUTHOR_OURS)
        return answered(h, s, &t, &body, &state);
    if (!str_eq(s->author, t.author) || s->author.n == 0)
        return 0; /* somebody else in the thread speaks for himself */
    *ret_promise = t.promise;
    return author_again(h, s, &t, &body, &state);
}

int followup_due(struct hearing *h, struct str fingerprint)
{
    struct alert_state state;
    struct alert_body body;

    fingerprint = arena_str(h->arena, fingerprint);
    int rc = h->recall->state_drop(h->recall, FOLLOWUP_ANSWER, fingerprint);

    if (rc == 0)
        rc = hearing_find(h, fingerprint, &state, &body);
    if (rc || state.id.n == 0 || str_eq(body.status, STR("answered")) ||
        str_eq(body.status, STR("resolved")))
        return rc;
    const struct promise *p = ruleset_promise(h->set, body.promise);
    const struct owner *to = p && p->owner->backup ? p->owner->backup : p ? p->owner : NULL;

    rc = h->recall->ledger(h->recall, body.promise, h->now_ms, STR("unanswered"), STR_NONE,
                           p ? (double)p->answer_s : 0);
    if (rc)
        return rc;
    state.revision++;
    body.type = STR("couac.unanswered.v1");
    if (to) {
        body.owner = to->id;
        body.owner_queue = to->queue;
    }
    return hearing_update(h, &body, &state);
}
