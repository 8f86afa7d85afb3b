/* A walk over days and, in each, over promises: the lines of one are first read, a portion a
 * call, which numbers the authors in the order of their first line; then written, author by
 * author. All lines of an author change in one transaction, so after a crash the walk finds
 * each author under one name, in the same order, and gives the same numbers. So it does for
 * days that are done already, which are walked again once a day: posts may come late.
 *
 * One UPDATE for a day was a third of this text, and took half a minute for 20,000 lines. */
#include "daemon/store/authors.h"

#include <stdio.h>
#include <stdlib.h>

#include "daemon/store/state.h"
#include "lib/base/map.h"
#include "lib/base/vec.h"

enum { PORTION = 4000, QUERY = 20 /* what one costs, in lines */ };

struct line {
    int64_t n;
    uint32_t author;
};

struct authors {
    int64_t limit, day; /* the days before, and the one at work; 0: none yet */
    enum {
        AUTHORS_NEXT_DAY,
        AUTHORS_NEXT_PROMISE,
        AUTHORS_READ,
        AUTHORS_WRITE,
        AUTHORS_DONE
    } phase;
    struct arena *names;
    struct str promise;
    int64_t read; /* the last line read */
    struct map numbers;
    VEC(struct line) lines; /* those that have no number yet */
    size_t written;
};

struct authors *authors_new(void)
{
    struct authors *w = alloc_zeroed(1, sizeof(*w));

    w->names = arena_new(0);
    return w;
}

void authors_free(struct authors *w)
{
    if (!w)
        return;
    map_done(&w->numbers);
    vec_done(&w->lines);
    arena_free(w->names);
    free(w);
}

void authors_restart(struct authors *w)
{
    w->limit = 0; /* no limit is that low */
}

/* `name` may stand in what is given back. */
static void begin_promise(struct authors *w, struct str name)
{
    struct arena *names = arena_new(0);

    w->promise = arena_str(names, name);
    arena_free(w->names);
    w->names = names;
    map_done(&w->numbers);
    w->numbers = (struct map){0};
    vec_clear(&w->lines);
    w->read = 0;
    w->written = 0;
}

static int next_day(struct store *s, struct authors *w)
{
    sqlite3_stmt *st = sql_use(&s->q, SQL_PRUNE_AUTHORS_DAY,
                               "SELECT ifnull(min(day), 0) FROM ledger WHERE day > ? AND day < ?",
                               "ii", w->day, w->limit);
    int rc = sql_next(&s->q, st);

    if (rc < 0)
        return rc;
    w->day = sqlite3_column_int64(st, 0);
    sql_end(st);
    w->phase = w->day ? AUTHORS_NEXT_PROMISE : AUTHORS_DONE;
    begin_promise(w, STR_NONE);
    return QUERY;
}

static int next_promise(struct store *s, struct authors *w)
{
    sqlite3_stmt *st = sql_use(&s->q, SQL_PRUNE_AUTHORS_PROMISE,
                               "SELECT promise FROM ledger WHERE day = ? AND promise > ?"
                               " ORDER BY promise LIMIT 1",
                               "is", w->day, w->promise);
    int rc = sql_next(&s->q, st);

    if (rc < 0)
        return rc;
    w->phase = rc == 1 ? AUTHORS_READ : AUTHORS_NEXT_DAY;
    if (rc == 1) {
        begin_promise(w, sql_str(st, 0));
        sql_end(st);
    }
    return QUERY;
}

static uint32_t number_of(struct authors *w, struct str author)
{
    uintptr_t number = (uintptr_t)map_get(&w->numbers, author);

    if (number == 0) {
        number = w->numbers.n + 1;
        (void)map_put(&w->numbers, arena_str(w->names, author), (void *)number); /* it is new */
    }
    return (uint32_t)number;
}

static struct str label(uint32_t number, char ret[16])
{
    int n = snprintf(ret, 16, "#%u", number);

    return str_make(ret, (size_t)n);
}

static int by_author(const void *a, const void *b)
{
    const struct line *x = a, *y = b;

    return x->author != y->author ? (x->author < y->author ? -1 : 1)
                                  : (x->n > y->n) - (x->n < y->n);
}

static int read_lines(struct store *s, struct authors *w)
{
    sqlite3_stmt *st = sql_use(&s->q, SQL_PRUNE_AUTHORS_READ,
                               "SELECT n, author FROM ledger WHERE day = ? AND promise = ?"
                               " AND n > ? ORDER BY n LIMIT ?",
                               "isii", w->day, w->promise, w->read, (int64_t)PORTION);
    int rc, shown = 0;
    char text[16];

    for (; (rc = sql_next(&s->q, st)) == 1; shown++) {
        struct str author = sql_str(st, 1);

        w->read = sqlite3_column_int64(st, 0);
        if (author.n == 0)
            continue;
        uint32_t number = number_of(w, author);

        if (!str_eq(author, label(number, text)))
            vec_push(&w->lines, (struct line){w->read, number});
    }
    if (rc == 0 && shown < PORTION) {
        if (w->lines.n)
            qsort(w->lines.items, w->lines.n, sizeof(*w->lines.items), by_author);
        w->phase = AUTHORS_WRITE;
    }
    return rc < 0 ? rc : shown + QUERY;
}

static int write_line(struct store *s, const struct line *line)
{
    char text[16];

    return sql_run(&s->q, sql_use(&s->q, SQL_PRUNE_AUTHORS_WRITE,
                                  "UPDATE ledger SET author = ? WHERE n = ? AND author <> ''", "si",
                                  label(line->author, text), line->n));
}

static int write_lines(struct store *s, struct authors *w)
{
    size_t i = w->written, first = i;
    int rc = 0;

    while (rc == 0 && i < w->lines.n &&
           (i - first < PORTION || w->lines.items[i].author == w->lines.items[i - 1].author))
        rc = write_line(s, &w->lines.items[i++]);
    w->written = i;
    if (i == w->lines.n)
        w->phase = AUTHORS_NEXT_PROMISE;
    return rc < 0 ? rc : (int)(i - first) + QUERY;
}

/* What it cost, in lines, or negative errno. */
static int step(struct store *s, struct authors *w)
{
    switch (w->phase) {
    case AUTHORS_NEXT_DAY:
        return next_day(s, w);
    case AUTHORS_NEXT_PROMISE:
        return next_promise(s, w);
    case AUTHORS_READ:
        return read_lines(s, w);
    case AUTHORS_WRITE:
        return write_lines(s, w);
    case AUTHORS_DONE:
        break;
    }
    return 0;
}

int authors_drop(struct store *s, int64_t limit_day, int *n)
{
    struct authors *w = s->authors;
    int cost = 0, rc = 0;

    if (w->limit != limit_day) {
        w->limit = limit_day;
        w->day = 0;
        w->phase = AUTHORS_NEXT_DAY;
    }
    while (rc >= 0 && cost < PORTION && w->phase != AUTHORS_DONE) {
        rc = step(s, w);
        cost += MAX(rc, 0);
    }
    if (rc >= 0 && w->phase != AUTHORS_DONE)
        (*n)++;
    return MIN(rc, 0);
}
