#include "lib/feed/discover.h"

#include "lib/base/arena.h"
#include "lib/feed/markup.h"
#include "lib/feed/url.h"
#include "lib/feed/weblink.h"
#include "lib/text/charset.h"

struct page {
    struct markup m;
    struct str base;
    struct discovery *found;
    size_t n;
};

static bool feed_type(struct str type)
{
    static const char *const types[] = {"application/rss+xml",
                                        "application/atom+xml",
                                        "application/feed+json",
                                        "application/rdf+xml",
                                        "application/json",
                                        "application/xml",
                                        "text/xml",
                                        "text/rss+xml",
                                        "application/x-rss+xml",
                                        "application/x.atom+xml"};
    size_t parameters = str_find_char(type, ';', 0);

    type = str_trim(str_slice(type, 0, parameters));
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (str_eq_nocase(type, str_of(types[i])))
            return true;
    return false;
}

static bool feed_address(struct str url)
{
    static const char *const ends[] = {".rss",     ".atom",     ".rdf",     "/rss",    "/atom",
                                       "/feed",    "/feed/",    "/rss/",    "rss.xml", "atom.xml",
                                       "feed.xml", "index.xml", "feed.json"};

    url = str_slice(url, 0, str_find_char(url, '?', 0));
    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        if (str_ends(url, str_of(ends[i])))
            return true;
    return false;
}

static void add(struct page *p, struct str href, enum discover_how how)
{
    struct str url = url_resolve(p->base, href, p->m.arena);

    for (size_t i = 0; i < p->n; i++)
        if (str_eq(p->found[i].url, url))
            return;
    if (url.n > 0 && p->n < DISCOVER_MAX)
        p->found[p->n++] =
            (struct discovery){url, markup_attr(&p->m, "title"), markup_attr(&p->m, "type"), how};
}

static void link_element(struct page *p)
{
    struct str rel = markup_attr(&p->m, "rel");

    if (weblink_has_word(rel, STR("feed")) ||
        (weblink_has_word(rel, STR("alternate")) && feed_type(markup_attr(&p->m, "type"))))
        add(p, markup_attr(&p->m, "href"), DISCOVER_LINK);
}

static void start(struct page *p, enum discover_how how)
{
    if (markup_is(&p->m, "base")) {
        p->base = url_resolve(p->base, markup_attr(&p->m, "href"), p->m.arena);
    } else if (how == DISCOVER_LINK && markup_is(&p->m, "link")) {
        link_element(p);
    } else if (how == DISCOVER_ANCHOR && markup_is(&p->m, "a")) {
        struct str href = markup_attr(&p->m, "href");

        if (feed_address(href))
            add(p, href, DISCOVER_ANCHOR);
    }
}

static void walk(struct page *p, struct str text, struct str base_url, struct arena *arena,
                 enum discover_how how)
{
    p->base = base_url;
    markup_init(&p->m, text, arena);
    while (p->n < DISCOVER_MAX && markup_next(&p->m))
        start(p, how);
    markup_done(&p->m);
}

size_t discover_feeds(struct str page, struct str content_type, struct str base_url,
                      struct arena *arena, struct discovery **ret)
{
    struct page p = {.n = 0};
    struct str text = charset_to_utf8(page, content_type, arena, NULL);

    p.found = arena_array(arena, DISCOVER_MAX, sizeof(*p.found));
    if (!p.found)
        return 0;
    walk(&p, text, base_url, arena, DISCOVER_LINK);
    if (p.n == 0)
        walk(&p, text, base_url, arena, DISCOVER_ANCHOR);
    *ret = p.found;
    return p.n;
}
