#pragma once

/* number - "1 234,5", "two hundred and five", "une quinzaine", "1 1/2", "trois quarts". */

#include "lib/quantity/token.h"

/* The tokens of a text, or of the part of it being read, in one language. */
struct tokens {
    struct str text;
    const struct token *t;
    size_t n;
    enum lang lang;
};

/* Token `i`, or one of kind TOKEN_END outside. `i` may be "-1" of a size_t. */
extern const struct token token_outside;
static inline const struct token *token_at(const struct tokens *ts, size_t i)
{
    return i < ts->n ? &ts->t[i] : &token_outside;
}
static inline bool token_is(const struct tokens *ts, size_t i, uint64_t mask)
{
    return (token_at(ts, i)->m->mask & mask) != 0;
}
static inline bool token_sign(const struct tokens *ts, size_t i, uint32_t sign)
{
    return token_at(ts, i)->kind == TOKEN_SIGN && token_at(ts, i)->sign == sign;
}
/* No space and no hyphen between this token and the one before. */
bool token_glued(const struct tokens *ts, size_t i);

enum {
    NUMBER_ARTICLE = 1,   /* "a", "une": a number only if a unit follows */
    NUMBER_VAGUE = 2,     /* several, plusieurs, a few */
    NUMBER_ABOUT = 4,     /* une quinzaine */
    NUMBER_WORDS = 8,     /* begins with a word, not a digit */
    NUMBER_FRACTION = 16, /* "half", "1/2", "3 sur 4" */
    NUMBER_NEGATIVE = 32,
};

struct number {
    double value;
    double least;    /* below `value` for vague ones: "several" is 3, at least 2 */
    double last_mul; /* the multiplier the number ends with (million), or 1 */
    size_t next;     /* first token behind it */
    unsigned flags;
};

/* Reads the number that begins at token `i`. False leaves *ret alone. */
bool number_read(const struct tokens *ts, size_t i, struct number *ret);
/* Reads only what may follow a whole and its unit as a fraction of it: "and a
 * half", "et demie", "y media", "and three quarters". */
bool number_read_fraction(const struct tokens *ts, size_t i, double *ret, size_t *ret_next);
/* Behind the ordinal that the words of `n` only begin ("twenty-first"), or 0. */
size_t number_ordinal_end(const struct tokens *ts, const struct number *n);
/* "un quart", "trois quarts" where French says no "and" before them. */
bool number_read_quarters(const struct tokens *ts, size_t i, double *ret, size_t *ret_next);
