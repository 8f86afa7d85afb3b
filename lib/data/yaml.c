#include "lib/data/yaml.h"

#include <stdlib.h>
#include <yaml.h>

#include "lib/base/arena.h"
#include "lib/base/map.h"
#include "lib/base/utf8.h"
#include "lib/data/slip.h"

/* libyaml's events become a tree. A frame stands for each list or map that is
 * open; frames are an array, for nesting is limited, so no input can exhaust
 * the stack. The bytes are checked before libyaml sees them: its own complaint
 * about them has no line, and it counts NEL and U+2028 as ends of lines where
 * no editor does.
 *
 * libyaml's marks count characters, not bytes. A cursor that only moves forward
 * turns them into offsets: walking from the start for each scalar would be
 * quadratic on a long line. */

struct frame {
    struct yaml *node, *last; /* the open list or map; its latest child */
    struct map keys;          /* of a map: text -> the first node */
    struct yaml *waiting;     /* has its key, not its value yet */
};

struct reader {
    yaml_parser_t parser;
    struct str file, text;
    struct arena *arena;
    struct diags *diags;
    struct frame frames[YAML_DEPTH_MAX];
    unsigned depth;
    struct yaml *root;
    size_t cursor_chars, cursor_bytes;
    struct slip slip; /* remembers the latest scalar */
};

enum step { GO_ON, STOP };

static struct pos pos_at(const struct reader *r, yaml_mark_t mark)
{
    return (struct pos){r->file, (unsigned)mark.line + 1, (unsigned)mark.column + 1, 1};
}

/* Where it starts, as wide as it is on its first line. */
static struct pos pos_of(const struct reader *r, const yaml_event_t *e)
{
    struct pos at = pos_at(r, e->start_mark);

    if (e->start_mark.line == e->end_mark.line && e->end_mark.column > e->start_mark.column)
        at.width = (unsigned)(e->end_mark.column - e->start_mark.column);
    return at;
}

static size_t byte_at(struct reader *r, size_t chars)
{
    if (chars < r->cursor_chars)
        r->cursor_chars = r->cursor_bytes = 0;
    while (r->cursor_chars < chars && r->cursor_bytes < r->text.n) {
        (void)utf8_next(r->text, &r->cursor_bytes); /* only the step matters */
        r->cursor_chars++;
    }
    return r->cursor_bytes;
}

static struct frame *top(struct reader *r)
{
    return r->depth ? &r->frames[r->depth - 1] : NULL;
}

/* The open map when its next text is a key, else NULL. */
static struct frame *wanting_key(struct reader *r)
{
    struct frame *f = top(r);

    return f && f->node->type == YAML_MAP && !f->waiting ? f : NULL;
}

static void append(struct frame *f, struct yaml *node)
{
    if (f->last)
        f->last->next = node;
    else
        f->node->first = node;
    f->last = node;
    f->node->n++;
}

/* The node for a value: a new one under the open list, or that of the key which
 * waits for it. A map always has one waiting here: on_key comes first. */
static struct yaml *place(struct reader *r, enum yaml_type type, struct pos at)
{
    struct frame *f = top(r);
    bool keyed = f && f->node->type == YAML_MAP;
    struct yaml *node = keyed ? TAKE(f->waiting) : ARENA_NEW(r->arena, struct yaml);

    node->type = type;
    node->at = at;
    if (!f)
        r->root = node;
    else if (!keyed)
        append(f, node);
    return node;
}

/* A key that is there already gets a node too, which hangs nowhere. */
static void on_key(struct reader *r, struct frame *f, struct str key, struct pos at)
{
    struct yaml *node = ARENA_NEW(r->arena, struct yaml);
    const struct yaml *first = map_get(&f->keys, key);

    *node = (struct yaml){.type = YAML_SCALAR, .key = key, .key_at = at, .at = at};
    f->waiting = node;
    if (first) {
        diag(r->diags, DIAG_ERROR, at, "key '%.*s' stands twice in this map", STR_ARG(key));
        diag_hint(r->diags, "it is first in line %u; keep one of them", first->key_at.line);
        return;
    }
    if (str_eq(key, STR("<<"))) {
        diag(r->diags, DIAG_ERROR, at, "merge keys are not read here");
        diag_hint(r->diags, "write the keys out");
    }
    append(f, node);
    (void)map_put(&f->keys, node->key, node); /* the key is new */
}

static void refuse_marks(struct reader *r, const yaml_event_t *e, const yaml_char_t *anchor,
                         const yaml_char_t *tag)
{
    if (anchor) {
        diag(r->diags, DIAG_ERROR, pos_at(r, e->start_mark), "anchors (&%s) are not read here",
             (const char *)anchor);
        diag_hint(r->diags, "put quotes around a text that starts with &, or write it out twice");
    }
    if (tag) {
        diag(r->diags, DIAG_ERROR, pos_at(r, e->start_mark),
             "tags (words that start with !) are not read here");
        diag_hint(r->diags, "put quotes around a text that starts with !");
    }
}

/* "- #acme" and "recu #acme": what follows is a comment, and hardly meant so. */
static void warn_of_comment(struct reader *r, const yaml_event_t *e, size_t end)
{
    size_t at = end;
    struct pos pos = pos_at(r, e->end_mark);

    while (at < r->text.n && r->text.p[at] == ' ')
        at++;
    if (at + 1 >= r->text.n || r->text.p[at] != '#' || strchr(" #\t\r\n-=!", r->text.p[at + 1]))
        return;
    pos.col += (unsigned)(at - end);
    diag(r->diags, DIAG_WARNING, pos, "from the # on, this line is a comment");
    diag_hint(r->diags, "put quotes around a text with a #, or a space behind the # of a comment");
}

static void remember(struct reader *r, const yaml_event_t *e, struct pos at)
{
    r->slip.scalar_at = at;
    r->slip.scalar_end_line = (unsigned)e->end_mark.line + 1;
    r->slip.scalar_end_col = (unsigned)e->end_mark.column + 1;
    r->slip.scalar_quoted = e->data.scalar.style == YAML_SINGLE_QUOTED_SCALAR_STYLE ||
                            e->data.scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE;
}

/* A scalar's text: most stand in the file as they are, and are borrowed from there. */
static struct str scalar_text(struct reader *r, const yaml_event_t *e, struct str raw, size_t inset)
{
    struct str s = str_make((const char *)e->data.scalar.value, e->data.scalar.length);
    struct str written = str_slice(raw, inset, inset + s.n);

    return str_eq(s, written) ? written : arena_str(r->arena, s);
}

static void on_scalar(struct reader *r, const yaml_event_t *e)
{
    struct pos at = pos_of(r, e);
    size_t from = byte_at(r, e->start_mark.index), to = byte_at(r, e->end_mark.index);
    struct str raw = str_slice(r->text, from, to);
    bool block = e->data.scalar.style == YAML_LITERAL_SCALAR_STYLE ||
                 e->data.scalar.style == YAML_FOLDED_SCALAR_STYLE;

    refuse_marks(r, e, e->data.scalar.anchor, e->data.scalar.tag);
    remember(r, e, at);
    size_t inset = r->slip.scalar_quoted;
    struct str s = scalar_text(r, e, raw, inset);
    struct frame *map = wanting_key(r);

    if (map) {
        on_key(r, map, s, at);
        return;
    }
    struct yaml *node = place(r, YAML_SCALAR, at);

    node->s = s;
    node->raw = raw;
    node->inset = inset;
    node->one_line = !block && e->start_mark.line == e->end_mark.line && !e->data.scalar.anchor &&
                     !e->data.scalar.tag;
    if (!block)
        warn_of_comment(r, e, to);
}

static enum step on_open(struct reader *r, const yaml_event_t *e, enum yaml_type type)
{
    struct pos at = pos_at(r, e->start_mark);

    if (wanting_key(r)) {
        diag(r->diags, DIAG_ERROR, at, "a key must be a text, not %s", yaml_type_name(type));
        diag_hint(r->diags, "put quotes around a text that starts with [ or {");
        return STOP;
    }
    if (r->depth == YAML_DEPTH_MAX) {
        diag(r->diags, DIAG_ERROR, at, "lists and maps are nested more than %d deep",
             YAML_DEPTH_MAX);
        diag_hint(r->diags, "no rule needs so many: a bracket may be written too often");
        return STOP;
    }
    struct yaml *node = place(r, type, at);

    r->frames[r->depth++] = (struct frame){.node = node};
    return GO_ON;
}

static void on_close(struct reader *r)
{
    map_done(&r->frames[--r->depth].keys);
}

static void on_alias(struct reader *r, const yaml_event_t *e)
{
    const char *name = (const char *)e->data.alias.anchor;
    struct pos at = pos_of(r, e);

    diag(r->diags, DIAG_ERROR, at, "aliases (*%s) are not read here", name);
    diag_hint(r->diags, "put quotes around a text that starts with *: \"*%s\"", name);
    struct frame *map = wanting_key(r);

    if (map) {
        on_key(r, map, arena_printf(r->arena, "*%s", name), at);
        return;
    }
    (void)place(r, YAML_SCALAR, at);
}

static enum step on_document(struct reader *r, const yaml_event_t *e)
{
    if (e->data.document_start.version_directive ||
        e->data.document_start.tag_directives.start != e->data.document_start.tag_directives.end) {
        diag(r->diags, DIAG_ERROR, pos_at(r, e->start_mark), "%% directives are not read here");
        diag_hint(r->diags, "remove the lines before the ---");
    }
    if (!r->root)
        return GO_ON;
    diag(r->diags, DIAG_ERROR, pos_at(r, e->start_mark), "a second document begins here");
    diag_hint(r->diags, "remove the ---, or use a file for each");
    return STOP;
}

static enum step take_event(struct reader *r, const yaml_event_t *e)
{
    switch (e->type) {
    case YAML_DOCUMENT_START_EVENT:
        return on_document(r, e);
    case YAML_SEQUENCE_START_EVENT:
        refuse_marks(r, e, e->data.sequence_start.anchor, e->data.sequence_start.tag);
        return on_open(r, e, YAML_LIST);
    case YAML_MAPPING_START_EVENT:
        refuse_marks(r, e, e->data.mapping_start.anchor, e->data.mapping_start.tag);
        return on_open(r, e, YAML_MAP);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        on_close(r);
        return GO_ON;
    case YAML_SCALAR_EVENT:
        on_scalar(r, e);
        return GO_ON;
    case YAML_ALIAS_EVENT:
        on_alias(r, e);
        return GO_ON;
    case YAML_STREAM_END_EVENT:
        return STOP;
    default:
        return GO_ON;
    }
}

static void report_slip(struct reader *r)
{
    const yaml_parser_t *p = &r->parser;

    if (p->error == YAML_MEMORY_ERROR)
        abort();
    r->slip.problem = p->problem ? p->problem : "this cannot be read as YAML";
    r->slip.context = p->context;
    r->slip.at = pos_at(r, p->problem_mark);
    if (p->context)
        r->slip.context_at = pos_at(r, p->context_mark);
    const struct frame *open = top(r);

    if (open)
        r->slip.open_at = open->node->at;
    slip_report(&r->slip, r->text, r->diags);
}

static enum step read_event(struct reader *r)
{
    yaml_event_t e;

    if (!yaml_parser_parse(&r->parser, &e)) {
        report_slip(r);
        r->root = NULL;
        return STOP;
    }
    enum step step = take_event(r, &e);

    yaml_event_delete(&e);
    return step;
}

static const char *forbidden(uint32_t point, struct str rest)
{
    if (point >= ' ' && point < 0x7f)
        return NULL;
    if (point == '\r' && (rest.n == 0 || rest.p[0] != '\n'))
        return "a carriage return without a line feed";
    if (point == 0x85 || point == 0x2028 || point == 0x2029)
        return "an invisible end of line that editors do not show";
    if (point == 0xfeff)
        return "a byte order mark inside the text";
    if ((point < 0x20 && !strchr("\t\n\r", (int)point)) || point == 0 ||
        (point >= 0x7f && point < 0xa0) || point == 0xfffe || point == 0xffff)
        return "a control character";
    return NULL;
}

/* Reports the first byte that may not stand in such a file. */
static bool readable(struct str file, struct str text, struct diags *diags)
{
    struct pos at = {file, 1, 1, 1};
    size_t bad = utf8_valid(text);

    for (size_t i = 0; i < bad; at.col++) {
        uint32_t point = utf8_next(text, &i);
        const char *why = forbidden(point, str_slice(text, i, text.n));

        if (why) {
            diag(diags, DIAG_ERROR, at, "%s (U+%04X)", why, point);
            diag_hint(diags, "delete it");
            return false;
        }
        if (point == '\n')
            at = (struct pos){file, at.line + 1, 0, 1};
    }
    if (bad == text.n)
        return true;
    diag(diags, DIAG_ERROR, at, "byte 0x%02x is not UTF-8", (unsigned char)text.p[bad]);
    diag_hint(diags, "save the file as UTF-8");
    return false;
}

static bool acceptable(struct str file, struct str text, struct diags *diags)
{
    struct pos whole = {.file = file};

    if (text.n > YAML_BYTES_MAX) {
        diag(diags, DIAG_ERROR, whole, "the file has %zu bytes, more than %d", text.n,
             YAML_BYTES_MAX);
        diag_hint(diags, "split it: files of one folder are read together");
        return false;
    }
    if (str_trim(text).n == 0) {
        diag(diags, DIAG_ERROR, whole, "the file is empty");
        return false;
    }
    return readable(file, text, diags);
}

static bool is_nothing(const struct yaml *root)
{
    return !root || (root->type == YAML_SCALAR && root->raw.n == 0);
}

struct yaml *yaml_parse(struct str file, struct str text, struct arena *arena, struct diags *diags)
{
    struct reader r = {.file = file, .arena = arena, .diags = diags};
    size_t errors = diags->n_errors;

    r.text = utf8_unmarked(text);
    if (!acceptable(file, r.text, diags))
        return NULL;
    if (!yaml_parser_initialize(&r.parser))
        abort();
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)r.text.p, r.text.n);
    while (read_event(&r) == GO_ON)
        ;
    yaml_parser_delete(&r.parser);
    while (r.depth)
        on_close(&r);
    if (!is_nothing(r.root))
        return r.root;
    if (diags->n_errors == errors)
        diag(diags, DIAG_ERROR, (struct pos){.file = file}, "the file holds nothing but comments");
    return NULL;
}

struct yaml *yaml_get(const struct yaml *map, struct str key)
{
    if (!map || map->type != YAML_MAP)
        return NULL;
    for (struct yaml *it = map->first; it; it = it->next)
        if (str_eq(it->key, key))
            return it;
    return NULL;
}

/* Columns of the escape that starts `raw`; *ret_bytes: those of its meaning. */
static size_t escape_columns(struct str raw, size_t *ret_bytes)
{
    static const char wide[] = "xuU", *const latin = "N_", *const line = "LP";
    char sign = raw.n > 1 ? raw.p[1] : ' ';
    const char *hex = memchr(wide, sign, 3);
    size_t digits = hex ? (size_t)2 << (hex - wide) : 0;
    char text[9] = "", bytes[UTF8_MAX];

    *ret_bytes = strchr(latin, sign) ? 2 : strchr(line, sign) ? 3 : 1;
    if (hex && raw.n >= 2 + digits) {
        memcpy(text, raw.p + 2, digits);
        *ret_bytes = utf8_encode((uint32_t)strtoul(text, NULL, 16), bytes);
    }
    return 2 + digits;
}

/* Code points of `raw` up to where byte `offset` of its meaning comes from. */
static size_t columns_before(struct str raw, size_t offset)
{
    size_t columns = 1, at = 1; /* the quote */
    char quote = raw.p[0];

    for (size_t bytes = 0; bytes < offset && at < raw.n;) {
        size_t step = 1, start = at;

        if (quote == '"' && raw.p[at] == '\\') {
            size_t width = escape_columns(str_slice(raw, at, raw.n), &step);

            at += width;
            columns += width;
        } else if (quote == '\'' && raw.p[at] == '\'') {
            at += 2;
            columns += 2;
        } else {
            (void)utf8_next(raw, &at); /* only the step matters */
            columns++;
            step = at - start;
        }
        bytes += step;
    }
    return columns;
}

struct pos yaml_pos_in(const struct yaml *scalar, size_t offset, unsigned width)
{
    struct pos at = scalar->at;

    if (scalar->type != YAML_SCALAR || !scalar->one_line)
        return at;
    at.col += (unsigned)(scalar->inset ? columns_before(scalar->raw, offset)
                                       : utf8_count(str_slice(scalar->s, 0, offset)));
    at.width = width;
    return at;
}

const char *yaml_type_name(enum yaml_type type)
{
    static const char *const names[] = {"a text", "a list", "a map"};

    return names[type];
}
