/* The sources' half of store.h: one row each, read at start, written with each batch. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "daemon/store/state.h"
#include "lib/base/map.h"

#define COLUMNS                                                                                    \
    "url, etag, last_modified, cursor, body, moved_to, why, detail, moves, failures, status,"      \
    " next_ms, interval_ms, last_ok_ms, last_new_ms, polls, not_modified, bytes, full_bytes,"      \
    " saved_bytes, posts, recent_ms, since_ms, recent"

static int read_row(sqlite3_stmt *st, struct arena *arena, struct store_source *ret)
{
    struct str *texts[] = {&ret->url,  &ret->etag,     &ret->last_modified, &ret->cursor,
                           &ret->body, &ret->moved_to, &ret->why,           &ret->detail};
    struct store_tally *t = &ret->tally;
    int64_t *numbers[] = {
        &ret->next_ms,   &ret->interval_ms, &ret->last_ok_ms, &ret->last_new_ms,
        &t->polls,       &t->not_modified,  &t->bytes,        &t->full_bytes,
        &t->saved_bytes, &t->posts,         &t->pace.at_ms,   &t->pace.since_ms,
    };

    for (int i = 0; i < (int)ARRAY_LEN(texts); i++) {
        *texts[i] = arena_str(arena, sql_str(st, i));
        if (!texts[i]->p)
            return -ENOMEM;
    }
    ret->moves = (uint32_t)sqlite3_column_int64(st, 8);
    ret->failures = (uint32_t)sqlite3_column_int64(st, 9);
    ret->status = (int32_t)sqlite3_column_int64(st, 10);
    for (int i = 0; i < (int)ARRAY_LEN(numbers); i++)
        *numbers[i] = sqlite3_column_int64(st, 11 + i);
    t->pace.recent = sqlite3_column_double(st, 11 + (int)ARRAY_LEN(numbers));
    return 0;
}

void store_look(struct store *s)
{
    assert(s->phase == STORE_IDLE);
    s->phase = STORE_LOOK;
    (void)sql_run(&s->q, sql_use(&s->q, SQL_LOOK, "BEGIN", "")); /* locks come with a read */
}

void store_look_end(struct store *s)
{
    assert(s->phase == STORE_LOOK);
    s->phase = STORE_IDLE;
    if (!sqlite3_get_autocommit(s->q.db)) /* an error may have ended it */
        (void)sql_run(&s->q, sql_use(&s->q, SQL_COMMIT, "COMMIT", "")); /* nothing was written */
}

int store_source_get(struct store *s, struct str id, struct arena *arena, struct store_source *ret)
{
    sqlite3_stmt *st =
        sql_use(&s->q, SQL_SOURCE_GET, "SELECT " COLUMNS " FROM source WHERE id = ?", "s", id);
    struct store_source found = {0};
    int rc = sql_next(&s->q, st);

    if (rc == 1) {
        rc = read_row(st, arena, &found);
        sql_end(st);
    }
    if (rc == 0)
        *ret = found;
    return rc == -ENOMEM ? rc : state_note(s, rc);
}

int store_source_put(struct store *s, struct str id, const struct store_source *v)
{
    const struct store_tally *t = &v->tally;
    int rc = state_enter(s);

    if (rc < 0)
        return rc;
    return state_leave(
        s,
        sql_run(&s->q, sql_use(&s->q, SQL_SOURCE_PUT,
                               "INSERT OR REPLACE INTO source (id, " COLUMNS ") VALUES"
                               " (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                               "sssssssssiiiiiiiiiiiiiiid", id, v->url, v->etag, v->last_modified,
                               v->cursor, v->body, v->moved_to, v->why, v->detail,
                               (int64_t)v->moves, (int64_t)v->failures, (int64_t)v->status,
                               v->next_ms, v->interval_ms, v->last_ok_ms, v->last_new_ms, t->polls,
                               t->not_modified, t->bytes, t->full_bytes, t->saved_bytes, t->posts,
                               t->pace.at_ms, t->pace.since_ms, t->pace.recent)));
}

/* The first id after `last` that is not in `known`: 1 found, 0 none. */
static int next_stranger(struct store *s, const struct map *known, struct str last,
                         struct arena *arena, struct str *ret)
{
    sqlite3_stmt *st =
        sql_use(&s->q, SQL_SOURCE_IDS, "SELECT id FROM source WHERE id > ? ORDER BY id", "s", last);
    int rc;

    while ((rc = sql_next(&s->q, st)) == 1) {
        if (map_get(known, sql_str(st, 0)))
            continue;
        *ret = arena_str(arena, sql_str(st, 0));
        sql_end(st);
        return 1;
    }
    return rc;
}

static int drop_strangers(struct store *s, const struct map *known)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new(0);
    struct str id = STR("");
    int rc;

    while ((rc = next_stranger(s, known, id, arena, &id)) == 1) {
        rc = sql_run(&s->q,
                     sql_use(&s->q, SQL_SOURCE_DROP, "DELETE FROM source WHERE id = ?", "s", id));
        if (rc < 0)
            break;
    }
    return rc;
}

int store_source_keep(struct store *s, const struct str *ids, size_t n)
{
    struct map known = {0};
    int rc;

    assert(s->phase == STORE_IDLE);
    for (size_t i = 0; i < n; i++)
        (void)map_put(&known, ids[i], s); /* only presence counts */
    rc = state_enter(s);
    if (rc == 0)
        rc = state_leave(s, drop_strangers(s, &known));
    map_done(&known);
    return rc;
}
