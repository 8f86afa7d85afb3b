#pragma once

/* notebook - a file of lines beside the state: feedback.jsonl.
 *
 * Lines are appended and synced one by one; at NOTEBOOK_BYTES it takes no more. */

#include "lib/base/str.h"

enum { NOTEBOOK_BYTES = 16 << 20 };

/* Appends a line (with its newline). -EFBIG: the file is full; else a negative errno. */
int notebook_add(const char *path, struct str line) MUST_CHECK;

/* Writes the file anew with the lines that `keep` wants; without them when it is not there.
 * Return how many went, or a negative errno: then the file is as it was. */
typedef bool notebook_keep_fn(void *arg, struct str line);
int notebook_filter(const char *path, notebook_keep_fn *keep, void *arg) MUST_CHECK;
