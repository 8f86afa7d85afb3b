#include "lib/feed/xmlfeed.h"

#include "lib/base/alloc.h"
#include "lib/base/arena.h"
#include "lib/feed/person.h"
#include "lib/feed/reader.h"
#include "lib/feed/url.h"
#include "lib/text/html.h"

/* A stack of open elements says whose children are read: the feed's, an item's,
 * a person's. End tags pop to their match, wherever it is, and are ignored
 * without one. An item begins wherever it begins: everything that was left open
 * since the last one is closed first. */

static bool fields_here(enum place place)
{
    return place == PLACE_FEED || place == PLACE_ITEM || place == PLACE_SOURCE;
}

/* --- closing --- */

static struct str without_markup(struct reader *r, struct str html)
{
    sbuf_clear(&r->text);
    html_to_text(html, &r->text);
    return arena_str(r->arena, sbuf_str(&r->text));
}

/* Where an author was written; people of an item's source are nobody's. */
static void close_person(struct reader *r, const struct scope *s, size_t end)
{
    struct construct c = {.raw = str_slice(r->doc, s->inner, end)};
    struct draft *d = draft_here(r);
    struct str name = r->person;

    if (r->person_rank == 0)
        name = construct_value(r, &c);
    if (str_find(name, STR("</"), 0) != SIZE_MAX) /* "<a href=...>Ann</a>", foaf:Person */
        name = without_markup(r, name);
    name = without_markup(r, person_name(name));
    if (s->el == EL_AUTHOR)
        draft_author(d, BY_AUTHOR, name);
    else if (s->el == EL_CREATOR)
        draft_author(d, BY_CREATOR, name);
    else if (s->el == EL_EDITOR)
        draft_author(d, BY_EDITOR, name);
    else if (s->el == EL_AUTHOR_ALT)
        draft_author(d, BY_ALT, name);
    else if (s->el == EL_OWNER && d == &r->feed_draft)
        draft_author(d, BY_OWNER, name);
}

static void close_source(struct reader *r, const struct scope *s, size_t end)
{
    struct construct c = {.raw = str_slice(r->doc, s->inner, end), .kind = TEXT_HTML};
    enum text_slot unused;
    struct str title = draft_pick_text(r, &r->source_draft, SLOT_TITLE, SLOT_TITLE_ALT, &unused);
    bool has_children = str_find_char(c.raw, '<', 0) != SIZE_MAX &&
                        str_find(c.raw, STR("<![CDATA["), 0) == SIZE_MAX;

    if (title.n == 0 && !has_children)
        title = construct_text(r, &c);
    r->item_draft.source_title = title;
    draft_author(&r->item_draft, BY_ALT, draft_pick_author(&r->source_draft));
}

/* "<item><item>": the first one is no item. */
static bool stutter(struct reader *r, const struct scope *s)
{
    bool ended = r->x.kind == XML_END && str_eq_nocase(r->x.name, s->qname);

    return !ended && !r->x.empty && draft_empty(&r->item_draft);
}

static void pop(struct reader *r, size_t end)
{
    struct scope s = *scope_top(r);

    r->depth--;
    scope_unbind(r, scope_top(r)->n_bindings);
    if (s.place == PLACE_PERSON && scope_top(r)->place != PLACE_PERSON)
        close_person(r, &s, end);
    else if (s.el == EL_SOURCE && s.place == PLACE_SOURCE)
        close_source(r, &s, end);
    else if (s.el == EL_ITEM && s.place == PLACE_ITEM && !stutter(r, &s))
        vec_push(&r->items, draft_item(r));
}

/* May an element of this place have swallowed fields? A person may when its name was read. */
static bool swallows(const struct reader *r, enum place place)
{
    return place == PLACE_NOWHERE || (place == PLACE_PERSON && r->person_rank > 0);
}

/* Is an element open in the one at `depth` that means nothing, or a person, and lost its
 * end tag? Then it swallowed fields ("<dccreator>"): goes back behind its start tag, as
 * if it had ended there. What lies between was nobody's, so nothing is taken twice. */
static bool reread(struct reader *r, unsigned depth)
{
    if (depth == 0 || r->depth <= depth || !swallows(r, r->scopes[depth + 1].place) ||
        !fields_here(r->scopes[depth].place))
        return false;
    size_t inner = r->scopes[depth + 1].inner;

    if (r->x.begin - inner > r->reread_budget)
        return false;
    r->reread_budget -= r->x.begin - inner;
    while (r->depth > depth)
        pop(r, r->x.begin);
    r->x.at = inner;
    r->x.flags |= XML_DAMAGED;
    return true;
}

static void on_end(struct reader *r)
{
    struct str name = r->x.name;
    size_t end = r->x.begin;
    unsigned i = r->depth;

    if (r->too_deep > 0) {
        r->too_deep--;
        return;
    }
    while (i > 0 && name.n > 0 && !str_eq(r->scopes[i].qname, name))
        i--;
    if (i == 0) /* no such element is open: perhaps in other case */
        for (i = r->depth; i > 0 && !str_eq_nocase(r->scopes[i].qname, name); i--)
            continue;
    if (i != r->depth || i == 0)
        r->x.flags |= XML_DAMAGED;
    if (reread(r, i))
        return;
    while (i > 0 && r->depth >= i)
        pop(r, end);
}

/* --- opening --- */

static void push(struct reader *r, struct scope s, enum place place)
{
    if (r->depth + 1 >= DEPTH_MAX) {
        r->too_deep += !r->x.empty;
        r->x.flags |= XML_DAMAGED;
        return;
    }
    s.place = place;
    r->scopes[++r->depth] = s;
    if (r->x.empty)
        pop(r, r->x.at);
}

static void own_attributes(struct reader *r, const struct scope *s, struct draft *d)
{
    struct str about = tag_attr(r, STR("about")), href = tag_attr(r, STR("href"));
    struct str modified = tag_attr(r, STR("lastmod"));

    draft_guid(d, about, 2);
    draft_refer(d, s->base, href, 105, r->arena);
    draft_updated(d, modified, 1);
}

static void begin_item(struct reader *r, struct scope s)
{
    unsigned depth = r->depth;

    while (depth > 0 && swallows(r, r->scopes[depth].place))
        depth--;
    if (reread(r, depth))
        return;
    while (r->depth > 0 && scope_top(r)->place != PLACE_FEED) {
        r->x.flags |= XML_DAMAGED;
        pop(r, r->x.begin);
    }
    if (r->depth == 0) { /* the root ended, or never began */
        r->x.flags |= XML_DAMAGED * !(r->feed->format == FEED_RDF && r->rooted);
        r->rooted = true;
    }
    if (s.lang_from == LANG_INHERITED) /* what was closed just now lends nothing */
        s.lang = scope_top(r)->lang;
    draft_init(&r->item_draft, &s);
    if (r->x.attrs.n > 0)
        own_attributes(r, &s, &r->item_draft);
    push(r, s, PLACE_ITEM);
}

static void root(struct reader *r, const struct scope *s, enum vocab_ns ns)
{
    if (r->rooted)
        return;
    r->rooted = true;
    r->feed->format = s->el == EL_RSS       ? FEED_RSS
                      : s->el == EL_RDF     ? FEED_RDF
                      : s->el == EL_CHANNEL ? FEED_CDF
                                            : FEED_ATOM;
    if (s->el == EL_FEED && ns == NS_PLAIN && r->n_bindings < BINDINGS_MAX)
        r->bindings[r->n_bindings++] = (struct binding){STR(""), NS_ATOM};
    r->era++;
}

/* rss, rdf:RDF, feed, channel: true when the element was one of them. */
static bool container(struct reader *r, struct scope s, enum vocab_ns ns)
{
    if (s.el != EL_RSS && s.el != EL_RDF && s.el != EL_FEED && s.el != EL_CHANNEL)
        return false;
    if (scope_top(r)->place != PLACE_TOP && scope_top(r)->place != PLACE_FEED)
        return false;
    root(r, &s, ns);
    s.n_bindings = r->n_bindings;
    if (s.lang.n > 0) /* channel's is nearer than rss' */
        r->feed_draft.lang_scope = s.lang;
    if (s.el == EL_CHANNEL && r->x.attrs.n > 0)
        own_attributes(r, &s, &r->feed_draft);
    push(r, s, PLACE_FEED);
    return true;
}

static bool person(enum vocab el)
{
    return el == EL_AUTHOR || el == EL_CREATOR || el == EL_EDITOR || el == EL_AUTHOR_ALT ||
           el == EL_OWNER || el == EL_OTHER_PERSON;
}

static enum place place_inside(struct reader *r, const struct scope *s)
{
    enum place here = scope_top(r)->place;

    if (s->el == EL_GROUP && (here == PLACE_ITEM || here == PLACE_FEED))
        return here;
    if (s->el == EL_SKIP_HOURS)
        return PLACE_HOURS;
    if (s->el == EL_SKIP_DAYS)
        return PLACE_DAYS;
    if (s->el == EL_SOURCE && here == PLACE_ITEM) {
        draft_init(&r->source_draft, s);
        return PLACE_SOURCE;
    }
    if (person(s->el) && fields_here(here)) {
        r->person = STR_NONE;
        r->person_rank = 0;
        return PLACE_PERSON;
    }
    return PLACE_NOWHERE;
}

/* A field of the item inside a person: the person's end tag is missing. */
static void close_lost_person(struct reader *r, const struct scope *s)
{
    static const enum vocab never_inside[] = {EL_TITLE,     EL_GUID,   EL_PUBLISHED, EL_UPDATED,
                                              EL_SUMMARY,   EL_DATE,   EL_CONTENT,   EL_CREATOR,
                                              EL_ENCLOSURE, EL_EDITOR, EL_BUILT,     EL_TTL};

    for (size_t i = 0; i < ARRAY_LEN(never_inside); i++) {
        if (scope_top(r)->place == PLACE_PERSON && s->el == never_inside[i]) {
            r->x.flags |= XML_DAMAGED;
            pop(r, r->x.begin);
        }
    }
}

/* The root of a feed behind markup that was never closed, or wrapped. */
static void close_junk(struct reader *r, const struct scope *s)
{
    if (r->rooted || (s->el != EL_RSS && s->el != EL_RDF && s->el != EL_FEED))
        return;
    while (r->depth > 0)
        pop(r, r->x.begin);
}

/* A script in a page may hold the markup of a feed, in strings. */
static bool skip_script(struct reader *r)
{
    struct str name = r->x.name;

    if (r->rooted || r->x.empty || !str_eq_nocase(name, STR("script")))
        return false;
    while (xml_next(&r->x) != XML_EOF && !(r->x.kind == XML_END && str_eq_nocase(r->x.name, name)))
        continue;
    return true;
}

static void on_start(struct reader *r)
{
    if (skip_script(r))
        return;

    enum vocab_ns ns;
    struct scope s = scope_of_tag(r, &ns);

    close_lost_person(r, &s);
    close_junk(r, &s);
    enum place here = scope_top(r)->place;

    if (s.el == EL_CONTENT && str_starts_nocase(tag_attr(r, STR("type")), STR("multipart/")))
        s.el = EL_GROUP; /* Atom 0.3: the first alternative will do */
    if (s.el == EL_ITEM && (r->rooted || r->depth == 0)) {
        begin_item(r, s);
        return;
    }
    if (container(r, s, ns))
        return;
    if (s.el == EL_HTML && !r->rooted)
        r->is_html = true;
    bool done = false;

    if (fields_here(here)) {
        done = field_read(r, &s, ns);
    } else if (here == PLACE_PERSON &&
               (s.el == EL_NAME || s.el == EL_EMAIL || s.el == EL_PERSON_URI)) {
        field_person(r, &s);
        done = true;
    } else if ((here == PLACE_HOURS && s.el == EL_HOUR) || (here == PLACE_DAYS && s.el == EL_DAY)) {
        field_skip(r, &s);
        done = true;
    }
    if (done)
        scope_unbind(r, scope_top(r)->n_bindings);
    else
        push(r, s, place_inside(r, &s));
}

/* --- the document --- */

static void read_all(struct reader *r)
{
    while (r->items.n < FEED_ITEMS_MAX) {
        switch (xml_next(&r->x)) {
        case XML_START:
            on_start(r);
            break;
        case XML_END:
            on_end(r);
            break;
        case XML_EOF:
            return;
        default:
            break;
        }
        if (arena_exhausted(r->arena))
            return;
    }
    r->feed->flags |= FEED_CLIPPED;
}

static void close_all(struct reader *r)
{
    if (r->depth > 0 && r->x.kind == XML_EOF)
        r->x.flags |= XML_DAMAGED | XML_TRUNCATED;
    while (r->depth > 0)
        pop(r, r->x.at);
    draft_feed(r);
    if (r->x.flags & XML_DAMAGED)
        r->feed->flags |= FEED_DAMAGED;
    if (r->x.flags & XML_TRUNCATED)
        r->feed->flags |= FEED_TRUNCATED;
    if (r->period_s > 0)
        r->feed->period_s = r->period_s / MAX(r->frequency, 1);
}

/* Pages may leave out their html element. */
static bool page_like(struct str doc)
{
    static const char *const signs[] = {"<!doctype html", "<head", "<body", "<meta "};
    struct str head = str_slice(doc, 0, 1024);

    for (size_t i = str_find_char(head, '<', 0); i != SIZE_MAX; i = str_find_char(head, '<', i + 1))
        for (size_t k = 0; k < ARRAY_LEN(signs); k++)
            if (str_starts_nocase(str_slice(head, i, head.n), str_of(signs[k])))
                return true;
    return false;
}

static enum feed_error outcome(struct reader *r)
{
    if (arena_exhausted(r->arena))
        return FEED_E_LIMIT;
    if (r->is_html && r->items.n == 0)
        return FEED_E_HTML;
    if (r->rooted)
        return FEED_OK;
    return page_like(r->doc) ? FEED_E_HTML : FEED_E_XML;
}

static enum feed_error take_items(struct reader *r)
{
    r->feed->n_items = r->items.n;
    if (r->items.n == 0)
        return FEED_OK;
    r->feed->items = arena_array(r->arena, r->items.n, sizeof(*r->items.items));
    if (!r->feed->items)
        return FEED_E_LIMIT;
    memcpy(r->feed->items, r->items.items, r->items.n * sizeof(*r->items.items));
    return FEED_OK;
}

static struct reader *reader_new(struct str text, struct str base_url, struct arena *arena,
                                 struct feed *feed)
{
    struct reader *r = alloc_zeroed(1, sizeof(*r));

    xml_init(&r->x, text);
    r->doc = text;
    r->arena = arena;
    r->feed = feed;
    r->scopes[0].base = base_url;
    r->era = 1;
    r->reread_budget = 8 * text.n;
    sbuf_init(&r->decoded, 4 * (size_t)FEED_TEXT_MAX);
    sbuf_init(&r->text, FEED_TEXT_MAX);
    draft_init(&r->feed_draft, &r->scopes[0]);
    return r;
}

static void reader_free(struct reader *r)
{
    vec_done(&r->items);
    sbuf_done(&r->decoded);
    sbuf_done(&r->text);
    free(r);
}

enum feed_error xmlfeed_read(struct str text, struct str base_url, struct arena *arena,
                             struct feed *ret)
{
    struct reader *r = reader_new(text, base_url, arena, ret);

    read_all(r);
    close_all(r);
    enum feed_error e = outcome(r);

    if (e == FEED_OK)
        e = take_items(r);
    reader_free(r);
    return e;
}
