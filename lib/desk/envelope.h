#pragma once

/* envelope - an event as a task for a Celery worker or a job for Sidekiq.
 *
 * Such workers read lists of their own names and fail on JSON that is none of theirs:
 *
 *     celery    list QUEUE         task "couac.alert"   def alert(event): ...
 *     sidekiq   list queue:QUEUE   class "CouacAlert"   def perform(event) ... end
 *
 * The event is the only argument, as an object. Celery: message protocol 2 with a plain
 * body (docs.celeryq.dev, "Message Protocol"). Sidekiq: github.com/sidekiq/sidekiq/wiki,
 * "Job Format". */

#include "lib/desk/event.h"
#include "lib/rule/promise.h"

struct arena;

/* The list of `owner` as desk_event.owner_queue says it; empty: there is none. */
struct str envelope_list(const struct owner *owner, struct arena *arena);

/* Sets owner_queue and owner_body of an event that goes to `owner`; one without envelope
 * stays as it is. False at the arena's limit. */
bool envelope_apply(const struct owner *owner, int64_t now_ms, struct arena *arena,
                    struct desk_event *event) MUST_CHECK;
