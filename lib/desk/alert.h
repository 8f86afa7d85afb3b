#pragma once

/* alert - the JSON contract with those who consume alerts.
 *
 * CloudEvents 1.0 in structured mode (cloudevents.io, JSON format), one line,
 * at most EVENT_BYTES_MAX. `data` has a fixed part, written once from the
 * verdict and kept, and a moving part (revision, status, group, trace) written
 * at every event, so a repost can raise an alert whose post is long gone. */

#include "lib/desk/desk.h"
#include "lib/judge/judge.h"

/* The fixed part, and the flat copies. Everything lives in one arena. */
struct alert_body {
    struct str type; /* "couac.alert.v1" or "couac.dissonance.v1" */
    enum event_stream stream;
    struct str promise, owner, owner_queue, lang, title, url;
    struct str status;   /* "open" "acknowledged" "answered" "resolved" */
    struct str incident; /* id of the open incident it belongs to; empty: none */
    enum severity severity;
    struct str members; /* JSON members of `data`: "promise":{...},"mention":{...} ... */
    int64_t opened_ms;
    int64_t expires_ms; /* CLOCK_NONE: never */
};

/* The moving part. */
struct alert_state {
    struct str fingerprint, id;
    struct str content, author; /* as recall keeps them */
    uint32_t revision, count, authors, sources;
    int64_t first_ms, last_ms;
};

/* False at the arena's limit. */
bool alert_body_make(const struct desk_settings *settings, const struct ruleset *set,
                     const struct desk_source *source, const struct mention *mention,
                     struct str author_hash, const struct judgement *judgement,
                     const struct verdict *verdict, enum severity severity, int64_t now_ms,
                     struct arena *arena, struct alert_body *ret) MUST_CHECK;

/* To and from what recall keeps. */
struct str alert_body_to_json(const struct alert_body *body, struct arena *arena);
bool alert_body_from_json(struct str json, struct arena *arena, struct alert_body *ret) MUST_CHECK;

/* The whole event; `event_id` is the CloudEvent's id. False at the arena's limit. */
bool alert_event(const struct desk_settings *settings, const struct alert_body *body,
                 const struct alert_state *state, struct str event_id, struct str rules_sha256,
                 uint64_t seq, int64_t now_ms, struct arena *arena,
                 struct desk_event *ret) MUST_CHECK;
