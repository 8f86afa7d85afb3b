#pragma once

/* tokenfile - a refresh token that replaced another, kept where a power cut does not reach it.
 *
 * Servers that hand out a new refresh token with each use (rotation, RFC 9700, 4.14.2) take
 * the old one no more: who loses the new one must ask a person to authorise him again. So
 * the room for it is reserved on the disk before it is asked for, and it is written,
 * synced and renamed into place before the access token beside it is used.
 *
 * The file names what it grew from (`seed`, a digest of the credential), so that a person
 * who puts another refresh token into the credential is obeyed. Mode 0600. */

#include "lib/base/str.h"

enum { TOKENFILE_BYTES = 20 * 1024 };

/* 0, or a negative errno: there is no room, or no right to write. */
int tokenfile_reserve(const char *path) MUST_CHECK;
/* Nothing came to be kept. */
void tokenfile_release(const char *path);
int tokenfile_write(const char *path, struct str seed, struct str token) MUST_CHECK;
/* The token that grew from `seed`; *ret is empty when there is none. 0, or a negative errno. */
int tokenfile_read(const char *path, struct str seed, struct sbuf *ret) MUST_CHECK;
