#pragma once

/* connector - a network described by a data file: what to ask, what the answer means.
 *
 * Pure: settings, cursor and `now` come in, a request goes out; the answer's bytes come
 * in, mentions and the next cursor go out. The head of connector-form.h shows the file.
 *
 * A *walk* is the pages of one poll. Newest first, it begins at the newest post and ends
 * where the former walk began (the `mark`); the mark moves only when the walk has come
 * to its end, so what a walk leaves unread when it is cut off (pages a poll, restart,
 * errors) is read when it goes on. Oldest first, each page moves the mark. In both cases
 * a post may come twice, never not at all; ids make that harmless. */

#include "lib/mention/mention.h"

struct arena;
struct connector;
struct diags;

enum {
    CONNECTOR_ITEMS_MAX = 10000, /* posts of one page */
    CONNECTOR_HEADERS_MAX = 8,
    CONNECTOR_WITH_MAX = 16,
    CONNECTOR_TOKEN_MAX = 4096, /* bytes of a mark or a page's token */
    CONNECTOR_WALK_MAX = 1000,  /* pages; a walk that long is given up */
};

/* Reads a connector file; NULL when anything is wrong, all of it in `diags`. All lives in
 * `arena`; `text` must live as long as `diags`. */
struct connector *connector_load(struct str file, struct str text, struct arena *arena,
                                 struct diags *diags);
/* One line about the network. */
struct str connector_about(const struct connector *c);

/* --- what the user sets ------------------------------------------------------ */

/* A variable of the file's `with`. */
struct connector_variable {
    struct str name, about, initial;
    enum { CONNECTOR_REQUIRED, CONNECTOR_OPTIONAL } need;
};
size_t connector_variables(const struct connector *c, const struct connector_variable **ret);

enum connector_credential {
    CONNECTOR_CREDENTIAL_UNUSED, /* no template names it */
    CONNECTOR_CREDENTIAL_OPTIONAL,
    CONNECTOR_CREDENTIAL_REQUIRED,
};
enum connector_credential connector_credential(const struct connector *c);

/* Whether the file says what to ask; a file may also only say how pushed bodies are read. */
bool connector_asks(const struct connector *c);
/* Whether it says which Server-Sent Events to listen to. */
bool connector_streams(const struct connector *c);

struct connector_pair {
    struct str name, value;
};

struct connector_settings {
    const struct connector_pair *with;
    size_t n_with;
    struct str credential; /* the secret; may be empty */
};

/* What the network's token endpoint wants. CONNECTOR_OK, or the file has no `oauth`
 * (CONNECTOR_E_CREDENTIAL): the credential is the secret itself. */
struct oauth_terms;
enum connector_error connector_terms(const struct connector *c,
                                     const struct connector_settings *settings, struct arena *arena,
                                     struct oauth_terms *ret) MUST_CHECK;

/* --- asking ------------------------------------------------------------------ */

/* What a source remembers of its walk; all empty at first. No line ends inside. */
struct connector_cursor {
    struct str mark; /* everything up to here was read: an id, ms since 1970, or a token */
    struct str top;  /* the mark when the walk under way is done */
    struct str next; /* the walk goes on here: a token, a number, a URL; empty: no walk */
    int64_t pages;   /* of the walk under way */
};

struct connector_request {
    struct str url;
    struct connector_pair headers[CONNECTOR_HEADERS_MAX]; /* Accept is among them */
    size_t n_headers;
};

enum connector_error {
    CONNECTOR_OK = 0,
    CONNECTOR_E_WITH = 1,   /* a variable without value, or an unknown one */
    CONNECTOR_E_CREDENTIAL, /* needed and empty, or with control characters */
    CONNECTOR_E_URL,        /* what came out is no http URL, or too long */
    CONNECTOR_E_JSON,       /* the answer is no JSON */
    CONNECTOR_E_SHAPE,      /* JSON, but nothing of what the file names is in it */
    CONNECTOR_E_FOREIGN,    /* the next page is on another host */
};
/* A sentence without full stop. */
const char *connector_error_text(enum connector_error e);

/* All of *ret lives in `arena`. Nothing secret is in the URL unless the file puts it there. */
enum connector_error connector_request(const struct connector *c,
                                       const struct connector_settings *settings,
                                       const struct connector_cursor *cursor, int64_t now_ms,
                                       struct arena *arena,
                                       struct connector_request *ret) MUST_CHECK;
/* The request that opens the stream. */
enum connector_error connector_stream(const struct connector *c,
                                      const struct connector_settings *settings,
                                      struct arena *arena,
                                      struct connector_request *ret) MUST_CHECK;

/* --- reading ----------------------------------------------------------------- */

/* Headers of the answer that must be kept: Link and the rate limit's. */
enum connector_header {
    CONNECTOR_H_LINK,
    CONNECTOR_H_REMAINING,
    CONNECTOR_H_RESET,
    CONNECTOR_H_COUNT
};
/* Their names; empty where this network has none. */
struct str connector_header_name(const struct connector *c, enum connector_header which);

struct connector_answer {
    struct str body;
    struct str url; /* of the request, after redirects */
    struct str headers[CONNECTOR_H_COUNT];
    int status;     /* HTTP; 200 for bodies from elsewhere */
    int64_t now_ms; /* the calendar's */
};

struct connector_page {
    struct mention *mentions; /* in the order they were written; with ids, without source */
    size_t n;
    size_t n_found;   /* in the document, where `items` leads */
    size_t n_items;   /* of them: those that `where` lets pass */
    size_t n_no_text; /* of them: without a word in them (a rating, a picture) */
    struct str *gone; /* ids of posts that, as the network says here, were deleted */
    size_t n_gone;
    struct str newest;              /* the mark of the newest post here; empty: none has one */
    struct connector_cursor cursor; /* once this page's mentions are kept */
    enum { CONNECTOR_DONE, CONNECTOR_MORE } walk;
};

/* Reads a body of status 200; *ret is set on CONNECTOR_OK only, inside `arena`. */
enum connector_error connector_read(const struct connector *c,
                                    const struct connector_answer *answer,
                                    const struct connector_cursor *cursor, struct arena *arena,
                                    struct connector_page *ret) MUST_CHECK;

/* Reads an event of a stream: answer->body is its data. Nothing is in the page when its `type`
 * is none of the file's; its cursor stays empty. */
enum connector_error connector_read_event(const struct connector *c,
                                          const struct connector_answer *answer, struct str type,
                                          struct arena *arena,
                                          struct connector_page *ret) MUST_CHECK;
/* Which of two marks of this network is the later; an empty one is the earliest. */
struct str connector_later(const struct connector *c, struct str a, struct str b);

/* How long the network wants to be left alone, by header or body, whatever the status; 0:
 * it does not say. Retry-After is HTTP's and not looked at. */
int64_t connector_hold_ms(const struct connector *c, const struct connector_answer *answer,
                          struct arena *arena);
/* Whether an answer of another status than 200 means "too often". */
bool connector_busy(const struct connector *c, const struct connector_answer *answer,
                    struct arena *arena);
