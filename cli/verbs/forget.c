#include <hiredis/hiredis.h>
#include <time.h>

#include "cli/term/interrupt.h"
#include "cli/verbs/server.h"
#include "cli/verbs/verb.h"
#include "lib/base/arena.h"
#include "lib/data/json.h"

/* couacd owns its state, so it erases there when asked through Redis; Redis, which is
 * shared, is erased from here: all streams and lists under the prefix are walked, and
 * what quotes the author's hash or the post's URL goes. That is looked for in the JSON at
 * any depth of quoting, because an owner's list may hold it inside a task of Celery's. */

enum {
    ANSWER_S = 30,
    LOOK_MS = 100,
    PAGE = 200,
    ARENA_BYTES = 16 << 20,
    KEY_MAX = 512,
    REQUESTS_MAX = 1000, /* when nobody reads them */
};

struct eraser {
    const struct call *call;
    struct server server;
    struct arena *arena;
    const char *prefix;
    struct str member, value; /* what to look for: "hash" or "url", and its value */
    const struct json *lists; /* of owners, outside of the prefix */
    int64_t n_alerts, n_entries;
};

static redisReply *ask(struct eraser *e, int argc, const struct str *args)
{
    const char *argv[16];
    size_t sizes[16];

    for (int i = 0; i < argc; i++) {
        argv[i] = args[i].p ? args[i].p : "";
        sizes[i] = args[i].n;
    }
    redisReply *reply = redisCommandArgv(e->server.redis, argc, argv, sizes);

    if (reply && reply->type != REDIS_REPLY_ERROR)
        return reply;
    (void)call_trouble(e->call, "%s",
                       reply ? reply->str : e->server.redis->errstr); /* the status follows */
    if (reply)
        freeReplyObject(reply);
    return NULL;
}

#define ASK(e, ...)                                                                                \
    ask(e, (int)ARRAY_LEN(((struct str[]){__VA_ARGS__})), (struct str[]){__VA_ARGS__})

static struct str text_of(const redisReply *r)
{
    bool text = r->type == REDIS_REPLY_STRING || r->type == REDIS_REPLY_STATUS;

    return text ? str_make(r->str, r->len) : STR_NONE;
}

static struct str key(struct eraser *e, const char *name)
{
    return arena_printf(e->arena, "%s%s", e->prefix, name);
}

/* --- couacd's part --------------------------------------------------------------- */

static int no_answer(struct eraser *e, struct str id)
{
    redisReply *reply = ASK(e, STR("XDEL"), key(e, "requests"), id);

    if (reply)
        freeReplyObject(reply);
    return call_trouble(e->call,
                        "couacd did not answer within %d s; nothing was erased. Is it running, "
                        "on this Redis, with the prefix %s?",
                        ANSWER_S, e->prefix);
}

static int read_answer(struct eraser *e, struct str text, bool *ret_more)
{
    struct json_error error;
    struct json *tree;
    int64_t n = 0;

    if (json_parse(arena_str(e->arena, text), e->arena, &tree, &error) != JSON_OK ||
        !json_to_i64(json_get(tree, STR("alerts")), &n))
        return call_trouble(e->call, "couacd's answer cannot be read: %.*s", STR_ARG(text));
    e->n_alerts += n;
    if (str_eq(e->member, STR("hash")))
        e->value = json_get_str(tree, STR("author"));
    e->lists = json_get(tree, STR("lists"));
    *ret_more = json_get(tree, STR("more")) && json_get(tree, STR("more"))->type == JSON_TRUE;
    return VERB_FINE;
}

static int await(struct eraser *e, struct str id, bool *ret_more)
{
    struct str at = arena_printf(e->arena, "%sanswer:%.*s", e->prefix, STR_ARG(id));

    for (int waited_ms = 0; waited_ms < ANSWER_S * 1000 && !interrupt_seen();
         waited_ms += LOOK_MS) {
        redisReply *reply = ASK(e, STR("GET"), at);

        if (!reply)
            return VERB_TROUBLE;
        int status =
            reply->type == REDIS_REPLY_STRING ? read_answer(e, text_of(reply), ret_more) : -1;

        freeReplyObject(reply);
        if (status >= 0)
            return status;
        (void)nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * 1000000L}, NULL); /* or sooner */
    }
    return interrupt_seen() ? VERB_INTERRUPTED : no_answer(e, id);
}

static int request(struct eraser *e, struct str what, struct str name)
{
    bool more = true;
    int status = VERB_FINE;

    while (more && status == VERB_FINE) {
        redisReply *reply = ASK(e, STR("XADD"), key(e, "requests"), STR("MAXLEN"), STR("~"),
                                arena_printf(e->arena, "%d", REQUESTS_MAX), STR("*"), STR("verb"),
                                STR("forget"), what, name);

        if (!reply)
            return VERB_TROUBLE;
        struct str id = arena_str(e->arena, text_of(reply));

        freeReplyObject(reply);
        more = false;
        status = await(e, id, &more);
    }
    return status;
}

/* --- Redis' part ----------------------------------------------------------------- */

static size_t skip_quotes(struct str s, size_t at)
{
    while (at > 0 && (s.p[at - 1] == '\\' || s.p[at - 1] == '"'))
        at--;
    return at;
}

/* "member":"value" with the value at `at`, quoted once or several times. */
static bool stands_there(const struct eraser *e, struct str s, size_t at)
{
    size_t end = at + e->value.n, before = skip_quotes(s, at);

    if (before == at || before == 0 || s.p[before - 1] != ':' || end >= s.n ||
        (s.p[end] != '"' && s.p[end] != '\\'))
        return false;
    while (before > 0 && (s.p[before - 1] == ':' || s.p[before - 1] == ' '))
        before--;
    before = skip_quotes(s, before);
    return before >= e->member.n && str_eq(str_slice(s, before - e->member.n, before), e->member);
}

static bool quotes_it(const struct eraser *e, struct str s)
{
    for (size_t at = 0; (at = str_find(s, e->value, at)) != SIZE_MAX; at++)
        if (stands_there(e, s, at))
            return true;
    return false;
}

static bool entry_quotes_it(const struct eraser *e, const redisReply *fields)
{
    for (size_t i = 0; fields->type == REDIS_REPLY_ARRAY && i + 1 < fields->elements; i += 2)
        if (str_eq(text_of(fields->element[i]), STR("data")))
            return quotes_it(e, text_of(fields->element[i + 1]));
    return false;
}

static bool drop(struct eraser *e, redisReply *reply)
{
    e->n_entries += reply && reply->type == REDIS_REPLY_INTEGER ? reply->integer : 0;
    if (reply)
        freeReplyObject(reply);
    return reply != NULL;
}

static bool erase_stream(struct eraser *e, const char *name)
{
    struct arena_mark mark = arena_mark(e->arena);
    char from[80] = "-";
    size_t n = PAGE;
    bool good = true;

    while (good && n == PAGE && !interrupt_seen()) {
        arena_rewind(e->arena, mark);
        redisReply *page = ASK(e, STR("XRANGE"), key(e, name), str_of(from), STR("+"), STR("COUNT"),
                               arena_printf(e->arena, "%d", PAGE));

        good = page != NULL;
        n = good ? page->elements : 0;
        for (size_t i = 0; good && i < n; i++) {
            struct str id = text_of(page->element[i]->element[0]);

            (void)snprintf(from, sizeof(from), "(%.*s", STR_ARG(id)); /* ids are short */
            if (entry_quotes_it(e, page->element[i]->element[1]))
                good = drop(e, ASK(e, STR("XDEL"), key(e, name), id));
        }
        if (page)
            freeReplyObject(page);
    }
    return good;
}

/* A list may move under us: from its end, where nobody pops, and twice is enough. */
static bool erase_list(struct eraser *e, struct str name)
{
    struct arena_mark mark = arena_mark(e->arena);
    bool good = true;
    size_t n = PAGE;

    for (int64_t last = -1; good && n == PAGE && !interrupt_seen(); last -= PAGE) {
        arena_rewind(e->arena, mark);
        redisReply *page = ASK(e, STR("LRANGE"), name,
                               arena_printf(e->arena, "%lld", (long long)(last - PAGE + 1)),
                               arena_printf(e->arena, "%lld", (long long)last));

        good = page != NULL;
        n = good ? page->elements : 0;
        for (size_t i = 0; good && i < n; i++)
            if (quotes_it(e, text_of(page->element[i])))
                good = drop(e, ASK(e, STR("LREM"), name, STR("0"), text_of(page->element[i])));
        if (page)
            freeReplyObject(page);
    }
    return good;
}

/* All lists that match: the common queue and those of owners. */
static bool erase_lists(struct eraser *e, struct str pattern)
{
    char cursor[32] = "0";
    bool good = true;

    do {
        redisReply *page = ASK(e, STR("SCAN"), str_of(cursor), STR("MATCH"), pattern, STR("COUNT"),
                               STR("1000"), STR("TYPE"), STR("list"));

        good = page && page->elements == 2;
        for (size_t i = 0; good && i < page->element[1]->elements; i++)
            good = erase_list(e, arena_str(e->arena, text_of(page->element[1]->element[i])));
        if (good)
            (void)snprintf(cursor, sizeof(cursor), "%s", page->element[0]->str); /* a number */
        if (page)
            freeReplyObject(page);
    } while (good && strcmp(cursor, "0") != 0 && !interrupt_seen());
    return good;
}

static int erase(struct eraser *e)
{
    static const char *const streams[] = {"alerts", "incidents", "shadow"};
    bool good = e->value.n > 0;

    for (size_t i = 0; i < ARRAY_LEN(streams) && good; i++)
        good = erase_stream(e, streams[i]);
    good = good && erase_lists(e, key(e, "queue*"));
    for (const struct json *it = e->lists ? e->lists->first : NULL; it && good; it = it->next)
        good = erase_list(e, it->s);
    if (interrupt_seen())
        return VERB_INTERRUPTED;
    return good ? VERB_FINE : VERB_TROUBLE;
}

/* --- the verb -------------------------------------------------------------------- */

static int report(const struct eraser *e)
{
    const struct screen *out = &e->call->out;

    if (e->call->output == CALL_JSON)
        screen_printf(out, "{\"alerts\":%lld,\"entries\":%lld}\n", (long long)e->n_alerts,
                      (long long)e->n_entries);
    else
        screen_printf(out,
                      "forgotten: %lld alerts in couacd's state, %lld entries in Redis; "
                      "couac.withdrawn.v1 tells the consumers\n",
                      (long long)e->n_alerts, (long long)e->n_entries);
    return VERB_FINE;
}

static int run(struct eraser *e, const char *author, const char *url)
{
    if (server_connect(&e->server) < 0)
        return call_trouble(e->call, "%s: %s", e->server.host, e->server.trouble);
    int status = request(e, author ? STR("author") : STR("url"), str_of(author ? author : url));

    if (status == VERB_FINE)
        status = erase(e);
    return status == VERB_FINE ? report(e) : status;
}

static int run_forget(const struct call *call)
{
    const char *author = call_option(call, "author"), *url = call_option(call, "url");
    const char *server = call_option(call, "redis"), *prefix = call_option(call, "prefix");
    struct eraser e = {.call = call,
                       .prefix = prefix ? prefix : "couac:",
                       .member = author ? STR("hash") : STR("url"),
                       .value = str_of(url)};

    if (!author == !url)
        return call_trouble(call, "either --author or --url says what to forget");
    if (author ? !*author : !*url)
        return call_trouble(call, "nobody has an empty name");
    const char *wrong =
        server_parse(&e.server, str_of(server ? server : "redis://127.0.0.1:6379/0"));

    if (wrong)
        return call_trouble(call, "--redis: %s", wrong);
    if (strlen(e.prefix) >= KEY_MAX / 2)
        return call_trouble(call, "--prefix is too long");
    e.arena = arena_new(ARENA_BYTES);
    int status = run(&e, author, url);

    server_close(&e.server);
    arena_free(e.arena);
    return status;
}

static const struct verb_option options[] = {
    {"author", 'a', "NAME", "everything of a person, by the name that the network shows"},
    {"url", 'u', "URL", "one post"},
    {"redis", 'r', "URL", "redis://… or unix://…; redis://127.0.0.1:6379/0 by default"},
    {"prefix", 'p', "TEXT", "what stands before the keys; couac: by default"},
    {0},
};

const struct verb verb_forget = {
    .name = "forget",
    .summary = "erase a person or a post, here and in Redis",
    .usage = "",
    .notes = "The running couacd is asked, through Redis, to erase it from its state and to send\n"
             "couac.withdrawn.v1 for each alert; then the streams and lists are erased. Only that\n"
             "the post was heard is remembered, as a digest, or it would be heard again. What\n"
             "this person writes from now on is heard as anybody's.\n\n"
             "  couac forget --author @someone@mastodon.example\n"
             "  couac forget --url https://forum.example/t/81/3\n",
    .options = options,
    .args_max = 0,
    .run = run_forget,
};
