#include "lib/feed/markup.h"

#include "lib/base/arena.h"

enum { ATTRIBUTE_MAX = 1 << 16 };

void markup_init(struct markup *m, struct str html, struct arena *arena)
{
    *m = (struct markup){.arena = arena, .text = SBUF_INIT(ATTRIBUTE_MAX)};
    xml_init(&m->x, html);
}

void markup_done(struct markup *m)
{
    sbuf_done(&m->text);
}

/* NULL, or the name of the element whose content is no markup, or none that is shown. */
static const char *raw_name(const struct xml *x)
{
    static const char *const names[] = {"script", "style", "template"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (!x->empty && str_eq_nocase(x->name, str_of(names[i])))
            return names[i];
    return NULL;
}

static void skip_raw(struct xml *x, const char *end_tag)
{
    size_t i = x->at;

    while ((i = str_find(x->src, STR("</"), i)) != SIZE_MAX) {
        if (str_starts_nocase(str_slice(x->src, i + 2, x->src.n), str_of(end_tag)))
            break;
        i += 2;
    }
    x->at = i == SIZE_MAX ? x->src.n : i;
}

bool markup_next(struct markup *m)
{
    const char *raw;

    while (xml_next(&m->x) != XML_EOF) {
        if (m->x.kind != XML_START)
            continue;
        raw = raw_name(&m->x);
        if (!raw)
            return true;
        skip_raw(&m->x, raw);
    }
    return false;
}

bool markup_is(const struct markup *m, const char *name)
{
    return str_eq_nocase(m->x.name, str_of(name));
}

struct str markup_attr(struct markup *m, const char *name)
{
    struct str rest = m->x.attrs, key, value;

    while (xml_attr(&rest, &key, &value)) {
        if (!str_eq_nocase(key, str_of(name)))
            continue;
        sbuf_clear(&m->text);
        xml_decode_attr(&m->x, value, &m->text);
        return arena_str(m->arena, str_trim(sbuf_str(&m->text)));
    }
    return STR_NONE;
}

/* "<div/>" begins a div, as in browsers; "href=/>" often ends like that. */
static bool has_content(const struct xml *x)
{
    static const char *const empty[] = {"area",  "base", "br",   "col",   "embed",  "hr",    "img",
                                        "input", "link", "meta", "param", "source", "track", "wbr"};

    for (size_t i = 0; i < ARRAY_LEN(empty); i++)
        if (str_eq_nocase(x->name, str_of(empty[i])))
            return false;
    return true;
}

/* Only tags of the same name count, so that an end tag left out elsewhere does not matter. */
struct str markup_element(const struct markup *m)
{
    struct xml x = m->x;
    struct str name = m->x.name;
    size_t depth = 1;
    const char *raw;

    if (!has_content(&m->x))
        return str_slice(m->x.src, m->x.begin, m->x.at);
    while (depth > 0 && xml_next(&x) != XML_EOF) {
        bool same = str_eq_nocase(x.name, name);

        raw = x.kind == XML_START ? raw_name(&x) : NULL;
        if (raw)
            skip_raw(&x, raw);
        else if (x.kind == XML_START && same)
            depth += has_content(&x);
        else if (x.kind == XML_END && same)
            depth--;
    }
    return str_slice(m->x.src, m->x.begin, x.at);
}

void markup_skip(struct markup *m)
{
    m->x.at = m->x.begin + markup_element(m).n;
}
