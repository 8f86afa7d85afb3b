#include "lib/data/xml.h"

#include "lib/base/utf8.h"
#include "lib/data/entity.h"

/* One pass, left to right; the only looking back is at the byte before a quote.
 *
 * The idea of recovery: in well-formed XML a '<' is always the start of markup
 * and never stands inside a tag. So a '<' followed by what cannot begin markup is
 * text, and a '<' met inside a tag proves that the tag was not finished. Sections
 * that lack their end ("-->", "]]>", "?>") end at the nearest place that makes
 * sense instead of swallowing the document.
 *
 * Refused: expat with a fallback (it stops at the first error, and the fallback
 * then has to be this file anyway) and libxml2's recovery, which loses most
 * items of damaged feeds. */

static bool blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
}

static bool starts_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
           (unsigned char)c >= 0x80;
}

static bool ends_name(char c)
{
    return blank(c) || c == '/' || c == '>' || c == '=' || c == '<' || c == '"' || c == '\'';
}

void xml_init(struct xml *x, struct str utf8)
{
    x->src = utf8;
    x->at = utf8.n - utf8_unmarked(utf8).n;
    x->flags = 0;
    x->kind = XML_EOF;
    x->begin = x->empty = 0;
    x->name = x->attrs = x->text = STR_NONE;
    x->n_entities = 0;
    x->expanded = 0;
    x->absent = 0;
    x->close_from = x->close_at = 0;
    x->search_budget = 8 * utf8.n;
}

static size_t find(const struct xml *x, struct str needle, size_t from)
{
    return str_find(x->src, needle, from);
}

static size_t find_char(const struct xml *x, char c, size_t from)
{
    return str_find_char(x->src, c, from);
}

enum absent { NO_COMMENT_END = 1 << 0, NO_INSTRUCTION_END = 1 << 1, NO_SUBSET_END = 1 << 2 };

/* Behind `needle` from `from` on; without one, behind the next '>', else the end. */
static size_t skip_past(struct xml *x, struct str needle, size_t from, unsigned absent)
{
    size_t hit = x->absent & absent ? SIZE_MAX : find(x, needle, from);

    if (hit != SIZE_MAX)
        return hit + needle.n;
    x->absent |= absent;
    x->flags |= XML_DAMAGED;
    hit = find_char(x, '>', from);
    if (hit != SIZE_MAX)
        return hit + 1;
    x->flags |= XML_TRUNCATED;
    return x->src.n;
}

/* --- tags --- */

/* Does the quote at `open` belong to an attribute's value? */
static bool opens_value(const struct xml *x, size_t open, size_t floor)
{
    while (open > floor && blank(x->src.p[open - 1]))
        open--;
    return open > floor && x->src.p[open - 1] == '=';
}

enum { LONG_VALUE = 4096 };

/* A '<' stands inside the value opened at `open`. Either the value merely holds
 * it, and then its closing quote is followed by what may follow one, or the
 * quote was never closed, and then the tag ends at the first '>'. Returns where
 * to go on scanning. */
static size_t mend_value(struct xml *x, size_t open, size_t stray)
{
    struct str near = str_slice(x->src, 0, open + LONG_VALUE);
    size_t close = str_find_char(near, x->src.p[open], stray);
    size_t gt = str_find_char(str_slice(x->src, 0, stray), '>', open);

    x->flags |= XML_DAMAGED;
    if (close != SIZE_MAX && close + 1 < x->src.n) {
        char next = x->src.p[close + 1];

        if (blank(next) || next == '>' || next == '/' || next == '?')
            return close + 1;
    }
    return gt < stray ? gt : stray;
}

/* Offset behind the value that the quote at `open` begins. */
static size_t skip_value(struct xml *x, size_t open)
{
    const char *p = x->src.p;
    char quote = p[open];

    for (size_t i = open + 1; i < x->src.n; i++) {
        if (p[i] == quote)
            return i + 1;
        if (p[i] == '<')
            return mend_value(x, open, i);
    }
    x->flags |= XML_DAMAGED;
    size_t gt = find_char(x, '>', open);

    return gt == SIZE_MAX ? x->src.n : gt;
}

/* Offset of the '>' that ends the tag, or of the '<' that proves it unfinished,
 * or the end of input. */
static size_t tag_end(struct xml *x, size_t i)
{
    const char *p = x->src.p;
    size_t floor = i;

    while (i < x->src.n && p[i] != '>' && p[i] != '<') {
        if ((p[i] == '"' || p[i] == '\'') && opens_value(x, i, floor))
            i = skip_value(x, i);
        else
            i++;
    }
    return i;
}

static size_t name_end(const struct xml *x, size_t i)
{
    while (i < x->src.n && !ends_name(x->src.p[i]))
        i++;
    return i;
}

/* The rest of an unfinished tag: attributes or nothing; words are prose. */
static bool could_be_attrs(struct str s)
{
    return str_trim(s).n == 0 || str_find_char(s, '=', 0) != SIZE_MAX;
}

static bool start_tag(struct xml *x, size_t lt)
{
    size_t name_to = name_end(x, lt + 1), end = tag_end(x, name_to);

    x->name = str_slice(x->src, lt + 1, name_to);
    x->attrs = str_slice(x->src, name_to, end);
    if (end == x->src.n) {
        x->flags |= XML_DAMAGED | XML_TRUNCATED;
        x->at = end;
        x->kind = XML_EOF;
        return true;
    }
    if (x->src.p[end] == '<') {
        x->flags |= XML_DAMAGED;
        if (!could_be_attrs(x->attrs))
            return false;
        x->at = end;
    } else {
        x->at = end + 1;
    }
    x->empty = x->attrs.n > 0 && x->attrs.p[x->attrs.n - 1] == '/';
    x->attrs.n -= x->empty;
    x->kind = XML_START;
    return true;
}

static bool end_tag(struct xml *x, size_t lt)
{
    size_t i = lt + 2;

    while (i < x->src.n && blank(x->src.p[i]))
        i++;
    if (i < x->src.n && !starts_name(x->src.p[i]) && x->src.p[i] != '>')
        return false;
    size_t to = name_end(x, i), end = to;

    while (end < x->src.n && x->src.p[end] != '>' && x->src.p[end] != '<')
        end++;
    x->name = str_slice(x->src, i, to);
    x->kind = XML_END;
    if (end == x->src.n) {
        x->flags |= XML_DAMAGED | XML_TRUNCATED;
        x->kind = XML_EOF;
    }
    x->at = end < x->src.n && x->src.p[end] == '>' ? end + 1 : end;
    return true;
}

/* --- sections --- */

/* Where a CDATA section ends that lacks "]]>": at the next end tag. */
static size_t mend_cdata(struct xml *x, size_t from, size_t *ret_next)
{
    size_t end = find(x, STR("</"), from);

    x->flags |= XML_DAMAGED;
    if (end == SIZE_MAX) {
        x->flags |= XML_TRUNCATED;
        end = x->src.n;
    }
    *ret_next = end;
    return end;
}

/* Offset of "]]>", which text seldom comes near: brackets are rare. */
static size_t cdata_close(struct xml *x, size_t from)
{
    size_t i = from;

    if (x->close_at > 0 && x->close_from <= from && from <= x->close_at)
        return x->close_at;
    while ((i = find_char(x, ']', i)) != SIZE_MAX) {
        if (str_starts(str_slice(x->src, i, x->src.n), STR("]]>")))
            break;
        i++;
    }
    x->close_from = from;
    x->close_at = i;
    return i;
}

/* Does [from, to) hold another opening? Exclamation marks are rarer than '<'. */
static bool opens_cdata(const struct xml *x, size_t from, size_t to)
{
    struct str inside = str_slice(x->src, from, to);

    for (size_t i = 1; (i = str_find_char(inside, '!', i)) != SIZE_MAX; i++)
        if (inside.p[i - 1] == '<' &&
            str_starts(str_slice(inside, i + 1, inside.n), STR("[CDATA[")))
            return true;
    return false;
}

/* Offset of the next "</element", or SIZE_MAX, also when the budget is spent. */
static size_t element_close(struct xml *x, struct str element, size_t from)
{
    for (size_t i = from; element.n; i += element.n) {
        struct str window = str_slice(x->src, 0, i + x->search_budget);
        size_t hit = str_find(window, element, i);

        x->search_budget -= hit == SIZE_MAX ? window.n - MIN(i, window.n) : hit - i;
        i = hit;
        if (i == SIZE_MAX)
            break;
        if (i >= from + 2 && x->src.p[i - 1] == '/' && x->src.p[i - 2] == '<')
            return i - 2;
    }
    return SIZE_MAX;
}

/* A section that holds another opening lost its own end, unless the text talks
 * about CDATA; the name of the element around it, if known, settles it. */
static size_t cdata_end(struct xml *x, size_t from, struct str element, size_t *ret_next)
{
    size_t end = cdata_close(x, from);

    *ret_next = end == SIZE_MAX ? x->src.n : end + 3;
    if (end != SIZE_MAX && !opens_cdata(x, from, end))
        return end;
    size_t close = element_close(x, element, from);

    if (close != SIZE_MAX && (end == SIZE_MAX || close < end)) {
        bool half = close >= from + 2 && str_ends(str_slice(x->src, 0, close), STR("]]"));

        x->flags |= XML_DAMAGED;
        *ret_next = close;
        return close - 2 * half; /* "]]</p>": only the '>' was lost */
    }
    return end != SIZE_MAX ? end : mend_cdata(x, from, ret_next);
}

static void declare_entity(struct xml *x, struct str declaration)
{
    struct str s = str_trim(declaration), name, value;
    size_t to = 0;

    while (to < s.n && !blank(s.p[to]))
        to++;
    name = str_slice(s, 0, to);
    s = str_trim(str_slice(s, to, s.n));
    if (name.n == 0 || name.p[0] == '%' || x->n_entities == XML_ENTITIES_MAX)
        return;
    if (s.n < 2 || (s.p[0] != '"' && s.p[0] != '\'')) {
        value = STR(""); /* external: never read */
    } else {
        size_t close = str_find_char(s, s.p[0], 1);

        value = str_slice(s, 1, close == SIZE_MAX ? s.n : close);
    }
    x->entities[x->n_entities++] = (struct xml_entity){name, value};
}

/* Offset behind the '>' of a markup declaration, quotes respected. */
static size_t declaration_end(struct xml *x, size_t i)
{
    for (char quote = 0; i < x->src.n; i++) {
        char c = x->src.p[i];

        if (quote) {
            quote = c == quote ? 0 : quote;
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '>') {
            return i + 1;
        }
    }
    x->flags |= XML_DAMAGED | XML_TRUNCATED;
    return x->src.n;
}

static size_t internal_subset(struct xml *x, size_t i)
{
    while (i < x->src.n && x->src.p[i] != ']') {
        struct str rest = str_slice(x->src, i, x->src.n);

        if (str_starts(rest, STR("<!--"))) {
            i = skip_past(x, STR("-->"), i + 4, NO_COMMENT_END);
        } else if (str_starts(rest, STR("<!ENTITY"))) {
            size_t end = declaration_end(x, i);

            declare_entity(x, str_slice(x->src, i + 8, end - 1));
            i = end;
        } else if (rest.p[0] == '<') {
            i = declaration_end(x, i);
        } else {
            i++;
        }
    }
    return i;
}

/* DOCTYPE and every other "<!...>" that is neither comment nor CDATA. */
static size_t skip_declaration(struct xml *x, size_t lt)
{
    size_t i = lt + 2;

    for (char quote = 0; i < x->src.n; i++) {
        char c = x->src.p[i];

        if (quote)
            quote = c == quote ? 0 : quote;
        else if (c == '"' || c == '\'')
            quote = c;
        else if (c == '>' || c == '[')
            break;
    }
    if (i == x->src.n) /* a lone quote: give up the quotes */
        return skip_past(x, STR(">"), lt, 0);
    if (x->src.p[i] == '>')
        return i + 1;
    size_t subset = x->absent & NO_SUBSET_END ? x->src.n : internal_subset(x, i + 1);

    if (subset < x->src.n)
        return skip_past(x, STR(">"), subset, 0);
    x->absent |= NO_SUBSET_END; /* nothing ends it: only the head is lost */
    return skip_past(x, STR(">"), i, 0);
}

/* "<!" or "<?" at `lt`: true when it made a token, else it was skipped. */
static bool section(struct xml *x, size_t lt)
{
    struct str rest = str_slice(x->src, lt, x->src.n);

    if (x->src.p[lt + 1] == '?') {
        x->at = skip_past(x, STR("?>"), lt + 2, NO_INSTRUCTION_END);
    } else if (str_starts(rest, STR("<!--"))) {
        x->at = skip_past(x, STR("-->"), lt + 4, NO_COMMENT_END);
    } else if (str_starts_nocase(rest, STR("<![CDATA["))) {
        size_t next, end = cdata_end(x, lt + 9, x->name, &next);

        x->text = str_slice(x->src, lt + 9, end);
        x->at = next;
        x->kind = XML_CDATA;
        return true;
    } else {
        if (!str_starts_nocase(rest, STR("<!DOCTYPE")))
            x->flags |= XML_DAMAGED;
        x->at = skip_declaration(x, lt);
    }
    return false;
}

/* --- the tokenizer --- */

static bool begins_markup(const struct xml *x, size_t lt)
{
    if (lt + 1 >= x->src.n)
        return false;
    char c = x->src.p[lt + 1];

    return starts_name(c) || c == '/' || c == '!' || c == '?';
}

/* Character data from `at` to the next '<' that begins markup. */
static enum xml_kind text(struct xml *x)
{
    size_t from = x->at, lt = find_char(x, '<', from);

    while (lt != SIZE_MAX && (lt == from || !begins_markup(x, lt))) {
        if (lt + 1 >= x->src.n)
            x->flags |= XML_TRUNCATED;
        x->flags |= XML_DAMAGED;
        lt = find_char(x, '<', lt + 1);
    }
    x->at = lt == SIZE_MAX ? x->src.n : lt;
    x->text = str_slice(x->src, from, x->at);
    return x->kind = XML_TEXT;
}

/* Markup at `at`, or false when it turns out to be text. */
static bool markup(struct xml *x)
{
    if (!begins_markup(x, x->at))
        return false;
    return x->src.p[x->at + 1] == '/' ? end_tag(x, x->at) : start_tag(x, x->at);
}

enum xml_kind xml_next(struct xml *x)
{
    while (x->at < x->src.n) {
        x->begin = x->at;
        if (x->src.p[x->at] != '<')
            return text(x);
        char next = x->at + 1 < x->src.n ? x->src.p[x->at + 1] : ' ';

        if (next == '!' || next == '?') {
            if (section(x, x->at))
                return x->kind;
            continue;
        }
        if (!markup(x))
            return text(x);
        return x->kind;
    }
    x->begin = x->at;
    return x->kind = XML_EOF;
}

bool xml_attr(struct str *rest, struct str *ret_name, struct str *ret_value)
{
    struct str s = *rest;
    size_t i = 0, from;

    while (i < s.n && (ends_name(s.p[i])))
        i++;
    from = i;
    while (i < s.n && !ends_name(s.p[i]))
        i++;
    if (i == from)
        return false;
    *ret_name = str_slice(s, from, i);
    *ret_value = STR("");
    while (i < s.n && blank(s.p[i]))
        i++;
    if (i < s.n && s.p[i] == '=') {
        for (i++; i < s.n && blank(s.p[i]); i++)
            continue;
        char quote = i < s.n && (s.p[i] == '"' || s.p[i] == '\'') ? s.p[i] : 0;

        from = i + (quote != 0);
        for (i = from; i < s.n && (quote ? s.p[i] != quote : !blank(s.p[i])); i++)
            continue;
        *ret_value = str_slice(s, from, i);
        i += quote && i < s.n;
    }
    *rest = str_slice(s, i, s.n);
    return true;
}

/* --- character data --- */

enum decode_as { AS_CONTENT, AS_ATTR };

static void decode(struct xml *x, struct str raw, enum decode_as as, unsigned depth,
                   struct sbuf *out);

static bool expand(struct xml *x, struct str name, enum decode_as as, unsigned depth,
                   struct sbuf *out)
{
    for (unsigned i = 0; i < x->n_entities; i++) {
        struct str value = x->entities[i].value;

        if (!str_eq(x->entities[i].name, name))
            continue;
        x->expanded += value.n + 8;
        if (depth < XML_ENTITY_DEPTH_MAX && x->expanded <= XML_EXPANSION_MAX)
            decode(x, value, as, depth + 1, out);
        else
            x->flags |= XML_DAMAGED;
        return true;
    }
    return false;
}

/* The reference at raw.p[at] == '&'; returns the offset behind it. */
static size_t reference(struct xml *x, struct str raw, size_t at, enum decode_as as, unsigned depth,
                        struct sbuf *out)
{
    char utf8[ENTITY_MAX];
    struct str rest = str_slice(raw, at + 1, MIN(raw.n, at + 1 + ENTITY_NAME_MAX + 1));
    size_t semicolon = str_find_char(rest, ';', 0), pair = entity_pair(rest, utf8);

    if (pair > 0) {
        sbuf_add(out, str_make(utf8, 4));
        return at + 1 + pair;
    }
    if (semicolon != SIZE_MAX) {
        struct str name = str_slice(rest, 0, semicolon);
        size_t n = 0;

        if (name.n > 0 && name.p[0] == '#')
            n = entity_number(str_slice(name, 1, name.n), utf8);
        else if (x->n_entities && expand(x, name, as, depth, out))
            return at + semicolon + 2;
        else
            n = entity_name(name, utf8);
        if (n > 0) {
            sbuf_add(out, str_make(utf8, n));
            return at + semicolon + 2;
        }
    }
    x->flags |= XML_DAMAGED;
    sbuf_putc(out, '&');
    return at + 1;
}

/* '<' inside content: a CDATA section, a comment, an instruction or a tag. */
static size_t inner_markup(struct str raw, size_t at, unsigned *absent, struct sbuf *out)
{
    struct str rest = str_slice(raw, at, raw.n);
    size_t end;

    if (str_starts_nocase(rest, STR("<![CDATA["))) {
        end = str_find(rest, STR("]]>"), 9);
        sbuf_add(out, str_slice(rest, 9, end));
        return end == SIZE_MAX ? raw.n : at + end + 3;
    }
    bool comment = str_starts(rest, STR("<!--")), instruction = str_starts(rest, STR("<?"));
    unsigned bit = comment ? NO_COMMENT_END : NO_INSTRUCTION_END;

    if ((comment || instruction) && !(*absent & bit)) {
        end = comment ? str_find(rest, STR("-->"), 4) : str_find(rest, STR("?>"), 2);
        if (end != SIZE_MAX)
            return at + end + (comment ? 3 : 2);
        *absent |= bit;
    }
    sbuf_putc(out, '<');
    return at + 1;
}

static const char special[256] = {['&'] = 1, ['<'] = 1, ['\r'] = 1, ['\n'] = 2, ['\t'] = 2};

static size_t plain_run(struct str raw, size_t from, enum decode_as as)
{
    char stop = as == AS_ATTR ? 2 : 1;

    while (from < raw.n) {
        char class = special[(unsigned char)raw.p[from]];

        if (class && class <= stop)
            break;
        from++;
    }
    return from;
}

static void decode(struct xml *x, struct str raw, enum decode_as as, unsigned depth,
                   struct sbuf *out)
{
    unsigned absent = 0;

    for (size_t i = 0; i < raw.n;) {
        size_t stop = plain_run(raw, i, as);

        sbuf_add(out, str_slice(raw, i, stop));
        i = stop;
        if (i == raw.n)
            break;
        char c = raw.p[i];

        if (c == '&') {
            i = reference(x, raw, i, as, depth, out);
        } else if (c == '<' && as == AS_CONTENT) {
            i = inner_markup(raw, i, &absent, out);
        } else if (c == '<') {
            sbuf_putc(out, '<');
            i++;
        } else {
            sbuf_putc(out, as == AS_ATTR ? ' ' : '\n');
            i += c == '\r' && i + 1 < raw.n && raw.p[i + 1] == '\n' ? 2 : 1;
        }
    }
}

void xml_decode(struct xml *x, struct str raw, struct sbuf *out)
{
    decode(x, raw, AS_CONTENT, 0, out);
}

void xml_decode_attr(struct xml *x, struct str raw, struct sbuf *out)
{
    decode(x, raw, AS_ATTR, 0, out);
}
