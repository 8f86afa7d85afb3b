#include "daemon/sink/parcel.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "lib/base/arena.h"

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
    ret->queue = queue_cap > 0 ? PARCEL_QUEUE : PARCEL_NO_QUEUE;
    (void)snprintf(ret->cap, sizeof(ret->cap), "%" PRId64, queue_cap > 0 ? queue_cap : 10000);
}

void parcel_init(struct parcel *p, const struct parcel_form *form)
{
    *p = (struct parcel){.form = form, .arena = arena_new(0)};
    for (size_t i = 0; i < ARRAY_LEN(p->indexes); i++)
        (void)snprintf(p->indexes[i], sizeof(p->indexes[i]), "%zu", i);
}

void parcel_done(struct parcel *p)
{
    arena_free(p->arena);
    p->arena = NULL;
}

void parcel_begin(struct parcel *p, uint64_t prev)
{
    arena_reset(p->arena);
    p->prev = p->last = prev;
    p->n_rows = p->n_bytes = p->n_keys = p->argc = 0;
}

/* Its number in KEYS as text; the producer hash is number 1. A key already there is found
 * again; room for a row's keys was made sure of before. */
static struct str key_index(struct parcel *p, struct str name)
{
    size_t i = 0;

    while (i < p->n_keys && !str_eq(p->keys[i], name))
        i++;
    if (i == p->n_keys)
        p->keys[p->n_keys++] = name;
    return str_of(p->indexes[i + 2]);
}

/* The very key where a worker of another kind looks; but in a Cluster all keys must share the
 * slot of the prefix (and such workers know no Cluster). */
static bool very_key(const struct parcel_form *form, struct str queue)
{
    return queue.p[0] == '=' && str_find_char(form->prefix, '{', 0) == SIZE_MAX;
}

struct str parcel_list_key(const struct parcel_form *form, struct str queue, struct arena *arena)
{
    if (queue.n == 0 || queue.n > PARCEL_KEY_MAX)
        return STR_NONE;
    if (very_key(form, queue))
        return arena_str(arena, str_slice(queue, 1, queue.n));
    return arena_printf(arena, "%.*squeue:%.*s", STR_ARG(form->prefix), STR_ARG(queue));
}

static struct str owner_list(struct parcel *p, const struct desk_event *e)
{
    struct str name = parcel_list_key(p->form, e->owner_queue, p->arena);

    return name.n ? key_index(p, name) : str_of(p->indexes[0]);
}

static struct str queue_list(struct parcel *p, const struct desk_event *e)
{
    if (e->stream != EVENT_ALERTS || p->form->queue == PARCEL_NO_QUEUE)
        return str_of(p->indexes[0]);
    return key_index(p, str_of(p->form->queue_key));
}

static struct str channel(struct parcel *p, const struct desk_event *e)
{
    if (e->owner.n == 0 || e->owner.n > PARCEL_KEY_MAX || e->severity.n == 0 ||
        e->stream == EVENT_SHADOW)
        return STR_NONE;
    return arena_printf(p->arena, "%.*slive:%.*s:%.*s", STR_ARG(p->form->prefix), STR_ARG(e->owner),
                        STR_ARG(e->severity));
}

bool parcel_add(struct parcel *p, const struct desk_event *e)
{
    const struct str texts[] = {e->json,  e->id,   e->type,  e->status, e->severity,  e->promise,
                                e->owner, e->lang, e->title, e->url,    e->owner_body};
    struct str *row = p->rows + PARCEL_ROW_ARGS * p->n_rows;

    if (p->n_rows == PARCEL_ROWS || p->n_bytes >= PARCEL_BYTES || p->n_keys + 3 > PARCEL_KEYS)
        return false;
    *row++ = key_index(p, str_of(p->form->stream_keys[e->stream]));
    *row++ = queue_list(p, e);
    *row++ = owner_list(p, e);
    *row++ = channel(p, e);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        *row++ = arena_str(p->arena, texts[i]);
    p->first = p->n_rows == 0 ? e->seq : p->first;
    p->last = e->seq;
    p->n_bytes += e->json.n + e->owner_body.n;
    p->n_rows++;
    return true;
}

static void add(struct parcel *p, struct str arg)
{
    assert(p->argc < PARCEL_ARGS);
    p->argv[p->argc++] = arg;
}

void parcel_seal(struct parcel *p)
{
    assert(p->n_rows > 0);
    (void)snprintf(p->keys_text, sizeof(p->keys_text), "%zu", p->n_keys + 1);
    (void)snprintf(p->prev_text, sizeof(p->prev_text), "%" PRIu64, p->prev);
    (void)snprintf(p->last_text, sizeof(p->last_text), "%" PRIu64, p->last);
    add(p, STR("EVALSHA"));
    add(p, p->form->sha);
    add(p, str_of(p->keys_text));
    add(p, str_of(p->form->producer_key));
    for (size_t i = 0; i < p->n_keys; i++)
        add(p, p->keys[i]);
    add(p, p->form->field);
    add(p, str_of(p->prev_text));
    add(p, str_of(p->last_text));
    add(p, str_of(p->form->cap));
    for (size_t i = 0; i < PARCEL_ROW_ARGS * p->n_rows; i++)
        add(p, p->rows[i]);
}
