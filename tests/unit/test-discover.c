#include "lib/feed/discover.h"

#include "lib/base/arena.h"
#include "tests/unit/unit.h"

static size_t look(const char *page, struct arena *arena, struct discovery **ret)
{
    return discover_feeds(str_of(page), STR(""), STR("http://a.org/x/y"), arena, ret);
}

static void links_are_found_with_base_and_title(void **state)
{
    (void)state;
    struct arena *arena = arena_new(0);
    struct discovery *d;

    assert_int_equal(look("<!doctype html><html><head><base href=\"/b/\"><script>var s = \"<link "
                          "rel=alternate type=application/rss+xml href=no>\";</script>"
                          "<link rel=stylesheet href=s.css><LINK REL='Alternate' "
                          "TYPE=application/rss+xml HREF=feed.rss title='News &amp; more'>"
                          "<link rel=\"alternate\" type=\"application/atom+xml\" href=\"/atom\">"
                          "<link rel=alternate hreflang=fr href=/fr><a href=/other.rss>x</a>",
                          arena, &d),
                     2);
    assert_str_equal(d[0].url, STR("http://a.org/b/feed.rss"));
    assert_str_equal(d[0].title, STR("News & more"));
    assert_str_equal(d[1].url, STR("http://a.org/atom"));
    arena_free(arena);
}

static void anchors_help_where_no_link_is(void **state)
{
    (void)state;
    struct arena *arena = arena_new(0);
    struct discovery *d;

    assert_int_equal(look("<body><a href='/about'>a</a><a href='/blog/feed/'>b</a>"
                          "<a href='/blog/feed/'>again</a><a href='news.rss?x=1'>c</a>",
                          arena, &d),
                     2);
    assert_int_equal(d[0].how, DISCOVER_ANCHOR);
    assert_str_equal(d[1].url, STR("http://a.org/x/news.rss?x=1"));
    assert_int_equal(look("<p>nothing</p>", arena, &d), 0);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(links_are_found_with_base_and_title),
        cmocka_unit_test(anchors_help_where_no_link_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
