#include "daemon/config/setting.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/arena.h"
#include "lib/base/diag.h"
#include "lib/data/yaml.h"

struct unit {
    const char *names; /* the first is the one written */
    int64_t factor;
};

static const struct unit durations[] = {
    {"ms millisecond milliseconds", 1},    {"s sec second seconds", 1000},
    {"min minute minutes", 60 * 1000},     {"h hour hours", 60 * 60 * 1000},
    {"days day d", 24ll * 60 * 60 * 1000}, {"weeks week w", 7ll * 24 * 60 * 60 * 1000},
};

static const struct unit sizes[] = {
    {"B byte bytes", 1},
    {"KiB", 1 << 10},
    {"MiB", 1 << 20},
    {"GiB", 1 << 30},
};

/* Index of `word` among words separated by a space, or -1. */
static int word_index(const char *words, struct str word)
{
    struct str rest = str_of(words), piece;

    for (int i = 0; str_split(&rest, ' ', &piece); i++)
        if (str_eq(piece, word))
            return i;
    return -1;
}

static struct str nth_word(const char *words, int index)
{
    struct str rest = str_of(words), piece = STR_NONE;

    for (int i = 0; i <= index; i++)
        if (!str_split(&rest, ' ', &piece))
            return STR_NONE;
    return piece;
}

static bool parse_united(struct str text, const struct unit *units, size_t n, int64_t *ret)
{
    size_t digits = 0;
    int64_t amount;

    while (digits < text.n && text.p[digits] >= '0' && text.p[digits] <= '9')
        digits++;
    if (!str_to_i64(str_slice(text, 0, digits), &amount))
        return false;
    struct str name = str_trim(str_slice(text, digits, text.n));

    for (size_t i = 0; i < n; i++) {
        if (name.n == 0 || word_index(units[i].names, name) < 0)
            continue;
        if (amount > INT64_MAX / units[i].factor)
            return false;
        *ret = amount * units[i].factor;
        return true;
    }
    return false;
}

bool setting_parse_duration(struct str text, int64_t *ret_ms)
{
    return parse_united(text, durations, ARRAY_LEN(durations), ret_ms);
}

bool setting_parse_size(struct str text, int64_t *ret_bytes)
{
    return parse_united(text, sizes, ARRAY_LEN(sizes), ret_bytes);
}

static void write_united(int64_t value, const struct unit *units, size_t n, struct sbuf *out)
{
    size_t best = 0;

    for (size_t i = 1; i < n; i++)
        if (value >= units[i].factor && value % units[i].factor == 0)
            best = i;
    struct str name = nth_word(units[best].names, 0);

    sbuf_printf(out, "%lld %.*s", (long long)(value / units[best].factor), STR_ARG(name));
}

void setting_write_duration(int64_t ms, struct sbuf *out)
{
    /* Up to days: "14 days" reads better than "2 weeks" beside "8 days". */
    write_united(ms, durations, ARRAY_LEN(durations) - 1, out);
}

static void write_number(const struct setting *s, int64_t value, struct sbuf *out)
{
    if (s->type == SETTING_DURATION)
        setting_write_duration(value, out);
    else if (s->type == SETTING_SIZE)
        write_united(value, sizes, ARRAY_LEN(sizes), out);
    else
        sbuf_printf(out, "%lld", (long long)value);
}

static struct pos place(const struct yaml *value)
{
    struct pos at = value->at;

    at.width = (unsigned)MIN(value->s.n, (size_t)60);
    return at;
}

static void say_form(const struct setting *s, const struct yaml *value, struct diags *diags)
{
    int64_t bare;
    const char *what = s->type == SETTING_DURATION ? "a duration"
                       : s->type == SETTING_SIZE   ? "a size"
                                                   : "a whole number";

    diag(diags, DIAG_ERROR, place(value), "'%.*s' is not %s", STR_ARG(value->s), what);
    if (s->type == SETTING_COUNT)
        diag_hint(diags, "for example %s", s->initial ? s->initial : "10");
    else if (str_to_i64(value->s, &bare))
        diag_hint(diags, "it needs a unit, for example %s", s->initial ? s->initial : "15 min");
    else if (s->type == SETTING_DURATION)
        diag_hint(diags, "write a whole number and ms, s, min, h or days: 15 min");
    else
        diag_hint(diags, "write a whole number and B, KiB, MiB or GiB: 8 MiB");
}

static void read_number(const struct setting *s, const struct yaml *value, struct diags *diags,
                        int64_t *slot)
{
    int64_t number;
    bool good = s->type == SETTING_DURATION ? setting_parse_duration(value->s, &number)
                : s->type == SETTING_SIZE   ? setting_parse_size(value->s, &number)
                                            : str_to_i64(value->s, &number);

    if (!good) {
        say_form(s, value, diags);
        return;
    }
    if (number >= s->least && number <= s->most) {
        *slot = number;
        return;
    }
    struct sbuf bounds = SBUF_INIT(200);

    write_number(s, s->least, &bounds);
    sbuf_printf(&bounds, " and ");
    write_number(s, s->most, &bounds);
    diag(diags, DIAG_ERROR, place(value), "%s must lie between %s", s->key, sbuf_cstr(&bounds));
    sbuf_done(&bounds);
}

static void read_choice(const struct setting *s, const struct yaml *value, struct diags *diags,
                        int *slot)
{
    struct str words[16], rest = str_of(s->words);
    int index = word_index(s->words, value->s);
    size_t n = 0;

    if (index >= 0) {
        *slot = index;
        return;
    }
    while (n < ARRAY_LEN(words) && str_split(&rest, ' ', &words[n]))
        n++;
    struct str near = diag_nearest(value->s, words, n);

    diag(diags, DIAG_ERROR, place(value), "%s cannot be '%.*s'", s->key, STR_ARG(value->s));
    if (near.n)
        diag_hint(diags, "did you mean '%.*s'?", STR_ARG(near));
    else
        diag_hint(diags, "one of: %s", s->words);
}

static bool good_url(const struct setting *s, struct str url)
{
    size_t colon = str_find(url, STR("://"), 0);

    if (colon == SIZE_MAX || word_index(s->words, str_slice(url, 0, colon)) < 0)
        return false;
    for (size_t i = 0; i < url.n; i++)
        if ((unsigned char)url.p[i] <= ' ' || url.p[i] == 0x7f)
            return false;
    return colon + 3 < url.n && !strchr("?#:@", url.p[colon + 3]);
}

static struct str resolved(struct str path, const struct setting_scope *scope)
{
    if (path.n == 0 || path.p[0] == '/' || scope->folder.n == 0)
        return arena_str(scope->arena, path);
    return arena_printf(scope->arena, "%.*s/%.*s", STR_ARG(scope->folder), STR_ARG(path));
}

static void read_text(const struct setting *s, const struct yaml *value,
                      const struct setting_scope *scope, struct str *slot)
{
    bool path = s->type == SETTING_PATH ||
                (s->type == SETTING_CREDENTIAL && str_find_char(value->s, '/', 0) != SIZE_MAX);

    if (value->s.n == 0 && !(s->initial && s->initial[0] == '\0')) {
        diag(scope->diags, DIAG_ERROR, place(value), "%s must not be empty", s->key);
    } else if (memchr(value->s.p ? value->s.p : "", '\0', value->s.n)) {
        diag(scope->diags, DIAG_ERROR, place(value), "%s holds a NUL character", s->key);
    } else if (s->type == SETTING_URL && value->s.n && !good_url(s, value->s)) {
        diag(scope->diags, DIAG_ERROR, place(value), "'%.*s' is not a URL that %s can use",
             STR_ARG(value->s), s->key);
        diag_hint(scope->diags, "it begins with one of: %s, then ://", s->words);
    } else {
        *slot = path && value->s.n ? resolved(value->s, scope) : arena_str(scope->arena, value->s);
    }
}

void setting_read(const struct setting *s, const struct yaml *value,
                  const struct setting_scope *scope, void *object)
{
    void *slot = (char *)object + s->offset;

    if (value->type != YAML_SCALAR) {
        diag(scope->diags, DIAG_ERROR, value->at, "%s must be a text, not %s", s->key,
             yaml_type_name(value->type));
        return;
    }
    switch (s->type) {
    case SETTING_COUNT:
    case SETTING_DURATION:
    case SETTING_SIZE:
        read_number(s, value, scope->diags, slot);
        break;
    case SETTING_CHOICE:
        read_choice(s, value, scope->diags, slot);
        break;
    case SETTING_TEXT:
    case SETTING_PATH:
    case SETTING_CREDENTIAL:
    case SETTING_URL:
        read_text(s, value, scope, slot);
        break;
    }
}

void setting_default(const struct setting *s, const struct setting_scope *scope, void *object)
{
    struct yaml value = {.type = YAML_SCALAR, .s = str_of(s->initial)};

    if (s->initial)
        setting_read(s, &value, scope, object);
}

void setting_write(const struct setting *s, const void *object, struct sbuf *out)
{
    const void *slot = (const char *)object + s->offset;

    switch (s->type) {
    case SETTING_COUNT:
    case SETTING_DURATION:
    case SETTING_SIZE:
        write_number(s, *(const int64_t *)slot, out);
        break;
    case SETTING_CHOICE:
        sbuf_add(out, nth_word(s->words, *(const int *)slot));
        break;
    default:
        sbuf_add(out, *(const struct str *)slot);
    }
}

void setting_unknown(const struct yaml *node, const char *where, const struct str *names, size_t n,
                     struct diags *diags)
{
    struct str near = diag_nearest(node->key, names, n);
    struct pos at = node->key_at;

    at.width = (unsigned)MIN(node->key.n, (size_t)60);
    diag(diags, DIAG_ERROR, at, "unknown key '%.*s' in %s", STR_ARG(node->key), where);
    if (near.n)
        diag_hint(diags, "did you mean '%.*s'?", STR_ARG(near));
    else
        diag_hint(diags, "couacd --print-defaults lists the keys");
}

/* O_NONBLOCK: a FIFO must not hang us. */
int setting_read_file(const char *path, struct sbuf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;
    char chunk[16384];
    ssize_t n = 0;
    int r = fd < 0 ? -errno : fstat(fd, &st) < 0 ? -errno : S_ISREG(st.st_mode) ? 0 : -EINVAL;

    while (r == 0 && (n = read(fd, chunk, sizeof(chunk))) > 0)
        sbuf_add(out, str_make(chunk, (size_t)n));
    if (r == 0 && n < 0)
        r = -errno;
    if (fd >= 0)
        close(fd);
    return r == 0 && out->full ? -EFBIG : r;
}
