#include "lib/desk/feedback.h"

#include "lib/base/arena.h"
#include "lib/base/utf8.h"
#include "lib/data/json.h"
#include "lib/desk/alert.h"
#include "lib/desk/cloudevent.h"

enum { LINE_BYTES = 16 * 1024 };

bool feedback_verdict_of(struct str word, enum feedback_verdict *ret)
{
    bool right = str_eq_nocase(word, STR("right")), wrong = str_eq_nocase(word, STR("wrong"));

    if (right || wrong)
        *ret = right ? FEEDBACK_RIGHT : FEEDBACK_WRONG;
    return right || wrong;
}

static void write_line(struct json_writer *w, const struct feedback *f,
                       const struct recall_alert *alert, const struct json *mention)
{
    static const struct str copied[] = {{"id", 2},        {"url", 3},  {"text", 4},
                                        {"published", 9}, {"lang", 4}, {"source", 6}};

    json_open_object(w);
    for (size_t i = 0; i < ARRAY_LEN(copied); i++) {
        struct str from = str_eq(copied[i], STR("text")) ? STR("excerpt") : copied[i];

        json_member_str(w, copied[i], json_get_str(mention, from));
    }
    json_key(w, STR("want"));
    json_open_object(w);
    json_key(w, alert->promise);
    json_bool(w, f->verdict == FEEDBACK_RIGHT);
    json_close_object(w);
    json_member_str(w, STR("alert"), alert->id);
    json_member_str(w, STR("by"), utf8_head(f->by, FEEDBACK_NOTE_MAX));
    json_member_str(w, STR("note"), utf8_head(f->note, FEEDBACK_NOTE_MAX));
    cloudevent_time(w, STR("noted"), f->at_ms);
    json_close_object(w);
}

struct str feedback_line(const struct feedback *f, const struct recall_alert *alert,
                         struct arena *arena)
{
    struct alert_body body;
    struct json_error error;
    struct json *members;

    if (!alert_body_from_json(arena_str(arena, alert->state_json), arena, &body))
        return STR_NONE;
    struct str object = arena_printf(arena, "{%.*s}", STR_ARG(body.members));

    if (json_parse(object, arena, &members, &error) != JSON_OK)
        return STR_NONE;
    const struct json *mention = json_get(members, STR("mention"));
    struct sbuf b = SBUF_INIT(LINE_BYTES);
    struct json_writer w;

    json_writer_init(&w, &b);
    write_line(&w, f, alert, mention);
    sbuf_putc(&b, '\n');
    struct str line = b.full ? STR_NONE : arena_str(arena, sbuf_str(&b));

    sbuf_done(&b);
    return line.p && json_get_str(mention, STR("excerpt")).n ? line : STR_NONE;
}
