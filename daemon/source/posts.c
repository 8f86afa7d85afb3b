#include "daemon/source/posts.h"

#include <stdio.h>

#include "lib/base/arena.h"
#include "lib/data/json.h"
#include "lib/feed/connector.h"

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

static void add_gone(struct posts *p, struct str id)
{
    struct batch *b = p->batch;

    if (b->n_gone == p->gone_cap) {
        struct str *former = b->gone;

        p->gone_cap = p->gone_cap ? 2 * p->gone_cap : FIRST_CAP;
        b->gone = arena_array(b->arena, p->gone_cap, sizeof(*b->gone));
        if (b->n_gone)
            memcpy(b->gone, former, b->n_gone * sizeof(*former));
    }
    b->gone[b->n_gone++] = id;
}

bool posts_page(struct posts *p, const struct connector_page *page, int64_t since_ms,
                size_t *ret_old)
{
    *ret_old = 0;
    for (size_t i = 0; i < page->n_gone; i++)
        add_gone(p, page->gone[i]);
    for (size_t i = 0; i < page->n; i++) {
        const struct mention *m = &page->mentions[i];
        int64_t at_ms = m->published_ms != CLOCK_NONE ? m->published_ms : m->updated_ms;

        if (at_ms != CLOCK_NONE && at_ms < since_ms)
            ++*ret_old;
        else if (!posts_add(p, *m))
            return false;
    }
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
