#pragma once

/* token - a text as words, numbers and signs, for the quantity reader.
 *
 * Words arrive looked up in the lexicon, digits with their separators as one
 * number. Any bytes are legal. Offsets are bytes of the text. */

#include "lib/base/str.h"
#include "lib/quantity/lexicon.h"
#include "lib/text/lang.h"

enum token_kind {
    TOKEN_END, /* what lies outside the text */
    TOKEN_WORD,
    TOKEN_NUMBER,
    TOKEN_FRACTION, /* one sign: a half */
    TOKEN_SIGN,
    TOKEN_BREAK,  /* ends a sentence: ! ? ; newline */
    TOKEN_OPAQUE, /* link, @name, #tag */
};

enum {
    TOKEN_SPACED = 1,      /* white space before it, or the text begins with it */
    TOKEN_HYPHEN = 2,      /* a hyphen ties it to the token before */
    TOKEN_HYPHEN_NEXT = 4, /* ... and to the one behind */
    TOKEN_UPPER = 8,       /* begins with an ASCII capital */
    TOKEN_ELIDED = 32,     /* an apostrophe follows, which is in no token: j'ai, it's */
    TOKEN_DOTTED = 16,     /* 1.2.3: a version, a date, an address; not a number */
};

struct token {
    size_t start, end;
    const struct meaning *m; /* never NULL; empty for all but known words */
    double value;
    uint32_t sign;
    uint16_t word; /* 0: in no lexicon */
    uint8_t kind, flags;
    uint8_t digits;   /* of a number's whole part; letters of a word */
    uint8_t decimals; /* digits behind the decimal sign */
    uint8_t separators;
};

/* Reads tokens from byte *at on, at most `max`; *at moves behind the last.
 * Return: how many; fewer than `max` only at the end of the text. */
size_t tokens_read(struct str text, size_t *at, struct token *out, size_t max);

/* The language whose words prevail; `told` (may be unknown) has a head start. */
enum lang tokens_language(const struct token *t, size_t n, enum lang told);

/* Gives words, and "&" for one, their meaning and numbers their value in that language. */
void tokens_settle(struct str text, struct token *t, size_t n, enum lang lang);
