#pragma once

/* selector - where in a JSON document a value stands.
 *
 *     /data/created_utc          a JSON Pointer (RFC 6901)
 *     /posts/ and a star         each element of a list; a lone object counts as a list of one
 *     /messages/%                each member of an object, whatever its name
 *     ^/time                     from the element one list further out
 *     /note_tweet/text||/text    the first that is there: null and "" are not
 *     /uri#basename              what stands behind the last slash
 *     "anonymous"                a fixed text, as the last resort
 *
 * One or many: a name asked of a list is asked of its
 * first element, /0 of a lone object is the object, and a list where a text is needed
 * gives its first text. Nothing else: no search, no slices, no arithmetic, so a selector
 * takes time in proportion to what it passes. */

#include "lib/base/str.h"

struct arena;
struct json;
struct pos;
struct diags;
struct yaml;

enum { SELECTOR_CHOICES_MAX = 8, SELECTOR_STEPS_MAX = 16, SELECTOR_UP_MAX = 4 };

enum step_kind { STEP_NAME, STEP_ELEMENTS, STEP_MEMBERS };

struct step {
    enum step_kind kind;
    struct str name; /* escapes resolved */
};

struct choice {
    enum { CHOICE_POINTER, CHOICE_LITERAL } kind;
    enum { WHOLE_VALUE, BASENAME } part;
    struct str literal;
    unsigned up;
    struct step *steps;
    size_t n_steps;
};

struct selector {
    struct choice *choices;
    size_t n; /* 0: not given */
};

/* Reads bytes [from, to) of a scalar. Mistakes go to `diags` with their column; false then. */
bool selector_parse(const struct yaml *scalar, size_t from, size_t to, struct arena *arena,
                    struct diags *diags, struct selector *ret) MUST_CHECK;

/* A value and the elements of lists it was found in; they live on the walker's stack. */
struct selector_place {
    const struct json *value;
    const struct selector_place *outer; /* NULL: the document */
};

/* Return false to stop. */
typedef bool selector_fn(void *arg, const struct selector_place *place);
/* All values of the first choice that has one (null does not count), in order. */
void selector_each(const struct selector *s, const struct selector_place *from, selector_fn *fn,
                   void *arg);
/* The first text, number or boolean as text, that is not empty; borrowed. False: none. */
bool selector_text(const struct selector *s, const struct selector_place *from,
                   struct str *ret) MUST_CHECK;
