/* Forgetting people and posts. What a person asks for are scans: rare, and bounded by the
 * retention; an index for them would cost every write. What networks ask for, as they
 * tell which posts were deleted, is frequent and mostly about posts without an alert:
 * that is found by fingerprint. */
#include <assert.h>
#include <errno.h>

#include "daemon/store/state.h"
#include "lib/data/json.h"

#define COLUMNS "fingerprint, promise, id, content, author, revision, state"

static int read_alert(sqlite3_stmt *st, struct arena *arena, struct recall_alert *ret)
{
    *ret = (struct recall_alert){
        .fingerprint = arena_str(arena, sql_str(st, 0)),
        .promise = arena_str(arena, sql_str(st, 1)),
        .id = arena_str(arena, sql_str(st, 2)),
        .content = arena_str(arena, sql_str(st, 3)),
        .author = arena_str(arena, sql_str(st, 4)),
        .revision = (uint32_t)sqlite3_column_int64(st, 5),
        .state_json = arena_str(arena, sql_str(st, 6)),
    };
    return arena_exhausted(arena) ? -ENOMEM : 0;
}

int store_alert_by_id(struct store *s, struct str id, struct arena *arena, struct recall_alert *ret)
{
    sqlite3_stmt *st = sql_use(&s->q, SQL_ALERT_BY_ID,
                               "SELECT " COLUMNS " FROM alert WHERE id = ? LIMIT 1", "s", id);
    int rc = sql_next(&s->q, st);

    assert(s->phase == STORE_BATCH);
    *ret = (struct recall_alert){0};
    if (rc == 1) {
        rc = read_alert(st, arena, ret);
        sql_end(st);
    }
    return state_note(s, rc);
}

static sqlite3_stmt *ask(struct store *s, enum store_forget_by by, struct str what)
{
    if (by == STORE_FORGET_PRINTS)
        return sql_use(&s->q, SQL_FORGET_FIND_PRINTS,
                       "SELECT " COLUMNS " FROM alert WHERE fingerprint IN"
                       " (SELECT value FROM json_each(?1)) LIMIT ?2",
                       "si", what, (int64_t)STORE_FORGET_MAX);
    return sql_use(&s->q, SQL_FORGET_FIND,
                   "SELECT " COLUMNS " FROM alert WHERE (?1 = 0 AND author = ?2) OR"
                   " (?1 = 1 AND json_extract(state, '$.url') = ?2) LIMIT ?3",
                   "isi", (int64_t)by, what, (int64_t)STORE_FORGET_MAX);
}

static int find(struct store *s, enum store_forget_by by, struct str what, struct arena *arena,
                struct recall_alert *ret)
{
    sqlite3_stmt *st = ask(s, by, what);
    int rc, n = 0;

    while ((rc = sql_next(&s->q, st)) == 1) {
        rc = read_alert(st, arena, &ret[n]);
        if (rc < 0) {
            sql_end(st);
            return rc;
        }
        n++;
    }
    return rc < 0 ? rc : n;
}

enum listed { LIST_IDS, LIST_PRINTS };

/* ["01K…","01K…"]: SQL has no lists of parameters. */
static struct str list(struct arena *arena, const struct recall_alert *alerts, int n,
                       enum listed which)
{
    struct sbuf b = SBUF_INIT(64 * STORE_FORGET_MAX);
    struct json_writer w;

    json_writer_init(&w, &b);
    json_open_array(&w);
    for (int i = 0; i < n; i++)
        json_str(&w, which == LIST_IDS ? alerts[i].id : alerts[i].fingerprint);
    json_close_array(&w);
    struct str text = arena_str(arena, sbuf_str(&b));

    sbuf_done(&b);
    return text;
}

static int erase_alerts(struct store *s, struct str ids, struct str prints)
{
    struct sql *q = &s->q;
    int rc = sql_run(q, sql_use(q, SQL_FORGET_ALERT,
                                "DELETE FROM alert WHERE fingerprint IN"
                                " (SELECT value FROM json_each(?))",
                                "s", prints));

    if (rc == 0)
        rc = sql_run(q, sql_use(q, SQL_FORGET_OUTBOX,
                                "DELETE FROM outbox WHERE id IN (SELECT value FROM json_each(?))",
                                "s", ids));
    if (rc == 0)
        rc = sql_run(q, sql_use(q, SQL_FORGET_DEAD,
                                "DELETE FROM dead WHERE id IN (SELECT value FROM json_each(?))",
                                "s", ids));
    return rc;
}

static int erase_held(struct store *s, enum store_forget_by by, struct str what)
{
    struct sql *q = &s->q;

    if (by == STORE_FORGET_PRINTS)
        return sql_run(q, sql_use(q, SQL_FORGET_HELD_PRINTS,
                                  "DELETE FROM held WHERE fingerprint IN"
                                  " (SELECT value FROM json_each(?))",
                                  "s", what));
    return sql_run(q, sql_use(q, SQL_FORGET_HELD,
                              "DELETE FROM held WHERE (?1 = 0 AND author = ?2) OR (?1 = 1 AND"
                              " (json_extract(mention, '$.url') = ?2 OR"
                              " json_extract(mention, '$.id') = ?2))",
                              "is", (int64_t)by, what));
}

static int erase_traces(struct store *s, enum store_forget_by by, struct str what,
                        struct str prints)
{
    struct sql *q = &s->q;
    int rc = 0;

    /* threads of its alerts; with an author also what quotes his hash (gaps, threads) */
    if (rc == 0)
        rc = sql_run(q, sql_use(q, SQL_FORGET_DESK,
                                "DELETE FROM desk WHERE key IN (SELECT value FROM json_each(?1))"
                                " OR json LIKE '{%' AND (json_extract(json, '$.alert') IN"
                                " (SELECT value FROM json_each(?1))"
                                " OR (?2 = 0 AND instr(json, '\"' || ?3 || '\"') > 0))",
                                "sis", prints, (int64_t)by, what));
    if (rc == 0 && by == STORE_FORGET_AUTHOR)
        rc =
            sql_run(q, sql_use(q, SQL_FORGET_NOTE, "DELETE FROM note WHERE author = ?", "s", what));
    if (rc == 0 && by == STORE_FORGET_AUTHOR)
        rc = sql_run(q, sql_use(q, SQL_FORGET_LEDGER,
                                "UPDATE ledger SET author = '' WHERE author = ?", "s", what));
    if (rc == 0 && by == STORE_FORGET_URL)
        rc = sql_run(q, sql_use(q, SQL_FORGET_WEBMENTION, "DELETE FROM webmention WHERE url = ?",
                                "s", what));
    return rc;
}

int store_forget(struct store *s, enum store_forget_by by, struct str what, struct arena *arena,
                 struct recall_alert **ret)
{
    struct recall_alert *alerts = arena_array(arena, STORE_FORGET_MAX, sizeof(*alerts));
    int n;

    assert(s->phase == STORE_BATCH && what.n > 0);
    if (!alerts)
        return -ENOMEM;
    n = find(s, by, what, arena, alerts);
    if (n < 0)
        return state_note(s, n);
    int rc = erase_held(s, by, what);

    if (rc < 0 || (n == 0 && by == STORE_FORGET_PRINTS)) {
        *ret = alerts;
        return state_note(s, rc);
    }
    struct str prints = list(arena, alerts, n, LIST_PRINTS);

    rc = erase_alerts(s, list(arena, alerts, n, LIST_IDS), prints);

    if (rc == 0)
        rc = erase_traces(s, by, what, prints);
    if (rc < 0)
        return state_note(s, rc);
    *ret = alerts;
    return n;
}
