#include "cli/term/table.h"

#include <libsmartcols.h>
#include <stdlib.h>

#include "cli/term/safe.h"
#include "lib/base/alloc.h"

enum { CELL_MAX = 4096 };

struct table {
    struct libscols_table *scols;
    struct libscols_line *last; /* row */
    const struct screen *screen;
    size_t n;
};

/* libsmartcols fails only for want of memory. */
#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

struct table *table_new(const struct screen *screen, const struct table_column *columns, size_t n)
{
    static const int flags[] = {
        [TABLE_LEFT] = 0, [TABLE_RIGHT] = SCOLS_FL_RIGHT, [TABLE_CUT] = SCOLS_FL_TRUNC};
    struct table *t = alloc_zeroed(1, sizeof(*t));

    t->n = n;
    t->screen = screen;
    t->scols = scols_new_table();
    REQUIRE(t->scols);
    REQUIRE(scols_table_set_stream(t->scols, screen->file) == 0);
    (void)scols_table_set_termwidth(t->scols, screen->width); /* cannot fail */
    (void)scols_table_set_termforce(t->scols, screen->terminal ? SCOLS_TERMFORCE_ALWAYS
                                                               : SCOLS_TERMFORCE_NEVER);
    REQUIRE(scols_table_enable_colors(t->scols, screen->coloured) == 0);
    for (size_t i = 0; i < n; i++)
        REQUIRE(scols_table_new_column(t->scols, columns[i].name, 0, flags[columns[i].fit]));
    return t;
}

void table_row(struct table *t, const struct str *cells)
{
    struct libscols_line *line = scols_table_new_line(t->scols, NULL);

    REQUIRE(line);
    t->last = line;
    for (size_t i = 0; i < t->n; i++) {
        struct sbuf cell = SBUF_INIT(CELL_MAX);

        safe_add(&cell, cells[i], SAFE_ONE_LINE);
        REQUIRE(scols_line_set_data(line, i, sbuf_cstr(&cell)) == 0);
        sbuf_done(&cell);
    }
}

void table_paint(struct table *t, size_t column, enum paint paint)
{
    if (t->screen->coloured)
        REQUIRE(scols_cell_set_color(scols_line_get_cell(t->last, column),
                                     screen_paint(t->screen, paint)) == 0);
}

void table_print(struct table *t)
{
    REQUIRE(scols_print_table(t->scols) == 0);
}

void table_free(struct table *t)
{
    if (!t)
        return;
    scols_unref_table(t->scols);
    free(t);
}
