#include "daemon/store/sql.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

int sql_errno(sqlite3 *db, int rc)
{
    int sys = db ? sqlite3_system_errno(db) : 0;

    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return 0;
    case SQLITE_NOMEM:
        if (rc != SQLITE_IOERR_NOMEM)
            abort();
        return -EIO;
    case SQLITE_FULL:
        return -ENOSPC;
    case SQLITE_IOERR:
        return sys == ENOSPC || sys == EDQUOT ? -ENOSPC : -EIO;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return -EBADMSG;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return -EBUSY;
    case SQLITE_READONLY:
        return -EROFS;
    case SQLITE_CANTOPEN:
        return sys ? -sys : -EACCES;
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return -EACCES;
    default:
        return -EINVAL;
    }
}

int sql_open(struct sql *q, const char *path, int flags)
{
    int rc =
        sqlite3_open_v2(path, &q->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);

    if (rc != SQLITE_OK)
        return sql_errno(q->db, rc);
    /* these calls can only fail for an unknown option */
    (void)sqlite3_db_config(q->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(q->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    (void)sqlite3_db_config(q->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    (void)sqlite3_db_config(q->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    (void)sqlite3_busy_timeout(q->db, 2000);
    return 0;
}

void sql_close(struct sql *q)
{
    for (size_t i = 0; i < SQL_SLOTS; i++) {
        (void)sqlite3_finalize(q->slots[i]); /* repeats the error of the last step */
        q->slots[i] = NULL;
    }
    (void)sqlite3_close(q->db); /* nothing is left that could keep it busy */
    q->db = NULL;
}

int sql_exec(struct sql *q, const char *text)
{
    return sql_errno(q->db, sqlite3_exec(q->db, text, NULL, NULL, NULL));
}

int sql_int(struct sql *q, const char *text, int64_t *ret)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(q->db, text, -1, &st, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_step(st);
    if (rc == SQLITE_ROW)
        *ret = sqlite3_column_int64(st, 0);
    (void)sqlite3_finalize(st); /* repeats rc */
    return sql_errno(q->db, rc);
}

static void bind(sqlite3_stmt *st, const char *types, va_list args)
{
    for (int i = 1; *types; types++, i++) {
        struct str s;
        int rc;

        switch (*types) {
        case 's':
            s = va_arg(args, struct str);
            rc = sqlite3_bind_text64(st, i, s.n ? s.p : "", s.n, SQLITE_STATIC, SQLITE_UTF8);
            break;
        case 'i':
            rc = sqlite3_bind_int64(st, i, va_arg(args, int64_t));
            break;
        default:
            assert(*types == 'd');
            rc = sqlite3_bind_double(st, i, va_arg(args, double));
            break;
        }
        assert(rc == SQLITE_OK);
        (void)rc;
    }
}

sqlite3_stmt *sql_use(struct sql *q, enum sql_slot slot, const char *text, const char *types, ...)
{
    sqlite3_stmt **st = &q->slots[slot];
    va_list args;

    if (!*st && sqlite3_prepare_v3(q->db, text, -1, SQLITE_PREPARE_PERSISTENT, st, NULL))
        return NULL; /* the connection keeps the reason */
    va_start(args, types);
    bind(*st, types, args);
    va_end(args);
    return *st;
}

int sql_next(struct sql *q, sqlite3_stmt *st)
{
    int rc = st ? sqlite3_step(st) : sqlite3_extended_errcode(q->db);
    int err;

    if (rc == SQLITE_ROW)
        return 1;
    err = sql_errno(q->db, rc);
    sql_end(st);
    return err;
}

int sql_run(struct sql *q, sqlite3_stmt *st)
{
    int rc;

    do {
        rc = sql_next(q, st);
    } while (rc > 0);
    return rc;
}

void sql_end(sqlite3_stmt *st)
{
    (void)sqlite3_reset(st); /* repeats the error of the last step */
}

struct str sql_str(sqlite3_stmt *st, int column)
{
    const unsigned char *p = sqlite3_column_text(st, column);

    return str_make((const char *)p, (size_t)sqlite3_column_bytes(st, column));
}
