#pragma once

/* xml - a lenient pull tokenizer for XML that people and scripts wrote.
 *
 * Never fails: what is not XML becomes text or is left out, and `flags` says
 * that it happened. A token is a set of slices into the source, so nothing is
 * allocated. Nesting is the caller's business (it knows which elements may
 * contain which, and recovery needs that); so are namespaces and depth.
 *
 *     xml_init(&x, text);
 *     while (xml_next(&x) != XML_EOF) ...
 *
 * Comments and processing instructions are skipped; a DOCTYPE lends its
 * internal entities, at most XML_ENTITIES_MAX of them, whose expansions are
 * capped at XML_EXPANSION_MAX bytes a document. External entities are nothing.
 * Source: Extensible Markup Language 1.0, fifth edition. */

#include "lib/base/str.h"

enum {
    XML_ENTITIES_MAX = 64,
    XML_ENTITY_DEPTH_MAX = 8,
    XML_EXPANSION_MAX = 1 << 16, /* bytes that internal entities may add to one document */
};

enum xml_kind {
    XML_EOF,
    XML_START, /* name, attrs, empty */
    XML_END,   /* name; may be empty for "</>" */
    XML_TEXT,  /* text: character data, references not yet decoded */
    XML_CDATA, /* text: verbatim */
};

enum xml_flag {
    XML_DAMAGED = 1 << 0,   /* some rule of well-formedness was seen broken */
    XML_TRUNCATED = 1 << 1, /* the input ends inside a construct */
};

struct xml {
    struct str src;
    size_t at;
    unsigned flags;

    enum xml_kind kind;
    size_t begin; /* offset of the token; its end is `at` */
    struct str name, attrs, text;
    size_t empty; /* 1: "<name/>", no end tag will follow */

    struct xml_entity {
        struct str name, value;
    } entities[XML_ENTITIES_MAX];
    unsigned n_entities;
    size_t expanded; /* bytes spent on internal entities */

    /* What searches found, so that hostile input cannot make them start over:
     * needles known to be absent from here on, the next "]]>", and how many bytes
     * may still be searched for a lost end. */
    unsigned absent;
    size_t close_from, close_at, search_budget;
};

/* `utf8` is borrowed. A byte order mark is skipped. */
void xml_init(struct xml *x, struct str utf8);
enum xml_kind xml_next(struct xml *x);

/* Takes the next attribute off *rest (first a start tag's `attrs`). The value
 * is raw; quotes may be missing, and a name alone has an empty value. */
bool xml_attr(struct str *rest, struct str *ret_name, struct str *ret_value);

/* Appends `raw` as character data: references decoded (XML's own, the
 * document's, HTML's names), line ends made \n, CDATA sections unwrapped,
 * comments and instructions left out. Tags, if there are any, stay as they are.
 * A reference nobody knows stays too. */
void xml_decode(struct xml *x, struct str raw, struct sbuf *out);

/* The same for an attribute's value: white space becomes spaces. */
void xml_decode_attr(struct xml *x, struct str raw, struct sbuf *out);
