#include "lib/data/json.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <yajl/yajl_parse.h>

#include "lib/base/alloc.h"
#include "lib/base/arena.h"
#include "lib/base/utf8.h"

/* Reading: yajl's events become a tree; open arrays and objects stand in an
 * array of frames, so depth is bounded before any memory is spent on it. */

struct frame {
    struct json *node, *last;
};

struct reader {
    struct arena *arena;
    struct frame frames[JSON_DEPTH_MAX];
    unsigned depth;
    struct json *root;
    struct str key; /* for the next value */
    enum json_result result;
};

enum { YAJL_STOP = 0, YAJL_GO_ON = 1 };

static int give_up(struct reader *r, enum json_result why)
{
    r->result = why;
    return YAJL_STOP;
}

static struct json *add_node(struct reader *r, enum json_type type)
{
    struct json *node = ARENA_NEW(r->arena, struct json);

    if (!node)
        return NULL;
    node->type = type;
    node->key = r->key;
    r->key = STR_NONE;
    if (r->depth == 0) {
        r->root = node;
        return node;
    }
    struct frame *f = &r->frames[r->depth - 1];

    if (f->last)
        f->last->next = node;
    else
        f->node->first = node;
    f->last = node;
    f->node->n++;
    return node;
}

static int add_text(struct reader *r, enum json_type type, const char *p, size_t n)
{
    struct json *node = add_node(r, type);

    if (!node)
        return give_up(r, JSON_E_LIMIT);
    node->s = arena_str(r->arena, str_make(p, n));
    return node->s.p ? YAJL_GO_ON : give_up(r, JSON_E_LIMIT);
}

static int on_null(void *reader)
{
    return add_node(reader, JSON_NULL) ? YAJL_GO_ON : give_up(reader, JSON_E_LIMIT);
}

static int on_boolean(void *reader, int value)
{
    return add_node(reader, value ? JSON_TRUE : JSON_FALSE) ? YAJL_GO_ON
                                                            : give_up(reader, JSON_E_LIMIT);
}

static int on_number(void *reader, const char *p, size_t n)
{
    return add_text(reader, JSON_NUMBER, p, n);
}

static int on_string(void *reader, const unsigned char *p, size_t n)
{
    return add_text(reader, JSON_STRING, (const char *)p, n);
}

static int on_key(void *reader, const unsigned char *p, size_t n)
{
    struct reader *r = reader;

    r->key = arena_str(r->arena, str_make((const char *)p, n));
    return r->key.p ? YAJL_GO_ON : give_up(r, JSON_E_LIMIT);
}

static int open_node(struct reader *r, enum json_type type)
{
    if (r->depth == JSON_DEPTH_MAX)
        return give_up(r, JSON_E_DEPTH);
    struct json *node = add_node(r, type);

    if (!node)
        return give_up(r, JSON_E_LIMIT);
    r->frames[r->depth++] = (struct frame){.node = node};
    return YAJL_GO_ON;
}

static int on_open_object(void *reader)
{
    return open_node(reader, JSON_OBJECT);
}

static int on_open_array(void *reader)
{
    return open_node(reader, JSON_ARRAY);
}

static int on_close(void *reader)
{
    struct reader *r = reader;

    r->depth--;
    return YAJL_GO_ON;
}

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_map_key = on_key,
    .yajl_start_map = on_open_object,
    .yajl_end_map = on_close,
    .yajl_start_array = on_open_array,
    .yajl_end_array = on_close,
};

static void *allocate(UNUSED void *ctx, size_t n)
{
    return alloc_resize(NULL, 1, n);
}

static void *reallocate(UNUSED void *ctx, void *p, size_t n)
{
    return alloc_resize(p, 1, n);
}

static void release(UNUSED void *ctx, void *p)
{
    free(p);
}

/* yajl says "lexical error: invalid char in json text.\n". */
static void explain(yajl_handle yajl, struct str text, struct json_error *error)
{
    unsigned char *said = yajl_get_error(yajl, 0, (const unsigned char *)text.p, text.n);
    struct str s = str_trim(str_of((const char *)said));
    size_t colon = str_find(s, STR(": "), 0);

    s = str_slice(s, colon == SIZE_MAX ? 0 : colon + 2, s.n);
    s.n = MIN(s.n, str_find(s, STR(" in json text"), 0)); /* SIZE_MAX where it is not said */
    error->offset = MIN(yajl_get_bytes_consumed(yajl), text.n);
    (void)snprintf(error->message, sizeof(error->message), "this is not JSON: %.*s",
                   STR_ARG(s)); /* cut is fine */
    yajl_free_error(yajl, said);
}

static void explain_limit(yajl_handle yajl, enum json_result result, struct json_error *error)
{
    error->offset = yajl_get_bytes_consumed(yajl);
    if (result == JSON_E_DEPTH)
        (void)snprintf(error->message, sizeof(error->message), "nested more than %d deep",
                       JSON_DEPTH_MAX); /* fits */
    else
        (void)snprintf(error->message, sizeof(error->message), "too large to read"); /* fits */
}

enum json_result json_parse(struct str text, struct arena *arena, struct json **ret,
                            struct json_error *error)
{
    struct reader r = {.arena = arena};
    yajl_alloc_funcs memory = {.malloc = allocate, .realloc = reallocate, .free = release};
    yajl_handle yajl = yajl_alloc(&callbacks, &memory, &r);
    yajl_status status = yajl_parse(yajl, (const unsigned char *)(text.p ? text.p : ""), text.n);
    bool ended = status == yajl_status_ok;

    if (ended)
        status = yajl_complete_parse(yajl);
    if (status == yajl_status_error) {
        r.result = JSON_E_SYNTAX;
        explain(yajl, text, error);
        if (ended)
            error->offset = text.n; /* yajl counts the end it made up itself */
    } else if (r.result != JSON_OK) {
        explain_limit(yajl, r.result, error);
    } else {
        *ret = r.root;
    }
    yajl_free(yajl);
    return r.result;
}

struct json *json_get(const struct json *object, struct str key)
{
    struct json *found = NULL;

    if (!object || object->type != JSON_OBJECT)
        return NULL;
    for (struct json *it = object->first; it; it = it->next)
        if (str_eq(it->key, key))
            found = it;
    return found;
}

struct str json_get_str(const struct json *object, struct str key)
{
    const struct json *member = json_get(object, key);

    return member && member->type == JSON_STRING ? member->s : STR_NONE;
}

bool json_to_double(const struct json *number, double *ret)
{
    return number && number->type == JSON_NUMBER && str_to_double(number->s, ret);
}

/* 3.0 and 2e3 are whole too, as far as a double is exact. */
bool json_to_i64(const struct json *number, int64_t *ret)
{
    const double exact = 9007199254740992.0; /* 2^53 */
    double value;

    if (!number || number->type != JSON_NUMBER)
        return false;
    if (str_to_i64(number->s, ret))
        return true;
    if (!str_to_double(number->s, &value) || value != floor(value) || fabs(value) > exact)
        return false;
    *ret = (int64_t)value;
    return true;
}

void json_writer_init(struct json_writer *w, struct sbuf *out)
{
    *w = (struct json_writer){.out = out};
}

static void before_value(struct json_writer *w)
{
    if (w->after_key) {
        w->after_key = false;
        return;
    }
    if (w->depth == 0)
        return;
    if (w->has_items[w->depth - 1])
        sbuf_putc(w->out, ',');
    w->has_items[w->depth - 1] = true;
}

static void open_with(struct json_writer *w, char c)
{
    assert(w->depth < JSON_DEPTH_MAX);
    before_value(w);
    sbuf_putc(w->out, c);
    w->has_items[w->depth++] = false;
}

static void close_with(struct json_writer *w, char c)
{
    assert(w->depth > 0 && !w->after_key);
    w->depth--;
    sbuf_putc(w->out, c);
}

void json_open_object(struct json_writer *w)
{
    open_with(w, '{');
}

void json_close_object(struct json_writer *w)
{
    close_with(w, '}');
}

void json_open_array(struct json_writer *w)
{
    open_with(w, '[');
}

void json_close_array(struct json_writer *w)
{
    close_with(w, ']');
}

/* True when all eight bytes stand for themselves: ASCII, no control character,
 * no quote, no backslash. Subtracting from eight bytes at once sets a top bit where
 * a byte was too small (Mycroft's zero-byte test); a borrow can only err towards
 * "not plain", and only beside a byte that is not. */
static bool eight_plain(const char *p)
{
    const uint64_t ones = 0x0101010101010101ull, tops = 0x8080808080808080ull;
    uint64_t x, quote, slash;

    memcpy(&x, p, sizeof(x));
    quote = x ^ ones * '"';
    slash = x ^ ones * '\\';
    return !((x | (x - ones * 0x20) | (quote - ones) | (slash - ones)) & tops);
}

static size_t plain_run(struct str s, size_t at)
{
    while (s.n - at >= 8 && eight_plain(s.p + at))
        at += 8;
    while (at < s.n && (unsigned char)s.p[at] >= 0x20 && (unsigned char)s.p[at] < 0x80 &&
           s.p[at] != '"' && s.p[at] != '\\')
        at++;
    return at;
}

static void write_escape(struct sbuf *out, char c)
{
    static const char from[] = "\"\\\n\r\t\b\f", to[] = "\"\\nrtbf";
    const char *hit = c ? strchr(from, c) : NULL;

    if (hit) {
        sbuf_putc(out, '\\');
        sbuf_putc(out, to[hit - from]);
    } else {
        sbuf_printf(out, "\\u%04x", (unsigned)(unsigned char)c);
    }
}

static void write_text(struct sbuf *out, struct str s)
{
    sbuf_putc(out, '"');
    for (size_t at = 0; at < s.n;) {
        size_t end = plain_run(s, at);

        sbuf_add(out, str_slice(s, at, end));
        at = end;
        if (at == s.n)
            break;
        if ((unsigned char)s.p[at] < 0x80)
            write_escape(out, s.p[at++]);
        else
            utf8_add(out, utf8_next(s, &at)); /* a bad byte becomes U+FFFD */
    }
    sbuf_putc(out, '"');
}

void json_key(struct json_writer *w, struct str key)
{
    assert(w->depth > 0 && !w->after_key);
    before_value(w);
    write_text(w->out, key);
    sbuf_putc(w->out, ':');
    w->after_key = true;
}

void json_str(struct json_writer *w, struct str s)
{
    before_value(w);
    write_text(w->out, s);
}

void json_i64(struct json_writer *w, int64_t n)
{
    before_value(w);
    sbuf_printf(w->out, "%lld", (long long)n);
}

/* 15 digits always survive, 17 always suffice. */
void json_double(struct json_writer *w, double n)
{
    char text[32];
    double back;

    before_value(w);
    if (!isfinite(n)) {
        sbuf_add(w->out, STR("null"));
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(text, sizeof(text), "%.*g", digits, n); /* at most 24 characters */
        if (str_to_double(str_of(text), &back) && back == n)
            break;
    }
    sbuf_add(w->out, str_of(text));
}

void json_bool(struct json_writer *w, bool b)
{
    before_value(w);
    sbuf_add(w->out, b ? STR("true") : STR("false"));
}

void json_null(struct json_writer *w)
{
    before_value(w);
    sbuf_add(w->out, STR("null"));
}

void json_raw(struct json_writer *w, struct str json)
{
    before_value(w);
    sbuf_add(w->out, json);
}

static void write_children(struct json_writer *w, const struct json *parent)
{
    for (const struct json *it = parent->first; it; it = it->next) {
        if (parent->type == JSON_OBJECT)
            json_key(w, it->key);
        json_tree(w, it);
    }
}

void json_tree(struct json_writer *w, const struct json *value)
{
    switch (value->type) {
    case JSON_NULL:
        json_null(w);
        break;
    case JSON_FALSE:
    case JSON_TRUE:
        json_bool(w, value->type == JSON_TRUE);
        break;
    case JSON_NUMBER:
        json_raw(w, value->s);
        break;
    case JSON_STRING:
        json_str(w, value->s);
        break;
    case JSON_ARRAY:
        json_open_array(w);
        write_children(w, value);
        json_close_array(w);
        break;
    case JSON_OBJECT:
        json_open_object(w);
        write_children(w, value);
        json_close_object(w);
        break;
    }
}

void json_member_str(struct json_writer *w, struct str key, struct str value)
{
    if (value.n == 0)
        return;
    json_key(w, key);
    json_str(w, value);
}

void json_member_i64(struct json_writer *w, struct str key, int64_t value)
{
    json_key(w, key);
    json_i64(w, value);
}
