#pragma once

/* gate - whether an English post as a whole reads like a complaint: <unhappy>.
 *
 * A sum of weights, one a word, mark or group of words, all of them in gate.txt
 * for people to read; tests/quality/train_gate.py makes that file and measures
 * it. For promises without a figure; no promise is broken by it alone. */

#include "lib/text/words.h"

enum {
    GATE_WORDS_MAX = 400, /* read per text */
    GATE_TOP = 3,
};

struct gate_marks {
    bool exclaims, asks; /* ! and ? somewhere */
    bool links;          /* holds an address */
    bool named;          /* begins with an @name */
};

struct gate_reading {
    int score;              /* thousandths; unhappy above 0 */
    uint32_t top[GATE_TOP]; /* the words that speak loudest for it, in their order */
    uint32_t n_top;
};

struct gate_marks gate_marks(struct str text);
/* Whether the gate looks a word up: not a name, a tag or a sign. */
bool gate_reads(struct str word);

/* What one word adds to a score: its own weight and those of its groups, in
 * thousandths; 0 for a word of no weight. */
int gate_voice(struct str word);

/* `words` must have been cut from `text`. */
struct gate_reading gate_read(struct str text, const struct words *words);
