/* The ledger half of store.h: which days of which promises have news, and their lines.
 * A line's number only grows while others are there, so "newer" is "a higher number"; when
 * all were pruned the numbers begin again, and so does the cursor. */
#include <assert.h>

#include "daemon/store/state.h"

static int top(struct store *s, int64_t *ret)
{
    sqlite3_stmt *st = sql_use(&s->q, SQL_LEDGER_TOP, "SELECT ifnull(max(n), 0) FROM ledger", "");
    int rc = sql_next(&s->q, st);

    if (rc == 1) {
        *ret = sqlite3_column_int64(st, 0);
        sql_end(st);
    }
    return rc < 0 ? rc : 0;
}

int store_ledger_news(struct store *s, int64_t *cursor, int64_t since_day, store_ledger_fn *fn,
                      void *arg)
{
    int64_t newest = 0, from = *cursor;
    int rc = top(s, &newest);

    assert(s->phase == STORE_IDLE);
    if (rc < 0 || newest == from)
        return state_note(s, rc);
    if (newest < from)
        from = 0;
    sqlite3_stmt *st = sql_use(&s->q, SQL_LEDGER_NEWS,
                               "SELECT DISTINCT promise, day FROM ledger WHERE n > ? AND n <= ?"
                               " AND day >= ?",
                               "iii", from, newest, since_day);

    while ((rc = sql_next(&s->q, st)) == 1)
        fn(arg, sql_str(st, 0), sqlite3_column_int64(st, 1));
    if (rc == 0)
        *cursor = newest;
    return state_note(s, rc);
}

int store_ledger_day(struct store *s, struct str promise, int64_t day, store_line_fn *fn, void *arg)
{
    sqlite3_stmt *st = sql_use(&s->q, SQL_LEDGER_DAY,
                               "SELECT verdict, author, ratio FROM ledger WHERE day = ? AND"
                               " promise = ? ORDER BY n",
                               "is", day, promise);
    int rc;

    assert(s->phase == STORE_IDLE);
    while ((rc = sql_next(&s->q, st)) == 1)
        fn(arg, sql_str(st, 0), sql_str(st, 1), sqlite3_column_double(st, 2));
    return state_note(s, rc);
}
