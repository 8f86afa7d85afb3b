#include "daemon/store/schema.h"

#include <assert.h>

#include "daemon/store/store.h"

#define OUTBOX_COLUMNS                                                                             \
    " stream TEXT NOT NULL, json TEXT NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL,"             \
    " status TEXT NOT NULL, severity TEXT NOT NULL, promise TEXT NOT NULL,"                        \
    " owner TEXT NOT NULL, lang TEXT NOT NULL, title TEXT NOT NULL, url TEXT NOT NULL,"            \
    " owner_queue TEXT NOT NULL"

static const char *const migrations[] = {
    /* 1: the first release */
    /* the numbering of events; one row */
    "CREATE TABLE meta (one INTEGER PRIMARY KEY CHECK (one = 1), epoch TEXT NOT NULL,"
    " seq INTEGER NOT NULL, probe BLOB NOT NULL);"
    /* every mention ever heard; last_ms moves while a source still shows it, so that
       an old post at the end of a feed is not new again after the retention */
    "CREATE TABLE seen (mention TEXT PRIMARY KEY, content TEXT NOT NULL,"
    " first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE alert (fingerprint TEXT PRIMARY KEY, promise TEXT NOT NULL, id TEXT NOT NULL,"
    " content TEXT NOT NULL, author TEXT NOT NULL, revision INTEGER NOT NULL,"
    " count INTEGER NOT NULL, authors INTEGER NOT NULL, sources INTEGER NOT NULL,"
    " first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, state TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX alert_content ON alert (promise, content, last_ms);"
    "CREATE INDEX alert_last ON alert (last_ms);"
    /* denials waiting for company */
    "CREATE TABLE held (n INTEGER PRIMARY KEY, promise TEXT NOT NULL, fingerprint TEXT NOT NULL,"
    " author TEXT NOT NULL, at_ms INTEGER NOT NULL, mention TEXT NOT NULL);"
    "CREATE UNIQUE INDEX held_once ON held (promise, fingerprint);"
    /* who broke what, for severity */
    "CREATE TABLE note (n INTEGER PRIMARY KEY, promise TEXT NOT NULL, author TEXT NOT NULL,"
    " at_ms INTEGER NOT NULL);"
    "CREATE INDEX note_promise ON note (promise, at_ms);"
    "CREATE TABLE ledger (n INTEGER PRIMARY KEY, promise TEXT NOT NULL, day INTEGER NOT NULL,"
    " verdict TEXT NOT NULL, author TEXT NOT NULL, ratio REAL NOT NULL);"
    "CREATE INDEX ledger_day ON ledger (day, promise);"
    "CREATE TABLE source (id TEXT PRIMARY KEY, url TEXT NOT NULL, etag TEXT NOT NULL,"
    " last_modified TEXT NOT NULL, cursor TEXT NOT NULL, body TEXT NOT NULL,"
    " moved_to TEXT NOT NULL, moves INTEGER NOT NULL, failures INTEGER NOT NULL,"
    " status INTEGER NOT NULL, next_ms INTEGER NOT NULL, interval_ms INTEGER NOT NULL,"
    " last_ok_ms INTEGER NOT NULL, last_new_ms INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE outbox (seq INTEGER PRIMARY KEY, queued_ms INTEGER NOT NULL," OUTBOX_COLUMNS ");"
    "CREATE TABLE dead (seq INTEGER PRIMARY KEY, buried_ms INTEGER NOT NULL,"
    " reason TEXT NOT NULL," OUTBOX_COLUMNS ");"
    /* minute by minute, what Redis had said yes to: one small row instead of a
       flag in every outbox row */
    "CREATE TABLE mark (minute INTEGER PRIMARY KEY, seq INTEGER NOT NULL);"
    "INSERT INTO meta VALUES (1, '', 0, '');",
    /* 2: what the desk keeps in mind (incidents, threads, answers awaited) */
    "CREATE TABLE desk (kind TEXT NOT NULL, key TEXT NOT NULL, due_ms INTEGER NOT NULL,"
    " json TEXT NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID;"
    "CREATE INDEX desk_due ON desk (due_ms);",
    /* 3: consumers speak of alerts by their id */
    "CREATE INDEX alert_id ON alert (id);",
    /* 4: what goes to an owner's own list may differ from the event */
    ("ALTER TABLE outbox ADD COLUMN owner_body TEXT NOT NULL DEFAULT '';"
     "ALTER TABLE dead ADD COLUMN owner_body TEXT NOT NULL DEFAULT '';"),
    /* 5: what a source cost and brought, and why it fails, for people */
    ("ALTER TABLE source ADD COLUMN why TEXT NOT NULL DEFAULT '';"
     "ALTER TABLE source ADD COLUMN detail TEXT NOT NULL DEFAULT '';"
     "ALTER TABLE source ADD COLUMN polls INTEGER NOT NULL DEFAULT 0;"
     "ALTER TABLE source ADD COLUMN not_modified INTEGER NOT NULL DEFAULT 0;"
     "ALTER TABLE source ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;"
     "ALTER TABLE source ADD COLUMN full_bytes INTEGER NOT NULL DEFAULT 0;"
     "ALTER TABLE source ADD COLUMN saved_bytes INTEGER NOT NULL DEFAULT 0;"
     "ALTER TABLE source ADD COLUMN posts INTEGER NOT NULL DEFAULT 0;"
     "ALTER TABLE source ADD COLUMN recent REAL NOT NULL DEFAULT 0;"
     "ALTER TABLE source ADD COLUMN recent_ms INTEGER NOT NULL DEFAULT 0;"
     "ALTER TABLE source ADD COLUMN since_ms INTEGER NOT NULL DEFAULT 0;"),
    /* 6: what hubs were asked for, and the webmentions received: those waiting have a due
       time, those verified once say when */
    ("CREATE TABLE subscription (token TEXT PRIMARY KEY, source TEXT NOT NULL, feed TEXT NOT NULL,"
     " hub TEXT NOT NULL, topic TEXT NOT NULL, callback TEXT NOT NULL, secret TEXT NOT NULL,"
     " wish INTEGER NOT NULL, state INTEGER NOT NULL, network INTEGER NOT NULL,"
     " delivers INTEGER NOT NULL, failures INTEGER NOT NULL, lease_end_ms INTEGER NOT NULL,"
     " due_ms INTEGER NOT NULL) WITHOUT ROWID;"
     "CREATE TABLE webmention (source TEXT NOT NULL, url TEXT NOT NULL, target TEXT NOT NULL,"
     " tries INTEGER NOT NULL, due_ms INTEGER NOT NULL, known_ms INTEGER NOT NULL,"
     " PRIMARY KEY (source, url, target)) WITHOUT ROWID;"),
    /* 7: the owners' lists in Redis that events went to: they age also when no rule names them */
    ("CREATE TABLE list (name TEXT PRIMARY KEY, used_ms INTEGER NOT NULL) WITHOUT ROWID;"
     "INSERT INTO list SELECT owner_queue, max(queued_ms) FROM outbox WHERE owner_queue != ''"
     " GROUP BY owner_queue;"),
};

static const char *const tables[] = {
    "meta", "mark",   "outbox", "dead",         "seen",       "alert", "held", "source",
    "note", "ledger", "desk",   "subscription", "webmention", "list",  NULL,
};

unsigned schema_version(void)
{
    return ARRAY_LEN(migrations);
}

const char *const *schema_tables(void)
{
    return tables;
}

int schema_check(struct sql *q, unsigned *ret_version)
{
    int64_t app = 0, version = 0, objects = 0;
    int rc = sql_int(q, "PRAGMA application_id", &app);

    if (rc == 0)
        rc = sql_int(q, "PRAGMA user_version", &version);
    if (rc == 0)
        rc = sql_int(q, "SELECT count(*) FROM sqlite_schema", &objects);
    if (rc < 0)
        return rc;
    if (app != SCHEMA_APPLICATION_ID && (app != 0 || objects > 0))
        return STORE_E_FOREIGN;
    if (version < 0 || version > (int64_t)schema_version())
        return STORE_E_NEWER;
    *ret_version = (unsigned)version;
    return 0;
}

static int run_one(struct sql *q, unsigned i)
{
    struct sbuf text = SBUF_INIT(64 * 1024);
    int rc;

    sbuf_printf(&text,
                "BEGIN IMMEDIATE; %s PRAGMA application_id = %d; PRAGMA user_version = %u; COMMIT",
                migrations[i], SCHEMA_APPLICATION_ID, i + 1);
    assert(!text.full);
    rc = sql_exec(q, sbuf_cstr(&text));
    sbuf_done(&text);
    if (rc < 0 && !sqlite3_get_autocommit(q->db))
        (void)sql_exec(q, "ROLLBACK"); /* the first failure is the one to tell */
    return rc;
}

int schema_migrate(struct sql *q, unsigned from)
{
    int rc = 0;

    for (unsigned i = from; rc == 0 && i < ARRAY_LEN(migrations); i++)
        rc = run_one(q, i);
    return rc;
}
