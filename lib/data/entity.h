#pragma once

/* entity - the named and numbered character references of HTML.
 *
 * All 2,231 names of the HTML standard (section 13.5, "Named character
 * references"); 106 of them also count without their semicolon, as in "&copy
 * 2004". Numbers follow the standard's repairs: 128 to 159 are windows-1252,
 * surrogates and what lies past U+10FFFF become U+FFFD. */

#include "lib/base/str.h"

enum {
    ENTITY_MAX = 8,       /* bytes of UTF-8 that one reference may give */
    ENTITY_NAME_MAX = 32, /* bytes of the longest name, semicolon included */
};

/* The character(s) that `name` ("eacute", no semicolon) stands for: how many
 * bytes went to ret, 0 when there is no such name. */
size_t entity_name(struct str name, char ret[ENTITY_MAX]);

/* "233" or "xE9", as between "&#" and ";". 0 when these are no digits. */
size_t entity_number(struct str digits, char ret[ENTITY_MAX]);

/* Two numbers that are one character past U+FFFF, as converters from UTF-16 write it:
 * "#55357;&#56832;", `text` begins behind the first '&'. How many bytes of it the pair
 * takes, its 4 bytes of UTF-8 are in ret; 0 when it is no pair. */
size_t entity_pair(struct str text, char ret[ENTITY_MAX]);

/* Reads a reference as HTML does: `text` begins behind the '&'. Returns how many
 * bytes of it the reference takes, 0 for none; the result is in ret[0 .. *ret_n). */
size_t entity_read(struct str text, char ret[ENTITY_MAX], size_t *ret_n);
