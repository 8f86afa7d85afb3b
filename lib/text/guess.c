#include "lib/text/guess.h"

struct guess_word {
    uint64_t key; /* its letters, the first lowest; 0: an empty slot */
    uint8_t weights[LANG_COUNT];
};

#include "lib/text/guess-words.h"

/* Small words betray a language sooner than any other sign: three in ten words of
 * a tweet are among them. Each adds its weight to its languages; letters that one
 * language hardly uses add a little (accents are often left out, so their absence
 * tells nothing). The best must reach a floor and lead the second by half.
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

static void hear_words(const struct words *words, unsigned scores[LANG_COUNT])
{
    size_t n = MIN(words->n, (size_t)GUESS_WORDS_MAX);

    for (size_t i = 0; i < n; i++) {
        const struct guess_word *w = find(word_str(&words->items[i]));

        for (enum lang lang = LANG_UNKNOWN + 1; w && lang < LANG_COUNT; lang++)
            scores[lang] += w->weights[lang];
    }
}

/* é è ê ë ç à â û î ô œ; ñ ¿ ¡ á í ó ú: two bytes of UTF-8, the first is 0xc3, 0xc2 or 0xc5. */
static enum lang letter_lang(unsigned char lead, unsigned char next)
{
    if (lead == 0xc5)
        return next == 0x93 ? LANG_FR : LANG_UNKNOWN;
    if (lead == 0xc2)
        return next == 0xbf || next == 0xa1 ? LANG_ES : LANG_UNKNOWN;
    switch (next | 0x20) { /* small letters */
    case 0xa8:
    case 0xaa:
    case 0xa7:
    case 0xa0:
    case 0xa2:
    case 0xbb:
    case 0xae:
        return LANG_FR;
    case 0xb1:
    case 0xa1:
    case 0xad:
    case 0xb3:
    case 0xba:
        return LANG_ES;
    default:
        return LANG_UNKNOWN;
    }
}

static void hear_letters(struct str text, unsigned scores[LANG_COUNT])
{
    size_t n = MIN(text.n, (size_t)GUESS_WORDS_MAX * 8);

    for (size_t i = 0; i + 1 < n; i++) {
        unsigned char lead = (unsigned char)text.p[i];

        if (lead != 0xc3 && lead != 0xc2 && lead != 0xc5)
            continue;
        enum lang lang = letter_lang(lead, (unsigned char)text.p[i + 1]);

        if (lang != LANG_UNKNOWN)
            scores[lang] += 2;
        else if (lead == 0xc3 && ((unsigned char)text.p[i + 1] | 0x20) == 0xa9) {
            scores[LANG_FR] += 2; /* é: of both, in French more often */
            scores[LANG_ES] += 1;
        }
    }
}

enum lang guess_lang(struct str text, const struct words *words)
{
    unsigned scores[LANG_COUNT] = {0};
    enum lang best = LANG_UNKNOWN;
    unsigned second = 0;

    hear_words(words, scores);
    hear_letters(text, scores);
    for (enum lang lang = LANG_UNKNOWN + 1; lang < LANG_COUNT; lang++)
        if (scores[lang] > scores[best])
            best = lang;
    for (enum lang lang = LANG_UNKNOWN + 1; lang < LANG_COUNT; lang++)
        if (lang != best)
            second = MAX(second, scores[lang]);
    return scores[best] >= FLOOR && 2 * scores[best] >= 3 * second ? best : LANG_UNKNOWN;
}
