#include "lib/text/html.h"

#include "tests/unit/unit.h"

static void check(const char *html, const char *want)
{
    struct sbuf out = SBUF_INIT(1 << 16);

    html_to_text(str_of(html), &out);
    assert_str_equal(sbuf_str(&out), str_of(want));
    sbuf_done(&out);
}

static void blocks_part_words_and_inline_elements_do_not(void **state)
{
    (void)state;
    check("<p>one</p><p>two</p>", "one\ntwo");
    check("re<b>fund</b>ed", "refunded");
    check("a<br>b<br/>c<BR />d", "a\nb\nc\nd");
    check("<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>", "1 2\n3");
    check("<ul><li>x</li>\n <li>y</li></ul>", "x\ny");
    check("<xhtml:div>a</xhtml:div><xhtml:p>b</xhtml:p>", "a\nb");
    check("<h1>T</h1>text<div>more</div>rest", "T\ntext\nmore\nrest");
    check(" lots \t of\n\n white   space ", "lots of white space");
    check("<pre>one\n two</pre>three", "one\ntwo\nthree");
}

static void every_block_is_known_by_name(void **state)
{
    (void)state;
    struct str names = STR("address article aside blockquote br body caption center dd details "
                           "dialog dir div dl dt fieldset figcaption figure footer form frameset "
                           "h1 h2 h3 h4 h5 h6 head header hgroup hr html legend li listing main "
                           "menu nav ol optgroup option p pre section summary table tbody tfoot "
                           "thead tr ul xmp");
    struct str name;

    while (str_split(&names, ' ', &name)) {
        struct sbuf html = SBUF_INIT(100);

        sbuf_printf(&html, "a<%.*s>b", STR_ARG(name));
        check(sbuf_cstr(&html), "a\nb");
        sbuf_done(&html);
    }
}

static void what_is_not_for_readers_never_appears(void **state)
{
    (void)state;
    check("a<script>if (x < 3) alert('</b>')</script>b", "ab");
    check("safe<style type='text/css'>p { x: y }</style> text", "safe text");
    check("a<template><p>hidden</p></template>b", "ab");
    check("a<!-- comment > -->b<!DOCTYPE x>c<?php echo 1 ?>d", "abcd");
    check("a<script>never closed", "a");
    check("a<script src='x'/>b", "ab");
    check("<head><title>t</title></head><body>b</body>", "b");
    check("a<iframe src=x>fallback</iframe>b", "ab");
}

static void references_are_decoded_as_browsers_do(void **state)
{
    (void)state;
    check("&eacute;&#233;&#xE9;&#XE9;", "éééé");
    check("AT&T &amp; Co &copy 2004 &copycat &notit;", "AT&T & Co © 2004 ©cat ¬it;");
    check("&#128;&#150; &#0;", "€– \xef\xbf\xbd");
    check("&lt;b&gt; 1 &lt; 2", "<b> 1 < 2");
    check("&unknown; &; &#; &#x;", "&unknown; &; &#; &#x;");
    check("48&nbsp;h", "48\xc2\xa0h");
    check("&CounterClockwiseContourIntegral;&NotEqualTilde;", "∳≂̸");
    check("a&#10;b", "a b");
}

static void broken_markup_loses_as_little_as_possible(void **state)
{
    (void)state;
    check("5 < 6 and 7 > 3", "5 < 6 and 7 > 3");
    check("I <3 you", "I <3 you");
    check("a <a href=\"x>y\">link</a> b", "a link b");
    check("a <a href=\"never closed>link</a> b", "a link b");
    check("cut <a href=\"http://exa", "cut");
    check("<p>a<p>b<p>c", "a\nb\nc");
    check("</p>a</div></div>", "a");
    check("a\x01\x02 b\x7f", "a b");
    check("<![CDATA[a < b]]> c", "a < b c");
    check("<", "<");
    check("", "");
}

static void the_limit_is_kept(void **state)
{
    (void)state;
    struct sbuf out = SBUF_INIT(10);

    html_to_text(STR("<p>one</p><p>two</p><p>three</p>"), &out);
    assert_true(out.full);
    assert_true(out.n <= 10);
    sbuf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_part_words_and_inline_elements_do_not),
        cmocka_unit_test(every_block_is_known_by_name),
        cmocka_unit_test(what_is_not_for_readers_never_appears),
        cmocka_unit_test(references_are_decoded_as_browsers_do),
        cmocka_unit_test(broken_markup_loses_as_little_as_possible),
        cmocka_unit_test(the_limit_is_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
