/* kind redis: mention JSON that other tools put into a Redis list or stream.
 *
 * A list: entries are moved to a list of our own beside it (LIST:PRODUCER) and
 * leave that one only when their posts are on the disk; what is in it is always looked
 * at first, so a kill or a lost reply at any point makes us read entries again (known by
 * their ids), never lose one. Producers append with RPUSH; what is no post goes to
 * LIST:refused, of which the newest REFUSED_KEPT are kept.
 *
 * A stream: a consumer group with us as its consumer; our pending entries come first,
 * then new ones; XACK after the commit. The post is the field `mention`, or the only
 * field. What is no post is logged with its id, acknowledged, and stays in the stream.
 *
 * Both are one circle: READ what is ours -> the intake -> ACK -> when nothing is ours,
 * WAIT for more, no longer than the link's own time for a reply allows. */

#include <stdlib.h>

#include <hiredis/hiredis.h>

#include "daemon/config/credential.h"
#include "daemon/core/log.h"
#include "daemon/core/loop.h"
#include "daemon/sink/redis.h"
#include "daemon/sink/reply.h"
#include "daemon/source/line.h"
#include "daemon/source/posts.h"
#include "lib/base/alloc.h"
#include "lib/base/arena.h"
#include "lib/base/vec.h"

enum {
    AT_ONCE = 64, /* entries; halved when a reply was too large for the link */
    REFUSED_KEPT = 1000,
    AGAIN_MS = 1000,
    WORDS_MAX = AT_ONCE + 8,
};

enum queue_state {
    QUEUE_DOWN,
    QUEUE_READING,    /* what is ours is asked for */
    QUEUE_COMMITTING, /* it is with the intake */
    QUEUE_WAITING,    /* nothing is ours: for more */
};

struct queue {
    struct line line; /* first */
    struct redis *link;
    enum queue_state state;
    int64_t at_once;
    struct arena *names;  /* of what follows */
    struct str key, ours; /* the list or stream; the list beside it, or our name in the group */
    struct str group;     /* streams */
    struct arena *arena;  /* what is being committed: */
    size_t n_read;
    VEC(struct str) ids;     /* of stream entries being committed */
    VEC(struct str) refused; /* list entries that are no posts */
};

static struct queue *of(struct line *l)
{
    return (struct queue *)l;
}

static bool is_list(const struct queue *q)
{
    return q->line.config->list.n > 0;
}

static void read_ours(struct queue *q);
static void wait_for_more(struct queue *q);

/* --- the link -------------------------------------------------------------- */

/* True when there is something to look at. */
static bool good_reply(struct queue *q, const struct redisReply *reply)
{
    if (!reply)
        return false; /* the link is lost; `lost` follows */
    if (reply->type != REDIS_REPLY_ERROR)
        return true;
    struct str error = str_make(reply->str, reply->len);

    if (str_starts(error, STR("BUSYGROUP")))
        return true; /* made before */
    enum reply_class class = reply_classify(error);

    if (class == REPLY_MOVED)
        redis_redirect(q->link, error);
    else if ((class == REPLY_OPERATOR || class == REPLY_POISON) &&
             !str_starts(error, STR("NOGROUP"))) /* emptied: the group is made anew */
        redis_pause(q->link, error);
    else
        redis_drop(q->link, error);
    return false;
}

static void send_words(struct queue *q, const struct str *words, size_t n, redis_reply_fn *fn)
{
    int r = redis_send(q->link, words, n, fn, q);

    if (r < 0) /* callers are ready and send a few commands a circle */
        log_error("redis.send", LOG_STR("source", q->line.config->id), LOG_ERRNO(r));
}

static void on_ready(void *arg)
{
    struct queue *q = arg;

    if (!is_list(q)) {
        const struct str make[] = {STR("XGROUP"), STR("CREATE"), q->key,
                                   q->group,      STR("0"),      STR("MKSTREAM")};

        send_words(q, make, ARRAY_LEN(make), NULL);
    }
    if (!q->line.sent)
        read_ours(q);
}

static void on_failed(void *arg)
{
    struct queue *q = arg;

    line_failed(&q->line, "redis", redis_trouble(q->link), 0);
}

static void on_lost(void *arg)
{
    struct queue *q = arg;

    if (q->state == QUEUE_READING)
        q->at_once = MAX(q->at_once / 2, 1);
    q->state = q->line.sent ? QUEUE_COMMITTING : QUEUE_DOWN;
    line_failed(&q->line, "redis", redis_trouble(q->link), 0);
}

/* --- what is ours ---------------------------------------------------------- */

static struct str field_of(const struct redisReply *fields)
{
    for (size_t i = 0; i + 1 < fields->elements; i += 2) {
        const struct redisReply *name = fields->element[i], *value = fields->element[i + 1];

        if (name->type == REDIS_REPLY_STRING && value->type == REDIS_REPLY_STRING &&
            (fields->elements == 2 || str_eq(str_make(name->str, name->len), STR("mention"))))
            return str_make(value->str, value->len);
    }
    return STR_NONE;
}

static void take(struct queue *q, struct posts *posts, struct str id, struct str json)
{
    size_t before = posts->batch->n;
    struct str text = arena_str(posts->batch->arena, json);

    q->line.bytes += json.n;
    if (posts_read(posts, text))
        return;
    posts->batch->n = before; /* all of an entry, or nothing */
    line_skipped(&q->line, id, posts->why);
    if (is_list(q))
        vec_push(&q->refused, arena_str(q->arena, json));
}

static void take_entry(struct queue *q, struct posts *posts, const struct redisReply *entry)
{
    if (is_list(q) && entry->type == REDIS_REPLY_STRING) {
        take(q, posts, q->key, str_make(entry->str, entry->len));
        return;
    }
    if (entry->type != REDIS_REPLY_ARRAY || entry->elements != 2 ||
        entry->element[0]->type != REDIS_REPLY_STRING)
        return;
    struct str id = str_make(entry->element[0]->str, entry->element[0]->len);

    vec_push(&q->ids, arena_str(q->arena, id));
    if (entry->element[1]->type == REDIS_REPLY_ARRAY) /* else it was deleted in the stream */
        take(q, posts, id, field_of(entry->element[1]));
}

static void commit(struct queue *q, const struct redisReply *entries)
{
    struct posts posts = posts_new(q->line.config);

    for (size_t i = 0; i < entries->elements; i++)
        take_entry(q, &posts, entries->element[i]);
    q->n_read = entries->elements;
    q->state = QUEUE_COMMITTING;
    line_submit(&q->line, posts.batch, STR_NONE);
}

/* XREADGROUP: nil, or [[key, [[id, [field, value ...]] ...]]]; LRANGE: the entries. */
static const struct redisReply *entries_of(const struct queue *q, const struct redisReply *reply)
{
    if (is_list(q))
        return reply->type == REDIS_REPLY_ARRAY ? reply : NULL;
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 1 ||
        reply->element[0]->type != REDIS_REPLY_ARRAY || reply->element[0]->elements != 2 ||
        reply->element[0]->element[1]->type != REDIS_REPLY_ARRAY)
        return NULL;
    return reply->element[0]->element[1];
}

static void on_ours(void *arg, const struct redisReply *reply)
{
    struct queue *q = arg;

    if (!good_reply(q, reply))
        return;
    const struct redisReply *entries = entries_of(q, reply);

    line_good(&q->line);
    redis_good(q->link);
    if (entries && entries->elements) {
        commit(q, entries);
        q->at_once = MIN(2 * q->at_once, AT_ONCE);
    } else {
        wait_for_more(q);
    }
}

static void read_ours(struct queue *q)
{
    char digits[24];

    arena_reset(q->arena);
    q->state = QUEUE_READING;
    (void)snprintf(digits, sizeof(digits), "%lld",
                   (long long)(is_list(q) ? q->at_once - 1 : q->at_once)); /* fits */
    if (is_list(q)) {
        const struct str words[] = {STR("LRANGE"), q->ours, STR("0"), str_of(digits)};

        send_words(q, words, ARRAY_LEN(words), on_ours);
    } else {
        const struct str words[] = {STR("XREADGROUP"), STR("GROUP"), q->group,
                                    q->ours,           STR("COUNT"), str_of(digits),
                                    STR("STREAMS"),    q->key,       STR("0")};

        send_words(q, words, ARRAY_LEN(words), on_ours);
    }
}

/* --- more ------------------------------------------------------------------ */

static void on_more(void *arg, const struct redisReply *reply)
{
    struct queue *q = arg;

    if (!good_reply(q, reply))
        return;
    if (!is_list(q)) {
        on_ours(q, reply);
        return;
    }
    if (reply->type == REDIS_REPLY_NIL) {
        line_good(&q->line);
        wait_for_more(q);
        return;
    }
    const struct str move[] = {STR("LMOVE"), q->key, q->ours, STR("LEFT"), STR("RIGHT")};

    for (int64_t i = 1; i < q->at_once; i++) /* its company; not there: nothing happens */
        send_words(q, move, ARRAY_LEN(move), NULL);
    read_ours(q);
}

static void wait_for_list(struct queue *q, int64_t block_ms)
{
    char seconds[24];

    (void)snprintf(seconds, sizeof(seconds), "%.3f", (double)block_ms / 1000.0); /* fits */
    const struct str words[] = {STR("BLMOVE"), q->key,       q->ours,
                                STR("LEFT"),   STR("RIGHT"), str_of(seconds)};

    send_words(q, words, ARRAY_LEN(words), on_more);
}

static void wait_for_stream(struct queue *q, int64_t block_ms)
{
    char count[24], block[24];

    (void)snprintf(count, sizeof(count), "%lld", (long long)q->at_once); /* fits */
    (void)snprintf(block, sizeof(block), "%lld", (long long)block_ms);   /* fits */
    const struct str words[] = {STR("XREADGROUP"), STR("GROUP"),  q->group,     q->ours,
                                STR("COUNT"),      str_of(count), STR("BLOCK"), str_of(block),
                                STR("STREAMS"),    q->key,        STR(">")};

    send_words(q, words, ARRAY_LEN(words), on_more);
}

static void wait_for_more(struct queue *q)
{
    int64_t block_ms = MIN(line_config(&q->line)->redis.reply_ms / 2, 3000);

    q->state = QUEUE_WAITING;
    if (is_list(q))
        wait_for_list(q, block_ms);
    else
        wait_for_stream(q, block_ms);
}

/* --- after the commit ------------------------------------------------------ */

static void on_acked(void *arg, const struct redisReply *reply)
{
    struct queue *q = arg;

    if (good_reply(q, reply))
        read_ours(q);
}

static void keep_refused(struct queue *q)
{
    struct str to = arena_printf(q->arena, "%.*s:refused", STR_ARG(q->key));
    const struct str trim[] = {STR("LTRIM"), to, arena_printf(q->arena, "-%d", REFUSED_KEPT),
                               STR("-1")};

    for (size_t i = 0; i < q->refused.n; i++) {
        const struct str push[] = {STR("RPUSH"), to, q->refused.items[i]};

        send_words(q, push, ARRAY_LEN(push), NULL);
    }
    if (q->refused.n)
        send_words(q, trim, ARRAY_LEN(trim), NULL);
}

static void acknowledge_list(struct queue *q)
{
    char from[24];

    keep_refused(q);
    (void)snprintf(from, sizeof(from), "%zu", q->n_read); /* fits */
    const struct str words[] = {STR("LTRIM"), q->ours, str_of(from), STR("-1")};

    send_words(q, words, ARRAY_LEN(words), on_acked);
}

static void acknowledge_stream(struct queue *q)
{
    struct str words[WORDS_MAX] = {STR("XACK"), q->key, q->group};
    size_t n = 3;

    for (size_t i = 0; i < q->ids.n && n < WORDS_MAX; i++)
        words[n++] = q->ids.items[i];
    send_words(q, words, n, on_acked);
}

static void committed(struct line *l, int result)
{
    struct queue *q = of(l);
    bool ready = q->link && redis_state(q->link) == REDIS_READY;

    if (result == 0 && ready && is_list(q))
        acknowledge_list(q);
    else if (result == 0 && ready)
        acknowledge_stream(q);
    else
        line_again(l, loop_jitter_ms(line_loop(l), AGAIN_MS)); /* it is read again */
    if (!ready || result < 0)
        q->state = QUEUE_DOWN;
    q->ids.n = q->refused.n = 0;
}

/* --- life ------------------------------------------------------------------ */

static struct line *make(void)
{
    struct queue *q = alloc_zeroed(1, sizeof(*q));

    q->arena = arena_new(0);
    q->names = arena_new(0);
    q->at_once = AT_ONCE;
    return &q->line;
}

static void open_link(struct queue *q, const struct target *target)
{
    const struct config_source *c = q->line.config;
    const struct config_redis *r = &line_config(&q->line)->redis;

    char *password_file = credential_path(c->token_file);
    const struct redis_options options = {
        .target = *target,
        .role = "source",
        .client_name = "couacd",
        .connect_timeout_ms = r->connect_ms,
        .reply_timeout_ms = r->reply_ms,
        .password_file = password_file,
        .tls = {.ca_file = c->ca_file.n ? c->ca_file.p : "", .cert_file = "", .key_file = ""},
        .ready = on_ready,
        .failed = on_failed,
        .lost = on_lost,
        .arg = q,
    };

    q->link = redis_new(line_loop(&q->line), &options);
    free(password_file);
    redis_start(q->link);
}

static void name_keys(struct queue *q)
{
    const struct config_source *c = q->line.config;
    struct str producer = line_config(&q->line)->producer;

    arena_reset(q->names);
    q->key = arena_str(q->names, is_list(q) ? c->list : c->stream);
    q->group = arena_str(q->names, c->group);
    q->ours = is_list(q) ? arena_printf(q->names, "%.*s:%.*s", STR_ARG(c->list), STR_ARG(producer))
                         : arena_str(q->names, producer);
}

/* The link comes back by itself, so the line's timer only starts what stands still. */
static void start(struct line *l)
{
    struct queue *q = of(l);
    struct target target;
    const char *why = "";

    if (q->link) {
        if (q->state == QUEUE_DOWN && !l->sent && redis_state(q->link) == REDIS_READY)
            read_ours(q);
    } else if (target_parse(l->config->url, &target, &why) < 0) {
        line_failed(l, "url", str_of(why), 0);
    } else {
        name_keys(q);
        open_link(q, &target);
    }
}

static void hang_up(struct line *l)
{
    struct queue *q = of(l);

    redis_free(TAKE(q->link));
    q->state = QUEUE_DOWN;
}

static void free_queue(struct line *l)
{
    struct queue *q = of(l);

    vec_done(&q->ids);
    vec_done(&q->refused);
    arena_free(q->arena);
    arena_free(q->names);
    free(q);
}

const struct line_kind line_queue = {make, start, committed, hang_up, free_queue};
