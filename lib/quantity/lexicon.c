#include "lib/quantity/lexicon.h"

/* Looking a word up is one multiplication a letter (in the tokenizer), one slot
 * of a table twice or thrice as large as it need be, and one comparison of
 * hashes. The rest is data. */

struct phrase_span {
    uint16_t from, to;
};

#include "lib/quantity/lexicon-tables.h"

const struct meaning lexicon_nothing = {0};

uint16_t lexicon_find(uint64_t hash)
{
    size_t at = hash & (WORD_SLOTS - 1);

    for (; word_slots[at]; at = (at + 1) & (WORD_SLOTS - 1))
        if (word_hash[word_slots[at]] == hash)
            return word_slots[at];
    return 0;
}

uint16_t lexicon_and(enum lang lang)
{
    return and_of[lang];
}

enum lang lexicon_only(uint16_t word)
{
    enum lang only = LANG_UNKNOWN;

    for (enum lang l = LANG_EN; l < LANG_COUNT; l++) {
        if (meaning_of[word][l] == 0)
            continue;
        if (only != LANG_UNKNOWN)
            return LANG_UNKNOWN;
        only = l;
    }
    return only;
}

const struct meaning *lexicon_meaning(uint16_t word, enum lang lang, unsigned letters)
{
    if (meaning_of[word][lang] || letters < 4)
        return &meanings[meaning_of[word][lang]];
    for (enum lang l = LANG_EN; l < LANG_COUNT; l++)
        if (meanings[meaning_of[word][l]].mask & (LEX(UNIT) | LEX(CUR)))
            return &meanings[meaning_of[word][l]];
    return &lexicon_nothing;
}

size_t lexicon_phrases(enum lang lang, enum lexicon_side side, const struct phrase **ret)
{
    const struct phrase_span *span = &phrase_spans[lang][side];

    *ret = phrases + span->from;
    return (size_t)(span->to - span->from);
}
