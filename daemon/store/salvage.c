#include "daemon/store/salvage.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "daemon/store/schema.h"

struct copy {
    struct sql from, to;
    struct store_report *report;
};

enum direction { FORWARD, BACKWARD };

/* Only columns that both sides know, by name: the old file may be of an older version. */
static bool shared_columns(struct copy *c, const char *table, struct sbuf *ret, unsigned *ret_n)
{
    sqlite3_stmt *st = NULL;
    char text[128];

    (void)snprintf(text, sizeof(text), "SELECT * FROM %s LIMIT 0", table);
    if (sqlite3_prepare_v2(c->from.db, text, -1, &st, NULL) != SQLITE_OK)
        return false;
    *ret_n = (unsigned)sqlite3_column_count(st);
    for (unsigned i = 0; i < *ret_n; i++)
        sbuf_printf(ret, "%s\"%s\"", i ? "," : "", sqlite3_column_name(st, (int)i));
    (void)sqlite3_finalize(st); /* nothing was stepped */
    return *ret_n > 0 && !ret->full;
}

static sqlite3_stmt *prepare_insert(struct copy *c, const char *table, const char *columns,
                                    unsigned n)
{
    struct sbuf text = SBUF_INIT(8192);
    sqlite3_stmt *st = NULL;

    sbuf_printf(&text, "INSERT OR REPLACE INTO %s (%s) VALUES (", table, columns);
    for (unsigned i = 0; i < n; i++)
        sbuf_printf(&text, "%s?", i ? "," : "");
    sbuf_putc(&text, ')');
    if (sqlite3_prepare_v2(c->to.db, sbuf_cstr(&text), -1, &st, NULL) != SQLITE_OK)
        st = NULL; /* a column we do not know: the table counts as damaged */
    sbuf_done(&text);
    return st;
}

static int insert_row(struct copy *c, sqlite3_stmt *in, sqlite3_stmt *out, unsigned n)
{
    int rc;

    for (unsigned i = 0; i < n; i++)
        (void)sqlite3_bind_value(out, (int)i + 1, sqlite3_column_value(in, (int)i));
    rc = sqlite3_step(out);
    (void)sqlite3_reset(out); /* repeats rc */
    if (rc == SQLITE_DONE)
        c->report->rows_salvaged += (uint64_t)sqlite3_changes64(c->to.db);
    /* garbage that breaks a constraint is not worth keeping; a full disk is a failure */
    return (rc & 0xff) == SQLITE_CONSTRAINT ? 0 : sql_errno(c->to.db, rc);
}

/* Return 1 when the end was reached, 0 at damage, or a negative errno of the new file. */
static int walk(struct copy *c, const char *table, const char *columns, sqlite3_stmt *out,
                unsigned n, enum direction way)
{
    struct sbuf text = SBUF_INIT(8192);
    sqlite3_stmt *in = NULL;
    int rc, err = 0;

    sbuf_printf(&text, "SELECT %s FROM %s ORDER BY 1 %s", columns, table,
                way == BACKWARD ? "DESC" : "ASC");
    rc = sqlite3_prepare_v2(c->from.db, sbuf_cstr(&text), -1, &in, NULL);
    sbuf_done(&text);
    while (rc == SQLITE_OK && err == 0 && (rc = sqlite3_step(in)) == SQLITE_ROW) {
        err = insert_row(c, in, out, n);
        rc = SQLITE_OK;
    }
    (void)sqlite3_finalize(in); /* repeats rc */
    return err ? err : rc == SQLITE_DONE;
}

static int copy_table(struct copy *c, const char *table)
{
    struct sbuf columns = SBUF_INIT(4096);
    sqlite3_stmt *out = NULL;
    unsigned n = 0;
    int rc = 0;

    if (shared_columns(c, table, &columns, &n))
        out = prepare_insert(c, table, sbuf_cstr(&columns), n);
    if (out)
        rc = walk(c, table, sbuf_cstr(&columns), out, n, FORWARD);
    if (rc == 0)
        c->report->tables_damaged++;
    if (out && rc == 0)
        rc = walk(c, table, sbuf_cstr(&columns), out, n, BACKWARD);
    (void)sqlite3_finalize(out); /* repeats an error seen above */
    sbuf_done(&columns);
    return rc < 0 ? rc : 0;
}

/* New numbers must be above every number that was ever given out. */
static const char *const renumber =
    "UPDATE meta SET seq = max(seq, (SELECT ifnull(max(seq), 0) FROM outbox),"
    " (SELECT ifnull(max(seq), 0) FROM dead), (SELECT ifnull(max(seq), 0) FROM mark))";

static int copy_all(struct copy *c)
{
    int rc = sql_exec(&c->to, "PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL");

    if (rc == 0)
        rc = schema_migrate(&c->to, 0);
    if (rc == 0)
        rc = sql_exec(&c->to, "BEGIN IMMEDIATE");
    for (const char *const *t = schema_tables(); rc == 0 && *t; t++)
        rc = copy_table(c, *t);
    if (rc == 0)
        rc = sql_exec(&c->to, renumber);
    if (rc == 0)
        rc = sql_exec(&c->to, "COMMIT");
    return rc;
}

int salvage_copy(const char *damaged, const char *saved, struct store_report *report)
{
    struct copy c = {.report = report};
    int rc;

    if (unlink(saved) < 0 && errno != ENOENT)
        return -errno;
    rc = sql_open(&c.to, saved, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    if (rc == 0 && sql_open(&c.from, damaged, SQLITE_OPEN_READWRITE) == 0) {
        /* the evidence stays as it is; cells are checked before they are believed */
        (void)sqlite3_db_config(c.from.db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
        (void)sql_exec(&c.from, "PRAGMA cell_size_check = ON"); /* a help, not a need */
    }
    if (rc == 0)
        rc = copy_all(&c);
    sql_close(&c.from);
    sql_close(&c.to);
    if (rc < 0)
        (void)unlink(saved); /* the next start removes it too */
    return rc;
}
