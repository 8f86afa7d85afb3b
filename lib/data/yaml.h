#pragma once

/* yaml - restricted YAML as a tree with marks, for files that people write by hand.
 *
 * libyaml's events under our own rules: at most 1 MiB, UTF-8 (the first bad
 * byte is named), one document, nesting <= 16; anchors, aliases, tags and
 * merge keys refused; every scalar is text ("no", "1.10", "12:30" stay what
 * was written); a key twice in one mapping is an error. Every node knows its
 * place; inside a one-line scalar, yaml_pos_in gives the exact column. */

#include "lib/base/diag.h"
#include "lib/base/str.h"

struct arena;

enum yaml_type { YAML_SCALAR, YAML_LIST, YAML_MAP };
enum { YAML_DEPTH_MAX = 16, YAML_BYTES_MAX = 1 << 20 };

struct yaml {
    enum yaml_type type;
    struct pos at;             /* of the first character of the value */
    struct pos key_at;         /* inside a map */
    struct str key;            /* inside a map */
    struct str s;              /* a scalar's text */
    struct yaml *first, *next; /* children; siblings */
    size_t n;                  /* children */
    struct str raw; /* a scalar as it was written, quotes included; borrowed from the text */
    size_t inset;   /* columns from at.col to the text's first character: 1 if quoted */
    bool one_line;  /* plain or quoted on one line, so offsets map to columns */
};

/* Reads `text` of `file` (the name for positions). All errors go to `diags`;
 * NULL is returned when the tree could not be made, or the document is empty
 * (an error too). A tree may come with errors: what could be read is there, so
 * that the caller finds its own mistakes in the same run; look at n_errors.
 * What is read as a comment but hardly was meant so ("- #acme") is a warning.
 * Nodes live in `arena`, which needs no limit: input is bounded; `text` must
 * live as long. */
struct yaml *yaml_parse(struct str file, struct str text, struct arena *arena, struct diags *diags);

/* The map's member, or NULL. */
struct yaml *yaml_get(const struct yaml *map, struct str key);

/* The place of byte `offset` of a scalar's text, `width` code points wide;
 * escapes count with the columns they take. A scalar over several lines gives
 * its beginning. */
struct pos yaml_pos_in(const struct yaml *scalar, size_t offset, unsigned width);

/* "a text", "a list", "a map" */
const char *yaml_type_name(enum yaml_type type);
