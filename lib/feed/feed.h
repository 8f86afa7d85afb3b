#pragma once

/* feed - one fetched document in, the mentions it holds out.
 *
 * Reads RSS 0.90 to 2.0 (RDF included), Atom 0.3 and 1.0, CDF and JSON Feed 1.0
 * and 1.1, with the extensions that carry what a listener needs (dc, dcterms,
 * content, xhtml, slash, wfw, thr, media, itunes, googleplay, sy, feedburner).
 * The document decides what it is; the Content-Type only lends a charset, since
 * servers label feeds as they like. Damaged documents give what can be read and
 * say so in `flags`.
 *
 * Bounds: FEED_ITEMS_MAX items, FEED_TEXT_MAX bytes for each text, nesting 256,
 * entity expansion as in lib/data/xml.h, and the arena's own limit. */

#include "lib/mention/mention.h"

struct arena;

enum feed_format {
    FEED_RSS,  /* 0.91 to 2.0 */
    FEED_RDF,  /* RSS 0.90 and 1.0 */
    FEED_ATOM, /* 0.3 and 1.0 */
    FEED_CDF,
    FEED_JSON,
};
/* "rss", "rdf", "atom", "cdf", "json" */
struct str feed_format_name(enum feed_format format);

enum {
    FEED_ITEMS_MAX = 10000,
    FEED_TEXT_MAX = 1 << 20, /* bytes of one title or text, in UTF-8 */
};

enum feed_flag {
    FEED_DAMAGED = 1 << 0,   /* not well-formed; read as well as could be */
    FEED_TRUNCATED = 1 << 1, /* ends before its root element does */
    FEED_CLIPPED = 1 << 2,   /* more than FEED_ITEMS_MAX items or FEED_TEXT_MAX bytes */
};

/* What the transfer knows about the document; all may be empty. */
struct feed_hints {
    struct str content_type;     /* the header's value, parameters included */
    struct str content_language; /* the header's value; the last resort for `lang` */
    struct str base_url;         /* where the body came from, after redirects */
};

struct feed_item {
    /* id is guid, else URL, else a hash of title and text; a guid that the same
     * document gives to another URL too becomes "guid URL". source is the
     * item's own source title, else the feed's: a daemon puts its own id there.
     * lang is what the document says, and empty when it says nothing. published
     * is the time of the last change where the document says no other. */
    struct mention mention;
    struct str guid;     /* as the document writes it; empty: none */
    unsigned n_comments; /* slash:comments, thr:total; 0: none or not said */
    bool dates_no_zone;  /* a date had no zone and was read as UTC */
};

struct feed {
    enum feed_format format;
    unsigned flags;   /* of enum feed_flag */
    struct str title; /* plain text */
    struct str url;   /* the site, absolute when the base allows it */
    struct str text;  /* description, subtitle, tagline */
    struct str lang;  /* BCP 47 as written; empty: not said */
    struct str author;
    struct str id;
    int64_t updated_ms; /* CLOCK_NONE: not said */

    struct str self_url; /* link rel=self */
    struct str hub_url;  /* WebSub: link rel=hub */
    struct str next_url; /* the next page or archive (RFC 5005), older posts */
    int64_t ttl_s;       /* RSS ttl in seconds; -1: not said */
    int64_t period_s;    /* sy: seconds between updates; -1: not said */
    uint32_t skip_hours; /* bit h: nothing new in hour h GMT, 0..23 */
    uint8_t skip_days;   /* bit d: nothing new on day d, Monday is 0 */

    struct feed_item *items; /* in the document's order */
    size_t n_items;
};

enum feed_error {
    FEED_OK = 0,
    FEED_E_EMPTY = 1,   /* nothing but white space */
    FEED_E_HTML,        /* a web page: discover.h may find its feed */
    FEED_E_XML,         /* XML of another vocabulary */
    FEED_E_JSON,        /* JSON that is no JSON Feed */
    FEED_E_JSON_BROKEN, /* begins like JSON but is not */
    FEED_E_OTHER,       /* neither markup nor JSON */
    FEED_E_LIMIT,       /* the arena's limit */
};
/* A sentence without full stop, e.g. "a web page, not a feed". */
const char *feed_error_text(enum feed_error e);

/* Reads `body`, as it came after content decoding. All of *ret lives in
 * `arena` and nothing of it points into `body`. *ret is set on FEED_OK only. */
enum feed_error feed_read(struct str body, const struct feed_hints *hints, struct arena *arena,
                          struct feed **ret) MUST_CHECK;
