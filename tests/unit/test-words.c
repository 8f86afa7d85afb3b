#include "lib/text/words.h"

#include "tests/unit/unit.h"

/* Words joined by spaces, "|" where a sentence ends. */
static void expect(const char *text, const char *want)
{
    struct fold f;
    struct words w;
    struct sbuf out = SBUF_INIT(4096);

    fold_init(&f);
    words_init(&w);
    fold_text(&f, str_of(text));
    words_cut(&w, &f);
    for (size_t i = 0; i < w.n; i++) {
        if (i)
            sbuf_add(&out, w.items[i].sentence == w.items[i - 1].sentence ? STR(" ") : STR(" | "));
        sbuf_add(&out, word_str(&w.items[i]));
    }
    assert_str_equal(sbuf_str(&out), str_of(want));
    sbuf_done(&out);
    words_done(&w);
    fold_done(&f);
}

static void letters_digits_and_apostrophes_part(void **state)
{
    (void)state;
    expect("J'attends 48h, l’été", "j attends 48 h l ete");
    expect("4,90 € ou 4.90€ ; 1/2", "4.90 € ou 4.90 € 1 2");
    expect("click-and-collect", "click and collect");
}

static void names_tags_and_emoji_are_words(void **state)
{
    (void)state;
    expect("@Acme_Help merci 😡😡 @me.bsky.social, joe@acme.com",
           "@acme_help merci 😡 😡 @me.bsky.social joe acme | com");
    expect("#LivraisonRapide #sav # @", "#livraisonrapide livraison rapide #sav");
}

static void long_runs_are_squeezed_short_ones_are_kept(void **state)
{
    (void)state;
    expect("Soooo loooong, appelle nooon !!!", "so long appelle non");
    expect("111 222", "111 222");
}

static void only_the_host_of_a_url_stays(void **state)
{
    (void)state;
    expect("vu sur https://www.acme.example/a/b?c=d merci", "vu sur acme example merci");
    expect("www.acme.example. Bien", "acme example bien");
}

static void sentences_end_where_readers_see_it(void **state)
{
    (void)state;
    expect("Commandé lundi. Rien… Toujours rien ?!\nNul",
           "commande lundi | rien | toujours rien | nul");
    expect("Le S.A.V. répond pas", "le s a v | repond pas");
    expect("3.5 jours", "3.5 jours");
}

static void any_bytes_are_a_text(void **state)
{
    (void)state;
    expect("", "");
    expect("\xff\xfe@\xc3", "");
    expect("http://", "");
    expect("a\x80z", "a z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_digits_and_apostrophes_part),
        cmocka_unit_test(names_tags_and_emoji_are_words),
        cmocka_unit_test(long_runs_are_squeezed_short_ones_are_kept),
        cmocka_unit_test(only_the_host_of_a_url_stays),
        cmocka_unit_test(sentences_end_where_readers_see_it),
        cmocka_unit_test(any_bytes_are_a_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
