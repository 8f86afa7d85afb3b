#include "lib/desk/excerpt.h"

#include "lib/base/arena.h"
#include "lib/base/utf8.h"
#include "lib/rule/ruleset.h"

/* What is covered is found by shape, not by meaning: after "@", around "@", and
 * runs of digits with the separators of phone and order numbers. Seven digits
 * or more in such a run identify somebody; dates, prices and durations have fewer
 * (a date like 2025-03-07 has eight: runs of the form 4-2-2 and 2/2/4 are let
 * through, as rules need them and they name nobody). Account numbers and orders mix
 * capitals and digits: an IBAN goes whole, and so do such words of nine or more.
 *
 * Whoever writes around this is human and means to be read: digits of other scripts
 * and widths, no-break spaces, typographic dashes and a wide @ are known. Spelled-out
 * numbers and "name at host dot com" are not. */

enum { DIGITS_THAT_IDENTIFY = 7, CODE_CHARS = 9, CODE_DIGITS = 4, CONTEXT_BEFORE = 200 };

static bool name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-' || (unsigned char)c >= 0x80;
}

/* The zeros of scripts whose ten digits follow one another (Unicode, category Nd). */
static const uint32_t zeros[] = {0x30,   0x660,   0x6f0,   0x7c0,   0x966,   0x9e6,
                                 0xa66,  0xae6,   0xb66,   0xbe6,   0xc66,   0xce6,
                                 0xd66,  0xe50,   0xed0,   0xf20,   0x1040,  0x17e0,
                                 0xff10, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6};

static bool digit(uint32_t c)
{
    if (c < 0x80)
        return c >= '0' && c <= '9';
    for (size_t i = 1; i < ARRAY_LEN(zeros); i++)
        if (c >= zeros[i] && c < zeros[i] + 10)
            return true;
    return false;
}

/* What nobody sees, and spaces of all widths. */
static bool blank(uint32_t c)
{
    return c == ' ' || c == 0xa0 || (c >= 0x2000 && c <= 0x200d) || c == 0x202f || c == 0x2060 ||
           c == 0x3000 || c == 0xfe0f || c == 0x20e3 || c == '(' || c == ')';
}

static bool joint(uint32_t c)
{
    return blank(c) || c == '.' || c == '-' || c == '/' || c == '_' || c == 0xb7 || c == 0x2022 ||
           (c >= 0x2010 && c <= 0x2015) || c == 0x2212 || c == 0xff0d;
}

struct cover {
    char *p;
    size_t n;
    const struct ruleset *set;
    struct fold *scratch;
};

/* Continuation bytes stay for close_up, so a code point becomes one '*'. */
static void cover_range(struct cover *c, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (((unsigned char)c->p[i] & 0xc0) != 0x80)
            c->p[i] = '*';
}

static bool ours(struct cover *c, size_t from, size_t to)
{
    return c->set && ruleset_own_account(c->set, str_make(c->p + from, to - from), c->scratch);
}

/* At an '@': a mail address when a name stands right before it, else a handle. */
static size_t cover_at(struct cover *c, size_t at, size_t behind)
{
    size_t from = at, to = behind;

    while (from > 0 && (name_char(c->p[from - 1]) || c->p[from - 1] == '+'))
        from--;
    while (to < c->n && name_char(c->p[to]))
        to++;
    while (to > behind && (c->p[to - 1] == '.' || c->p[to - 1] == '-'))
        to--;
    if (from == at && (to == behind || ours(c, behind, to)))
        return to;
    cover_range(c, from < at ? from : behind, to);
    return to;
}

static bool looks_like_a_date(const char *p, size_t n)
{
    if (n != 10)
        return false;
    bool year_first = (p[4] == '-' || p[4] == '/') && p[7] == p[4];
    bool year_last = (p[2] == '/' || p[2] == '-' || p[2] == '.') && p[5] == p[2];

    return year_first || year_last;
}

static uint32_t point(const struct cover *c, size_t *at)
{
    return utf8_next(str_make(c->p, c->n), at);
}

/* Behind separators at `at`: where the next digit is, or SIZE_MAX when these digits end here. Two
 * may stand together when one of them is but space: "06  12", "+33 (0)6". */
static size_t next_digit(const struct cover *c, size_t at)
{
    for (int n = 0; n < 3 && at < c->n; n++) {
        size_t here = at;
        uint32_t first = point(c, &at);

        if (digit(first))
            return here;
        if (!joint(first) || (n > 0 && !blank(first)))
            return SIZE_MAX;
    }
    return SIZE_MAX;
}

/* Digits that belong together. */
static size_t cover_digits(struct cover *c, size_t at)
{
    size_t to = at, digits = 0, letters = at;

    for (size_t next = at; next < c->n && (next = next_digit(c, next)) != SIZE_MAX;) {
        digits++;
        (void)point(c, &next); /* over it */
        to = next;
    }
    while (letters > 0 && c->p[letters - 1] >= 'A' && c->p[letters - 1] <= 'Z')
        letters--; /* order numbers begin with capitals: CMD12345678 */
    if (digits >= DIGITS_THAT_IDENTIFY && !looks_like_a_date(c->p + at, to - at))
        cover_range(c, letters, to);
    return MAX(to, at + 1);
}

static bool code_char(char ch)
{
    return (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9');
}

/* GB29 NWBK 6016 1331 9268 19: two letters, two digits, then groups (ISO 13616). */
static size_t iban_end(const struct cover *c, size_t at)
{
    size_t to = at + 4, chars = 4;

    if (at + 15 > c->n || !code_char(c->p[at]) || digit((unsigned char)c->p[at]) ||
        !code_char(c->p[at + 1]) || digit((unsigned char)c->p[at + 1]) ||
        !digit((unsigned char)c->p[at + 2]) || !digit((unsigned char)c->p[at + 3]))
        return at;
    for (size_t next = to; next < c->n && chars < 34; next++) {
        if (c->p[next] == ' ' && next == to)
            continue;
        if (!code_char(c->p[next]))
            break;
        chars++;
        to = next + 1;
    }
    return chars >= 15 ? to : at;
}

/* A word of capitals and digits at its beginning: an IBAN, or a number of something. */
static size_t cover_code(struct cover *c, size_t at)
{
    size_t to = at, digits = 0, capitals = 0, iban = iban_end(c, at);

    while (to < c->n && (code_char(c->p[to]) || (c->p[to] == '-' && to > at))) {
        digits += digit((unsigned char)c->p[to]);
        capitals += c->p[to] >= 'A';
        to++;
    }
    if (iban > at)
        to = iban;
    else if (to - at < CODE_CHARS || digits < CODE_DIGITS || capitals == 0)
        return at;
    cover_range(c, at, to);
    return to;
}

/* Removes the continuation bytes left bare after their first byte became '*'. */
static size_t close_up(char *p, size_t n)
{
    size_t to = 0;
    bool covered = false;

    for (size_t i = 0; i < n; i++) {
        bool continues = ((unsigned char)p[i] & 0xc0) == 0x80;

        if (!(continues && covered))
            p[to++] = p[i];
        if (!continues)
            covered = p[i] == '*';
    }
    return to;
}

static size_t cover_next(struct cover *c, size_t at)
{
    bool starts = at == 0 || !code_char(c->p[at - 1]);
    size_t next = at;
    uint32_t first = point(c, &next);

    if (first == '@')
        return cover_at(c, at, at + 1);
    if (first == 0xff20) /* full width */
        return cover_at(c, at, next);
    if (starts && first < 0x80 && code_char((char)first)) {
        size_t end = cover_code(c, at);

        if (end > at)
            return end;
    }
    return digit(first) ? cover_digits(c, at) : next;
}

size_t excerpt_cover(char *bytes, size_t n, const struct ruleset *set)
{
    struct fold scratch;
    struct cover c = {bytes, n, set, &scratch};

    fold_init(&scratch);
    for (size_t at = 0; at < n;)
        at = cover_next(&c, at);
    fold_done(&scratch);
    return close_up(bytes, n);
}

static size_t back_points(struct str s, size_t at, size_t points)
{
    while (at > 0 && points > 0) {
        at--;
        if (((unsigned char)s.p[at] & 0xc0) != 0x80)
            points--;
    }
    return at;
}

struct excerpt excerpt_make(struct str text, size_t start, const struct ruleset *set,
                            enum excerpt_mask mask, struct arena *arena)
{
    struct excerpt e = {0};

    if (utf8_count(text) > EXCERPT_POINTS) {
        e.truncated = true;
        e.from = back_points(text, MIN(start, text.n), CONTEXT_BEFORE);
    }
    struct str window = str_slice(text, e.from, text.n);

    window = str_slice(window, 0, utf8_offset(window, EXCERPT_POINTS));
    e.text = arena_str(arena, window);
    if (e.text.p && mask == EXCERPT_MASKED)
        e.text.n = excerpt_cover((char *)(uintptr_t)e.text.p, e.text.n, set);
    return e;
}
