#pragma once

/* share - where the shared vocabulary, sectors and connectors are.
 *
 * In this order: `chosen` (the environment's COUAC_SHARE, which the caller reads,
 * or a setting), the source's own rules/ for a program that runs from its build
 * folder, the installed folder. */

#include "lib/base/str.h"

/* The folder's path, valid for ever or as long as `chosen`; never empty. */
struct str share_folder(struct str chosen);
