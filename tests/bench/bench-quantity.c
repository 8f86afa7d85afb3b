/* Nanoseconds a post: texts of the length and the kind that are posted, in two
 * languages, some with quantities and some without. */

#include <stdio.h>
#include <time.h>

#include "lib/base/arena.h"
#include "lib/quantity/quantity.h"

static const char *const posts[] = {
    "Been waiting 6 days for my parcel and nobody answers, what is going on with you people?",
    "Thanks for the quick answer this morning, my issue is solved, have a good day everyone",
    "On hold for over an hour and a half, then cut off. I pay $45.99 a month for this. Great.",
    "your app crashes each time I open it since the last update, please do something about it",
    "Ordered on the 3rd, promised within 48 hours, still nothing. Where is my order number 4477?",
    "Bonjour, plus d'internet depuis lundi et toujours aucune nouvelle du technicien, on fait quoi",
    "Vraiment déçu du service, je ne recommande pas du tout, fuyez et allez voir la concurrence",
    "Commande passée le 12 mars, livraison prévue sous 5 jours ouvrés, reçue 3 semaines plus tard",
    "2h de retard ce matin, 1h30 hier soir : vous remboursez quand les 35 € de billets ?",
    "Merci pour votre réactivité, le livreur était très aimable et le colis en parfait état",
};

enum { ROUNDS = 20000 };

static double now_ns(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail with this clock */
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

int main(void)
{
    struct quantity_reader_options options = {.at_s = 1741368600};
    struct arena *arena = arena_new(0);
    size_t found = 0, bytes = 0;
    double start = now_ns(), spent;

    for (size_t round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < ARRAY_LEN(posts); i++) {
            struct str text = str_of(posts[i]);
            struct quantity *q;

            options.lang = i < 5 ? LANG_EN : LANG_FR;
            arena_reset(arena);
            found += (size_t)quantity_scan(text, &options, arena, &q);
            bytes += text.n;
        }
    spent = now_ns() - start;
    printf("quantity: %.0f ns a post of %zu bytes, %.1f MB/s, %.1f quantities a post\n",
           spent / (ROUNDS * ARRAY_LEN(posts)), bytes / (ROUNDS * ARRAY_LEN(posts)),
           (double)bytes / spent * 1e3, (double)found / (ROUNDS * (double)ARRAY_LEN(posts)));
    arena_free(arena);
    return 0;
}
