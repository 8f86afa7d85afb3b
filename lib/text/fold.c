#include "lib/text/fold.h"

#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/text/fold-table.h"
#include "lib/base/utf8.h"

/* Posts are mostly ASCII: eight bytes are lowered at once while no high bit
 * shows, and the map needs no entry there, since offsets run in parallel. Other
 * code points cost a look-up in three stages. The map holds one step where a
 * piece changed its length and one where the parallel run goes on; evidence
 * finds its place in it by bisection. Tried and refused: an offset per byte (a
 * store as wide as the text on the hot path, for a use that is rare). */

enum {
    HANGUL_FIRST = 0xac00,
    HANGUL_LAST = 0xd7a3,
    JAMO_L = 0x1100,
    JAMO_V = 0x1161,
    JAMO_T = 0x11a7,
    JAMO_VT = 588, /* vowels times tails */
    JAMO_TAILS = 28,
};

void fold_init(struct fold *f)
{
    *f = (struct fold){0};
}

void fold_done(struct fold *f)
{
    free(f->p);
    free(f->steps);
    *f = (struct fold){0};
}

/* Unicode 15.0, section 3.12: syllables decompose by arithmetic. */
static struct fold_point hangul(uint32_t point, char buffer[FOLD_POINT_MAX])
{
    uint32_t index = point - HANGUL_FIRST;
    size_t n = utf8_encode(JAMO_L + index / JAMO_VT, buffer);

    n += utf8_encode(JAMO_V + index % JAMO_VT / JAMO_TAILS, buffer + n);
    if (index % JAMO_TAILS)
        n += utf8_encode(JAMO_T + index % JAMO_TAILS, buffer + n);
    return (struct fold_point){buffer, (uint8_t)n, FOLD_LETTER};
}

static unsigned entry_number(uint32_t point)
{
    return fold_numbers[fold_pages[point >> 8]][point & 0xff];
}

struct fold_point fold_point(uint32_t point, char buffer[FOLD_POINT_MAX])
{
    if (point > 0x10ffff)
        point = UTF8_BAD;
    if (point >= HANGUL_FIRST && point <= HANGUL_LAST)
        return hangul(point, buffer);
    unsigned number = entry_number(point);

    if (number < FOLD_AS_IS)
        return (struct fold_point){buffer, (uint8_t)utf8_encode(point, buffer), (uint8_t)number};
    const struct fold_entry *e = &fold_entries[number];

    return (struct fold_point){(const char *)fold_bytes + e->offset, (uint8_t)e->n,
                               (uint8_t)e->class};
}

enum fold_class fold_class_of(uint32_t point)
{
    if (point > 0x10ffff)
        return FOLD_OTHER;
    unsigned number = entry_number(point);

    return number < FOLD_AS_IS ? (enum fold_class)number
                               : (enum fold_class)fold_entries[number].class;
}

static void add_step(struct fold *f, size_t to, size_t from, bool rigid)
{
    if (f->n_steps == f->cap_steps) {
        f->cap_steps = f->cap_steps ? f->cap_steps * 2 : 64;
        f->steps = alloc_resize(f->steps, f->cap_steps, sizeof(*f->steps));
    }
    f->steps[f->n_steps++] = (struct fold_step){(uint32_t)to, (uint32_t)from, rigid};
}

/* Adds 0x20 to each byte in A..Z; all bytes are below 0x80. */
static uint64_t lower_eight(uint64_t x)
{
    const uint64_t ones = 0x0101010101010101ull;
    uint64_t from_a = x + (0x80 - 'A') * ones;
    uint64_t past_z = x + (0x80 - 'Z' - 1) * ones;

    return x + (((from_a & ~past_z) & (0x80 * ones)) >> 2);
}

static size_t fold_ascii(char *out, const char *in, size_t n)
{
    size_t i = 0;
    uint64_t eight;

    for (; i + 8 <= n; i += 8) {
        memcpy(&eight, in + i, 8);
        if (eight & 0x8080808080808080ull)
            break;
        eight = lower_eight(eight);
        memcpy(out + i, &eight, 8);
    }
    for (; i < n && !((unsigned char)in[i] & 0x80); i++)
        out[i] = (char)(in[i] + ((unsigned char)(in[i] - 'A') < 26 ? 0x20 : 0));
    return i;
}

/* Room for the rest of the text as ASCII and one piece more. */
static void make_room(struct fold *f, size_t left)
{
    size_t need = f->n + left + FOLD_POINT_MAX * 2;

    if (need > f->cap) {
        f->cap = MAX(need, f->cap * 2);
        f->p = alloc_resize(f->p, f->cap, 1);
    }
}

/* The code point at `at`, with a step before and after it when its length changes. */
static size_t fold_one(struct fold *f, struct str text, size_t at)
{
    char buffer[FOLD_POINT_MAX];
    size_t start = at;
    uint32_t point = utf8_next(text, &at);
    struct fold_point piece = {" ", 1, FOLD_OTHER};

    if (point != UTF8_BAD || at - start == 3)
        piece = fold_point(point, buffer);
    memcpy(f->p + f->n, piece.p, piece.n);
    if (piece.n != at - start) {
        if (piece.n)
            add_step(f, f->n, start, false);
        add_step(f, f->n + piece.n, at, true);
    }
    f->n += piece.n;
    return at;
}

void fold_text(struct fold *f, struct str text)
{
    text = utf8_head(text, FOLD_TEXT_MAX);
    f->original = text;
    f->n = f->n_steps = 0;
    make_room(f, text.n);
    for (size_t at = 0; at < text.n;) {
        size_t plain = fold_ascii(f->p + f->n, text.p + at, text.n - at);

        f->n += plain;
        at += plain;
        if (at < text.n) {
            at = fold_one(f, text, at);
            make_room(f, text.n - at);
        }
    }
}

/* The last step at or before folded offset `at`; of several there, the last. */
static const struct fold_step *step_at(const struct fold *f, size_t at)
{
    size_t low = 0, high = f->n_steps;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (f->steps[middle].to <= at)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? &f->steps[low - 1] : NULL;
}

size_t fold_original(const struct fold *f, size_t at)
{
    if (at >= f->n)
        return f->original.n;
    const struct fold_step *s = step_at(f, at);

    if (!s)
        return at;
    return s->rigid ? s->from + (at - s->to) : s->from;
}

size_t fold_original_end(const struct fold *f, size_t at)
{
    if (at == 0)
        return 0;
    const struct fold_step *s = step_at(f, at - 1);

    if (!s)
        return at;
    if (s->rigid)
        return s->from + (at - s->to);
    return s[1].from; /* a rigid step always follows one that is not */
}
