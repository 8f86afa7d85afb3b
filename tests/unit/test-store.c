#include "daemon/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/arena.h"
#include "lib/desk/recall.h"
#include "tests/unit/unit.h"

#define NOW 1763802845000ll
#define DAY 86400000ll

struct fixture {
    char folder[64], path[96];
    struct store *s;
};

static struct store_report open_it(struct fixture *f)
{
    struct store_report report;

    assert_int_equal(store_open(f->path, NOW, &f->s, &report), 0);
    return report;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    strcpy(f->folder, "/tmp/couac-store-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof(f->path), "%s/state.db", f->folder);
    (void)open_it(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char command[128];

    store_close(f->s);
    snprintf(command, sizeof(command), "rm -rf '%s'", f->folder);
    assert_int_equal(system(command), 0);
    free(f);
    return 0;
}

static struct store_report reopen(struct fixture *f)
{
    store_close(f->s);
    f->s = NULL;
    return open_it(f);
}

static void queue(struct store *s, unsigned n)
{
    struct desk_event e = {.json = STR("{\"a\":1}"), .id = STR("01X"), .severity = STR("high")};

    for (unsigned i = 0; i < n; i++) {
        assert_int_equal(store_recall(s)->next_seq(store_recall(s), &e.seq), 0);
        assert_int_equal(store_queue(s, &e, NOW), 0);
    }
}

static void queue_batch(struct store *s, unsigned n)
{
    assert_int_equal(store_begin(s), 0);
    queue(s, n);
    assert_int_equal(store_commit(s), 0);
}

static bool sum_up(void *arg, const struct desk_event *e, int64_t queued_ms)
{
    assert_int_equal(queued_ms, NOW);
    assert_str_equal(e->json, STR("{\"a\":1}"));
    *(uint64_t *)arg = *(uint64_t *)arg * 10 + e->seq;
    return true;
}

static uint64_t outbox(struct store *s, uint64_t after, unsigned max)
{
    uint64_t digits = 0;

    assert_true(store_outbox_each(s, after, max, SIZE_MAX, sum_up, &digits) >= 0);
    return digits;
}

static void sqlite(struct fixture *f, const char *text)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* --- batches ------------------------------------------------------------------ */

static void a_batch_is_kept_whole_or_not_at_all(void **state)
{
    struct fixture *f = *state;
    struct store_source v = {.cursor = STR("since=7"), .next_ms = NOW};
    struct arena *a = arena_new(0);

    queue_batch(f->s, 2);
    assert_int_equal(store_begin(f->s), 0);
    queue(f->s, 2);
    assert_int_equal(store_source_put(f->s, STR("feed"), &v), 0);
    store_rollback(f->s);
    assert_int_equal(outbox(f->s, 0, 9), 12);
    assert_int_equal(store_source_get(f->s, STR("feed"), a, &v), 0);
    assert_int_equal(v.next_ms, 0);
    assert_int_equal(v.cursor.n, 0);
    arena_free(a);
}

static void numbers_have_no_gap_after_a_rollback_or_a_restart(void **state)
{
    struct fixture *f = *state;

    queue_batch(f->s, 2);
    assert_int_equal(store_begin(f->s), 0);
    queue(f->s, 3);
    store_rollback(f->s);
    queue_batch(f->s, 1);
    (void)reopen(f);
    queue_batch(f->s, 1);
    assert_int_equal(outbox(f->s, 0, 9), 1234);
    assert_int_equal(store_last_seq(f->s), 4);
}

static void rows_come_in_order_and_in_portions(void **state)
{
    struct fixture *f = *state;
    uint64_t digits = 0;

    queue_batch(f->s, 5);
    assert_int_equal(outbox(f->s, 0, 2), 12);
    assert_int_equal(outbox(f->s, 2, 2), 34);
    assert_int_equal(outbox(f->s, 5, 2), 0);
    /* 7 bytes each: the row that reaches the limit is the last */
    assert_int_equal(store_outbox_each(f->s, 0, 9, 14, sum_up, &digits), 2);
}

/* --- the port ------------------------------------------------------------------ */

static enum recall_seen hear(struct store *s, const char *key, const char *content, int64_t at)
{
    struct recall *r = store_recall(s);
    enum recall_seen ret = RECALL_NEW;

    assert_int_equal(r->seen(r, str_of(key), str_of(content), at, &ret), 0);
    return ret;
}

static void an_item_is_new_once_and_an_edit_is_told_apart(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(store_begin(f->s), 0);
    assert_int_equal(hear(f->s, "k1", "c1", NOW), RECALL_NEW);
    assert_int_equal(hear(f->s, "k1", "c1", NOW), RECALL_SAME);
    assert_int_equal(hear(f->s, "k1", "c2", NOW), RECALL_CHANGED);
    assert_int_equal(hear(f->s, "k1", "c2", NOW), RECALL_SAME);
    assert_int_equal(store_commit(f->s), 0);
    (void)reopen(f);
    assert_int_equal(store_begin(f->s), 0);
    assert_int_equal(hear(f->s, "k1", "c2", NOW), RECALL_SAME);
    store_rollback(f->s);
}

static void an_item_still_shown_outlives_the_retention(void **state)
{
    struct fixture *f = *state;
    struct store_retention keep = STORE_RETENTION_DEFAULT;

    assert_int_equal(store_begin(f->s), 0);
    (void)hear(f->s, "gone", "c", NOW);
    (void)hear(f->s, "shown", "c", NOW);
    (void)hear(f->s, "shown", "c", NOW + 60 * DAY);
    assert_int_equal(store_commit(f->s), 0);
    assert_int_equal(store_prune(f->s, &keep, NOW + 100 * DAY), 1);
    assert_int_equal(store_begin(f->s), 0);
    assert_int_equal(hear(f->s, "shown", "c", NOW + 100 * DAY), RECALL_SAME);
    assert_int_equal(hear(f->s, "gone", "c", NOW + 100 * DAY), RECALL_NEW);
    store_rollback(f->s);
}

static void alerts_are_found_by_fingerprint_and_by_recent_content(void **state)
{
    struct fixture *f = *state;
    struct recall_alert a = {.fingerprint = STR("f1"),
                             .promise = STR("p"),
                             .id = STR("01A"),
                             .content = STR("c"),
                             .author = STR("k1:x"),
                             .revision = 1,
                             .count = 2,
                             .authors = 3,
                             .sources = 4,
                             .first_ms = NOW - 5,
                             .last_ms = NOW,
                             .state_json = STR("{}")};
    struct recall_alert got;
    struct recall *r;

    assert_int_equal(store_begin(f->s), 0);
    r = store_recall(f->s);
    assert_int_equal(r->alert_put(r, &a), 0);
    a.revision = 2;
    assert_int_equal(r->alert_put(r, &a), 0);
    assert_int_equal(r->alert_by_fingerprint(r, STR("f1"), &got), 0);
    assert_int_equal(got.revision, 2);
    assert_int_equal(got.sources, 4);
    assert_str_equal(got.state_json, STR("{}"));
    assert_int_equal(r->alert_by_content(r, STR("p"), STR("c"), NOW, &got), 0);
    assert_str_equal(got.fingerprint, STR("f1"));
    assert_int_equal(r->alert_by_content(r, STR("p"), STR("c"), NOW + 1, &got), 0);
    assert_int_equal(got.fingerprint.n, 0);
    assert_int_equal(r->alert_by_fingerprint(r, STR("f2"), &got), 0);
    assert_int_equal(got.fingerprint.n, 0);
    store_rollback(f->s);
}

static void held_denials_are_counted_and_released_oldest_first(void **state)
{
    struct fixture *f = *state;
    uint32_t mentions = 0, authors = 0;
    struct recall *r;
    struct str json;

    assert_int_equal(store_begin(f->s), 0);
    r = store_recall(f->s);
    assert_int_equal(
        r->hold(r, STR("p"), STR("1"), STR("x"), NOW, STR("{1}"), NOW - DAY, &mentions, &authors),
        0);
    assert_int_equal(r->hold(r, STR("p"), STR("2"), STR("x"), NOW - 5, STR("{2}"), NOW - DAY,
                             &mentions, &authors),
                     0);
    assert_int_equal(mentions, 2);
    assert_int_equal(authors, 1);
    assert_int_equal(r->release(r, STR("p"), &json), 0);
    assert_str_equal(json, STR("{2}"));
    assert_int_equal(r->release(r, STR("p"), &json), 0);
    assert_str_equal(json, STR("{1}"));
    assert_int_equal(r->release(r, STR("p"), &json), 0);
    assert_int_equal(json.n, 0);
    assert_int_equal(r->note(r, STR("p"), STR("x"), NOW), 0);
    assert_int_equal(r->note(r, STR("p"), STR(""), NOW), 0);
    assert_int_equal(r->note(r, STR("p"), STR(""), NOW), 0);
    assert_int_equal(r->count(r, STR("p"), NOW, &mentions, &authors), 0);
    assert_int_equal(mentions, 3);
    assert_int_equal(authors, 3);
    assert_int_equal(r->ledger(r, STR("p"), NOW, STR("kept"), STR("x"), 0.5), 0);
    assert_int_equal(store_commit(f->s), 0);
}

/* --- sources ------------------------------------------------------------------- */

static void a_source_row_comes_back_as_it_was_put(void **state)
{
    struct fixture *f = *state;
    struct store_source in = {.url = STR("http://a"),
                              .etag = STR("\"x\""),
                              .last_modified = STR("yesterday"),
                              .cursor = STR("{}"),
                              .body = STR("b"),
                              .moved_to = STR("http://b"),
                              .moves = 1,
                              .failures = 2,
                              .status = -3,
                              .next_ms = 4,
                              .interval_ms = 5,
                              .last_ok_ms = 6,
                              .last_new_ms = 7,
                              .why = STR("dns"),
                              .detail = STR("no such name"),
                              .tally = {8, 9, 10, 11, 12, 13, {14.5, 15, 16}}};
    struct store_source out;
    struct arena *a = arena_new(0);

    assert_int_equal(store_source_put(f->s, STR("feed"), &in), 0);
    assert_int_equal(store_source_put(f->s, STR("old"), &in), 0);
    (void)reopen(f);
    assert_int_equal(store_source_keep(f->s, &STR("feed"), 1), 0);
    assert_int_equal(store_source_get(f->s, STR("feed"), a, &out), 0);
    assert_str_equal(out.moved_to, in.moved_to);
    assert_str_equal(out.etag, in.etag);
    assert_int_equal(out.status, -3);
    assert_int_equal(out.last_new_ms, 7);
    assert_str_equal(out.detail, in.detail);
    assert_memory_equal(&out.tally, &in.tally, sizeof(in.tally));
    assert_int_equal(store_source_get(f->s, STR("old"), a, &out), 0);
    assert_int_equal(out.failures, 0);
    arena_free(a);
}

/* --- what is kept of people -------------------------------------------------------- */

static void put_line(struct fixture *f, const char *promise, const char *author, int64_t at_ms)
{
    struct recall *r = store_recall(f->s);

    assert_int_equal(r->ledger(r, str_of(promise), at_ms, STR("denied"), str_of(author), 2), 0);
}

static void write_author(void *arg, struct str verdict, struct str author, double ratio)
{
    (void)verdict, (void)ratio;
    sbuf_printf(arg, "%.*s,", STR_ARG(author));
}

static void assert_authors(struct fixture *f, const char *promise, int64_t day, const char *want)
{
    struct sbuf b = SBUF_INIT(200);

    assert_int_equal(store_ledger_day(f->s, str_of(promise), day, &(int64_t){0}, write_author, &b),
                     0);
    assert_string_equal(sbuf_cstr(&b), want);
    sbuf_done(&b);
}

static void prune_all(struct fixture *f, int64_t now_ms)
{
    struct store_retention keep = STORE_RETENTION_DEFAULT;
    int calls = 0;

    while (store_prune(f->s, &keep, now_ms) > 0)
        assert_true(++calls < 50);
}

static void the_ledger_outlives_its_authors_and_still_counts_them(void **state)
{
    struct fixture *f = *state;
    int64_t day = NOW / DAY;

    assert_int_equal(store_begin(f->s), 0);
    put_line(f, "p", "k1:b", NOW);
    put_line(f, "p", "k1:a", NOW);
    put_line(f, "p", "k1:b", NOW);
    put_line(f, "p", "", NOW);
    put_line(f, "q", "k1:a", NOW);
    put_line(f, "p", "k1:a", NOW + DAY);
    assert_int_equal(store_commit(f->s), 0);
    prune_all(f, NOW + 29 * DAY);
    assert_authors(f, "p", day, "k1:b,k1:a,k1:b,,");
    prune_all(f, NOW + 31 * DAY);
    assert_authors(f, "p", day, "#1,#2,#1,,");
    assert_authors(f, "q", day, "#1,");
    assert_authors(f, "p", day + 1, "k1:a,");
    assert_int_equal(store_begin(f->s), 0);
    put_line(f, "p", "k1:z", NOW); /* a post that was found late */
    assert_int_equal(store_commit(f->s), 0);
    prune_all(f, NOW + 32 * DAY);
    assert_authors(f, "p", day, "#1,#2,#1,,#3,");
    assert_authors(f, "p", day + 1, "#1,");
}

enum { LINES = 20000, AUTHORS = 7000 };

static void put_many_lines(struct fixture *f)
{
    char author[16];

    assert_int_equal(store_begin(f->s), 0);
    for (int i = 0; i < LINES; i++) {
        (void)snprintf(author, sizeof(author), "k1:%d", i * 31 % AUTHORS);
        put_line(f, "p", author, NOW);
    }
    assert_int_equal(store_commit(f->s), 0);
}

struct numbers {
    int line, wrong, real;
};

/* Line i has the number that the author of line i % AUTHORS, new there, was given. */
static void check_number(void *arg, struct str verdict, struct str author, double ratio)
{
    struct numbers *n = arg;
    int64_t number = 0;

    (void)verdict, (void)ratio;
    n->real += !str_starts(author, STR("#"));
    if (str_starts(author, STR("#")) &&
        (!str_to_i64(str_slice(author, 1, author.n), &number) || number != n->line % AUTHORS + 1))
        n->wrong++;
    n->line++;
}

static struct numbers numbers_of(struct fixture *f)
{
    struct numbers n = {0};
    int64_t cursor = 0;

    while (store_ledger_day(f->s, STR("p"), NOW / DAY, &cursor, check_number, &n) > 0)
        ;
    assert_int_equal(n.line, LINES);
    return n;
}

static void a_large_day_loses_its_authors_in_portions_even_across_a_restart(void **state)
{
    struct fixture *f = *state;
    struct store_retention keep = STORE_RETENTION_DEFAULT;
    struct numbers n;
    int calls = 0, real = LINES;

    put_many_lines(f);
    for (; real > LINES / 2; real = n.real) {
        assert_true(store_prune(f->s, &keep, NOW + 31 * DAY) > 0);
        n = numbers_of(f);
        assert_int_equal(n.wrong, 0);
        assert_in_range(real - n.real, 0, 4100); /* one call changes so many at most */
        assert_true(++calls < 50);
    }
    (void)reopen(f); /* in the middle: what was read is forgotten */
    assert_true(real > 0);
    prune_all(f, NOW + 31 * DAY);
    n = numbers_of(f);
    assert_int_equal(n.wrong + n.real, 0);
}

/* --- what others push -------------------------------------------------------------- */

struct rows {
    int n;
    struct store_subscription last;
    char token[16], secret[16];
};

static void count_subscription(void *arg, const struct store_subscription *row)
{
    struct rows *rows = arg;

    rows->n++;
    rows->last = *row;
    snprintf(rows->token, sizeof(rows->token), "%.*s", STR_ARG(row->token));
    snprintf(rows->secret, sizeof(rows->secret), "%.*s", STR_ARG(row->secret));
}

static void a_subscription_survives_until_it_is_dropped(void **state)
{
    struct fixture *f = *state;
    struct rows rows = {0};
    struct store_subscription row = {.token = STR("t1"),
                                     .source = STR("press"),
                                     .secret = STR("s1"),
                                     .state = 2,
                                     .delivers = 1,
                                     .lease_end_ms = NOW + DAY,
                                     .due_ms = NOW};

    assert_int_equal(store_subscription_put(f->s, &row), 0);
    row.secret = STR("s2");
    assert_int_equal(store_subscription_put(f->s, &row), 0);
    (void)reopen(f);
    assert_int_equal(store_subscription_each(f->s, count_subscription, &rows), 0);
    assert_int_equal(rows.n, 1);
    assert_string_equal(rows.token, "t1");
    assert_string_equal(rows.secret, "s2");
    assert_int_equal(rows.last.state, 2);
    assert_int_equal(rows.last.delivers, 1);
    assert_true(rows.last.lease_end_ms == NOW + DAY);
    assert_int_equal(store_subscription_drop(f->s, STR("other")), 0);
    assert_int_equal(store_subscription_drop(f->s, STR("t1")), 0);
    assert_int_equal(store_subscription_each(f->s, count_subscription, &rows), 0);
    assert_int_equal(rows.n, 1);
}

static void count_webmention(void *arg, const struct store_webmention *row)
{
    int *n = arg;

    *n = *n * 10 + (int)row->tries;
}

static void webmentions_wait_in_order_and_known_ones_go_with_their_alerts(void **state)
{
    struct fixture *f = *state;
    struct store_webmention a = {STR("blogs"), STR("http://a/"), STR("http://us/1"), 1, NOW + 2, 0};
    struct store_webmention b = {STR("blogs"), STR("http://a/"), STR("http://us/2"), 2, NOW + 1, 0};
    int64_t known_ms = 7;
    int order = 0;

    assert_int_equal(store_webmention_put(f->s, &a), 0);
    assert_int_equal(store_webmention_put(f->s, &b), 0);
    (void)reopen(f);
    assert_int_equal(store_webmention_each(f->s, count_webmention, &order), 0);
    assert_int_equal(order, 21);
    assert_int_equal(store_webmention_known(f->s, &a, &known_ms), 0);
    assert_int_equal(known_ms, 0);
    a.due_ms = 0;
    a.known_ms = NOW;
    assert_int_equal(store_webmention_put(f->s, &a), 0);
    assert_int_equal(store_webmention_known(f->s, &a, &known_ms), 0);
    assert_true(known_ms == NOW);
    assert_int_equal(store_webmention_targets(f->s, a.source, a.url), 1);
    prune_all(f, NOW + 29 * DAY);
    assert_int_equal(store_webmention_targets(f->s, a.source, a.url), 1);
    prune_all(f, NOW + 31 * DAY);
    assert_int_equal(store_webmention_targets(f->s, a.source, a.url), 0);
    order = 0;
    assert_int_equal(store_webmention_each(f->s, count_webmention, &order), 0);
    assert_int_equal(order, 2);
    assert_int_equal(store_webmention_drop(f->s, &b), 0);
    assert_int_equal(store_webmention_each(f->s, count_webmention, &order), 0);
    assert_int_equal(order, 2);
}

/* --- what Redis had, and what it refused ------------------------------------------ */

static void sent_rows_go_a_day_after_the_yes_and_unsent_rows_stay(void **state)
{
    struct fixture *f = *state;
    struct store_retention keep = STORE_RETENTION_DEFAULT;
    struct store_counts n;

    queue_batch(f->s, 4);
    assert_int_equal(store_ack(f->s, 3, NOW), 0);
    assert_int_equal(store_prune(f->s, &keep, NOW + DAY - 60000), 0);
    assert_int_equal(outbox(f->s, 0, 9), 1234);
    assert_int_equal(store_prune(f->s, &keep, NOW + DAY + 60000), 3);
    assert_int_equal(store_prune(f->s, &keep, NOW + 90 * DAY), 0);
    assert_int_equal(outbox(f->s, 0, 9), 4);
    assert_int_equal(store_count(f->s, &n), 0);
    assert_int_equal(n.acked, 3);
    assert_int_equal(n.pending, 1);
}

static void redis_may_go_back(void **state)
{
    struct fixture *f = *state;
    struct store_counts n;

    queue_batch(f->s, 9);
    assert_int_equal(store_ack(f->s, 5, NOW - DAY), 0);
    assert_int_equal(store_ack(f->s, 9, NOW), 0);
    assert_int_equal(store_ack(f->s, 2, NOW + 1), 0);
    assert_int_equal(store_count(f->s, &n), 0);
    assert_int_equal(n.acked, 2);
    assert_int_equal(n.pending, 7);
}

static bool note_dead(void *arg, const struct store_dead *row)
{
    assert_str_equal(row->reason, STR("ERR no"));
    *(uint64_t *)arg = row->seq;
    return true;
}

static void a_buried_row_waits_to_be_retried_under_a_new_number(void **state)
{
    struct fixture *f = *state;
    uint64_t seq = 0;

    queue_batch(f->s, 3);
    assert_int_equal(store_bury(f->s, 2, STR("ERR no"), NOW), 0);
    assert_int_equal(outbox(f->s, 0, 9), 13);
    assert_int_equal(store_dead_each(f->s, note_dead, &seq), 0);
    assert_int_equal(seq, 2);
    assert_int_equal(store_dead_retry(f->s, 7, NOW), 0);
    assert_int_equal(store_dead_retry(f->s, 0, NOW), 1);
    assert_int_equal(outbox(f->s, 0, 9), 134);
    (void)reopen(f);
    queue_batch(f->s, 1);
    assert_int_equal(outbox(f->s, 0, 9), 1345);
}

/* --- opening ------------------------------------------------------------------- */

static void a_second_daemon_is_refused(void **state)
{
    struct fixture *f = *state;
    struct store_report report;
    struct store *second = NULL;

    assert_int_equal(store_open(f->path, NOW, &second, &report), STORE_E_LOCKED);
    assert_null(second);
}

static void a_newer_or_a_foreign_file_is_refused_and_left_alone(void **state)
{
    struct fixture *f = *state;
    struct store_report report;

    store_close(f->s);
    f->s = NULL;
    sqlite(f, "PRAGMA user_version = 999");
    assert_int_equal(store_open(f->path, NOW, &f->s, &report), STORE_E_NEWER);
    sqlite(f, "PRAGMA application_id = 7");
    assert_int_equal(store_open(f->path, NOW, &f->s, &report), STORE_E_FOREIGN);
    assert_null(f->s);
}

static void the_file_is_for_its_owner_only(void **state)
{
    struct fixture *f = *state;
    struct stat info;

    assert_int_equal(stat(f->path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
}

static void garbage_is_set_aside_and_couacd_starts(void **state)
{
    struct fixture *f = *state;
    char epoch[9];
    struct store_report report;
    int fd;

    strcpy(epoch, store_epoch(f->s));
    queue_batch(f->s, 3);
    store_close(f->s);
    f->s = NULL;
    fd = open(f->path, O_WRONLY | O_TRUNC);
    for (int i = 0; i < 3000; i++)
        assert_int_equal(write(fd, "garbage!", 8), 8);
    close(fd);
    report = open_it(f);
    assert_true(report.salvaged);
    assert_int_equal(access(report.set_aside, F_OK), 0);
    assert_int_equal(outbox(f->s, 0, 9), 0);
    assert_string_not_equal(store_epoch(f->s), epoch);
    report = reopen(f);
    assert_false(report.salvaged);
}

/* Overwrites one page in the middle: what lies around it is saved. */
static void rows_around_the_damage_are_saved(void **state)
{
    struct fixture *f = *state;
    enum { ROWS = 3000 };
    char junk[4096], epoch[9];
    struct store_report report;
    struct stat info;
    int fd;

    strcpy(epoch, store_epoch(f->s));
    queue_batch(f->s, ROWS);
    store_close(f->s);
    f->s = NULL;
    assert_int_equal(stat(f->path, &info), 0);
    memset(junk, 0x5a, sizeof(junk));
    fd = open(f->path, O_WRONLY);
    assert_int_equal(pwrite(fd, junk, 4096, info.st_size / 4096 / 2 * 4096), 4096);
    close(fd);
    report = open_it(f);
    assert_true(report.salvaged);
    assert_int_equal(report.tables_damaged, 1);
    assert_true(report.rows_salvaged > ROWS - 100 && report.rows_salvaged < ROWS + 2);
    assert_string_equal(store_epoch(f->s), epoch);
    assert_int_equal(store_last_seq(f->s), ROWS);
    assert_int_equal(outbox(f->s, ROWS - 1, 9), ROWS);
}

static void a_crash_between_two_renames_is_finished_at_the_next_start(void **state)
{
    struct fixture *f = *state;
    char saved[128];

    queue_batch(f->s, 3);
    store_close(f->s);
    f->s = NULL;
    snprintf(saved, sizeof(saved), "%s-saved", f->path);
    assert_int_equal(rename(f->path, saved), 0);
    (void)open_it(f);
    assert_int_equal(outbox(f->s, 0, 9), 123);
}

int main(void)
{
#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_batch_is_kept_whole_or_not_at_all),
        STORE_TEST(numbers_have_no_gap_after_a_rollback_or_a_restart),
        STORE_TEST(rows_come_in_order_and_in_portions),
        STORE_TEST(an_item_is_new_once_and_an_edit_is_told_apart),
        STORE_TEST(an_item_still_shown_outlives_the_retention),
        STORE_TEST(alerts_are_found_by_fingerprint_and_by_recent_content),
        STORE_TEST(held_denials_are_counted_and_released_oldest_first),
        STORE_TEST(a_source_row_comes_back_as_it_was_put),
        STORE_TEST(the_ledger_outlives_its_authors_and_still_counts_them),
        STORE_TEST(a_large_day_loses_its_authors_in_portions_even_across_a_restart),
        STORE_TEST(a_subscription_survives_until_it_is_dropped),
        STORE_TEST(webmentions_wait_in_order_and_known_ones_go_with_their_alerts),
        STORE_TEST(sent_rows_go_a_day_after_the_yes_and_unsent_rows_stay),
        STORE_TEST(redis_may_go_back),
        STORE_TEST(a_buried_row_waits_to_be_retried_under_a_new_number),
        STORE_TEST(a_second_daemon_is_refused),
        STORE_TEST(a_newer_or_a_foreign_file_is_refused_and_left_alone),
        STORE_TEST(the_file_is_for_its_owner_only),
        STORE_TEST(garbage_is_set_aside_and_couacd_starts),
        STORE_TEST(rows_around_the_damage_are_saved),
        STORE_TEST(a_crash_between_two_renames_is_finished_at_the_next_start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
