#pragma once

/* fold - the one form in which rules and posts are compared.
 *
 * Unicode NFKD, full case folding, marks stripped, default-ignorable code
 * points dropped: what utf8proc_map gives with DECOMPOSE | COMPAT | CASEFOLD |
 * STRIPMARK | IGNORE, byte for byte (UAX #15, UAX #44), plus what people's
 * writing needs: œ æ ø ł đ ð þ ı spelled out in ASCII, typographic apostrophes
 * as ', skin tones dropped. A byte that is not UTF-8 becomes a space. A map back
 * to the original offsets is kept, so evidence quotes the original words. */

#include "lib/base/str.h"

/* From folded offset `to` on (up to the next step), original = from + (o - to),
 * or exactly `from` inside a piece whose length changed. */
struct fold_step {
    uint32_t to, from;
    bool rigid; /* bytes run in parallel from here */
};

/* Buffers are kept between calls: folding allocates only while they grow. */
struct fold {
    struct str original; /* borrowed from the caller of fold_text */
    char *p;
    size_t n, cap;
    struct fold_step *steps;
    size_t n_steps, cap_steps;
};

enum { FOLD_TEXT_MAX = 1 << 20 }; /* what follows is not read */

void fold_init(struct fold *f);
void fold_done(struct fold *f);

/* Folds `text`, which must outlive the use of `f`'s map. */
void fold_text(struct fold *f, struct str text);

static inline struct str fold_str(const struct fold *f)
{
    return (struct str){f->p, f->n};
}

/* The original offset where the piece that made folded byte `at` starts; for
 * at == f->n the original's length. */
size_t fold_original(const struct fold *f, size_t at);
/* The original offset just behind the piece that made folded byte `at` - 1. */
size_t fold_original_end(const struct fold *f, size_t at);

enum fold_class {
    FOLD_OTHER, /* punctuation, white space, controls */
    FOLD_LETTER,
    FOLD_DIGIT,
    FOLD_SYMBOL, /* emoji and other pictures: each is a word of its own */
};

/* One code point: its folded bytes (possibly none) and the class of the result. */
struct fold_point {
    const char *p;
    uint8_t n;
    uint8_t class; /* enum fold_class */
};

enum { FOLD_POINT_MAX = 40 };
/* `buffer` is used when the folded form is in no table. */
struct fold_point fold_point(uint32_t point, char buffer[FOLD_POINT_MAX]);
/* Class of a code point that is already folded. */
enum fold_class fold_class_of(uint32_t point);
