#pragma once

/* phrase - one item of a slot, parsed: words, places, joins, or a regex.
 *
 *     phrase = part { join part } | "/" regex "/"
 *     part   = alt { " " alt }                      consecutive words
 *     alt    = atom { "|" atom }                    one place
 *     atom   = word | word "*" | "<" list ">" | "@"name | "#"tag | emoji
 *            | "<duration>" | "<money>" | "<percent>" | "<number>" | "<date>"
 *            | "<waited>" | "<ahead>"              durations with one of these roles only
 *            | "<unhappy>"                         the loudest words of a complaint (judge/gate.h)
 *     join   = " ... " | " ...N "                   then, at most N words later (default 4)
 *            | " + "   | " +N "                     near, any order, at most N apart (default 8)
 *
 * Words are folded and cut as posts are, so an atom may be several words
 * ("d'attente"). Everything lives in the arena of the ruleset. */

#include "lib/base/diag.h"
#include "lib/quantity/quantity.h"
#include "lib/text/words.h"

struct arena;
struct word_list;
struct yaml;

enum atom_kind {
    ATOM_WORDS,    /* `words`, the last one perhaps as a prefix */
    ATOM_LIST,     /* <name> */
    ATOM_QUANTITY, /* <duration> ... */
    ATOM_UNHAPPY,  /* <unhappy> */
};

enum { ATOM_EXACT, ATOM_PREFIX };

struct atom {
    enum atom_kind kind;
    uint8_t ending;   /* of the last word: ATOM_EXACT or ATOM_PREFIX */
    uint8_t quantity; /* enum quantity_kind of ATOM_QUANTITY */
    uint16_t roles;   /* BIT(enum quantity_role) that it may have; 0: all */
    uint16_t n_words;
    struct str *words;            /* folded */
    uint32_t *word_ids;           /* set when the ruleset is sealed */
    struct str name;              /* of the list */
    const struct word_list *list; /* set when names are resolved */
};

/* One word place: any of its atoms. */
struct place {
    struct atom *atoms;
    uint32_t n_atoms;
};

enum join { JOIN_START, JOIN_THEN, JOIN_NEAR };

struct part {
    enum join join;  /* to the part before; JOIN_START for the first */
    uint32_t within; /* words between */
    struct place *places;
    uint32_t n_places;
};

enum { PHRASE_PARTS_MAX = 8, PHRASE_PLACES_MAX = 16, PHRASE_ATOMS_MAX = 256, PHRASE_NEEDS = 2 };

/* What matching needs comes first, in one cache line. */
struct phrase {
    struct part *parts;
    struct pattern *pattern; /* compiled from regex when the ruleset is sealed */
    uint32_t n_parts;
    enum lang lang; /* LANG_UNKNOWN: any */
    /* Words without which it cannot hit, the rarest first, as numbers of the index
     * (INDEX_NO_WORD: none more); set when the ruleset is sealed. */
    uint32_t needs[PHRASE_NEEDS];
    uint32_t number;  /* in its ruleset, in order of definition */
    struct str regex; /* without the slashes; empty: words */
    struct str text;  /* as written */
    struct pos at;
};

/* A name that some phrase uses, to be resolved when all lists are known. */
struct list_use {
    struct atom *atom;
    struct pos at;
};

struct list_uses {
    struct list_use *items;
    size_t n, cap;
};

/* What parsing needs; its scratch buffers are kept between phrases. */
struct phrase_parser {
    struct arena *arena; /* of the ruleset */
    struct diags *diags;
    struct list_uses uses;
    struct fold fold;
    struct words words;
};

void phrase_parser_init(struct phrase_parser *p, struct arena *arena, struct diags *diags);
void phrase_parser_done(struct phrase_parser *p);

/* Parses one scalar. Errors (all of them) go to the diags with exact columns;
 * false when there was one, *ret is then unusable. */
bool phrase_parse(struct phrase_parser *p, const struct yaml *scalar, enum lang lang,
                  struct phrase *ret) MUST_CHECK;

/* Whether "<name>" means something without a list of that name. */
bool phrase_built_in(struct str name);
/* Whether a quantity of `kind` may fill the place `<...>` of `wanted`. */
bool phrase_quantity_fits(enum quantity_kind wanted, enum quantity_kind kind);
/* Whether that quantity may fill the place of `atom`, an ATOM_QUANTITY. */
bool phrase_atom_takes(const struct atom *atom, const struct quantity *q);
/* Whether `p` is <unhappy> and nothing else. */
bool phrase_is_unhappy(const struct phrase *p);
/* Whether `p`, or a list in it, names that role ("<ahead>"). Lists must be resolved. */
bool phrase_names_role(const struct phrase *p, enum quantity_role role);
