/* Forgetting, in steps small enough for the event loop.
 *
 * Tables with an index on time lose their oldest rows. `seen` has none (it would
 * double the writes of every poll): a sweep walks its keys, STEP at a time, and
 * starts again when it reached the end. The ledger's authors go on a walk of
 * their own (authors.h). */
#include <assert.h>
#include <stdio.h>

#include "daemon/store/authors.h"
#include "daemon/store/state.h"

enum { STEP = 1000 };

#define DAY_MS 86400000ll

static int drop(struct store *s, enum sql_slot slot, const char *text, int64_t before, int *n)
{
    int rc = sql_run(&s->q, sql_use(&s->q, slot, text, "ii", before, (int64_t)STEP));

    if (rc == 0)
        *n += sqlite3_changes(s->q.db);
    return rc;
}

static int drop_sent(struct store *s, int64_t minute, int *n)
{
    int rc = drop(s, SQL_PRUNE_OUTBOX,
                  "DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox WHERE seq <="
                  " (SELECT max(seq) FROM mark WHERE minute < ?1) ORDER BY seq LIMIT ?2)",
                  minute, n);

    /* the highest mark stays: it says how far Redis got */
    if (rc == 0)
        rc = drop(s, SQL_PRUNE_MARK,
                  "DELETE FROM mark WHERE minute IN (SELECT minute FROM mark WHERE minute <"
                  " (SELECT max(minute) FROM mark WHERE minute < ?1) LIMIT ?2)",
                  minute, n);
    return rc;
}

static int sweep_end(struct store *s, struct str from, char ret[17])
{
    sqlite3_stmt *st = sql_use(&s->q, SQL_PRUNE_SEEN_END,
                               "SELECT mention FROM seen WHERE mention > ? ORDER BY mention"
                               " LIMIT 1 OFFSET ?",
                               "si", from, (int64_t)STEP);
    int rc = sql_next(&s->q, st);

    ret[0] = '\0'; /* the end of the table */
    if (rc == 1) {
        (void)snprintf(ret, 17, "%.*s", STR_ARG(sql_str(st, 0)));
        sql_end(st);
    }
    return rc < 0 ? rc : 0;
}

static int sweep_seen(struct store *s, int64_t before, int *n)
{
    char upto[17];
    int rc = sweep_end(s, str_of(s->seen_swept), upto);

    if (rc == 0)
        rc = sql_run(&s->q, sql_use(&s->q, SQL_PRUNE_SEEN,
                                    "DELETE FROM seen WHERE mention > ?1 AND"
                                    " (?2 = '' OR mention <= ?2) AND last_ms < ?3",
                                    "ssi", str_of(s->seen_swept), str_of(upto), before));
    if (rc == 0) {
        *n += sqlite3_changes(s->q.db);
        memcpy(s->seen_swept, upto, sizeof(upto));
    }
    return rc;
}

static int prune(struct store *s, const struct store_retention *keep, int64_t now_ms, int *n)
{
    int64_t alerts = now_ms - keep->alerts_ms;
    int rc = drop_sent(s, (now_ms - keep->sent_ms) / 60000, n);

    if (rc == 0)
        rc = sweep_seen(s, now_ms - keep->seen_ms, n);
    if (rc == 0)
        rc = drop(s, SQL_PRUNE_ALERT,
                  "DELETE FROM alert WHERE fingerprint IN (SELECT fingerprint FROM alert"
                  " WHERE last_ms < ? ORDER BY last_ms LIMIT ?)",
                  alerts, n);
    if (rc == 0)
        rc = drop(s, SQL_PRUNE_HELD,
                  "DELETE FROM held WHERE n IN (SELECT n FROM held WHERE at_ms < ? LIMIT ?)",
                  alerts, n);
    if (rc == 0)
        rc = drop(s, SQL_PRUNE_NOTE,
                  "DELETE FROM note WHERE n IN (SELECT n FROM note WHERE at_ms < ? LIMIT ?)",
                  alerts, n);
    if (rc == 0)
        rc = drop(s, SQL_PRUNE_LEDGER,
                  "DELETE FROM ledger WHERE n IN (SELECT n FROM ledger WHERE day < ? LIMIT ?)",
                  (now_ms - keep->ledger_ms) / DAY_MS, n);
    if (rc == 0)
        rc =
            drop(s, SQL_PRUNE_WEBMENTION,
                 "DELETE FROM webmention WHERE (source, url, target) IN (SELECT source, url, target"
                 " FROM webmention WHERE due_ms = 0 AND known_ms < ? LIMIT ?)",
                 alerts, n);
    if (rc == 0) /* a row may have waited long for Redis: twice what its entry stays there */
        rc =
            drop(s, SQL_PRUNE_LIST,
                 "DELETE FROM list WHERE name IN (SELECT name FROM list WHERE used_ms < ? LIMIT ?)",
                 now_ms - 2 * keep->alerts_ms, n);
    if (rc == 0)
        rc = authors_drop(s, alerts / DAY_MS, n);
    return rc;
}

int store_prune(struct store *s, const struct store_retention *keep, int64_t now_ms)
{
    int rc, n = 0;

    assert(s->phase == STORE_IDLE);
    rc = state_enter(s);
    if (rc == 0)
        rc = state_leave(s, prune(s, keep, now_ms, &n));
    if (rc < 0)
        authors_restart(s->authors);
    return rc < 0 ? rc : n;
}
