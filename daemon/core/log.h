#pragma once

/* log - an event name and typed fields, for machines first and people second.
 *
 *     log_warn("poll.failed", LOG_STR("source", id), LOG_INT("status", code),
 *              LOG_MS("retry_in", delay_ms));
 *
 * Under systemd the fields reach the journal as fields of their own
 * (COUAC_EVENT=poll.failed, COUAC_SOURCE=...); elsewhere a line of logfmt goes to
 * stderr. Control characters, bidi marks and bytes that are no UTF-8 are written
 * as escapes, long values are cut. Secrets and whole texts are never logged;
 * LOG_URL hides what URLs carry of them.
 *
 * Lines that repeat (same event, same first text field) pass five times a
 * minute; the others are counted, and the count is told.
 *
 * The logger is the one thing of the process that everybody may speak to, so
 * it is a singleton. One thread. */

#include "lib/base/str.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };
enum log_format {
    LOG_FORMAT_AUTO,    /* the journal if stderr leads there, else logfmt */
    LOG_FORMAT_JOURNAL, /* journald's native protocol */
    LOG_FORMAT_LOGFMT,
};

struct log_field {
    const char *key; /* lower case, digits, underscore */
    enum { LOG_IS_STR, LOG_IS_URL, LOG_IS_INT, LOG_IS_REAL, LOG_IS_ERRNO } type;
    const char *unit; /* appended to the key: "_ms"; never NULL */
    union {
        struct str s;
        int64_t i;
        double real;
    };
};

static inline struct log_field log_field_str(const char *key, struct str value)
{
    return (struct log_field){.key = key, .type = LOG_IS_STR, .unit = "", .s = value};
}

static inline struct log_field log_field_cstr(const char *key, const char *value)
{
    return log_field_str(key, str_of(value));
}

static inline struct log_field log_field_int(const char *key, int64_t value, const char *unit)
{
    return (struct log_field){.key = key, .type = LOG_IS_INT, .unit = unit, .i = value};
}

static inline struct log_field log_field_real(const char *key, double value)
{
    return (struct log_field){.key = key, .type = LOG_IS_REAL, .unit = "", .real = value};
}

static inline struct log_field log_field_errno(int64_t value)
{
    return (struct log_field){.key = "error", .type = LOG_IS_ERRNO, .unit = "", .i = value};
}

static inline struct log_field log_field_url(const char *key, struct str value)
{
    return (struct log_field){.key = key, .type = LOG_IS_URL, .unit = "", .s = value};
}

/* A struct str or a C string. */
#define LOG_STR(name, value)                                                                       \
    _Generic((value),                                                                              \
        struct str: log_field_str,                                                                 \
        char *: log_field_cstr,                                                                    \
        const char *: log_field_cstr)(name, value)
#define LOG_INT(name, value) log_field_int(name, (int64_t)(value), "")
#define LOG_MS(name, value) log_field_int(name, (int64_t)(value), "_ms")
#define LOG_BYTES(name, value) log_field_int(name, (int64_t)(value), "_bytes")
#define LOG_REAL(name, value) log_field_real(name, value)
/* A negative or positive errno, as its sentence. */
#define LOG_ERRNO(value) log_field_errno(value)
/* A struct str; without user, password, and what stands behind '?' and '#'. */
#define LOG_URL(name, value) log_field_url(name, value)

/* Before the first line; without it, info and above go out as with AUTO. */
void log_setup(enum log_level level, enum log_format format);
enum log_level log_level(void);

/* Tells the counts of repeats held back whose minute is over; `app` calls it
 * now and then, and at the end. */
enum log_flush { LOG_FLUSH_DUE, LOG_FLUSH_ALL };
void log_flush_repeats(enum log_flush which);

void log_write(enum log_level level, const char *event, const struct log_field *fields, size_t n);

#define log_at(level, event, ...)                                                                  \
    do {                                                                                           \
        if ((level) >= log_level()) {                                                              \
            const struct log_field log_fields_[] = {{.key = NULL}, ##__VA_ARGS__};                 \
            log_write(level, event, log_fields_ + 1, ARRAY_LEN(log_fields_) - 1);                  \
        }                                                                                          \
    } while (0)

#define log_debug(event, ...) log_at(LOG_LEVEL_DEBUG, event, ##__VA_ARGS__)
#define log_info(event, ...) log_at(LOG_LEVEL_INFO, event, ##__VA_ARGS__)
#define log_warn(event, ...) log_at(LOG_LEVEL_WARN, event, ##__VA_ARGS__)
#define log_error(event, ...) log_at(LOG_LEVEL_ERROR, event, ##__VA_ARGS__)

/* Exposed for tests: the value of a field as it is shown, without quotes. */
void log_value(const struct log_field *f, struct sbuf *out);
