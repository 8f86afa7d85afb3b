/* The outbox half of store.h: rows waiting for Redis, marks of what it had, the dead.
 *
 * A row is never changed: that Redis has it is said by `mark`, one row a minute
 * with the highest acknowledged number. Marks above a lower acknowledgement are
 * deleted, so "Redis went back" needs no rewriting either. */
#include <assert.h>
#include <errno.h>

#include "daemon/store/state.h"

#define FLAT                                                                                       \
    "stream, json, id, type, status, severity, promise, owner, lang, title, url, owner_queue,"     \
    " owner_body"

/* To the hour: an event writes its row, and seldom this one. */
static int note_list(struct store *s, struct str name, int64_t now_ms)
{
    return sql_run(&s->q, sql_use(&s->q, SQL_LIST_PUT,
                                  "INSERT INTO list VALUES (?1, ?2) ON CONFLICT (name)"
                                  " DO UPDATE SET used_ms = ?2 WHERE used_ms < ?2 - 3600000",
                                  "si", name, now_ms));
}

int store_lists(struct store *s, struct arena *arena, struct str *ret, size_t max)
{
    sqlite3_stmt *st =
        sql_use(&s->q, SQL_LIST_EACH, "SELECT name FROM list ORDER BY used_ms DESC LIMIT ?", "i",
                (int64_t)max);
    int rc, n = 0;

    while ((rc = sql_next(&s->q, st)) == 1)
        ret[n++] = arena_str(arena, sql_str(st, 0));
    return rc < 0 ? state_note(s, rc) : n;
}

int store_queue(struct store *s, const struct desk_event *e, int64_t now_ms)
{
    sqlite3_stmt *st;

    assert(s->phase == STORE_BATCH && e->seq > 0 && e->seq <= s->seq);
    if (e->json.n > EVENT_BYTES_MAX)
        return -E2BIG;
    st = sql_use(&s->q, SQL_OUTBOX_PUT,
                 "INSERT INTO outbox (seq, queued_ms, " FLAT
                 ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                 "iisssssssssssss", (int64_t)e->seq, now_ms, str_of(event_stream_name(e->stream)),
                 e->json, e->id, e->type, e->status, e->severity, e->promise, e->owner, e->lang,
                 e->title, e->url, e->owner_queue, e->owner_body);
    int rc = sql_run(&s->q, st);

    if (rc == 0 && e->owner_queue.n)
        rc = note_list(s, e->owner_queue, now_ms);
    return state_note(s, rc);
}

static enum event_stream stream_named(struct str name)
{
    for (int i = 0; i < EVENT_STREAMS; i++)
        if (str_eq(name, str_of(event_stream_name((enum event_stream)i))))
            return (enum event_stream)i;
    return EVENT_OPS; /* a stream of a future version: told, rather than stuck */
}

static struct desk_event row_event(sqlite3_stmt *st)
{
    return (struct desk_event){
        .seq = (uint64_t)sqlite3_column_int64(st, 0),
        .stream = stream_named(sql_str(st, 2)),
        .json = sql_str(st, 3),
        .id = sql_str(st, 4),
        .type = sql_str(st, 5),
        .status = sql_str(st, 6),
        .severity = sql_str(st, 7),
        .promise = sql_str(st, 8),
        .owner = sql_str(st, 9),
        .lang = sql_str(st, 10),
        .title = sql_str(st, 11),
        .url = sql_str(st, 12),
        .owner_queue = sql_str(st, 13),
        .owner_body = sql_str(st, 14),
    };
}

int store_outbox_each(struct store *s, uint64_t after, unsigned max_rows, size_t max_bytes,
                      store_outbox_fn *fn, void *arg)
{
    sqlite3_stmt *st =
        sql_use(&s->q, SQL_OUTBOX_EACH,
                "SELECT seq, queued_ms, " FLAT " FROM outbox WHERE seq > ? ORDER BY seq LIMIT ?",
                "ii", (int64_t)after, (int64_t)max_rows);
    size_t bytes = 0;
    int rc, shown = 0;

    while ((rc = sql_next(&s->q, st)) == 1) {
        struct desk_event e = row_event(st);

        shown++;
        bytes += e.json.n;
        if (!fn(arg, &e, sqlite3_column_int64(st, 1)) || bytes >= max_bytes)
            break;
    }
    if (rc == 1)
        sql_end(st);
    return rc < 0 ? state_note(s, rc) : shown;
}

enum { COUNTED = 1000 };

/* Waiting rows are counted up to a thousand; reading a million of them took half a second.
 * Past that their numbers say it, which have gaps where rows were buried or forgotten. */
static uint64_t waiting(uint64_t counted, uint64_t last, uint64_t acked)
{
    return counted < COUNTED ? counted : last - acked;
}

int store_count(struct store *s, struct store_counts *ret)
{
    sqlite3_stmt *st = sql_use(&s->q, SQL_COUNT,
                               "SELECT a.seq, (SELECT count(*) FROM"
                               " (SELECT 1 FROM outbox WHERE seq > a.seq LIMIT ?)),"
                               " (SELECT count(*) FROM dead)"
                               " FROM (SELECT ifnull(max(seq), 0) AS seq FROM mark) AS a",
                               "i", (int64_t)COUNTED);
    int rc = sql_next(&s->q, st);

    if (rc < 0)
        return state_note(s, rc);
    ret->last_seq = s->committed;
    ret->acked = (uint64_t)sqlite3_column_int64(st, 0);
    ret->pending = waiting((uint64_t)sqlite3_column_int64(st, 1), ret->last_seq, ret->acked);
    ret->dead = (uint64_t)sqlite3_column_int64(st, 2);
    sql_end(st);
    return 0;
}

/* --- acknowledgements ------------------------------------------------------------ */

static int put_mark(struct store *s, uint64_t seq, int64_t minute)
{
    /* marks of the future: the clock went back */
    int rc =
        sql_run(&s->q, sql_use(&s->q, SQL_MARK_VOID, "DELETE FROM mark WHERE seq > ? OR minute > ?",
                               "ii", (int64_t)seq, minute));

    if (rc == 0)
        rc = sql_run(&s->q, sql_use(&s->q, SQL_MARK_PUT, "INSERT OR REPLACE INTO mark VALUES (?,?)",
                                    "ii", minute, (int64_t)seq));
    return rc;
}

int store_ack(struct store *s, uint64_t seq, int64_t now_ms)
{
    int rc;

    assert(s->phase == STORE_IDLE);
    rc = sql_exec(&s->q, "PRAGMA synchronous = NORMAL");
    if (rc == 0)
        rc = state_enter(s);
    if (rc == 0)
        rc = state_leave(s, put_mark(s, seq, now_ms / 60000));
    if (sql_exec(&s->q, "PRAGMA synchronous = FULL") < 0)
        rc = state_note(s, -EIO); /* never seen; batches must not go on unsynced */
    return rc;
}

/* --- the dead -------------------------------------------------------------------- */

int store_bury(struct store *s, uint64_t seq, struct str reason, int64_t now_ms)
{
    int rc;

    assert(s->phase == STORE_IDLE);
    rc = state_enter(s);
    if (rc < 0)
        return rc;
    rc = sql_run(&s->q, sql_use(&s->q, SQL_DEAD_PUT,
                                "INSERT OR REPLACE INTO dead SELECT seq, ?2, ?3, " FLAT
                                " FROM outbox WHERE seq = ?1",
                                "iis", (int64_t)seq, now_ms, reason));
    if (rc == 0)
        rc = sql_run(&s->q, sql_use(&s->q, SQL_OUTBOX_DROP, "DELETE FROM outbox WHERE seq = ?", "i",
                                    (int64_t)seq));
    return state_leave(s, rc);
}

int store_dead_each(struct store *s, store_dead_fn *fn, void *arg)
{
    sqlite3_stmt *st = sql_use(&s->q, SQL_DEAD_EACH,
                               "SELECT seq, buried_ms, reason, stream, id, promise, owner, title"
                               " FROM dead ORDER BY seq",
                               "");
    int rc;

    while ((rc = sql_next(&s->q, st)) == 1) {
        struct store_dead row = {
            .seq = (uint64_t)sqlite3_column_int64(st, 0),
            .buried_ms = sqlite3_column_int64(st, 1),
            .reason = sql_str(st, 2),
            .stream = sql_str(st, 3),
            .id = sql_str(st, 4),
            .promise = sql_str(st, 5),
            .owner = sql_str(st, 6),
            .title = sql_str(st, 7),
        };

        if (!fn(arg, &row)) {
            sql_end(st);
            return 0;
        }
    }
    return state_note(s, rc);
}

/* Moves the oldest dead row (or `seq`) to the end of the outbox: 1 moved, 0 none. */
static int revive(struct store *s, uint64_t seq, int64_t now_ms)
{
    sqlite3_stmt *st = sql_use(&s->q, SQL_DEAD_FIRST,
                               "SELECT seq FROM dead WHERE ?1 = 0 OR seq = ?1 ORDER BY seq LIMIT 1",
                               "i", (int64_t)seq);
    int rc = sql_next(&s->q, st);
    int64_t old;

    if (rc <= 0)
        return rc;
    old = sqlite3_column_int64(st, 0);
    sql_end(st);
    s->seq++;
    rc = sql_run(&s->q,
                 sql_use(&s->q, SQL_DEAD_QUEUE,
                         "INSERT INTO outbox SELECT ?2, ?3, " FLAT " FROM dead WHERE seq = ?1",
                         "iii", old, (int64_t)s->seq, now_ms));
    if (rc == 0)
        rc = sql_run(&s->q,
                     sql_use(&s->q, SQL_DEAD_DROP, "DELETE FROM dead WHERE seq = ?", "i", old));
    return rc < 0 ? rc : 1;
}

int store_dead_retry(struct store *s, uint64_t seq, int64_t now_ms)
{
    int rc, moved = 0;

    assert(s->phase == STORE_IDLE);
    rc = state_enter(s);
    if (rc < 0)
        return rc;
    while ((rc = revive(s, seq, now_ms)) == 1)
        moved++;
    rc = state_leave(s, rc);
    return rc < 0 ? rc : moved;
}
