#include "daemon/sink/board.h"

#include <errno.h>
#include <event2/event.h>
#include <hiredis/hiredis.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/core/log.h"
#include "daemon/core/loop.h"
#include "daemon/sink/courier.h"
#include "daemon/store/store.h"
#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/base/map.h"
#include "lib/base/vec.h"
#include "lib/data/json.h"
#include "lib/desk/ledger.h"
#include "lib/rule/ruleset.h"

enum {
    TURN_MS = 20,         /* of counting at once */
    AGAIN_MS = 100,       /* when a turn was not enough */
    SHARE = 20,           /* of the time at most 1/SHARE is spent here, */
    SHARE_BEHIND = 4,     /* or so much while there is more to count */
    WRITES = 32,          /* hashes a turn, five commands each */
    ROOM = 200,           /* commands of a turn beside the index */
    IDS = 200,            /* in one SADD */
    FIXED = 12,           /* fields beside the days */
    KEY_MAX = 512,        /* prefix and id */
    HASH_BYTES = 1 << 20, /* of one hash */
    DAY_MS = 86400000,
    HOUR_MS = 3600000,
    RETRY_MS = 10000,
};

enum change { SETTLED, CHANGED };

struct counted_day {
    struct ledger_day sum;
    bool known;                  /* `sum` is of some time */
    enum { COUNTED, DUE } state; /* DUE: among the news */
};

struct tally { /* one promise */
    const struct promise *promise;
    VEC(struct counted_day) days; /* in no order; each day once */
    enum change change;
};

struct news {
    struct tally *tally;
    int64_t day;
};

struct board {
    struct board_ports ports;
    struct ruleset *set;
    struct tally *tallies;
    size_t n;
    struct map by_id;
    VEC(struct news) news;     /* days that must be counted */
    struct ledger_count count; /* of the last of the news */
    int64_t counted;           /* the last line in it; 0: none yet */
    struct arena *arena;       /* of one day, then of one hash */
    enum change index;
    enum change reading; /* CHANGED: there may be more news on the disk */
    size_t next;         /* where looking for changed ones goes on */
    int64_t cursor, today, hour;
    int64_t retry_ms; /* when all is written again after Redis refused; 0: it did not */
    struct event *timer;
};

/* --- counting -------------------------------------------------------------------- */

static struct counted_day *find_day(struct tally *t, int64_t day)
{
    struct counted_day none = {.sum = {.day = day, .median_excess = NAN, .median_answer_s = NAN}};

    for (size_t i = 0; i < t->days.n; i++)
        if (t->days.items[i].sum.day == day)
            return &t->days.items[i];
    vec_push(&t->days, none);
    return &t->days.items[t->days.n - 1];
}

static void on_news(void *arg, struct str promise, int64_t day)
{
    struct board *b = arg;
    struct tally *t = map_get(&b->by_id, promise);

    if (!t)
        return; /* a promise that is no more */
    struct counted_day *d = find_day(t, day);

    if (d->state == DUE)
        return;
    vec_push(&b->news, (struct news){t, day});
    d->state = DUE;
}

static void on_line(void *arg, struct str verdict, struct str author, double ratio)
{
    struct board *b = arg;
    struct ledger_line line = {.ratio = ratio};

    if (!ledger_verdict_of(verdict, &line.verdict))
        return;
    line.author = author;
    ledger_count_add(&b->count, &line);
}

static void begin_count(struct board *b)
{
    ledger_count_done(&b->count);
    ledger_count_init(&b->count);
    b->counted = 0;
}

/* One portion of the last of the news; 1: there are more. */
static int count_portion(struct board *b)
{
    struct news n = b->news.items[b->news.n - 1];
    int rc = store_ledger_day(b->ports.store, n.tally->promise->id, n.day, &b->counted, on_line, b);

    if (rc != 0)
        return rc;
    struct counted_day *day = find_day(n.tally, n.day);

    day->sum = ledger_count_sum(&b->count, n.day);
    day->state = COUNTED;
    day->known = true;
    n.tally->change = CHANGED;
    b->news.n--;
    begin_count(b);
    return 0;
}

/* All news are known before the first is counted, or days would be counted twice. */
static int count_news(struct board *b)
{
    int64_t until_ms = loop_now_ms() + TURN_MS;
    int rc = 1;

    while (rc == 1 && b->counted == 0 && loop_now_ms() < until_ms)
        rc = store_ledger_news(b->ports.store, &b->cursor, b->today - BOARD_DAYS + 1, on_news, b);
    b->reading = rc == 1 && b->counted == 0 ? CHANGED : SETTLED;
    while (rc >= 0 && b->reading == SETTLED && b->news.n > 0 && loop_now_ms() < until_ms)
        rc = count_portion(b);
    return MIN(rc, 0);
}

static void change_all(struct board *b)
{
    for (size_t i = 0; i < b->n; i++)
        b->tallies[i].change = CHANGED;
    b->index = CHANGED;
}

/* From nothing: the rules or the day are new. */
static void count_all(struct board *b)
{
    for (size_t i = 0; i < b->n; i++)
        vec_clear(&b->tallies[i].days);
    vec_clear(&b->news);
    begin_count(b);
    b->cursor = 0;
    change_all(b);
}

/* --- writing --------------------------------------------------------------------- */

static void on_written(void *arg, const struct redisReply *reply)
{
    struct board *b = arg;

    if (!reply || reply->type != REDIS_REPLY_ERROR)
        return; /* NULL also comes when b is gone */
    log_warn("board.failed", LOG_STR("why", str_make(reply->str, reply->len)));
    b->retry_ms = loop_now_ms() + RETRY_MS;
}

static int ask(struct board *b, const struct str *argv, size_t argc)
{
    return courier_ask(b->ports.courier, argv, argc, on_written, b);
}

static struct str day_json(struct board *b, const struct ledger_day *day)
{
    struct sbuf text = SBUF_INIT(1000);
    struct json_writer w;

    json_writer_init(&w, &text);
    ledger_write(day, &w);
    struct str json = arena_str(b->arena, sbuf_str(&text));

    sbuf_done(&text);
    return json;
}

struct fields {
    struct str argv[2 + 2 * (FIXED + BOARD_DAYS)];
    size_t n;
};

static void add(struct fields *f, struct str name, struct str value)
{
    f->argv[f->n++] = name;
    f->argv[f->n++] = value;
}

static void add_days(struct board *b, const struct tally *t, struct fields *f)
{
    struct ledger_day today = {.day = b->today, .median_excess = NAN, .median_answer_s = NAN};
    char text[CLOCK_TEXT_MAX];

    for (size_t i = 0; i < t->days.n && f->n + 4 <= ARRAY_LEN(f->argv); i++) {
        const struct ledger_day *day = &t->days.items[i].sum;

        if (!t->days.items[i].known)
            continue;
        struct str name = str_slice(clock_write_s(day->day * (DAY_MS / 1000), text), 0, 10);

        add(f, arena_str(b->arena, name), day_json(b, day));
        if (day->day == b->today)
            today = *day;
    }
    add(f, STR("today"), day_json(b, &today));
}

static void add_summary(struct board *b, const struct tally *t, struct fields *f)
{
    static const char *const status[] = {
        [PROMISE_LIVE] = "live", [PROMISE_DRAFT] = "draft", [PROMISE_OFF] = "off"};
    struct ledger_day *days = arena_array(b->arena, t->days.n, sizeof(*days));
    char text[CLOCK_TEXT_MAX];
    size_t n = 0;

    for (size_t i = 0; i < t->days.n; i++)
        if (t->days.items[i].known)
            days[n++] = t->days.items[i].sum;
    struct ledger_rate r = ledger_rate(days, n, b->today, LEDGER_STATE_DAYS);

    add(f, STR("says"), t->promise->says);
    add(f, STR("owner"), t->promise->owner ? t->promise->owner->id : STR_NONE);
    add(f, STR("status"), str_of(status[t->promise->status]));
    add(f, STR("state"), str_of(ledger_state_name(ledger_state(&r))));
    add(f, STR("kept"), arena_printf(b->arena, "%u", r.kept));
    add(f, STR("total"), arena_printf(b->arena, "%u", r.total));
    add(f, STR("low"), arena_printf(b->arena, "%.4f", r.low));
    add(f, STR("high"), arena_printf(b->arena, "%.4f", r.high));
    if (r.total)
        add(f, STR("rate"), arena_printf(b->arena, "%.4f", r.rate));
    add(f, STR("producer"), b->ports.producer);
    add(f, STR("updated"), arena_str(b->arena, clock_write_ms(loop_wall_ms(), text)));
}

static struct str life(struct board *b)
{
    return arena_printf(b->arena, "%d", BOARD_DAYS * (DAY_MS / 1000));
}

/* Whole and at once: a reader never sees half of it, and days that are too old go. */
static int write_one(struct board *b, struct tally *t)
{
    struct fields f = {.n = 0};

    arena_reset(b->arena);
    struct str key = arena_printf(b->arena, "%.*sledger:%.*s", STR_ARG(b->ports.prefix),
                                  STR_ARG(t->promise->id));
    struct str expire[] = {STR("EXPIRE"), key, life(b)};

    add(&f, STR("HSET"), key);
    add_summary(b, t, &f);
    add_days(b, t, &f);
    int rc = ask(b, &STR("MULTI"), 1);

    if (rc == 0)
        rc = ask(b, (struct str[]){STR("DEL"), key}, 2);
    if (rc == 0)
        rc = ask(b, f.argv, f.n);
    if (rc == 0)
        rc = ask(b, expire, ARRAY_LEN(expire));
    if (rc == 0)
        rc = ask(b, &STR("EXEC"), 1);
    if (rc == 0)
        t->change = SETTLED;
    return rc;
}

static int write_index(struct board *b)
{
    arena_reset(b->arena);
    struct str key = arena_printf(b->arena, "%.*spromises", STR_ARG(b->ports.prefix));
    struct str argv[2 + IDS] = {STR("SADD"), key};
    int rc = ask(b, &STR("MULTI"), 1);

    if (rc == 0)
        rc = ask(b, (struct str[]){STR("DEL"), key}, 2);
    for (size_t i = 0; i < b->n && rc == 0;) {
        size_t n = 0;

        while (n < IDS && i < b->n)
            argv[2 + n++] = b->tallies[i++].promise->id;
        rc = ask(b, argv, 2 + n);
    }
    if (rc == 0)
        rc = ask(b, (struct str[]){STR("EXPIRE"), key, life(b)}, 3);
    if (rc == 0)
        rc = ask(b, &STR("EXEC"), 1);
    if (rc == 0)
        b->index = SETTLED;
    return rc;
}

/* 1: there are more; negative: the link cannot take them now. */
static int write_changed(struct board *b)
{
    size_t room = courier_room(b->ports.courier);

    if (room < (size_t)ROOM + b->n / IDS)
        return -ENOBUFS;
    int rc = b->index == CHANGED ? write_index(b) : 0;

    for (size_t looked = 0, written = 0; rc == 0 && looked < b->n; looked++) {
        struct tally *t = &b->tallies[b->next];

        if (t->change == CHANGED && written++ == WRITES)
            return 1;
        if (t->change == CHANGED)
            rc = write_one(b, t);
        b->next = (b->next + 1) % b->n;
    }
    return rc;
}

/* --- life ------------------------------------------------------------------------ */

static void on_timer(int fd, short what, void *arg)
{
    struct board *b = arg;
    int64_t from_ms = loop_now_ms(), hour = loop_wall_ms() / HOUR_MS, today = hour / 24;

    (void)fd, (void)what;
    if (today != b->today) {
        b->today = today;
        count_all(b);
    } else if (hour != b->hour ||
               (b->retry_ms &&
                from_ms >= b->retry_ms)) { /* somebody may have emptied Redis under us */
        change_all(b);
    }
    b->hour = hour;
    b->retry_ms = b->retry_ms > from_ms ? b->retry_ms : 0;
    int rc = count_news(b);

    if (rc < 0)
        log_warn("board.ledger", LOG_ERRNO(rc));
    bool more = b->reading == CHANGED || b->news.n > 0 || write_changed(b) == 1;
    int64_t took_ms = loop_now_ms() - from_ms;

    loop_timer_in(b->timer,
                  loop_jitter_ms(b->ports.loop, MAX(more ? (int64_t)AGAIN_MS : BOARD_MS,
                                                    took_ms * (more ? SHARE_BEHIND : SHARE))));
}

static void drop_tallies(struct board *b)
{
    for (size_t i = 0; i < b->n; i++)
        vec_done(&b->tallies[i].days);
    free(b->tallies);
    map_done(&b->by_id);
    b->by_id = (struct map){0};
    b->tallies = NULL;
    b->n = b->next = 0;
    vec_clear(&b->news);
    begin_count(b);
}

void board_rules(struct board *b, struct ruleset *set)
{
    struct ruleset *old = b->set;

    drop_tallies(b);
    b->set = ruleset_ref(set);
    b->tallies = alloc_zeroed(set->n_promises + 1, sizeof(*b->tallies));
    for (size_t i = 0; i < set->n_promises; i++) {
        if (set->promises[i].status == PROMISE_OFF)
            continue;
        b->tallies[b->n].promise = &set->promises[i];
        (void)map_put(&b->by_id, set->promises[i].id, &b->tallies[b->n]); /* ids are unique */
        b->n++;
    }
    count_all(b);
    ruleset_unref(old);
    loop_timer_in(b->timer, AGAIN_MS);
}

struct board *board_new(const struct board_ports *ports, struct ruleset *set)
{
    struct board *b = alloc_zeroed(1, sizeof(*b));

    b->ports = *ports;
    b->arena = arena_new(0);
    b->today = loop_wall_ms() / DAY_MS;
    b->timer = loop_timer(ports->loop, on_timer, b);
    board_rules(b, set);
    return b;
}

void board_free(struct board *b)
{
    if (!b)
        return;
    drop_tallies(b);
    event_free(b->timer);
    vec_done(&b->news);
    ledger_count_done(&b->count);
    arena_free(b->arena);
    ruleset_unref(b->set);
    free(b);
}

void board_ready(struct board *b)
{
    change_all(b);
    loop_timer_in(b->timer, 0);
}
