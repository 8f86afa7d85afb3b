/* Megabytes a second of feed_read (parse, dates, charset check, HTML to text,
 * identity) beside bare expat on the same bytes in the same run: expat with no
 * handler set builds nothing and understands nothing, so it is a floor.
 *
 * The documents are made here: a blog's RSS with long CDATA, an Atom feed with
 * escaped HTML, a timeline of short posts. */

#include <expat.h>
#include <stdio.h>
#include <time.h>

#include "lib/base/arena.h"
#include "lib/feed/feed.h"

enum { ROUNDS = 7, ITEMS = 400 };

static double now_s(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail for this clock */
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static const char paragraph[] =
    "<p>The parcel was promised for <b>Tuesday</b>, and it came on <a "
    "href=\"https://example.org/track?id=%d\" class=\"ext\">Friday</a> &mdash; nobody at the "
    "counter knew why. Ça fait quatre jours d’attente, sans un mot.</p>\n<ul><li>ordered on the "
    "3rd</li><li>paid the same day</li></ul>\n<img src=\"https://example.org/i/%d.jpg\"/>";

static void add_escaped(struct sbuf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '<')
            sbuf_add(out, STR("&lt;"));
        else if (*text == '>')
            sbuf_add(out, STR("&gt;"));
        else if (*text == '&')
            sbuf_add(out, STR("&amp;"));
        else
            sbuf_putc(out, *text);
    }
}

static void add_html(struct sbuf *out, int i)
{
    for (int p = 0; p < 6; p++)
        sbuf_printf(out, paragraph, i, i);
}

static void make_rss(struct sbuf *out)
{
    sbuf_add(out, STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" "
                      "xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" "
                      "xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n<channel>\n"
                      "<title>Blog</title><link>https://example.org/</link>\n"));
    for (int i = 0; i < ITEMS; i++) {
        sbuf_printf(out,
                    "<item>\n\t<title>Post number %d</title>\n\t<link>https://example.org/%d</link>"
                    "\n\t<dc:creator><![CDATA[Ann]]></dc:creator>\n\t<pubDate>Thu, 01 Jan 2004 "
                    "19:48:21 +0000</pubDate>\n\t<category>news</category>\n\t<guid "
                    "isPermaLink=\"false\">https://example.org/?p=%d</guid>\n\t<description>"
                    "<![CDATA[The parcel was promised for Tuesday ...]]></description>\n\t"
                    "<content:encoded><![CDATA[",
                    i, i, i);
        add_html(out, i);
        sbuf_add(out, STR("]]></content:encoded>\n</item>\n"));
    }
    sbuf_add(out, STR("</channel></rss>\n"));
}

static void make_atom(struct sbuf *out)
{
    struct sbuf html = SBUF_INIT(1 << 20);

    sbuf_add(out, STR("<?xml version=\"1.0\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n"
                      "<title>Site</title><link href=\"https://example.org/\"/>\n"));
    for (int i = 0; i < ITEMS; i++) {
        sbuf_printf(out,
                    "  <entry>\n    <id>tag:example.org,2004:%d</id>\n    <title "
                    "type=\"html\">Entry %d</title>\n    <link rel=\"alternate\" "
                    "type=\"text/html\" href=\"https://example.org/%d\"/>\n    <published>"
                    "2004-01-01T19:48:21Z</published>\n    <updated>2004-01-02T19:48:21Z</updated>"
                    "\n    <author><name>Ann</name></author>\n    <content type=\"html\">",
                    i, i, i);
        sbuf_clear(&html);
        add_html(&html, i);
        add_escaped(out, sbuf_cstr(&html));
        sbuf_add(out, STR("</content>\n  </entry>\n"));
    }
    sbuf_add(out, STR("</feed>\n"));
    sbuf_done(&html);
}

static void make_timeline(struct sbuf *out)
{
    sbuf_add(out, STR("<rss version=\"2.0\"><channel><title>@acme</title>"
                      "<link>https://social.example/@acme</link>"));
    for (int i = 0; i < ITEMS * 4; i++)
        sbuf_printf(out,
                    "<item><guid isPermaLink=\"true\">https://social.example/@a/%d</guid><link>"
                    "https://social.example/@a/%d</link><pubDate>Sat, 22 Nov 2025 09:14:05 +0000"
                    "</pubDate><description>&lt;p&gt;@acme six days now, where is order %d? &lt;a "
                    "href=&quot;https://social.example/tags/late&quot;&gt;#late&lt;/a&gt;&lt;/p&gt;"
                    "</description><category>late</category></item>\n",
                    i, i, i);
    sbuf_add(out, STR("</channel></rss>"));
}

static double time_expat(struct str doc)
{
    XML_Parser parser = XML_ParserCreate(NULL);
    double start = now_s();

    if (XML_Parse(parser, doc.p, (int)doc.n, 1) != XML_STATUS_OK)
        (void)fprintf(stderr, "bench-feed: expat refuses the document\n"); /* shows in the figure */
    double spent = now_s() - start;

    XML_ParserFree(parser);
    return spent;
}

static double time_feed(struct str doc, struct arena *arena)
{
    struct feed_hints hints = {.base_url = STR("https://example.org/feed")};
    struct feed *feed = NULL;

    arena_reset(arena);
    double start = now_s();
    enum feed_error e = feed_read(doc, &hints, arena, &feed);
    double spent = now_s() - start;

    if (e != FEED_OK || feed->n_items < ITEMS)
        (void)fprintf(stderr, "bench-feed: items are missing\n"); /* shows in the figure */
    return spent;
}

static void compare(const char *name, void (*make)(struct sbuf *))
{
    struct sbuf doc = SBUF_INIT(64 << 20);
    struct arena *arena = arena_new(0);
    double expat = 1e9, ours = 1e9;

    make(&doc);
    for (int i = 0; i < ROUNDS; i++) {
        double a = time_expat(sbuf_str(&doc)), b = time_feed(sbuf_str(&doc), arena);

        expat = a < expat ? a : expat;
        ours = b < ours ? b : ours;
    }
    printf("%-9s %5.2f MB  bare expat %4.0f MB/s  feed_read %4.0f MB/s  ratio %.2f\n", name,
           (double)doc.n / 1e6, (double)doc.n / 1e6 / expat, (double)doc.n / 1e6 / ours,
           expat / ours);
    arena_free(arena);
    sbuf_done(&doc);
}

int main(void)
{
    compare("rss", make_rss);
    compare("atom", make_atom);
    compare("timeline", make_timeline);
    return 0;
}
