/* The desk's memory (lib/desk/recall.h) over the state file: each question is one
 * prepared statement inside the transaction of the batch, so what the desk was
 * told and what it then decided are kept or lost together. */
#include "daemon/store/state.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>

#define DAY_MS 86400000ll

static struct store *store_of(struct recall *r)
{
    struct store *s = (struct store *)((char *)r - offsetof(struct store, recall));

    assert(s->phase == STORE_BATCH);
    arena_reset(s->scratch); /* what came back before is now forgotten */
    return s;
}

static int keep(struct store *s, sqlite3_stmt *st, int column, struct str *ret)
{
    *ret = arena_str(s->scratch, sql_str(st, column));
    return ret->p ? 0 : -ENOMEM;
}

/* --- seen ---------------------------------------------------------------------- */

static int seen_touch(struct store *s, struct str mention, struct str content, int64_t now_ms)
{
    return sql_run(&s->q, sql_use(&s->q, SQL_SEEN_TOUCH,
                                  "UPDATE seen SET content = ?2, last_ms = ?3 WHERE mention = ?1",
                                  "ssi", mention, content, now_ms));
}

static int seen(struct recall *r, struct str mention, struct str content, int64_t now_ms,
                enum recall_seen *ret)
{
    struct store *s = store_of(r);
    sqlite3_stmt *st = sql_use(&s->q, SQL_SEEN_GET,
                               "SELECT content, last_ms FROM seen WHERE mention = ?", "s", mention);
    int rc = sql_next(&s->q, st);
    enum recall_seen found = RECALL_NEW;
    int64_t last_ms = 0;

    if (rc == 1) {
        found = str_eq(sql_str(st, 0), content) ? RECALL_SAME : RECALL_CHANGED;
        last_ms = sqlite3_column_int64(st, 1);
        sql_end(st);
        rc = 0;
        /* one write a day is enough to keep an item that is still shown */
        if (found == RECALL_CHANGED || now_ms - last_ms > DAY_MS)
            rc = seen_touch(s, mention, content, now_ms);
    } else if (rc == 0) {
        rc = sql_run(&s->q, sql_use(&s->q, SQL_SEEN_PUT, "INSERT INTO seen VALUES (?, ?, ?3, ?3)",
                                    "ssi", mention, content, now_ms));
    }
    if (rc == 0)
        *ret = found;
    return state_note(s, rc);
}

/* --- alerts -------------------------------------------------------------------- */

#define ALERT_COLUMNS                                                                              \
    "fingerprint, promise, id, content, author, revision, count, authors, sources, first_ms,"      \
    " last_ms, state"

static int alert_read(struct store *s, sqlite3_stmt *st, struct recall_alert *ret)
{
    struct recall_alert a = {0};
    struct str *texts[] = {&a.fingerprint, &a.promise, &a.id, &a.content, &a.author};
    int rc = sql_next(&s->q, st);
    bool found = rc == 1;

    for (int i = 0; rc == 1 && i < (int)ARRAY_LEN(texts); i++)
        rc = keep(s, st, i, texts[i]) < 0 ? -ENOMEM : 1;
    if (rc == 1)
        rc = keep(s, st, 11, &a.state_json);
    if (rc == 0 && found) {
        a.revision = (uint32_t)sqlite3_column_int64(st, 5);
        a.count = (uint32_t)sqlite3_column_int64(st, 6);
        a.authors = (uint32_t)sqlite3_column_int64(st, 7);
        a.sources = (uint32_t)sqlite3_column_int64(st, 8);
        a.first_ms = sqlite3_column_int64(st, 9);
        a.last_ms = sqlite3_column_int64(st, 10);
    }
    if (st)
        sql_end(st);
    if (rc == 0)
        *ret = a;
    return state_note(s, rc);
}

static int alert_by_content(struct recall *r, struct str promise, struct str content,
                            int64_t since_ms, struct recall_alert *ret)
{
    struct store *s = store_of(r);

    return alert_read(s,
                      sql_use(&s->q, SQL_ALERT_BY_CONTENT,
                              "SELECT " ALERT_COLUMNS " FROM alert WHERE promise = ? AND"
                              " content = ? AND last_ms >= ? ORDER BY last_ms DESC LIMIT 1",
                              "ssi", promise, content, since_ms),
                      ret);
}

static int alert_by_fingerprint(struct recall *r, struct str fingerprint, struct recall_alert *ret)
{
    struct store *s = store_of(r);

    return alert_read(s,
                      sql_use(&s->q, SQL_ALERT_BY_FINGERPRINT,
                              "SELECT " ALERT_COLUMNS " FROM alert WHERE fingerprint = ?", "s",
                              fingerprint),
                      ret);
}

static int alert_put(struct recall *r, const struct recall_alert *a)
{
    struct store *s = store_of(r);
    sqlite3_stmt *st =
        sql_use(&s->q, SQL_ALERT_PUT,
                "INSERT OR REPLACE INTO alert (" ALERT_COLUMNS ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
                "sssssiiiiiis", a->fingerprint, a->promise, a->id, a->content, a->author,
                (int64_t)a->revision, (int64_t)a->count, (int64_t)a->authors, (int64_t)a->sources,
                a->first_ms, a->last_ms, a->state_json);

    return state_note(s, sql_run(&s->q, st));
}

static int next_seq(struct recall *r, uint64_t *ret)
{
    *ret = ++store_of(r)->seq;
    return 0;
}

/* --- denials held back ---------------------------------------------------------- */

/* Mentions and distinct authors; without an author each mention counts as its own. */
static int two_counts(struct store *s, sqlite3_stmt *st, uint32_t *ret_mentions,
                      uint32_t *ret_authors)
{
    int rc = sql_next(&s->q, st);

    if (rc == 1) {
        *ret_mentions = (uint32_t)sqlite3_column_int64(st, 0);
        *ret_authors = (uint32_t)sqlite3_column_int64(st, 1);
        sql_end(st);
    }
    return rc < 0 ? rc : 0;
}

#define COUNTS "count(*), count(DISTINCT CASE author WHEN '' THEN n ELSE author END)"

static int hold(struct recall *r, struct str promise, struct str fingerprint, struct str author,
                int64_t at_ms, struct str mention_json, int64_t since_ms, uint32_t *ret_mentions,
                uint32_t *ret_authors)
{
    struct store *s = store_of(r);
    int rc =
        sql_run(&s->q, sql_use(&s->q, SQL_HELD_PUT,
                               "INSERT OR REPLACE INTO held (promise, fingerprint, author, at_ms,"
                               " mention) VALUES (?,?,?,?,?)",
                               "sssis", promise, fingerprint, author, at_ms, mention_json));

    if (rc == 0)
        rc = two_counts(s,
                        sql_use(&s->q, SQL_HELD_COUNT,
                                "SELECT " COUNTS " FROM held WHERE promise = ? AND at_ms >= ?",
                                "si", promise, since_ms),
                        ret_mentions, ret_authors);
    return state_note(s, rc);
}

static int release(struct recall *r, struct str promise, struct str *ret_json)
{
    struct store *s = store_of(r);
    sqlite3_stmt *st = sql_use(&s->q, SQL_HELD_FIRST,
                               "SELECT n, mention FROM held WHERE promise = ? ORDER BY at_ms, n"
                               " LIMIT 1",
                               "s", promise);
    struct str json = STR_NONE;
    int rc = sql_next(&s->q, st);

    if (rc == 1) {
        int64_t n = sqlite3_column_int64(st, 0);

        rc = keep(s, st, 1, &json);
        sql_end(st);
        if (rc == 0)
            rc = sql_run(&s->q,
                         sql_use(&s->q, SQL_HELD_DROP, "DELETE FROM held WHERE n = ?", "i", n));
    }
    if (rc == 0)
        *ret_json = json;
    return state_note(s, rc);
}

/* --- severity and the ledger ----------------------------------------------------- */

static int note(struct recall *r, struct str promise, struct str author, int64_t at_ms)
{
    struct store *s = store_of(r);

    return state_note(
        s, sql_run(&s->q, sql_use(&s->q, SQL_NOTE_PUT,
                                  "INSERT INTO note (promise, author, at_ms) VALUES (?,?,?)", "ssi",
                                  promise, author, at_ms)));
}

static int count(struct recall *r, struct str promise, int64_t since_ms, uint32_t *ret_mentions,
                 uint32_t *ret_authors)
{
    struct store *s = store_of(r);

    return state_note(
        s, two_counts(s,
                      sql_use(&s->q, SQL_NOTE_COUNT,
                              "SELECT " COUNTS " FROM note WHERE promise = ? AND at_ms >= ?", "si",
                              promise, since_ms),
                      ret_mentions, ret_authors));
}

static int ledger(struct recall *r, struct str promise, int64_t at_ms, struct str verdict,
                  struct str author, double ratio)
{
    struct store *s = store_of(r);
    int64_t day = (at_ms - (at_ms < 0 ? DAY_MS - 1 : 0)) / DAY_MS;

    return state_note(
        s, sql_run(&s->q, sql_use(&s->q, SQL_LEDGER_PUT,
                                  "INSERT INTO ledger (promise, day, verdict, author, ratio)"
                                  " VALUES (?,?,?,?,?)",
                                  "sissd", promise, day, verdict, author, ratio)));
}

/* --- what the desk keeps in mind -------------------------------------------------- */

static int state_get(struct recall *r, struct str kind, struct str key, struct str *ret_json)
{
    struct store *s = store_of(r);
    sqlite3_stmt *st = sql_use(&s->q, SQL_DESK_GET,
                               "SELECT json FROM desk WHERE kind = ? AND key = ?", "ss", kind, key);
    struct str json = STR_NONE;
    int rc = sql_next(&s->q, st);

    if (rc == 1) {
        rc = keep(s, st, 0, &json);
        sql_end(st);
    }
    if (rc == 0)
        *ret_json = json;
    return state_note(s, rc);
}

static int state_put(struct recall *r, struct str kind, struct str key, struct str json,
                     int64_t due_ms)
{
    struct store *s = store_of(r);

    return state_note(s, sql_run(&s->q, sql_use(&s->q, SQL_DESK_PUT,
                                                "INSERT OR REPLACE INTO desk VALUES (?,?,?,?)",
                                                "ssis", kind, key, due_ms, json)));
}

static int state_drop(struct recall *r, struct str kind, struct str key)
{
    struct store *s = store_of(r);

    return state_note(
        s, sql_run(&s->q, sql_use(&s->q, SQL_DESK_DROP,
                                  "DELETE FROM desk WHERE kind = ? AND key = ?", "ss", kind, key)));
}

static int state_due(struct recall *r, int64_t now_ms, struct recall_state *ret)
{
    struct store *s = store_of(r);
    sqlite3_stmt *st = sql_use(&s->q, SQL_DESK_DUE,
                               "SELECT kind, key, json FROM desk WHERE due_ms <= ? ORDER BY due_ms"
                               " LIMIT 1",
                               "i", now_ms);
    struct recall_state found = {0};
    int rc = sql_next(&s->q, st);

    if (rc == 1) {
        rc = keep(s, st, 0, &found.kind);
        if (rc == 0)
            rc = keep(s, st, 1, &found.key);
        if (rc == 0)
            rc = keep(s, st, 2, &found.json);
        sql_end(st);
    }
    if (rc == 0)
        *ret = found;
    return state_note(s, rc);
}

void recollect_init(struct store *s)
{
    s->recall = (struct recall){
        .seen = seen,
        .alert_by_content = alert_by_content,
        .alert_by_fingerprint = alert_by_fingerprint,
        .alert_put = alert_put,
        .next_seq = next_seq,
        .hold = hold,
        .release = release,
        .note = note,
        .count = count,
        .state_get = state_get,
        .state_put = state_put,
        .state_drop = state_drop,
        .state_due = state_due,
        .ledger = ledger,
    };
}

struct recall *store_recall(struct store *s)
{
    assert(s->phase == STORE_BATCH);
    return &s->recall;
}
