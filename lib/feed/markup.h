#pragma once

/* markup - the tags of a web page, one after the other.
 *
 * HTML through the tokenizer of lib/data/xml, which reads its tags well enough to find
 * links and marked elements; what stands in script, style and template, whose text may
 * look like tags, is jumped over. No tree is made: where an element ends is asked for
 * when it matters. */

#include "lib/data/xml.h"

struct arena;

struct markup {
    struct xml x; /* .name, .begin and .at are the current tag's */
    struct arena *arena;
    struct sbuf text;
};

/* `html` (UTF-8) is borrowed. Values of attributes live in `arena`. */
void markup_init(struct markup *m, struct str html, struct arena *arena);
void markup_done(struct markup *m);

/* Goes on to the next start tag; false at the end. */
bool markup_next(struct markup *m);
/* Is it a tag of this name? */
bool markup_is(const struct markup *m, const char *name);
/* The attribute's value, decoded and trimmed; empty when it is absent. */
struct str markup_attr(struct markup *m, const char *name);
/* The element of the current tag, both its tags included: to the end tag that matches by
 * name, or to the end of the page. A void element (img, link ...) is its tag. */
struct str markup_element(const struct markup *m);
/* Goes on behind that element. */
void markup_skip(struct markup *m);
