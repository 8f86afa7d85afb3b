#include "lib/desk/event.h"

const char *event_stream_name(enum event_stream stream)
{
    static const char *const names[EVENT_STREAMS] = {
        [EVENT_ALERTS] = "alerts",
        [EVENT_INCIDENTS] = "incidents",
        [EVENT_OPS] = "ops",
        [EVENT_SHADOW] = "shadow",
    };

    return names[stream];
}
