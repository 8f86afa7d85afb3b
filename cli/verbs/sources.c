#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "cli/term/table.h"
#include "cli/verbs/server.h"
#include "cli/verbs/verb.h"
#include "lib/base/alloc.h"
#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/base/map.h"
#include "lib/base/vec.h"
#include "lib/data/json.h"

/* couacd writes one JSON object for each source into the hash PREFIXsources (its
 * roster.h says which members). It is read with HSCAN, so that Redis is never held up by a
 * hundred thousand of them; HSCAN may show a row twice, the second is left out. */

enum {
    ARENA_BYTES = 1 << 30,
    SCAN_ROWS = 1000, /* asked for at once */
    LIMIT = 100,      /* rows of the table by default */
    CELL_BYTES = 600,
    MINUTE_MS = 60 * 1000,
    HOUR_MS = 60 * MINUTE_MS,
    DAY_MS = 24 * HOUR_MS,
};

enum state { STATE_GONE, STATE_WALLED, STATE_BACKING_OFF, STATE_WAITING, STATE_NEW, STATE_OK };
static const char *const state_names[] = {"gone", "walled", "backing-off", "waiting", "new", "ok"};
enum { STATES = ARRAY_LEN(state_names) };

static bool is_failing(enum state state)
{
    return state < STATE_NEW;
}

struct row {
    struct str id, kind, why, detail;
    struct str json; /* with --json */
    enum state state;
    int64_t last_ms, next_ms; /* 0: never */
    int64_t failures, not_modified, bytes, saved_bytes;
    double per_day; /* NAN: too early to say */
    double order;
};

struct totals {
    size_t n, states[STATES];
    double per_day;
    int64_t not_modified, bytes, saved_bytes;
};

struct sources {
    const struct call *call;
    struct server server;
    struct str prefix;
    struct arena *arena, *scratch; /* of all rows; of one */
    struct map seen;
    VEC(struct row) rows;
    struct totals totals;
    int64_t now_ms, limit;
    size_t sort;
};

/* --- reading --------------------------------------------------------------------- */

static int64_t number_of(const struct json *tree, const char *key)
{
    int64_t n;

    return json_to_i64(json_get(tree, str_of(key)), &n) ? n : 0;
}

static int64_t time_of(const struct json *tree, const char *key)
{
    int64_t at_ms;

    return clock_parse(json_get_str(tree, str_of(key)), &at_ms) ? at_ms : 0;
}

/* A name of a later version counts as trouble. */
static enum state state_of(struct str name)
{
    for (size_t i = 0; i < STATES; i++)
        if (str_eq(name, str_of(state_names[i])))
            return (enum state)i;
    return STATE_BACKING_OFF;
}

static struct row row_of(struct sources *s, struct str id, const struct json *tree)
{
    struct row row = {
        .id = arena_str(s->arena, id),
        .kind = arena_str(s->arena, json_get_str(tree, STR("kind"))),
        .why = arena_str(s->arena, json_get_str(tree, STR("why"))),
        .detail = arena_str(s->arena, json_get_str(tree, STR("detail"))),
        .state = state_of(json_get_str(tree, STR("state"))),
        .last_ms = time_of(tree, "last"),
        .next_ms = time_of(tree, "next"),
        .failures = number_of(tree, "failures"),
        .not_modified = number_of(tree, "not_modified"),
        .bytes = number_of(tree, "bytes"),
        .saved_bytes = number_of(tree, "saved_bytes"),
    };

    if (!json_to_double(json_get(tree, STR("per_day")), &row.per_day))
        row.per_day = NAN;
    return row;
}

static void add_up(struct totals *t, const struct row *row)
{
    t->n++;
    t->states[row->state]++;
    t->per_day += isnan(row->per_day) ? 0 : row->per_day;
    t->not_modified += row->not_modified;
    t->bytes += row->bytes;
    t->saved_bytes += row->saved_bytes;
}

static bool take(struct sources *s, struct str id, struct str json)
{
    struct json_error error;
    struct json *tree;

    arena_reset(s->scratch);
    if (map_get(&s->seen, id))
        return true;
    if (json_parse(json, s->scratch, &tree, &error) != JSON_OK) {
        (void)call_trouble(s->call, "%.*s: %s", STR_ARG(id),
                           error.message); /* the status follows */
        return false;
    }
    struct row row = row_of(s, id, tree);

    if (!row.id.p || !row.detail.p) {
        (void)call_trouble(s->call, "too many sources at once; name some"); /* idem */
        return false;
    }
    (void)map_put(&s->seen, row.id, s); /* was not there */
    if (call_option(s->call, "failing") && !is_failing(row.state))
        return true;
    if (s->call->output == CALL_JSON)
        row.json = arena_str(s->arena, json);
    add_up(&s->totals, &row);
    vec_push(&s->rows, row);
    return true;
}

static struct str text_of(const redisReply *r)
{
    return r->type == REDIS_REPLY_STRING ? str_make(r->str, r->len) : STR_NONE;
}

static bool take_page(struct sources *s, const redisReply *page, struct str *ret_cursor)
{
    const redisReply *rows = page->elements == 2 ? page->element[1] : NULL;

    if (!rows || rows->type != REDIS_REPLY_ARRAY)
        return false;
    *ret_cursor = arena_str(s->arena, text_of(page->element[0]));
    for (size_t i = 0; i + 1 < rows->elements; i += 2)
        if (!take(s, text_of(rows->element[i]), text_of(rows->element[i + 1])))
            return false;
    return true;
}

static bool read_all(struct sources *s, struct str key)
{
    struct str cursor = STR("0");
    bool good;

    do {
        const struct str words[] = {STR("HSCAN"), key, cursor, STR("COUNT"),
                                    arena_printf(s->arena, "%d", SCAN_ROWS)};
        redisReply *page = server_ask(&s->server, s->call, words, ARRAY_LEN(words));

        good = page && page->type == REDIS_REPLY_ARRAY && take_page(s, page, &cursor);
        freeReplyObject(page);
    } while (good && !str_eq(cursor, STR("0")));
    return good;
}

static bool read_one(struct sources *s, struct str key, struct str id)
{
    const struct str words[] = {STR("HGET"), key, id};
    redisReply *reply = server_ask(&s->server, s->call, words, ARRAY_LEN(words));
    bool good = reply && reply->type == REDIS_REPLY_STRING && take(s, id, text_of(reply));

    if (reply && reply->type == REDIS_REPLY_NIL)
        (void)call_trouble(s->call, "couacd knows no source '%.*s'", STR_ARG(id)); /* idem */
    freeReplyObject(reply);
    return good;
}

/* --- words ----------------------------------------------------------------------- */

static const struct {
    const char *word, *sentence;
} reasons[] = {
    {"HTTP 401", "the server asks for a password"},
    {"HTTP 403", "the server forbids it"},
    {"HTTP 404", "nothing is at this address"},
    {"HTTP 500", "the server is in trouble"},
    {"HTTP 502", "the server is in trouble"},
    {"HTTP 504", "the server is in trouble"},
    {"body-too-large", "what comes is larger than poll.body_max"},
    {"bomb", "what comes is a decompression bomb"},
    {"broken", "the answer breaks off or is no HTTP"},
    {"busy", "the server asks for patience"},
    {"connect", "the server takes no connection"},
    {"dns", "no server has this name"},
    {"forbidden", "it leads to a private address; `network: private` allows that"},
    {"gone", "it is gone for good: change or remove it"},
    {"headers-too-large", "more headers come than poll.header_max"},
    {"not-a-feed", "what comes is no feed any more"},
    {"not-an-answer", "what comes is not what the network documents"},
    {"password", "the password cannot be read"},
    {"redirects", "it leads from one address to the next without end"},
    {"redis", "this Redis cannot be used"},
    {"refused", "the server refuses us"},
    {"silence", "the stream fell silent"},
    {"status", "the server answers with an error"},
    {"store", "couacd's own disk refuses what came"},
    {"timeout", "the server is too slow"},
    {"tls", "no secure connection can be made"},
    {"token", "the token cannot be read"},
    {"url", "the address cannot be used"},
    {"wall", "the server wants a browser: ask its operator to let feeds through"},
};

static const char *reason_of(struct str word)
{
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
        if (str_eq(word, str_of(reasons[i].word)))
            return reasons[i].sentence;
    return NULL;
}

/* "the server answers with an error (HTTP 418)" */
static void write_reason(const struct row *row, struct sbuf *out)
{
    const char *known = reason_of(row->detail);

    if (!known)
        known = reason_of(row->why);
    if (known)
        sbuf_printf(out, "%s", known);
    else
        sbuf_add(out, row->why);
    if (row->detail.n && !(known && str_eq(row->detail, str_of(known))))
        sbuf_printf(out, " (%.*s)", STR_ARG(row->detail));
}

static void write_span(int64_t ms, struct sbuf *out)
{
    if (ms < 2 * MINUTE_MS)
        sbuf_printf(out, "%" PRId64 " s", ms / 1000);
    else if (ms < 2 * HOUR_MS)
        sbuf_printf(out, "%" PRId64 " min", ms / MINUTE_MS);
    else if (ms < 2 * DAY_MS)
        sbuf_printf(out, "%" PRId64 " h", ms / HOUR_MS);
    else
        sbuf_printf(out, "%" PRId64 " d", ms / DAY_MS);
}

static void write_last(const struct row *row, int64_t now_ms, struct sbuf *out)
{
    if (row->last_ms == 0)
        sbuf_printf(out, "never");
    else
        write_span(MAX(now_ms - row->last_ms, (int64_t)0), out);
    if (row->last_ms)
        sbuf_printf(out, " ago");
}

static void write_next(const struct row *row, int64_t now_ms, struct sbuf *out)
{
    if (row->next_ms == 0)
        sbuf_printf(out, "-");
    else if (row->next_ms <= now_ms)
        sbuf_printf(out, "now");
    else
        sbuf_printf(out, "in ");
    if (row->next_ms > now_ms)
        write_span(row->next_ms - now_ms, out);
}

static void write_bytes(int64_t bytes, struct sbuf *out)
{
    static const char *const units[] = {"kB", "MB", "GB", "TB"};
    double n = (double)bytes / 1000;
    size_t unit = 0;

    for (; n >= 1000 && unit + 1 < ARRAY_LEN(units); unit++)
        n /= 1000;
    if (bytes < 1000)
        sbuf_printf(out, "%" PRId64 " B", bytes);
    else
        sbuf_printf(out, "%.*f %s", n < 10 ? 1 : 0, n, units[unit]);
}

/* --- printing -------------------------------------------------------------------- */

enum column { C_ID, C_KIND, C_STATE, C_LAST, C_NEXT, C_RATE, C_BYTES, C_SAVED, C_FAILS, C_WHY };

static const struct table_column columns[] = {
    [C_ID] = {"SOURCE", TABLE_LEFT},     [C_KIND] = {"KIND", TABLE_LEFT},
    [C_STATE] = {"STATE", TABLE_LEFT},   [C_LAST] = {"LAST", TABLE_RIGHT},
    [C_NEXT] = {"NEXT", TABLE_RIGHT},    [C_RATE] = {"POSTS/DAY", TABLE_RIGHT},
    [C_BYTES] = {"BYTES", TABLE_RIGHT},  [C_SAVED] = {"SAVED BY 304", TABLE_RIGHT},
    [C_FAILS] = {"FAILED", TABLE_RIGHT}, [C_WHY] = {"WHY", TABLE_CUT},
};

static void add_row(const struct sources *s, struct table *t, const struct row *row)
{
    static const enum paint paints[STATES] = {PAINT_RED,    PAINT_RED, PAINT_RED,
                                              PAINT_YELLOW, PAINT_DIM, PAINT_GREEN};
    struct sbuf cells[ARRAY_LEN(columns)];
    struct str texts[ARRAY_LEN(columns)];

    for (size_t i = 0; i < ARRAY_LEN(cells); i++)
        sbuf_init(&cells[i], CELL_BYTES);
    sbuf_add(&cells[C_ID], row->id);
    sbuf_add(&cells[C_KIND], row->kind);
    sbuf_printf(&cells[C_STATE], "%s", state_names[row->state]);
    write_last(row, s->now_ms, &cells[C_LAST]);
    write_next(row, s->now_ms, &cells[C_NEXT]);
    if (isnan(row->per_day))
        sbuf_printf(&cells[C_RATE], "-");
    else
        sbuf_printf(&cells[C_RATE], "%.*f", row->per_day < 10 ? 1 : 0, row->per_day);
    write_bytes(row->bytes, &cells[C_BYTES]);
    write_bytes(row->saved_bytes, &cells[C_SAVED]);
    if (row->not_modified)
        sbuf_printf(&cells[C_SAVED], " (%" PRId64 ")", row->not_modified);
    sbuf_printf(&cells[C_FAILS], "%" PRId64, row->failures);
    write_reason(row, &cells[C_WHY]);
    for (size_t i = 0; i < ARRAY_LEN(cells); i++)
        texts[i] = sbuf_str(&cells[i]);
    table_row(t, texts);
    table_paint(t, C_STATE, paints[row->state]);
    for (size_t i = 0; i < ARRAY_LEN(cells); i++)
        sbuf_done(&cells[i]);
}

static void print_totals(const struct sources *s)
{
    const struct totals *t = &s->totals;
    struct sbuf text = SBUF_INIT(1000);

    sbuf_printf(&text, "%zu source%s", t->n, t->n == 1 ? "" : "s");
    for (size_t i = STATES; i-- > 0;)
        if (t->states[i])
            sbuf_printf(&text, ", %zu %s", t->states[i], state_names[i]);
    sbuf_printf(&text, "; %.*f posts a day; ", t->per_day < 10 ? 1 : 0, t->per_day);
    write_bytes(t->bytes, &text);
    sbuf_printf(&text, " received, ");
    write_bytes(t->saved_bytes, &text);
    sbuf_printf(&text, " saved by %" PRId64 " answers 304\n", t->not_modified);
    screen_raw(&s->call->out, sbuf_str(&text));
    sbuf_done(&text);
}

static void print_table(const struct sources *s, size_t n)
{
    struct table *t = table_new(&s->call->out, columns, ARRAY_LEN(columns));

    for (size_t i = 0; i < n; i++)
        add_row(s, t, &s->rows.items[i]);
    if (n)
        table_print(t);
    table_free(t);
    if (n < s->rows.n)
        screen_printf(&s->call->out, "%zu more are not shown; --limit=0 shows all\n",
                      s->rows.n - n);
    print_totals(s);
}

/* The row as it is in Redis, named, and with its reason in words. */
static void print_json(const struct sources *s, const struct row *row)
{
    struct sbuf text = SBUF_INIT(1 << 20), reason = SBUF_INIT(CELL_BYTES);
    struct json_error error;
    struct json_writer w;
    struct json *tree;

    arena_reset(s->scratch);
    if (json_parse(row->json, s->scratch, &tree, &error) != JSON_OK)
        abort(); /* it was parsed before */
    json_writer_init(&w, &text);
    json_open_object(&w);
    json_member_str(&w, STR("source"), row->id);
    for (const struct json *member = tree->first; member; member = member->next) {
        json_key(&w, member->key);
        json_tree(&w, member);
    }
    write_reason(row, &reason);
    json_member_str(&w, STR("reason"), sbuf_str(&reason));
    json_close_object(&w);
    screen_raw(&s->call->out, sbuf_str(&text));
    screen_printf(&s->call->out, "\n");
    sbuf_done(&reason);
    sbuf_done(&text);
}

/* --- order ----------------------------------------------------------------------- */

static const char *const sorts[] = {"state", "id",       "last",  "next",
                                    "rate",  "failures", "bytes", "saved"};
enum sort {
    SORT_STATE,
    SORT_ID,
    SORT_LAST,
    SORT_NEXT,
    SORT_RATE,
    SORT_FAILURES,
    SORT_BYTES,
    SORT_SAVED
};

/* What needs a look comes first: the lowest. */
static double order_of(const struct row *row, enum sort sort)
{
    switch (sort) {
    case SORT_STATE:
        return row->state * 1e9 - (double)row->failures;
    case SORT_ID:
        return 0;
    case SORT_LAST:
        return (double)row->last_ms;
    case SORT_NEXT:
        return row->next_ms ? (double)row->next_ms : HUGE_VAL;
    case SORT_RATE:
        return isnan(row->per_day) ? 0 : -row->per_day;
    case SORT_FAILURES:
        return -(double)row->failures;
    case SORT_BYTES:
        return -(double)row->bytes;
    case SORT_SAVED:
        return -(double)row->saved_bytes;
    }
    return 0;
}

static int by_order(const void *left, const void *right)
{
    const struct row *a = left, *b = right;

    if (a->order != b->order)
        return a->order < b->order ? -1 : 1;
    return str_cmp(a->id, b->id);
}

static void sort_rows(struct sources *s)
{
    for (size_t i = 0; i < s->rows.n; i++)
        s->rows.items[i].order = order_of(&s->rows.items[i], (enum sort)s->sort);
    if (s->rows.n)
        qsort(s->rows.items, s->rows.n, sizeof(*s->rows.items), by_order);
}

/* --- the verb -------------------------------------------------------------------- */

static bool is_there(struct sources *s, struct str key)
{
    redisReply *reply = server_ask(&s->server, s->call, (struct str[]){STR("EXISTS"), key}, 2);
    bool there = reply && reply->type == REDIS_REPLY_INTEGER && reply->integer;

    freeReplyObject(reply);
    return there;
}

static int show(struct sources *s, bool alive)
{
    size_t n = s->limit && (size_t)s->limit < s->rows.n ? (size_t)s->limit : s->rows.n;
    int status = alive ? VERB_FINE : VERB_FINDINGS;

    sort_rows(s);
    if (s->call->output == CALL_TEXT)
        print_table(s, n);
    for (size_t i = 0; i < n && s->call->output == CALL_JSON; i++)
        print_json(s, &s->rows.items[i]);
    for (size_t i = 0; i < STATES; i++)
        if (is_failing((enum state)i) && s->totals.states[i])
            status = VERB_FINDINGS;
    if (!alive)
        screen_printf(&s->call->err, "couac sources: couacd gave no sign of life for 90 s; this "
                                     "is what it wrote before\n");
    return status;
}

static int nothing(struct sources *s, struct str key, bool alive)
{
    if (alive)
        return call_trouble(s->call,
                            "%.*s: nothing there. couacd runs; it writes its sources soon after "
                            "its start, or says in its journal why Redis refuses (roster.failed)",
                            STR_ARG(key));
    return call_trouble(s->call, "%.*s: nothing there; is couacd running on this Redis?",
                        STR_ARG(key));
}

static int run(struct sources *s)
{
    if (server_connect(&s->server) < 0)
        return call_trouble(s->call, "%s: %s", s->server.host, s->server.trouble);
    struct str key = arena_printf(s->arena, "%.*ssources", STR_ARG(s->prefix));
    bool alive = is_there(s, arena_printf(s->arena, "%.*sstatus", STR_ARG(s->prefix)));
    bool good = true;

    if (!is_there(s, key))
        return nothing(s, key, alive);
    for (size_t i = 0; good && i < s->call->n_args; i++)
        good = read_one(s, key, str_of(s->call->args[i]));
    if (s->call->n_args == 0)
        good = read_all(s, key);
    return good ? show(s, alive) : VERB_TROUBLE;
}

static bool read_options(struct sources *s)
{
    const char *limit = call_option(s->call, "limit"), *sort = call_option(s->call, "sort");

    s->limit = s->call->output == CALL_JSON ? 0 : LIMIT;
    if (limit && (!str_to_i64(str_of(limit), &s->limit) || s->limit < 0)) {
        (void)call_trouble(s->call, "--limit: no number: %s", limit); /* the status follows */
        return false;
    }
    while (sort && s->sort < ARRAY_LEN(sorts) && strcmp(sorts[s->sort], sort) != 0)
        s->sort++;
    if (s->sort < ARRAY_LEN(sorts))
        return true;
    (void)call_trouble(s->call,
                       "--sort: one of state id last next rate failures bytes saved"); /* idem */
    return false;
}

static int run_sources(const struct call *call)
{
    const char *url = call_option(call, "url"), *prefix = call_option(call, "prefix");
    struct sources s = {.call = call, .prefix = str_of(prefix ? prefix : "couac:")};
    const char *wrong = server_parse(&s.server, str_of(url ? url : "redis://127.0.0.1:6379/0"));

    if (wrong)
        return call_trouble(call, "--url: %s", wrong);
    if (!read_options(&s))
        return VERB_TROUBLE;
    s.arena = arena_new(ARENA_BYTES);
    s.scratch = arena_new(1 << 20);
    s.now_ms = (int64_t)time(NULL) * 1000;
    int status = run(&s);

    vec_done(&s.rows);
    map_done(&s.seen);
    server_close(&s.server);
    arena_free(s.scratch);
    arena_free(s.arena);
    return status;
}

static const struct verb_option options[] = {
    {"failing", 'f', NULL, "only those that fail or wait"},
    {"sort", 's', "KEY",
     "state (what needs a look first), id, last, next, rate, failures, bytes "
     "or saved"},
    {"limit", 'n', "N", "so many rows at most, 0 all; by default 100, in JSON all"},
    {"url", 'u', "URL", "redis://… or unix://…; redis://127.0.0.1:6379/0 by default"},
    {"prefix", 'p', "TEXT", "what stands before the keys; couac: by default"},
    {0},
};

const struct verb verb_sources = {
    .name = "sources",
    .summary = "show how each source fares",
    .usage = "[ID...]",
    .notes = "Every source that couacd listens to, or those of the IDs: its state, when it last\n"
             "answered, when it is asked next, its new posts a day of the last week, the bytes\n"
             "it cost and the bytes that answers \"not modified\" (304) saved, its failures in a\n"
             "row and why. waiting: the server asked for patience; backing-off: it fails and is\n"
             "asked more and more slowly, up to a week; walled: it wants a browser; gone: it\n"
             "said so (410) and is not asked any more; new: nothing came yet.\n"
             "Exit status 1 when one fails or waits, or couacd is not alive.\n\n"
             "  couac sources --failing --json | jq -r '[.source, .reason] | @tsv'\n",
    .options = options,
    .args_max = VERB_ARGS_ANY,
    .run = run_sources,
};
