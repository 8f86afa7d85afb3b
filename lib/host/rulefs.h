#pragma once

/* rulefs - rule files from the disk: the one place in lib that opens files.
 *
 * A path is a file, or a folder whose *.yaml are read in the order of their
 * names (not those below it; dot files are left alone). Rules decide what wakes
 * people at night, so what anyone may write is refused: files writable by all,
 * and folders writable by all that are not sticky. So is what is no regular
 * file (a FIFO would hang the reader) and what is larger than 1 MiB. A link is
 * followed. The same file named twice is read once.
 *
 * Not thread-safe; reads synchronously, at start and reload. */

#include "lib/base/diag.h"
#include "lib/rule/load.h"

enum {
    RULEFS_FILE_BYTES = 1 << 20,
    RULEFS_FILES_MAX = 1000,
    RULEFS_TOTAL_BYTES = 32 << 20,
};

struct rulefs_seen;

struct rulefs {
    struct rule_text *items; /* what rule_load wants; texts live until rulefs_done */
    size_t n, cap;
    struct arena *arena;
    struct rulefs_seen *seen; /* device and inode of each item */
    size_t total_bytes;
};

void rulefs_init(struct rulefs *fs);
void rulefs_done(struct rulefs *fs);

/* Adds the files of `path`. What cannot be read is an error in `diags`, named as
 * the user named it; the other files are read all the same. */
void rulefs_add(struct rulefs *fs, struct str path, enum rule_origin origin, struct diags *diags);

/* Adds the shared vocabulary: `share_folder`/words. Where the share folder is,
 * the caller knows (COUAC_SHARE, or what was installed). */
void rulefs_add_shared(struct rulefs *fs, struct str share_folder, struct diags *diags);
