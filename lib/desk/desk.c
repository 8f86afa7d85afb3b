#include "lib/desk/desk.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/base/arena.h"
#include "lib/base/vec.h"
#include "lib/data/digest.h"
#include "lib/desk/cloudevent.h"
#include "lib/desk/envelope.h"
#include "lib/desk/followup.h"
#include "lib/desk/gap.h"
#include "lib/desk/hearing.h"
#include "lib/desk/incident.h"
#include "lib/desk/near.h"
#include "lib/desk/voice.h"
#include "lib/desk/withdraw.h"
#include "lib/feed/url.h"
#include "lib/text/simhash.h"

/* The order of things for one mention:
 *
 *   heard before, same content?  -> nothing
 *   judge                        -> verdicts
 *   kept                         -> ledger
 *   broken, but the same words already raised an alert of this promise
 *                                -> that alert with more reach, next revision
 *   denied and `after` not met   -> held
 *   else                         -> an alert, with those held before it
 *
 * Everything that identifies an alert is made of what it is about (promise and
 * mention), never of the moment or the machine, so a replay, a second producer
 * or a repeated batch give the same ids. */

enum {
    REPOST_WORDS_MIN = 8, /* shorter texts are said by many without being copied */
    RELEASES_MAX = 1000,  /* held mentions let go at once */
    KEY_SIZE = DIGEST_SHORT_SIZE,
};

struct desk {
    struct desk_settings settings;
    struct arena *arena;       /* of the settings' texts */
    struct judge *judge;       /* of the latest ruleset */
    struct match_stats former; /* of the judges before */
    struct fold fold;
    VEC(struct str) said; /* words of a post that make its content */
};

struct desk *desk_new(const struct desk_settings *settings)
{
    struct desk *d = alloc_zeroed(1, sizeof(*d));

    d->arena = arena_new(0);
    d->settings = *settings;
    d->settings.instance = arena_str(d->arena, settings->instance);
    d->settings.producer = arena_str(d->arena, settings->producer);
    d->settings.hmac_key = arena_str(d->arena, settings->hmac_key);
    fold_init(&d->fold);
    return d;
}

void desk_free(struct desk *d)
{
    if (!d)
        return;
    judge_free(d->judge);
    fold_done(&d->fold);
    vec_done(&d->said);
    arena_free(d->arena);
    free(d);
}

void desk_freep(struct desk **d)
{
    desk_free(*d);
}

/* Scratch memory belongs to one ruleset; a reload makes it new. */
static void use_ruleset(struct desk *d, struct ruleset *set)
{
    if (d->judge && judge_ruleset(d->judge) == set)
        return;
    d->former = desk_stats(d);
    judge_free(d->judge);
    d->judge = judge_new(set);
}

struct match_stats desk_stats(const struct desk *d)
{
    struct match_stats now = d->judge ? judge_stats(d->judge) : (struct match_stats){0};

    return (struct match_stats){d->former.n_regex_limits + now.n_regex_limits,
                                d->former.n_cut_short + now.n_cut_short};
}

/* A worker must not find what it cannot read: an envelope that fails, at the arena's limit,
 * fails the call (conclude). */
void hearing_push(struct hearing *h, const struct desk_event *event)
{
    struct desk_event e = *event;
    const struct owner *owner = e.owner_queue.n ? ruleset_owner(h->set, e.owner) : NULL;

    if (owner && !envelope_apply(owner, h->now_ms, h->arena, &e))
        h->unwrapped = true;
    vec_push(&h->events, e);
}

struct str hearing_digest(const struct hearing *h, const struct str *parts, size_t n)
{
    struct digest digest = digest_parts(parts, n);
    char text[KEY_SIZE];

    return arena_str(h->arena, digest_short(&digest, text));
}

/* An id that is a URI or names its network ("mastodon:...") is the same post
 * whatever source brought it; any other is only unique within its source. */
struct str hearing_post_key(const struct hearing *h, struct str id)
{
    bool global = str_find_char(id, ':', 0) != SIZE_MAX;
    struct str parts[] = {global ? STR_NONE : h->source->id, id};

    return hearing_digest(h, parts, ARRAY_LEN(parts));
}

/* The words of a post without names, links and the "RT @x:" of a copy. */
static void gather_said(struct desk *d, const struct words *words)
{
    vec_clear(&d->said);
    for (size_t i = 0; i < words->n; i++) {
        struct str word = word_str(&words->items[i]);

        if (word.p[0] == '@' || (i == 0 && (str_eq(word, STR("rt")) || str_eq(word, STR("fwd")))))
            continue;
        vec_push(&d->said, word);
    }
}

/* What is said, so that copies agree. Short texts take their author along. */
static void examine_content(struct hearing *h, struct desk *d, struct subject *s)
{
    const struct words *words = judge_read(h->judge, &s->m, h->arena);
    struct sbuf b = SBUF_INIT(FOLD_TEXT_MAX);

    if (!words)
        return; /* the arena tells */
    gather_said(d, words);
    for (size_t i = 0; i < d->said.n; i++) {
        sbuf_add(&b, d->said.items[i]);
        sbuf_putc(&b, ' ');
    }
    struct str parts[] = {sbuf_str(&b), d->said.n < REPOST_WORDS_MIN ? s->m.author : STR_NONE};

    s->content = hearing_digest(h, parts, ARRAY_LEN(parts));
    sbuf_done(&b);
}

static struct str author_hash(struct hearing *h, struct desk *d, struct str author)
{
    char text[KEY_SIZE];

    if (author.n == 0 || d->settings.privacy == PRIVACY_NONE)
        return STR_NONE;
    if (d->settings.privacy == PRIVACY_CLEAR)
        return arena_str(h->arena, author);
    if (str_starts(author, STR("@")))
        author = str_slice(author, 1, author.n);
    fold_text(&d->fold, author);
    struct digest digest = digest_hmac(d->settings.hmac_key, fold_str(&d->fold));
    struct str hex = digest_short(&digest, text);

    return arena_printf(h->arena, "k1:%.*s", STR_ARG(hex));
}

static struct str print_of(const struct hearing *h, const struct promise *p, struct str key)
{
    struct str parts[] = {p->id, key};

    return hearing_digest(h, parts, ARRAY_LEN(parts));
}

static struct str fingerprint(const struct hearing *h, const struct promise *p,
                              const struct subject *s)
{
    return print_of(h, p, s->key);
}

struct str hearing_ulid(const struct hearing *h, int64_t at_ms, struct str what, uint32_t revision)
{
    char number[16], text[DIGEST_ULID_SIZE];
    struct sbuf b = SBUF_INIT(sizeof(number));

    sbuf_printf(&b, "%u", revision);
    struct str parts[] = {what, sbuf_str(&b)};
    struct digest digest = digest_parts(parts, ARRAY_LEN(parts));

    sbuf_done(&b);
    return arena_str(h->arena, digest_ulid(at_ms, digest.bytes, text));
}

static int emit(struct hearing *h, const struct alert_body *body, const struct alert_state *state)
{
    struct desk_event event;
    uint64_t seq;
    int rc = h->recall->next_seq(h->recall, &seq);

    if (rc)
        return rc;
    struct str event_id = state->revision == 1
                              ? state->id
                              : hearing_ulid(h, h->now_ms, state->fingerprint, state->revision);

    if (!alert_event(h->settings, body, state, event_id, str_of(h->set->sha256), seq, h->now_ms,
                     h->arena, &event))
        return -ENOMEM;
    hearing_push(h, &event);
    return 0;
}

int hearing_update(struct hearing *h, const struct alert_body *body,
                   const struct alert_state *state)
{
    struct alert_body kept_body = *body;

    if (str_eq(body->type, STR("couac.unanswered.v1"))) /* a call for help, not the alert itself */
        kept_body.type = STR("couac.alert.v1");
    struct recall_alert kept = {
        .fingerprint = state->fingerprint,
        .promise = body->promise,
        .id = state->id,
        .content = state->content,
        .author = state->author,
        .revision = state->revision,
        .count = state->count,
        .authors = state->authors,
        .sources = state->sources,
        .first_ms = state->first_ms,
        .last_ms = state->last_ms,
        .state_json = alert_body_to_json(&kept_body, h->arena),
    };

    if (!kept.state_json.p)
        return -ENOMEM;
    int rc = h->recall->alert_put(h->recall, &kept);

    return rc ? rc : emit(h, body, state);
}

/* What recall gave is only borrowed until its next call. */
static struct alert_state copy_state(struct hearing *h, const struct recall_alert *a)
{
    return (struct alert_state){
        .fingerprint = arena_str(h->arena, a->fingerprint),
        .id = arena_str(h->arena, a->id),
        .content = arena_str(h->arena, a->content),
        .author = arena_str(h->arena, a->author),
        .revision = a->revision,
        .count = a->count,
        .authors = a->authors,
        .sources = a->sources,
        .first_ms = a->first_ms,
        .last_ms = a->last_ms,
    };
}

int hearing_read(struct hearing *h, const struct recall_alert *a, struct alert_state *found,
                 struct alert_body *body)
{
    struct str json = arena_str(h->arena, a->state_json);

    *found = copy_state(h, a);
    return alert_body_from_json(json, h->arena, body) ? 0 : -ENOMEM;
}

int hearing_find(struct hearing *h, struct str fingerprint, struct alert_state *found,
                 struct alert_body *body)
{
    struct recall_alert a = {0};
    int rc = h->recall->alert_by_fingerprint(h->recall, fingerprint, &a);

    *found = (struct alert_state){0};
    return rc || a.fingerprint.n == 0 ? rc : hearing_read(h, &a, found, body);
}

/* A copy of a post that raised an alert: more reach, same alert. */
static int raise_repost(struct hearing *h, struct str fingerprint_of_first, const struct subject *s)
{
    struct alert_state state;
    struct alert_body body;
    int rc = hearing_find(h, fingerprint_of_first, &state, &body);

    if (rc)
        return rc;
    state.revision++;
    state.count++;
    state.authors += !str_eq(state.author, s->author);
    state.last_ms = MAX(state.last_ms, s->at_ms);
    h->out.n_reposts++;
    return hearing_update(h, &body, &state);
}

static int severity_of(struct hearing *h, const struct verdict *v, int64_t at_ms,
                       enum severity *ret)
{
    enum severity level = v->severity;

    for (uint32_t i = 0; i < v->promise->n_triggers; i++) {
        const struct trigger *t = &v->promise->triggers[i];
        uint32_t mentions, authors;

        if ((t->kind != TRIGGER_AUTHORS && t->kind != TRIGGER_MENTIONS) || t->level <= level)
            continue;
        int rc = h->recall->count(h->recall, v->promise->id, at_ms - t->within_s * 1000, &mentions,
                                  &authors);

        if (rc)
            return rc;
        if ((t->kind == TRIGGER_AUTHORS ? authors : mentions) >= t->count)
            level = t->level;
    }
    *ret = level;
    return 0;
}

static bool live(const struct verdict *v)
{
    return v->promise->status == PROMISE_LIVE && v->kind != VERDICT_DISSONANT;
}

/* What a new alert brings with it. */
static int settle_new(struct hearing *h, const struct verdict *v, const struct subject *s,
                      struct alert_body *body, const struct alert_state *state)
{
    int rc = near_remember(h, v->promise->id, s->simhash, state->fingerprint);

    if (rc || !live(v))
        return rc;
    rc = followup_begin(h, v->promise, s, state);
    return rc ? rc
              : incident_alert(h, v->promise, state->id, body->severity, s->at_ms, &body->incident);
}

/* A new alert, or the next revision of the one this (edited) post raised. */
static int open_alert(struct hearing *h, const struct verdict *v, const struct subject *s)
{
    struct alert_body body, former_body;
    struct alert_state state;
    struct str print = fingerprint(h, v->promise, s);
    enum severity severity;
    int rc = severity_of(h, v, s->at_ms, &severity);

    if (rc == 0)
        rc = hearing_find(h, print, &state, &former_body);
    if (rc)
        return rc;
    if (!alert_body_make(h->settings, h->set, h->source, &s->m, s->author, &s->judgement, v,
                         severity, h->now_ms, h->arena, &body))
        return -ENOMEM;
    if (state.id.n) {
        state.revision++;
        body.opened_ms = former_body.opened_ms;
        body.status = former_body.status;
        body.incident = former_body.incident;
    } else {
        state = (struct alert_state){
            .fingerprint = print,
            .id = hearing_ulid(h, s->at_ms, print, 1),
            .revision = 1,
            .count = 1,
            .authors = 1,
            .sources = 1,
            .first_ms = s->at_ms,
            .last_ms = s->at_ms,
        };
        rc = settle_new(h, v, s, &body, &state);
    }
    state.content = s->content;
    state.author = s->author;
    return rc ? rc : hearing_update(h, &body, &state);
}

/* Which post it is and what it says. Most posts of a poll were heard before: this
 * is all that is done for them. */
static int identify(struct hearing *h, const struct mention *m, struct subject *s)
{
    s->m = *m;
    mention_identify(&s->m, h->arena);
    s->at_ms = m->published_ms != CLOCK_NONE ? m->published_ms : h->now_ms;
    s->author = author_hash(h, h->desk, m->author);
    s->key = hearing_post_key(h, s->m.id);
    examine_content(h, h->desk, s);
    return arena_exhausted(h->arena) ? -ENOMEM : 0;
}

/* Right after identify, whose words are still at hand. */
static int examine(struct hearing *h, struct subject *s)
{
    const struct desk *d = h->desk;
    enum judge_about about =
        h->source->about == DESK_ABOUT_US ? JUDGE_ABOUT_US : JUDGE_ABOUT_ANYONE;

    if (d->said.n >= REPOST_WORDS_MIN)
        s->simhash = simhash_words(d->said.items, d->said.n);
    return judge_decide(h->judge, about, h->now_ms, JUDGE_OUTCOMES, h->arena, &s->judgement);
}

static const struct verdict *verdict_on(const struct subject *s, const struct promise *p)
{
    for (size_t i = 0; i < s->judgement.n; i++)
        if (s->judgement.verdicts[i].promise == p)
            return &s->judgement.verdicts[i];
    return NULL;
}

/* A mention held before is judged again, perhaps by newer rules. */
static int release_one(struct hearing *h, const struct promise *p, struct str json)
{
    struct json *tree;
    struct json_error error;
    struct mention m;
    struct subject s = {0};

    if (json_parse(arena_str(h->arena, json), h->arena, &tree, &error) != JSON_OK ||
        mention_from_json(tree, &m) != MENTION_OK)
        return 0; /* unreadable: written by another version */
    int rc = identify(h, &m, &s);

    if (rc == 0)
        rc = examine(h, &s);
    const struct verdict *v = rc ? NULL : verdict_on(&s, p);

    if (!v || (v->kind != VERDICT_DENIED && v->kind != VERDICT_MEASURED))
        return rc;
    return open_alert(h, v, &s);
}

static int release_held(struct hearing *h, const struct promise *p)
{
    for (unsigned n = 0; n < RELEASES_MAX; n++) {
        struct str json = STR_NONE;
        int rc = h->recall->release(h->recall, p->id, &json);

        if (rc || json.n == 0)
            return rc;
        rc = release_one(h, p, json);
        if (rc)
            return rc;
    }
    return 0;
}

static struct str mention_json(struct hearing *h, const struct mention *m)
{
    struct sbuf b = SBUF_INIT(EVENT_BYTES_MAX);
    struct json_writer w;

    json_writer_init(&w, &b);
    mention_write(m, &w);
    struct str json = b.full ? STR_NONE : arena_str(h->arena, sbuf_str(&b));

    sbuf_done(&b);
    return json;
}

/* Holds a denial until enough others say the same; *ret_met tells that they do. */
static int hold(struct hearing *h, const struct promise *p, const struct subject *s, bool *ret_met)
{
    uint32_t mentions, authors;
    struct str json = mention_json(h, &s->m);
    int rc;

    if (json.n == 0) { /* too long to be held: it alerts at once rather than be lost */
        *ret_met = true;
        return open_alert(h, verdict_on(s, p), s);
    }
    rc = h->recall->hold(h->recall, p->id, fingerprint(h, p, s), s->author, s->at_ms, json,
                         s->at_ms - p->after.within_s * 1000, &mentions, &authors);
    if (rc)
        return rc;
    *ret_met = (p->after.of == AFTER_AUTHORS ? authors : mentions) >= p->after.count;
    h->out.n_held += !*ret_met;
    return 0;
}

static int broken(struct hearing *h, const struct verdict *v, const struct subject *s)
{
    const struct promise *p = v->promise;
    struct recall_alert same = {0};
    bool met = true;
    int rc = h->recall->note(h->recall, p->id, s->author, s->at_ms);

    h->out.n_broken++;
    if (rc == 0)
        rc = h->recall->alert_by_content(h->recall, p->id, s->content,
                                         s->at_ms - h->settings->repost_window_s * 1000, &same);
    if (rc)
        return rc;
    struct str first = arena_str(h->arena, same.fingerprint);

    if (first.n == 0)
        rc = near_find(h, p->id, s->simhash, &first);
    if (rc)
        return rc;
    if (first.n && !str_eq(first, fingerprint(h, p, s)))
        return raise_repost(h, first, s);
    if (v->kind != VERDICT_DENIED || p->after.of == AFTER_NONE)
        return open_alert(h, v, s);
    rc = hold(h, p, s, &met);
    return rc || !met ? rc : release_held(h, p);
}

static int settle(struct hearing *h, const struct verdict *v, const struct subject *s)
{
    int rc = h->recall->ledger(h->recall, v->promise->id, s->at_ms,
                               str_of(verdict_kind_name(v->kind)), s->author, v->ratio);

    if (rc)
        return rc;
    switch (v->kind) {
    case VERDICT_KEPT:
        h->out.n_kept++;
        return 0;
    case VERDICT_DENIED:
    case VERDICT_MEASURED:
        return broken(h, v, s);
    case VERDICT_DISSONANT:
        return open_alert(h, v, s);
    case VERDICT_NONE:
    default:
        return 0;
    }
}

/* A post of ours: what it says against the rule, else against another of our voices. */
static int settle_ours(struct hearing *h, const struct verdict *v, const struct subject *s)
{
    struct verdict other;
    int rc = voice_hear(h, v, s, &other);

    if (rc || (v->kind == VERDICT_NONE && other.kind == VERDICT_NONE))
        return rc;
    return settle(h, v->kind == VERDICT_NONE ? &other : v, s);
}

/* What else tells a post, for feeds that change ids at every poll and sites that move to
 * https or another host: source, path, author and time. Empty: too little is known. */
static struct str place_of(const struct hearing *h, const struct subject *s)
{
    struct str url = url_web(s->m.url) ? s->m.url : s->m.id;
    struct str path = url_web(url) ? url_without_host(url) : STR_NONE;
    bool dated = s->m.published_ms != CLOCK_NONE;
    struct str at = arena_printf(h->arena, "%" PRId64, s->m.published_ms);
    struct str parts[] = {STR("place"), h->source->id, path, s->author, at};

    if (path.n <= 1 && (!dated || s->m.author.n == 0))
        return STR_NONE;
    return hearing_digest(h, parts, ARRAY_LEN(parts));
}

/* Whether the words are those of before, so an edit of them is told from none. A new id
 * for the same words at the same place is no new post. */
static int remember(struct hearing *h, const struct subject *s)
{
    int rc = h->recall->seen(h->recall, s->key, s->content, h->now_ms, &h->out.seen);
    struct str place = rc == 0 && h->out.seen == RECALL_NEW ? place_of(h, s) : STR_NONE;
    enum recall_seen there = RECALL_NEW;

    if (place.n)
        rc = h->recall->seen(h->recall, place, s->content, h->now_ms, &there);
    if (there == RECALL_SAME)
        h->out.seen = RECALL_SAME;
    return rc;
}

static int hear(struct hearing *h, const struct mention *mention)
{
    struct subject s = {0};
    int rc = identify(h, mention, &s);

    if (rc == 0)
        rc = remember(h, &s);
    if (rc || h->out.seen == RECALL_SAME)
        return rc;
    rc = examine(h, &s);
    if (rc)
        return rc;
    h->out.own_voice = s.judgement.author == AUTHOR_OURS;
    struct str followed = STR_NONE;

    if (h->out.own_voice && h->out.seen == RECALL_CHANGED)
        rc = voice_forget(h, s.key);
    if (rc == 0)
        rc = followup_hear(h, &s, &followed);
    for (size_t i = 0; i < s.judgement.n && rc == 0; i++)
        if (!str_eq(s.judgement.verdicts[i].promise->id, followed))
            rc = h->out.own_voice ? settle_ours(h, &s.judgement.verdicts[i], &s)
                                  : settle(h, &s.judgement.verdicts[i], &s);
    /* d->said still holds this post's words: settling examines another only on release,
     * and then this one is of a promise. */
    if (rc == 0)
        rc = gap_hear(h, &s, h->desk->said.items, h->desk->said.n);
    return rc;
}

/* Moves the events to the arena and ends the call. */
static int conclude(struct hearing *h, int rc, struct desk_outcome *ret)
{
    struct desk_event *events =
        rc == 0 ? arena_array(h->arena, h->events.n, sizeof(*events)) : NULL;

    if (rc == 0 && (!events || h->unwrapped))
        rc = -ENOMEM;
    if (rc == 0 && h->events.n)
        memcpy(events, h->events.items, h->events.n * sizeof(*events));
    h->out.events = events;
    h->out.n_events = h->events.n;
    vec_done(&h->events);
    if (rc == 0)
        *ret = h->out;
    return rc;
}

static struct hearing begin(struct desk *d, struct ruleset *set, const struct desk_source *source,
                            int64_t now_ms, struct recall *recall, struct arena *arena)
{
    use_ruleset(d, set);
    return (struct hearing){.desk = d,
                            .settings = &d->settings,
                            .judge = d->judge,
                            .set = set,
                            .source = source,
                            .now_ms = now_ms,
                            .recall = recall,
                            .arena = arena};
}

int desk_hear(struct desk *d, struct ruleset *set, const struct desk_source *source,
              const struct mention *mention, int64_t now_ms, struct recall *recall,
              struct arena *arena, struct desk_outcome *ret)
{
    struct hearing h = begin(d, set, source, now_ms, recall, arena);

    return conclude(&h, hear(&h, mention), ret);
}

static int do_due(struct hearing *h, const struct recall_state *due)
{
    struct str kind = arena_str(h->arena, due->kind), key = arena_str(h->arena, due->key);
    struct str json = arena_str(h->arena, due->json);

    if (arena_exhausted(h->arena))
        return -ENOMEM;
    if (str_eq(kind, INCIDENT_KIND))
        return incident_due(h, key, json);
    if (str_eq(kind, FOLLOWUP_ANSWER))
        return followup_due(h, key);
    return h->recall->state_drop(h->recall, kind, key); /* only kept for a time */
}

static int tick(struct hearing *h)
{
    for (int n = 0; n < DESK_TICK_MAX; n++) {
        struct recall_state due = {0};
        int rc = h->recall->state_due(h->recall, h->now_ms, &due);

        if (rc == 0 && due.kind.n)
            rc = do_due(h, &due);
        if (rc || due.kind.n == 0)
            return rc;
    }
    h->out.more = true;
    return 0;
}

int desk_tick(struct desk *d, struct ruleset *set, int64_t now_ms, struct recall *recall,
              struct arena *arena, struct desk_outcome *ret)
{
    static const struct desk_source nowhere = {{"", 0}, DESK_ABOUT_ANYONE};

    struct hearing h = begin(d, set, &nowhere, now_ms, recall, arena);

    return conclude(&h, tick(&h), ret);
}

int desk_withdraw(struct desk *d, struct ruleset *set, const struct recall_alert *alert,
                  struct str because, int64_t now_ms, struct recall *recall, struct arena *arena,
                  struct desk_outcome *ret)
{
    struct hearing h = {.desk = d,
                        .settings = &d->settings,
                        .set = set,
                        .now_ms = now_ms,
                        .recall = recall,
                        .arena = arena};

    return conclude(&h, withdraw_alert(&h, alert, because), ret);
}

int desk_gone(struct desk *d, struct ruleset *set, const struct desk_source *source, struct str id,
              int64_t now_ms, struct recall *recall, struct arena *arena)
{
    struct hearing h = {.desk = d,
                        .settings = &d->settings,
                        .set = set,
                        .source = source,
                        .now_ms = now_ms,
                        .recall = recall,
                        .arena = arena};

    return voice_forget(&h, hearing_post_key(&h, id));
}

struct str desk_prints(struct desk *d, struct ruleset *set, const struct desk_source *source,
                       struct str id, struct arena *arena)
{
    struct hearing h = {.desk = d, .set = set, .source = source, .arena = arena};
    struct str key = hearing_post_key(&h, id);
    struct sbuf text = SBUF_INIT((set->n_promises + 1) * (KEY_SIZE + 3));
    struct json_writer w;

    json_writer_init(&w, &text);
    json_open_array(&w);
    for (size_t i = 0; i < set->n_promises; i++)
        json_str(&w, print_of(&h, &set->promises[i], key));
    json_close_array(&w);
    struct str prints = arena_str(arena, sbuf_str(&text));

    sbuf_done(&text);
    return prints;
}

struct str desk_author(struct desk *d, struct str author, struct arena *arena)
{
    struct hearing h = {.arena = arena};

    return author_hash(&h, d, author);
}

static struct str system_json(const struct desk *d, const struct desk_event *e, struct str message,
                              int64_t now_ms, struct arena *arena)
{
    struct cloudevent c;
    struct json_writer *w = cloudevent_begin(&c, &d->settings, e->id, e->type, e->status, now_ms);

    json_member_str(w, STR("what"), e->status);
    json_member_str(w, STR("message"), message);
    return cloudevent_end(&c, &d->settings, e->seq, arena);
}

int desk_system_event(struct desk *d, struct str what, struct str message, int64_t now_ms,
                      struct recall *recall, struct arena *arena, struct desk_event *ret)
{
    struct desk_event e = {.stream = EVENT_OPS,
                           .type = STR("couac.system.v1"),
                           .status = what,
                           .severity = STR("medium"),
                           .title = message};
    struct hearing h = {.arena = arena};
    int rc = recall->next_seq(recall, &e.seq);

    if (rc)
        return rc;
    e.id = hearing_ulid(&h, now_ms, what, (uint32_t)e.seq);
    e.json = system_json(d, &e, message, now_ms, arena);
    if (!e.json.p)
        return -ENOMEM;
    *ret = e;
    return 0;
}
