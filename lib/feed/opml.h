#pragma once

/* opml - lists of feeds, in and out (OPML 1.0 and 2.0, opml.org).
 *
 * Reading is lenient: attribute names in any case, any nesting, damage passed
 * over. What has no feed URL is a folder, or left out. */

#include "lib/base/str.h"

struct arena;

enum { OPML_MAX = 200000 };

struct opml_feed {
    struct str url;    /* xmlUrl, trimmed; not resolved */
    struct str title;  /* title, else text; may be empty */
    struct str site;   /* htmlUrl; may be empty */
    struct str folder; /* titles of the outlines around it, joined by "/"; may be empty */
};

struct opml {
    struct str title;
    struct opml_feed *feeds; /* in the document's order */
    size_t n_feeds;
    size_t n_without_url; /* outlines of type rss that name no feed */
};

enum opml_error {
    OPML_OK = 0,
    OPML_E_OTHER = 1, /* no opml element, no outline */
    OPML_E_LIMIT,     /* past OPML_MAX feeds or the arena's limit */
};
const char *opml_error_text(enum opml_error e);

/* `text` in any charset; all of *ret lives in `arena`. */
enum opml_error opml_read(struct str text, struct arena *arena, struct opml *ret) MUST_CHECK;

/* Writes OPML 2.0; feeds of one folder that stand together share an outline. */
void opml_write(const struct opml *list, struct sbuf *out);
