#pragma once

/* dateword - the words of dates: months, halves of the day, zones.
 *
 * Words come folded (lower case, Latin accents gone), see dateword_fold. */

#include "lib/base/str.h"

/* Copies the word that begins at s.p[*at] into buf, folded, and moves *at behind
 * it; what does not fit is dropped. Letters are ASCII's and all bytes from 0x80. */
struct str dateword_fold(struct str s, size_t *at, char *buf, size_t cap);

/* 1..12, or 0. English, French, German, Spanish, Italian, Portuguese, Dutch,
 * Polish, Czech, Scandinavian, Finnish, Hungarian, Romanian, Turkish, Greek, Russian
 * and Ukrainian names and their beginnings. */
int dateword_month(struct str word);

/* Does it stand behind an hour: "h", "Uhr", "heures"? */
bool dateword_hour(struct str word);

enum day_half { DAY_WHOLE, DAY_AM, DAY_PM };
enum day_half dateword_half(struct str word);

/* Minutes east of UTC; false for what is no zone. CST, IST and BST are read as
 * in North America, India and Britain. RFC 822's military letters are included. */
bool dateword_zone(struct str word, int *ret_minutes);
