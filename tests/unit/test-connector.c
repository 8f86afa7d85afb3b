#include "lib/base/arena.h"
#include "lib/base/diag.h"
#include "lib/feed/connector.h"
#include "tests/unit/unit.h"

#define HEAD "connector: 1\nrequest:\n"
#define ITEMS "items: /posts/*\nfields: {id: /id, text: /text, published: /at}\n"

static const int64_t now_ms = 1764000000000;

struct rig {
    struct arena *arena;
    struct diags diags;
    struct connector *c;
};

static struct rig load(const char *text)
{
    struct rig r = {.arena = arena_new(0)};

    diags_init(&r.diags);
    r.c = connector_load(STR("net.yaml"), str_of(text), r.arena, &r.diags);
    return r;
}

static struct rig load_fine(const char *text)
{
    struct rig r = load(text);

    for (size_t i = 0; i < r.diags.n; i++)
        print_error("%u:%u %.*s\n", r.diags.items[i].at.line, r.diags.items[i].at.col,
                    STR_ARG(r.diags.items[i].message));
    assert_non_null(r.c);
    return r;
}

static void done(struct rig *r)
{
    diags_done(&r->diags);
    arena_free(r->arena);
}

static struct connector_page read_page(struct rig *r, const char *body,
                                       const struct connector_cursor *cursor, struct str link)
{
    struct connector_answer answer = {.body = str_of(body),
                                      .url = STR("https://api.example/posts?n=2"),
                                      .headers[CONNECTOR_H_LINK] = link,
                                      .status = 200,
                                      .now_ms = now_ms};
    struct connector_page page = {0};

    assert_int_equal(connector_read(r->c, &answer, cursor, r->arena, &page), CONNECTOR_OK);
    return page;
}

static struct connector_request ask(struct rig *r, const struct connector_settings *settings,
                                    const struct connector_cursor *cursor)
{
    struct connector_request request = {.n_headers = 0};

    assert_int_equal(connector_request(r->c, settings, cursor, now_ms, r->arena, &request),
                     CONNECTOR_OK);
    return request;
}

static void fills_the_request_and_leaves_out_what_is_empty(void **state)
{
    struct rig r = load_fine("connector: 1\ncredential: optional\n"
                             "with: {base: where, tag: {about: which, default: a b/c}}\n"
                             "request:\n  url: '{base}/tags/{tag}'\n"
                             "  query: {q: 'x {tag}', since_id: '{since}', after: '{page}'}\n"
                             "  headers: {Authorization: 'Basic {credential:base64}'}\n"
                             "cursor: {next: {token: /next}, since: {id: /id}}\n" ITEMS);
    (void)state;
    struct connector_pair with[] = {{STR("base"), STR("api.example:8080/v1/")}};
    struct connector_settings settings = {with, 1, STR_NONE};
    struct connector_cursor cursor = {.mark = STR_NONE};
    struct connector_request q = ask(&r, &settings, &cursor);

    assert_str_equal(q.url, STR("https://api.example:8080/v1/tags/a%20b%2Fc?q=x%20a%20b%2Fc"));
    assert_int_equal(q.n_headers, 1);
    assert_str_equal(q.headers[0].name, STR("Accept"));
    settings.credential = STR("me:secret");
    cursor = (struct connector_cursor){.mark = STR("9"), .next = STR("t=1")};
    q = ask(&r, &settings, &cursor);
    assert_str_equal(q.url, STR("https://api.example:8080/v1/tags/a%20b%2Fc?q=x%20a%20b%2Fc"
                                "&since_id=9&after=t%3D1"));
    assert_str_equal(q.headers[0].value, STR("Basic bWU6c2VjcmV0"));
    settings.credential = STR("me\r\nX: 1");
    assert_int_equal(connector_request(r.c, &settings, &cursor, now_ms, r.arena, &q),
                     CONNECTOR_E_CREDENTIAL);
    settings.n_with = 0;
    assert_int_equal(connector_request(r.c, &settings, &cursor, now_ms, r.arena, &q),
                     CONNECTOR_E_WITH);
    done(&r);
}

static void goes_back_to_the_mark_and_moves_it_only_at_the_end(void **state)
{
    struct rig r = load_fine(HEAD "  url: https://api.example/posts\n  query: {after: '{page}'}\n"
                                  "cursor: {next: {token: /next}, since: {id: /id}}\n" ITEMS);
    struct connector_cursor cursor = {.mark = STR("97")};
    struct connector_page page =
        read_page(&r,
                  "{\"posts\":[{\"id\":104,\"text\":\"d\"},{\"id\":103,\"text\":\"c\"}],"
                  "\"next\":\"p2\"}",
                  &cursor, STR_NONE);

    (void)state;
    assert_int_equal(page.walk, CONNECTOR_MORE);
    assert_str_equal(page.cursor.mark, STR("97"));
    assert_str_equal(page.cursor.top, STR("104"));
    assert_str_equal(page.cursor.next, STR("p2"));
    page = read_page(&r,
                     "{\"posts\":[{\"id\":101,\"text\":\"b\"},{\"id\":97,\"text\":\"a\"}],"
                     "\"next\":\"p3\"}",
                     &page.cursor, STR_NONE);
    assert_int_equal(page.walk, CONNECTOR_DONE);
    assert_str_equal(page.cursor.mark, STR("104"));
    assert_int_equal(page.cursor.next.n, 0);
    page = read_page(&r, "{\"posts\":[]}", &page.cursor, STR_NONE);
    assert_str_equal(page.cursor.mark, STR("104"));
    done(&r);
}

static void the_first_walk_is_one_page(void **state)
{
    struct rig r = load_fine(HEAD "  url: https://api.example/posts\n  query: {after: '{page}'}\n"
                                  "cursor: {next: {token: /next}, since: {id: /id}}\n" ITEMS);
    struct connector_cursor cursor = {.mark = STR_NONE};
    struct connector_page page =
        read_page(&r, "{\"posts\":[{\"id\":9,\"text\":\"d\"}],\"next\":\"p2\"}", &cursor, STR_NONE);

    (void)state;
    assert_int_equal(page.walk, CONNECTOR_DONE);
    assert_str_equal(page.cursor.mark, STR("9"));
    done(&r);
}

static void follows_the_link_header_on_the_same_host_only(void **state)
{
    struct rig r = load_fine(HEAD "  url: https://api.example/posts\n"
                                  "cursor: {next: {link: next}, since: {id: /id}}\n" ITEMS);
    struct connector_settings settings = {NULL, 0, STR_NONE};
    struct connector_cursor cursor = {.mark = STR("1")};
    const char *body = "{\"posts\":[{\"id\":9,\"text\":\"d\"}]}";
    struct connector_page page =
        read_page(&r, body, &cursor,
                  STR("<https://api.example/posts?page=0>; rel=\"prev\", </posts?a=1,2&page=2>; "
                      "rel=\"next\""));
    struct connector_request q;

    (void)state;
    assert_str_equal(page.cursor.next, STR("https://api.example/posts?a=1,2&page=2"));
    q = ask(&r, &settings, &page.cursor);
    assert_str_equal(q.url, STR("https://api.example/posts?a=1,2&page=2"));
    page = read_page(&r, body, &cursor, STR("<https://evil.example/posts>; rel=next"));
    assert_int_equal(connector_request(r.c, &settings, &page.cursor, now_ms, r.arena, &q),
                     CONNECTOR_E_FOREIGN);
    done(&r);
}

static void an_epoch_mark_overlaps_and_never_lies_in_the_future(void **state)
{
    struct rig r = load_fine(
        HEAD "  url: https://api.example/posts\n"
             "  query: {from: '{since}', page: '{page}'}\n"
             "cursor: {next: {count: 1}, since: {time: /at, overlap: 10 min}, full: 2}\n" ITEMS);
    struct connector_settings settings = {NULL, 0, STR_NONE};
    struct connector_cursor cursor = {.mark = STR_NONE};
    struct connector_request q = ask(&r, &settings, &cursor);

    (void)state;
    assert_str_equal(q.url,
                     STR("https://api.example/posts?from=1763913600&page=1")); /* a day back */
    struct connector_page page =
        read_page(&r,
                  "{\"posts\":[{\"id\":2,\"text\":\"b\",\"at\":1763999000},"
                  "{\"id\":1,\"text\":\"a\",\"at\":\"2099-01-01T00:00:00.123456789Z\"}]}",
                  &cursor, STR_NONE);

    assert_str_equal(page.cursor.mark, STR("1764000000000"));
    q = ask(&r, &settings, &page.cursor);
    assert_str_equal(q.url, STR("https://api.example/posts?from=1763999400&page=1"));
    page = read_page(&r,
                     "{\"posts\":[{\"id\":4,\"text\":\"b\",\"at\":1764000000},"
                     "{\"id\":3,\"text\":\"a\",\"at\":1763999900}]}",
                     &page.cursor, STR_NONE);
    assert_int_equal(page.walk, CONNECTOR_MORE);
    assert_str_equal(page.cursor.next, STR("2"));
    done(&r);
}

static void pages_may_be_counted_in_posts(void **state)
{
    struct rig r = load_fine(HEAD "  url: https://api.example/posts\n  query: {start: '{page}'}\n"
                                  "cursor: {next: {count: 0, step: 2, last: 4}}\n" ITEMS);
    struct connector_settings settings = {NULL, 0, STR_NONE};
    struct connector_cursor cursor = {.mark = STR_NONE};
    const char *two = "{\"posts\":[{\"id\":2,\"text\":\"b\"},{\"id\":1,\"text\":\"a\"}]}";
    struct connector_page page = read_page(&r, two, &cursor, STR_NONE);

    (void)state;
    assert_str_equal(ask(&r, &settings, &cursor).url, STR("https://api.example/posts?start=0"));
    assert_str_equal(page.cursor.next, STR("2"));
    assert_int_equal(page.n_found, 2);
    page = read_page(&r, two, &page.cursor, STR_NONE);
    assert_str_equal(page.cursor.next, STR("4"));
    page = read_page(&r, two, &page.cursor, STR_NONE);
    assert_int_equal(page.walk, CONNECTOR_DONE);
    done(&r);
}

static void a_stored_continuation_goes_on_until_the_end_is_said(void **state)
{
    struct rig r = load_fine(HEAD "  url: https://api.example/posts\n"
                                  "  query: {cursor: '{since}', start: '{start}'}\n"
                                  "cursor: {since: {stored: /after}, end: /done}\n" ITEMS);
    struct connector_settings settings = {NULL, 0, STR_NONE};
    struct connector_cursor cursor = {.mark = STR_NONE};
    struct connector_page page =
        read_page(&r, "{\"posts\":[{\"id\":2,\"text\":\"b\"}],\"after\":\"MQ==\",\"done\":false}",
                  &cursor, STR_NONE);

    (void)state;
    assert_str_equal(ask(&r, &settings, &cursor).url,
                     STR("https://api.example/posts?start=1763913600"));
    assert_int_equal(page.walk, CONNECTOR_MORE);
    assert_str_equal(ask(&r, &settings, &page.cursor).url,
                     STR("https://api.example/posts?cursor=MQ%3D%3D"));
    page = read_page(&r, "{\"posts\":[],\"after\":\"Mg==\",\"done\":true}", &page.cursor, STR_NONE);
    assert_int_equal(page.walk, CONNECTOR_DONE);
    assert_str_equal(page.cursor.mark, STR("Mg=="));
    done(&r);
}

static void reads_times_in_all_their_forms(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } times[] = {
        {"\"2025-11-24T16:00:00Z\"", now_ms},
        {"\"2025-11-24T17:00:00+01:00\"", now_ms},
        {"\"2025-11-24T16:00:00+0000\"", now_ms},
        {"\"2025-11-24T16:00:00\"", now_ms},
        {"\"2025-11-24T16:00:00.123456789Z\"", now_ms + 123},
        {"1764000000", now_ms},
        {"\"1764000000\"", now_ms},
        {"1764000000.5", now_ms + 500},
        {"1764000000000", now_ms},
        {"\"1764000000000000\"", now_ms},
        {"null", CLOCK_NONE},
        {"{}", CLOCK_NONE},
        {"\"soon\"", CLOCK_NONE},
        {"1e300", CLOCK_NONE},
    };
    struct rig r = load_fine(HEAD "  url: https://api.example/posts\n" ITEMS);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(times); i++) {
        struct connector_cursor cursor = {.mark = STR_NONE};
        struct str body =
            arena_printf(r.arena, "{\"posts\":[{\"text\":\"x\",\"at\":%s}]}", times[i].text);
        struct connector_page page = read_page(&r, body.p, &cursor, STR_NONE);

        assert_int_equal(page.n, 1);
        if (page.mentions[0].published_ms != times[i].ms)
            fail_msg("%s: %lld", times[i].text, (long long)page.mentions[0].published_ms);
    }
    done(&r);
}

static void joins_filters_and_outer_values_find_their_way(void **state)
{
    struct rig r = load_fine(
        "connector: 1\nitems: /entry/*/changes/*\nwhere: [{ptr: /kind, in: [post, reply]}]\n"
        "fields:\n  id: {template: '{^/id}-{/id}'}\n  text: {ptr: /html, as: html}\n"
        "  author: {ptr: /name, join: {list: /users/*, key: /id, on: /user}}\n"
        "  title: {ptr: /none||/title, as: entities}\n  published: ^/time\n"
        "  url: {template: 'https://x.example/{/slug}'}\n");
    struct connector_cursor cursor = {.mark = STR_NONE};
    struct connector_page page = read_page(
        &r,
        "{\"users\":[{\"id\":7,\"name\":\"ann\"}],\"entry\":{\"id\":\"e\",\"time\":1764000000,"
        "\"changes\":[{\"kind\":\"like\",\"html\":\"no\"},{\"kind\":\"post\",\"id\":5,\"user\":7,"
        "\"title\":\"a &amp; b\",\"html\":\"<p>one</p><p>two</p>\"},{\"kind\":\"reply\"}]}}",
        &cursor, STR_NONE);

    (void)state;
    assert_int_equal(page.n, 1);
    assert_int_equal(page.n_no_text, 1);
    assert_str_equal(page.mentions[0].id, STR("e-5"));
    assert_str_equal(page.mentions[0].author, STR("ann"));
    assert_str_equal(page.mentions[0].title, STR("a & b"));
    assert_str_equal(page.mentions[0].text, STR("one\ntwo"));
    assert_int_equal(page.mentions[0].url.n, 0); /* no slug: no half address */
    assert_int_equal(page.mentions[0].published_ms, now_ms);
    done(&r);
}

static void hold_is_read_in_three_forms_and_from_the_body(void **state)
{
    static const struct {
        struct str reset;
        int64_t hold_ms;
    } forms[] = {{STR("2025-11-24T16:01:00.000Z"), 60000},
                 {STR("1764000060"), 60000},
                 {STR("60"), 60000},
                 {STR("59.5"), 59500},
                 {STR("2025-11-24T15:00:00Z"), 0},
                 {STR("gibberish"), 0}};
    struct rig r = load_fine(HEAD "  url: https://api.example/posts\n"
                                  "limits: {remaining: X-Left, reset: X-Reset, backoff: /backoff,\n"
                                  "  busy: [{ptr: /error/code, in: [4, 17]}]}\n" ITEMS);
    struct connector_answer a = {
        .body = STR("{\"backoff\":null}"), .now_ms = now_ms, .status = 200};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        a.headers[CONNECTOR_H_REMAINING] = STR("0");
        a.headers[CONNECTOR_H_RESET] = forms[i].reset;
        assert_int_equal(connector_hold_ms(r.c, &a, r.arena), forms[i].hold_ms);
        a.headers[CONNECTOR_H_REMAINING] = STR("12.0");
        assert_int_equal(connector_hold_ms(r.c, &a, r.arena), 0);
    }
    a.body = STR("{\"backoff\":30}");
    assert_int_equal(connector_hold_ms(r.c, &a, r.arena), 30000);
    assert_false(connector_busy(r.c, &a, r.arena));
    a.status = 400;
    a.body = STR("{\"error\":{\"code\":17}}");
    assert_true(connector_busy(r.c, &a, r.arena));
    done(&r);
}

static const char streaming[] =
    "connector: 1\ncredential: required\nwith: {base: where, tag: which}\n"
    "stream:\n  url: '{base}/live'\n  query: {tag: '{tag}'}\n"
    "  headers: {Authorization: 'Bearer {credential}'}\n  events: [update, edit]\n"
    "request: {url: '{base}/posts', query: {after: '{since}'}}\n"
    "cursor: {order: oldest first, since: {id: /id}}\n"
    "gone: {event: delete, where: [{ptr: /verb, eq: remove}], id: {template: 'n{/id||}'}}\n"
    "items: /*\nfields: {id: /id, text: /text}\n";

static struct connector_page read_event(struct rig *r, const char *type, const char *data,
                                        enum connector_error expected)
{
    struct connector_answer a = {.body = str_of(data), .now_ms = now_ms, .status = 200};
    struct connector_page page = {0};

    assert_int_equal(connector_read_event(r->c, &a, str_of(type), r->arena, &page), expected);
    return page;
}

static void a_stream_has_a_request_of_its_own(void **state)
{
    struct rig r = load_fine(streaming);
    struct connector_pair with[] = {{STR("base"), STR("http://live.example")},
                                    {STR("tag"), STR("a b")}};
    struct connector_settings settings = {with, 2, STR("s3cret")};
    struct connector_request q;

    (void)state;
    assert_true(connector_streams(r.c) && connector_asks(r.c));
    assert_int_equal(connector_stream(r.c, &settings, r.arena, &q), CONNECTOR_OK);
    assert_str_equal(q.url, STR("http://live.example/live?tag=a%20b"));
    assert_int_equal(q.n_headers, 2);
    assert_str_equal(q.headers[0].value, STR("Bearer s3cret"));
    assert_str_equal(q.headers[1].value, STR("text/event-stream"));
    settings.credential = STR_NONE;
    assert_int_equal(connector_stream(r.c, &settings, r.arena, &q), CONNECTOR_E_CREDENTIAL);
    done(&r);
}

static void events_bring_posts_or_say_which_are_gone(void **state)
{
    struct rig r = load_fine(streaming);
    struct connector_page page =
        read_event(&r, "update", "{\"id\":\"12\",\"text\":\"late\"}", CONNECTOR_OK);

    (void)state;
    assert_int_equal(page.n, 1);
    assert_str_equal(page.mentions[0].text, STR("late"));
    assert_str_equal(page.newest, STR("12"));
    assert_int_equal(page.walk, CONNECTOR_DONE);
    page = read_event(&r, "delete", "108", CONNECTOR_OK);
    assert_int_equal(page.n, 0);
    assert_int_equal(page.n_gone, 1);
    assert_str_equal(page.gone[0], STR("n108"));
    assert_int_equal(read_event(&r, "delete", "{}", CONNECTOR_OK).n_gone, 0);
    page = read_event(&r, "edit", "[{\"id\":1,\"verb\":\"remove\"},{\"id\":2,\"text\":\"stays\"}]",
                      CONNECTOR_OK);
    assert_int_equal(page.n, 1);
    assert_int_equal(page.n_gone, 1);
    assert_str_equal(page.gone[0], STR("n1"));
    assert_int_equal(read_event(&r, "filters_changed", "undefined", CONNECTOR_OK).n, 0);
    (void)read_event(&r, "update", "undefined", CONNECTOR_E_JSON);
    (void)read_event(&r, "update", "7", CONNECTOR_E_SHAPE);
    done(&r);
}

static void the_later_of_two_marks_is_told_by_their_kind(void **state)
{
    struct rig ids = load_fine(streaming);
    struct rig times = load_fine(HEAD "  url: https://api.example/posts\n"
                                      "cursor: {since: {time: /at}}\n" ITEMS);

    (void)state;
    assert_str_equal(connector_later(ids.c, STR("9"), STR("10")), STR("10"));
    assert_str_equal(connector_later(ids.c, STR("10"), STR_NONE), STR("10"));
    assert_str_equal(connector_later(ids.c, STR_NONE, STR("9")), STR("9"));
    assert_str_equal(connector_later(times.c, STR("1700000000000"), STR("999999999999")),
                     STR("1700000000000"));
    assert_str_equal(connector_later(times.c, STR("5"), STR_NONE), STR("5"));
    done(&ids);
    done(&times);
}

static void mistakes_are_told_with_their_place(void **state)
{
    static const struct {
        const char *text;
        unsigned line, col;
        const char *says;
    } bad[] = {
        {"connector: 1\nitems: /a/*\nfields: {txt: /a, text: /b}\n", 3, 10, "unknown key 'txt'"},
        {"connector: 1\nitems: a/*\nfields: {text: /b}\n", 2, 8, "begins with '/'"},
        {"connector: 1\nitems: /a~2/*\nfields: {text: /b}\n", 2, 9, "'~' stands for nothing"},
        {"connector: 1\nrequest: {url: 'https://x/{nme}'}\nitems: /a\nfields: {text: /b}\n", 2, 28,
         "no variable is named 'nme'"},
        {"connector: 1\nitems: /a\nfields: {text: {ptr: /b, as: hmtl}}\n", 3, 30, "'hmtl'"},
        {"connector: 1\nitems: /a\nfields: {id: /b}\n", 3, 9, "where the text is"},
        {"connector: 1\nrequest: {url: https://x/}\ncursor: {next: {token: /n}}\nitems: /a\n"
         "fields: {text: /b}\n",
         3, 1, "nothing in the request names {page}"},
        {"connector: 1\nrequest: {url: https://x/}\ncursor: {since: {time: /n, overlap: 5m}}\n"
         "items: /a\nfields: {text: /b}\n",
         3, 37, "'5m' is no duration"},
        {"connector: 2\nitems: /a\nfields: {text: /b}\n", 1, 12, "version 1"},
        {"connector: 1\ncredential: required\nrequest: {url: https://x/}\n"
         "oauth: {token: https://x/t}\nitems: /a\nfields: {text: /b}\n",
         4, 8, "oauth needs `token`, the endpoint, and `grant`"},
        {"connector: 1\ncredential: required\nrequest: {url: 'https://x/{credential}'}\n"
         "oauth: {token: https://x/t, grant: password}\nitems: /a\nfields: {text: /b}\n",
         4, 36, "'password' is none of the words known here"},
        {"connector: 1\nrequest: {url: https://x/}\n"
         "oauth: {token: https://x/t, grant: [refresh_token]}\nitems: /a\nfields: {text: /b}\n",
         3, 1, "oauth, but no credential"},
        {"connector: 1\nstream: {events: [a]}\nitems: /a\nfields: {text: /b}\n", 2, 9,
         "stream has no url"},
        {"connector: 1\ngone: {id: /a}\nitems: /a\nfields: {text: /b}\n", 2, 7,
         "gone needs `id`, and `event` or `where`"},
        {"connector: 1\nstream: {url: https://x/, evnts: [a]}\nitems: /a\nfields: {text: /b}\n", 2,
         27, "unknown key 'evnts'"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct rig r = load(bad[i].text);

        assert_null(r.c);
        assert_true(r.diags.n > 0);
        if (r.diags.items[0].at.line != bad[i].line || r.diags.items[0].at.col != bad[i].col ||
            str_find(r.diags.items[0].message, str_of(bad[i].says), 0) == SIZE_MAX)
            fail_msg("%zu: %u:%u %.*s", i, r.diags.items[0].at.line, r.diags.items[0].at.col,
                     STR_ARG(r.diags.items[0].message));
        assert_true(r.diags.items[0].hint.n > 0);
        done(&r);
    }
}

static void what_is_no_answer_is_refused(void **state)
{
    static const char *const bodies[] = {"", "<html>log in</html>", "{\"error\":\"expired\"}", "7"};
    struct rig r = load_fine(HEAD "  url: https://api.example/posts\n" ITEMS);
    struct connector_cursor cursor = {.mark = STR_NONE};
    struct connector_page page;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        struct connector_answer a = {.body = str_of(bodies[i]), .now_ms = now_ms, .status = 200};

        assert_int_not_equal(connector_read(r.c, &a, &cursor, r.arena, &page), CONNECTOR_OK);
    }
    done(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_the_request_and_leaves_out_what_is_empty),
        cmocka_unit_test(goes_back_to_the_mark_and_moves_it_only_at_the_end),
        cmocka_unit_test(the_first_walk_is_one_page),
        cmocka_unit_test(follows_the_link_header_on_the_same_host_only),
        cmocka_unit_test(an_epoch_mark_overlaps_and_never_lies_in_the_future),
        cmocka_unit_test(pages_may_be_counted_in_posts),
        cmocka_unit_test(a_stored_continuation_goes_on_until_the_end_is_said),
        cmocka_unit_test(reads_times_in_all_their_forms),
        cmocka_unit_test(joins_filters_and_outer_values_find_their_way),
        cmocka_unit_test(hold_is_read_in_three_forms_and_from_the_body),
        cmocka_unit_test(a_stream_has_a_request_of_its_own),
        cmocka_unit_test(events_bring_posts_or_say_which_are_gone),
        cmocka_unit_test(the_later_of_two_marks_is_told_by_their_kind),
        cmocka_unit_test(mistakes_are_told_with_their_place),
        cmocka_unit_test(what_is_no_answer_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
