#include "lib/feed/sse.h"

static const char bom[] = "\xEF\xBB\xBF";

void sse_init(struct sse *s, size_t event_bytes, struct str last_id)
{
    *s = (struct sse){.retry_ms = -1};
    sbuf_init(&s->line, event_bytes);
    sbuf_init(&s->data, event_bytes);
    sbuf_init(&s->type, SSE_TYPE_MAX);
    sbuf_init(&s->id, SSE_ID_MAX);
    sbuf_init(&s->next_id, SSE_ID_MAX);
    sbuf_add(&s->id, last_id);
    sbuf_add(&s->next_id, last_id);
}

void sse_done(struct sse *s)
{
    sbuf_done(&s->line);
    sbuf_done(&s->data);
    sbuf_done(&s->type);
    sbuf_done(&s->id);
    sbuf_done(&s->next_id);
}

static void replace(struct sbuf *b, struct str s)
{
    sbuf_clear(b);
    sbuf_add(b, s);
}

static void dispatch(struct sse *s, sse_fn *fn, void *arg)
{
    replace(&s->id, sbuf_str(&s->next_id));
    if (s->has_data) {
        struct sse_event event = {
            .type = s->type.n ? sbuf_str(&s->type) : STR("message"),
            .data = sbuf_str(&s->data),
            .id = sbuf_str(&s->id),
        };
        fn(arg, &event);
    }
    sbuf_clear(&s->type);
    sbuf_clear(&s->data);
    s->has_data = false;
}

static void read_retry(struct sse *s, struct str value)
{
    int64_t ms;

    if (value.n && value.p[0] >= '0' && value.p[0] <= '9' && str_to_i64(value, &ms))
        s->retry_ms = ms;
}

/* Too long an id or type cannot be kept, so it is as if it were not said. */
static void read_field(struct sse *s, struct str name, struct str value)
{
    if (str_eq(name, STR("data"))) {
        if (s->has_data)
            sbuf_putc(&s->data, '\n');
        sbuf_add(&s->data, value);
        s->has_data = true;
    } else if (str_eq(name, STR("event")) && value.n <= SSE_TYPE_MAX) {
        replace(&s->type, value);
    } else if (str_eq(name, STR("id")) && value.n <= SSE_ID_MAX &&
               str_find_char(value, '\0', 0) == SIZE_MAX) {
        replace(&s->next_id, value);
    } else if (str_eq(name, STR("retry"))) {
        read_retry(s, value);
    }
}

static void read_line(struct sse *s, struct str line, sse_fn *fn, void *arg)
{
    size_t colon = str_find_char(line, ':', 0);
    size_t value = colon == SIZE_MAX ? line.n : colon + 1;

    if (line.n == 0)
        dispatch(s, fn, arg);
    if (line.n == 0 || colon == 0)
        return; /* the latter is a comment */
    if (value < line.n && line.p[value] == ' ')
        value++;
    read_field(s, str_slice(line, 0, colon), str_slice(line, value, line.n));
}

/* Bytes of a mark at the beginning; what only looked like one is put back. */
static struct str pass_bom(struct sse *s, struct str bytes)
{
    while (s->bom < 3 && bytes.n) {
        if (bytes.p[0] != bom[s->bom]) {
            sbuf_add(&s->line, str_make(bom, s->bom));
            s->bom = 3;
            break;
        }
        s->bom++;
        bytes = str_slice(bytes, 1, bytes.n);
    }
    return bytes;
}

static size_t line_end(struct str bytes)
{
    size_t i = 0;

    while (i < bytes.n && bytes.p[i] != '\n' && bytes.p[i] != '\r')
        i++;
    return i;
}

enum sse_result sse_feed(struct sse *s, struct str bytes, sse_fn *fn, void *arg)
{
    bytes = pass_bom(s, bytes);
    while (bytes.n) {
        if (s->after_cr && bytes.p[0] == '\n') {
            s->after_cr = false;
            bytes = str_slice(bytes, 1, bytes.n);
            continue;
        }
        size_t end = line_end(bytes);

        s->after_cr = false;
        sbuf_add(&s->line, str_slice(bytes, 0, end));
        if (end < bytes.n && !s->line.full) {
            read_line(s, sbuf_str(&s->line), fn, arg);
            s->after_cr = bytes.p[end] == '\r';
            sbuf_clear(&s->line);
        }
        if (s->line.full || s->data.full)
            return SSE_E_LARGE;
        bytes = str_slice(bytes, end + 1, bytes.n);
    }
    return SSE_OK;
}
