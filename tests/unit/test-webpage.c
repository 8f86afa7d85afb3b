#include "lib/feed/webpage.h"

#include "lib/base/arena.h"
#include "tests/unit/unit.h"

#define TARGET "https://acme.example/parcels?a=1&b=2"

static enum webpage_error look_at(const char *body, const char *type, struct arena *arena,
                                  struct mention *ret)
{
    struct webpage_hints hints = {str_of(type), STR("en"), STR("https://blog.example/2024/post")};

    return webpage_read(str_of(body), &hints, STR(TARGET), arena, ret);
}

static enum webpage_error look(const char *body, struct arena *arena, struct mention *ret)
{
    return look_at(body, "text/html; charset=utf-8", arena, ret);
}

static void an_entry_gives_text_author_and_times(void **state)
{
    (void)state;
    struct arena *arena = arena_new(0);
    struct mention m;

    assert_int_equal(
        look("<!doctype html><html lang=fr><title>My blog</title><nav><a href=/>home</a></nav>"
             "<div class='h-entry'><h1 class=p-name>Six days &amp; waiting</h1>"
             "<a class='p-author h-card' href='/'><img src=me.jpg alt=x><b class=p-name>Ann O</b>"
             "</a><time class=dt-published datetime='2024-05-06T07:08:09Z'>May</time>"
             "<div class=u-in-reply-to><blockquote class='h-cite'><p class=p-name>Theirs</p>"
             "</blockquote></div>"
             "<div class='e-content'><p>My parcel from <a href='https://acme.example/parcels?a=1"
             "&amp;b=2'>Acme</a><p>is <div>lost</div><script>var x = 1;</script></div>"
             "<p>3 likes</p></div><footer>imprint</footer>",
             arena, &m),
        WEBPAGE_OK);
    assert_str_equal(m.title, STR("Six days & waiting"));
    assert_str_equal(m.text, STR("My parcel from Acme\nis\nlost"));
    assert_str_equal(m.author, STR("Ann O"));
    assert_str_equal(m.lang, STR("fr"));
    assert_int_equal(m.published_ms, 1714979289000);
    assert_int_equal(m.id.n + m.url.n, 0);
    arena_free(arena);
}

static void the_entry_around_the_link_is_taken(void **state)
{
    (void)state;
    struct arena *arena = arena_new(0);
    struct mention m;

    assert_int_equal(look("<base href='https://acme.example/x/'><ul class=h-feed>"
                          "<li class=h-entry><p class=e-content>one</p></li>"
                          "<li class=h-entry lang=en-GB><p class='p-name e-content'>two "
                          "<a href='../parcels?a=1&b=2'>it</a></p><i class=p-author>Bo</i></li>"
                          "<li class=h-entry><p class=e-content>three</p></ul>",
                          arena, &m),
                     WEBPAGE_OK);
    assert_str_equal(m.text, STR("two it"));
    assert_str_equal(m.author, STR("Bo"));
    assert_str_equal(m.lang, STR("en-GB"));
    assert_int_equal(m.title.n, 0);
    arena_free(arena);
}

static void a_page_without_an_entry_gives_its_main_part(void **state)
{
    (void)state;
    struct arena *arena = arena_new(0);
    struct mention m;

    assert_int_equal(look("<head><title>Late &ndash; again</title><meta name=author content='Cy'>"
                          "<meta property='article:published_time' content='2024-05-06'></head>"
                          "<body><nav>menu</nav><main><p>Still <a href='" TARGET "'>waiting</a>"
                          "</main><footer>imprint</footer>",
                          arena, &m),
                     WEBPAGE_OK);
    assert_str_equal(m.title, STR("Late \xe2\x80\x93 again"));
    assert_str_equal(m.text, STR("Still waiting"));
    assert_str_equal(m.author, STR("Cy"));
    assert_str_equal(m.lang, STR("en"));
    assert_int_equal(m.published_ms, 1714953600000);
    arena_free(arena);
}

static void only_a_real_link_counts(void **state)
{
    static const char *const pages[] = {
        "<p>" TARGET "</p>",
        "<!-- <a href='" TARGET "'>x</a> --><p>x",
        "<script>'<a href=\"" TARGET "\">'</script><p>x",
        "<template><a href='" TARGET "'>x</a></template>",
        "<a href='" TARGET "#top'>x</a>",
        "<a href='" TARGET "3'>x</a>",
        "<a href='http://acme.example/parcels?a=1&b=2'>another scheme</a>",
        "<link href='" TARGET "'><a name='" TARGET "'>x</a>",
        "",
    };
    struct arena *arena = arena_new(0);
    struct mention m = MENTION_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof(pages) / sizeof(*pages); i++)
        assert_int_equal(look(pages[i], arena, &m), WEBPAGE_E_NO_LINK);
    assert_int_equal(m.text.n, 0);
    assert_int_equal(look("<video src='" TARGET "'></video>seen", arena, &m), WEBPAGE_OK);
    assert_int_equal(look("<a href='" TARGET "'></a>", arena, &m), WEBPAGE_E_NO_TEXT);
    arena_free(arena);
}

/* What is resolved for each link is not kept, and a page cannot make its base grow. */
static void half_a_megabyte_of_links_needs_no_more_memory_than_the_page(void **state)
{
    enum { LINKS = 50000, LIMIT = 8 << 20 };
    struct sbuf page = SBUF_INIT(LIMIT);
    struct arena *arena = arena_new(LIMIT);
    struct mention m;

    (void)state;
    sbuf_printf(&page, "<base href='https://acme.example/%0*d/'>", 1900, 0);
    for (int i = 0; i < LINKS; i++)
        sbuf_printf(&page, i % 2 ? "<a href=x>" : "<base href=y/>");
    sbuf_printf(&page, "</a>Late again: <a href='/parcels?a=1&amp;b=2'>Acme</a>");
    assert_int_equal(look(sbuf_cstr(&page), arena, &m), WEBPAGE_OK);
    assert_str_equal(m.text, STR("Late again: Acme"));
    sbuf_done(&page);
    arena_free(arena);
}

/* Each of these elements runs to the end of the page. */
static void elements_without_an_end_cost_no_walk_over_the_page_each(void **state)
{
    enum { NESTED = 250, FILL = 2 << 20 };
    struct sbuf page = SBUF_INIT(2 * FILL);
    struct arena *arena = arena_new(0);
    struct mention m;

    (void)state;
    sbuf_printf(&page, "<div class=h-entry>Late <a href='/parcels?a=1&amp;b=2'>again</a>");
    for (int i = 0; i < NESTED; i++)
        sbuf_printf(&page, "<b class=dt-published><u class=p-name>");
    while (page.n < FILL)
        sbuf_printf(&page, "<i></i>");
    struct webpage_hints hints = {STR("text/html"), STR_NONE, STR("https://acme.example/x")};

    assert_int_equal(webpage_read(sbuf_str(&page), &hints, STR(TARGET), arena, &m), WEBPAGE_OK);
    assert_true(str_starts(m.text, STR("Late again")));
    assert_int_equal(m.published_ms, CLOCK_NONE);
    sbuf_done(&page);
    arena_free(arena);
}

static void plain_text_is_read_and_other_types_are_not(void **state)
{
    struct arena *arena = arena_new(0);
    struct mention m = MENTION_INIT;

    (void)state;
    assert_int_equal(look_at("late:  " TARGET ", again", "Text/Plain", arena, &m), WEBPAGE_OK);
    assert_str_equal(m.text, STR("late: " TARGET ", again"));
    assert_int_equal(look_at("see " TARGET "3 only", "text/plain", arena, &m), WEBPAGE_E_NO_LINK);
    assert_int_equal(look_at("<a href='" TARGET "'>x</a>", "image/svg+xml", arena, &m),
                     WEBPAGE_E_TYPE);
    assert_int_equal(look_at("<a href='" TARGET "'>x</a>", "", arena, &m), WEBPAGE_OK);
    arena_free(arena);
}

static void the_classic_names_are_known_too(void **state)
{
    struct arena *arena = arena_new(0);
    struct mention m;

    (void)state;
    assert_int_equal(look("<article class='post hentry'><h2 class=entry-title>T</h2><span class="
                          "'author vcard'><a class='url fn' href=/>Dee</a> wrote</span><abbr class="
                          "published title='2024-05-06T07:08:09+02:00'>then</abbr><div class="
                          "entry-content>Where is <a href='" TARGET "'>it</a>?</div></article>",
                          arena, &m),
                     WEBPAGE_OK);
    assert_str_equal(m.title, STR("T"));
    assert_str_equal(m.text, STR("Where is it?"));
    assert_str_equal(m.author, STR("Dee"));
    assert_int_equal(m.published_ms, 1714972089000);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entry_gives_text_author_and_times),
        cmocka_unit_test(the_entry_around_the_link_is_taken),
        cmocka_unit_test(a_page_without_an_entry_gives_its_main_part),
        cmocka_unit_test(only_a_real_link_counts),
        cmocka_unit_test(half_a_megabyte_of_links_needs_no_more_memory_than_the_page),
        cmocka_unit_test(elements_without_an_end_cost_no_walk_over_the_page_each),
        cmocka_unit_test(plain_text_is_read_and_other_types_are_not),
        cmocka_unit_test(the_classic_names_are_known_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
