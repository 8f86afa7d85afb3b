#include "lib/desk/alert.h"

#include <math.h>
#include <stdio.h>

#include "lib/base/arena.h"
#include "lib/base/utf8.h"
#include "lib/desk/cloudevent.h"
#include "lib/desk/excerpt.h"

enum { NUMBER_MAX = 64 };

/* "6 jours", "30 €", "12 %": an amount as people say it. */
static void write_amount(const struct quantity *q, enum lang lang, char *ret, size_t n)
{
    double value = isfinite(q->low) ? q->low : q->high;

    if (q->kind == QUANTITY_DURATION)
        quantity_write_duration(value, lang, ret, n);
    else if (q->kind == QUANTITY_MONEY)
        (void)snprintf(ret, n, "%.10g %s", value, q->currency); /* fits */
    else if (q->kind == QUANTITY_PERCENTAGE)
        (void)snprintf(ret, n, "%.10g %%", value); /* fits */
    else
        (void)snprintf(ret, n, "%.10g", value); /* fits */
}

/* The words of titles and reasons: each language fills the same places. */
struct wording {
    const char *open, *close; /* around the promise's own words */
    const char *contradicted, *differs, *times;
    const char *post_speaks_of, *voice_speaks_of, *promise_is, *other_says, *denied, *stop;
};

static const struct wording english = {
    .open = "\"",
    .close = "\"",
    .contradicted = " contradicted",
    .differs = " said differently by one of our accounts",
    .times = " times the promise",
    .post_speaks_of = "The post speaks of ",
    .voice_speaks_of = "One of our accounts speaks of ",
    .promise_is = "; the promise is ",
    .other_says = "; another says ",
    .denied = "The post says that the promise is not kept.",
    .stop = ".",
};

static const struct wording french = {
    .open = "« ",
    .close = " »",
    .contradicted = " : promesse contredite",
    .differs = " : un de nos comptes dit autre chose",
    .times = " fois la promesse",
    .post_speaks_of = "Le message parle de ",
    .voice_speaks_of = "Un de nos comptes parle de ",
    .promise_is = " ; la promesse est : ",
    .other_says = " ; un autre dit : ",
    .denied = "Le message dit que la promesse n'est pas tenue.",
    .stop = ".",
};

static const struct wording spanish = {
    .open = "«",
    .close = "»",
    .contradicted = ": promesa incumplida",
    .differs = ": una de nuestras cuentas dice otra cosa",
    .times = " veces la promesa",
    .post_speaks_of = "El mensaje habla de ",
    .voice_speaks_of = "Una de nuestras cuentas habla de ",
    .promise_is = "; la promesa es: ",
    .other_says = "; otra dice: ",
    .denied = "El mensaje dice que la promesa no se cumple.",
    .stop = ".",
};

static const struct wording *const wordings[LANG_COUNT] = {
    [LANG_UNKNOWN] = &english, [LANG_EN] = &english, [LANG_FR] = &french, [LANG_ES] = &spanish};

static struct str make_title(const struct verdict *v, enum lang lang, struct arena *arena)
{
    const struct wording *w = wordings[lang];
    bool own = v->kind == VERDICT_DISSONANT;
    char amount[NUMBER_MAX] = "";
    struct sbuf b = SBUF_INIT(2000);

    sbuf_printf(&b, "%s%.*s%s%s", w->open, STR_ARG(v->promise->says), w->close,
                own ? w->differs : w->contradicted);
    if (v->observed) {
        write_amount(v->observed, lang, amount, sizeof(amount));
        sbuf_printf(&b, " (%s", amount);
        if (v->ratio >= 1.5 && !own)
            sbuf_printf(&b, ", %.2g%s", v->ratio, w->times);
        sbuf_putc(&b, ')');
    }
    struct str title = arena_str(arena, utf8_head(sbuf_str(&b), 300));

    sbuf_done(&b);
    return title;
}

static void write_why(struct json_writer *w, const struct verdict *v, enum lang lang)
{
    const struct wording *words = wordings[lang];
    char amount[NUMBER_MAX];
    struct sbuf b = SBUF_INIT(1000);

    if (v->other_said.n) {
        sbuf_printf(&b, "%s%s%.*s%s%s%s%.*s%s%s", words->voice_speaks_of, words->open,
                    STR_ARG(v->said), words->close, words->other_says, words->open,
                    STR_ARG(v->other_said), words->close, words->stop);
    } else if (v->observed) {
        write_amount(v->observed, lang, amount, sizeof(amount));
        sbuf_printf(&b, "%s%s%s%.*s%s",
                    v->kind == VERDICT_DISSONANT ? words->voice_speaks_of : words->post_speaks_of,
                    amount, words->promise_is, STR_ARG(v->promise->limit.text), words->stop);
    } else {
        sbuf_printf(&b, "%s", words->denied);
    }
    json_member_str(w, STR("why"), sbuf_str(&b));
    sbuf_done(&b);
}

static void write_quantity(struct json_writer *w, const struct quantity *q)
{
    bool time = q->kind == QUANTITY_DURATION;

    json_open_object(w);
    json_key(w, STR("amount"));
    json_double(w, q->amount);
    json_member_str(w, STR("unit"), str_of(quantity_unit_name(q->unit)));
    json_key(w, time ? STR("seconds") : STR("value"));
    json_double(w, isfinite(q->low) ? q->low : q->high);
    if (q->currency[0])
        json_member_str(w, STR("currency"), str_of(q->currency));
    json_member_str(w, STR("bound"), str_of(quantity_bound_name(q->bound)));
    json_close_object(w);
}

static void write_limit(struct json_writer *w, const struct limit *limit)
{
    json_key(w, STR("limit"));
    json_open_object(w);
    json_member_str(w, STR("op"), limit->op == LIMIT_AT_MOST ? STR("at most") : STR("at least"));
    json_key(w, STR("amount"));
    json_double(w, limit->q.amount);
    json_member_str(w, STR("unit"), str_of(quantity_unit_name(limit->q.unit)));
    json_key(w, limit->q.kind == QUANTITY_DURATION ? STR("seconds") : STR("value"));
    json_double(w, limit->op == LIMIT_AT_MOST ? limit->q.high : limit->q.low);
    if (limit->q.currency[0])
        json_member_str(w, STR("currency"), str_of(limit->q.currency));
    json_close_object(w);
}

static void write_promise(struct json_writer *w, const struct promise *p)
{
    json_key(w, STR("promise"));
    json_open_object(w);
    json_member_str(w, STR("id"), p->id);
    json_member_str(w, STR("says"), p->says);
    json_member_str(w, STR("source"), p->source);
    if (p->limit.op != LIMIT_NONE)
        write_limit(w, &p->limit);
    json_close_object(w);
}

static void write_mention(struct json_writer *w, const struct desk_source *source,
                          const struct mention *m, struct str author, const struct excerpt *e,
                          enum lang lang, int64_t now_ms)
{
    json_key(w, STR("mention"));
    json_open_object(w);
    json_member_str(w, STR("id"), m->id);
    json_member_str(w, STR("source"), source->id);
    json_member_str(w, STR("url"), m->url);
    json_member_str(w, STR("lang"), lang == LANG_UNKNOWN ? m->lang : lang_tag(lang));
    cloudevent_time(w, STR("published"), m->published_ms);
    cloudevent_time(w, STR("seen"), now_ms);
    json_key(w, STR("author"));
    json_open_object(w);
    json_member_str(w, STR("hash"), author);
    if (m->reach >= 0)
        json_member_i64(w, STR("reach"), m->reach);
    json_close_object(w);
    json_member_str(w, STR("excerpt"), e->text);
    json_key(w, STR("truncated"));
    json_bool(w, e->truncated);
    json_close_object(w);
}

/* In code points of the excerpt; evidence outside of it is left out. */
static void write_evidence(struct json_writer *w, const struct evidence *e, struct str text,
                           const struct excerpt *x)
{
    struct str window = str_slice(text, x->from, text.n);

    if (e->start < x->from)
        return;
    size_t start = utf8_count(str_slice(window, 0, e->start - x->from));
    size_t end = start + utf8_count(str_slice(text, e->start, e->end));
    size_t from = utf8_offset(x->text, start), to = utf8_offset(x->text, end);
    char at[300];

    if (end > EXCERPT_POINTS || from == to)
        return;
    json_open_object(w);
    json_member_str(w, STR("role"), str_of(evidence_role_name(e->role)));
    json_member_i64(w, STR("start"), (int64_t)start);
    json_member_i64(w, STR("end"), (int64_t)end);
    json_member_str(w, STR("text"), str_slice(x->text, from, to));
    (void)snprintf(at, sizeof(at), "%.*s:%u", STR_ARG(e->phrase->at.file),
                   e->phrase->at.line); /* a long name may be cut */
    json_member_str(w, STR("at"), str_of(at));
    json_close_object(w);
}

/* What speaks for the company: kept, within the limit, explained away. */
static bool in_favour(const struct evidence *e)
{
    return e->use == EVIDENCE_KEEPS || e->use == EVIDENCE_EXPLAINED || e->use == EVIDENCE_IN_TIME ||
           e->role == EVIDENCE_UNLESS;
}

static bool worth_telling(const struct evidence *e)
{
    return e->use == EVIDENCE_COUNTED || e->use == EVIDENCE_DENIES || e->use == EVIDENCE_BREAKS ||
           in_favour(e);
}

static void write_all_evidence(struct json_writer *w, const struct verdict *v, struct str text,
                               const struct excerpt *x)
{
    static const struct str keys[] = {{"evidence", 8}, {"against", 7}};

    for (int side = 0; side < 2; side++) {
        json_key(w, keys[side]);
        json_open_array(w);
        for (size_t i = 0; i < v->n_evidence; i++)
            if (worth_telling(&v->evidence[i]) && in_favour(&v->evidence[i]) == (side == 1))
                write_evidence(w, &v->evidence[i], text, x);
        json_close_array(w);
    }
}

static void write_contradiction(struct json_writer *w, const struct verdict *v, enum lang lang)
{
    json_key(w, STR("contradiction"));
    json_open_object(w);
    json_member_str(w, STR("strength"),
                    v->kind == VERDICT_DENIED ? STR("denied") : STR("measured"));
    if (v->observed) {
        json_key(w, STR("observed"));
        write_quantity(w, v->observed);
    }
    if (v->ratio > 0) {
        json_key(w, STR("ratio"));
        json_double(w, round(v->ratio * 100) / 100);
    }
    write_why(w, v, lang);
    if (v->other_said.n) {
        json_key(w, STR("other"));
        json_open_object(w);
        json_member_str(w, STR("said"), v->other_said);
        json_member_str(w, STR("url"), v->other_url);
        json_close_object(w);
    }
    json_close_object(w);
}

bool alert_body_make(const struct desk_settings *settings, const struct ruleset *set,
                     const struct desk_source *source, const struct mention *mention,
                     struct str author_hash, const struct judgement *judgement,
                     const struct verdict *verdict, enum severity severity, int64_t now_ms,
                     struct arena *arena, struct alert_body *ret)
{
    enum excerpt_mask mask = settings->privacy == PRIVACY_CLEAR ? EXCERPT_CLEAR : EXCERPT_MASKED;
    size_t start = verdict->worst ? verdict->worst->start : 0;
    struct excerpt x = excerpt_make(judgement->text, start, set, mask, arena);
    struct sbuf b = SBUF_INIT(EVENT_BYTES_MAX / 2);
    struct json_writer w;
    const struct promise *p = verdict->promise;
    bool dissonant = verdict->kind == VERDICT_DISSONANT;

    json_writer_init(&w, &b);
    json_open_object(&w);
    write_promise(&w, p);
    write_mention(&w, source, mention, author_hash, &x, judgement->lang, now_ms);
    write_contradiction(&w, verdict, judgement->lang);
    write_all_evidence(&w, verdict, judgement->text, &x);
    json_close_object(&w);
    struct str object = arena_str(arena, sbuf_str(&b));
    bool fits = !b.full;

    sbuf_done(&b);
    *ret = (struct alert_body){
        .type = dissonant ? STR("couac.dissonance.v1") : STR("couac.alert.v1"),
        .stream = dissonant                    ? EVENT_INCIDENTS
                  : p->status == PROMISE_DRAFT ? EVENT_SHADOW
                                               : EVENT_ALERTS,
        .promise = p->id,
        .owner = p->owner->id,
        .owner_queue = p->status == PROMISE_DRAFT ? STR_NONE : p->owner->queue,
        .lang = lang_tag(judgement->lang),
        .title = make_title(verdict, judgement->lang, arena),
        .url = mention->url,
        .status = STR("open"),
        .severity = severity,
        .members = str_slice(object, 1, object.n ? object.n - 1 : 0),
        .opened_ms = now_ms,
        .expires_ms =
            settings->retention_s > 0 ? now_ms + settings->retention_s * 1000 : CLOCK_NONE,
    };
    return fits && !arena_exhausted(arena);
}

struct str alert_body_to_json(const struct alert_body *body, struct arena *arena)
{
    struct sbuf b = SBUF_INIT(EVENT_BYTES_MAX);
    struct json_writer w;

    json_writer_init(&w, &b);
    json_open_object(&w);
    json_member_str(&w, STR("type"), body->type);
    json_member_i64(&w, STR("stream"), body->stream);
    json_member_str(&w, STR("promise"), body->promise);
    json_member_str(&w, STR("owner"), body->owner);
    json_member_str(&w, STR("owner_queue"), body->owner_queue);
    json_member_str(&w, STR("lang"), body->lang);
    json_member_str(&w, STR("title"), body->title);
    json_member_str(&w, STR("url"), body->url);
    json_member_str(&w, STR("status"), body->status);
    json_member_str(&w, STR("incident"), body->incident);
    json_member_i64(&w, STR("severity"), body->severity);
    json_member_i64(&w, STR("opened_ms"), body->opened_ms);
    json_member_i64(&w, STR("expires_ms"), body->expires_ms);
    json_member_str(&w, STR("members"), body->members);
    json_close_object(&w);
    struct str json = arena_str(arena, sbuf_str(&b));

    sbuf_done(&b);
    return json;
}

bool alert_body_from_json(struct str json, struct arena *arena, struct alert_body *ret)
{
    struct json *tree;
    struct json_error error;

    if (json_parse(json, arena, &tree, &error) != JSON_OK)
        return false;
    int64_t stream = cloudevent_number(tree, STR("stream")),
            severity = cloudevent_number(tree, STR("severity"));

    if (stream < 0 || stream >= EVENT_STREAMS || severity < 0 || severity > SEVERITY_CRITICAL)
        return false;
    *ret = (struct alert_body){
        .type = json_get_str(tree, STR("type")),
        .stream = (enum event_stream)stream,
        .promise = json_get_str(tree, STR("promise")),
        .owner = json_get_str(tree, STR("owner")),
        .owner_queue = json_get_str(tree, STR("owner_queue")),
        .lang = json_get_str(tree, STR("lang")),
        .title = json_get_str(tree, STR("title")),
        .url = json_get_str(tree, STR("url")),
        .status = json_get_str(tree, STR("status")),
        .incident = json_get_str(tree, STR("incident")),
        .severity = (enum severity)severity,
        .members = json_get_str(tree, STR("members")),
        .opened_ms = cloudevent_number(tree, STR("opened_ms")),
        .expires_ms = cloudevent_number(tree, STR("expires_ms")),
    };
    return ret->members.n > 0;
}

static void write_alert(struct json_writer *w, const struct alert_body *body,
                        const struct alert_state *state, int64_t now_ms)
{
    json_key(w, STR("alert"));
    json_open_object(w);
    json_member_str(w, STR("id"), state->id);
    json_member_str(w, STR("fingerprint"), state->fingerprint);
    json_member_str(w, STR("status"), body->status);
    json_member_i64(w, STR("revision"), state->revision);
    json_member_str(w, STR("severity"), str_of(severity_name(body->severity)));
    json_member_str(w, STR("title"), body->title);
    cloudevent_time(w, STR("opened_at"), body->opened_ms);
    cloudevent_time(w, STR("updated_at"), now_ms);
    json_member_str(w, STR("owner"), body->owner);
    json_member_str(w, STR("incident"), body->incident);
    json_close_object(w);
}

static void write_group(struct json_writer *w, const struct alert_state *state)
{
    json_key(w, STR("group"));
    json_open_object(w);
    json_member_i64(w, STR("count"), state->count);
    json_member_i64(w, STR("authors"), state->authors);
    json_member_i64(w, STR("sources"), state->sources);
    cloudevent_time(w, STR("first"), state->first_ms);
    cloudevent_time(w, STR("last"), state->last_ms);
    json_close_object(w);
}

static void write_origin(struct json_writer *w, const struct desk_settings *settings,
                         const struct alert_body *body, struct str sha256)
{
    static const char *const modes[] = {[PRIVACY_NONE] = "none",
                                        [PRIVACY_PSEUDONYMOUS] = "pseudonymous",
                                        [PRIVACY_CLEAR] = "clear"};

    json_key(w, STR("rules"));
    json_open_object(w);
    json_member_str(w, STR("sha256"), sha256);
    json_member_str(w, STR("engine"), STR("couac/" COUAC_VERSION));
    json_close_object(w);
    json_key(w, STR("privacy"));
    json_open_object(w);
    json_member_str(w, STR("mode"), str_of(modes[settings->privacy]));
    if (settings->privacy == PRIVACY_PSEUDONYMOUS)
        json_member_str(w, STR("key"), STR("k1"));
    cloudevent_time(w, STR("expires"), body->expires_ms);
    json_close_object(w);
}

bool alert_event(const struct desk_settings *settings, const struct alert_body *body,
                 const struct alert_state *state, struct str event_id, struct str rules_sha256,
                 uint64_t seq, int64_t now_ms, struct arena *arena, struct desk_event *ret)
{
    struct cloudevent c;
    struct json_writer *w =
        cloudevent_begin(&c, settings, event_id, body->type, body->promise, now_ms);

    write_alert(w, body, state, now_ms);
    sbuf_putc(&c.text, ',');
    sbuf_add(&c.text, body->members);
    write_group(w, state);
    write_origin(w, settings, body, rules_sha256);
    *ret = (struct desk_event){
        .seq = seq,
        .stream = body->stream,
        .json = cloudevent_end(&c, settings, seq, arena),
        .id = state->id,
        .type = body->type,
        .status = body->status,
        .severity = str_of(severity_name(body->severity)),
        .promise = body->promise,
        .owner = body->owner,
        .lang = body->lang,
        .title = body->title,
        .url = body->url,
        .owner_queue = body->owner_queue,
    };
    return ret->json.n > 0;
}
