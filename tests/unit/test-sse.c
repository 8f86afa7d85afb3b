#include "lib/feed/sse.h"

#include "tests/unit/unit.h"

struct heard {
    struct sbuf log;
    size_t n;
};

static void hear(void *arg, const struct sse_event *event)
{
    struct heard *h = arg;

    sbuf_printf(&h->log, "[%.*s|%.*s|%.*s]", STR_ARG(event->type), STR_ARG(event->id),
                STR_ARG(event->data));
    h->n++;
}

static void expect(const char *stream, const char *events)
{
    for (size_t step = 1; step < 40; step++) {
        struct heard h = {.log = SBUF_INIT(10000)};
        struct str all = str_of(stream);
        struct sse s;

        sse_init(&s, 1000, STR_NONE);
        for (size_t at = 0; at < all.n; at += step)
            assert_int_equal(sse_feed(&s, str_slice(all, at, at + step), hear, &h), SSE_OK);
        assert_string_equal(sbuf_cstr(&h.log), events);
        sse_done(&s);
        sbuf_done(&h.log);
    }
}

static void lines_may_end_with_cr_lf_or_both(void **state)
{
    (void)state;
    expect("data: a\n\ndata: b\r\rdata: c\r\n\r\n", "[message||a][message||b][message||c]");
    expect("data: a\rdata: b\ndata: c\r\n\n", "[message||a\nb\nc]");
}

static void an_empty_line_completes_an_event_and_the_end_does_not(void **state)
{
    (void)state;
    expect("data: whole\n\ndata: cut", "[message||whole]");
    expect("data: whole\n\ndata: cut\n", "[message||whole]");
}

static void an_id_holds_until_the_next_one(void **state)
{
    (void)state;
    expect("id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n",
           "[message|1|a][message|1|b][message||c]");
    expect("id: 5\n\ndata: a\n\n", "[message|5|a]");
}

static void comments_unknown_fields_and_types_are_told_apart(void **state)
{
    (void)state;
    expect(":thump\n\nfoo: bar\nevent: update\ndata:{}\n\ndata\n\nevent: lost\n\ndata:  x\n\n",
           "[update||{}][message||][message|| x]");
}

static void a_byte_order_mark_is_passed_over_only_at_the_beginning(void **state)
{
    (void)state;
    expect("\xEF\xBB\xBF"
           "data: a\n\n\xEF\xBB\xBF"
           "data: b\n\n",
           "[message||a]");
    expect("\xEF\xBB"
           "data: a\n\ndata: b\n\n",
           "[message||b]");
}

static void retry_takes_digits_only(void **state)
{
    struct heard h = {.log = SBUF_INIT(100)};
    struct sse s;

    (void)state;
    sse_init(&s, 100, STR("42"));
    assert_int_equal(sse_feed(&s, STR("retry: 1500\nretry: -3\nretry: 5s\n"), hear, &h), SSE_OK);
    assert_int_equal(s.retry_ms, 1500);
    assert_int_equal(sse_feed(&s, STR("data: x\n\n"), hear, &h), SSE_OK);
    assert_string_equal(sbuf_cstr(&h.log), "[message|42|x]");
    sse_done(&s);
    sbuf_done(&h.log);
}

static void an_event_without_end_is_refused(void **state)
{
    struct heard h = {.log = SBUF_INIT(100)};
    enum sse_result r = SSE_OK;
    struct sse s;

    (void)state;
    sse_init(&s, 1000, STR_NONE);
    for (int i = 0; i < 30 && r == SSE_OK; i++)
        r = sse_feed(&s, STR("data: 0123456789012345678901234567890123456789\n"), hear, &h);
    assert_int_equal(r, SSE_E_LARGE);
    assert_int_equal(h.n, 0);
    sse_done(&s);
    sbuf_done(&h.log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_may_end_with_cr_lf_or_both),
        cmocka_unit_test(an_empty_line_completes_an_event_and_the_end_does_not),
        cmocka_unit_test(an_id_holds_until_the_next_one),
        cmocka_unit_test(comments_unknown_fields_and_types_are_told_apart),
        cmocka_unit_test(a_byte_order_mark_is_passed_over_only_at_the_beginning),
        cmocka_unit_test(retry_takes_digits_only),
        cmocka_unit_test(an_event_without_end_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
