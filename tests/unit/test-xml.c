#include "lib/data/xml.h"

#include <stdio.h>

#include "tests/unit/unit.h"

/* The tokens as one line: "<a b=c>", "</a>", "text", "[cdata]". */
static void dump(struct xml *x, struct sbuf *out)
{
    while (xml_next(x) != XML_EOF) {
        struct str rest = x->attrs, name, value;

        switch (x->kind) {
        case XML_START:
            sbuf_printf(out, "<%.*s", STR_ARG(x->name));
            while (xml_attr(&rest, &name, &value)) {
                sbuf_printf(out, " %.*s=", STR_ARG(name));
                xml_decode_attr(x, value, out);
            }
            sbuf_add(out, x->empty ? STR("/>") : STR(">"));
            break;
        case XML_END:
            sbuf_printf(out, "</%.*s>", STR_ARG(x->name));
            break;
        case XML_TEXT:
            xml_decode(x, x->text, out);
            break;
        default:
            sbuf_printf(out, "[%.*s]", STR_ARG(x->text));
        }
    }
}

static unsigned check(const char *doc, const char *want)
{
    struct sbuf out = SBUF_INIT(1 << 20);
    struct xml x;

    xml_init(&x, str_of(doc));
    dump(&x, &out);
    assert_str_equal(sbuf_str(&out), str_of(want));
    sbuf_done(&out);
    return x.flags;
}

static void reads_well_formed_documents_without_a_flag(void **state)
{
    (void)state;
    assert_int_equal(
        check("<?xml version='1.0'?><!-- c --><a b='1' c=\"2 > 1\"/>", "<a b=1 c=2 > 1/>"), 0);
    assert_int_equal(check("<a>x &lt; &#65;&eacute;<![CDATA[<&]]></a>", "<a>x < Aé[<&]</a>"), 0);
    assert_int_equal(check("<!DOCTYPE r [<!ENTITY e 'v&amp;'><!-- ]> -->]><r>&e;</r>", "<r>v&</r>"),
                     0);
    assert_int_equal(check("<a>1\r\n2\r3</a>", "<a>1\n2\n3</a>"), 0);
    assert_int_equal(check("\xef\xbb\xbf<a/>", "<a/>"), 0);
    assert_int_equal(check("", ""), 0);
}

static void goes_on_behind_every_kind_of_damage(void **state)
{
    (void)state;
    static const char *const damaged[][2] = {
        {"<a>1 < 2 & 3</a>", "<a>1 < 2 & 3</a>"},
        {"<a>I <3 it</a>", "<a>I <3 it</a>"},
        {"<a b=1 c=x/>", "<a b=1 c=x/>"},
        {"<a b='1>x</a>", "<a b=1>x</a>"},
        {"<a b=\"x <i> y\" c='2'>t</a>", "<a b=x <i> y c=2>t</a>"},
        {"<a><b</a>", "<a><b></a>"},
        {"<a></a", "<a>"},
        {"<a><![CDATA[x</a><b/>", "<a>[x]</a><b/>"},
        {"<a><![CDATA[x]]</a><b><![CDATA[y]]></b>", "<a>[x]</a><b>[y]</b>"},
        {"<a><!-- x</a><b/>", "<a><b/>"},
        {"<a>x<![CDATA[y</a><a><![CDATA[z]]></a>", "<a>x[y]</a><a>[z]</a>"},
        {"<a>&nosuch; &#xZZ;</a>", "<a>&nosuch; &#xZZ;</a>"},
        {"<![CDATA[x", "[x]"},
        {"<a><>x</a>", "<a><>x</a>"},
        {"<!DOCTYPE a [<!ENTITY x 'y'", ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(damaged); i++)
        (void)check(damaged[i][0], damaged[i][1]);
    assert_true(check("<a>1 < 2</a>", "<a>1 < 2</a>") & XML_DAMAGED);
    assert_true(check("<a b", "") & XML_TRUNCATED);
}

static void entities_cannot_explode_or_reach_outside(void **state)
{
    (void)state;
    struct sbuf doc = SBUF_INIT(1 << 16), out = SBUF_INIT(1 << 24);
    struct xml x;

    sbuf_add(&doc, STR("<!DOCTYPE a [<!ENTITY l0 'lol'>"));
    for (int i = 1; i < 10; i++)
        sbuf_printf(&doc, "<!ENTITY l%d '&l%d;&l%d;&l%d;&l%d;&l%d;&l%d;&l%d;&l%d;'>", i, i - 1,
                    i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    sbuf_add(&doc, STR("<!ENTITY loop '&loop;'>]><a>&l9;&l9;&loop;</a>"));
    xml_init(&x, sbuf_str(&doc));
    dump(&x, &out);
    assert_true(out.n < 2 * XML_EXPANSION_MAX);
    sbuf_done(&doc);
    sbuf_done(&out);
    (void)check("<!DOCTYPE a [<!ENTITY f SYSTEM 'file:///etc/passwd'>]><a>x&f;y</a>", "<a>xy</a>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_well_formed_documents_without_a_flag),
        cmocka_unit_test(goes_on_behind_every_kind_of_damage),
        cmocka_unit_test(entities_cannot_explode_or_reach_outside),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
