#include "lib/desk/excerpt.h"

#include "lib/base/arena.h"
#include "lib/base/utf8.h"
#include "lib/rule/ruleset.h"

/* What is covered is found by shape, not by meaning: after "@", around "@", and
 * runs of digits with the separators of phone and order numbers. Seven digits
 * or more in such a run identify somebody; dates, prices and durations have fewer
 * (a date like 2025-03-07 has eight: runs of the form 4-2-2 and 2/2/4 are let
 * through, as rules need them and they name nobody). */

enum { DIGITS_THAT_IDENTIFY = 7, CONTEXT_BEFORE = 200 };

static bool name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-' || (unsigned char)c >= 0x80;
}

static bool digit(char c)
{
    return c >= '0' && c <= '9';
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
static size_t cover_at(struct cover *c, size_t at)
{
    size_t from = at, to = at + 1;

    while (from > 0 && (name_char(c->p[from - 1]) || c->p[from - 1] == '+'))
        from--;
    while (to < c->n && name_char(c->p[to]))
        to++;
    while (to > at + 1 && (c->p[to - 1] == '.' || c->p[to - 1] == '-'))
        to--;
    if (from == at && (to == at + 1 || ours(c, at + 1, to)))
        return to;
    cover_range(c, from < at ? from : at + 1, to);
    return to;
}

static bool joint(char c)
{
    return c == ' ' || c == '.' || c == '-' || c == '/' || c == '(' || c == ')';
}

static bool looks_like_a_date(const char *p, size_t n)
{
    if (n != 10)
        return false;
    bool year_first = (p[4] == '-' || p[4] == '/') && p[7] == p[4];
    bool year_last = (p[2] == '/' || p[2] == '-' || p[2] == '.') && p[5] == p[2];

    return year_first || year_last;
}

/* Digits that belong together: at most one separator between two of them. */
static size_t cover_digits(struct cover *c, size_t at)
{
    size_t to = at, digits = 0, letters = at;

    while (to < c->n &&
           (digit(c->p[to]) || (joint(c->p[to]) && to + 1 < c->n && digit(c->p[to + 1])))) {
        digits += digit(c->p[to]);
        to++;
    }
    while (letters > 0 && c->p[letters - 1] >= 'A' && c->p[letters - 1] <= 'Z')
        letters--; /* order numbers begin with capitals: CMD12345678 */
    if (digits >= DIGITS_THAT_IDENTIFY && !looks_like_a_date(c->p + at, to - at))
        cover_range(c, letters, to);
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

size_t excerpt_cover(char *bytes, size_t n, const struct ruleset *set)
{
    struct fold scratch;
    struct cover c = {bytes, n, set, &scratch};

    fold_init(&scratch);
    for (size_t at = 0; at < n;) {
        if (bytes[at] == '@')
            at = cover_at(&c, at);
        else if (digit(bytes[at]))
            at = cover_digits(&c, at);
        else
            at++;
    }
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
