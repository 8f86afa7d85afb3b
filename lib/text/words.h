#pragma once

/* words - a folded text cut into the words that phrases are made of.
 *
 * Letters and digits part ("48h" is "48" "h"), apostrophes and hyphens part,
 * "4,90" is one word "4.90", "@name" and "#tag" are one word each and a
 * "#CamelCase" tag is followed by its parts, each emoji is a word, runs of three
 * or more equal letters are squeezed to one ("sooo" is "so"), of a URL only the
 * host's labels stay. `. ! ? …` and newlines end a sentence. */

#include "lib/base/hash.h"
#include "lib/text/fold.h"

struct word {
    uint64_t hash; /* words_hash of the text */
    const char *p; /* in the fold's or the words' own buffer */
    uint32_t n;
    uint32_t from, to; /* folded bytes; fold_original and _end lead to the original */
    uint32_t sentence; /* from 0 */
};

enum { WORDS_MAX = 65536 }; /* per text; what follows is not read */

struct words {
    struct word *items;
    size_t n, cap;
    char *extra; /* squeezed words and parts of tags */
    size_t n_extra, cap_extra;
};

void words_init(struct words *w);
void words_done(struct words *w);

/* Cuts what `f` holds; the words point into both until either is used again. */
void words_cut(struct words *w, const struct fold *f);

static inline struct str word_str(const struct word *w)
{
    return (struct str){w->p, w->n};
}

static inline uint64_t words_hash(struct str s)
{
    return hash_bytes(s.p, s.n, 0);
}
