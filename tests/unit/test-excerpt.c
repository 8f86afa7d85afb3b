#include "lib/desk/excerpt.h"

#include "lib/base/utf8.h"
#include "tests/unit/unit.h"

static void assert_covered(const char *text, const char *want)
{
    char bytes[1000];
    size_t n = strlen(text);

    memcpy(bytes, text, n);
    size_t points = utf8_count(str_of(text));
    struct str got = str_make(bytes, excerpt_cover(bytes, n, NULL));

    assert_str_equal(got, str_of(want));
    assert_int_equal(utf8_count(got), points); /* offsets stay true */
}

static void covers_phones_however_they_are_set(void **state)
{
    (void)state;
    assert_covered("au 06 12 34 56 78 svp", "au ************** svp");
    assert_covered("06.12.34.56.78", "**************");
    assert_covered("06-12-34-56-78!", "**************!");
    assert_covered("0612345678", "**********");
    assert_covered("+33 6 12 34 56 78", "+****************");
    assert_covered("+33 (0)6 12 34 56 78", "+*******************");
    assert_covered("06  12  34  56  78", "******************");
    assert_covered("06\u00a012\u00a034\u00a056\u00a078", "**************");
    assert_covered("06\u202f12\u202f34\u202f56\u202f78", "**************");
    assert_covered("06\u201312\u201334\u201356\u201378", "**************");
    assert_covered("(415) 555-0132", "(*************");
}

static void covers_digits_of_other_scripts_and_widths(void **state)
{
    (void)state;
    assert_covered("\uff10\uff16\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18", "**********");
    assert_covered("\u0660\u0661\u0662\u0663\u0664\u0665\u0666 x", "******* x");
    assert_covered("\u0966\u0967\u0968\u0969\u096a\u096b\u096c", "*******");
    assert_covered("\U0001d7ce\U0001d7cf\U0001d7d0\U0001d7d1\U0001d7d2\U0001d7d3\U0001d7d4",
                   "*******");
    assert_covered("0\u200b6\u200b1\u200b2\u200b3\u200b4\u200b5", "*************");
    assert_covered(
        "0\ufe0f\u20e36\ufe0f\u20e31\ufe0f\u20e32\ufe0f\u20e33\ufe0f\u20e34\ufe0f\u20e35",
        "*******************");
}

static void covers_accounts_and_orders(void **state)
{
    (void)state;
    assert_covered("FR76 3000 6000 0112 3456 7890 189 merci",
                   "********************************* merci");
    assert_covered("GB29 NWBK 6016 1331 9268 19", "***************************");
    assert_covered("DE89370400440532013000", "**********************");
    assert_covered("commande CMD12345678 perdue", "commande *********** perdue");
    assert_covered("order 171-1234567-1234567", "order *******************");
    assert_covered("colis A1B2C3D4E5", "colis **********");
    assert_covered("n° 2024-000123-AB", "n° **************");
    assert_covered("4970 1012 3456 7890", "*******************");
}

static void covers_handles_and_mails(void **state)
{
    (void)state;
    assert_covered("merci @jean.dupont.", "merci @***********.");
    assert_covered("ecrire a jean.dupont+x@mail.example, vite",
                   "ecrire a **************************, vite");
    assert_covered("@user@mastodon.example", "@****@****************");
    assert_covered("@él\u00e9onore", "@********");
    assert_covered("jean\uff20mail.example", "*****************");
    assert_covered("a @ b", "a @ b");
}

static void leaves_what_names_nobody(void **state)
{
    (void)state;
    assert_covered("6 jours, 48 h, 4,90 €, 100 %", "6 jours, 48 h, 4,90 €, 100 %");
    assert_covered("le 2025-03-07 ou le 07/03/2025", "le 2025-03-07 ou le 07/03/2025");
    assert_covered("en 2024. 48 heures", "en 2024. 48 heures");
    assert_covered("PS5, RTX4090, iPhone 15", "PS5, RTX4090, iPhone 15");
    assert_covered("DEPUIS 48 HEURES SANS NOUVELLES", "DEPUIS 48 HEURES SANS NOUVELLES");
    assert_covered("COMMANDE-PERDUE ENCORE", "COMMANDE-PERDUE ENCORE");
    assert_covered("", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(covers_phones_however_they_are_set),
        cmocka_unit_test(covers_digits_of_other_scripts_and_widths),
        cmocka_unit_test(covers_accounts_and_orders),
        cmocka_unit_test(covers_handles_and_mails),
        cmocka_unit_test(leaves_what_names_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
