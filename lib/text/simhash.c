#include "lib/text/simhash.h"

/* Each pair of words votes, bit by bit, with a hash of its own (FNV-1a, then
 * the finalizer of MurmurHash3, since FNV's upper bits are poor). */

static uint64_t add_bytes(uint64_t h, struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (unsigned char)s.p[i]) * 0x100000001b3ull;
    return (h ^ 0xff) * 0x100000001b3ull; /* "ab" "c" is not "a" "bc" */
}

static uint64_t mix(uint64_t h)
{
    h = (h ^ (h >> 33)) * 0xff51afd7ed558ccdull;
    h = (h ^ (h >> 33)) * 0xc4ceb9fe1a85ec53ull;
    return h ^ (h >> 33);
}

uint64_t simhash_words(const struct str *words, size_t n)
{
    int votes[64] = {0};
    uint64_t result = 0;

    for (size_t i = 1; i < n; i++) {
        uint64_t h = mix(add_bytes(add_bytes(0xcbf29ce484222325ull, words[i - 1]), words[i]));

        for (int bit = 0; bit < 64; bit++)
            votes[bit] += h >> bit & 1 ? 1 : -1;
    }
    for (int bit = 0; bit < 64; bit++)
        result |= (uint64_t)(votes[bit] > 0) << bit;
    return result;
}
