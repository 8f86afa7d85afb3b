#include "daemon/core/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "daemon/core/build.h"
#include "lib/base/clock.h"
#include "lib/base/hash.h"

#if HAVE_SYSTEMD
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>
#endif

enum {
    VALUE_MAX = 600,
    LINE_MAX_BYTES = 8192,
    FIELDS_MAX = 24,
    REPEAT_SLOTS = 512, /* a line that loses its slot merely passes once more */
    REPEAT_PASS = 5,
    REPEAT_WINDOW_MS = 60 * 1000,
    EVENT_NAME_MAX = 40,
    SUBJECT_MAX = 80,
};

struct repeat {
    uint64_t hash;
    int64_t since_ms;
    unsigned passed, held;
    enum log_level level;
    char event[EVENT_NAME_MAX];
    char subject[SUBJECT_MAX];
};

static struct {
    enum log_level level;
    enum log_format format; /* AUTO: not decided yet */
    bool to_journal;        /* stderr leads to the journal: lines carry "<6>" */
    struct repeat repeats[REPEAT_SLOTS];
} logger = {.level = LOG_LEVEL_INFO};

static const char *const level_names[] = {"debug", "info", "warn", "error"};
static const int priorities[] = {7, 6, 4, 3}; /* syslog's */

/* systemd.exec(5): $JOURNAL_STREAM is "device:inode" of our stdout or stderr. */
static bool stderr_is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    struct stat st;

    if (!stream || sscanf(stream, "%llu:%llu", &device, &inode) != 2)
        return false;
    return fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

void log_setup(enum log_level level, enum log_format format)
{
    logger.level = level;
    logger.to_journal = stderr_is_journal();
    if (format == LOG_FORMAT_AUTO)
        format = logger.to_journal ? LOG_FORMAT_JOURNAL : LOG_FORMAT_LOGFMT;
    logger.format = HAVE_SYSTEMD ? format : LOG_FORMAT_LOGFMT;
}

enum log_level log_level(void)
{
    return logger.level;
}

/* Length of the well-formed UTF-8 sequence at `p` (RFC 3629), 0 if there is none. */
static size_t sequence(const unsigned char *p, size_t n, uint32_t *ret_code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    uint32_t code = length == 1 ? p[0] : p[0] & (0x7fu >> length);

    if (length == 0 || length > n || p[0] > 0xf4)
        return 0;
    for (size_t i = 1; i < length; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (p[i] & 0x3fu);
    }
    if (code < least[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return 0;
    *ret_code = code;
    return length;
}

/* What may move a cursor, reorder a line or begin a new one. */
static bool dangerous(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x2069) || c == 0xfeff;
}

static void add_safe(struct sbuf *out, struct str s)
{
    const unsigned char *p = (const unsigned char *)s.p;
    size_t shown = MIN(s.n, (size_t)VALUE_MAX), i = 0;

    while (i < shown) {
        uint32_t code;
        size_t length = sequence(p + i, s.n - i, &code);

        if (length == 0)
            sbuf_printf(out, "\\x%02x", p[i++]);
        else if (dangerous(code))
            sbuf_printf(out, "\\u{%x}", code);
        else
            sbuf_add(out, str_make(s.p + i, length));
        i += length;
    }
    if (i < s.n)
        sbuf_printf(out, "\xe2\x80\xa6(%zu bytes)", s.n);
}

/* "https://user:secret@host/path?token=1" -> "https://host/path?..." */
static void add_url(struct sbuf *out, struct str url)
{
    size_t scheme = str_find(url, STR("://"), 0);
    size_t host = scheme == SIZE_MAX ? 0 : scheme + 3;
    size_t path = MIN(str_find_char(url, '/', host), url.n);
    size_t end = MIN(MIN(str_find_char(url, '?', 0), str_find_char(url, '#', 0)), url.n);
    size_t authority = MIN(path, end);

    for (size_t i = host; i < authority; i++)
        if (url.p[i] == '@')
            host = i + 1;
    if (scheme != SIZE_MAX)
        add_safe(out, str_slice(url, 0, scheme + 3));
    add_safe(out, str_slice(url, host, end));
    if (end < url.n)
        sbuf_printf(out, "%c\xe2\x80\xa6", url.p[end]);
}

void log_value(const struct log_field *f, struct sbuf *out)
{
    switch (f->type) {
    case LOG_IS_STR:
        add_safe(out, f->s);
        break;
    case LOG_IS_URL:
        add_url(out, f->s);
        break;
    case LOG_IS_INT:
        sbuf_printf(out, "%lld", (long long)f->i);
        break;
    case LOG_IS_REAL:
        sbuf_printf(out, "%.6g", f->real);
        break;
    case LOG_IS_ERRNO:
        add_safe(out, str_of(strerror((int)(f->i < 0 ? -f->i : f->i))));
        break;
    }
}

static bool wants_quotes(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == ' ' || s.p[i] == '"' || s.p[i] == '=')
            return true;
    return s.n == 0;
}

static void add_logfmt(struct sbuf *out, const struct log_field *f)
{
    struct sbuf value = SBUF_INIT(LINE_MAX_BYTES);

    log_value(f, &value);
    sbuf_printf(out, " %s%s=", f->key, f->unit);
    if (!wants_quotes(sbuf_str(&value))) {
        sbuf_add(out, sbuf_str(&value));
    } else {
        sbuf_putc(out, '"');
        for (size_t i = 0; i < value.n; i++) {
            if (value.p[i] == '"')
                sbuf_putc(out, '\\');
            sbuf_putc(out, value.p[i]);
        }
        sbuf_putc(out, '"');
    }
    sbuf_done(&value);
}

static int64_t wall_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail with this clock */
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t steady_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail with this clock */
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* One write(2), so that lines of several processes do not mix. A full or closed
 * stderr has nobody to be told. */
static void to_stderr(enum log_level level, const char *event, const struct log_field *fields,
                      size_t n)
{
    struct sbuf line = SBUF_INIT(LINE_MAX_BYTES);
    char at[CLOCK_TEXT_MAX];

    if (logger.to_journal)
        sbuf_printf(&line, "<%d>", priorities[level]);
    else
        sbuf_printf(&line, "ts=%s ", clock_write_ms(wall_ms(), at).p);
    sbuf_printf(&line, "level=%s event=%s", level_names[level], event);
    for (size_t i = 0; i < n; i++)
        add_logfmt(&line, &fields[i]);
    line.max++;
    line.full = false;
    sbuf_putc(&line, '\n');
    if (write(STDERR_FILENO, line.p, line.n) < 0) {
        /* see above */
    }
    sbuf_done(&line);
}

#if HAVE_SYSTEMD
/* The journal takes lower case in no name: COUAC_RETRY_IN_MS. */
static void add_journal_name(struct sbuf *out, const struct log_field *f)
{
    size_t from = out->n + sizeof("COUAC_") - 1;

    sbuf_printf(out, "COUAC_%s%s=", f->key, f->unit);
    for (size_t i = from; i < out->n; i++)
        if (out->p[i] >= 'a' && out->p[i] <= 'z')
            out->p[i] = (char)(out->p[i] - 'a' + 'A');
}

static bool to_journal(enum log_level level, const char *event, const struct log_field *fields,
                       size_t n)
{
    enum { FIXED = 4 };
    struct sbuf texts[FIXED + FIELDS_MAX];
    struct iovec pieces[FIXED + FIELDS_MAX];
    size_t used = FIXED + MIN(n, (size_t)FIELDS_MAX);

    for (size_t i = 0; i < used; i++)
        sbuf_init(&texts[i], LINE_MAX_BYTES);
    sbuf_printf(&texts[0], "PRIORITY=%d", priorities[level]);
    sbuf_printf(&texts[1], "SYSLOG_IDENTIFIER=couacd");
    sbuf_printf(&texts[2], "COUAC_EVENT=%s", event);
    sbuf_printf(&texts[3], "MESSAGE=%s", event);
    for (size_t i = FIXED; i < used; i++) {
        add_logfmt(&texts[3], &fields[i - FIXED]);
        add_journal_name(&texts[i], &fields[i - FIXED]);
        log_value(&fields[i - FIXED], &texts[i]);
    }
    for (size_t i = 0; i < used; i++)
        pieces[i] = (struct iovec){.iov_base = texts[i].p, .iov_len = texts[i].n};
    bool sent = sd_journal_sendv(pieces, (int)used) >= 0;

    for (size_t i = 0; i < used; i++)
        sbuf_done(&texts[i]);
    return sent;
}
#else
static bool to_journal(enum log_level level, const char *event, const struct log_field *fields,
                       size_t n)
{
    (void)level, (void)event, (void)fields, (void)n;
    return false;
}
#endif

static void emit(enum log_level level, const char *event, const struct log_field *fields, size_t n)
{
    if (logger.format == LOG_FORMAT_AUTO)
        log_setup(logger.level, LOG_FORMAT_AUTO);
    if (logger.format == LOG_FORMAT_JOURNAL && to_journal(level, event, fields, n))
        return;
    to_stderr(level, event, fields, n);
}

static struct str subject_of(const struct log_field *fields, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (fields[i].type == LOG_IS_STR)
            return fields[i].s;
    return STR_NONE;
}

static void tell_held(struct repeat *r)
{
    struct log_field fields[] = {
        log_field_cstr("of", r->event),
        log_field_cstr("subject", r->subject),
        log_field_int("times", r->held, ""),
    };

    if (r->held > 0)
        emit(r->level, "log.repeated", fields, ARRAY_LEN(fields));
    r->held = 0;
}

/* True if the line is one too many in its minute. */
static bool held_back(enum log_level level, const char *event, struct str subject)
{
    uint64_t hash = hash_bytes(subject.p, subject.n, hash_bytes(event, strlen(event), 0)) | 1;
    struct repeat *r = &logger.repeats[hash >> 32 & (REPEAT_SLOTS - 1)];
    int64_t now_ms = steady_ms();

    if (r->hash != hash || now_ms - r->since_ms >= REPEAT_WINDOW_MS) {
        tell_held(r);
        *r = (struct repeat){.hash = hash, .since_ms = now_ms, .level = level};
        (void)snprintf(r->event, sizeof(r->event), "%s", event); /* may be cut */
        (void)snprintf(r->subject, sizeof(r->subject), "%.*s", STR_ARG(subject));
    }
    if (r->passed < REPEAT_PASS) {
        r->passed++;
        return false;
    }
    r->held++;
    return true;
}

void log_write(enum log_level level, const char *event, const struct log_field *fields, size_t n)
{
    if (level < logger.level)
        return;
    /* Who asked for debug wants all of it. */
    if (level != LOG_LEVEL_DEBUG && held_back(level, event, subject_of(fields, n)))
        return;
    emit(level, event, fields, n);
}

void log_flush_repeats(enum log_flush which)
{
    int64_t now_ms = steady_ms();

    for (size_t i = 0; i < REPEAT_SLOTS; i++) {
        struct repeat *r = &logger.repeats[i];

        if (r->hash && (which == LOG_FLUSH_ALL || now_ms - r->since_ms >= REPEAT_WINDOW_MS)) {
            tell_held(r);
            *r = (struct repeat){0};
        }
    }
}
