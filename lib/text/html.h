#pragma once

/* html - markup to the text a reader would see.
 *
 * Blocks (p, div, li, td, br ...) part words, inline elements do not:
 * "re<b>fund</b>ed" is one word, "<p>one</p><p>two</p>" is two lines. script,
 * style, template and the like never appear. White space collapses (not in
 * pre), character references are decoded, control characters vanish. A '<' that
 * cannot begin a tag is text. One pass, bounded by the buffer's maximum.
 * Source: HTML Living Standard, 13.2.5 (tokenization) and 15.3 (rendering). */

#include "lib/base/str.h"

/* Appends the text of `html` (UTF-8) to `out`: no white space at either end,
 * lines parted by one \n. CDATA sections count as text, as in XHTML. */
void html_to_text(struct str html, struct sbuf *out);

/* The same white space rules for text without markup. */
void html_collapse(struct str text, struct sbuf *out);
