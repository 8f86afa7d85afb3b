#include "daemon/sink/parcel.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

static void key(char ret[96], struct str prefix, const char *name)
{
    (void)snprintf(ret, 96, "%.*s%s", STR_ARG(prefix), name);
}

void parcel_form(struct parcel_form *ret, struct str prefix, int64_t queue_cap)
{
    assert(prefix.n <= PARCEL_PREFIX_MAX);
    *ret = (struct parcel_form){.prefix = prefix};
    key(ret->producer_key, prefix, "producer");
    key(ret->queue_key, prefix, "queue");
    for (int i = 0; i < EVENT_STREAMS; i++)
        key(ret->stream_keys[i], prefix, event_stream_name((enum event_stream)i));
    (void)snprintf(ret->cap, sizeof(ret->cap), "%" PRId64, queue_cap);
}

static void add(struct parcel *p, struct str arg)
{
    assert(p->argc < PARCEL_ARGS);
    p->argv[p->argc++] = arg;
}

/* Names longer than a key may be are left out rather than cut: half a name is another's. */
static struct str join(char ret[PARCEL_KEY_MAX], const struct parcel_form *form, const char *room,
                       struct str name)
{
    int n = snprintf(ret, PARCEL_KEY_MAX, "%.*s%s%.*s", STR_ARG(form->prefix), room, STR_ARG(name));

    return n > 0 && n < PARCEL_KEY_MAX ? str_make(ret, (size_t)n) : STR_NONE;
}

static void add_keys(struct parcel *p, const struct parcel_form *form, const struct event *e)
{
    size_t count = p->argc;
    bool queue = e->stream == EVENT_ALERTS && strcmp(form->cap, "0") != 0;
    struct str own = STR_NONE;

    if (e->owner_queue.n > 0)
        own = join(p->owner_queue, form, "queue:", e->owner_queue);
    add(p, STR_NONE); /* how many, known below */
    add(p, str_of(form->producer_key));
    add(p, str_of(form->stream_keys[e->stream]));
    if (queue)
        add(p, str_of(form->queue_key));
    if (own.n > 0)
        add(p, own);
    (void)snprintf(p->count, sizeof(p->count), "%zu", p->argc - count - 1);
    p->argv[count] = str_of(p->count);
}

static struct str channel(struct parcel *p, const struct parcel_form *form, const struct event *e)
{
    char room[PARCEL_KEY_MAX];

    if (e->owner.n == 0 || e->severity.n == 0 || e->stream == EVENT_SHADOW)
        return STR_NONE;
    if (snprintf(room, sizeof(room), "live:%.*s:", STR_ARG(e->owner)) >= (int)sizeof(room))
        return STR_NONE;
    return join(p->channel, form, room, e->severity);
}

void parcel_pack(struct parcel *ret, const struct parcel_form *form, const struct event *e,
                 uint64_t prev)
{
    const struct str flat[] = {e->id,    e->type, e->status, e->severity, e->promise,
                               e->owner, e->lang, e->title,  e->url};
    int n;

    ret->argc = 0;
    add(ret, STR("EVALSHA"));
    add(ret, form->sha);
    add_keys(ret, form, e);
    add(ret, form->field);
    n = snprintf(ret->seq, sizeof(ret->seq), "%" PRIu64, e->seq);
    add(ret, str_make(ret->seq, (size_t)n));
    n = snprintf(ret->prev, sizeof(ret->prev), "%" PRIu64, prev);
    add(ret, str_make(ret->prev, (size_t)n));
    add(ret, strcmp(form->cap, "0") ? str_of(form->cap) : STR("10000"));
    add(ret, channel(ret, form, e));
    add(ret, e->json);
    for (size_t i = 0; i < ARRAY_LEN(flat); i++)
        add(ret, flat[i]);
}
