#include "lib/feed/feed.h"

#include <time.h>

#include "lib/base/arena.h"
#include "tests/unit/unit.h"

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static struct feed *read_doc(const char *doc)
{
    struct feed_hints hints = {.base_url = STR("http://example.org/f/feed.xml")};
    struct feed *feed = NULL;

    assert_int_equal(feed_read(str_of(doc), &hints, arena, &feed), FEED_OK);
    return feed;
}

static struct mention *only_item(const char *doc)
{
    struct feed *feed = read_doc(doc);

    assert_int_equal(feed->n_items, 1);
    return &feed->items[0].mention;
}

#define RSS(x) "<rss version='2.0'><channel><title>F</title>" x "</channel></rss>"
#define ITEM(x) RSS("<item>" x "</item>")
#define ATOM(x) "<feed xmlns='http://www.w3.org/2005/Atom'><title>F</title>" x "</feed>"
#define ENTRY(x) ATOM("<entry>" x "</entry>")

static void a_long_base_is_not_copied_for_each_link(void **state)
{
    (void)state;
    struct sbuf doc = SBUF_INIT(1 << 20);

    sbuf_printf(&doc, "<feed xmlns='http://www.w3.org/2005/Atom' xml:base='http://a/%01900d/'>", 0);
    for (int i = 0; i < 100; i++) {
        sbuf_printf(&doc, "<entry><id>%d</id><title>t</title>", i);
        for (int j = 0; j < 300; j++)
            sbuf_printf(&doc, "<link href='x'/>");
        sbuf_printf(&doc, "</entry>");
    }
    sbuf_printf(
        &doc, "<entry xml:base='http://b/%0200000d/'><id>l</id><link href='y'/></entry></feed>", 0);
    sbuf_putc(&doc, '\0');
    assert_false(doc.full);
    struct feed *feed = read_doc(sbuf_str(&doc).p);

    assert_int_equal(feed->n_items, 101);
    assert_true(str_ends(feed->items[99].mention.url, STR("0/x")));
    assert_true(str_ends(feed->items[100].mention.url, STR("0/y")));
    assert_true(arena_used(arena) < 4 << 20); /* 57 MB with a copy for each */
    sbuf_done(&doc);
}

static void an_rss_item_gives_a_mention(void **state)
{
    (void)state;
    struct mention *m = only_item(
        ITEM("<title>T &amp;amp; U</title><link>http://a/1</link><guid>g</guid>"
             "<pubDate>Thu, 01 Jan 2004 19:48:21 EST</pubDate><author>a@b.c (Ann)</author>"
             "<description>&lt;p&gt;Hi&lt;/p&gt;&lt;p&gt;you</description>"));

    assert_str_equal(m->title, STR("T & U"));
    assert_str_equal(m->url, STR("http://a/1"));
    assert_str_equal(m->id, STR("g"));
    assert_str_equal(m->author, STR("Ann"));
    assert_str_equal(m->text, STR("Hi\nyou"));
    assert_str_equal(m->source, STR("F"));
    assert_true(m->published_ms == 1073004501000);
    assert_true(m->updated_ms == CLOCK_NONE);
}

static void the_fullest_text_wins_whatever_its_place(void **state)
{
    (void)state;
    assert_str_equal(only_item(ITEM("<description>s</description><content:encoded>"
                                    "<![CDATA[<b>l</b>ong]]></content:encoded>"))
                         ->text,
                     STR("long"));
    assert_str_equal(only_item(ITEM("<content:encoded> </content:encoded><description>s"
                                    "</description>"))
                         ->text,
                     STR("s"));
    assert_str_equal(only_item(ENTRY("<summary>s</summary><content src='http://a'/>"))->text,
                     STR("s"));
    assert_str_equal(only_item(ITEM("<media:group><media:description>m</media:description>"
                                    "</media:group>"))
                         ->text,
                     STR("m"));
}

static void atom_texts_are_read_by_their_type(void **state)
{
    (void)state;
    assert_str_equal(only_item(ENTRY("<title>1 &lt;b&gt;</title>"))->title, STR("1 <b>"));
    assert_str_equal(only_item(ENTRY("<title type='html'>1 &lt;b&gt;x</title>"))->title,
                     STR("1 x"));
    assert_str_equal(only_item(ENTRY("<title type='xhtml'><div xmlns='http://www.w3.org/1999/"
                                     "xhtml'>a<b>b</b> &lt;c&gt;</div></title>"))
                         ->title,
                     STR("ab <c>"));
    assert_str_equal(only_item(ENTRY("<content mode='base64' type='text/html'>"
                                     "PGI+aGk8L2I+</content>"))
                         ->text,
                     STR("hi"));
    assert_str_equal(only_item(ENTRY("<content type='text/html' mode='escaped'>"
                                     "&lt;p&gt;x&lt;/p&gt;</content>"))
                         ->text,
                     STR("x"));
}

static void foreign_documents_in_content_are_not_items(void **state)
{
    (void)state;
    struct mention *m =
        only_item(ENTRY("<content type='application/xml'><entry><summary>in</summary>"
                        "</entry></content><link href='http://a/1'/>"));

    assert_str_equal(m->url, STR("http://a/1"));
    assert_str_equal(m->text, STR("in"));
    m = only_item("<CHANNEL><ITEM HREF='http://a/2'><TITLE VALUE='early'/></ITEM></CHANNEL>");
    assert_str_equal(m->title, STR("early"));
    assert_str_equal(m->url, STR("http://a/2"));
}

static void the_nearest_language_wins(void **state)
{
    (void)state;
    struct mention *m;

    m = only_item("<rss xml:lang='en'><channel><language>de</language><item><title>x</title>"
                  "<dc:language>fr</dc:language></item></channel></rss>");
    assert_str_equal(m->lang, STR("fr"));
    m = only_item(RSS("<language>en_GB</language><item><title>x</title></item>"));
    assert_str_equal(m->lang, STR("en-GB"));
    m = only_item(RSS("<language>x_1.0</language><item><title>x</title></item>"));
    assert_str_equal(m->lang, STR("x_1.0"));
    m = only_item(RSS("<language>de</language><item><title>x</title></item>"));
    assert_str_equal(m->lang, STR("de"));
    m = only_item("<feed xmlns='http://www.w3.org/2005/Atom' xml:lang='en'><entry xml:lang='es'>"
                  "<title>x</title><content xml:lang='fr'>y</content></entry></feed>");
    assert_str_equal(m->lang, STR("fr"));
    m = only_item("<feed xmlns='http://www.w3.org/2005/Atom' xml:lang='en'><entry>"
                  "<title>x</title></entry></feed>");
    assert_str_equal(m->lang, STR("en"));
    m = only_item("<feed xmlns='http://www.w3.org/2005/Atom'><entry xml:lang='en'><title lang='de'>"
                  "x</title></entry></feed>");
    assert_str_equal(m->lang, STR("de"));
    m = only_item("<feed xmlns='http://www.w3.org/2005/Atom' xml:lang='en'><entry xml:lang=''>"
                  "<title>x</title></entry></feed>");
    assert_true(m->lang.p && m->lang.n == 0); /* said to be unknown */
    assert_null(only_item(ITEM("<title>x</title>"))->lang.p);
}

static void urls_become_absolute_and_the_best_link_is_chosen(void **state)
{
    (void)state;
    assert_str_equal(only_item(ITEM("<link>one</link>"))->url, STR("http://example.org/f/one"));
    assert_str_equal(only_item(ITEM("<guid>http://a/g</guid>"))->url, STR("http://a/g"));
    assert_int_equal(only_item(ITEM("<link>javascript:x()</link>"))->url.n, 0);
    assert_str_equal(only_item("<CHANNEL BASE='http://a/b/'><ITEM HREF='c'/></CHANNEL>")->url,
                     STR("http://a/b/c"));
    assert_int_equal(only_item(ITEM("<guid isPermaLink='false'>http://a/g</guid>"))->url.n, 0);
    assert_str_equal(only_item(ENTRY("<link rel='self' href='s'/><link rel='alternate' "
                                     "type='application/json' href='j'/><link href='/h'/>"))
                         ->url,
                     STR("http://example.org/h"));
    assert_str_equal(only_item("<feed xmlns='http://www.w3.org/2005/Atom' xml:base='/x/'><entry "
                               "xml:base='y/'><link href='z'/></entry></feed>")
                         ->url,
                     STR("http://example.org/x/y/z"));
}

static void damaged_documents_give_what_they_hold(void **state)
{
    (void)state;
    struct feed *f = read_doc("junk\n<?xml version='1.0'?><rss><channel><title>F<item>"
                              "<title>one<link>http://a/1</link><item><title>two</title>"
                              "<description><p>raw <b>html<br></description></item>"
                              "<item><title>thr");

    assert_int_equal(f->n_items, 3);
    assert_str_equal(f->title, STR("F"));
    assert_str_equal(f->items[0].mention.title, STR("one"));
    assert_str_equal(f->items[0].mention.url, STR("http://a/1"));
    assert_str_equal(f->items[1].mention.text, STR("raw html"));
    assert_str_equal(f->items[2].mention.title, STR("thr"));
    assert_true(f->flags & FEED_DAMAGED);
    assert_true(f->flags & FEED_TRUNCATED);
    assert_int_equal(read_doc(ITEM("<title>x</title>"))->flags, 0);
}

static void a_guid_of_two_urls_is_no_identity(void **state)
{
    (void)state;
    struct feed *f = read_doc(RSS("<item><guid>g</guid><link>http://a/1</link></item>"
                                  "<item><guid>g</guid><link>http://a/2</link></item>"
                                  "<item><title>t</title></item>"));

    assert_str_equal(f->items[0].mention.id, STR("g http://a/1"));
    assert_str_equal(f->items[1].mention.id, STR("g http://a/2"));
    assert_true(f->items[2].mention.id.n > 0);
}

static void what_a_polite_poller_needs_is_read(void **state)
{
    (void)state;
    struct feed *f =
        read_doc("<rss xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'><channel>"
                 "<ttl>60</ttl><skipHours><hour>0</hour><hour>23</hour></skipHours>"
                 "<skipDays><day>Monday</day><day>sunday</day></skipDays>"
                 "<sy:updatePeriod>daily</sy:updatePeriod>"
                 "<sy:updateFrequency>4</sy:updateFrequency>"
                 "<atom:link rel='hub' href='http://hub/'/><atom:link rel='self' href='/me'/>"
                 "<atom:link rel='next' href='?p=2'/></channel></rss>");

    assert_int_equal(f->ttl_s, 3600);
    assert_int_equal(f->period_s, 21600);
    assert_int_equal(f->skip_hours, 1u << 0 | 1u << 23);
    assert_int_equal(f->skip_days, 1u << 0 | 1u << 6);
    assert_str_equal(f->hub_url, STR("http://hub/"));
    assert_str_equal(f->self_url, STR("http://example.org/me"));
    assert_str_equal(f->next_url, STR("http://example.org/f/feed.xml?p=2"));
}

static void what_is_no_feed_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *doc;
        enum feed_error want;
    } docs[] = {
        {" \n", FEED_E_EMPTY},
        {"<!DOCTYPE html><html><p>x</html>", FEED_E_HTML},
        {"<svg><g/></svg>", FEED_E_XML},
        {"{\"a\":1}", FEED_E_JSON},
        {"{\"a\":", FEED_E_JSON_BROKEN},
        {"plain words", FEED_E_OTHER},
        {"<html><script>s = '<rss><channel><item>x</item>'</script></html>", FEED_E_HTML},
    };

    for (size_t i = 0; i < ARRAY_LEN(docs); i++) {
        struct feed_hints hints = {.base_url = STR("")};
        struct feed *feed = NULL;

        assert_int_equal(feed_read(str_of(docs[i].doc), &hints, arena, &feed), docs[i].want);
        assert_null(feed);
        assert_true(strlen(feed_error_text(docs[i].want)) > 5);
    }
}

static void hostile_documents_stay_within_bounds(void **state)
{
    (void)state;
    struct sbuf deep = SBUF_INIT(1 << 22);
    struct arena *small = arena_new(1 << 16);
    struct feed_hints hints = {.base_url = STR("")};
    struct feed *feed = NULL;

    sbuf_add(&deep, STR("<rss><channel>"));
    for (int i = 0; i < 10000; i++)
        sbuf_add(&deep, STR("<x a='1'>"));
    for (int i = 0; i < 10000; i++)
        sbuf_add(&deep, STR("</x>"));
    sbuf_add(&deep, STR("<item><title>after</title></item>"));
    feed = read_doc(sbuf_cstr(&deep));
    assert_int_equal(feed->n_items, 1);
    for (int i = 0; i < 10000; i++)
        sbuf_add(&deep, STR("<item><title>a title that takes memory</title></item>"));
    assert_int_equal(feed_read(sbuf_str(&deep), &hints, small, &feed), FEED_E_LIMIT);
    for (int i = 0; i < 10000; i++)
        sbuf_add(&deep, STR("<item/>"));
    feed = read_doc(sbuf_cstr(&deep));
    assert_int_equal(feed->n_items, FEED_ITEMS_MAX);
    assert_true(feed->flags & FEED_CLIPPED);
    sbuf_done(&deep);
    arena_free(small);
}

static void repeated_damage_costs_linear_time(void **state)
{
    (void)state;
    static const char *const patterns[] = {"<!-- >",
                                           "<![CDATA[",
                                           "<zzz><![CDATA[</",
                                           "<? >",
                                           "<a b='<",
                                           "<a><![CDATA[x</a>",
                                           "<!DOCTYPE x [",
                                           "<!x '>",
                                           "</x>",
                                           "<description>",
                                           "&lt;!-- &gt;",
                                           "&lt;a b=\"",
                                           "<item><title>",
                                           "&l;",
                                           "<a b=\"c",
                                           "<author>",
                                           "</description><x></item><item>",
                                           "</description><x><y></item>",
                                           "<description>&lt;script&gt;</description>"};

    for (size_t i = 0; i < ARRAY_LEN(patterns); i++) {
        struct sbuf doc = SBUF_INIT(8 << 20);
        struct feed_hints hints = {.base_url = STR("")};
        struct feed *feed;

        sbuf_add(&doc, STR("<rss><channel><item><description>"));
        while (doc.n < 1 << 20)
            sbuf_add(&doc, str_of(patterns[i]));
        sbuf_add(&doc, STR("]]>"));
        clock_t start = clock();

        enum feed_error e = feed_read(sbuf_str(&doc), &hints, arena, &feed);
        double spent = (double)(clock() - start) / CLOCKS_PER_SEC;

        if (spent > 4) /* tens of milliseconds; quadratic is minutes */
            fail_msg("1 MB of \"%s\" took %.1f s", patterns[i], spent);
        assert_int_equal(e, FEED_OK);
        sbuf_done(&doc);
    }
}

static void replies_name_what_they_answer(void **state)
{
    (void)state;
    assert_str_equal(
        only_item(ENTRY("<id>1</id><thr:in-reply-to ref='tag:0' href='http://a/0'/>"))->reply_to,
        STR("tag:0"));
}

static void alternatives_and_odd_places_of_text_are_found(void **state)
{
    (void)state;
    assert_str_equal(only_item(ITEM("<itunes:subtitle>short</itunes:subtitle><itunes:summary>long"
                                    "</itunes:summary>"))
                         ->text,
                     STR("long"));
    assert_str_equal(only_item(ITEM("<media:description type='plain'>1 &lt;b&gt;"
                                    "</media:description>"))
                         ->text,
                     STR("1 <b>"));
    assert_str_equal(only_item(ENTRY("<content type='image/png'>iVBORw0KGgo=</content>"
                                     "<summary>s</summary>"))
                         ->text,
                     STR("s"));
    assert_str_equal(only_item(ENTRY("<content type='multipart/alternative'><content "
                                     "type='text/plain'>a</content><content type='text/html'>b"
                                     "</content></content>"))
                         ->text,
                     STR("a"));
    assert_str_equal(only_item("<rdf:RDF xmlns='http://purl.org/rss/1.0/'><item><content:items>"
                               "<rdf:Bag><rdf:li><content:item><rdf:value>&lt;p&gt;in"
                               "</rdf:value></content:item></rdf:li></rdf:Bag></content:items>"
                               "</item></rdf:RDF>")
                         ->text,
                     STR("in"));
    assert_str_equal(only_item(ITEM("<title>d&#xC3;&#xA9;j&#195;&#160;</title>"))->title,
                     STR("déjà"));
    assert_str_equal(only_item(ITEM("<title>&#55357;&#56832;</title>"))->title, STR("😀"));
}

static void people_are_named_without_markup(void **state)
{
    (void)state;
    assert_str_equal(
        only_item(ITEM("<author>&lt;a href='mailto:a@b.c'&gt;Ann&lt;/a&gt;</author>"))->author,
        STR("Ann"));
    assert_str_equal(only_item(ITEM("<dc:creator><foaf:Person><foaf:name>Ann</foaf:name>"
                                    "</foaf:Person></dc:creator>"))
                         ->author,
                     STR("Ann"));
    assert_str_equal(only_item(ITEM("<author>a@b.c (Ann (Jr.))</author>"))->author,
                     STR("Ann (Jr.)"));
    assert_str_equal(only_item(ENTRY("<author><url>http://ann/</url></author>"))->author,
                     STR("http://ann/"));
}

static void misspelt_end_tags_lose_nothing_else(void **state)
{
    (void)state;
    struct mention *m = only_item(ITEM("<title>A<title/><link>http://a/1<link></item>"));

    assert_str_equal(m->title, STR("A"));
    assert_str_equal(m->url, STR("http://a/1"));
    m = only_item(ITEM("<category>x<title>A</title>"));
    assert_str_equal(m->title, STR("A"));
    m = only_item("<html><body>" ITEM("<title>A</title>") "</body></html>");
    assert_str_equal(m->title, STR("A"));
    m = only_item("<feed xml:base=''><entry><link href='x'/></entry></feed>");
    assert_str_equal(m->url, STR("http://example.org/f/x"));
}

static void an_unknown_element_without_end_swallows_nothing(void **state)
{
    (void)state;
    struct mention *m = only_item(ITEM("<title>A</title><dccreator>x</dc:creator><br>"
                                       "<link>http://a/1</link><x><y><guid>g</guid>"));

    assert_str_equal(m->url, STR("http://a/1"));
    assert_str_equal(m->id, STR("g"));
    m = only_item(ENTRY("<author><name>Ann</name><id>i</id><link href='http://a/1'/>"));
    assert_str_equal(m->author, STR("Ann"));
    assert_str_equal(m->id, STR("i"));
    assert_str_equal(m->url, STR("http://a/1"));
    m = only_item(ENTRY("<content type='xhtml'><div><p>x</p></div><title>A</title>"));
    assert_str_equal(m->title, STR("A"));
    assert_str_equal(m->text, STR("x"));
    m = only_item(ITEM("<x><title>foreign</title></x><title>A</title>"));
    assert_str_equal(m->title, STR("A"));
}

static void a_start_tag_twice_makes_no_empty_item(void **state)
{
    (void)state;
    assert_int_equal(read_doc(RSS("<item><item><title>A</title></item>"))->n_items, 1);
    assert_int_equal(read_doc(RSS("<item><title>A</title><item>"))->n_items, 1);
    assert_int_equal(read_doc(RSS("<item></item><item/>"))->n_items, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_long_base_is_not_copied_for_each_link, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_rss_item_gives_a_mention, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_fullest_text_wins_whatever_its_place, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(atom_texts_are_read_by_their_type, set_up, tear_down),
        cmocka_unit_test_setup_teardown(foreign_documents_in_content_are_not_items, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_nearest_language_wins, set_up, tear_down),
        cmocka_unit_test_setup_teardown(urls_become_absolute_and_the_best_link_is_chosen, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(damaged_documents_give_what_they_hold, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_guid_of_two_urls_is_no_identity, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_a_polite_poller_needs_is_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_feed_is_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(hostile_documents_stay_within_bounds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(repeated_damage_costs_linear_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(replies_name_what_they_answer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(alternatives_and_odd_places_of_text_are_found, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(people_are_named_without_markup, set_up, tear_down),
        cmocka_unit_test_setup_teardown(misspelt_end_tags_lose_nothing_else, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_unknown_element_without_end_swallows_nothing, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_start_tag_twice_makes_no_empty_item, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
