#pragma once

/* salvage - saves what can be read from a damaged state file.
 *
 * Rows are copied table by table, from the front until SQLite finds damage, then
 * from the back. A whole new file is written beside the old one, which is left
 * untouched until the new one is complete. */

#include "daemon/store/store.h"

/* Reads `damaged`, writes the new file `saved` (removed first if there). Fills rows_salvaged
 * and tables_damaged. Return 0, or a negative errno when `saved` could not be written. */
int salvage_copy(const char *damaged, const char *saved, struct store_report *report) MUST_CHECK;
