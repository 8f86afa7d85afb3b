#pragma once

/* diag - what people got wrong in a file, with its place and a way out.
 *
 * All mistakes of a run are collected, not the first one. Rendered as
 *
 *     rules/acme.yaml:11:5: error: unknown key 'statment' in promise 'delivery-48h'
 *        11 |     statment: "Livraison en 48 heures"
 *           |     ^~~~~~~~
 *           = did you mean 'says'?
 *
 * Positions count from 1; columns count code points, as editors do. */

#include "lib/base/str.h"

struct pos {
    struct str file; /* as the user named it */
    unsigned line;   /* 0: the file as a whole */
    unsigned col;    /* 0: the line as a whole */
    unsigned width;  /* code points to underline; 0 or 1: just a caret */
};

enum diag_level { DIAG_ERROR, DIAG_WARNING };

struct diag {
    enum diag_level level;
    struct pos at;
    struct str message;
    struct str hint; /* empty: none */
    struct str line; /* the source line; empty: unknown */
};

struct diags {
    struct diag *items;
    size_t n, cap;
    size_t n_errors, n_warnings;
    size_t n_left_out; /* past DIAG_MAX: counted, not kept */
    struct arena *arena;
    struct map *sources; /* file name -> its text and how far it was read, for quoting lines */
};

enum { DIAG_MAX = 1000 };

void diags_init(struct diags *d);
void diags_done(struct diags *d);

/* Lets later diagnostics quote lines of `text`, which is borrowed. */
void diags_source(struct diags *d, struct str file, struct str text);

void diag(struct diags *d, enum diag_level level, struct pos at, const char *format, ...)
    PRINTF_LIKE(4, 5);
/* Adds a way out to the latest diagnostic. */
void diag_hint(struct diags *d, const char *format, ...) PRINTF_LIKE(2, 3);

/* By file, line and column; equal places keep their order. */
void diags_sort(struct diags *d);

enum diag_style { DIAG_PLAIN, DIAG_COLOUR };

/* One diagnostic with its quoted line, newline-terminated. Control characters
 * in quoted input are shown as '?', so a file cannot drive a terminal. */
void diag_write(const struct diag *d, enum diag_style style, struct sbuf *out);
/* "file:line:col: error: message", one line, for the journal. */
void diag_write_short(const struct diag *d, struct sbuf *out);

/* The candidate nearest to `word`, or an empty slice when none is near: at most
 * a third of the letters differ (optimal string alignment distance). */
struct str diag_nearest(struct str word, const struct str *candidates, size_t n);
