#pragma once

/* lexicon - the words that make quantities, one table a language.
 *
 * The tables are made at build time by lexicon.py from words/XX.txt, which see.
 * All data is constant. */

#include "lib/quantity/quantity.h"

/* Names are those of the word files in capitals: lexicon.py reads this list. */
enum lexicon_class {
    LEX_NUM,
    LEX_MUL,
    LEX_DOZEN,
    LEX_FRAC,
    LEX_ORD,
    LEX_ORDS,
    LEX_ART,
    LEX_VAGUE,
    LEX_UNIT,
    LEX_CUR,
    LEX_SUB,
    LEX_NATION,
    LEX_MONTH,
    LEX_WEEKDAY,
    LEX_DAY,
    LEX_PART,
    LEX_AND,
    LEX_TO,
    LEX_OR,
    LEX_POINT,
    LEX_MINUS,
    LEX_OVER,
    LEX_BETWEEN,
    LEX_OF,
    LEX_PER,
    LEX_ADJ,
    LEX_WHOLE,
    LEX_WORKING,
    LEX_PERCENT,
    LEX_DEGREE,
    LEX_SCALE,
    LEX_BELOW,
    LEX_COUNT,
    LEX_THAN,
    LEX_CLOCK,
    LEX_NOON,
    LEX_SINCE,
    LEX_AT,
    LEX_THIS,
    LEX_LAST,
    LEX_NEXT,
    LEX_AGO,
    LEX_THE,
    LEX_NOT,
    LEX_KILO,
    LEX_OTHER,
    LEX_PRO,
    LEX_SUFFIX,
    LEX_ON,
    LEX_IN,
    LEX_EARLY,
    LEX_AMPM,
    LEX_LATE,
    LEX_ITIS,
    LEX_END,
    LEX_ANGLE,
    LEX_PRONOUN,
    LEX_NICE,
    LEX_COIN,
    LEX_STOP,
    LEX_PURSE,
    LEX_LASTING,
    LEX_COMPASS,
    LEX_PHRASE,
};

#define LEX(name) (1ull << LEX_##name)
_Static_assert(LEX_PHRASE < 64, "a mask holds 64 classes");

/* What a word is in one language. */
struct meaning {
    uint64_t mask; /* LEX(...) bits */
    double number; /* num, mul, dozen, frac, ord, ords, vague, kilo */
    double factor; /* units that one `unit` word is worth (fortnight = 2 weeks); least of a `vague`;
                     "MUSD"; day of a feast's `month` */
    uint8_t unit;  /* enum quantity_unit */
    int8_t cal;    /* month, weekday, days from today, hour; enum quantity_unit of a scale */
    char code[4];  /* cur, nation, purse */
    char cents[4]; /* sub */
};

extern const struct meaning lexicon_nothing;

enum { PHRASE_MAX = 8, PHRASE_GAP = 0xffff, PHRASE_GAP_WORDS = 3 };

/* What words around a quantity say about it. `words` run outwards: a phrase
 * before a quantity is kept backwards. */
struct phrase {
    uint8_t is_role; /* else a bound */
    uint8_t going;   /* a role, and what it measures still goes on: "depuis" */
    uint8_t value;   /* enum quantity_role, or enum quantity_bound, or BOUND_ALMOST */
    uint8_t kind;    /* enum quantity_kind it holds for; QUANTITY_KINDS: all */
    uint8_t n;
    uint16_t words[PHRASE_MAX];
};

enum { BOUND_ALMOST = QUANTITY_ABOUT + 1 }; /* the number itself, from below */

enum lexicon_side { LEXICON_BEFORE, LEXICON_AFTER };

#define LEXICON_HASH_START 0xcbf29ce484222325ull /* FNV-1a, 64 bits */
#define LEXICON_HASH_PRIME 0x100000001b3ull

/* The number of the folded word with that hash, 0 when unknown. 64 bits of hash
 * stand for the word: a collision would need design and gain nothing. */
uint16_t lexicon_find(uint64_t hash);
/* How that language writes "&" out, or 0: the first of its words of class `and`. */
uint16_t lexicon_and(enum lang lang);
/* The one language that has this word, or LANG_UNKNOWN when several do. */
enum lang lexicon_only(uint16_t word);
/* Its meaning in that language; a unit of four letters or more is understood in
 * all (people mix languages). `letters`: how long the word is. */
const struct meaning *lexicon_meaning(uint16_t word, enum lang lang, unsigned letters);
/* Phrases of a language, by first word, then longest first. */
size_t lexicon_phrases(enum lang lang, enum lexicon_side side, const struct phrase **ret);
