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

/* What programs put around a whole mail, each in the words of its language. */
static void answers_of_common_programs_are_told_from_what_they_answer(void **state)
{
    static const char *const below[] = {
        /* Outlook, desktop and mobile */
        "De : Service client <aide@acme.example>\nEnvoy\xc3\xa9 : lundi 2 novembre 2026 10:12\n"
        "\xc3\x80 : L\303\251a\nObjet : RE: colis\n\nLivr\xc3\xa9 sous 48 h.",
        "De\xc2\xa0: Service client\nEnvoy\xc3\xa9\xc2\xa0: lundi\n\nLivr\xc3\xa9 sous 48 h.",
        "*From:* Care <care@acme.example>\n*Sent:* Monday\n*To:* Ann\n\nWithin 48 hours.",
        "________________________________\nFrom: Care\nSent: Monday\n\nWithin 48 hours.",
        "Get Outlook for iOS<https://aka.ms/o0ukef>\n________________________________\nFrom: Care",
        "T\xc3\xa9l\303\251charger Outlook pour Android\n\nFrom: Care\nSent: Monday\n\n48 h.",
        "-----Message d\xe2\x80\x99origine-----\nDe : Service\n\nLivr\xc3\xa9 sous 48 h.",
        /* Gmail: marked, broken, and its old form */
        "Le lun. 2 nov. 2026 \xc3\xa0 10:12, Service client Acme <aide@acme.example>\na "
        "\303\251crit :\n\n> Livr\xc3\xa9 sous 48 h.\n> Bonne journ\303\251e",
        "On Mon, Nov 2, 2026 at 10:12 AM Care <care@acme.example> wrote:\n\n> Within 48 hours.",
        "---------- Forwarded message ---------\nFrom: Care\nDate: Monday\n\nWithin 48 hours.",
        "---------- Message transf\xc3\xa9r\xc3\xa9 ---------\nDe : Service\n\n48 h.",
        /* Apple Mail */
        "Envoy\xc3\xa9 de mon iPhone\n\n> Le 2 nov. 2026 \xc3\xa0 10:12, Service a \303\251crit "
        ":\n> \n> Livr\xc3\xa9 sous 48 h.",
        "On 2 Nov 2026, at 10:12, Care <care@acme.example> wrote:\n\n> Within 48 hours.",
        "D\303\251but du message transf\xc3\xa9r\xc3\xa9 :\n\nDe: Service\n\n48 h.",
        /* Yahoo and Orange do not mark; Samsung, Zimbra, Windows Mail */
        "Le lundi 2 novembre 2026 \xc3\xa0 10:12:09 UTC+1, Service <aide@acme.example> a "
        "\303\251crit :\n\nBonjour,\nLivr\xc3\xa9 sous 48 h.",
        "On Monday, 2 November 2026, 10:12:09 CET, Care <care@acme.example>\nwrote:\n\nHello,\n"
        "Within 48 hours.",
        "-------- Message d'origine --------\nDe : Service\nDate : 02/11/2026\n\n48 h.",
        "-------- Original message --------\nFrom: Care\n\nWithin 48 hours.",
        "----- Mail original -----\nDe: \"Service\"\n\nLivr\xc3\xa9 sous 48 h.",
        "Provenance : Courrier pour Windows\n\nDe : Service\nEnvoy\xc3\xa9 le : lundi\n\n48 h.",
    };
    struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(below); i++) {
        struct str mail = arena_printf(arena, "Six jours, toujours rien.\n\n%s\n", below[i]);
        struct str own = mime_own_words(mail, arena);

        if (!str_eq(own, STR("Six jours, toujours rien.")))
            fail_msg("%zu: %.*s", i, STR_ARG(own));
    }
    arena_free(arena);
}

/* What only looks like it: people tell what was written to them, answer below and between. */
static void words_that_only_look_quoted_stay(void **state)
{
    static const char *const whole[] = {
        ("Bonjour,\n\nLe service client m'a \303\251crit :\n\nvotre colis arrive demain\n\n"
         "Six jours apr\xc3\xa8s, rien."),
        "On your site you wrote:\nwithin 48 hours\nIt is six days now.",
        "From: Paris\nmy parcel never left.",
        "Sent from Paris six days ago, not here.",
        "De : rien, mais six jours c'est long.",
        "-- 6 days --\nstill nothing",
        "---- URGENT ----\nsix days and no parcel",
    };
    struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(whole); i++) {
        struct str own = mime_own_words(str_of(whole[i]), arena);

        if (!str_eq(own, str_of(whole[i])))
            fail_msg("%zu: %.*s", i, STR_ARG(own));
    }
    struct str between = mime_own_words(
        STR("On Mon, Care <care@acme.example> wrote:\n> Is it there?\nNo, six days now.\n"
            "> Which number?\nAB12\n"),
        arena);

    assert_str_equal(between, STR("No, six days now.\nAB12"));
    arena_free(arena);
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
        cmocka_unit_test(answers_of_common_programs_are_told_from_what_they_answer),
        cmocka_unit_test(words_that_only_look_quoted_stay),
        cmocka_unit_test(parts_without_end_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
