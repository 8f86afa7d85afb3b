#pragma once

/* credential - a secret that stands in a file, never in couac.yaml.
 *
 * A name without '/' is looked up in $CREDENTIALS_DIRECTORY, which systemd sets
 * for LoadCredential= (systemd.exec(5)); else it is a path. Line ends behind the
 * secret are no part of it. Read anew at each use, so it can be changed while
 * we run. Wipe it with credential_wipe. */

#include "lib/base/str.h"

enum { CREDENTIAL_MAX = 64 * 1024 };

/* Return 0; -ENOENT (also for a name without $CREDENTIALS_DIRECTORY), -EFBIG, -ENODATA
 * when it is empty, or what open and read said. `ret` is emptied first. */
int credential_read(struct str name, struct sbuf *ret) MUST_CHECK;
/* The path it is read from, on the heap; never NULL, empty for an empty name. */
char *credential_path(struct str name) __attribute__((returns_nonnull));
/* `bytes` from the kernel's generator as lower-case hex, into 2 * bytes + 1 characters. Aborts
 * without one. */
enum { CREDENTIAL_RANDOM_MAX = 64 };
void credential_random(size_t bytes, char *ret_hex);
void credential_wipe(struct sbuf *secret);

/* The secret in `path`; when the file is not there, `bytes` random bytes in hex are
 * written to it first (mode 0600, synced). Errors as above. */
int credential_make(const char *path, size_t bytes, struct sbuf *ret) MUST_CHECK;
