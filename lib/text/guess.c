#include "lib/text/guess.h"

/* A language that couac does not read is heard too, lest it be taken for one that it
 * does: Italian for French, Portuguese for Spanish. */
enum { GUESS_OTHER = LANG_COUNT, GUESS_COUNT };

struct guess_word {
    uint64_t key; /* its letters, the first lowest; 0: an empty slot */
    uint8_t weights[GUESS_COUNT];
};

#include "lib/text/guess-words.h"

/* Small words betray a language sooner than any other sign: three in ten words of
 * a tweet are among them. Each adds its weight to its languages; letters that one
 * language hardly uses confirm (accents are often left out, so their absence tells
 * nothing, and many languages that are not read share them). The best must reach a
 * floor and lead the second by half.
 *
 * Tried and refused: letter trigrams, which read names, handles and hashtags as
 * readily as words, and need a table that nobody can correct by hand. */

enum { FLOOR = 3 };

static const struct guess_word *find(struct str word)
{
    uint64_t key = 0;

    if (word.n == 0 || word.n > 8)
        return NULL;
    for (size_t i = word.n; i-- > 0;)
        key = key << 8 | (unsigned char)word.p[i];
    size_t at = (size_t)(key * GUESS_MULTIPLIER >> (64 - GUESS_BITS));

    while (guess_words[at].key && guess_words[at].key != key)
        at = (at + 1) & ((1u << GUESS_BITS) - 1);
    return guess_words[at].key ? &guess_words[at] : NULL;
}

/* What is heard for each language. Hints, as "a", "d'" or an accent that other languages
 * write too, confirm what words tell, but prove nothing alone. */
struct hearing {
    unsigned proof[GUESS_COUNT], hints[GUESS_COUNT];
};

static void hear_words(const struct words *words, struct hearing *h)
{
    size_t n = MIN(words->n, (size_t)GUESS_WORDS_MAX);

    for (size_t i = 0; i < n; i++) {
        const struct guess_word *w = find(word_str(&words->items[i]));

        for (unsigned lang = LANG_UNKNOWN + 1; w && lang < GUESS_COUNT; lang++)
            (w->key > 0xff ? h->proof : h->hints)[lang] += w->weights[lang];
    }
}

/* é è ê ë ç à â û î ô œ; ñ ¿ ¡ á í ó ú; ã õ ä å ö ò ì ø æ ß and those of Central Europe: two
 * bytes of UTF-8, the first is 0xc3, 0xc2, 0xc4 or 0xc5. */
static unsigned letter_lang(unsigned char lead, unsigned char next)
{
    static const char french[] = "\xa8\xaa\xa7\xa0\xa2\xbb\xae", spanish[] = "\xb1\xa1\xad\xb3\xba",
                      other[] = "\xa3\xb5\xa4\xa5\xb6\xb2\xac\xb8\xa6";
    char small = (char)(next | 0x20);

    if (lead == 0xc5 && (next | 1) == 0x93)
        return LANG_FR;
    if (lead == 0xc2)
        return next == 0xbf || next == 0xa1 ? LANG_ES : LANG_UNKNOWN;
    if (lead != 0xc3 || next == 0x9f)
        return GUESS_OTHER;
    return strchr(french, small)    ? LANG_FR
           : strchr(spanish, small) ? LANG_ES
           : strchr(other, small)   ? GUESS_OTHER
                                    : LANG_UNKNOWN;
}

static void hear_letters(struct str text, struct hearing *h)
{
    size_t n = MIN(text.n, (size_t)GUESS_WORDS_MAX * 8);

    for (size_t i = 0; i + 1 < n; i++) {
        unsigned char lead = (unsigned char)text.p[i];

        if (lead < 0xc2 || lead > 0xc5)
            continue;
        unsigned lang = letter_lang(lead, (unsigned char)text.p[i + 1]);

        if (lang == GUESS_OTHER || lead != 0xc3)
            h->proof[lang] += 2;
        else if (lang != LANG_UNKNOWN)
            h->hints[lang] += 2;
        else if (lead == 0xc3 && ((unsigned char)text.p[i + 1] | 0x20) == 0xa9) {
            h->hints[LANG_FR] += 2; /* é: of both, in French more often */
            h->hints[LANG_ES] += 1;
        }
    }
}

enum lang guess_lang(struct str text, const struct words *words)
{
    unsigned scores[GUESS_COUNT] = {0}, best = LANG_UNKNOWN, second = 0;
    struct hearing h = {0};

    hear_words(words, &h);
    hear_letters(text, &h);
    for (unsigned lang = LANG_UNKNOWN + 1; lang < GUESS_COUNT; lang++)
        scores[lang] = h.proof[lang] + (h.proof[lang] || lang == GUESS_OTHER ? h.hints[lang] : 0);
    for (unsigned lang = LANG_UNKNOWN + 1; lang < GUESS_COUNT; lang++)
        if (scores[lang] > scores[best])
            best = lang;
    for (unsigned lang = LANG_UNKNOWN + 1; lang < GUESS_COUNT; lang++)
        if (lang != best)
            second = MAX(second, scores[lang]);
    if (best == GUESS_OTHER || scores[best] < FLOOR || 2 * scores[best] < 3 * second)
        return LANG_UNKNOWN;
    return (enum lang)best;
}
