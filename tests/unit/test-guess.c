#include "lib/text/guess.h"

#include "tests/unit/unit.h"

static enum lang guess(const char *text)
{
    struct fold f;
    struct words w;

    fold_init(&f);
    words_init(&w);
    fold_text(&f, str_of(text));
    words_cut(&w, &f);
    enum lang lang = guess_lang(str_of(text), &w);

    words_done(&w);
    fold_done(&f);
    return lang;
}

static void short_english_posts_are_english(void **state)
{
    (void)state;
    assert_int_equal(guess("Still waiting for my order, 6 days now!"), LANG_EN);
    assert_int_equal(guess("@acme your app doesn't work"), LANG_EN);
    assert_int_equal(guess("No internet since Monday, what is going on?"), LANG_EN);
    assert_int_equal(guess("the worst"), LANG_EN);
}

static void short_french_posts_are_french_with_and_without_accents(void **state)
{
    (void)state;
    assert_int_equal(guess("Toujours pas reçu mon colis"), LANG_FR);
    assert_int_equal(guess("toujours pas recu mon colis"), LANG_FR);
    assert_int_equal(guess("J'attends depuis 3 jours @acme"), LANG_FR);
    assert_int_equal(guess("Service client injoignable, quelle honte"), LANG_FR);
}

static void short_spanish_posts_are_spanish(void **state)
{
    (void)state;
    assert_int_equal(guess("Llevo tres días esperando mi pedido"), LANG_ES);
    assert_int_equal(guess("Nadie responde al telefono desde hace una hora"), LANG_ES);
    assert_int_equal(guess("¿Dónde está mi paquete?"), LANG_ES);
}

static void loan_words_do_not_tip_the_scale(void **state)
{
    (void)state;
    assert_int_equal(guess("Le service after sale de cette box est un fail total"), LANG_FR);
    assert_int_equal(guess("Had a café crème at the hotel, it was great"), LANG_EN);
}

static void too_little_says_nothing(void **state)
{
    (void)state;
    assert_int_equal(guess(""), LANG_UNKNOWN);
    assert_int_equal(guess("@acme #acme 😡😡 https://t.co/abc"), LANG_UNKNOWN);
    assert_int_equal(guess("ACME 4G"), LANG_UNKNOWN);
    assert_int_equal(guess("A, B, C, D"), LANG_UNKNOWN);
    assert_int_equal(guess("Wo ist mein Paket?"), LANG_UNKNOWN);
    assert_int_equal(guess("\xc3\xc3\xc5 \xff"), LANG_UNKNOWN);
}

static void kin_of_french_and_spanish_are_taken_for_neither(void **state)
{
    (void)state;
    assert_int_equal(guess("Non ho ancora ricevuto il mio pacco dopo due settimane"), LANG_UNKNOWN);
    assert_int_equal(guess("Ainda não recebi a minha encomenda depois de dias"), LANG_UNKNOWN);
    assert_int_equal(guess("Encara no he rebut el meu paquet i ningú no contesta"), LANG_UNKNOWN);
    assert_int_equal(guess("İki hafta geçmesine rağmen paketimi hâlâ almadım"), LANG_UNKNOWN);
    assert_int_equal(guess("O atendimento ao cliente é péssimo"), LANG_UNKNOWN);
    assert_int_equal(guess("A csomagom még mindig nem érkezett meg"), LANG_UNKNOWN);
    assert_int_equal(guess("Ani po dvou týdnech jsem nedostal svůj balík"), LANG_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_english_posts_are_english),
        cmocka_unit_test(short_french_posts_are_french_with_and_without_accents),
        cmocka_unit_test(short_spanish_posts_are_spanish),
        cmocka_unit_test(loan_words_do_not_tip_the_scale),
        cmocka_unit_test(too_little_says_nothing),
        cmocka_unit_test(kin_of_french_and_spanish_are_taken_for_neither),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
