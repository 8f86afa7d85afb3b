#include "lib/desk/cloudevent.h"

void cloudevent_time(struct json_writer *w, struct str key, int64_t at_ms)
{
    char text[CLOCK_TEXT_MAX];

    if (at_ms != CLOCK_NONE)
        json_member_str(w, key, clock_write_ms(at_ms, text));
}

int64_t cloudevent_number(const struct json *object, struct str key)
{
    const struct json *member = json_get(object, key);
    int64_t value = 0;

    return member && json_to_i64(member, &value) ? value : 0;
}

struct json_writer *cloudevent_begin(struct cloudevent *c, const struct desk_settings *settings,
                                     struct str id, struct str type, struct str subject,
                                     int64_t now_ms)
{
    struct json_writer *w = &c->w;
    struct sbuf source = SBUF_INIT(300);

    sbuf_init(&c->text, EVENT_BYTES_MAX);
    json_writer_init(w, &c->text);
    sbuf_printf(&source, "urn:couac:%.*s", STR_ARG(settings->instance));
    json_open_object(w);
    json_member_str(w, STR("specversion"), STR("1.0"));
    json_member_str(w, STR("id"), id);
    json_member_str(w, STR("source"), sbuf_str(&source));
    json_member_str(w, STR("type"), type);
    json_member_str(w, STR("subject"), subject);
    cloudevent_time(w, STR("time"), now_ms);
    json_member_str(w, STR("datacontenttype"), STR("application/json"));
    json_member_str(w, STR("dataschema"), STR("urn:couac:schema:alert:1"));
    json_key(w, STR("data"));
    json_open_object(w);
    sbuf_done(&source);
    return w;
}

struct str cloudevent_end(struct cloudevent *c, const struct desk_settings *settings, uint64_t seq,
                          struct arena *arena)
{
    struct json_writer *w = &c->w;

    json_key(w, STR("trace"));
    json_open_object(w);
    json_member_str(w, STR("producer"), settings->producer);
    json_member_i64(w, STR("seq"), (int64_t)seq);
    json_key(w, STR("replay"));
    json_bool(w, settings->run == DESK_REPLAY);
    json_close_object(w);
    json_close_object(w);
    json_close_object(w);
    struct str json = c->text.full ? STR_NONE : arena_str(arena, sbuf_str(&c->text));

    sbuf_done(&c->text);
    return json.p ? json : STR_NONE;
}
