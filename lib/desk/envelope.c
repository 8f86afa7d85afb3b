#include "lib/desk/envelope.h"

#include <stdio.h>

#include "lib/base/arena.h"
#include "lib/data/digest.h"
#include "lib/data/json.h"

enum { BODY_MAX = 3 * EVENT_BYTES_MAX }; /* quoted once more, at worst */

/* The same event is the same task: a worker that keeps results sees a repetition. */
static void task_id(const struct desk_event *e, char ret[DIGEST_HEX_SIZE])
{
    struct digest digest = digest_sha256(e->json);

    (void)digest_hex(&digest, ret);
}

static void write_null(struct json_writer *w, struct str key)
{
    json_key(w, key);
    json_null(w);
}

/* [[event], {}, {"callbacks": null, ...}] as text: that is what "plain" means. */
static void write_celery_body(struct json_writer *w, const struct desk_event *e)
{
    struct sbuf b = SBUF_INIT(EVENT_BYTES_MAX + 200);

    sbuf_printf(&b, "[[%.*s],{},", STR_ARG(e->json));
    sbuf_printf(&b, "{\"callbacks\":null,\"errbacks\":null,\"chain\":null,\"chord\":null}]");
    json_member_str(w, STR("body"), sbuf_str(&b));
    sbuf_done(&b);
}

static void write_celery_headers(struct json_writer *w, struct str id)
{
    static const struct str empty[] = {
        {"parent_id", 9}, {"group", 5}, {"shadow", 6}, {"eta", 3}, {"expires", 7}};

    json_key(w, STR("headers"));
    json_open_object(w);
    json_member_str(w, STR("lang"), STR("py"));
    json_member_str(w, STR("task"), STR("couac.alert"));
    json_member_str(w, STR("id"), id);
    json_member_str(w, STR("root_id"), id);
    for (size_t i = 0; i < ARRAY_LEN(empty); i++)
        write_null(w, empty[i]);
    json_member_i64(w, STR("retries"), 0);
    json_key(w, STR("timelimit"));
    json_raw(w, STR("[null,null]"));
    json_member_str(w, STR("argsrepr"), STR("(event,)"));
    json_member_str(w, STR("kwargsrepr"), STR("{}"));
    json_member_str(w, STR("origin"), STR("couacd"));
    json_close_object(w);
}

static void write_celery(struct json_writer *w, const struct desk_event *e, struct str queue)
{
    char hex[DIGEST_HEX_SIZE], id[40];

    task_id(e, hex);
    (void)snprintf(id, sizeof(id), "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
                   hex + 20); /* fits: a UUID */
    json_open_object(w);
    write_celery_body(w, e);
    json_member_str(w, STR("content-encoding"), STR("utf-8"));
    json_member_str(w, STR("content-type"), STR("application/json"));
    write_celery_headers(w, str_of(id));
    json_key(w, STR("properties"));
    json_open_object(w);
    json_member_str(w, STR("correlation_id"), str_of(id));
    json_member_str(w, STR("delivery_tag"), str_of(id));
    json_member_i64(w, STR("delivery_mode"), 2);
    json_member_i64(w, STR("priority"), 0);
    json_key(w, STR("delivery_info"));
    json_open_object(w);
    json_key(w, STR("exchange"));
    json_str(w, STR(""));
    json_member_str(w, STR("routing_key"), queue);
    json_close_object(w);
    json_close_object(w);
    json_close_object(w);
}

static void write_sidekiq(struct json_writer *w, const struct desk_event *e, struct str queue,
                          int64_t now_ms)
{
    char hex[DIGEST_HEX_SIZE];

    task_id(e, hex);
    json_open_object(w);
    json_member_str(w, STR("class"), STR("CouacAlert"));
    json_key(w, STR("args"));
    json_open_array(w);
    json_raw(w, e->json);
    json_close_array(w);
    json_member_str(w, STR("queue"), queue);
    json_member_str(w, STR("jid"), str_make(hex, 24));
    json_key(w, STR("retry"));
    json_bool(w, true);
    json_key(w, STR("created_at"));
    json_double(w, (double)now_ms / 1000);
    json_key(w, STR("enqueued_at"));
    json_double(w, (double)now_ms / 1000);
    json_close_object(w);
}

struct str envelope_list(const struct owner *owner, struct arena *arena)
{
    static const char *const before[] = {
        [OWNER_PLAIN] = "", [OWNER_CELERY] = "=", [OWNER_SIDEKIQ] = "=queue:"};

    return owner->queue.n
               ? arena_printf(arena, "%s%.*s", before[owner->envelope], STR_ARG(owner->queue))
               : STR_NONE;
}

bool envelope_apply(const struct owner *owner, int64_t now_ms, struct arena *arena,
                    struct desk_event *event)
{
    struct sbuf b = SBUF_INIT(BODY_MAX);
    struct json_writer w;

    if (owner->envelope == OWNER_PLAIN || event->owner_queue.n == 0)
        return true;
    json_writer_init(&w, &b);
    if (owner->envelope == OWNER_CELERY)
        write_celery(&w, event, owner->queue);
    else
        write_sidekiq(&w, event, owner->queue, now_ms);
    event->owner_queue = envelope_list(owner, arena);
    event->owner_body = b.full ? STR_NONE : arena_str(arena, sbuf_str(&b));
    sbuf_done(&b);
    return event->owner_body.n > 0 && event->owner_queue.n > 0;
}
