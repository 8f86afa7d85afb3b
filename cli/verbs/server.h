#pragma once

/* server - a blocking connection to Redis for verbs (hiredis behind).
 *
 *     redis://[user[:password]@]host[:port][/db]    unix:///run/redis/redis.sock[?db=N]
 *
 * Reserved characters are percent-encoded. Without a password in the URL,
 * REDISCLI_AUTH is used, as redis-cli does. TLS is couacd's matter: hiredis 0.14
 * has none, and rediss:// says so. Connecting may take 3 s, a reply 5 s. */

#include "cli/verbs/verb.h"

struct redisContext;
struct redisReply;

enum { SERVER_TEXT_MAX = 256, SERVER_WORDS_MAX = 8 };

struct server {
    char host[SERVER_TEXT_MAX]; /* or the socket's path */
    char user[SERVER_TEXT_MAX], password[SERVER_TEXT_MAX];
    enum { SERVER_TCP, SERVER_UNIX } kind;
    int port, db;
    struct redisContext *redis;    /* NULL: not connected */
    char trouble[SERVER_TEXT_MAX]; /* why not */
};

/* NULL, or what is wrong with the URL. */
const char *server_parse(struct server *s, struct str url);
/* 0, or -1 with s->trouble set. Greets with AUTH and SELECT as needed. */
int server_connect(struct server *s) MUST_CHECK;
void server_close(struct server *s);
/* One command. NULL after the trouble was told: no answer, or an error. freeReplyObject(). */
struct redisReply *server_ask(struct server *s, const struct call *call, const struct str *words,
                              size_t n);
