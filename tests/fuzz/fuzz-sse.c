/* However the bytes are cut, the same events come out. The first byte says how. */

#include <stdlib.h>

#include "lib/feed/sse.h"
#include "tests/fuzz/target.h"

enum { EVENT_BYTES = 4096, LOG_BYTES = 16 << 20 };

static void note(void *arg, const struct sse_event *event)
{
    sbuf_add(arg, event->type);
    sbuf_putc(arg, '\x01');
    sbuf_add(arg, event->id);
    sbuf_putc(arg, '\x02');
    sbuf_add(arg, event->data);
    sbuf_putc(arg, '\x03');
}

static void run(struct str bytes, size_t step, struct sbuf *log)
{
    enum sse_result r = SSE_OK;
    struct sse s;

    sse_init(&s, EVENT_BYTES, STR("before"));
    for (size_t at = 0; r == SSE_OK && at < bytes.n; at += step)
        r = sse_feed(&s, str_slice(bytes, at, at + step), note, log);
    sbuf_printf(log, "%d %lld", r, (long long)s.retry_ms);
    sse_done(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sbuf whole = SBUF_INIT(LOG_BYTES), cut = SBUF_INIT(LOG_BYTES);
    size_t step = size ? (size_t)data[0] % 7 + 1 : 1;
    struct str bytes = str_slice(str_make((const char *)data, size), 1, size);

    run(bytes, bytes.n + 1, &whole);
    run(bytes, step, &cut);
    if (!str_eq(sbuf_str(&whole), sbuf_str(&cut)))
        abort();
    sbuf_done(&whole);
    sbuf_done(&cut);
    return 0;
}
