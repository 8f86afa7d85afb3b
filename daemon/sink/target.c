#include "daemon/sink/target.h"

#include <errno.h>
#include <stdio.h>
#include <sys/un.h>

struct parse {
    struct target t;
    const char *why;
};

static bool number(struct str s, int64_t max, int64_t *ret)
{
    return s.n > 0 && s.p[0] != '-' && s.p[0] != '+' && str_to_i64(s, ret) && *ret <= max;
}

static bool copy(char *to, size_t size, struct str s)
{
    if (s.n == 0 || s.n >= size || memchr(s.p, 0, s.n))
        return false;
    memcpy(to, s.p, s.n);
    to[s.n] = '\0';
    return true;
}

static bool take_db(struct parse *p, struct str text)
{
    int64_t db = 0;

    if (text.n > 0 && !number(text, 1 << 20, &db)) {
        p->why = "the database must be a number";
        return false;
    }
    p->t.db = (unsigned)db;
    return true;
}

static bool take_unix(struct parse *p, struct str rest)
{
    size_t query = str_find_char(rest, '?', 0);
    struct str path = str_slice(rest, 0, query);

    p->t.kind = TARGET_UNIX;
    if (path.n == 0 || path.p[0] != '/' ||
        path.n >= sizeof(((struct sockaddr_un *)NULL)->sun_path)) {
        p->why = "a unix socket needs an absolute path of at most 107 bytes";
        return false;
    }
    (void)copy(p->t.host, sizeof(p->t.host), path);
    if (query == SIZE_MAX)
        return true;
    rest = str_slice(rest, query + 1, rest.n);
    if (!str_starts(rest, STR("db="))) {
        p->why = "only ?db=N may follow a socket's path";
        return false;
    }
    return take_db(p, str_slice(rest, 3, rest.n));
}

static bool take_user(struct parse *p, struct str *authority)
{
    size_t at = str_find_char(*authority, '@', 0);

    if (at == SIZE_MAX)
        return true;
    if (str_find_char(str_slice(*authority, 0, at), ':', 0) != SIZE_MAX) {
        p->why = "a password does not belong in the URL: give it by password_file";
        return false;
    }
    if (!copy(p->t.user, sizeof(p->t.user), str_slice(*authority, 0, at))) {
        p->why = "the user's name is empty or too long";
        return false;
    }
    *authority = str_slice(*authority, at + 1, authority->n);
    return true;
}

static bool take_port(struct parse *p, struct str text)
{
    int64_t port = 6379;

    if (text.n > 0 && (text.p[0] != ':' || !number(str_slice(text, 1, text.n), 65535, &port))) {
        p->why = "the port must be a number up to 65535";
        return false;
    }
    p->t.port = (uint16_t)port;
    return true;
}

static bool take_host(struct parse *p, struct str authority)
{
    size_t end;
    bool bracket = str_starts(authority, STR("["));

    end = str_find_char(authority, bracket ? ']' : ':', 0);
    if ((bracket && end == SIZE_MAX) ||
        !copy(p->t.host, sizeof(p->t.host), str_slice(authority, bracket, end))) {
        p->why = "the host is missing or too long";
        return false;
    }
    return take_port(p, end == SIZE_MAX ? STR_NONE : str_slice(authority, end + bracket, SIZE_MAX));
}

static bool take_net(struct parse *p, struct str rest)
{
    size_t slash = str_find_char(rest, '/', 0);
    struct str authority = str_slice(rest, 0, slash);

    return take_user(p, &authority) && take_host(p, authority) &&
           take_db(p, slash == SIZE_MAX ? STR_NONE : str_slice(rest, slash + 1, rest.n));
}

static bool take_url(struct parse *p, struct str url)
{
    if (str_starts(url, STR("unix://")))
        return take_unix(p, str_slice(url, 7, url.n));
    if (str_starts(url, STR("redis://"))) {
        p->t.kind = TARGET_TCP;
        return take_net(p, str_slice(url, 8, url.n));
    }
    if (str_starts(url, STR("rediss://"))) {
        p->t.kind = TARGET_TLS;
        return take_net(p, str_slice(url, 9, url.n));
    }
    p->why = "a Redis URL begins with redis://, rediss:// or unix://";
    return false;
}

int target_parse(struct str url, struct target *ret, const char **ret_why)
{
    struct parse p = {0};

    if (!take_url(&p, url)) {
        *ret_why = p.why;
        return -EINVAL;
    }
    *ret = p.t;
    return 0;
}

int target_list(struct str list, struct target ret[TARGET_LIST_MAX], const char **ret_why)
{
    struct str rest = str_trim(list), one;
    int n = 0;

    while (rest.n > 0 && str_split(&rest, ',', &one)) {
        struct parse p = {.t.kind = TARGET_TCP};

        if (n == TARGET_LIST_MAX)
            p.why = "at most 16 servers";
        else if (take_host(&p, str_trim(one)))
            ret[n++] = p.t;
        if (p.why) {
            *ret_why = p.why;
            return -EINVAL;
        }
    }
    return n;
}

struct str target_text(const struct target *t, char ret[TARGET_TEXT_MAX])
{
    bool six = strchr(t->host, ':') != NULL;
    int n;

    if (t->kind == TARGET_UNIX)
        n = snprintf(ret, TARGET_TEXT_MAX, "unix://%s", t->host);
    else
        n = snprintf(ret, TARGET_TEXT_MAX, "%s://%s%s%s:%u/%u",
                     t->kind == TARGET_TLS ? "rediss" : "redis", six ? "[" : "", t->host,
                     six ? "]" : "", t->port, t->db);
    return str_make(ret, (size_t)n);
}
