#pragma once

/* webpage - a page that links to ours: does it really, and what does it say?
 *
 * The verification of Webmention and the post behind it. HTML counts as linking when one
 * of its elements leads to exactly the target (a and area, img, video, audio, source,
 * iframe, the cite of quotes); plain text when the target stands in it. The post is the
 * h-entry around the link, else the page's first article, its main part, its body. Only the
 * first 2 MiB of a page are looked at, whoever it is that sends us there.
 * Source: W3C Webmention (2017), 3.2.2; microformats2 h-entry and the classic hentry. */

#include "lib/mention/mention.h"

struct arena;

struct webpage_hints {
    struct str content_type, content_language; /* the headers' values; may be empty */
    struct str url;                            /* where the body came from, after redirects */
};

enum webpage_error {
    WEBPAGE_OK = 0,
    WEBPAGE_E_NO_LINK = 1, /* a page, but without a link to the target */
    WEBPAGE_E_TYPE,        /* neither HTML nor plain text */
    WEBPAGE_E_NO_TEXT,     /* it links, and says nothing */
    WEBPAGE_E_LIMIT,       /* the arena's limit */
};
/* A sentence without full stop. */
const char *webpage_error_text(enum webpage_error e);

/* Reads `body`, as it came after content decoding. *ret is set on WEBPAGE_OK only: title,
 * text, author, lang and times; id, url and source are the caller's. All of it lives in
 * `arena`. */
enum webpage_error webpage_read(struct str body, const struct webpage_hints *hints,
                                struct str target, struct arena *arena,
                                struct mention *ret) MUST_CHECK;
