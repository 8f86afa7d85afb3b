#pragma once

/* target - where a Redis is, read from a URL.
 *
 *     redis://[user@]host[:port][/db]     TCP
 *     rediss://[user@]host[:port][/db]    TLS, name checked
 *     unix:///path/to/socket[?db=N]
 *
 * A password in the URL is refused: it would show in `ps`, logs and backups. */

#include "lib/base/str.h"

struct target {
    enum target_kind { TARGET_TCP, TARGET_TLS, TARGET_UNIX } kind;
    char host[256]; /* a name, an address without brackets, or the socket's path */
    uint16_t port;
    unsigned db;
    char user[128]; /* empty: the default user */
};

/* Return 0, or -EINVAL with a sentence in *ret_why (static). */
int target_parse(struct str url, struct target *ret, const char **ret_why) MUST_CHECK;

enum { TARGET_LIST_MAX = 16 };
/* "host:port, host:port" as TCP targets. Return: how many, 0 for an empty list, or -EINVAL. */
int target_list(struct str list, struct target ret[TARGET_LIST_MAX],
                const char **ret_why) MUST_CHECK;

enum { TARGET_TEXT_MAX = 300 };
/* For logs: "redis://host:6379/0"; NUL-terminated. */
struct str target_text(const struct target *t, char ret[TARGET_TEXT_MAX]);
