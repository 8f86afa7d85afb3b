#include "daemon/source/memo.h"

#include "lib/base/arena.h"

enum { MEMO_MAX = 32768 }; /* a name of 8 KiB, three tokens of 4 KiB, two URLs of 2 KiB, ... */

struct entry {
    const char *key;
    enum { TEXT, NUMBER } type;
    size_t offset;
};

static const struct entry entries[] = {
    {"configured", TEXT, offsetof(struct memo, configured)},
    {"validated", TEXT, offsetof(struct memo, validated)},
    {"full", NUMBER, offsetof(struct memo, full_ms)},
    {"gap", NUMBER, offsetof(struct memo, gap_ms)},
    {"deaf", NUMBER, offsetof(struct memo, deaf)},
    {"ttl", NUMBER, offsetof(struct memo, ttl_ms)},
    {"skip_hours", NUMBER, offsetof(struct memo, skip_hours)},
    {"skip_days", NUMBER, offsetof(struct memo, skip_days)},
    {"hub", TEXT, offsetof(struct memo, hub)},
    {"topic", TEXT, offsetof(struct memo, topic)},
    {"mark", TEXT, offsetof(struct memo, mark)},
    {"top", TEXT, offsetof(struct memo, top)},
    {"next", TEXT, offsetof(struct memo, next)},
    {"pages", NUMBER, offsetof(struct memo, pages)},
    {"burst", NUMBER, offsetof(struct memo, burst)},
    {"event", TEXT, offsetof(struct memo, event)},
};

static void read_line(struct str line, struct memo *m)
{
    size_t space = str_find_char(line, ' ', 0);
    struct str key = str_slice(line, 0, space), value = str_slice(line, space + 1, line.n);

    if (space == SIZE_MAX)
        return;
    for (size_t i = 0; i < ARRAY_LEN(entries); i++) {
        void *slot = (char *)m + entries[i].offset;

        if (!str_eq(key, str_of(entries[i].key)))
            continue;
        if (entries[i].type == TEXT)
            *(struct str *)slot = value;
        else if (!str_to_i64(value, slot))
            *(int64_t *)slot = 0;
        return;
    }
}

struct memo memo_read(struct str cursor)
{
    struct memo m = {0};
    struct str line;

    while (str_split(&cursor, '\n', &line))
        read_line(line, &m);
    return m;
}

struct str memo_write(const struct memo *m, struct arena *arena)
{
    struct sbuf out = SBUF_INIT(MEMO_MAX);

    for (size_t i = 0; i < ARRAY_LEN(entries); i++) {
        const void *slot = (const char *)m + entries[i].offset;
        struct str text = entries[i].type == TEXT ? *(const struct str *)slot : STR_NONE;
        int64_t number = entries[i].type == NUMBER ? *(const int64_t *)slot : 0;

        if (text.n)
            sbuf_printf(&out, "%s %.*s\n", entries[i].key, STR_ARG(text));
        else if (number)
            sbuf_printf(&out, "%s %lld\n", entries[i].key, (long long)number);
    }
    struct str s = arena_str(arena, sbuf_str(&out));

    sbuf_done(&out);
    return s;
}
