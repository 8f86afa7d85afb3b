#include "lib/feed/mime.h"

#include "lib/base/arena.h"

#include "tests/unit/unit.h"

static void expect_header(const char *raw, const char *text)
{
    struct arena *arena = arena_new(0);

    assert_string_equal(mime_header_text(str_of(raw), arena).p, text);
    arena_free(arena);
}

static void expect_text(const char *raw, const char *text)
{
    struct arena *arena = arena_new(0);
    struct mime_mail mail = mime_read(str_of(raw), arena);

    assert_string_equal(mail.text.p, text);
    arena_free(arena);
}

static void encoded_words_of_a_header_are_read(void **state)
{
    (void)state;
    expect_header("Plain subject", "Plain subject");
    expect_header("=?utf-8?q?=C3=A9t=C3=A9?= 2026", "\xc3\xa9t\xc3\xa9 2026");
    expect_header("Re: =?ISO-8859-1?Q?colis_=E9gar=E9?=", "Re: colis \xc3\xa9gar\xc3\xa9");
    expect_header("=?utf-8?B?w6l0?=\r\n =?utf-8?B?w6k=?=", "\xc3\xa9t\xc3\xa9");
    expect_header("=?utf-8?Q?caf=C3?= =?utf-8?Q?=A9?= au lait", "caf\xc3\xa9 au lait");
    expect_header("=?utf-8?Q?a?= b =?utf-8?Q?c?=", "a b c");
    expect_header("=?broken", "=?broken");
    expect_header("d\xe9j\xe0 vu", "d\xc3\xa9j\xc3\xa0 vu");
}

static void headers_and_their_folds_are_read(void **state)
{
    struct arena *arena = arena_new(0);
    struct mime_mail mail = mime_read(STR("Subject: a\r\n  long one\r\nmessage-id:\r\n <1@x>\r\n"
                                          "In-Reply-To: <0@x> (yours)\r\n"
                                          "From: Ann <ann@x>\r\nDate: Mon, 2 Nov 2026 10:00:00 "
                                          "+0100\r\n\r\nHello\r\n"),
                                      arena);

    (void)state;
    assert_string_equal(mail.subject.p, "a long one");
    assert_true(str_eq(mail.id, STR("1@x")));
    assert_true(str_eq(mail.in_reply_to, STR("0@x")));
    assert_string_equal(mail.from.p, "Ann <ann@x>");
    assert_int_equal(mail.date_ms, 1793610000000);
    assert_string_equal(mail.text.p, "Hello");
    arena_free(arena);
}

static void bodies_are_decoded(void **state)
{
    (void)state;
    expect_text("Content-Transfer-Encoding: quoted-printable\nContent-Type: text/plain; "
                "charset=iso-8859-15\n\nd=E9j=E0 =\nvu =A4 =zz\n",
                "d\xc3\xa9j\xc3\xa0 vu \xe2\x82\xac =zz");
    expect_text("Content-Transfer-Encoding: BASE64\n\nw6l0\nw6k=\n", "\xc3\xa9t\xc3\xa9");
    expect_text("Content-Type: text/html\n\n<p>One</p><p>Two</p>", "One\nTwo");
}

static void the_text_is_found_among_the_parts(void **state)
{
    (void)state;
    expect_text(
        "Content-Type: multipart/alternative; boundary=\"b\"\n\npreamble\n--b\nContent-Type: "
        "text/html\n\n<b>rich</b>\n--b\nContent-Type: text/plain\n\nplain\n--b--\nepilogue",
        "plain");
    expect_text(
        "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/related; "
        "boundary=a-b\n\n--a-b\nContent-Type: text/html\n\n<i>inner</i>\n--a-b--\n--a\n"
        "Content-Type: text/plain\nContent-Disposition: attachment; filename=x\n\nno\n--a--\n",
        "inner");
    expect_text("Content-Type: multipart/mixed; boundary=a\n\n--a\n\ncut off", "cut off");
}

static void only_own_words_stay(void **state)
{
    (void)state;
    expect_text(
        "\n\nStill no parcel!\n\nOn Mon, Care <care@x>\nwrote:\n> We are sorry.\n>> parcel?\n",
        "Still no parcel!");
    expect_text("\n\nStill no parcel!\n\nOn Mon 2 Nov, Care wrote:\n\n> We are sorry.\n",
                "Still no parcel!");
    expect_text("\n\nToujours rien.\n\nLe lun. 2 nov., Care a \xc3\xa9"
                "crit :\n> Bonjour\n",
                "Toujours rien.");
    expect_text("\n\nNothing.\n-- \nAnn\nCEO\n", "Nothing.");
    expect_text("\n\nNothing.\n\nSent from my iPhone\n", "Nothing.");
    expect_text("\n\nNada.\n-----Original Message-----\nWe promise 48 h\n", "Nada.");
    expect_text("\n\nNo.\n\nFrom: Care\nSent: Monday\nTo: Ann\n\nWe promise 48 h\n", "No.");
    expect_text("\n\n> only a quote\n", "> only a quote");
    expect_text("Content-Type: text/html\n\n<p>Mine</p><blockquote>Yours</blockquote>", "Mine");
}

static void parts_without_end_are_bounded(void **state)
{
    struct sbuf raw = SBUF_INIT(1 << 20);
    struct arena *arena = arena_new(0);

    (void)state;
    for (int i = 0; i < 1000; i++)
        sbuf_printf(&raw, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i);
    sbuf_printf(&raw, "\ndeep\n");
    assert_int_equal(mime_read(sbuf_str(&raw), arena).text.n, 0);
    arena_free(arena);
    sbuf_done(&raw);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encoded_words_of_a_header_are_read),
        cmocka_unit_test(headers_and_their_folds_are_read),
        cmocka_unit_test(bodies_are_decoded),
        cmocka_unit_test(the_text_is_found_among_the_parts),
        cmocka_unit_test(only_own_words_stay),
        cmocka_unit_test(parts_without_end_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
