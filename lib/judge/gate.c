#include "lib/judge/gate.h"

/* One look-up a word, each different word once, groups by how many of their words
 * there are. The loudest words are those whose own weight and whose groups' add
 * most: they are quoted as evidence, so no verdict rests on a sum nobody sees.
 *
 * Tried and refused: pairs of words, which added .002 of macro F1 to these
 * groups, and letters by four, .758 alone against .777: thousands of weights
 * more, none of which a person would correct. */

struct gate_word {
    uint64_t key; /* FNV-1a of its letters; sorted */
    int16_t weight;
    uint16_t groups; /* bits */
};

#include "lib/judge/gate-table.h"

struct gate_marks gate_marks(struct str text)
{
    struct gate_marks marks = {0};
    size_t start = 0;

    while (start < text.n && (text.p[start] == ' ' || text.p[start] == '.'))
        start++;
    marks.named = start < text.n && text.p[start] == '@';
    for (size_t i = 0; i < text.n; i++) {
        marks.exclaims = marks.exclaims || text.p[i] == '!';
        marks.asks = marks.asks || text.p[i] == '?';
        marks.links = marks.links || (text.p[i] == ':' && text.n - i > 2 && text.p[i + 1] == '/' &&
                                      text.p[i + 2] == '/');
    }
    return marks;
}

bool gate_reads(struct str word)
{
    return word.n > 0 && word.p[0] != '@' && word.p[0] != '#' && word.p[0] != '$';
}

static bool is_figure(struct str word)
{
    return word.p[0] >= '0' && word.p[0] <= '9';
}

/* Its place in the table, or GATE_WORDS. */
static size_t find(struct str word)
{
    uint64_t key = 0xcbf29ce484222325ull;
    size_t low = 0, high = GATE_WORDS;

    for (size_t i = 0; i < word.n; i++)
        key = (key ^ (unsigned char)word.p[i]) * 0x100000001b3ull;
    while (low < high) {
        size_t middle = (low + high) / 2;

        if (gate_words[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low < GATE_WORDS && gate_words[low].key == key ? low : GATE_WORDS;
}

/* Keeps the loudest, loudest first. */
static void note(struct gate_reading *r, int voices[GATE_TOP], uint32_t word, int voice)
{
    uint32_t at = r->n_top;

    if (voice <= 0)
        return;
    while (at > 0 && voices[at - 1] < voice)
        at--;
    if (at == GATE_TOP)
        return;
    if (r->n_top < GATE_TOP)
        r->n_top++;
    for (uint32_t i = r->n_top - 1; i > at; i--) {
        r->top[i] = r->top[i - 1];
        voices[i] = voices[i - 1];
    }
    r->top[at] = word;
    voices[at] = voice;
}

static int group_voice(uint16_t groups)
{
    int voice = 0;

    for (unsigned g = 0; g < GATE_GROUPS; g++)
        if (groups & 1u << g)
            voice += gate_groups[g][0];
    return voice;
}

static int entry_voice(size_t at)
{
    return gate_words[at].weight + group_voice(gate_words[at].groups);
}

int gate_voice(struct str word)
{
    size_t at = gate_reads(word) && !is_figure(word) ? find(word) : GATE_WORDS;

    return at < GATE_WORDS ? entry_voice(at) : 0;
}

/* The words in the order of the post. */
static void put_in_order(struct gate_reading *r)
{
    for (uint32_t n = r->n_top; n > 1; n--)
        for (uint32_t i = 0; i + 1 < n; i++)
            if (r->top[i] > r->top[i + 1]) {
                uint32_t word = r->top[i];

                r->top[i] = r->top[i + 1];
                r->top[i + 1] = word;
            }
}

static int count_groups(const unsigned counts[GATE_GROUPS])
{
    int score = 0;

    for (unsigned g = 0; g < GATE_GROUPS; g++)
        for (unsigned n = 0; n < MIN(counts[g], 2u); n++)
            score += gate_groups[g][n];
    return score;
}

struct gate_reading gate_read(struct str text, const struct words *words)
{
    struct gate_reading r = {0};
    struct gate_marks marks = gate_marks(text);
    int voices[GATE_TOP] = {0};
    unsigned counts[GATE_GROUPS] = {0};
    uint8_t seen[GATE_WORDS] = {0};
    bool number = false;
    size_t n = 0;

    for (size_t i = 0; i < words->n && n < GATE_WORDS_MAX; i++) {
        struct str word = word_str(&words->items[i]);
        size_t at;

        if (!gate_reads(word))
            continue;
        n++;
        number = number || is_figure(word);
        at = is_figure(word) ? GATE_WORDS : find(word);
        if (at == GATE_WORDS)
            continue;
        for (unsigned g = 0; g < GATE_GROUPS; g++)
            counts[g] += gate_words[at].groups >> g & 1u;
        if (seen[at])
            continue;
        seen[at] = 1;
        r.score += gate_words[at].weight;
        note(&r, voices, (uint32_t)i, entry_voice(at));
    }
    r.score += GATE_BASE + count_groups(counts) + gate_lengths[MIN(n / 5, (size_t)5)];
    r.score += marks.exclaims * GATE_EXCLAIMS + marks.asks * GATE_ASKS + marks.links * GATE_LINK +
               marks.named * GATE_NAMED + number * GATE_NUMBER;
    put_in_order(&r);
    return r;
}
