#include "lib/feed/opml.h"

#include "lib/base/arena.h"
#include "lib/base/vec.h"
#include "lib/data/xml.h"
#include "lib/text/charset.h"

enum { FOLDERS_MAX = 32 };

struct list_reader {
    struct xml x;
    struct arena *arena;
    struct opml *list;
    VEC(struct opml_feed) feeds;
    struct str folders[FOLDERS_MAX]; /* one an open outline; empty for a feed */
    size_t depth;
    bool any;
    struct sbuf text;
};

const char *opml_error_text(enum opml_error e)
{
    static const char *const texts[] = {"an OPML list", "not OPML: no outline in it",
                                        "more feeds than a list may have"};

    return texts[e];
}

static struct str attr(struct list_reader *r, const char *name)
{
    struct str rest = r->x.attrs, key, value;

    while (xml_attr(&rest, &key, &value)) {
        if (!str_eq_nocase(key, str_of(name)))
            continue;
        sbuf_clear(&r->text);
        xml_decode_attr(&r->x, value, &r->text);
        return arena_str(r->arena, str_trim(sbuf_str(&r->text)));
    }
    return STR_NONE;
}

static struct str folder(struct list_reader *r)
{
    sbuf_clear(&r->text);
    for (size_t i = 0; i < MIN(r->depth, (size_t)FOLDERS_MAX); i++) {
        if (r->folders[i].n == 0)
            continue;
        if (r->text.n > 0)
            sbuf_putc(&r->text, '/');
        sbuf_add(&r->text, r->folders[i]);
    }
    return r->text.n ? arena_str(r->arena, sbuf_str(&r->text)) : STR_NONE;
}

static void outline(struct list_reader *r)
{
    struct opml_feed feed = {.url = attr(r, "xmlUrl"), .site = attr(r, "htmlUrl")};
    struct str type = attr(r, "type"), title = attr(r, "title");
    bool says_feed = str_eq_nocase(type, STR("rss")) || str_eq_nocase(type, STR("atom")) ||
                     str_eq_nocase(type, STR("feed"));

    r->any = true;
    if (title.n == 0)
        title = attr(r, "text");
    if (feed.url.n == 0 && says_feed)
        feed.url = attr(r, "url");
    feed.title = title;
    feed.folder = folder(r);
    if (feed.url.n > 0)
        vec_push(&r->feeds, feed);
    else
        r->list->n_without_url += says_feed;
    if (r->x.empty)
        return;
    if (r->depth < FOLDERS_MAX)
        r->folders[r->depth] = feed.url.n > 0 ? STR_NONE : title;
    r->depth++;
}

static void list_title(struct list_reader *r)
{
    if (r->x.empty || xml_next(&r->x) != XML_TEXT || r->list->title.n > 0)
        return;
    sbuf_clear(&r->text);
    xml_decode(&r->x, str_trim(r->x.text), &r->text);
    r->list->title = arena_str(r->arena, sbuf_str(&r->text));
}

static void read_outlines(struct list_reader *r)
{
    while (xml_next(&r->x) != XML_EOF && r->feeds.n <= OPML_MAX) {
        bool is_outline = str_eq_nocase(r->x.name, STR("outline"));

        if (r->x.kind == XML_START && is_outline)
            outline(r);
        else if (r->x.kind == XML_END && is_outline)
            r->depth -= r->depth > 0;
        else if (r->x.kind == XML_START && str_eq_nocase(r->x.name, STR("title")))
            list_title(r);
        else if (r->x.kind == XML_START && str_eq_nocase(r->x.name, STR("opml")))
            r->any = true;
    }
}

static enum opml_error finish(struct list_reader *r)
{
    if (!r->any)
        return OPML_E_OTHER;
    r->list->n_feeds = r->feeds.n;
    r->list->feeds = arena_array(r->arena, r->feeds.n + 1, sizeof(*r->feeds.items));
    if (arena_exhausted(r->arena) || r->feeds.n > OPML_MAX)
        return OPML_E_LIMIT;
    if (r->feeds.n > 0)
        memcpy(r->list->feeds, r->feeds.items, r->feeds.n * sizeof(*r->feeds.items));
    return OPML_OK;
}

enum opml_error opml_read(struct str text, struct arena *arena, struct opml *ret)
{
    struct opml list = {.n_feeds = 0};
    struct list_reader r = {.arena = arena, .list = &list, .text = SBUF_INIT(1 << 16)};

    xml_init(&r.x, charset_to_utf8(text, STR(""), arena, NULL));
    read_outlines(&r);
    enum opml_error e = finish(&r);

    if (e == OPML_OK)
        *ret = list;
    vec_done(&r.feeds);
    sbuf_done(&r.text);
    return e;
}

static void add_escaped(struct sbuf *out, struct str value)
{
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.p[i];

        if (c == '&')
            sbuf_add(out, STR("&amp;"));
        else if (c == '<')
            sbuf_add(out, STR("&lt;"));
        else if (c == '"')
            sbuf_add(out, STR("&quot;"));
        else
            sbuf_putc(out, c < ' ' ? ' ' : (char)c);
    }
}

static void add_attr(struct sbuf *out, const char *name, struct str value)
{
    if (value.n == 0)
        return;
    sbuf_printf(out, " %s=\"", name);
    add_escaped(out, value);
    sbuf_putc(out, '"');
}

void opml_write(const struct opml *list, struct sbuf *out)
{
    struct str open = STR_NONE;

    sbuf_add(out, STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opml version=\"2.0\">\n"
                      "  <head><title>"));
    add_escaped(out, list->title);
    sbuf_add(out, STR("</title></head>\n  <body>\n"));
    for (size_t i = 0; i < list->n_feeds; i++) {
        const struct opml_feed *f = &list->feeds[i];

        if (!str_eq(open, f->folder)) {
            if (open.n > 0)
                sbuf_add(out, STR("    </outline>\n"));
            open = f->folder;
            if (open.n > 0) {
                sbuf_add(out, STR("    <outline"));
                add_attr(out, "text", open);
                sbuf_add(out, STR(">\n"));
            }
        }
        sbuf_add(out, open.n > 0 ? STR("      <outline type=\"rss\"")
                                 : STR("    <outline type=\"rss\""));
        add_attr(out, "text", f->title.n ? f->title : f->url);
        add_attr(out, "xmlUrl", f->url);
        add_attr(out, "htmlUrl", f->site);
        sbuf_add(out, STR("/>\n"));
    }
    if (open.n > 0)
        sbuf_add(out, STR("    </outline>\n"));
    sbuf_add(out, STR("  </body>\n</opml>\n"));
}
