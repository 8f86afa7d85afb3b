#include "daemon/sink/reply.h"

struct rule {
    const char *word;
    enum reply_class class;
};

/* Redis 7 source, shared.c of its error strings, and the documentation of ACL,
 * Cluster, Sentinel and scripting. */
static const struct rule rules[] = {
    {"NOSCRIPT", REPLY_NOSCRIPT}, {"MOVED", REPLY_MOVED},        {"ASK", REPLY_ASK},
    {"LOADING", REPLY_LATER},     {"BUSY", REPLY_LATER},         {"TRYAGAIN", REPLY_LATER},
    {"CLUSTERDOWN", REPLY_LATER}, {"MASTERDOWN", REPLY_LATER},   {"NOREPLICAS", REPLY_LATER},
    {"UNBLOCKED", REPLY_LATER},   {"NOMASTERLINK", REPLY_LATER}, {"READONLY", REPLY_RECONNECT},
    {"NOAUTH", REPLY_OPERATOR},   {"WRONGPASS", REPLY_OPERATOR}, {"NOPERM", REPLY_OPERATOR},
    {"OOM", REPLY_OPERATOR},      {"MISCONF", REPLY_OPERATOR},   {"WRONGTYPE", REPLY_OPERATOR},
    {"DENIED", REPLY_OPERATOR},                                  /* protected mode */
    {"NOPROTO", REPLY_OPERATOR},  {"CROSSSLOT", REPLY_OPERATOR}, /* a prefix without {tag} on a
                                                                    cluster */
};

/* Errors that begin with a plain ERR but concern the server, not the row. */
static const struct {
    struct str text;
} server_faults[] = {
    {STR("unknown command")},          {STR("Unknown Redis command")},
    {STR("unknown subcommand")},       {STR("max number of clients")},
    {STR("invalid password")},         {STR("invalid username-password")},
    {STR("no password is set")},       {STR("without any password configured")},
    {STR("DB index is out of")},       {STR("invalid DB index")},
    {STR("is not allowed from")},      {STR("SELECT is not allowed")},
    {STR("cluster support disabled")}, {STR("The user executing the script")},
};

static bool is_word(struct str text, const char *word)
{
    struct str w = str_of(word);

    return str_starts(text, w) && (text.n == w.n || text.p[w.n] == ' ' || text.p[w.n] == '\n');
}

static bool by_word(struct str text, enum reply_class *ret)
{
    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        if (is_word(text, rules[i].word)) {
            *ret = rules[i].class;
            return true;
        }
    }
    return false;
}

/* Before Redis 7: "ERR Error running script (call to f_..): @user_script:7: WRONGTYPE ...",
 * or with a second "@user_script: 7: -" before the word. */
static struct str inner_error(struct str text)
{
    static const struct str mark = STR("@user_script:");
    size_t at = str_find(text, mark, 0);

    if (at == SIZE_MAX)
        return STR_NONE;
    while (at != SIZE_MAX) {
        text = str_slice(text, at + mark.n, text.n);
        at = str_find(text, mark, 0);
    }
    while (text.n > 0 && strchr("0123456789: -", text.p[0]))
        text = str_slice(text, 1, text.n);
    return text;
}

enum reply_class reply_classify(struct str error)
{
    enum reply_class ret = REPLY_POISON;

    if (by_word(error, &ret) || by_word(inner_error(error), &ret))
        return ret;
    for (size_t i = 0; i < ARRAY_LEN(server_faults); i++)
        if (str_find(error, server_faults[i].text, 0) != SIZE_MAX)
            return REPLY_OPERATOR;
    return REPLY_POISON;
}

bool reply_redirect(struct str error, char ret_host[256], uint16_t *ret_port)
{
    struct str rest = error, word, slot, where;
    int64_t port;
    size_t colon = SIZE_MAX;

    if (!str_split(&rest, ' ', &word) || !str_split(&rest, ' ', &slot) ||
        !str_split(&rest, ' ', &where) || !(is_word(error, "MOVED") || is_word(error, "ASK")))
        return false;
    for (size_t i = 0; i < where.n; i++) /* the last colon: addresses may be IPv6 */
        if (where.p[i] == ':')
            colon = i;
    if (colon == SIZE_MAX || colon >= 256 ||
        !str_to_i64(str_slice(where, colon + 1, where.n), &port) || port < 1 || port > 65535)
        return false;
    memcpy(ret_host, where.p, colon);
    ret_host[colon] = '\0';
    *ret_port = (uint16_t)port;
    return true;
}
