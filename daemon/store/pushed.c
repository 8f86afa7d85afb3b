/* What others push, in store.h: subscriptions at hubs, and webmentions. */
#include <assert.h>

#include "daemon/store/state.h"

/* --- subscriptions --------------------------------------------------------------- */

#define SUBSCRIPTION                                                                               \
    "token, source, feed, hub, topic, callback, secret, wish, state, network, delivers, failures," \
    " lease_end_ms, due_ms"

static struct store_subscription subscription_row(sqlite3_stmt *st)
{
    return (struct store_subscription){
        .token = sql_str(st, 0),
        .source = sql_str(st, 1),
        .feed = sql_str(st, 2),
        .hub = sql_str(st, 3),
        .topic = sql_str(st, 4),
        .callback = sql_str(st, 5),
        .secret = sql_str(st, 6),
        .wish = (int32_t)sqlite3_column_int64(st, 7),
        .state = (int32_t)sqlite3_column_int64(st, 8),
        .network = (int32_t)sqlite3_column_int64(st, 9),
        .delivers = (int32_t)sqlite3_column_int64(st, 10),
        .failures = (uint32_t)sqlite3_column_int64(st, 11),
        .lease_end_ms = sqlite3_column_int64(st, 12),
        .due_ms = sqlite3_column_int64(st, 13),
    };
}

int store_subscription_each(struct store *s, store_subscription_fn *fn, void *arg)
{
    sqlite3_stmt *st =
        sql_use(&s->q, SQL_SUBSCRIPTION_EACH, "SELECT " SUBSCRIPTION " FROM subscription", "");
    int rc;

    while ((rc = sql_next(&s->q, st)) == 1) {
        struct store_subscription row = subscription_row(st);

        fn(arg, &row);
    }
    return state_note(s, rc);
}

int store_subscription_put(struct store *s, const struct store_subscription *r)
{
    int rc = state_enter(s);

    if (rc < 0)
        return rc;
    return state_leave(
        s, sql_run(&s->q, sql_use(&s->q, SQL_SUBSCRIPTION_PUT,
                                  "INSERT OR REPLACE INTO subscription (" SUBSCRIPTION
                                  ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                                  "sssssssiiiiiii", r->token, r->source, r->feed, r->hub, r->topic,
                                  r->callback, r->secret, (int64_t)r->wish, (int64_t)r->state,
                                  (int64_t)r->network, (int64_t)r->delivers, (int64_t)r->failures,
                                  r->lease_end_ms, r->due_ms)));
}

int store_subscription_drop(struct store *s, struct str token)
{
    int rc = state_enter(s);

    if (rc < 0)
        return rc;
    return state_leave(
        s, sql_run(&s->q, sql_use(&s->q, SQL_SUBSCRIPTION_DROP,
                                  "DELETE FROM subscription WHERE token = ?", "s", token)));
}

/* --- webmentions ----------------------------------------------------------------- */

int store_webmention_each(struct store *s, store_webmention_fn *fn, void *arg)
{
    sqlite3_stmt *st = sql_use(&s->q, SQL_WEBMENTION_EACH,
                               "SELECT source, url, target, tries, due_ms, known_ms FROM webmention"
                               " WHERE due_ms > 0 ORDER BY due_ms",
                               "");
    int rc;

    while ((rc = sql_next(&s->q, st)) == 1) {
        struct store_webmention row = {
            .source = sql_str(st, 0),
            .url = sql_str(st, 1),
            .target = sql_str(st, 2),
            .tries = (uint32_t)sqlite3_column_int64(st, 3),
            .due_ms = sqlite3_column_int64(st, 4),
            .known_ms = sqlite3_column_int64(st, 5),
        };

        fn(arg, &row);
    }
    return state_note(s, rc);
}

int store_webmention_put(struct store *s, const struct store_webmention *r)
{
    int rc = state_enter(s);

    if (rc < 0)
        return rc;
    return state_leave(s, sql_run(&s->q, sql_use(&s->q, SQL_WEBMENTION_PUT,
                                                 "INSERT OR REPLACE INTO webmention (source, url,"
                                                 " target, tries, due_ms, known_ms)"
                                                 " VALUES (?,?,?,?,?,?)",
                                                 "sssiii", r->source, r->url, r->target,
                                                 (int64_t)r->tries, r->due_ms, r->known_ms)));
}

int store_webmention_drop(struct store *s, const struct store_webmention *key)
{
    int rc = state_enter(s);

    if (rc < 0)
        return rc;
    return state_leave(
        s, sql_run(&s->q, sql_use(&s->q, SQL_WEBMENTION_DROP,
                                  "DELETE FROM webmention WHERE source = ? AND url = ? AND"
                                  " target = ?",
                                  "sss", key->source, key->url, key->target)));
}

static int one_number(struct store *s, sqlite3_stmt *st, int64_t *ret)
{
    int rc = sql_next(&s->q, st);

    if (rc == 1) {
        *ret = sqlite3_column_int64(st, 0);
        sql_end(st);
    }
    return state_note(s, MIN(rc, 0));
}

int store_webmention_known(struct store *s, const struct store_webmention *key, int64_t *ret_ms)
{
    *ret_ms = 0;
    return one_number(s,
                      sql_use(&s->q, SQL_WEBMENTION_KNOWN,
                              "SELECT known_ms FROM webmention WHERE source = ? AND url = ? AND"
                              " target = ?",
                              "sss", key->source, key->url, key->target),
                      ret_ms);
}

int store_webmention_targets(struct store *s, struct str source, struct str url)
{
    int64_t n = 0;
    int rc = one_number(s,
                        sql_use(&s->q, SQL_WEBMENTION_TARGETS,
                                "SELECT count(*) FROM webmention WHERE source = ? AND url = ? AND"
                                " known_ms > 0",
                                "ss", source, url),
                        &n);

    return rc < 0 ? rc : (int)n;
}
