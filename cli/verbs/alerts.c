#include <errno.h>
#include <hiredis/hiredis.h>
#include <time.h>

#include "cli/term/interrupt.h"
#include "cli/verbs/server.h"
#include "cli/verbs/verb.h"
#include "lib/base/arena.h"
#include "lib/base/utf8.h"
#include "lib/data/json.h"

/* Follows a stream with XREAD, which takes nothing away from other readers and
 * remembers its place by the id of the last entry: a lost connection continues
 * behind it. Evidence comes as code-point offsets into the excerpt. */

enum {
    BLOCK_MS = 1000, /* how long Ctrl-C may take */
    BATCH = 100,
    RETRY_MAX_S = 10,
    ID_MAX = 64,
    EXCERPT_MAX = 2000,
    ARENA_BYTES = 4 << 20,
};

struct follower {
    const struct call *call;
    struct server server;
    struct arena *arena;
    char key[SERVER_TEXT_MAX];
    char last[ID_MAX];           /* id of the latest entry */
    int64_t n_printed, n_wanted; /* wanted: 0 is all */
    enum { UNTIL_STOPPED, UNTIL_EMPTY } until;
};

static enum paint paint_of(struct str severity)
{
    if (str_eq(severity, STR("critical")) || str_eq(severity, STR("high")))
        return PAINT_RED;
    return str_eq(severity, STR("medium")) ? PAINT_YELLOW : PAINT_DIM;
}

static void mark_evidence(const struct json *evidence, char *marks, size_t n)
{
    for (const struct json *it = evidence ? evidence->first : NULL; it; it = it->next) {
        int64_t start, end;

        if (!json_to_i64(json_get(it, STR("start")), &start) ||
            !json_to_i64(json_get(it, STR("end")), &end))
            continue;
        for (int64_t i = MAX(start, (int64_t)0); i < MIN(end, (int64_t)n); i++)
            marks[i] = 1;
    }
}

/* Runs of marked and unmarked code points, each painted once. */
static void print_excerpt(const struct screen *out, struct str excerpt, const struct json *evidence)
{
    char marks[EXCERPT_MAX + 1] = "";
    size_t at = 0, from = 0;

    mark_evidence(evidence, marks, EXCERPT_MAX);
    screen_printf(out, "  ");
    for (size_t i = 0; at < excerpt.n; i++) {
        char mark = marks[MIN(i, (size_t)EXCERPT_MAX)];

        (void)utf8_next(excerpt, &at); /* only the step matters */
        if (at < excerpt.n && marks[MIN(i + 1, (size_t)EXCERPT_MAX)] == mark)
            continue;
        screen_printf(out, "%s", mark ? screen_paint(out, PAINT_MARK) : "");
        screen_text(out, str_slice(excerpt, from, at));
        screen_printf(out, "%s", mark ? screen_paint(out, PAINT_END) : "");
        from = at;
    }
    screen_printf(out, "\n");
}

static void print_evidence(const struct screen *out, const struct json *evidence)
{
    for (const struct json *it = evidence ? evidence->first : NULL; it; it = it->next) {
        screen_printf(out, "%s    ", screen_paint(out, PAINT_DIM));
        screen_text(out, json_get_str(it, STR("role")));
        screen_printf(out, ": \"");
        screen_text(out, json_get_str(it, STR("text")));
        screen_printf(out, "\"  ");
        screen_text(out, json_get_str(it, STR("at")));
        screen_printf(out, "%s\n", screen_paint(out, PAINT_END));
    }
}

static void print_line(const struct screen *out, struct str text)
{
    if (text.n == 0)
        return;
    screen_printf(out, "  ");
    screen_text(out, text);
    screen_printf(out, "\n");
}

static void print_alert(const struct screen *out, const struct json *event, const struct json *data)
{
    const struct json *alert = json_get(data, STR("alert")),
                      *mention = json_get(data, STR("mention"));
    const struct json *evidence = json_get(data, STR("evidence"));
    struct str severity = json_get_str(alert, STR("severity"));
    struct str owner = json_get_str(alert, STR("owner"));

    screen_printf(out, "%s", screen_paint(out, paint_of(severity)));
    screen_text(out, severity);
    screen_printf(out, "%s  %s", screen_paint(out, PAINT_END), screen_paint(out, PAINT_BOLD));
    screen_text(out, json_get_str(event, STR("subject")));
    screen_printf(out, "%s", screen_paint(out, PAINT_END));
    if (owner.n) {
        screen_printf(out, "  for ");
        screen_text(out, owner);
    }
    screen_printf(out, "  ");
    screen_text(out, json_get_str(event, STR("time")));
    screen_printf(out, "  ");
    screen_text(out, json_get_str(alert, STR("status")));
    screen_printf(out, "\n");
    print_line(out, json_get_str(alert, STR("title")));
    print_excerpt(out, json_get_str(mention, STR("excerpt")), evidence);
    print_evidence(out, evidence);
    print_line(out, json_get_str(mention, STR("url")));
}

/* Events of other types: what they are, and the sentence they carry. */
static void print_other(const struct screen *out, const struct json *event, const struct json *data)
{
    static const char *const sentences[] = {"title", "message", "why"};

    screen_printf(out, "%s", screen_paint(out, PAINT_CYAN));
    screen_text(out, json_get_str(event, STR("type")));
    screen_printf(out, "%s  ", screen_paint(out, PAINT_END));
    screen_text(out, json_get_str(event, STR("subject")));
    screen_printf(out, "  ");
    screen_text(out, json_get_str(event, STR("time")));
    screen_printf(out, "\n");
    for (size_t i = 0; i < ARRAY_LEN(sentences); i++)
        print_line(out, json_get_str(data, str_of(sentences[i])));
}

static void print_event(struct follower *f, struct str text)
{
    const struct screen *out = &f->call->out;
    struct json_error error;
    struct json *event;

    arena_reset(f->arena);
    if (json_parse(text, f->arena, &event, &error) != JSON_OK) {
        (void)call_trouble(f->call, "%s: entry %s is not JSON (%s)", f->key, f->last,
                           error.message); /* told, and left behind */
        return;
    }
    if (f->call->output == CALL_JSON) {
        screen_raw(out, text);
        screen_printf(out, "\n");
        return;
    }
    const struct json *data = json_get(event, STR("data"));

    if (json_get(data, STR("alert")))
        print_alert(out, event, data);
    else
        print_other(out, event, data);
}

static struct str text_of(const redisReply *r)
{
    bool text = r->type == REDIS_REPLY_STRING || r->type == REDIS_REPLY_STATUS;

    return text ? str_make(r->str, r->len) : STR_NONE;
}

/* [id, [field, value, …]] */
static void take_entry(struct follower *f, const redisReply *entry)
{
    if (entry->type != REDIS_REPLY_ARRAY || entry->elements < 2)
        return;
    struct str id = text_of(entry->element[0]);
    const redisReply *fields = entry->element[1];

    if (id.n == 0 || id.n >= sizeof(f->last))
        return;
    memcpy(f->last, id.p, id.n);
    f->last[id.n] = '\0';
    for (size_t i = 0; fields->type == REDIS_REPLY_ARRAY && i + 1 < fields->elements; i += 2) {
        if (!str_eq(text_of(fields->element[i]), STR("data")))
            continue;
        print_event(f, text_of(fields->element[i + 1]));
        f->n_printed++;
        return;
    }
}

static bool enough(const struct follower *f)
{
    return f->n_wanted && f->n_printed >= f->n_wanted;
}

/* [[key, [entry, …]]]; returns how many entries came. */
static size_t take_reply(struct follower *f, const redisReply *reply)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements == 0 ||
        reply->element[0]->type != REDIS_REPLY_ARRAY || reply->element[0]->elements < 2)
        return 0;
    const redisReply *entries = reply->element[0]->element[1];

    for (size_t i = 0; i < entries->elements && !enough(f) && !interrupt_seen(); i++)
        take_entry(f, entries->element[i]);
    (void)fflush(f->call->out.file); /* main looks for errors */
    return entries->elements;
}

static redisReply *ask(struct follower *f)
{
    if (f->until == UNTIL_EMPTY)
        return redisCommand(f->server.redis, "XREAD COUNT %d STREAMS %s %s", BATCH, f->key,
                            f->last);
    return redisCommand(f->server.redis, "XREAD COUNT %d BLOCK %d STREAMS %s %s", BATCH, BLOCK_MS,
                        f->key, f->last);
}

/* "$" would skip what arrives between two calls, so it becomes an id first. */
static int find_end(struct follower *f)
{
    redisReply *reply = redisCommand(f->server.redis, "XREVRANGE %s + - COUNT 1", f->key);
    int status = -1;

    if (!reply)
        return -1;
    if (reply->type == REDIS_REPLY_ARRAY) {
        const redisReply *first = reply->elements ? reply->element[0] : NULL;
        struct str id = first && first->elements ? text_of(first->element[0]) : STR("0");

        (void)snprintf(f->last, sizeof(f->last), "%.*s", STR_ARG(id)); /* ids are short */
        status = 0;
    } else if (reply->type == REDIS_REPLY_ERROR) {
        (void)snprintf(f->server.trouble, sizeof(f->server.trouble), "%s", reply->str); /* cut */
    }
    freeReplyObject(reply);
    return status;
}

enum outcome { OUTCOME_DONE, OUTCOME_LOST, OUTCOME_TROUBLE };

/* Reads until enough, interrupted, empty (if wanted) or the connection is lost. */
static enum outcome follow(struct follower *f)
{
    while (!enough(f) && !interrupt_seen()) {
        redisReply *reply = ask(f);

        if (!reply)
            return OUTCOME_LOST;
        if (reply->type == REDIS_REPLY_ERROR) {
            (void)call_trouble(f->call, "%s: %s", f->key, reply->str); /* the outcome follows */
            freeReplyObject(reply);
            return OUTCOME_TROUBLE;
        }
        size_t n = take_reply(f, reply);

        freeReplyObject(reply);
        if (n == 0 && f->until == UNTIL_EMPTY)
            return OUTCOME_DONE;
    }
    return OUTCOME_DONE;
}

static bool reconnect(struct follower *f)
{
    screen_printf(&f->call->err, "couac alerts: the connection is lost (%s); trying again\n",
                  f->server.redis->errstr);
    for (unsigned wait_s = 1; !interrupt_seen(); wait_s = MIN(wait_s * 2, (unsigned)RETRY_MAX_S)) {
        if (server_connect(&f->server) == 0)
            return true;
        (void)nanosleep(&(struct timespec){.tv_sec = (time_t)wait_s}, NULL); /* Ctrl-C ends it */
    }
    return false;
}

static int run(struct follower *f)
{
    if (server_connect(&f->server) < 0)
        return call_trouble(f->call, "%s: %s", f->server.host, f->server.trouble);
    if (strcmp(f->last, "$") == 0 && find_end(f) < 0)
        return call_trouble(f->call, "%s: %s", f->key,
                            f->server.trouble[0] ? f->server.trouble : "the connection is lost");
    enum outcome outcome;

    while ((outcome = follow(f)) == OUTCOME_LOST && !interrupt_seen())
        if (!reconnect(f))
            break;
    if (interrupt_seen())
        return VERB_INTERRUPTED;
    return outcome == OUTCOME_TROUBLE ? VERB_TROUBLE : VERB_FINE;
}

/* An id, "start" or "now"; false for anything else. */
static bool read_from(struct follower *f, const char *from)
{
    struct str text = str_of(from ? from : f->until == UNTIL_EMPTY ? "start" : "now");

    if (str_eq(text, STR("start")))
        text = STR("0");
    else if (str_eq(text, STR("now")))
        text = STR("$");
    else if (text.n == 0 || text.n >= ID_MAX || strspn(text.p, "0123456789-") != text.n)
        return false;
    (void)snprintf(f->last, sizeof(f->last), "%.*s", STR_ARG(text)); /* was measured */
    return true;
}

static int read_options(struct follower *f)
{
    const struct call *call = f->call;
    const char *url = call_option(call, "url"), *prefix = call_option(call, "prefix");
    const char *stream = call_option(call, "stream"), *count = call_option(call, "count");
    const char *wrong = server_parse(&f->server, str_of(url ? url : "redis://127.0.0.1:6379/0"));

    if (wrong)
        return call_trouble(call, "--url: %s", wrong);
    f->until = call_option(call, "once") ? UNTIL_EMPTY : UNTIL_STOPPED;
    if (!read_from(f, call_option(call, "from")))
        return call_trouble(call, "--from takes start, now or the id of an entry");
    if (count && (!str_to_i64(str_of(count), &f->n_wanted) || f->n_wanted < 1))
        return call_trouble(call, "--count takes a number from 1 on");
    int n = snprintf(f->key, sizeof(f->key), "%s%s",
                     prefix ? prefix : "couac:", stream ? stream : "alerts");

    return n < (int)sizeof(f->key) ? VERB_FINE : call_trouble(call, "--prefix is too long");
}

static int run_alerts(const struct call *call)
{
    struct follower f = {.call = call};
    int status = read_options(&f);

    if (status != VERB_FINE)
        return status;
    f.arena = arena_new(ARENA_BYTES);
    status = run(&f);
    server_close(&f.server);
    arena_free(f.arena);
    return status;
}

static const struct verb_option options[] = {
    {"url", 'u', "URL", "redis://… or unix://…; redis://127.0.0.1:6379/0 by default"},
    {"from", 'f', "PLACE", "start, now (default) or the id of an entry"},
    {"count", 'n', "N", "stop after N events"},
    {"once", '1', NULL, "print what is there, from the start, and stop"},
    {"stream", 's', "NAME", "alerts (default), incidents, ops or shadow"},
    {"prefix", 'p', "TEXT", "what stands before the keys; couac: by default"},
    {0},
};

const struct verb verb_alerts = {
    .name = "alerts",
    .summary = "follow the alerts that couacd pushes to Redis",
    .usage = "",
    .notes = "Reading takes nothing away from other consumers. A lost connection is taken up\n"
             "again behind the last event. The password comes from the URL or from the\n"
             "environment variable REDISCLI_AUTH.\n\n"
             "  couac alerts --from start\n"
             "  couac alerts --json --once | jq .data.alert.title\n",
    .options = options,
    .args_max = 0,
    .run = run_alerts,
};
