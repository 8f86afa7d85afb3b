#include <errno.h>
#include <hiredis/hiredis.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "cli/term/table.h"
#include "cli/verbs/server.h"
#include "cli/verbs/verb.h"
#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/base/vec.h"
#include "lib/data/json.h"
#include "lib/desk/ledger.h"

/* couacd writes the ledger of each promise as a hash with one field a day; state and
 * rate are worked out here again, for the day that it is for the reader. */

enum { ARENA_BYTES = 64 << 20, PROMISES_MAX = 100000, DAY_S = 86400 };

struct line {
    struct str id, says, owner;
    VEC(struct ledger_day) days;
    struct ledger_rate rate; /* of the last days */
};

struct board {
    const struct call *call;
    struct server server;
    struct arena *arena;
    struct str prefix;
    int64_t today;
    VEC(struct line) lines;
};

static redisReply *ask(struct board *b, const char *command, struct str key)
{
    redisReply *reply = server_ask(&b->server, b->call, (struct str[]){str_of(command), key}, 2);

    if (!reply || reply->type == REDIS_REPLY_ARRAY)
        return reply;
    freeReplyObject(reply);
    return NULL;
}

static struct str text_of(const redisReply *r)
{
    return r->type == REDIS_REPLY_STRING ? str_make(r->str, r->len) : STR_NONE;
}

static void take_day(struct board *b, struct line *l, struct str name, struct str json)
{
    struct json_error error;
    struct json *tree;
    int64_t at_ms;

    if (name.n != 10 || !clock_parse(name, &at_ms) ||
        json_parse(json, b->arena, &tree, &error) != JSON_OK)
        return; /* a field of a later version */
    vec_push(&l->days, ledger_read(at_ms / 1000 / DAY_S, tree));
}

static bool take_promise(struct board *b, struct str id)
{
    redisReply *reply = ask(
        b, "HGETALL", arena_printf(b->arena, "%.*sledger:%.*s", STR_ARG(b->prefix), STR_ARG(id)));
    struct line line = {.id = arena_str(b->arena, id)};

    for (size_t i = 0; reply && i + 1 < reply->elements; i += 2) {
        struct str name = text_of(reply->element[i]), value = text_of(reply->element[i + 1]);

        if (str_eq(name, STR("says")))
            line.says = arena_str(b->arena, value);
        else if (str_eq(name, STR("owner")))
            line.owner = arena_str(b->arena, value);
        else
            take_day(b, &line, name, value);
    }
    line.rate = ledger_rate(line.days.items, line.days.n, b->today, LEDGER_STATE_DAYS);
    if (reply && reply->elements)
        vec_push(&b->lines, line);
    if (reply)
        freeReplyObject(reply);
    return reply != NULL;
}

static const struct ledger_day *day_of(const struct line *l, int64_t day)
{
    for (size_t i = 0; i < l->days.n; i++)
        if (l->days.items[i].day == day)
            return &l->days.items[i];
    return NULL;
}

static uint32_t against(const struct line *l, int64_t day)
{
    const struct ledger_day *d = day_of(l, day);

    return d ? d->counts[LEDGER_BROKEN] + d->counts[LEDGER_SUSPECTED] : 0;
}

/* The worst first, then by id. */
static int worst_first(const void *one, const void *two)
{
    const struct line *a = one, *b = two;
    int order = (int)ledger_state(&b->rate) - (int)ledger_state(&a->rate);

    return order ? order : str_cmp(a->id, b->id);
}

static void write_numbers(struct json_writer *w, const struct ledger_rate *r)
{
    json_member_str(w, STR("state"), str_of(ledger_state_name(ledger_state(r))));
    json_member_i64(w, STR("kept"), r->kept);
    json_member_i64(w, STR("total"), r->total);
    if (r->total) {
        json_key(w, STR("rate"));
        json_double(w, round(r->rate * 1e4) / 1e4);
    }
    json_key(w, STR("low"));
    json_double(w, round(r->low * 1e4) / 1e4);
    json_key(w, STR("high"));
    json_double(w, round(r->high * 1e4) / 1e4);
}

static void print_json(const struct board *b, const struct line *l)
{
    struct sbuf text = SBUF_INIT(1 << 20);
    struct json_writer w;
    const struct ledger_day none = {.median_excess = NAN, .median_answer_s = NAN};
    const struct ledger_day *today = day_of(l, b->today);

    json_writer_init(&w, &text);
    json_open_object(&w);
    json_member_str(&w, STR("promise"), l->id);
    json_member_str(&w, STR("says"), l->says);
    json_member_str(&w, STR("owner"), l->owner);
    write_numbers(&w, &l->rate);
    json_key(&w, STR("against"));
    json_open_array(&w);
    for (int64_t day = b->today - LEDGER_SPARK_DAYS + 1; day <= b->today; day++)
        json_i64(&w, against(l, day));
    json_close_array(&w);
    json_key(&w, STR("today"));
    ledger_write(today ? today : &none, &w);
    json_close_object(&w);
    screen_raw(&b->call->out, sbuf_str(&text));
    screen_printf(&b->call->out, "\n");
    sbuf_done(&text);
}

/* One bar a day, as high as that day's contradictions among the worst day's. */
static struct str spark(const struct board *b, const struct line *l)
{
    static const char *const bars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    struct sbuf text = SBUF_INIT(200);
    uint32_t most = 1;

    for (int64_t day = b->today - LEDGER_SPARK_DAYS + 1; day <= b->today; day++)
        most = MAX(most, against(l, day));
    for (int64_t day = b->today - LEDGER_SPARK_DAYS + 1; day <= b->today; day++) {
        uint32_t n = against(l, day);

        sbuf_printf(&text, "%s", n == 0 ? "·" : bars[(uint64_t)n * 7 / most]);
    }
    struct str s = arena_str(b->arena, sbuf_str(&text));

    sbuf_done(&text);
    return s;
}

static struct str percent(const struct board *b, const struct ledger_rate *r)
{
    if (r->total == 0)
        return STR("-");
    return arena_printf(b->arena, "%.0f %% (%.0f-%.0f) of %u", 100 * r->rate, 100 * r->low,
                        100 * r->high, r->total);
}

static struct str today_text(const struct board *b, const struct line *l)
{
    const struct ledger_day *d = day_of(l, b->today);

    if (!d)
        return STR("-");
    return arena_printf(b->arena, "%u broken, %u kept, %u answered", against(l, b->today),
                        d->counts[LEDGER_KEPT], d->counts[LEDGER_ANSWERED]);
}

static void print_table(const struct board *b)
{
    static const struct table_column columns[] = {
        {"PROMISE", TABLE_LEFT}, {"STATE", TABLE_LEFT}, {"KEPT, 7 DAYS", TABLE_LEFT},
        {"14 DAYS", TABLE_LEFT}, {"TODAY", TABLE_LEFT}, {"OWNER", TABLE_LEFT},
        {"SAYS", TABLE_CUT},
    };
    struct table *t = table_new(&b->call->out, columns, ARRAY_LEN(columns));

    for (size_t i = 0; i < b->lines.n; i++) {
        const struct line *l = &b->lines.items[i];
        const struct str cells[] = {l->id,
                                    str_of(ledger_state_name(ledger_state(&l->rate))),
                                    percent(b, &l->rate),
                                    spark(b, l),
                                    today_text(b, l),
                                    l->owner,
                                    l->says};

        table_row(t, cells);
    }
    table_print(t);
    table_free(t);
}

static int show(struct board *b)
{
    int status = VERB_FINE;

    if (b->lines.n)
        qsort(b->lines.items, b->lines.n, sizeof(*b->lines.items), worst_first);
    for (size_t i = 0; i < b->lines.n; i++) {
        if (ledger_state(&b->lines.items[i].rate) == LEDGER_IS_BROKEN)
            status = VERB_FINDINGS;
        if (b->call->output == CALL_JSON)
            print_json(b, &b->lines.items[i]);
    }
    if (b->call->output == CALL_TEXT)
        print_table(b);
    return status;
}

static int run(struct board *b)
{
    if (server_connect(&b->server) < 0)
        return call_trouble(b->call, "%s: %s", b->server.host, b->server.trouble);
    redisReply *ids =
        ask(b, "SMEMBERS", arena_printf(b->arena, "%.*spromises", STR_ARG(b->prefix)));
    bool good = ids != NULL;

    for (size_t i = 0; good && i < ids->elements && i < PROMISES_MAX; i++)
        good = take_promise(b, text_of(ids->element[i]));
    if (ids)
        freeReplyObject(ids);
    if (!good)
        return VERB_TROUBLE;
    if (b->lines.n == 0)
        return call_trouble(b->call,
                            "%.*spromises: nothing there; is couacd running on this Redis?",
                            STR_ARG(b->prefix));
    return show(b);
}

static int run_promises(const struct call *call)
{
    const char *url = call_option(call, "url"), *prefix = call_option(call, "prefix");
    struct board b = {.call = call, .prefix = str_of(prefix ? prefix : "couac:")};
    const char *wrong = server_parse(&b.server, str_of(url ? url : "redis://127.0.0.1:6379/0"));

    if (wrong)
        return call_trouble(call, "--url: %s", wrong);
    b.arena = arena_new(ARENA_BYTES);
    b.today = (int64_t)time(NULL) / DAY_S;
    int status = run(&b);

    for (size_t i = 0; i < b.lines.n; i++)
        vec_done(&b.lines.items[i].days);
    vec_done(&b.lines);
    server_close(&b.server);
    arena_free(b.arena);
    return status;
}

static const struct verb_option options[] = {
    {"url", 'u', "URL", "redis://… or unix://…; redis://127.0.0.1:6379/0 by default"},
    {"prefix", 'p', "TEXT", "what stands before the keys; couac: by default"},
    {0},
};

const struct verb verb_promises = {
    .name = "promises",
    .summary = "show how each promise fares",
    .usage = "",
    .notes = "The share of posts of the last 7 days which say that the promise was kept, with\n"
             "its 95 % interval (Wilson), and the contradictions of the last 14 days. broken:\n"
             "surely less than half say kept; strained: some say broken, and it is not sure\n"
             "that they are few. Who writes is not who buys: the share is one of posts.\n"
             "Exit status 1 when a promise is broken.\n\n"
             "  couac promises --json | jq 'select(.state == \"broken\").owner'\n",
    .options = options,
    .args_max = 0,
    .run = run_promises,
};
