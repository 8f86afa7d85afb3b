#include "lib/feed/jsonfeed.h"

#include "lib/base/arena.h"
#include "lib/base/utf8.h"
#include "lib/data/json.h"
#include "lib/feed/date.h"
#include "lib/feed/url.h"
#include "lib/text/html.h"

/* Members of the wrong type count as absent; ids may be numbers, as the
 * specification asks of readers. */

struct source {
    struct arena *arena;
    struct str base;
    struct sbuf text;
    struct feed *feed;
};

enum markup { IS_PLAIN, IS_HTML };

static struct str member(const struct json *object, const char *key)
{
    const struct json *value = json_get(object, str_of(key));

    if (!value || (value->type != JSON_STRING && value->type != JSON_NUMBER))
        return STR_NONE;
    return str_trim(value->s);
}

static struct str url_member(struct source *s, const struct json *object, const char *key)
{
    struct str url = url_resolve(s->base, member(object, key), s->arena);

    return url_runs(url) ? STR_NONE : url;
}

static struct str text_member(struct source *s, const struct json *object, const char *key,
                              enum markup markup)
{
    struct str text = member(object, key);

    sbuf_clear(&s->text);
    if (markup == IS_HTML)
        html_to_text(text, &s->text);
    else
        html_collapse(text, &s->text);
    if (s->text.full)
        s->feed->flags |= FEED_CLIPPED;
    return s->text.n ? arena_str(s->arena, utf8_head(sbuf_str(&s->text), FEED_TEXT_MAX)) : STR_NONE;
}

/* 1.1 has a list of authors, 1.0 one: the first with a name, else with a URL. */
static struct str author(const struct json *object)
{
    const struct json *list = json_get(object, STR("authors"));
    const struct json *one = json_get(object, STR("author"));

    for (const struct json *a = list && list->type == JSON_ARRAY ? list->first : NULL; a;
         a = a->next)
        if (member(a, "name").n > 0)
            return member(a, "name");
    if (one && one->type == JSON_STRING)
        return str_trim(one->s);
    if (member(one, "name").n > 0)
        return member(one, "name");
    if (list && list->type == JSON_ARRAY && list->first && member(list->first, "url").n > 0)
        return member(list->first, "url");
    return member(one, "url");
}

static int64_t time_member(const struct json *object, const char *key, bool *no_zone)
{
    struct date date;

    if (!date_parse(member(object, key), &date))
        return CLOCK_NONE;
    *no_zone |= date.no_zone;
    return date.at_ms;
}

static struct feed_item item(struct source *s, const struct json *object)
{
    static const struct {
        const char *key;
        enum markup markup;
    } texts[] = {{"content_html", IS_HTML}, {"content_text", IS_PLAIN}, {"summary", IS_PLAIN}};
    static const char *const urls[] = {"url", "external_url"};
    struct feed_item i = {.mention = MENTION_INIT};
    struct mention *m = &i.mention;

    for (size_t k = 0; k < ARRAY_LEN(texts) && m->text.n == 0; k++)
        m->text = text_member(s, object, texts[k].key, texts[k].markup);
    for (size_t k = 0; k < ARRAY_LEN(urls) && m->url.n == 0; k++)
        m->url = url_member(s, object, urls[k]);
    i.guid = member(object, "id");
    if (m->url.n == 0 && url_web(i.guid))
        m->url = i.guid;
    m->title = text_member(s, object, "title", IS_PLAIN);
    m->author = author(object);
    m->lang = member(object, "language");
    m->published_ms = time_member(object, "date_published", &i.dates_no_zone);
    m->updated_ms = time_member(object, "date_modified", &i.dates_no_zone);
    return i;
}

static struct str hub(const struct json *root)
{
    const struct json *hubs = json_get(root, STR("hubs"));

    for (const struct json *h = hubs && hubs->type == JSON_ARRAY ? hubs->first : NULL; h;
         h = h->next)
        if (str_eq_nocase(member(h, "type"), STR("websub")) || !h->next)
            return member(h, "url");
    return STR_NONE;
}

static void read_feed(struct source *s, const struct json *root)
{
    struct feed *f = s->feed;

    f->format = FEED_JSON;
    f->title = text_member(s, root, "title", IS_PLAIN);
    f->text = text_member(s, root, "description", IS_PLAIN);
    f->self_url = url_member(s, root, "feed_url");
    f->url = url_member(s, root, "home_page_url");
    f->next_url = url_member(s, root, "next_url");
    f->hub_url = hub(root);
    f->lang = member(root, "language");
    f->author = author(root);
    f->id = f->self_url;
}

static enum feed_error read_items(struct source *s, const struct json *list)
{
    size_t max = MIN(list->n, (size_t)FEED_ITEMS_MAX), n = 0;
    struct feed_item *items = arena_array(s->arena, max + 1, sizeof(*items));

    if (!items)
        return FEED_E_LIMIT;
    for (const struct json *i = list->first; i && n < max; i = i->next)
        if (i->type == JSON_OBJECT)
            items[n++] = item(s, i);
    if (list->n > max)
        s->feed->flags |= FEED_CLIPPED;
    s->feed->items = items;
    s->feed->n_items = n;
    return FEED_OK;
}

/* The version says so; a document without one may still look the part. */
static bool looks_right(const struct json *root)
{
    const struct json *items = json_get(root, STR("items"));
    struct str version = member(root, "version");

    if (str_find(version, STR("jsonfeed.org"), 0) != SIZE_MAX)
        return true;
    return items && items->type == JSON_ARRAY &&
           (member(root, "title").n > 0 || member(root, "home_page_url").n > 0 ||
            member(root, "feed_url").n > 0);
}

enum feed_error jsonfeed_read(struct str text, struct str base_url, struct arena *arena,
                              struct feed *ret)
{
    struct source s = {.arena = arena, .base = base_url, .feed = ret};
    struct json *root;
    struct json_error error;

    enum json_result parsed = json_parse(str_trim(utf8_unmarked(text)), arena, &root, &error);

    if (parsed != JSON_OK)
        return parsed == JSON_E_LIMIT ? FEED_E_LIMIT : FEED_E_JSON_BROKEN;
    if (root->type != JSON_OBJECT || !looks_right(root))
        return FEED_E_JSON;
    const struct json *items = json_get(root, STR("items"));

    sbuf_init(&s.text, FEED_TEXT_MAX);
    read_feed(&s, root);
    enum feed_error e = items && items->type == JSON_ARRAY ? read_items(&s, items) : FEED_OK;

    sbuf_done(&s.text);
    return e;
}
