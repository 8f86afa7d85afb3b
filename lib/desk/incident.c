#include "lib/desk/incident.h"

#include <errno.h>

#include "lib/base/arena.h"
#include "lib/desk/cloudevent.h"

enum { SAMPLES_MAX = 5 };

#define HOUR_MS INT64_C(3600000)

static const int64_t window_ms = 24 * HOUR_MS, quiet_ms = 6 * HOUR_MS, close_ms = 24 * HOUR_MS,
                     reopen_ms = 7 * 24 * HOUR_MS;

enum status { WATCHING, OPEN, QUIET, CLOSED };
static const struct str status_names[] = {
    {"watching", 8}, {"open", 4}, {"quiet", 5}, {"closed", 6}};

struct incident {
    struct str id, promise;
    enum status status;
    enum severity severity;
    uint32_t revision, count, told; /* told: count at the latest event */
    int64_t opened_ms, last_ms;     /* last: of the posts */
    struct str samples[SAMPLES_MAX];
    size_t n_samples;
};

static bool from_json(struct hearing *h, struct str json, struct incident *ret)
{
    struct json *tree;
    struct json_error error;

    if (json.n == 0 || json_parse(arena_str(h->arena, json), h->arena, &tree, &error) != JSON_OK)
        return false;
    *ret = (struct incident){
        .id = json_get_str(tree, STR("id")),
        .promise = json_get_str(tree, STR("promise")),
        .status = (enum status)(cloudevent_number(tree, STR("status")) & 3),
        .severity = (enum severity)(cloudevent_number(tree, STR("severity")) & 3),
        .revision = (uint32_t)cloudevent_number(tree, STR("revision")),
        .count = (uint32_t)cloudevent_number(tree, STR("count")),
        .told = (uint32_t)cloudevent_number(tree, STR("told")),
        .opened_ms = cloudevent_number(tree, STR("opened_ms")),
        .last_ms = cloudevent_number(tree, STR("last_ms")),
    };
    const struct json *samples = json_get(tree, STR("samples"));

    for (const struct json *it = samples ? samples->first : NULL;
         it && ret->n_samples < SAMPLES_MAX; it = it->next)
        ret->samples[ret->n_samples++] = it->s;
    return true;
}

static void write_samples(struct json_writer *w, const struct incident *in)
{
    json_open_array(w);
    for (size_t i = 0; i < in->n_samples; i++)
        json_str(w, in->samples[i]);
    json_close_array(w);
}

static int keep(struct hearing *h, const struct incident *in, int64_t due_ms)
{
    struct sbuf b = SBUF_INIT(EVENT_BYTES_MAX);
    struct json_writer w;

    json_writer_init(&w, &b);
    json_open_object(&w);
    json_member_str(&w, STR("id"), in->id);
    json_member_str(&w, STR("promise"), in->promise);
    json_member_i64(&w, STR("status"), in->status);
    json_member_i64(&w, STR("severity"), in->severity);
    json_member_i64(&w, STR("revision"), in->revision);
    json_member_i64(&w, STR("count"), in->count);
    json_member_i64(&w, STR("told"), in->told);
    json_member_i64(&w, STR("opened_ms"), in->opened_ms);
    json_member_i64(&w, STR("last_ms"), in->last_ms);
    json_key(&w, STR("samples"));
    write_samples(&w, in);
    json_close_object(&w);
    int rc = h->recall->state_put(h->recall, INCIDENT_KIND, in->promise, sbuf_str(&b), due_ms);

    sbuf_done(&b);
    return rc;
}

static void write_incident(struct json_writer *w, const struct hearing *h,
                           const struct incident *in, struct str title, const struct promise *p,
                           uint32_t authors)
{
    json_key(w, STR("incident"));
    json_open_object(w);
    json_member_str(w, STR("id"), in->id);
    json_member_str(w, STR("status"), status_names[in->status]);
    json_member_i64(w, STR("revision"), in->revision);
    json_member_str(w, STR("severity"), str_of(severity_name(in->severity)));
    json_member_str(w, STR("title"), title);
    json_member_str(w, STR("owner"), p ? p->owner->id : STR_NONE);
    cloudevent_time(w, STR("opened_at"), in->opened_ms);
    cloudevent_time(w, STR("updated_at"), h->now_ms);
    json_member_i64(w, STR("count"), in->count);
    json_member_i64(w, STR("authors"), authors);
    json_close_object(w);
    json_key(w, STR("promise"));
    json_open_object(w);
    json_member_str(w, STR("id"), in->promise);
    json_member_str(w, STR("says"), p ? p->says : STR_NONE);
    json_close_object(w);
    json_key(w, STR("alerts"));
    write_samples(w, in);
}

static struct str event_json(struct hearing *h, const struct incident *in,
                             const struct desk_event *e, const struct promise *p, uint32_t authors)
{
    struct cloudevent c;
    struct str id = hearing_ulid(h, h->now_ms, in->id, in->revision);
    struct json_writer *w = cloudevent_begin(&c, h->settings, id, e->type, in->promise, h->now_ms);

    write_incident(w, h, in, e->title, p, authors);
    return cloudevent_end(&c, h->settings, e->seq, h->arena);
}

static int tell(struct hearing *h, struct incident *in, struct str type)
{
    const struct promise *p = ruleset_promise(h->set, in->promise);
    uint32_t mentions, authors;
    struct desk_event e = {
        .stream = EVENT_INCIDENTS,
        .id = in->id,
        .type = type,
        .status = status_names[in->status],
        .severity = str_of(severity_name(in->severity)),
        .promise = in->promise,
        .owner = p ? p->owner->id : STR_NONE,
    };
    int rc =
        h->recall->count(h->recall, in->promise, in->opened_ms - window_ms, &mentions, &authors);

    if (rc == 0)
        rc = h->recall->next_seq(h->recall, &e.seq);
    if (rc)
        return rc;
    in->revision++;
    in->told = in->count;
    e.title = arena_printf(h->arena, "%.*s: %u posts, %u authors",
                           STR_ARG(p ? p->says : in->promise), in->count, authors);
    e.json = event_json(h, in, &e, p, authors);
    if (!e.json.p)
        return -ENOMEM;
    hearing_push(h, &e);
    return 0;
}

static void begin(struct hearing *h, struct incident *in, struct str promise, struct str alert_id,
                  int64_t at_ms)
{
    *in = (struct incident){.promise = promise, .opened_ms = at_ms, .last_ms = at_ms};
    in->id = hearing_ulid(h, at_ms, alert_id, 0);
}

/* The event that this alert causes, if any, and the state after it. */
static struct str step(struct incident *in, enum severity severity)
{
    bool higher = severity > in->severity;

    in->severity = MAX(in->severity, severity);
    switch (in->status) {
    case WATCHING:
        if (in->count < INCIDENT_OPENS_AT)
            return STR_NONE;
        in->status = OPEN;
        return STR("couac.incident.opened.v1");
    case CLOSED:
        in->status = OPEN;
        return STR("couac.incident.opened.v1");
    case QUIET:
        in->status = OPEN;
        return STR("couac.incident.growing.v1");
    case OPEN:
    default:
        return higher || in->count >= 2 * in->told ? STR("couac.incident.growing.v1") : STR_NONE;
    }
}

int incident_alert(struct hearing *h, const struct promise *p, struct str alert_id,
                   enum severity severity, int64_t at_ms, struct str *ret_id)
{
    struct incident in;
    struct str json;
    int rc = h->recall->state_get(h->recall, INCIDENT_KIND, p->id, &json);

    if (rc)
        return rc;
    if (!from_json(h, json, &in) || (in.status == WATCHING && at_ms - in.last_ms > window_ms))
        begin(h, &in, p->id, alert_id, at_ms);
    in.count++;
    in.last_ms = MAX(in.last_ms, at_ms);
    if (in.n_samples < SAMPLES_MAX)
        in.samples[in.n_samples++] = alert_id;
    struct str type = step(&in, severity);

    if (type.n)
        rc = tell(h, &in, type);
    if (rc == 0)
        rc = keep(h, &in, h->now_ms + (in.status == WATCHING ? window_ms : quiet_ms));
    *ret_id = in.status == OPEN ? in.id : STR_NONE;
    return rc;
}

int incident_due(struct hearing *h, struct str key, struct str json)
{
    struct incident in;
    int rc;

    key = arena_str(h->arena, key);
    if (!from_json(h, json, &in) || in.status == WATCHING || in.status == CLOSED)
        return h->recall->state_drop(h->recall, INCIDENT_KIND, key);
    if (in.status == OPEN) {
        in.status = QUIET;
        rc = tell(h, &in, STR("couac.incident.quiet.v1"));
        return rc ? rc : keep(h, &in, h->now_ms + close_ms);
    }
    in.status = CLOSED;
    rc = tell(h, &in, STR("couac.incident.closed.v1"));
    return rc ? rc : keep(h, &in, h->now_ms + reopen_ms);
}
