#include "lib/text/html.h"

#include "lib/data/entity.h"

/* Words are copied in runs; white space and tags only leave a note of which gap
 * is due, and the next visible byte pays it. So text never begins or ends with
 * white space, and any mix of tags and blanks between two words is one gap. */

enum gap { GAP_NONE, GAP_SPACE, GAP_LINE };

struct writer {
    struct sbuf *out;
    size_t start; /* where this text begins in `out` */
    enum gap due;
    unsigned pre;                                    /* depth of pre elements: line ends are kept */
    enum { COMMENTS_END, COMMENTS_RUN_ON } comments; /* no "-->" from here on */
};

static void pay(struct writer *w)
{
    if (w->due != GAP_NONE && w->out->n > w->start)
        sbuf_putc(w->out, w->due == GAP_LINE ? '\n' : ' ');
    w->due = GAP_NONE;
}

static void owe(struct writer *w, enum gap gap)
{
    if (gap > w->due)
        w->due = gap;
}

/* 0 part of a word, 1 white space, 2 reference, 3 tag, 4 to be dropped */
static const char class_of[256] = {
    [0] = 4,   [1] = 4,    [2] = 4,    [3] = 4,    [4] = 4,    [5] = 4,    [6] = 4,  [7] = 4,
    [8] = 4,   ['\t'] = 1, ['\n'] = 1, ['\v'] = 1, ['\f'] = 1, ['\r'] = 1, [14] = 4, [15] = 4,
    [16] = 4,  [17] = 4,   [18] = 4,   [19] = 4,   [20] = 4,   [21] = 4,   [22] = 4, [23] = 4,
    [24] = 4,  [25] = 4,   [26] = 4,   [27] = 4,   [28] = 4,   [29] = 4,   [30] = 4, [31] = 4,
    [' '] = 1, [127] = 4,  ['&'] = 2,  ['<'] = 3,
};

enum { CLASS_WORD, CLASS_SPACE, CLASS_REFERENCE, CLASS_TAG, CLASS_DROPPED };

static unsigned class_at(struct str s, size_t i)
{
    return (unsigned char)class_of[(unsigned char)s.p[i]];
}

/* From a word's first byte to the end of the line of words: single spaces
 * between words stay inside the run. */
static size_t run_end(struct str s, size_t i)
{
    while (i < s.n) {
        unsigned class = class_at(s, i);

        if (class == CLASS_WORD)
            i++;
        else if (s.p[i] == ' ' && i + 1 < s.n && class_at(s, i + 1) == CLASS_WORD)
            i += 2;
        else
            break;
    }
    return i;
}

static size_t skip_space(struct writer *w, struct str s, size_t i)
{
    for (; i < s.n && class_at(s, i) == CLASS_SPACE; i++)
        owe(w, w->pre && s.p[i] == '\n' ? GAP_LINE : GAP_SPACE);
    return i;
}

/* --- elements --- */

enum effect { INLINE, BLOCK, CELL, HIDDEN, PRE };

struct element {
    const char name[12];
    unsigned char n, effect;
};

#define E(name, effect)                                                                            \
    {                                                                                              \
        name, sizeof(name) - 1, effect                                                             \
    }
/* in alphabetical order */
static const struct element elements[] = {
    E("address", BLOCK),    E("applet", HIDDEN),  E("article", BLOCK),    E("aside", BLOCK),
    E("blockquote", BLOCK), E("body", BLOCK),     E("br", BLOCK),         E("caption", BLOCK),
    E("center", BLOCK),     E("dd", BLOCK),       E("details", BLOCK),    E("dialog", BLOCK),
    E("dir", BLOCK),        E("div", BLOCK),      E("dl", BLOCK),         E("dt", BLOCK),
    E("embed", INLINE),     E("fieldset", BLOCK), E("figcaption", BLOCK), E("figure", BLOCK),
    E("footer", BLOCK),     E("form", BLOCK),     E("frameset", BLOCK),   E("h1", BLOCK),
    E("h2", BLOCK),         E("h3", BLOCK),       E("h4", BLOCK),         E("h5", BLOCK),
    E("h6", BLOCK),         E("head", BLOCK),     E("header", BLOCK),     E("hgroup", BLOCK),
    E("hr", BLOCK),         E("html", BLOCK),     E("iframe", HIDDEN),    E("img", INLINE),
    E("legend", BLOCK),     E("li", BLOCK),       E("listing", PRE),      E("main", BLOCK),
    E("menu", BLOCK),       E("nav", BLOCK),      E("noembed", HIDDEN),   E("noframes", HIDDEN),
    E("ol", BLOCK),         E("optgroup", BLOCK), E("option", BLOCK),     E("p", BLOCK),
    E("pre", PRE),          E("script", HIDDEN),  E("section", BLOCK),    E("select", CELL),
    E("style", HIDDEN),     E("summary", BLOCK),  E("svg", HIDDEN),       E("table", BLOCK),
    E("tbody", BLOCK),      E("td", CELL),        E("template", HIDDEN),  E("textarea", CELL),
    E("tfoot", BLOCK),      E("th", CELL),        E("thead", BLOCK),      E("title", HIDDEN),
    E("tr", BLOCK),         E("ul", BLOCK),       E("xmp", PRE),
};

/* Where each letter's elements begin. */
static const unsigned char first[27] = {0,  4,  7,  9,  16, 17, 23, 23, 34, 36, 36, 36, 39, 41,
                                        44, 47, 49, 49, 49, 55, 65, 66, 66, 66, 67, 67, 67};

static enum effect effect_of(struct str name)
{
    unsigned letter = ((unsigned char)name.p[0] | 32u) - 'a';

    if (letter >= 26)
        return INLINE;
    for (size_t i = first[letter]; i < first[letter + 1]; i++)
        if (str_eq_nocase(name, str_make(elements[i].name, elements[i].n)))
            return elements[i].effect;
    return INLINE;
}

static bool letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Behind the '>' of the tag whose name ends at `i`; quotes hide a '>'. */
static size_t tag_end(struct str s, size_t i)
{
    for (; i < s.n && s.p[i] != '>'; i++) {
        if (s.p[i] != '=')
            continue;
        size_t q = i + 1;

        while (q < s.n && class_at(s, q) == CLASS_SPACE)
            q++;
        if (q < s.n && (s.p[q] == '"' || s.p[q] == '\'')) {
            size_t close = str_find_char(s, s.p[q], q + 1);

            if (close == SIZE_MAX) /* never closed: the first '>' must do */
                break;
            i = close;
        }
    }
    size_t gt = str_find_char(s, '>', i);

    return gt == SIZE_MAX ? s.n : gt + 1;
}

/* Without a prefix: "xhtml:div" is a div. */
static struct str local_name(struct str s, size_t from, size_t *ret_end)
{
    size_t i = from;

    for (; i < s.n && s.p[i] != '>' && s.p[i] != '/' && class_at(s, i) != CLASS_SPACE; i++)
        if (s.p[i] == ':')
            from = i + 1;
    *ret_end = i;
    return str_slice(s, from, i);
}

/* Behind the end tag of the hidden element whose content begins at `i`. */
static size_t skip_hidden(struct str s, size_t i, struct str name)
{
    for (; (i = str_find(s, STR("</"), i)) != SIZE_MAX; i += 2) {
        size_t end;
        struct str found = local_name(s, i + 2, &end);

        if (str_eq_nocase(found, name))
            return tag_end(s, end);
    }
    return s.n;
}

static void apply(struct writer *w, enum effect effect, char slash)
{
    if (effect == BLOCK || effect == PRE)
        owe(w, GAP_LINE);
    else if (effect == CELL)
        owe(w, GAP_SPACE);
    if (effect == PRE && slash)
        w->pre -= w->pre > 0;
    else if (effect == PRE)
        w->pre++;
}

static size_t element(struct writer *w, struct str s, size_t i)
{
    char slash = s.p[i + 1] == '/';
    size_t end;
    struct str name = local_name(s, i + 1 + (size_t)slash, &end);
    enum effect effect = name.n ? effect_of(name) : INLINE;

    end = tag_end(s, end);
    apply(w, effect, slash);
    if (effect != HIDDEN || slash || s.p[end - 2] == '/')
        return end;
    return skip_hidden(s, end, name);
}

static size_t past(struct str s, struct str needle, size_t from)
{
    size_t hit = str_find(s, needle, from);

    return hit == SIZE_MAX ? SIZE_MAX : hit + needle.n;
}

static void convert(struct writer *w, struct str s);

/* "<!" or "<?": comments, declarations, instructions; CDATA is text. */
static size_t declaration(struct writer *w, struct str s, size_t i)
{
    struct str rest = str_slice(s, i, s.n);
    size_t end = SIZE_MAX;

    if (str_starts(rest, STR("<!--")) && w->comments == COMMENTS_END) {
        end = past(s, STR("-->"), i + 2);
        if (end == SIZE_MAX)
            w->comments = COMMENTS_RUN_ON;
    } else if (str_starts(rest, STR("<![CDATA["))) {
        end = past(s, STR("]]>"), i + 9);
        struct str inside = str_slice(s, i + 9, end == SIZE_MAX ? s.n : end - 3);

        for (size_t at = 0, stop; at < inside.n; at = stop) { /* no markup in here */
            stop = str_find_char(inside, '<', at);
            stop = stop == SIZE_MAX ? inside.n : stop;
            convert(w, str_slice(inside, at, stop));
            if (stop < inside.n) {
                pay(w);
                sbuf_putc(w->out, '<');
                stop++;
            }
        }
        return end == SIZE_MAX ? s.n : end;
    }
    if (end == SIZE_MAX)
        end = past(s, STR(">"), i);
    return end == SIZE_MAX ? s.n : end;
}

static size_t tag(struct writer *w, struct str s, size_t i)
{
    char next = i + 1 < s.n ? s.p[i + 1] : ' ';

    if (letter(next))
        return element(w, s, i);
    if (next == '/' && i + 2 < s.n && letter(s.p[i + 2]))
        return element(w, s, i);
    if (next == '!' || next == '?' || next == '/')
        return declaration(w, s, i);
    pay(w);
    sbuf_putc(w->out, '<');
    return i + 1;
}

static size_t reference(struct writer *w, struct str s, size_t i)
{
    char utf8[ENTITY_MAX];
    size_t n = 0, taken = entity_read(str_slice(s, i + 1, s.n), utf8, &n);
    struct str c = taken ? str_make(utf8, n) : STR("&");
    unsigned class = taken ? class_at(c, 0) : CLASS_WORD;

    if (class == CLASS_SPACE) {
        owe(w, GAP_SPACE);
    } else if (class != CLASS_DROPPED) {
        pay(w);
        sbuf_add(w->out, c);
    }
    return i + 1 + taken;
}

static void convert(struct writer *w, struct str s)
{
    for (size_t i = 0, end; i < s.n; i = end) {
        switch (class_at(s, i)) {
        case CLASS_WORD:
            end = run_end(s, i);
            pay(w);
            sbuf_add(w->out, str_slice(s, i, end));
            break;
        case CLASS_SPACE:
            end = skip_space(w, s, i);
            break;
        case CLASS_REFERENCE:
            end = reference(w, s, i);
            break;
        case CLASS_TAG:
            end = tag(w, s, i);
            break;
        default:
            end = i + 1;
        }
    }
}

void html_to_text(struct str html, struct sbuf *out)
{
    struct writer w = {.out = out, .start = out->n};

    convert(&w, html);
}

void html_collapse(struct str text, struct sbuf *out)
{
    struct writer w = {.out = out, .start = out->n};

    for (size_t i = 0, end; i < text.n; i = end) {
        unsigned class = class_at(text, i);

        end = i + 1;
        if (class == CLASS_SPACE) {
            end = skip_space(&w, text, i);
        } else if (class != CLASS_DROPPED) {
            pay(&w);
            end = MAX(run_end(text, i), i + 1);
            sbuf_add(out, str_slice(text, i, end));
        }
    }
}
