#pragma once

/* share - where the vocabulary and the sector packs are. */

#include "lib/base/str.h"

/* COUAC_SHARE when set; else ../share/couac seen from the program itself, which is
 * right for what is installed anywhere and for a build tree; else the place of
 * the build's prefix. */
void share_folder(struct sbuf *ret);
