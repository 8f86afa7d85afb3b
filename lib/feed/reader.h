#pragma once

/* reader - the state of one pass over an XML feed; used by the files of that pass
 * only: scope (who stands where), construct (texts), draft (one item under way),
 * field (what each element does to it), xmlfeed (the walk).
 *
 * While reading, a text is a raw slice of the document with a note of how to
 * read it; it is converted once, when the item ends and the best one is known. */

#include "lib/base/vec.h"
#include "lib/data/xml.h"
#include "lib/feed/feed.h"
#include "lib/feed/vocab.h"

enum { DEPTH_MAX = 256, BINDINGS_MAX = 256 };

/* What the children of an open element belong to. */
enum place {
    PLACE_TOP,
    PLACE_FEED,
    PLACE_ITEM,
    PLACE_SOURCE, /* the feed an item was taken from */
    PLACE_PERSON,
    PLACE_HOURS,
    PLACE_DAYS,
    PLACE_NOWHERE,
};

struct scope {
    struct str qname;
    enum vocab el;
    enum place place;
    struct str base, lang;
    enum { LANG_INHERITED, LANG_OWN } lang_from;
    size_t n_bindings; /* those of its ancestors and its own */
    size_t inner;      /* offset of its content */
};

struct binding {
    struct str prefix;
    enum vocab_ns ns;
};

/* What a qualified name meant when it was last seen; valid for one state of the
 * bindings. */
enum { NAME_SLOTS = 64 };
struct known_name {
    struct str qname;
    unsigned era;
    enum vocab_ns ns;
    enum vocab el;
};

enum text_kind {
    TEXT_PLAIN, /* references decoded, no markup */
    TEXT_HTML,  /* markup, escaped */
    TEXT_XHTML, /* markup, as it stands */
    TEXT_BASE64,
};

struct construct {
    struct str raw; /* p == NULL: none */
    enum text_kind kind;
    struct str lang;                           /* its own; empty: inherited */
    enum { RAW_ENCODED, RAW_VERBATIM } raw_is; /* verbatim: the inside of one CDATA section */
};

enum text_slot {
    SLOT_TITLE,
    SLOT_TITLE_ALT,
    SLOT_CONTENT,
    SLOT_BODY,
    SLOT_SUMMARY,
    SLOT_SUMMARY_ALT,
    SLOT_SUBTITLE,
    SLOT_COUNT
};

enum author_slot { BY_AUTHOR, BY_CREATOR, BY_EDITOR, BY_ALT, BY_OWNER, BY_COUNT };

/* One feed, item or source under way. */
struct draft {
    struct construct texts[SLOT_COUNT];
    struct str authors[BY_COUNT];
    struct str link;
    int link_rank;
    struct str guid;
    int guid_rank;
    enum { GUID_LINK_UNSAID, GUID_IS_LINK, GUID_NO_LINK } guid_link;
    struct str lang_scope, lang_own, lang_dc;
    struct str reply_to, source_title;
    int64_t published_ms, updated_ms;
    int published_rank, updated_rank;
    unsigned n_comments;
    bool no_zone;
};

struct reader {
    struct xml x;
    struct str doc;
    struct arena *arena;
    struct feed *feed;
    struct str own_url; /* where the document came from */
    bool rooted;        /* the root of a feed was seen */
    bool is_html;       /* the root of a page was */

    struct scope scopes[DEPTH_MAX];
    unsigned depth;    /* open elements */
    unsigned too_deep; /* open elements past DEPTH_MAX */
    struct binding bindings[BINDINGS_MAX];
    size_t n_bindings;
    unsigned era; /* counts changes of the bindings, from 1 */
    struct known_name names[NAME_SLOTS];

    struct draft feed_draft, item_draft, source_draft;
    struct str person; /* name or address inside the open person */
    int person_rank;
    int64_t period_s, frequency;
    size_t reread_budget; /* bytes that damage may still make be read again */
    VEC(struct feed_item) items;
    struct sbuf decoded, text; /* reused */
};

/* --- scope --- */

/* The scope that the current start tag opens, not pushed yet: namespaces bound,
 * xml:base and xml:lang applied. */
struct scope scope_of_tag(struct reader *r, enum vocab_ns *ret_ns);
/* Forgets the namespaces bound past the first `n`. */
void scope_unbind(struct reader *r, size_t n);
/* The innermost open element, or the document itself. */
struct scope *scope_top(struct reader *r);
/* The value of an attribute of the current start tag, decoded into the arena;
 * names are compared without prefix and case. Empty when absent. */
struct str tag_attr(struct reader *r, struct str name);
/* A language tag in the arena, written with hyphens. */
struct str lang_value(struct reader *r, struct str written);

/* --- construct --- */

/* Reads on to the end of the element that the current start tag opens. */
struct construct construct_capture(struct reader *r, const struct scope *s);
/* The construct's type and mode attributes, as Atom defines them. */
enum text_kind construct_kind(struct reader *r);
/* As plain text in the arena; empty for none. */
struct str construct_text(struct reader *r, const struct construct *c);
/* Short values: decoded, white space collapsed, markup kept as it is written. */
struct str construct_value(struct reader *r, const struct construct *c);

/* --- draft --- */

void draft_init(struct draft *d, const struct scope *s);
void draft_text(struct draft *d, enum text_slot slot, struct construct c);
void draft_author(struct draft *d, enum author_slot slot, struct str name);
void draft_link(struct draft *d, struct str url, int rank);
/* The same, of a reference: made absolute only if it is taken. */
void draft_refer(struct draft *d, struct str base, struct str ref, int rank, struct arena *arena);
void draft_guid(struct draft *d, struct str guid, int rank);
void draft_published(struct draft *d, struct str text, int rank);
void draft_updated(struct draft *d, struct str text, int rank);
struct str draft_pick_author(const struct draft *d);
/* The first slot of [from, to] that gives text. */
struct str draft_pick_text(struct reader *r, const struct draft *d, enum text_slot from,
                           enum text_slot to, enum text_slot *ret_slot);
/* Was nothing said in it that an item is made of? */
bool draft_empty(const struct draft *d);
struct feed_item draft_item(struct reader *r);
void draft_feed(struct reader *r);

/* --- field --- */

/* The draft whose fields the innermost open element holds. */
struct draft *draft_here(struct reader *r);
/* Reads the element that the current start tag opens as a field of the draft
 * here; false, with nothing read past its tag, when it is none. */
bool field_read(struct reader *r, const struct scope *s, enum vocab_ns ns);
/* A name, address or URL inside a person. */
void field_person(struct reader *r, const struct scope *s);
/* One of the skipped hours or days. */
void field_skip(struct reader *r, const struct scope *s);
