#include "cli/verbs/server.h"

#include <assert.h>
#include <hiredis/hiredis.h>
#include <stdlib.h>

enum { PORT_DEFAULT = 6379, CONNECT_S = 3, REPLY_S = 5, DB_MAX = 1000000 };

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Percent-decoded into a C string; false when it does not fit or holds a NUL. */
static bool decode(struct str s, char ret[SERVER_TEXT_MAX])
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++, n++) {
        int high = -1, low = -1;

        if (n + 1 >= SERVER_TEXT_MAX)
            return false;
        if (s.p[i] == '%' && i + 2 < s.n) {
            high = hex_digit(s.p[i + 1]);
            low = hex_digit(s.p[i + 2]);
        }
        ret[n] = high >= 0 && low >= 0 ? (char)(high << 4 | low) : s.p[i];
        if (high >= 0 && low >= 0)
            i += 2;
        if (ret[n] == '\0')
            return false;
    }
    ret[n] = '\0';
    return true;
}

static bool read_number(struct str s, int most, int *ret)
{
    int64_t n;

    if (!str_to_i64(s, &n) || n < 0 || n > most)
        return false;
    *ret = (int)n;
    return true;
}

/* What stands before `sep` in *s, which continues behind it; all when it is not there. */
static struct str cut(struct str *s, char sep)
{
    size_t at = str_find_char(*s, sep, 0);
    struct str head = str_slice(*s, 0, MIN(at, s->n));

    *s = at == SIZE_MAX ? STR_NONE : str_slice(*s, at + 1, s->n);
    return head;
}

static const char *parse_unix(struct server *s, struct str rest)
{
    struct str path = cut(&rest, '?');

    s->kind = SERVER_UNIX;
    if (rest.n &&
        !(str_starts(rest, STR("db=")) && read_number(str_slice(rest, 3, rest.n), DB_MAX, &s->db)))
        return "behind the ? only db=NUMBER may stand";
    return path.n && decode(path, s->host) ? NULL : "no socket's path is in it";
}

static const char *parse_user(struct server *s, struct str *rest)
{
    if (str_find_char(*rest, '@', 0) == SIZE_MAX)
        return NULL;
    struct str password = cut(rest, '@');
    struct str user = cut(&password, ':');

    return decode(user, s->user) && decode(password, s->password)
               ? NULL
               : "the user or the password is too long";
}

static struct str cut_host(struct str *place)
{
    if (!str_starts(*place, STR("[")))
        return cut(place, ':');
    struct str host = cut(place, ']');

    if (str_starts(*place, STR(":")))
        *place = str_slice(*place, 1, place->n);
    return str_slice(host, 1, host.n);
}

static const char *parse_tcp(struct server *s, struct str rest)
{
    const char *wrong = parse_user(s, &rest);
    struct str place = cut(&rest, '/'), host = cut_host(&place);

    if (wrong)
        return wrong;
    s->port = PORT_DEFAULT;
    if (place.n && !read_number(place, 65535, &s->port))
        return "the port is no number up to 65535";
    if (rest.n && !read_number(rest, DB_MAX, &s->db))
        return "behind the / stands the number of a database";
    return host.n && decode(host, s->host) ? NULL : "no host is in it";
}

const char *server_parse(struct server *s, struct str url)
{
    *s = (struct server){0};
    if (str_starts(url, STR("unix://")))
        return parse_unix(s, str_slice(url, 7, url.n));
    if (str_starts(url, STR("redis://")))
        return parse_tcp(s, str_slice(url, 8, url.n));
    if (str_starts(url, STR("rediss://")))
        return "this tool speaks no TLS; go through a tunnel (stunnel, ssh -L) or a Unix socket";
    return "it must begin with redis:// or unix://";
}

static int fail(struct server *s, const char *why)
{
    (void)snprintf(s->trouble, sizeof(s->trouble), "%s", why); /* cut is fine */
    server_close(s);
    return -1;
}

/* Runs one greeting command; an error reply is a failure. */
static int greet(struct server *s, int argc, const char **argv)
{
    redisReply *reply = redisCommandArgv(s->redis, argc, argv, NULL);

    if (!reply)
        return fail(s, s->redis->errstr);
    int status = reply->type == REDIS_REPLY_ERROR ? fail(s, reply->str) : 0;

    freeReplyObject(reply);
    return status;
}

static int authenticate(struct server *s)
{
    const char *from_env = getenv("REDISCLI_AUTH");
    const char *password = s->password[0] ? s->password : from_env;

    if (!password || !*password)
        return 0;
    if (s->user[0])
        return greet(s, 3, (const char *[]){"AUTH", s->user, password});
    return greet(s, 2, (const char *[]){"AUTH", password});
}

int server_connect(struct server *s)
{
    const struct timeval connect_time = {.tv_sec = CONNECT_S}, reply_time = {.tv_sec = REPLY_S};
    char db[16];

    server_close(s);
    s->redis = s->kind == SERVER_UNIX ? redisConnectUnixWithTimeout(s->host, connect_time)
                                      : redisConnectWithTimeout(s->host, s->port, connect_time);
    if (!s->redis)
        return fail(s, "no memory for a connection");
    if (s->redis->err)
        return fail(s, s->redis->errstr);
    if (redisSetTimeout(s->redis, reply_time) != REDIS_OK)
        return fail(s, "cannot limit the time of a reply");
    if (authenticate(s) < 0)
        return -1;
    (void)snprintf(db, sizeof(db), "%d", s->db); /* fits */
    return s->db ? greet(s, 2, (const char *[]){"SELECT", db}) : 0;
}

void server_close(struct server *s)
{
    if (s->redis)
        redisFree(s->redis);
    s->redis = NULL;
}

struct redisReply *server_ask(struct server *s, const struct call *call, const struct str *words,
                              size_t n)
{
    const char *texts[SERVER_WORDS_MAX];
    size_t sizes[SERVER_WORDS_MAX];

    assert(n <= SERVER_WORDS_MAX);
    for (size_t i = 0; i < n; i++) {
        texts[i] = words[i].p;
        sizes[i] = words[i].n;
    }
    redisReply *reply = redisCommandArgv(s->redis, (int)n, texts, sizes);

    if (reply && reply->type != REDIS_REPLY_ERROR)
        return reply;
    (void)call_trouble(call, "%s", reply ? reply->str : s->redis->errstr); /* the caller's status */
    freeReplyObject(reply);
    return NULL;
}
