#include "daemon/config/sources.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

#include "daemon/config/apis.h"
#include "daemon/core/log.h"
#include "lib/base/alloc.h"
#include "lib/base/arena.h"
#include "lib/base/diag.h"
#include "lib/base/map.h"
#include "lib/data/yaml.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR };
#define AT(member) offsetof(struct config_source, member)

static const struct setting source_settings[] = {
    {"kind", SETTING_CHOICE, AT(kind), "feed",
     .words = "feed push stream redis api mailbox webmention",
     .doc = "feed: RSS, Atom or JSON Feed over HTTP. push: mention JSON that others POST\n"
            "to us. stream: Server-Sent Events whose data is mention JSON, or a network's own by\n"
            "its connector. redis: mention JSON that others put into a Redis list or stream. api:\n"
            "a network that speaks JSON, by its connector. mailbox: mails in a folder of an IMAP\n"
            "server; they are not marked as read. webmention: pages that link to ours and say so\n"
            "at /push/NAME; each is fetched, and heard when it really does."},
    {"url", SETTING_URL, AT(url), NULL, .words = "http https redis rediss unix imaps imap",
     .doc = "Where it is. Asked for as written, nothing added. redis: redis://user@host:port/db,\n"
            "rediss:// for TLS, unix:///run/redis/redis.sock. mailbox: imaps://host/INBOX, or\n"
            "imap:// that must turn to TLS (STARTTLS)."},
    {"token_file", SETTING_CREDENTIAL, AT(token_file), "",
     .doc = "push: file or systemd credential with the bearer token that senders must show;\n"
            "stream: with the one that we show; redis, mailbox: with the password."},
    {"signed", SETTING_CHOICE, AT(proof), "token", .words = "token meta linkedin",
     .doc = "push: how senders prove themselves: with the token; or with the signature of Meta\n"
            "or LinkedIn, whose app secret is then in token_file."},
    {"verify_file", SETTING_CREDENTIAL, AT(verify_file), "",
     .doc = "push, signed by meta: file or credential with the verify token that you told Meta."},
    {"user", SETTING_TEXT, AT(user), "", .doc = "mailbox: who logs in."},
    {"sites", SETTING_TEXT, AT(sites), "",
     .doc = "webmention: our hosts, as 'acme.example, acme.fr'; what is below them counts too.\n"
            "Name the address in the pages:   <link rel=webmention href=.../push/NAME>"},
    {"websub", SETTING_CHOICE, AT(websub), "auto", .words = "auto no",
     .doc =
         "feed: whether its hub is asked to bring it, when it names one and push.public is set."},
    {"connector", SETTING_TEXT, AT(connector_name), "",
     .doc =
         "api: which network, as mastodon-tag; a name with a slash is a file of yours. stream:\n"
         "which network, as mastodon-stream, instead of a url. push: how the network's own JSON\n"
         "is read, as facebook-webhook; empty: mention JSON.\n"
         "What it must be told stands below `with`, as   with: {tag: acme}"},
    {"credential", SETTING_CREDENTIAL, AT(credential), "",
     .doc = "api, stream with a connector: file or systemd credential with the token that the\n"
            "network asks for. Read anew at each request, so another program may renew it; after\n"
            "a refusal a reload has it tried at once.\n"
            "Networks whose tokens expire: lines `client_id: ...`, `client_secret: ...` and maybe\n"
            "`refresh_token: ...`, with which couacd fetches them (couac-connectors(5))."},
    {"silence", SETTING_DURATION, AT(silence_ms), "90 s", SECOND, DAY,
     .doc = "stream: without a byte, a heartbeat's included, for so long, it is opened anew."},
    {"list", SETTING_TEXT, AT(list), "", .doc = "redis: the list that others RPUSH to."},
    {"stream", SETTING_TEXT, AT(stream), "",
     .doc = "redis: the stream that others XADD to, with the JSON in the field `mention`."},
    {"group", SETTING_TEXT, AT(group), "couac", .doc = "redis: our consumer group of the stream."},
    {"ca_file", SETTING_PATH, AT(ca_file), "",
     .doc = "redis, mailbox: CA certificates that vouch for the server; empty: the system's."},
    {"every", SETTING_DURATION, AT(every_ms), NULL, SECOND, 30ll * DAY,
     .doc = "How often; without it poll.interval and then the feed's own rhythm."},
    {"about", SETTING_CHOICE, AT(about), "anyone", .words = "anyone us",
     .doc = "us: its posts are about the company, also when they do not name it."},
    {"network", SETTING_CHOICE, AT(network), "public", .words = "public private",
     .doc = "private: addresses of this machine and of the local network are allowed."},
    {"lang", SETTING_TEXT, AT(lang), "",
     .doc = "Language of posts that do not say theirs: en, fr, es."},
};

#undef AT

static bool good_id(struct str id)
{
    if (id.n == 0 || id.n > CONFIG_SOURCE_ID_MAX)
        return false;
    for (size_t i = 0; i < id.n; i++) {
        char ch = id.p[i];

        if (!(ch >= 'a' && ch <= 'z') && !(ch >= '0' && ch <= '9') && !(ch >= 'A' && ch <= 'Z') &&
            !(i > 0 && strchr("-_.", ch)))
            return false;
    }
    return true;
}

static void read_source_keys(const struct yaml *map, const struct setting_scope *scope,
                             struct config_source *ret)
{
    struct str names[ARRAY_LEN(source_settings)];

    for (size_t i = 0; i < ARRAY_LEN(source_settings); i++)
        names[i] = str_of(source_settings[i].key);
    for (const struct yaml *node = map->first; node; node = node->next) {
        size_t i = 0;

        while (i < ARRAY_LEN(names) && !str_eq(names[i], node->key))
            i++;
        if (i < ARRAY_LEN(names))
            setting_read(&source_settings[i], node, scope, ret);
        else if (str_eq(node->key, STR("with")))
            apis_read_with(node, scope, ret);
        else
            setting_unknown(node, "this source", names, ARRAY_LEN(names), scope->diags);
    }
}

static void check_push(const struct yaml *map, const struct config_source *source,
                       struct diags *diags)
{
    if (source->token_file.n == 0) {
        diag(diags, DIAG_ERROR, map->key_at, "source '%.*s' has no token_file",
             STR_ARG(source->id));
        diag_hint(diags, "put a long random word into a file; senders show it as a bearer token");
    }
    if (source->proof == CONFIG_META && source->verify_file.n == 0) {
        diag(diags, DIAG_ERROR, map->key_at, "source '%.*s' has no verify_file",
             STR_ARG(source->id));
        diag_hint(diags, "put the verify token that you told Meta into a file");
    }
}

static void check_listener(const struct config *c, const struct yaml *map,
                           const struct config_source *source, struct diags *diags)
{
    if (c->push_listen.n)
        return;
    diag(diags, DIAG_ERROR, map->key_at, "nothing listens for source '%.*s'", STR_ARG(source->id));
    diag_hint(diags, "add   push: {listen: http://127.0.0.1:8787}");
}

static void check_sites(const struct yaml *map, const struct config_source *source,
                        struct diags *diags)
{
    const struct yaml *sites = yaml_get(map, STR("sites"));
    struct str rest = source->sites, host;

    if (!sites || str_trim(rest).n == 0) {
        diag(diags, DIAG_ERROR, map->key_at, "source '%.*s' has no sites", STR_ARG(source->id));
        diag_hint(diags, "add   sites: acme.example   with the hosts of your pages");
        return;
    }
    while (str_split(&rest, ',', &host)) {
        host = str_trim(host);
        for (size_t i = 0; i < host.n; i++)
            if (strchr("/:@?# \t", host.p[i])) {
                diag(diags, DIAG_ERROR, sites->at, "'%.*s' is no host", STR_ARG(host));
                diag_hint(diags, "only the name counts, as   sites: acme.example, acme.fr");
                break;
            }
    }
}

static void check_url(const struct yaml *map, const struct config_source *source,
                      struct diags *diags)
{
    static const char *const schemes[] = {
        [CONFIG_FEED] = "http https",
        [CONFIG_STREAM] = "http https",
        [CONFIG_REDIS] = "redis rediss unix",
        [CONFIG_MAILBOX] = "imaps imap",
    };
    const struct yaml *url = yaml_get(map, STR("url"));
    struct str words = str_of(schemes[source->kind]), word;
    struct str scheme = str_slice(source->url, 0, str_find(source->url, STR("://"), 0));

    if (!url) {
        diag(diags, DIAG_ERROR, map->key_at, "source '%.*s' has no url", STR_ARG(source->id));
        diag_hint(diags, "add   url: %s://...",
                  source->kind == CONFIG_REDIS     ? "redis"
                  : source->kind == CONFIG_MAILBOX ? "imaps"
                                                   : "https");
    }
    while (str_split(&words, ' ', &word))
        if (str_eq_nocase(word, scheme))
            return;
    if (url && source->url.n) { /* else the scheme is one that nobody knows, and was told */
        diag(diags, DIAG_ERROR, url->at, "this kind of source has another kind of url");
        diag_hint(diags, "it begins with one of: %s", schemes[source->kind]);
    }
}

/* Whoever can reach the endpoint names the pages that are fetched; on the local network
 * they may be anybody's router or metadata service. */
static void check_webmention_network(const struct yaml *map, const struct config_source *source,
                                     struct diags *diags)
{
    const struct yaml *network = yaml_get(map, STR("network"));

    if (!network || source->network != CONFIG_PRIVATE)
        return;
    diag(diags, DIAG_WARNING, network->at,
         "source '%.*s' fetches pages that strangers name, from the local network too",
         STR_ARG(source->id));
    diag_hint(diags,
              "remove network: private, unless only machines of yours can reach the endpoint");
}

static void check_source(const struct config *c, const struct yaml *map,
                         const struct setting_scope *scope, struct config_source *source)
{
    struct diags *diags = scope->diags;
    const struct yaml *every = yaml_get(map, STR("every"));
    struct sbuf floor = SBUF_INIT(100);

    if (source->kind == CONFIG_PUSH || source->kind == CONFIG_WEBMENTION)
        check_listener(c, map, source, diags);
    if (source->kind == CONFIG_WEBMENTION) {
        check_sites(map, source, diags);
        check_webmention_network(map, source, diags);
    } else if (source->kind == CONFIG_PUSH) {
        check_push(map, source, diags);
        apis_load(c, map, scope, source);
    } else if (source->kind == CONFIG_API ||
               (source->kind == CONFIG_STREAM && source->connector_name.n)) {
        apis_check(c, map, scope, source);
    } else {
        check_url(map, source, diags);
    }
    if (source->kind == CONFIG_REDIS && !source->list.n == !source->stream.n) {
        diag(diags, DIAG_ERROR, map->key_at, "source '%.*s' needs either a list or a stream",
             STR_ARG(source->id));
        diag_hint(diags,
                  "add   list: NAME   when others RPUSH, or   stream: NAME   when they XADD");
    }
    if (source->kind == CONFIG_MAILBOX && (!source->user.n || !source->token_file.n)) {
        diag(diags, DIAG_ERROR, map->key_at, "source '%.*s' needs a user and a token_file",
             STR_ARG(source->id));
        diag_hint(diags, "the password stands in the file that token_file names");
    }
    if (every && source->kind != CONFIG_MAILBOX && source->every_ms &&
        source->network == CONFIG_PUBLIC && source->every_ms < c->poll.floor_ms) {
        setting_write_duration(c->poll.floor_ms, &floor);
        diag(diags, DIAG_ERROR, every->at, "public servers are not asked more often than %s",
             sbuf_cstr(&floor));
        diag_hint(diags, "poll.floor sets this; sources that are `network: private` are free");
    }
    sbuf_done(&floor);
}

static void read_source(struct config *c, const struct yaml *map, const struct setting_scope *scope,
                        struct config_source *ret)
{
    ret->id = arena_str(scope->arena, map->key);
    if (!good_id(map->key)) {
        diag(scope->diags, DIAG_ERROR, map->key_at, "'%.*s' cannot name a source",
             STR_ARG(map->key));
        diag_hint(scope->diags, "letters, digits, and - _ . inside, at most %d",
                  CONFIG_SOURCE_ID_MAX);
    }
    for (size_t i = 0; i < ARRAY_LEN(source_settings); i++)
        setting_default(&source_settings[i], scope, ret);
    if (map->type != YAML_MAP) {
        diag(scope->diags, DIAG_ERROR, map->at, "source '%.*s' must be a map with a url, not %s",
             STR_ARG(map->key), yaml_type_name(map->type));
        return;
    }
    read_source_keys(map, scope, ret);
    check_source(c, map, scope, ret);
}

/* Ids of the files read so far; a map knows its own repeats, two files do not. */
static bool taken(const struct map *known, const struct yaml *node, struct diags *diags)
{
    if (!map_get(known, node->key))
        return false;
    diag(diags, DIAG_ERROR, node->key_at, "source '%.*s' is in another file too",
         STR_ARG(node->key));
    diag_hint(diags, "give one of them another name");
    return true;
}

static void add_sources(struct config *c, const struct yaml *map, const struct map *known,
                        const struct setting_scope *scope)
{
    size_t room = c->n_sources + map->n;

    if (room > c->sources_cap) {
        c->sources_cap = MAX(room, 2 * c->sources_cap);
        c->sources = alloc_resize(c->sources, c->sources_cap, sizeof(*c->sources));
    }
    for (const struct yaml *node = map->first; node; node = node->next) {
        struct config_source *source = &c->sources[c->n_sources];

        if (known && taken(known, node, scope->diags))
            continue;
        *source = (struct config_source){0};
        read_source(c, node, scope, source);
        c->n_sources++;
    }
}

void sources_read(struct config *c, const struct yaml *map, const struct setting_scope *scope)
{
    /* "sources:" with nothing below is a scalar */
    if (map->type == YAML_MAP)
        add_sources(c, map, NULL, scope);
    else if (map->type != YAML_SCALAR || map->s.n)
        diag(scope->diags, DIAG_ERROR, map->at, "sources must be a map from a name to its url");
}

/* The array moves while it grows, so the map holds ids only. */
static void know(const struct config *c, size_t from, struct map *known)
{
    for (size_t i = from; i < c->n_sources; i++)
        (void)map_put(known, c->sources[i].id, c->arena); /* any pointer: a set */
}

static void read_one(struct config *c, struct str path, struct map *known,
                     const struct setting_scope *scope)
{
    struct sbuf text = SBUF_INIT(YAML_BYTES_MAX + 1);
    struct arena *scratch = arena_new(0);
    size_t before = c->n_sources;
    int r = setting_read_file(path.p, &text);
    struct str kept = arena_str(scope->diags->arena, sbuf_str(&text)); /* quoted later */

    if (r < 0) {
        diag(scope->diags, DIAG_ERROR, (struct pos){.file = path}, "cannot read it: %s",
             r == -EINVAL ? "not a regular file" : strerror(-r));
    } else {
        diags_source(scope->diags, path, kept);
        struct yaml *map = yaml_parse(path, kept, scratch, scope->diags);

        if (map && map->type == YAML_MAP)
            add_sources(c, map, known, scope);
        else if (map)
            diag(scope->diags, DIAG_ERROR, map->at, "a file of sources must be a map, not %s",
                 yaml_type_name(map->type));
    }
    know(c, before, known);
    arena_free(scratch);
    sbuf_done(&text);
}

static int visible_yaml(const struct dirent *entry)
{
    struct str name = str_of(entry->d_name);

    return name.p[0] != '.' && str_ends(name, STR(".yaml"));
}

void sources_read_folder(struct config *c, const struct setting_scope *scope)
{
    struct dirent **entries = NULL;
    struct map known = {0};
    int n = scandir(c->sources_folder.p, &entries, visible_yaml, alphasort);

    if (n < 0)
        diag(scope->diags, DIAG_ERROR, (struct pos){.file = c->sources_folder},
             "cannot read it: %s", strerror(errno));
    know(c, 0, &known);
    for (int i = 0; i < n; i++) {
        read_one(c,
                 arena_printf(c->arena, "%.*s/%s", STR_ARG(c->sources_folder), entries[i]->d_name),
                 &known, scope);
        free(entries[i]);
    }
    free(entries);
    map_done(&known);
}

void sources_print_help(struct sbuf *out)
{
    sbuf_printf(out, "\n# Where to listen: a name of yours, and\n");
    for (size_t i = 0; i < ARRAY_LEN(source_settings); i++) {
        const struct setting *s = &source_settings[i];
        struct str doc = str_of(s->doc), line;

        (void)str_split(&doc, '\n', &line);
        sbuf_printf(out, "#   %s: %.*s\n", s->key, STR_ARG(line));
        while (str_split(&doc, '\n', &line))
            sbuf_printf(out, "#     %.*s\n", STR_ARG(line));
        if (s->type == SETTING_CHOICE && strchr(s->words, ' '))
            sbuf_printf(out, "#     one of: %s (%s)\n", s->words, s->initial);
    }
    sbuf_printf(out,
                "#\n#   press:\n#     url: https://news.example/acme.rss\n#     every: 30 min\n");
    sbuf_printf(out, "sources: {}\n");
}

struct log_field config_where(const struct config_source *source)
{
    return source->connector ? LOG_STR("url", source->url) : LOG_URL("url", source->url);
}
