#include "lib/desk/withdraw.h"

#include <errno.h>

#include "lib/desk/cloudevent.h"

static void write_data(struct json_writer *w, const struct desk_event *e,
                       const struct alert_state *state, struct str because)
{
    json_key(w, STR("alert"));
    json_open_object(w);
    json_member_str(w, STR("id"), e->id);
    json_member_str(w, STR("fingerprint"), state->fingerprint);
    json_member_str(w, STR("status"), e->status);
    json_member_i64(w, STR("revision"), state->revision + 1);
    json_member_str(w, STR("owner"), e->owner);
    json_close_object(w);
    json_key(w, STR("promise"));
    json_open_object(w);
    json_member_str(w, STR("id"), e->promise);
    json_close_object(w);
    json_member_str(w, STR("because"), because);
}

int withdraw_alert(struct hearing *h, const struct recall_alert *alert, struct str because)
{
    struct alert_state state;
    struct alert_body body;
    struct cloudevent c;
    int rc = hearing_read(h, alert, &state, &body);

    if (rc)
        return rc;
    struct desk_event e = {
        .stream = body.stream,
        .id = state.id,
        .type = STR("couac.withdrawn.v1"),
        .status = STR("withdrawn"),
        .severity = str_of(severity_name(body.severity)),
        .promise = body.promise,
        .owner = body.owner,
        .owner_queue = body.owner_queue,
    };

    rc = h->recall->next_seq(h->recall, &e.seq);
    if (rc)
        return rc;
    struct str event_id = hearing_ulid(h, h->now_ms, state.fingerprint, state.revision + 1);
    struct json_writer *w =
        cloudevent_begin(&c, h->settings, event_id, e.type, e.promise, h->now_ms);

    write_data(w, &e, &state, because);
    e.json = cloudevent_end(&c, h->settings, e.seq, h->arena);
    if (e.json.n == 0)
        return -ENOMEM;
    hearing_push(h, &e);
    return 0;
}
