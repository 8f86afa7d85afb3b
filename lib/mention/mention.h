#pragma once

/* mention - one public word about the company: a post, an article, a review, a mail.
 *
 * The same JSON object everywhere (feeds, webhooks, judge, replay, storage):
 *
 *     {"id","url","title","text","author","published","updated","lang","source","reply_to","reach"}
 *
 * Only `text` is required; times are RFC 3339; unknown members are ignored.
 * All slices are borrowed from the arena or buffer the mention was read into. */

#include "lib/base/clock.h"
#include "lib/base/str.h"

struct arena;
struct json;
struct json_writer;

struct mention {
    struct str id; /* stable within its source; empty until mention_identify */
    struct str url;
    struct str title;     /* plain text */
    struct str text;      /* plain text */
    struct str author;    /* handle or name as the source writes it */
    struct str lang;      /* BCP 47 tag, empty: not said */
    struct str source;    /* id of the configured source, or the feed's title in `items` */
    struct str reply_to;  /* id or URL of the post answered */
    int64_t published_ms; /* CLOCK_NONE: not said */
    int64_t updated_ms;   /* CLOCK_NONE: not said */
    int64_t reach;        /* people who could see it; -1: not said */
};

#define MENTION_INIT                                                                               \
    ((struct mention){.published_ms = CLOCK_NONE, .updated_ms = CLOCK_NONE, .reach = -1})

/* What is judged: title and text, a newline between; the title alone is left
 * out where the text begins with it (feeds of social posts repeat it). */
struct str mention_body(const struct mention *m, struct arena *arena);

/* Gives a mention without id the URL, else a hash of title and text, as id. */
void mention_identify(struct mention *m, struct arena *arena);

enum mention_error {
    MENTION_OK = 0,
    MENTION_E_NOT_OBJECT = 1, /* JSON, but no object */
    MENTION_E_NO_TEXT,        /* neither text nor title is a non-empty string */
    MENTION_E_BAD_TIME,       /* published or updated is not RFC 3339 */
    MENTION_E_BAD_TYPE,       /* a member that must be text is not (numbers as id are fine) */
};
/* A sentence for people, e.g. "published or updated is no time like ...". */
const char *mention_error_text(enum mention_error e);

/* From a parsed object; slices point into it. */
enum mention_error mention_from_json(const struct json *object, struct mention *ret) MUST_CHECK;
/* The members that are known, as one object (the caller is at a value's place). */
void mention_write(const struct mention *m, struct json_writer *w);
