#pragma once

/* screen - where a verb writes: colours when wanted, text made safe, a width.
 *
 * Colour policy: --color=always|never decides; with auto, colours are on for a
 * terminal unless NO_COLOR is set and not empty (no-color.org) or TERM is dumb. */

#include <stdio.h>

#include "lib/base/diag.h"
#include "lib/base/str.h"

enum screen_colour { SCREEN_AUTO, SCREEN_ALWAYS, SCREEN_NEVER };
enum paint {
    PAINT_END,
    PAINT_BOLD,
    PAINT_DIM,
    PAINT_RED,
    PAINT_GREEN,
    PAINT_YELLOW,
    PAINT_CYAN,
    PAINT_MARK /* a quoted piece of evidence */
};

struct screen {
    FILE *file; /* borrowed */
    bool terminal, coloured;
    unsigned width; /* columns; 80 where there is no terminal */
};

struct screen screen_on(FILE *file, enum screen_colour colour);
/* The escape sequence, or "" without colours: printf("%s…%s", …, PAINT_END). */
const char *screen_paint(const struct screen *s, enum paint paint);
void screen_printf(const struct screen *s, const char *format, ...) PRINTF_LIKE(2, 3);
/* Other people's text, harmless, on one line or as it is. */
void screen_text(const struct screen *s, struct str text);
void screen_lines(const struct screen *s, struct str text);
/* A finished buffer as it is: JSON, or what was made safe before. */
void screen_raw(const struct screen *s, struct str bytes);
/* All diagnostics, sorted by place. */
void screen_diags(const struct screen *s, struct diags *diags);
