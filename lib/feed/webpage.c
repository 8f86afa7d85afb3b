#include "lib/feed/webpage.h"

#include "lib/base/arena.h"
#include "lib/feed/date.h"
#include "lib/feed/feed.h"
#include "lib/feed/markup.h"
#include "lib/feed/url.h"
#include "lib/feed/weblink.h"
#include "lib/text/charset.h"
#include "lib/text/html.h"

/* Two walks over the tags. The first goes over the whole page and notes where the link
 * is and where posts are; the second only over the post that was chosen. Strangers send us
 * to these pages, so the work is bounded: where an element ends is searched for a few
 * times in the whole page, and else, hundreds of times at most, in its first SMALL_MAX bytes
 * (names and times), or once in each of elements that do not overlap. */

enum {
    PAGE_MAX = 2 << 20, /* bytes that are looked at */
    SMALL_MAX = 16384,
    ENTRIES_MAX = 32,
    PROPERTIES_MAX = 256,
};

struct page {
    struct markup m;
    struct str target, base, lang;
    bool links, based;               /* a link, a <base> was found */
    size_t link_at;                  /* of the first link */
    struct str entries[ENTRIES_MAX]; /* elements that are posts, outer ones first */
    size_t n_entries;
    struct str article, main, body; /* the first of each */
    struct str title;
    struct mention head; /* what the page's head says: author, times */
    struct mention *post;
};

const char *webpage_error_text(enum webpage_error e)
{
    switch (e) {
    case WEBPAGE_OK:
        return "a page that links here";
    case WEBPAGE_E_NO_LINK:
        return "the page does not link to the target";
    case WEBPAGE_E_TYPE:
        return "neither a web page nor plain text";
    case WEBPAGE_E_NO_TEXT:
        return "the page has no text";
    case WEBPAGE_E_LIMIT:
        return "larger than the memory set aside for one document";
    }
    return "unknown";
}

/* --- small things ------------------------------------------------------------ */

static struct str text_of(struct page *p, struct str html)
{
    struct sbuf out = SBUF_INIT(FEED_TEXT_MAX);

    html_to_text(html, &out);
    struct str text = arena_str(p->m.arena, sbuf_str(&out));

    sbuf_done(&out);
    return text;
}

static struct str inner(const struct markup *m, struct str element)
{
    return str_slice(element, m->x.at - m->x.begin, element.n);
}

/* Of an element that holds a name, a time or a sentence. */
static struct str small_text(struct page *p, const struct markup *at)
{
    struct markup m = *at;

    m.x.src = str_slice(m.x.src, 0, m.x.begin + SMALL_MAX);
    m.x.at = MIN(m.x.at, m.x.src.n);
    return text_of(p, inner(&m, markup_element(&m)));
}

static void read_time(struct str text, int64_t *ret_ms)
{
    struct date date;

    if (*ret_ms == CLOCK_NONE && date_parse(text, &date))
        *ret_ms = date.at_ms;
}

static struct str class_of(struct page *p)
{
    return markup_attr(&p->m, "class");
}

/* Any of two names: microformats2, and the class it had before. */
static bool named(struct str class, const char *name, const char *classic)
{
    return weblink_has_word(class, str_of(name)) || weblink_has_word(class, str_of(classic));
}

static bool is_entry(struct str class)
{
    return named(class, "h-entry", "hentry");
}

/* --- the whole page ---------------------------------------------------------- */

static const char *linking_attribute(const struct markup *m)
{
    static const struct {
        const char *element, *attribute;
    } links[] = {
        {"a", "href"},     {"area", "href"},       {"img", "src"},
        {"video", "src"},  {"audio", "src"},       {"source", "src"},
        {"iframe", "src"}, {"blockquote", "cite"}, {"q", "cite"},
    };

    for (size_t i = 0; i < ARRAY_LEN(links); i++)
        if (markup_is(m, links[i].element))
            return links[i].attribute;
    return NULL;
}

static void look_for_link(struct page *p)
{
    const char *attribute = p->links ? NULL : linking_attribute(&p->m);
    struct arena_mark before = arena_mark(p->m.arena);
    struct str href = attribute ? markup_attr(&p->m, attribute) : STR_NONE;

    if (href.n && href.n <= URL_CLEAN_MAX &&
        str_eq(url_resolve(p->base, href, p->m.arena), p->target)) {
        p->links = true;
        p->link_at = p->m.x.begin;
    }
    arena_rewind(p->m.arena, before); /* a page may have half a million links */
}

/* Only the first counts (HTML, 4.2.3), so that a page cannot make it grow. */
static void take_base(struct page *p)
{
    struct str href = p->based ? STR_NONE : markup_attr(&p->m, "href");

    if (href.n == 0 || href.n > URL_CLEAN_MAX)
        return;
    p->based = true;
    p->base = url_resolve(p->base, href, p->m.arena);
}

static void read_meta(struct page *p)
{
    struct str name = markup_attr(&p->m, "name"), property = markup_attr(&p->m, "property");
    struct str content = markup_attr(&p->m, "content");

    if (str_eq_nocase(name, STR("author")) && p->head.author.n == 0)
        p->head.author = content;
    else if (str_eq_nocase(property, STR("article:published_time")))
        read_time(content, &p->head.published_ms);
    else if (str_eq_nocase(property, STR("article:modified_time")))
        read_time(content, &p->head.updated_ms);
}

static void keep_first(const struct markup *m, const char *name, struct str *slot)
{
    if (!slot->p && markup_is(m, name))
        *slot = markup_element(m);
}

static void note_place(struct page *p)
{
    if (p->n_entries < ENTRIES_MAX && is_entry(class_of(p)))
        p->entries[p->n_entries++] = markup_element(&p->m);
    keep_first(&p->m, "article", &p->article);
    keep_first(&p->m, "main", &p->main);
    keep_first(&p->m, "body", &p->body);
}

static void survey(struct page *p)
{
    while (markup_next(&p->m) && !arena_exhausted(p->m.arena)) {
        if (markup_is(&p->m, "html"))
            p->lang = markup_attr(&p->m, "lang");
        else if (markup_is(&p->m, "base"))
            take_base(p);
        else if (markup_is(&p->m, "meta"))
            read_meta(p);
        else if (markup_is(&p->m, "title") && !p->title.p)
            p->title = small_text(p, &p->m);
        look_for_link(p);
        note_place(p);
    }
}

/* --- a post ------------------------------------------------------------------ */

/* A card has the name in an element of its own; without one it is the name. */
static struct str author_of(struct page *p, struct str element)
{
    struct page card = {.m = {.arena = p->m.arena}};
    struct str name = STR_NONE;

    markup_init(&card.m, element, p->m.arena);
    for (size_t i = 0; i < PROPERTIES_MAX && name.n == 0 && markup_next(&card.m); i++)
        if (card.m.x.begin > 0 && named(class_of(&card), "p-name", "fn"))
            name = small_text(p, &card.m);
    markup_done(&card.m);
    return name.n ? name : text_of(p, element);
}

static void post_time(struct page *p, int64_t *ret_ms)
{
    struct str stamp = markup_attr(&p->m, "datetime");

    if (stamp.n == 0)
        stamp = markup_attr(&p->m, "title");
    if (stamp.n == 0)
        stamp = small_text(p, &p->m);
    read_time(stamp, ret_ms);
}

static void take_small(struct page *p, struct str *slot)
{
    if (slot->n == 0)
        *slot = small_text(p, &p->m);
}

/* True when the element's inside is nothing of this post's own: its content, read already,
 * its author, or a post it answers. */
static bool property(struct page *p, struct str class, struct str *summary)
{
    struct mention *m = p->post;

    if (named(class, "e-content", "entry-content")) {
        if (m->text.n == 0)
            m->text = text_of(p, inner(&p->m, markup_element(&p->m)));
        return true;
    }
    if (named(class, "p-author", "author") && m->author.n == 0) {
        m->author = author_of(p, markup_element(&p->m));
        return true;
    }
    if (named(class, "dt-published", "published"))
        post_time(p, &m->published_ms);
    else if (named(class, "dt-updated", "updated"))
        post_time(p, &m->updated_ms);
    else if (named(class, "p-summary", "entry-summary"))
        take_small(p, summary);
    else if (named(class, "p-name", "entry-title"))
        take_small(p, &m->title);
    return str_starts(class, STR("h-")) || str_find(class, STR(" h-"), 0) != SIZE_MAX;
}

static void read_entry(struct page *p, struct str element)
{
    struct str summary = STR_NONE;
    size_t n = 0;

    markup_done(&p->m);
    markup_init(&p->m, element, p->m.arena);
    while (n < PROPERTIES_MAX && markup_next(&p->m)) {
        struct str class = class_of(p);

        if (p->m.x.begin == 0) {
            struct str lang = markup_attr(&p->m, "lang");

            p->lang = lang.n ? lang : p->lang;
            if (!named(class, "e-content", "entry-content"))
                continue;
        }
        if (class.n == 0)
            continue;
        n++;
        if (property(p, class, &summary))
            markup_skip(&p->m);
    }
    if (p->post->text.n == 0)
        p->post->text = summary.n ? summary : text_of(p, element);
}

/* The innermost entry around the link, else the first; p is NULL: there is none. */
static struct str choose_entry(const struct page *p, struct str html)
{
    struct str chosen = p->n_entries ? p->entries[0] : STR_NONE;

    for (size_t i = 0; i < p->n_entries; i++) {
        size_t begin = (size_t)(p->entries[i].p - html.p);

        if (begin <= p->link_at && p->link_at < begin + p->entries[i].n)
            chosen = p->entries[i];
    }
    return chosen;
}

static void read_post(struct page *p, struct str html)
{
    struct str entry = choose_entry(p, html);

    if (entry.p) {
        read_entry(p, entry);
        return;
    }
    p->post->title = p->title;
    p->post->text = text_of(p, p->article.p ? p->article
                               : p->main.p  ? p->main
                               : p->body.p  ? p->body
                                            : html);
}

static void inherit(struct page *p, struct str content_language)
{
    struct mention *m = p->post;

    if (m->author.n == 0)
        m->author = p->head.author;
    if (m->published_ms == CLOCK_NONE)
        m->published_ms = p->head.published_ms;
    if (m->updated_ms == CLOCK_NONE)
        m->updated_ms = p->head.updated_ms;
    m->lang = p->lang;
    if (m->lang.n == 0 && str_find_char(content_language, ',', 0) == SIZE_MAX)
        m->lang = arena_str(p->m.arena, str_trim(content_language));
}

static enum webpage_error read_html(struct str html, const struct webpage_hints *hints,
                                    struct str target, struct arena *arena, struct mention *ret)
{
    struct page p = {.target = target, .base = hints->url, .head = MENTION_INIT, .post = ret};

    markup_init(&p.m, html, arena);
    survey(&p);
    if (p.links)
        read_post(&p, html);
    inherit(&p, hints->content_language);
    markup_done(&p.m);
    return p.links ? WEBPAGE_OK : WEBPAGE_E_NO_LINK;
}

/* --- plain text -------------------------------------------------------------- */

static bool goes_on(struct str text, size_t i)
{
    return i < text.n && !strchr(" \t\r\n<>\"'()[],;", text.p[i]);
}

static enum webpage_error read_plain(struct str text, struct str target, struct arena *arena,
                                     struct mention *ret)
{
    struct sbuf out = SBUF_INIT(FEED_TEXT_MAX);
    size_t at = str_find(text, target, 0);

    while (at != SIZE_MAX && goes_on(text, at + target.n))
        at = str_find(text, target, at + 1);
    if (at == SIZE_MAX)
        return WEBPAGE_E_NO_LINK;
    html_collapse(text, &out);
    ret->text = arena_str(arena, sbuf_str(&out));
    sbuf_done(&out);
    return WEBPAGE_OK;
}

static bool is_type(struct str content_type, const char *type)
{
    struct str name = str_trim(str_slice(content_type, 0, str_find_char(content_type, ';', 0)));

    return str_eq_nocase(name, str_of(type));
}

enum webpage_error webpage_read(struct str body, const struct webpage_hints *hints,
                                struct str target, struct arena *arena, struct mention *ret)
{
    struct str type = hints->content_type;
    struct str text = str_slice(charset_to_utf8(body, type, arena, NULL), 0, PAGE_MAX);
    struct mention m = MENTION_INIT;
    enum webpage_error e = WEBPAGE_E_TYPE;

    if (is_type(type, "text/plain"))
        e = read_plain(text, target, arena, &m);
    else if (type.n == 0 || is_type(type, "text/html") || is_type(type, "application/xhtml+xml"))
        e = read_html(text, hints, target, arena, &m);
    if (arena_exhausted(arena))
        return WEBPAGE_E_LIMIT;
    if (e == WEBPAGE_OK && m.text.n == 0 && m.title.n == 0)
        return WEBPAGE_E_NO_TEXT;
    if (e == WEBPAGE_OK)
        *ret = m;
    return e;
}
