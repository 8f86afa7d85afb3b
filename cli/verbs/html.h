#pragma once

/* html - a page that opens from a file: text made safe, bars as SVG, no script. */

#include "lib/tune/replay.h"

void html_text(struct sbuf *b, struct str text);
void html_begin(struct sbuf *b, struct str title);
void html_end(struct sbuf *b);

/* A proportion as a bar with its interval as a line; `without` where it is one of nothing. */
void html_rate(struct sbuf *b, struct rate r, const char *without);
/* `value` of `max` as a bar with `label` beside it. */
void html_bar(struct sbuf *b, double value, double max, const char *colour, const char *label);
