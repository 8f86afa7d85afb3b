#pragma once

/* sql - SQLite as the store sees it: prepared statements and negative errno.
 *
 * A statement is prepared at its first use, where its text stands, and kept in a
 * numbered slot. Types in `types`: s struct str (borrowed until the statement
 * is done), i int64_t, d double. Out of memory aborts, as everywhere. */

#include <sqlite3.h>

#include "lib/base/str.h"

enum sql_slot {
    SQL_BEGIN,
    SQL_LOOK,
    SQL_COMMIT,
    SQL_ROLLBACK,
    SQL_META_GET,
    SQL_META_SEQ,
    SQL_META_EPOCH,
    SQL_SEEN_GET,
    SQL_SEEN_PUT,
    SQL_SEEN_TOUCH,
    SQL_ALERT_BY_CONTENT,
    SQL_ALERT_BY_FINGERPRINT,
    SQL_ALERT_PUT,
    SQL_HELD_PUT,
    SQL_HELD_COUNT,
    SQL_HELD_FIRST,
    SQL_HELD_DROP,
    SQL_NOTE_PUT,
    SQL_NOTE_COUNT,
    SQL_LEDGER_PUT,
    SQL_LEDGER_TOP,
    SQL_ALERT_BY_ID,
    SQL_FORGET_FIND,
    SQL_FORGET_FIND_PRINTS,
    SQL_FORGET_ALERT,
    SQL_FORGET_OUTBOX,
    SQL_FORGET_DEAD,
    SQL_FORGET_HELD,
    SQL_FORGET_HELD_PRINTS,
    SQL_FORGET_NOTE,
    SQL_FORGET_LEDGER,
    SQL_FORGET_DESK,
    SQL_FORGET_WEBMENTION,
    SQL_LEDGER_NEWS,
    SQL_LEDGER_DAY,
    SQL_DESK_GET,
    SQL_DESK_PUT,
    SQL_DESK_DROP,
    SQL_DESK_DUE,
    SQL_SOURCE_GET,
    SQL_SOURCE_PUT,
    SQL_SOURCE_IDS,
    SQL_SOURCE_DROP,
    SQL_SUBSCRIPTION_EACH,
    SQL_SUBSCRIPTION_PUT,
    SQL_SUBSCRIPTION_DROP,
    SQL_WEBMENTION_EACH,
    SQL_WEBMENTION_PUT,
    SQL_WEBMENTION_DROP,
    SQL_WEBMENTION_KNOWN,
    SQL_WEBMENTION_TARGETS,
    SQL_OUTBOX_PUT,
    SQL_LIST_PUT,
    SQL_LIST_EACH,
    SQL_OUTBOX_EACH,
    SQL_OUTBOX_DROP,
    SQL_COUNT,
    SQL_MARK_VOID,
    SQL_MARK_PUT,
    SQL_DEAD_PUT,
    SQL_DEAD_EACH,
    SQL_DEAD_FIRST,
    SQL_DEAD_QUEUE,
    SQL_DEAD_DROP,
    SQL_PRUNE_OUTBOX,
    SQL_PRUNE_MARK,
    SQL_PRUNE_SEEN,
    SQL_PRUNE_SEEN_END,
    SQL_PRUNE_ALERT,
    SQL_PRUNE_HELD,
    SQL_PRUNE_NOTE,
    SQL_PRUNE_LEDGER,
    SQL_PRUNE_WEBMENTION,
    SQL_PRUNE_LIST,
    SQL_PRUNE_AUTHORS_DAY,
    SQL_PRUNE_AUTHORS_PROMISE,
    SQL_PRUNE_AUTHORS_READ,
    SQL_PRUNE_AUTHORS_WRITE,
    SQL_SLOTS,
};

struct sql {
    sqlite3 *db;
    sqlite3_stmt *slots[SQL_SLOTS];
};

/* The errno of a SQLite result: -ENOSPC -EIO -EBADMSG -EBUSY -EROFS -EACCES, -EINVAL for
 * what can only be our bug; 0 for SQLITE_OK, ROW and DONE. */
int sql_errno(sqlite3 *db, int rc);

/* Opens with all that a state file deserves: extended codes, DEFENSIVE, untrusted schema. */
int sql_open(struct sql *q, const char *path, int flags) MUST_CHECK;
void sql_close(struct sql *q);

/* Runs text without results. */
int sql_exec(struct sql *q, const char *text);
/* A whole number from a query of one value. */
int sql_int(struct sql *q, const char *text, int64_t *ret) MUST_CHECK;

/* The statement of `slot`, bound and not yet run; NULL on failure, which the next sql_next or
 * sql_run reports. */
sqlite3_stmt *sql_use(struct sql *q, enum sql_slot slot, const char *text, const char *types, ...);
/* Steps: 1 a row, 0 the end, else negative errno. After 0 or an error it is reset. */
int sql_next(struct sql *q, sqlite3_stmt *st) MUST_CHECK;
/* Steps to the end: 0 or negative errno. */
int sql_run(struct sql *q, sqlite3_stmt *st);
/* Ends a statement before its last row. */
void sql_end(sqlite3_stmt *st);

/* A column as bytes, valid until the next step. */
struct str sql_str(sqlite3_stmt *st, int column);
