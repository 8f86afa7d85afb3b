#pragma once

/* input - files and standard input for verbs: whole, or line by line.
 *
 * A line that cannot be used is reported with file, line and column, counted,
 * and left behind: one bad line in a million must not cost the others. */

#include "cli/term/progress.h"
#include "cli/verbs/verb.h"
#include "lib/mention/mention.h"

struct arena;

enum { INPUT_LINE_MAX = 1 << 20, INPUT_WHOLE_MAX = 64 << 20 };

/* How messages call it: NULL and "-" are "(standard input)". */
const char *input_name(const char *path);

/* All of a file; "-" is standard input. VERB_FINE, or VERB_TROUBLE after a word
 * on standard error (not there, not readable, more than `ret`'s maximum). */
int input_whole(const struct call *call, const char *path, struct sbuf *ret) MUST_CHECK;

struct input {
    const struct call *call;
    const char *path; /* borrowed; "-": standard input */
    FILE *file;
    char *line;
    size_t cap;
    size_t number; /* of the latest line, from 1 */
    size_t n_bad;
    struct progress progress; /* a count on the terminal while results go elsewhere */
};

/* NULL path is standard input too. VERB_FINE, or VERB_TROUBLE after a word. */
int input_open(struct input *in, const struct call *call, const char *path) MUST_CHECK;
void input_close(struct input *in);

enum input_kind {
    INPUT_MENTIONS, /* each line is a mention's JSON */
    INPUT_TEXTS,    /* a line that begins with { is one; any other is its text */
};

/* The next usable line; empty ones are skipped. Slices point into `arena`. False
 * at the end, at an interruption, or after a read error (which was told, and
 * counts as a bad line). */
bool input_next(struct input *in, enum input_kind kind, struct arena *arena, struct mention *ret);
