#pragma once

/* table - rows under headings, as wide as the screen (libsmartcols behind). */

#include "cli/term/screen.h"

enum table_fit {
    TABLE_LEFT,
    TABLE_RIGHT,
    TABLE_CUT, /* left, and cut where the screen is too narrow */
};

struct table_column {
    const char *name;
    enum table_fit fit;
};

struct table;

struct table *table_new(const struct screen *screen, const struct table_column *columns, size_t n);
/* As many cells as columns; copied and made safe for a terminal. */
void table_row(struct table *t, const struct str *cells);
/* Colours a cell of the last row, where colours are wanted. */
void table_paint(struct table *t, size_t column, enum paint paint);
void table_print(struct table *t);
void table_free(struct table *t);
