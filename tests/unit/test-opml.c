#include "lib/feed/opml.h"

#include "lib/base/arena.h"
#include "tests/unit/unit.h"

static const char list[] =
    "<?xml version='1.0'?><opml version='1.0'><head><title>Mine &amp; yours</title></head><body>"
    "<outline text='Shops'><outline type='rss' text='A &amp; B' xmlUrl=' http://a/feed '"
    " htmlUrl='http://a/'/><outline text='Big'><outline title='C' XMLURL='http://c/feed'/>"
    "</outline></outline><outline type='rss' text='lost'/>"
    "<outline type='rss' text='D' xmlUrl='http://d/?x=1&y=2'/></body></opml>";

static void feeds_come_with_title_site_and_folder(void **state)
{
    (void)state;
    struct arena *arena = arena_new(0);
    struct opml o;

    assert_int_equal(opml_read(str_of(list), arena, &o), OPML_OK);
    assert_str_equal(o.title, STR("Mine & yours"));
    assert_int_equal(o.n_feeds, 3);
    assert_int_equal(o.n_without_url, 1);
    assert_str_equal(o.feeds[0].url, STR("http://a/feed"));
    assert_str_equal(o.feeds[0].title, STR("A & B"));
    assert_str_equal(o.feeds[0].folder, STR("Shops"));
    assert_str_equal(o.feeds[1].folder, STR("Shops/Big"));
    assert_str_equal(o.feeds[2].url, STR("http://d/?x=1&y=2"));
    assert_int_equal(o.feeds[2].folder.n, 0);
    arena_free(arena);
}

static void what_is_written_reads_back(void **state)
{
    (void)state;
    struct arena *arena = arena_new(0);
    struct sbuf out = SBUF_INIT(1 << 16);
    struct opml a, b;

    assert_int_equal(opml_read(str_of(list), arena, &a), OPML_OK);
    opml_write(&a, &out);
    assert_int_equal(opml_read(sbuf_str(&out), arena, &b), OPML_OK);
    assert_int_equal(a.n_feeds, b.n_feeds);
    for (size_t i = 0; i < a.n_feeds; i++) {
        assert_str_equal(b.feeds[i].url, a.feeds[i].url);
        assert_str_equal(b.feeds[i].title, a.feeds[i].title);
        assert_str_equal(b.feeds[i].site, a.feeds[i].site);
        assert_str_equal(b.feeds[i].folder, a.feeds[i].folder);
    }
    sbuf_done(&out);
    arena_free(arena);
}

static void other_documents_are_refused(void **state)
{
    (void)state;
    struct arena *arena = arena_new(0);
    struct opml o;

    assert_int_equal(opml_read(STR("<html><p>x</p></html>"), arena, &o), OPML_E_OTHER);
    assert_int_equal(opml_read(STR(""), arena, &o), OPML_E_OTHER);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(feeds_come_with_title_site_and_folder),
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(other_documents_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
