#pragma once

/* json - documents as trees in an arena, and a writer over sbuf (RFC 8259).
 *
 * The parser is yajl behind this one file. Depth is limited (64), numbers keep
 * their text (64-bit ids survive), strings are decoded UTF-8, duplicate members
 * keep all, json_get finds the last. */

#include "lib/base/str.h"

struct arena;

enum json_type {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};
enum { JSON_DEPTH_MAX = 64 };

struct json {
    enum json_type type;
    struct str key;            /* inside an object */
    struct str s;              /* a string's value, a number's text */
    struct json *first, *next; /* children; siblings */
    size_t n;                  /* children */
};

struct json_error {
    size_t offset;     /* bytes into the text */
    char message[160]; /* one line, for people */
};

enum json_result {
    JSON_OK = 0,
    JSON_E_SYNTAX = 1, /* not JSON; *error says where */
    JSON_E_DEPTH,      /* nested past JSON_DEPTH_MAX */
    JSON_E_LIMIT,      /* the arena's limit */
};

/* The whole text must be one value. Nodes and strings live in `arena`. */
enum json_result json_parse(struct str text, struct arena *arena, struct json **ret,
                            struct json_error *error) MUST_CHECK;

/* The member, or NULL (also when `object` is NULL or no object). */
struct json *json_get(const struct json *object, struct str key);
/* The member's string value; empty when absent or of another type. */
struct str json_get_str(const struct json *object, struct str key);
/* The number as an integer; false when it is none or does not fit. */
bool json_to_i64(const struct json *number, int64_t *ret) MUST_CHECK;
bool json_to_double(const struct json *number, double *ret) MUST_CHECK;

/* Writes one value after another with the commas in place. Text that is not
 * UTF-8 is repaired with U+FFFD, so the output is always valid; all is one
 * line. Nesting past JSON_DEPTH_MAX asserts (our bug). */
struct json_writer {
    struct sbuf *out;
    unsigned depth;
    bool after_key;
    bool has_items[JSON_DEPTH_MAX];
};

void json_writer_init(struct json_writer *w, struct sbuf *out);
void json_open_object(struct json_writer *w);
void json_close_object(struct json_writer *w);
void json_open_array(struct json_writer *w);
void json_close_array(struct json_writer *w);
void json_key(struct json_writer *w, struct str key);
void json_str(struct json_writer *w, struct str s);
void json_i64(struct json_writer *w, int64_t n);
void json_double(struct json_writer *w,
                 double n); /* not finite: null; shortest text that reads back */
void json_bool(struct json_writer *w, bool b);
void json_null(struct json_writer *w);
void json_raw(struct json_writer *w, struct str json); /* already JSON */
void json_tree(struct json_writer *w, const struct json *value);
/* key and value; the str one is left out when empty. */
void json_member_str(struct json_writer *w, struct str key, struct str value);
void json_member_i64(struct json_writer *w, struct str key, int64_t value);
