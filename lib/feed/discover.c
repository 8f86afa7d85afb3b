#include "lib/feed/discover.h"

#include "lib/base/arena.h"
#include "lib/data/xml.h"
#include "lib/feed/url.h"
#include "lib/text/charset.h"

/* The XML tokenizer reads HTML's tags well enough for this; scripts and styles,
 * whose text may look like tags, are jumped over. */

struct page {
    struct xml x;
    struct arena *arena;
    struct str base;
    struct sbuf text;
    struct discovery *found;
    size_t n;
};

static struct str attr(struct page *p, const char *name)
{
    struct str rest = p->x.attrs, key, value;

    while (xml_attr(&rest, &key, &value)) {
        if (!str_eq_nocase(key, str_of(name)))
            continue;
        sbuf_clear(&p->text);
        xml_decode_attr(&p->x, value, &p->text);
        return arena_str(p->arena, str_trim(sbuf_str(&p->text)));
    }
    return STR_NONE;
}

static bool has_word(struct str list, struct str word)
{
    struct str piece;

    while (str_split(&list, ' ', &piece))
        if (str_eq_nocase(piece, word))
            return true;
    return false;
}

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
    struct str url = url_resolve(p->base, href, p->arena);

    for (size_t i = 0; i < p->n; i++)
        if (str_eq(p->found[i].url, url))
            return;
    if (url.n > 0 && p->n < DISCOVER_MAX)
        p->found[p->n++] = (struct discovery){url, attr(p, "title"), attr(p, "type"), how};
}

static void link_element(struct page *p)
{
    struct str rel = attr(p, "rel");

    if (has_word(rel, STR("feed")) ||
        (has_word(rel, STR("alternate")) && feed_type(attr(p, "type"))))
        add(p, attr(p, "href"), DISCOVER_LINK);
}

static void skip_raw(struct page *p, const char *end_tag)
{
    size_t i = p->x.at;

    while ((i = str_find(p->x.src, STR("</"), i)) != SIZE_MAX) {
        if (str_starts_nocase(str_slice(p->x.src, i + 2, p->x.src.n), str_of(end_tag)))
            break;
        i += 2;
    }
    p->x.at = i == SIZE_MAX ? p->x.src.n : i;
}

static void start(struct page *p, enum discover_how how)
{
    struct str name = p->x.name;

    if (str_eq_nocase(name, STR("script")) || str_eq_nocase(name, STR("style"))) {
        if (!p->x.empty)
            skip_raw(p, str_eq_nocase(name, STR("script")) ? "script" : "style");
    } else if (str_eq_nocase(name, STR("base"))) {
        p->base = url_resolve(p->base, attr(p, "href"), p->arena);
    } else if (how == DISCOVER_LINK && str_eq_nocase(name, STR("link"))) {
        link_element(p);
    } else if (how == DISCOVER_ANCHOR && str_eq_nocase(name, STR("a"))) {
        struct str href = attr(p, "href");

        if (feed_address(href))
            add(p, href, DISCOVER_ANCHOR);
    }
}

static void walk(struct page *p, struct str text, struct str base_url, enum discover_how how)
{
    p->base = base_url;
    xml_init(&p->x, text);
    while (xml_next(&p->x) != XML_EOF && p->n < DISCOVER_MAX)
        if (p->x.kind == XML_START)
            start(p, how);
}

size_t discover_feeds(struct str page, struct str content_type, struct str base_url,
                      struct arena *arena, struct discovery **ret)
{
    struct page p = {.arena = arena, .text = SBUF_INIT(1 << 16)};
    struct str text = charset_to_utf8(page, content_type, arena, NULL);

    p.found = arena_array(arena, DISCOVER_MAX, sizeof(*p.found));
    if (!p.found)
        return 0;
    walk(&p, text, base_url, DISCOVER_LINK);
    if (p.n == 0)
        walk(&p, text, base_url, DISCOVER_ANCHOR);
    sbuf_done(&p.text);
    *ret = p.found;
    return p.n;
}
