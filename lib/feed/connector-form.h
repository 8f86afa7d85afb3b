#pragma once

/* connector-form - a connector file, read.
 *
 *     connector: 1
 *     about: Mastodon, posts with a hashtag
 *     docs: https://...                       where the network describes this
 *     with:                                   what a source must say, and may
 *       instance: {about: "...", default: https://mastodon.social}
 *       tag: the hashtag, without its sign      (a text alone: required)
 *     request:                                left out for bodies that are only pushed
 *       url: "{instance}/api/v1/timelines/tag/{tag}"
 *       query: {limit: 40, min_id: "{since}"}
 *       headers: {Authorization: "Bearer {credential}"}
 *     cursor:
 *       order: oldest first                   (newest first is the rule)
 *       next: {token: /data/after}            or link: next, url: SELECTOR,
 *                                             count: 1 (step: 40), oldest: /id
 *       since: {id: /id}                      or time: SELECTOR, stored: SELECTOR
 *       full: 40                              fewer posts on a page: it was the last one
 *     limits: {remaining: HEADER, reset: HEADER, backoff: SELECTOR, busy: [CONDITION]}
 *     oauth: {token: URL, grant: [refresh_token], client: basic, scope: "..."}
 *                                             the credential is exchanged for access tokens
 *     stream:                                 Server-Sent Events, beside request or instead of it
 *       url: "{streaming}/api/v1/streaming/hashtag"      query and headers as in request
 *       events: [update]                      types that hold posts; left out: all
 *     gone: {event: delete, where: [{ptr: /verb, eq: remove}], id: /id}
 *                                             what says that a post was deleted
 *     items: SELECTOR
 *     where: [{ptr: /kind, in: [t1]}]         eq, in, exists
 *     fields: {id: /id, text: {ptr: /content, as: html}, url: {template: "..."}}
 *
 * In `request`, {name} is a variable, {credential} the secret, {page} the token or number
 * of the next page, {since} where the former walk ended, {start} where the very first one
 * begins; {name:base64} encodes. A member of query or headers, one of whose variables is
 * empty, is left out. Values are percent-encoded except at the URL's beginning.
 *
 * A stream's event is read as a page of one item. After each connection what was missed
 * meanwhile is asked for with `request`, if there is one, as far back as `since`.
 *
 * The five ways of paging: `next.link` follows the Link header (RFC 8288); `next.token`
 * puts a token of the body into {page}; `since.id` keeps the newest id, `since.time` the
 * newest time (less an overlap, for late indexing), `since.stored` a continuation that the
 * network hands out. `next.url`, `next.count` and `next.oldest` (the last
 * post of the page) are the plain cases beside them. */

#include "lib/feed/connector.h"
#include "lib/feed/selector.h"

enum {
    FORM_PARTS_MAX = 24,
    FORM_MEMBERS_MAX = 24,
    FORM_CONDITIONS_MAX = 8,
    FORM_WORDS_MAX = 16,
};

enum form_variable {
    FORM_WITH, /* `index` says which */
    FORM_CREDENTIAL,
    FORM_PAGE,
    FORM_SINCE,
    FORM_START,
};

/* A piece of a request's template. */
struct form_part {
    enum { PART_LITERAL, PART_VARIABLE } kind;
    enum { FILTER_NONE, FILTER_BASE64 } filter;
    struct str literal;
    enum form_variable variable;
    size_t index;
};

struct form_text {
    struct form_part *parts;
    size_t n;
};

struct form_member {
    struct str name;
    struct form_text value;
};

struct form_members {
    struct form_member *items;
    size_t n;
};

struct form_words {
    struct str *items;
    size_t n;
};

struct form_condition {
    struct selector where;
    enum { CONDITION_IN, CONDITION_EXISTS, CONDITION_ABSENT } kind;
    struct form_words words;
};

struct form_conditions {
    struct form_condition *items;
    size_t n;
};

enum form_as {
    AS_TEXT, /* as it is, trimmed */
    AS_HTML,
    AS_ENTITIES,
    AS_LOWER,
    AS_INT,
    AS_TIME, /* ISO 8601, or a number of s, ms or us told by its size */
    AS_EPOCH_S,
    AS_EPOCH_MS,
    AS_EPOCH_US,
};

/* A piece of a field: a fixed text, or what a selector finds. */
struct form_piece {
    struct str literal; /* when the selector is empty */
    struct selector selector;
};

struct form_join {
    struct selector list, key, on; /* list.n == 0: none */
};

struct form_field {
    struct form_piece *pieces;
    size_t n; /* 0: the file does not name the field */
    enum form_as as;
    struct form_join join;
    enum { FIELD_SELECTOR, FIELD_TEMPLATE } kind;
};

enum form_field_name {
    FIELD_ID,
    FIELD_URL,
    FIELD_TITLE,
    FIELD_TEXT,
    FIELD_AUTHOR,
    FIELD_LANG,
    FIELD_REPLY_TO,
    FIELD_PUBLISHED,
    FIELD_UPDATED,
    FIELD_REACH,
    FIELD_GONE, /* the id of a post that was deleted */
    FIELD_COUNT
};

enum form_order { NEWEST_FIRST, OLDEST_FIRST };
enum form_next { NEXT_NONE, NEXT_LINK, NEXT_TOKEN, NEXT_URL, NEXT_COUNT, NEXT_OLDEST };
enum form_since { SINCE_NONE, SINCE_ID, SINCE_TIME, SINCE_STORED };
enum form_clock { AS_SECONDS, AS_MILLISECONDS, AS_ISO };

struct form_cursor {
    enum form_order order;
    enum form_next next;
    struct str link;                /* NEXT_LINK: the relation */
    struct selector token;          /* NEXT_TOKEN, NEXT_URL; NEXT_OLDEST: of an item */
    int64_t count_from, step, last; /* NEXT_COUNT: first page, to the next, last; 0: none */
    struct selector more; /* not "", "false" or "0": there is a next page; n 0: not said */
    struct selector end;  /* "true": there is none */
    enum form_since since;
    struct selector mark;  /* of an item; SINCE_STORED: of the document */
    enum form_clock clock; /* how {since} and {start} are written */
    int64_t overlap_ms, first_ms;
    int64_t full; /* 0: not said */
};

struct form_request {
    struct form_text url; /* n 0: none */
    struct form_members query, headers;
};

struct form_oauth {
    struct form_text token; /* n 0: none */
    struct str scope;
    int client;      /* as in struct oauth_terms */
    unsigned grants; /* idem */
};

struct form_gone {
    struct str event;             /* empty: none */
    struct form_conditions where; /* n 0: none */
};

struct form_limits {
    struct str remaining, reset;
    struct selector backoff;
    struct form_conditions busy;
};

struct connector {
    struct str file, about, docs;
    struct connector_variable with[CONNECTOR_WITH_MAX];
    size_t n_with;
    struct form_request request, stream;
    struct form_words events; /* of the stream; n 0: all */
    struct form_gone gone;
    struct form_oauth oauth;
    enum connector_credential credential;
    struct form_cursor cursor;
    struct form_limits limits;
    struct selector items;
    struct form_conditions where;
    struct form_field fields[FIELD_COUNT];
};
