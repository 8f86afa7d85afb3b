#pragma once

/* setting - what one line of couac.yaml may say: type, unit, bounds, words.
 *
 * Durations are written "15 min", "1 s", "500 ms", "2 h", "7 days"; sizes
 * "8 MiB", "64 KiB", "512 B". Both need their unit, so that nobody has to guess
 * whether 15 means seconds. */

#include "lib/base/str.h"

struct arena;
struct diags;
struct yaml;

enum setting_type {
    SETTING_TEXT,       /* struct str */
    SETTING_PATH,       /* struct str; relative ones start at the folder of couac.yaml */
    SETTING_CREDENTIAL, /* struct str; a path, or a bare name in $CREDENTIALS_DIRECTORY */
    SETTING_URL,        /* struct str, one of `schemes` */
    SETTING_COUNT,      /* int64_t */
    SETTING_DURATION,   /* int64_t, milliseconds */
    SETTING_SIZE,       /* int64_t, bytes */
    SETTING_CHOICE,     /* int, index of the word */
};

struct setting {
    const char *key; /* "interval", "poll.interval" */
    enum setting_type type;
    size_t offset;       /* of the value in its struct */
    const char *initial; /* the default, as people write it; NULL: must be given */
    int64_t least, most; /* of numbers, in the base unit */
    const char *words;   /* of choices and of URL schemes, separated by a space */
    const char *doc;     /* one sentence or two, for people */
};

/* Where relative paths start, and where what was read lives. */
struct setting_scope {
    struct str folder;
    struct arena *arena;
    struct diags *diags;
};

/* Reads a scalar into `object`. A mistake becomes a diagnostic with its place and a
 * way out, and leaves the object as it was. */
void setting_read(const struct setting *s, const struct yaml *value,
                  const struct setting_scope *scope, void *object);
/* Puts the default; a setting without one is left zero. */
void setting_default(const struct setting *s, const struct setting_scope *scope, void *object);
/* The value back in the form people write, for messages and --print-defaults. */
void setting_write(const struct setting *s, const void *object, struct sbuf *out);

/* True and the value in ms or bytes; for tests too. */
bool setting_parse_duration(struct str text, int64_t *ret_ms) MUST_CHECK;
bool setting_parse_size(struct str text, int64_t *ret_bytes) MUST_CHECK;
void setting_write_duration(int64_t ms, struct sbuf *out);

/* A key that nobody knows, with the nearest of `names` as a way out. */
void setting_unknown(const struct yaml *node, const char *where, const struct str *names, size_t n,
                     struct diags *diags);

/* A whole regular file. Return 0, -EFBIG past the buffer's maximum, -EINVAL when it is no
 * regular file, or what open and read said. */
int setting_read_file(const char *path, struct sbuf *out) MUST_CHECK;
