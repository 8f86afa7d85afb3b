#pragma once

/* cloudevent - the frame of every event: CloudEvents 1.0, structured JSON, one line.
 *
 *     struct cloudevent c;
 *     struct json_writer *w = cloudevent_begin(&c, settings, id, type, subject, now_ms);
 *     … the members of `data` …
 *     json = cloudevent_end(&c, settings, seq, arena);
 *
 * (github.com/cloudevents/spec, JSON event format 1.0.2.) */

#include "lib/base/arena.h"
#include "lib/data/json.h"
#include "lib/desk/desk.h"

struct cloudevent {
    struct sbuf text;
    struct json_writer w;
};

/* `subject` may be empty. The returned writer stands inside `data`. */
struct json_writer *cloudevent_begin(struct cloudevent *c, const struct desk_settings *settings,
                                     struct str id, struct str type, struct str subject,
                                     int64_t now_ms);

/* Adds data.trace, closes, and frees what `begin` took. Empty: longer than
 * EVENT_BYTES_MAX, or the arena's limit. */
struct str cloudevent_end(struct cloudevent *c, const struct desk_settings *settings, uint64_t seq,
                          struct arena *arena);

/* A time member in milliseconds, left out for CLOCK_NONE. */
void cloudevent_time(struct json_writer *w, struct str key, int64_t at_ms);

/* A number out of a kept JSON text, 0 when it is not there. */
int64_t cloudevent_number(const struct json *object, struct str key);
