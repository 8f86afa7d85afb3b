#include "lib/rule/index.h"

#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/base/vec.h"
#include "lib/rule/phrase.h"

/* One open-addressing table for exact words and one for prefixes, keyed by the
 * words' own 64-bit hash; equal hashes are confirmed by bytes. Most words of a
 * post are in neither, and at 10,000 promises the tables are larger than the
 * caches, so a bit set in front of each (sixteen bits a word, small enough to
 * stay close) answers "not here" without touching them. Which lengths of prefix
 * are worth a look-up is known from a filter over the first bytes of the word
 * (four of them where the prefix has four): a bit per length. Past a few hundred
 * promises it is memory that costs, not instructions, so what a look-up needs lies
 * together: a word's bytes beside its hash, in half a cache line.
 * Tried and refused: a trie (a cache miss per letter), sorted prefixes with
 * bisection (branches), one filter over the first letter only (too dense at
 * thousands of prefixes). */

enum {
    BITS_PER_WORD = 16,
    FILTER_BITS_MIN = 8,
    LONG_PREFIX = 4,     /* prefixes from here on are filtered by four bytes */
    PREFIX_LENGTHS = 16, /* bit i: prefixes of i bytes; longer ones share the last */
    INLINE_BYTES = 16,
};

/* Half a cache line, never across two: for all but the longest words a look-up
 * that hits touches no other. */
struct slot_word {
    uint64_t hash;
    uint32_t number; /* + 1, 0 is free */
    uint32_t n;
    union {
        char bytes[INLINE_BYTES]; /* zeros behind */
        const char *p;            /* of longer words */
    };
};
_Static_assert(sizeof(struct slot_word) == 32, "two share a cache line");

struct table {
    struct slot_word *slots;
    size_t size, n;
    uint64_t *bits; /* made when sealed */
    size_t n_bits;  /* a power of two */
};

struct trigger_pair {
    uint32_t word, group;
};

struct index {
    struct table words, prefixes;
    uint32_t n_words;
    uint16_t by_first[256]; /* lengths 1..3 by first byte */
    uint16_t *by_four;      /* lengths 4.. by hash of four bytes */
    unsigned filter_bits;   /* by_four has 2^filter_bits entries */
    VEC(struct trigger_pair) pairs;
    uint32_t *trigger_start; /* per word + 1 */
    uint32_t *trigger_groups;
};

struct index *index_new(void)
{
    return alloc_zeroed(1, sizeof(struct index));
}

void index_free(struct index *ix)
{
    if (!ix)
        return;
    free(ix->words.slots);
    free(ix->words.bits);
    free(ix->prefixes.slots);
    free(ix->prefixes.bits);
    free(ix->by_four);
    vec_done(&ix->pairs);
    free(ix->trigger_start);
    free(ix->trigger_groups);
    free(ix);
}

static const char *text_of(const struct slot_word *s)
{
    return s->n <= INLINE_BYTES ? s->bytes : s->p;
}

static struct slot_word *find(const struct table *t, const char *p, size_t n, uint64_t hash)
{
    size_t mask = t->size - 1;

    for (size_t i = hash & mask;; i = (i + 1) & mask) {
        struct slot_word *s = &t->slots[i];

        if (s->number == 0 || (s->hash == hash && s->n == n && memcmp(text_of(s), p, n) == 0))
            return s;
    }
}

static void grow(struct table *t)
{
    struct table bigger = {.size = t->size ? t->size * 2 : 64, .n = t->n};

    bigger.slots = alloc_aligned(bigger.size, sizeof(*bigger.slots));
    for (size_t i = 0; i < t->size; i++)
        if (t->slots[i].number)
            *find(&bigger, text_of(&t->slots[i]), t->slots[i].n, t->slots[i].hash) = t->slots[i];
    free(t->slots);
    *t = bigger;
}

static size_t filter_place(const struct index *ix, const char *p)
{
    uint32_t four;

    memcpy(&four, p, sizeof(four));
    return (four * 2654435761u) >> (32 - ix->filter_bits); /* Knuth's multiplicative hash */
}

static void filter_add(struct index *ix, const char *p, size_t n)
{
    size_t bit = MIN(n, (size_t)PREFIX_LENGTHS - 1);

    if (n < LONG_PREFIX)
        ix->by_first[(unsigned char)p[0]] |= (uint16_t)BIT(bit);
    else
        ix->by_four[filter_place(ix, p)] |= (uint16_t)BIT(bit);
}

static void seal_filter(struct index *ix)
{
    ix->filter_bits = FILTER_BITS_MIN;
    while ((size_t)1 << ix->filter_bits < 4 * ix->prefixes.n)
        ix->filter_bits++;
    ix->by_four = alloc_zeroed((size_t)1 << ix->filter_bits, sizeof(*ix->by_four));
    for (size_t i = 0; i < ix->prefixes.size; i++)
        if (ix->prefixes.slots[i].number)
            filter_add(ix, text_of(&ix->prefixes.slots[i]), ix->prefixes.slots[i].n);
}

/* The bit comes from the upper half of the hash, the slot from the lower. */
static size_t bit_of(const struct table *t, uint64_t hash)
{
    return (hash >> 32) & (t->n_bits - 1);
}

static void seal_bits(struct table *t)
{
    t->n_bits = 64;
    while (t->n_bits < t->n * BITS_PER_WORD)
        t->n_bits *= 2;
    t->bits = alloc_zeroed(t->n_bits / 64, sizeof(*t->bits));
    for (size_t i = 0; i < t->size; i++)
        if (t->slots[i].number) {
            size_t bit = bit_of(t, t->slots[i].hash);

            t->bits[bit / 64] |= 1ull << (bit % 64);
        }
}

static bool may_hold(const struct table *t, uint64_t hash)
{
    size_t bit = bit_of(t, hash);

    return t->bits[bit / 64] >> (bit % 64) & 1;
}

uint32_t index_add_word(struct index *ix, struct str word, int ending)
{
    struct table *t = ending == ATOM_PREFIX ? &ix->prefixes : &ix->words;
    uint64_t hash = words_hash(word);

    if (t->n * 2 >= t->size)
        grow(t);
    struct slot_word *s = find(t, word.p, word.n, hash);

    if (s->number == 0) {
        *s = (struct slot_word){.hash = hash, .number = ++ix->n_words, .n = (uint32_t)word.n};
        if (word.n <= INLINE_BYTES)
            memcpy(s->bytes, word.p, word.n);
        else
            s->p = word.p;
        t->n++;
    }
    return s->number - 1;
}

void index_add_trigger(struct index *ix, uint32_t word, uint32_t group)
{
    vec_push(&ix->pairs, (struct trigger_pair){word, group});
}

static int by_word_and_group(const void *left, const void *right)
{
    const struct trigger_pair *a = left, *b = right;

    if (a->word != b->word)
        return a->word < b->word ? -1 : 1;
    return (a->group > b->group) - (a->group < b->group);
}

void index_seal(struct index *ix)
{
    size_t n = 0;

    if (ix->words.size == 0)
        grow(&ix->words);
    if (ix->prefixes.size == 0)
        grow(&ix->prefixes);
    seal_bits(&ix->words);
    seal_bits(&ix->prefixes);
    seal_filter(ix);
    if (ix->pairs.n)
        qsort(ix->pairs.items, ix->pairs.n, sizeof(*ix->pairs.items), by_word_and_group);
    ix->trigger_start = alloc_zeroed((size_t)ix->n_words + 1, sizeof(*ix->trigger_start));
    ix->trigger_groups = alloc_zeroed(ix->pairs.n, sizeof(*ix->trigger_groups));
    for (uint32_t word = 0, i = 0; word < ix->n_words; word++) {
        for (; i < ix->pairs.n && ix->pairs.items[i].word == word; i++) {
            uint32_t group = ix->pairs.items[i].group;

            if (n == ix->trigger_start[word] || ix->trigger_groups[n - 1] != group)
                ix->trigger_groups[n++] = group;
        }
        ix->trigger_start[word + 1] = (uint32_t)n;
    }
    vec_done(&ix->pairs);
}

uint32_t index_n_words(const struct index *ix)
{
    return ix->n_words;
}

static size_t lookup_lengths(const struct index *ix, const struct word *w, uint32_t lengths,
                             uint32_t *ret, size_t n)
{
    while (lengths && n < INDEX_HITS_MAX) {
        size_t length = (size_t)__builtin_ctz(lengths);

        lengths &= lengths - 1;
        if (length > w->n)
            return n;
        size_t last = length == PREFIX_LENGTHS - 1 ? w->n : length;

        for (; length <= last && n < INDEX_HITS_MAX; length++) {
            uint64_t hash = words_hash(str_make(w->p, length));

            if (!may_hold(&ix->prefixes, hash))
                continue;
            const struct slot_word *s = find(&ix->prefixes, w->p, length, hash);

            if (s->number)
                ret[n++] = s->number - 1;
        }
    }
    return n;
}

size_t index_lookup(const struct index *ix, const struct word *w, uint32_t ret[INDEX_HITS_MAX])
{
    size_t n = 0;

    if (may_hold(&ix->words, w->hash)) {
        const struct slot_word *s = find(&ix->words, w->p, w->n, w->hash);

        if (s->number)
            ret[n++] = s->number - 1;
    }
    uint32_t lengths = ix->by_first[(unsigned char)w->p[0]];

    if (lengths)
        n = lookup_lengths(ix, w, lengths, ret, n);
    if (w->n >= LONG_PREFIX && (lengths = ix->by_four[filter_place(ix, w->p)]) != 0)
        n = lookup_lengths(ix, w, lengths, ret, n);
    return n;
}

const uint32_t *index_triggers(const struct index *ix, uint32_t word, size_t *ret_n)
{
    *ret_n = ix->trigger_start[word + 1] - ix->trigger_start[word];
    return ix->trigger_groups + ix->trigger_start[word];
}
