#include "lib/base/diag.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/base/arena.h"
#include "lib/base/map.h"

enum { MESSAGE_MAX = 2000, QUOTE_MAX = 160, NEAREST_MAX = 64 };

struct source {
    struct str text, latest, rest; /* `latest` is line `line`, and `rest` begins behind it */
    unsigned line;
};

void diags_init(struct diags *d)
{
    *d = (struct diags){.arena = arena_new(0), .sources = alloc_zeroed(1, sizeof(struct map))};
}

void diags_done(struct diags *d)
{
    if (d->sources) {
        for (size_t i = 0; i < d->sources->n; i++)
            free(d->sources->entries[i].value);
        map_done(d->sources);
    }
    free(d->sources);
    free(d->items);
    arena_free(d->arena);
    *d = (struct diags){0};
}

void diags_source(struct diags *d, struct str file, struct str text)
{
    struct source *kept = alloc_zeroed(1, sizeof(*kept));

    *kept = (struct source){.text = text, .rest = text};
    free(map_put(d->sources, arena_str(d->arena, file), kept));
}

/* Mistakes come nearly in order, so the search goes on where the last one ended. */
static struct str nth_line(struct source *source, unsigned line)
{
    if (line < source->line)
        *source = (struct source){.text = source->text, .rest = source->text};
    for (; source->line < line; source->line++)
        if (!str_split(&source->rest, '\n', &source->latest))
            return STR_NONE;
    struct str piece = source->latest;

    if (str_ends(piece, STR("\r")))
        piece.n--;
    return piece;
}

PRINTF_LIKE(2, 0)
static struct str format_in(struct arena *arena, const char *format, va_list args)
{
    struct sbuf b = SBUF_INIT(MESSAGE_MAX);

    sbuf_vprintf(&b, format, args);
    struct str s = b.full ? STR("(a message too long to show)") : arena_str(arena, sbuf_str(&b));

    sbuf_done(&b);
    return s;
}

void diag(struct diags *d, enum diag_level level, struct pos at, const char *format, ...)
{
    va_list args;

    if (level == DIAG_ERROR)
        d->n_errors++;
    else
        d->n_warnings++;
    if (d->n == DIAG_MAX) {
        d->n_left_out++;
        return;
    }
    if (d->n == d->cap) {
        d->cap = d->cap ? d->cap * 2 : 16;
        d->items = alloc_resize(d->items, d->cap, sizeof(*d->items));
    }
    struct diag *it = &d->items[d->n++];
    struct source *source = map_get(d->sources, at.file);

    *it = (struct diag){.level = level, .at = at};
    it->at.file = arena_str(d->arena, at.file);
    if (source && at.line)
        it->line = arena_str(d->arena, nth_line(source, at.line));
    va_start(args, format);
    it->message = format_in(d->arena, format, args);
    va_end(args);
}

void diag_hint(struct diags *d, const char *format, ...)
{
    va_list args;

    if (d->n == 0 || d->n_left_out)
        return;
    va_start(args, format);
    d->items[d->n - 1].hint = format_in(d->arena, format, args);
    va_end(args);
}

static int by_place(const void *left, const void *right)
{
    const struct diag *a = left, *b = right;
    int order = str_cmp(a->at.file, b->at.file);

    if (order == 0)
        order = (a->at.line > b->at.line) - (a->at.line < b->at.line);
    if (order == 0)
        order = (a->at.col > b->at.col) - (a->at.col < b->at.col);
    return order;
}

/* Insertion sort: stable, and diagnostics come nearly sorted. */
void diags_sort(struct diags *d)
{
    for (size_t i = 1; i < d->n; i++) {
        struct diag moving = d->items[i];
        size_t j = i;

        for (; j > 0 && by_place(&d->items[j - 1], &moving) > 0; j--)
            d->items[j] = d->items[j - 1];
        d->items[j] = moving;
    }
}

static void add_clean(struct sbuf *out, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];

        if (c == '\t')
            sbuf_putc(out, ' ');
        else
            sbuf_putc(out, c < 0x20 || c == 0x7f ? '?' : (char)c);
    }
}

void diag_write_short(const struct diag *d, struct sbuf *out)
{
    add_clean(out, d->at.file);
    if (d->at.line)
        sbuf_printf(out, ":%u", d->at.line);
    if (d->at.line && d->at.col)
        sbuf_printf(out, ":%u", d->at.col);
    sbuf_printf(out, ": %s: ", d->level == DIAG_ERROR ? "error" : "warning");
    add_clean(out, d->message);
}

static bool continues(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* Byte offset of code point `n` of `s`. */
static size_t offset_of(struct str s, size_t n)
{
    size_t i = 0;

    for (; i < s.n; i++) {
        if (continues(s.p[i]))
            continue;
        if (n-- == 0)
            return i;
    }
    return i;
}

struct palette {
    const char *place, *level, *mark, *end;
};

static void write_quote(const struct diag *d, const struct palette *c, struct sbuf *out)
{
    /* A long line is shown from a little before the place. */
    unsigned skip = d->at.col > 100 ? d->at.col - 60 : 0;
    struct str line = str_slice(d->line, offset_of(d->line, skip), d->line.n);

    line = str_slice(line, 0, offset_of(line, QUOTE_MAX));
    sbuf_printf(out, "%5u | ", d->at.line);
    add_clean(out, line);
    sbuf_printf(out, "\n      | ");
    if (d->at.col) {
        size_t room = QUOTE_MAX - (d->at.col - 1 - skip);

        sbuf_printf(out, "%*s%s^", (int)(d->at.col - 1 - skip), "", c->mark);
        for (size_t i = 1; i < d->at.width && i < room; i++)
            sbuf_putc(out, '~');
        sbuf_printf(out, "%s", c->end);
    }
    sbuf_putc(out, '\n');
}

void diag_write(const struct diag *d, enum diag_style style, struct sbuf *out)
{
    static const struct palette plain = {"", "", "", ""};
    static const struct palette error = {"\033[1m", "\033[1;31m", "\033[1;32m", "\033[0m"};
    static const struct palette warning = {"\033[1m", "\033[1;33m", "\033[1;32m", "\033[0m"};
    const struct palette *c = style == DIAG_PLAIN      ? &plain
                              : d->level == DIAG_ERROR ? &error
                                                       : &warning;

    sbuf_printf(out, "%s", c->place);
    add_clean(out, d->at.file);
    if (d->at.line)
        sbuf_printf(out, ":%u", d->at.line);
    if (d->at.line && d->at.col)
        sbuf_printf(out, ":%u", d->at.col);
    sbuf_printf(out, ":%s %s%s:%s ", c->end, c->level, d->level == DIAG_ERROR ? "error" : "warning",
                c->end);
    add_clean(out, d->message);
    sbuf_putc(out, '\n');
    if (d->line.n)
        write_quote(d, c, out);
    if (d->hint.n) {
        sbuf_printf(out, "      = ");
        add_clean(out, d->hint);
        sbuf_putc(out, '\n');
    }
}

/* Optimal string alignment: insertions, deletions, changes and swaps of
 * neighbours, each 1 (Damerau 1964 without repeated edits). */
static size_t distance(struct str a, struct str b)
{
    size_t rows[3][NEAREST_MAX + 1];
    size_t *before = rows[0], *last = rows[1], *now = rows[2];

    for (size_t j = 0; j <= b.n; j++)
        last[j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        now[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            size_t change = last[j - 1] + (a.p[i - 1] != b.p[j - 1]);

            now[j] = MIN(change, MIN(last[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1])
                now[j] = MIN(now[j], before[j - 2] + 1);
        }
        size_t *oldest = before;

        before = last;
        last = now;
        now = oldest;
    }
    return last[b.n];
}

/* Letters that both have at their ends: decides between equally near words. */
static size_t common_ends(struct str a, struct str b)
{
    size_t most = MIN(a.n, b.n), head = 0, tail = 0;

    while (head < most && a.p[head] == b.p[head])
        head++;
    while (tail < most - head && a.p[a.n - 1 - tail] == b.p[b.n - 1 - tail])
        tail++;
    return head + tail;
}

struct str diag_nearest(struct str word, const struct str *candidates, size_t n)
{
    struct str best = STR_NONE;
    size_t least = SIZE_MAX, best_ends = 0;

    if (word.n == 0 || word.n > NEAREST_MAX)
        return best;
    for (size_t i = 0; i < n; i++) {
        if (candidates[i].n > NEAREST_MAX)
            continue;
        size_t d = distance(word, candidates[i]), ends = common_ends(word, candidates[i]);

        if (d * 3 > MAX(word.n, candidates[i].n) || d > least ||
            (d == least && best.n && ends <= best_ends))
            continue;
        least = d;
        best_ends = ends;
        best = candidates[i];
    }
    return best;
}
