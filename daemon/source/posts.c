#include "daemon/source/posts.h"

#include <stdio.h>

#include "lib/base/arena.h"
#include "lib/data/json.h"

enum { FIRST_CAP = 8 };

struct posts posts_new(const struct config_source *source)
{
    struct posts p = {.batch = batch_new(), .source = source};

    p.batch->source = arena_str(p.batch->arena, source->id);
    p.batch->about = (enum config_about)source->about;
    return p;
}

static void grow(struct posts *p)
{
    struct batch *b = p->batch;
    size_t cap = p->cap ? 2 * p->cap : FIRST_CAP;
    struct mention *more = arena_array(b->arena, cap, sizeof(*more));

    if (b->n)
        memcpy(more, b->mentions, b->n * sizeof(*more));
    b->mentions = more;
    p->cap = cap;
}

bool posts_add(struct posts *p, struct mention m)
{
    struct batch *b = p->batch;

    if (p->most && b->n == p->most) {
        (void)snprintf(p->why, sizeof(p->why), "post %zu: too many posts at once", b->n + 1);
        return false;
    }
    mention_identify(&m, b->arena);
    m.source = b->source;
    if (m.lang.n == 0)
        m.lang = arena_str(b->arena, p->source->lang);
    if (b->n == p->cap)
        grow(p);
    b->mentions[b->n++] = m;
    return true;
}

static bool add_object(struct posts *p, const struct json *object)
{
    struct mention m = MENTION_INIT;
    enum mention_error e = mention_from_json(object, &m);

    if (e == MENTION_OK)
        return posts_add(p, m);
    (void)snprintf(p->why, sizeof(p->why), "post %zu: %s", p->batch->n + 1, mention_error_text(e));
    return false;
}

static bool add_value(struct posts *p, struct str text)
{
    struct json_error error;
    struct json *value;

    if (json_parse(text, p->batch->arena, &value, &error) != JSON_OK) {
        (void)snprintf(p->why, sizeof(p->why), "post %zu: at byte %zu: %s", p->batch->n + 1,
                       error.offset, error.message);
        return false;
    }
    if (value->type != JSON_ARRAY)
        return add_object(p, value);
    for (const struct json *one = value->first; one; one = one->next)
        if (!add_object(p, one))
            return false;
    return true;
}

/* One value; or, when the first line is one by itself, one a line. */
bool posts_read(struct posts *p, struct str text)
{
    struct str rest = str_trim(text), line = STR_NONE, first = rest;
    struct json_error error;
    struct json *value;

    if (rest.n && str_split(&first, '\n', &line) && first.n &&
        json_parse(line, p->batch->arena, &value, &error) == JSON_OK) {
        while (str_split(&rest, '\n', &line))
            if (str_trim(line).n && !add_value(p, line))
                return false;
        return true;
    }
    return add_value(p, rest);
}
