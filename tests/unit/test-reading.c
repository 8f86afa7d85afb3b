#include "daemon/source/reading.h"

#include "lib/base/arena.h"
#include "lib/feed/feed.h"

#include "tests/unit/unit.h"

#define DAY_MS (24ll * 3600 * 1000)
static const int64_t now_ms = 1763802845000; /* Sat, 22 Nov 2025 09:14:05 GMT */

static const struct config_poll rules = {.interval_ms = 900000,
                                         .floor_ms = 300000,
                                         .floor_blind_ms = 3600000,
                                         .floor_deaf_ms = DAY_MS,
                                         .slowest_ms = 7200000,
                                         .backoff_max_ms = 7 * DAY_MS,
                                         .retry_after_max_ms = DAY_MS,
                                         .validators_max_ms = 8 * DAY_MS,
                                         .oldest_ms = 30 * DAY_MS};

static const struct config_source source = {.id = {"press", 5}, .url = {"http://n.example/f", 18}};

static const char document[] =
    "<rss version='2.0'><channel><title>t</title>"
    "<item><guid>3</guid><description>three</description>"
    "<pubDate>Sat, 22 Nov 2025 08:00:00 GMT</pubDate></item>"
    "<item><guid>2</guid><description>two</description>"
    "<pubDate>Fri, 21 Nov 2025 08:00:00 GMT</pubDate></item>"
    "<item><guid>1</guid><description>one</description>"
    "<pubDate>Fri, 21 Nov 2024 08:00:00 GMT</pubDate></item></channel></rss>";

static struct transfer_response answer(int status, const char *body)
{
    return (struct transfer_response){.end = TRANSFER_OK,
                                      .status = status,
                                      .url = source.url,
                                      .body = str_of(body),
                                      .etag = STR("\"1\"")};
}

/* A reading and its batch; batches point into those before them, so all live until the end. */
struct stepped {
    enum schedule_outcome outcome;
    const char *why;
    size_t too_old;
    struct str moved, hub, topic;
    struct batch *batch;
};

static struct batch *batches;

static int forget_batches(void **state)
{
    (void)state;
    while (batches) {
        struct batch *b = batches;

        batches = b->next;
        batch_free(b);
    }
    return 0;
}

static struct stepped step(const struct store_source *before, const struct transfer_response *r)
{
    struct batch *b = batch_new();

    b->state = *before;
    b->next = batches;
    batches = b;

    struct reading_input in = {.rules = &rules,
                               .source = &source,
                               .batch = b,
                               .response = r,
                               .asked = reading_may_validate(before, &rules, now_ms)
                                            ? READING_SENT_VALIDATORS
                                            : READING_ASKED_PLAINLY,
                               .now_ms = now_ms};

    struct reading got = reading_make(&in);

    return (struct stepped){got.outcome, got.why, got.too_old, got.moved, got.hub, got.topic, b};
}

static void posts_are_heard_in_the_order_they_were_written_and_old_ones_not(void **state)
{
    (void)state;
    struct store_source none = {0};
    struct transfer_response r = answer(200, document);
    struct stepped got = step(&none, &r);

    assert_int_equal(got.outcome, SCHEDULE_FRESH);
    assert_int_equal(got.batch->n, 2);
    assert_int_equal(got.too_old, 1);
    assert_str_equal(got.batch->mentions[0].text, STR("two"));
    assert_str_equal(got.batch->mentions[1].text, STR("three"));
    assert_str_equal(got.batch->mentions[0].source, STR("press"));
    assert_str_equal(got.batch->state.etag, STR("\"1\""));
    assert_true(reading_may_validate(&got.batch->state, &rules, now_ms));
    assert_false(reading_may_validate(&got.batch->state, &rules, now_ms + 9 * DAY_MS));
}

#define HUBBED                                                                                     \
    "<feed xmlns='http://www.w3.org/2005/Atom'><title>t</title><id>f</id>"                         \
    "<link rel='hub' href='https://hub.example/'/><link rel='self' href='/self'/></feed>"

static void a_hub_is_remembered_and_the_header_goes_before_the_document(void **state)
{
    (void)state;
    struct store_source none = {0};
    struct transfer_response r = answer(200, HUBBED), same = answer(304, "");
    struct stepped got = step(&none, &r);

    assert_str_equal(got.hub, STR("https://hub.example/"));
    assert_str_equal(got.topic, STR("http://n.example/self"));
    got = step(&got.batch->state, &same);
    assert_int_equal(got.outcome, SCHEDULE_SAME);
    assert_str_equal(got.hub, STR("https://hub.example/"));
    r.wanted[READING_LINK] = STR("</h>; rel=hub, <http://n.example/f>; rel=\"self\"");
    got = step(&none, &r);
    assert_str_equal(got.hub, STR("http://n.example/h"));
    assert_str_equal(got.topic, STR("http://n.example/f"));
    r = answer(200, document);
    got = step(&got.batch->state, &r);
    assert_int_equal(got.hub.n + got.topic.n, 0);
    r.wanted[READING_LINK] = STR("</h>; rel=hub");
    got = step(&none, &r);
    assert_int_equal(got.hub.n, 0); /* a hub without a topic is of no use */
}

static void what_a_hub_brings_is_read_like_what_a_poll_brings(void **state)
{
    (void)state;
    struct store_source none = {0};
    struct transfer_response r = answer(200, document);
    struct stepped polled = step(&none, &r);
    struct feed_hints hints = {.content_type = STR("application/rss+xml"), .base_url = source.url};
    struct batch *pushed = batch_new();
    const char *why = NULL;

    pushed->next = batches;
    batches = pushed;
    assert_true(reading_pushed(&rules, &source, &hints, str_of(document), now_ms, pushed, &why));
    assert_int_equal(pushed->n, polled.batch->n);
    assert_str_equal(pushed->source, polled.batch->source);
    for (size_t i = 0; i < pushed->n; i++)
        assert_str_equal(pushed->mentions[i].id, polled.batch->mentions[i].id);
    assert_int_equal(pushed->has, BATCH_KEEPS_STATE);
    assert_false(reading_pushed(&rules, &source, &hints, STR("<html>x"), now_ms, pushed, &why));
    assert_non_null(why);
}

static void a_failure_keeps_all_that_was_known(void **state)
{
    (void)state;
    struct store_source none = {0};
    struct transfer_response good = answer(200, document),
                             page = answer(200, "<html>Log in</html>");
    struct stepped first = step(&none, &good), second;

    page.etag = STR("\"other\"");
    second = step(&first.batch->state, &page);
    assert_int_equal(second.outcome, SCHEDULE_FAILED);
    assert_string_equal(second.why, "not-a-feed");
    assert_str_equal(second.batch->state.etag, STR("\"1\""));
    assert_str_equal(second.batch->state.body, first.batch->state.body);
    assert_int_equal(second.batch->state.failures, 1);
    assert_int_equal(second.batch->state.status, READING_FAILING);
}

static void a_server_that_ignores_validators_is_found_out(void **state)
{
    (void)state;
    struct store_source none = {0};
    struct transfer_response r = answer(200, document);
    struct stepped now = step(&none, &r);

    for (int i = 0; i < 3; i++) {
        struct batch *before = now.batch;

        now = step(&before->state, &r);
        assert_int_equal(now.outcome, SCHEDULE_SAME);
        assert_int_equal(now.batch->n, 0);
    }
    assert_true(now.batch->state.interval_ms == DAY_MS);
}

static void a_permanent_redirect_is_believed_the_third_time(void **state)
{
    (void)state;
    struct store_source none = {0};
    struct transfer_response r = answer(200, document);
    struct stepped now;
    struct batch *before;

    r.moved_to = r.url = STR("http://new.example/f");
    now = step(&none, &r);
    for (int i = 0; i < 2; i++) {
        assert_str_equal(reading_url(&now.batch->state, &source), source.url);
        before = now.batch;
        now = step(&before->state, &r);
    }
    assert_str_equal(reading_url(&now.batch->state, &source), STR("http://new.example/f"));
    assert_str_equal(now.moved, source.url);

    /* Where it moved is dead: after eight failures the configured URL is asked again. */
    struct transfer_response dead = answer(404, "");

    for (int i = 0; i < 8; i++) {
        before = now.batch;
        now = step(&before->state, &dead);
    }
    assert_str_equal(reading_url(&now.batch->state, &source), source.url);
}

static void state_about_another_url_is_forgotten(void **state)
{
    (void)state;
    struct store_source none = {0};
    struct transfer_response r = answer(200, document);
    struct stepped now = step(&none, &r);
    struct config_source other = source;
    struct store_source kept = now.batch->state;

    reading_forget_other(&kept, &source);
    assert_int_equal(kept.etag.n, 3);
    other.url = STR("http://n.example/g");
    reading_forget_other(&kept, &other);
    assert_int_equal(kept.etag.n, 0);
}

static void a_304_that_nobody_asked_for_is_a_failure(void **state)
{
    (void)state;
    struct store_source none = {0};
    struct transfer_response r = answer(304, "");
    struct stepped got = step(&none, &r);

    assert_int_equal(got.outcome, SCHEDULE_FAILED);
}

static void a_memo_survives_writing_and_reading(void **state)
{
    (void)state;
    struct arena *arena = arena_new(0);
    struct memo m = {.configured = STR("http://a b/"), .full_ms = 5, .deaf = 2, .skip_hours = 7};
    struct memo back = memo_read(memo_write(&m, arena));

    assert_str_equal(back.configured, m.configured);
    assert_true(back.full_ms == 5 && back.deaf == 2 && back.skip_hours == 7 && back.gap_ms == 0);
    back = memo_read(STR("nonsense\nfull x\ndeaf 9999999999999999999999\n\n gap\nttl 3"));
    assert_true(back.full_ms == 0 && back.deaf == 0 && back.ttl_ms == 3);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(posts_are_heard_in_the_order_they_were_written_and_old_ones_not,
                                  forget_batches),
        cmocka_unit_test_teardown(a_hub_is_remembered_and_the_header_goes_before_the_document,
                                  forget_batches),
        cmocka_unit_test_teardown(what_a_hub_brings_is_read_like_what_a_poll_brings,
                                  forget_batches),
        cmocka_unit_test_teardown(a_failure_keeps_all_that_was_known, forget_batches),
        cmocka_unit_test_teardown(a_server_that_ignores_validators_is_found_out, forget_batches),
        cmocka_unit_test_teardown(a_permanent_redirect_is_believed_the_third_time, forget_batches),
        cmocka_unit_test_teardown(state_about_another_url_is_forgotten, forget_batches),
        cmocka_unit_test_teardown(a_304_that_nobody_asked_for_is_a_failure, forget_batches),
        cmocka_unit_test_teardown(a_memo_survives_writing_and_reading, forget_batches),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
