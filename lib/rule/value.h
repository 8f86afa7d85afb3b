#pragma once

/* value - values of rule files out of YAML nodes, with every mistake reported.
 *
 * Each function reports to the diags what is wrong with its node, with the
 * place and a way out, and returns false; outputs are then untouched unless the
 * comment says so. All that comes out lives in the loader's arena. */

#include "lib/data/yaml.h"
#include "lib/rule/promise.h"

struct value_reader {
    struct arena *arena;
    struct diags *diags;
    struct phrase_parser phrases;
};

/* Reports at a node's value: `value_error(r, node, "...")`. */
#define value_error(r, node, ...) diag((r)->diags, DIAG_ERROR, (node)->at, __VA_ARGS__)

/* An unknown `key` in `where` ("promise 'x'"), with a hint among `known`. */
void value_unknown_key(struct value_reader *r, const struct yaml *member, const char *where,
                       const struct str *known, size_t n_known);

bool value_is(struct value_reader *r, const struct yaml *node, enum yaml_type type,
              const char *what);
bool value_text(struct value_reader *r, const struct yaml *node, const char *what, struct str *ret);
/* [a-z0-9-], not empty */
bool value_id(struct value_reader *r, struct pos at, struct str id, const char *what);

/* A list of texts, or one text. */
bool value_texts(struct value_reader *r, const struct yaml *node, const char *what,
                 struct str **ret, uint32_t *ret_n);

/* A slot: list of phrases or fr:/en:/es:/any: of lists. What parses is added
 * behind what *slot holds already (nothing is taken away on an error). */
bool value_slot(struct value_reader *r, const struct yaml *node, const char *what,
                struct slot *slot);

/* "at most 48 h" */
bool value_limit(struct value_reader *r, const struct yaml *node, struct limit *ret);
/* The quantity written in bytes [from, to) of a scalar. */
bool value_quantity(struct value_reader *r, const struct yaml *scalar, size_t from, size_t to,
                    struct quantity *ret);
/* "6 h" as seconds. */
bool value_duration(struct value_reader *r, const struct yaml *scalar, size_t from, size_t to,
                    int64_t *ret_s);
/* "2025-01-01 to 2025-12-31", "from 2025-01-01"; `to` is exclusive. */
bool value_period(struct value_reader *r, const struct yaml *node, int64_t *ret_from_s,
                  int64_t *ret_to_s);
/* RFC 3339 or a date. */
bool value_time(struct value_reader *r, const struct yaml *node, int64_t *ret_ms);

/* "20 authors in 1 h": *ret_authors tells authors from mentions. False without
 * a word when the text has not that shape at all. */
bool value_rate(struct value_reader *r, const struct yaml *scalar, int64_t *ret_count,
                bool *ret_authors, int64_t *ret_within_s);
bool value_trigger(struct value_reader *r, const struct yaml *scalar, enum severity level,
                   struct trigger *ret);
