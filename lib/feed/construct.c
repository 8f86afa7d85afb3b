#include "lib/base/arena.h"
#include "lib/base/utf8.h"
#include "lib/feed/base64.h"
#include "lib/feed/reader.h"
#include "lib/text/charset.h"
#include "lib/text/html.h"

/* A text element is read to its own end tag, whatever stands inside. Two things
 * prove that the end tag is missing: the end tag of an element around it, and
 * the start of a field that never stands inside a text. Both are left for the
 * main loop to read again. */

static bool encloses(struct reader *r, struct str qname)
{
    for (unsigned i = r->depth; i > 0; i--)
        if (str_eq_nocase(r->scopes[i].qname, qname))
            return true;
    return false;
}

/* What stood in an element: decides how its raw slice is read. */
struct inside {
    unsigned nested;  /* open elements of its own name */
    unsigned shadows; /* open elements named like one around it */
    unsigned open;    /* open elements of other names */
    bool has_markup, has_words;
    unsigned n_cdata;
    struct str cdata;
};

/* Does the current start tag begin the next field rather than markup of this one? The
 * more surely the less markup came before it, and none is open. */
static bool begins_field(struct reader *r, const struct scope *s, const struct inside *in)
{
    struct str name = r->x.name;
    size_t colon = str_find_char(name, ':', 0);
    enum vocab_ns ns = colon == SIZE_MAX ? NS_PLAIN : vocab_ns_of_prefix(str_slice(name, 0, colon));
    enum vocab el =
        vocab_element(ns, colon == SIZE_MAX ? name : str_slice(name, colon + 1, name.n));

    if (el == EL_ITEM)
        return true;
    if (ns == NS_XHTML || ns == NS_OTHER || el == s->el)
        return false;
    if (in->has_markup && in->open == 0 &&
        (el == EL_TITLE || el == EL_ID || el == EL_PUBLISHED || el == EL_UPDATED ||
         el == EL_AUTHOR))
        return true;
    if (in->has_markup) /* names that no markup uses */
        return el == EL_GUID || el == EL_CREATOR || el == EL_DATE || el == EL_BUILT ||
               (el == EL_CONTENT && ns == NS_CONTENT) ||
               (el == EL_PUBLISHED && str_eq_nocase(name, STR("pubdate")));
    return el == EL_TITLE || el == EL_LINK || el == EL_GUID || el == EL_PUBLISHED ||
           el == EL_UPDATED || el == EL_ID || el == EL_CONTENT || el == EL_AUTHOR ||
           el == EL_CREATOR || el == EL_PUBLISHED_ALT || el == EL_DATE || el == EL_ENCLOSURE ||
           el == EL_LANGUAGE || el == EL_BUILT || el == EL_CHANNEL ||
           (el == EL_SUMMARY && !str_eq_nocase(name, STR("summary")));
}

/* xml:lang on the first element inside, the div of an XHTML construct. */
static struct str inner_lang(struct reader *r)
{
    struct str rest = r->x.attrs, key, value;

    while (xml_attr(&rest, &key, &value))
        if (str_eq_nocase(key, STR("xml:lang")) || str_eq_nocase(key, STR("lang")))
            return lang_value(r, value);
    return STR_NONE;
}

static void again(struct reader *r)
{
    r->x.at = r->x.begin;
    r->x.flags |= XML_DAMAGED;
}

/* "<link>URL<link>", "<title>Words<title/>": a start tag where the end tag belongs, in an
 * element that never holds one of its own name. */
static bool own_end_misspelt(struct reader *r, const struct scope *s)
{
    if (s->el == EL_CONTENT || s->el == EL_BODY || s->el == EL_SUMMARY || s->el == EL_SUMMARY_ALT)
        return false;
    r->x.flags |= XML_DAMAGED;
    return true;
}

static void note_text(struct reader *r, struct inside *in)
{
    if (r->x.kind == XML_CDATA) {
        in->n_cdata++;
        in->cdata = r->x.text;
    } else {
        in->has_words |= str_trim(r->x.text).n > 0;
    }
}

/* The current token inside the element; false when it ends there. */
static bool take_token(struct reader *r, const struct scope *s, struct inside *in,
                       struct construct *c)
{
    switch (r->x.kind) {
    case XML_EOF:
        r->x.flags |= XML_DAMAGED | XML_TRUNCATED;
        return false;
    case XML_START:
        if (str_eq(r->x.name, s->qname) && own_end_misspelt(r, s))
            return false;
        if (in->nested == 0 && s->el != EL_BODY && begins_field(r, s, in)) {
            again(r);
            return false;
        }
        if (!in->has_markup && !c->lang.p)
            c->lang = inner_lang(r);
        in->has_markup = true;
        in->nested += str_eq(r->x.name, s->qname) && !r->x.empty;
        in->shadows += !r->x.empty && encloses(r, r->x.name);
        in->open += !r->x.empty && !str_eq(r->x.name, s->qname);
        return true;
    case XML_END:
        if (str_eq_nocase(r->x.name, s->qname) || r->x.name.n == 0)
            return in->nested-- > 0;
        in->open -= in->open > 0;
        if (!encloses(r, r->x.name))
            return true;
        if (in->shadows > 0) {
            in->shadows--;
            return true;
        }
        again(r);
        return false;
    default:
        note_text(r, in);
        return true;
    }
}

struct construct construct_capture(struct reader *r, const struct scope *s)
{
    struct construct c = {.kind = TEXT_HTML};
    struct inside in = {0};
    size_t from = r->x.at;

    if (s->lang_from == LANG_OWN)
        c.lang = s->lang;
    c.raw = str_slice(r->doc, from, from);
    if (r->x.empty)
        return c;
    do
        (void)xml_next(&r->x); /* the kind is in x */
    while (take_token(r, s, &in, &c));
    c.raw = str_slice(r->doc, from, r->x.begin);
    if (in.has_markup) {
        c.kind = TEXT_XHTML;
    } else if (in.n_cdata == 1 && !in.has_words) {
        c.raw = in.cdata;
        c.raw_is = RAW_VERBATIM;
    }
    return c;
}

static bool any_of(struct str s, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq_nocase(s, str_of(list[i])))
            return true;
    return false;
}

/* Atom 1.0 says "text", "html", "xhtml" or a media type; Atom 0.3 a media type
 * and a mode. Whatever is not text, markup or XML comes in base64. */
enum text_kind construct_kind(struct reader *r)
{
    static const char *const html[] = {"html", "text/html", "xhtml", "application/xhtml+xml",
                                       "application/xhtml"};
    struct str type = tag_attr(r, STR("type")), mode = tag_attr(r, STR("mode"));
    size_t parameters = str_find_char(type, ';', 0);

    if (parameters != SIZE_MAX)
        type = str_trim(str_slice(type, 0, parameters));
    if (str_eq_nocase(mode, STR("base64")))
        return TEXT_BASE64;
    if (any_of(type, html, ARRAY_LEN(html)))
        return TEXT_HTML;
    if (type.n == 0 || str_find_char(type, '/', 0) == SIZE_MAX ||
        str_starts_nocase(type, STR("text/")) || str_ends(type, STR("xml")))
        return TEXT_PLAIN;
    return TEXT_BASE64;
}

/* The characters that `c` stands for, decoded only where needed; valid until the
 * next use of r->decoded. */
static struct str characters(struct reader *r, const struct construct *c)
{
    struct str trimmed = str_trim(c->raw);

    if (c->raw_is == RAW_VERBATIM)
        return trimmed;
    if (str_find_char(trimmed, '&', 0) == SIZE_MAX && str_find_char(trimmed, '<', 0) == SIZE_MAX)
        return trimmed;
    sbuf_clear(&r->decoded);
    xml_decode(&r->x, trimmed, &r->decoded);
    return sbuf_str(&r->decoded);
}

/* Text that came out of markup-free HTML and still shows tags was escaped once
 * too often. */
static bool escaped_twice(struct str decoded, struct str text)
{
    static const char *const signs[] = {"</p>",    "<br",  "</a>",      "</div>", "<p>",
                                        "</span>", "</b>", "</strong>", "</em>",  "</i>"};

    if (str_find_char(text, '<', 0) == SIZE_MAX || str_find_char(decoded, '<', 0) != SIZE_MAX)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(signs); i++)
        if (str_find(text, str_of(signs[i]), 0) != SIZE_MAX)
            return true;
    return false;
}

static void from_html(struct reader *r, struct str html)
{
    html_to_text(html, &r->text);
    if (!escaped_twice(html, sbuf_str(&r->text)))
        return;
    sbuf_clear(&r->decoded);
    sbuf_add(&r->decoded, sbuf_str(&r->text));
    sbuf_clear(&r->text);
    html_to_text(sbuf_str(&r->decoded), &r->text);
}

/* What r->text holds, with the damage of a double encoding undone. */
static struct str settled(struct reader *r)
{
    struct str text = sbuf_str(&r->text);

    sbuf_clear(&r->decoded);
    return charset_unscramble(text, &r->decoded) ? sbuf_str(&r->decoded) : text;
}

struct str construct_text(struct reader *r, const struct construct *c)
{
    if (c->raw.n == 0)
        return STR_NONE;
    sbuf_clear(&r->text);
    if (c->kind == TEXT_XHTML) {
        html_to_text(c->raw, &r->text);
    } else if (c->kind == TEXT_PLAIN) {
        html_collapse(characters(r, c), &r->text);
    } else {
        struct str s = characters(r, c), bytes;

        if (c->kind == TEXT_BASE64 && base64_decode(s, r->arena, &bytes))
            s = utf8_valid(bytes) == bytes.n ? bytes : STR_NONE; /* pictures are no text */
        from_html(r, s);
    }
    if (r->text.full || r->decoded.full)
        r->feed->flags |= FEED_CLIPPED;
    return arena_str(r->arena, utf8_head(settled(r), FEED_TEXT_MAX));
}

struct str construct_value(struct reader *r, const struct construct *c)
{
    if (c->raw.n == 0)
        return STR_NONE;
    sbuf_clear(&r->text);
    html_collapse(characters(r, c), &r->text);
    return arena_str(r->arena, settled(r));
}
