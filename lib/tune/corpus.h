#pragma once

/* corpus - recorded mentions with what a person says of them, one JSON object a line.
 *
 *     {"text": "...", "published": "...", "want": {"delivery-48h": true, "free-returns": false}}
 *
 * A mention (lib/mention) with one more member, `want`: which promises it
 * contradicts. A pair of mention and promise that is not in `want` is not
 * labelled, and scores nothing. */

#include "lib/mention/mention.h"

struct arena;

struct corpus_want {
    struct str promise; /* id */
    bool broken;
};

struct corpus_line {
    struct mention mention;
    const struct corpus_want *wants; /* each promise once */
    size_t n_wants;
};

struct corpus_error {
    size_t offset; /* bytes into the line */
    char message[160];
};

/* Reads one line, without its end. Slices of *ret point into `line` or `arena`,
 * which must both outlive it. False: *error says why and *ret is untouched. */
bool corpus_read(struct str line, struct arena *arena, struct corpus_line *ret,
                 struct corpus_error *error) MUST_CHECK;

/* The same through lib/data/json alone; for tests, which compare the two. */
bool corpus_read_slowly(struct str line, struct arena *arena, struct corpus_line *ret,
                        struct corpus_error *error) MUST_CHECK;

/* The line that begins at *at, which moves behind it; false at the end of `text`.
 * A byte order mark before the first and a carriage return at an end are no part of it. */
bool corpus_next(struct str text, size_t *at, struct str *ret);
