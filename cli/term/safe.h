#pragma once

/* safe - other people's text, made harmless for a terminal.
 *
 * Posts may hold escape sequences that recolour, rename or answer for the user,
 * and direction marks that show a text in another order than it has ("Trojan
 * Source", CVE-2021-42574). Both are left out; what is not UTF-8 shows as
 * U+FFFD. */

#include "lib/base/str.h"

enum safe_lines {
    SAFE_ONE_LINE, /* ends of lines and tabs become a space */
    SAFE_LINES,    /* they stay */
};

void safe_add(struct sbuf *out, struct str text, enum safe_lines lines);
