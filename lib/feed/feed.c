#include "lib/feed/feed.h"

#include "lib/base/arena.h"
#include "lib/base/utf8.h"
#include "lib/feed/identity.h"
#include "lib/feed/jsonfeed.h"
#include "lib/feed/url.h"
#include "lib/feed/xmlfeed.h"
#include "lib/text/charset.h"

struct str feed_format_name(enum feed_format format)
{
    static const char *const names[] = {"rss", "rdf", "atom", "cdf", "json"};

    return str_of(names[format]);
}

const char *feed_error_text(enum feed_error e)
{
    switch (e) {
    case FEED_OK:
        return "a feed";
    case FEED_E_EMPTY:
        return "the document is empty";
    case FEED_E_HTML:
        return "a web page, not a feed";
    case FEED_E_XML:
        return "XML, but neither RSS, Atom nor CDF";
    case FEED_E_JSON:
        return "JSON, but not a JSON Feed";
    case FEED_E_JSON_BROKEN:
        return "begins like JSON but is not well-formed";
    case FEED_E_OTHER:
        return "neither XML nor JSON";
    case FEED_E_LIMIT:
        return "larger than the memory set aside for one document";
    }
    return "unknown";
}

enum shape { SHAPE_EMPTY, SHAPE_MARKUP, SHAPE_JSON, SHAPE_OTHER };

static enum shape sniff(struct str text)
{
    text = str_trim(utf8_unmarked(text));
    if (text.n == 0)
        return SHAPE_EMPTY;
    if (text.p[0] == '{' || text.p[0] == '[')
        return SHAPE_JSON;
    return str_find_char(text, '<', 0) == SIZE_MAX ? SHAPE_OTHER : SHAPE_MARKUP;
}

/* An item without a language, a source or an author of its own has the feed's;
 * one that only says when it changed was published no later; a relative URL that no base made
 * absolute is relative to the site. */
static void inherit(struct feed *f, struct str content_language, struct arena *arena)
{
    content_language = str_trim(content_language);
    if (!f->lang.p && content_language.n && str_find_char(content_language, ',', 0) == SIZE_MAX)
        f->lang = arena_str(arena, content_language);
    for (size_t i = 0; i < f->n_items; i++) {
        struct mention *m = &f->items[i].mention;

        if (!m->lang.p) /* a language said to be empty stays so */
            m->lang = f->lang;
        if (m->source.n == 0)
            m->source = f->title;
        if (m->author.n == 0 && (f->format == FEED_ATOM || f->format == FEED_JSON))
            m->author = f->author;
        if (m->published_ms == CLOCK_NONE)
            m->published_ms = m->updated_ms;
        if (m->url.n > 0 && !url_absolute(m->url))
            m->url = url_resolve(f->url, m->url, arena);
    }
}

static enum feed_error dispatch(struct str text, struct str base_url, struct arena *arena,
                                struct feed *f)
{
    switch (sniff(text)) {
    case SHAPE_EMPTY:
        return FEED_E_EMPTY;
    case SHAPE_MARKUP:
        return xmlfeed_read(text, base_url, arena, f);
    case SHAPE_JSON:
        return jsonfeed_read(text, base_url, arena, f);
    case SHAPE_OTHER:
        break;
    }
    return FEED_E_OTHER;
}

enum feed_error feed_read(struct str body, const struct feed_hints *hints, struct arena *arena,
                          struct feed **ret)
{
    struct str text = charset_to_utf8(body, hints->content_type, arena, NULL);
    struct feed *f = ARENA_NEW(arena, struct feed);

    if (!f || (!text.p && body.n > 0))
        return FEED_E_LIMIT;
    f->updated_ms = CLOCK_NONE;
    f->ttl_s = f->period_s = -1;
    enum feed_error e = dispatch(text, hints->base_url, arena, f);

    if (e != FEED_OK)
        return e;
    inherit(f, hints->content_language, arena);
    identity_assign(f->items, f->n_items, arena);
    if (arena_exhausted(arena))
        return FEED_E_LIMIT;
    *ret = f;
    return FEED_OK;
}
