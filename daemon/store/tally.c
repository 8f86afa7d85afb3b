/* The ledger half of store.h: which days of which promises have news, and their lines.
 * A line's number only grows while others are there, so "newer" is "a higher number"; when
 * all were pruned the numbers begin again, and so does the cursor. */
#include <assert.h>

#include "daemon/store/state.h"

/* The number of the last line of the portion behind `from`; `from` itself: there are none. */
static int portion_end(struct store *s, int64_t from, int64_t *ret)
{
    sqlite3_stmt *st = sql_use(&s->q, SQL_LEDGER_TOP,
                               "SELECT max(n), (SELECT ifnull(max(n), 0) FROM ledger) FROM"
                               " (SELECT n FROM ledger WHERE n > ? ORDER BY n LIMIT ?)",
                               "ii", from, (int64_t)STORE_LEDGER_MAX);
    int rc = sql_next(&s->q, st);

    if (rc == 1) {
        bool none = sqlite3_column_type(st, 0) == SQLITE_NULL;

        *ret = sqlite3_column_int64(st, none ? 1 : 0);
        sql_end(st);
    }
    return rc < 0 ? rc : 0;
}

int store_ledger_news(struct store *s, int64_t *cursor, int64_t since_day, store_ledger_fn *fn,
                      void *arg)
{
    int64_t upto = 0, n = 0;
    int rc = portion_end(s, *cursor, &upto);

    assert(s->phase == STORE_IDLE);
    if (rc < 0 || upto == *cursor)
        return state_note(s, rc);
    if (upto < *cursor) { /* they begin again */
        *cursor = 0;
        return 1;
    }
    sqlite3_stmt *st =
        sql_use(&s->q, SQL_LEDGER_NEWS,
                "SELECT promise, day, count(*) FROM ledger NOT INDEXED WHERE n > ? AND n <= ?"
                " GROUP BY day, promise",
                "ii", *cursor, upto);

    while ((rc = sql_next(&s->q, st)) == 1) {
        n += sqlite3_column_int64(st, 2);
        if (sqlite3_column_int64(st, 1) >= since_day)
            fn(arg, sql_str(st, 0), sqlite3_column_int64(st, 1));
    }
    if (rc < 0)
        return state_note(s, rc);
    *cursor = upto;
    return n == STORE_LEDGER_MAX;
}

int store_ledger_day(struct store *s, struct str promise, int64_t day, int64_t *cursor,
                     store_line_fn *fn, void *arg)
{
    sqlite3_stmt *st = sql_use(&s->q, SQL_LEDGER_DAY,
                               "SELECT verdict, author, ratio, n FROM ledger WHERE day = ? AND"
                               " promise = ? AND n > ? ORDER BY n LIMIT ?",
                               "isii", day, promise, *cursor, (int64_t)STORE_LEDGER_MAX);
    int rc, n = 0;

    assert(s->phase == STORE_IDLE);
    for (; (rc = sql_next(&s->q, st)) == 1; n++) {
        fn(arg, sql_str(st, 0), sql_str(st, 1), sqlite3_column_double(st, 2));
        *cursor = sqlite3_column_int64(st, 3);
    }
    return rc < 0 ? state_note(s, rc) : n == STORE_LEDGER_MAX;
}
