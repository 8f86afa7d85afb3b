#include "daemon/config/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/config/setting.h"
#include "daemon/config/sources.h"
#include "daemon/core/build.h"
#include "lib/base/alloc.h"
#include "lib/base/arena.h"
#include "lib/base/diag.h"
#include "lib/base/map.h"
#include "lib/data/yaml.h"
#include "lib/feed/url.h"

/* Keys are "section.name" or "name". A section's settings stand together. */

#define MS(n, unit) ((int64_t)(n) * (unit))
enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR };
#define AT(member) offsetof(struct config, member)

static const struct setting settings[] = {
    {"instance", SETTING_TEXT, AT(instance), "couac",
     .doc = "Names this installation in alerts: their source is urn:couac:<instance>."},
    {"producer", SETTING_TEXT, AT(producer), "couac-1",
     .doc = "Names this daemon among those that feed the same Redis; each needs its own."},
    {"state", SETTING_PATH, AT(state), "/var/lib/couac",
     .doc = "Folder of the database. Under systemd StateDirectory= makes it."},
    {"rules", SETTING_PATH, AT(rules), "/etc/couac/rules",
     .doc = "Folder of the rule files: your promises."},
    {"share", SETTING_PATH, AT(share), "",
     .doc = "Folder of what ships with couac: the words that rules use. Empty: the one that\n"
            "$COUAC_SHARE names, else the installed one (the source's own in a build folder)."},

    {"sources_folder", SETTING_PATH, AT(sources_folder), "",
     .doc = "Folder whose *.yaml hold more sources, each file a map like `sources`; for\n"
            "lists that are long or written by programs."},

    {"redis.url", SETTING_URL, AT(redis.url), "redis://127.0.0.1:6379/0",
     .words = "redis rediss unix",
     .doc = "redis://host:port/db, rediss:// for TLS, unix:///run/redis/redis.sock."},
    {"redis.user", SETTING_TEXT, AT(redis.user), "", .doc = "ACL user; empty: the default user."},
    {"redis.password_file", SETTING_CREDENTIAL, AT(redis.password_file), "",
     .doc = "File that holds the password, or the name of a systemd credential; empty: none."},
    {"redis.ca_file", SETTING_PATH, AT(redis.ca_file), "",
     .doc = "Certificates to trust for rediss://; empty: the system's."},
    {"redis.cert_file", SETTING_PATH, AT(redis.cert_file), "",
     .doc = "Our own certificate (PEM), for servers that ask for one; with its chain."},
    {"redis.key_file", SETTING_CREDENTIAL, AT(redis.key_file), "",
     .doc = "Its key, without a passphrase: a file, or the name of a systemd credential.\n"
            "Empty: the key is in `cert_file`."},
    {"redis.sentinels", SETTING_TEXT, AT(redis.sentinels), "",
     .doc = "Sentinels, as 'host:port, host:port': they say where the master is, and the host\n"
            "and port of `url` do not count. Empty: none."},
    {"redis.master", SETTING_TEXT, AT(redis.master), "mymaster",
     .doc = "The name under which the sentinels know the master."},
    {"redis.sentinel_password_file", SETTING_CREDENTIAL, AT(redis.sentinel_password_file), "",
     .doc = "Password of the sentinels themselves, a file or a credential; empty: none."},
    {"redis.nodes", SETTING_TEXT, AT(redis.nodes), "",
     .doc = "More nodes of a Redis Cluster, as 'host:port, host:port', for when the one of `url`\n"
            "is gone. A Cluster needs a prefix in braces."},
    {"redis.prefix", SETTING_TEXT, AT(redis.prefix),
     "couac:", .doc = "Stands before every key; {couac}: for Redis Cluster."},
    {"redis.queue", SETTING_CHOICE, AT(redis.queue), "yes", .words = "no yes",
     .doc = "Also push alerts to the list <prefix>queue, for consumers that BLPOP."},
    {"redis.queue_max", SETTING_COUNT, AT(redis.queue_max), "10000", 1, 100000000,
     .doc = "Entries the list keeps when nobody reads it."},
    {"redis.stream_max", SETTING_COUNT, AT(redis.stream_max), "100000", 100, 100000000,
     .doc = "Entries a stream keeps, about."},
    {"redis.connect_timeout", SETTING_DURATION, AT(redis.connect_ms), "3 s", 50, MINUTE,
     .doc = "Time to connect, with TLS and password."},
    {"redis.reply_timeout", SETTING_DURATION, AT(redis.reply_ms), "5 s", 50, MINUTE,
     .doc = "Time to answer a command."},

    {"poll.interval", SETTING_DURATION, AT(poll.interval_ms), "15 min", SECOND, 7 * DAY,
     .doc = "How often a source without `every` is asked at first; later its own rhythm\n"
            "decides, between floor and slowest."},
    {"poll.floor", SETTING_DURATION, AT(poll.floor_ms), "5 min", SECOND, DAY,
     .doc = "No public source is asked more often than this."},
    {"poll.floor_blind", SETTING_DURATION, AT(poll.floor_blind_ms), "60 min", SECOND, DAY,
     .doc = "The same for public servers that send neither ETag nor Last-Modified."},
    {"poll.floor_deaf", SETTING_DURATION, AT(poll.floor_deaf_ms), "24 h", SECOND, 7 * DAY,
     .doc = "The same for public servers that ignore conditional requests."},
    {"poll.slowest", SETTING_DURATION, AT(poll.slowest_ms), "2 h", SECOND, 7 * DAY,
     .doc = "A source whose rhythm is followed is asked at least this often."},
    {"poll.backoff_max", SETTING_DURATION, AT(poll.backoff_max_ms), "7 days", SECOND, 30ll * DAY,
     .doc = "The longest pause after failures in a row."},
    {"poll.retry_after_max", SETTING_DURATION, AT(poll.retry_after_max_ms), "24 h", SECOND,
     30ll * DAY, .doc = "The longest Retry-After that is obeyed as it stands."},
    {"poll.validators_max", SETTING_DURATION, AT(poll.validators_max_ms), "8 days", SECOND,
     365ll * DAY,
     .doc = "After so long with 304 only, one request is made without validators: some\n"
            "servers get stuck on 304."},
    {"poll.oldest", SETTING_DURATION, AT(poll.oldest_ms), "30 days", HOUR, 36500ll * DAY,
     .doc = "Posts that say they are older are not judged."},
    {"poll.at_once", SETTING_COUNT, AT(poll.at_once), "64", 1, 10000,
     .doc = "Requests under way at the same time."},
    {"poll.per_host", SETTING_COUNT, AT(poll.per_host), "2", 1, 100,
     .doc = "The same for one public host."},
    {"poll.per_host_private", SETTING_COUNT, AT(poll.per_host_private), "16", 1, 10000,
     .doc = "The same for one host of sources that are `network: private`."},
    {"poll.host_gap", SETTING_DURATION, AT(poll.host_gap_ms), "1 s", 0, HOUR,
     .doc = "Pause between two requests to one public host."},
    {"poll.connect_timeout", SETTING_DURATION, AT(poll.connect_ms), "10 s", 50, 10 * MINUTE,
     .doc = "Time for name, connection and TLS."},
    {"poll.headers_timeout", SETTING_DURATION, AT(poll.headers_ms), "30 s", 50, 10 * MINUTE,
     .doc = "Time until the response's headers are there."},
    {"poll.stall_timeout", SETTING_DURATION, AT(poll.stall_ms), "20 s", SECOND, 10 * MINUTE,
     .doc = "A body that comes slower than 64 bytes a second for so long is given up."},
    {"poll.timeout", SETTING_DURATION, AT(poll.total_ms), "60 s", 50, HOUR,
     .doc = "Time for a whole request, redirects included."},
    {"poll.redirects", SETTING_COUNT, AT(poll.redirects), "5", 0, 20,
     .doc = "Redirects followed in one request; only to http and https."},
    {"poll.body_max", SETTING_SIZE, AT(poll.body_max), "8 MiB", 1024, 256ll << 20,
     .doc = "Largest body, counted after decompression."},
    {"poll.header_max", SETTING_SIZE, AT(poll.header_max), "64 KiB", 1024, 1 << 20,
     .doc = "Most bytes of headers in one response."},
    {"poll.ratio_max", SETTING_COUNT, AT(poll.ratio_max), "100", 2, 2000,
     .doc = "A body past 1 MiB that grew more than this by decompression is a bomb."},
    {"poll.memory_max", SETTING_SIZE, AT(poll.memory_max), "128 MiB", 1 << 20, 16ll << 30,
     .doc = "All bodies under way together; what does not fit is asked for again later."},
    {"poll.pushed", SETTING_DURATION, AT(poll.pushed_ms), "6 h", SECOND, 7 * DAY,
     .doc = "A feed that its hub delivers (push.public) is asked only so often, as a safety net,\n"
            "also when it has `every`. A post that only such a poll brought ends this, until\n"
            "the hub delivers again; so does the end of the subscription."},
    {"poll.contact", SETTING_TEXT, AT(poll.contact), "",
     .doc = "A URL or mail address for webmasters, shown in the User-Agent."},

    {"push.listen", SETTING_URL, AT(push_listen), "", .words = "http unix",
     .doc = "Where sources of `kind: push` and `kind: webmention` are listened to:\n"
            "http://127.0.0.1:8787, or unix:///run/couac/push.sock; empty: nowhere. There is no\n"
            "TLS here: beyond this machine, put a web server before it."},
    {"push.public", SETTING_URL, AT(push_public), "", .words = "https http",
     .doc = "Where the world reaches `listen` through that web server, as\n"
            "https://hooks.acme.example. Then feeds that name a hub are subscribed to (WebSub)\n"
            "and come as soon as they change, by POST to /push/websub/ below it. Empty: not."},
    {"push.body_max", SETTING_SIZE, AT(push_body_max), "1 MiB", 1024, 64 << 20,
     .doc = "Largest body of one request; a feed past it comes by polls alone."},

    {"privacy.mode", SETTING_CHOICE, AT(privacy), "pseudonymous",
     .words = "pseudonymous none clear",
     .doc = "How authors leave in alerts: hashed with a key, not at all, or as they are."},
    {"privacy.key_file", SETTING_CREDENTIAL, AT(privacy_key_file), "",
     .doc = "File with the key of the hash, or the name of a systemd credential; empty: a\n"
            "random key is made once and kept beside the database."},

    {"keep.sent", SETTING_DURATION, AT(keep_sent_ms), "24 h", HOUR, 365ll * DAY,
     .doc = "Alerts already in Redis are kept so long, to be sent again if Redis loses them."},
    {"keep.seen", SETTING_DURATION, AT(keep_seen_ms), "90 days", DAY, 3650ll * DAY,
     .doc = "A post is known so long after its source last showed it."},
    {"keep.alerts", SETTING_DURATION, AT(keep_alerts_ms), "30 days", DAY, 3650ll * DAY,
     .doc = "What is known of alerts and their authors."},
    {"keep.ledger", SETTING_DURATION, AT(keep_ledger_ms), "400 days", DAY, 3650ll * DAY,
     .doc = "Counts per promise and day."},

    {"log.level", SETTING_CHOICE, AT(log_level), "info", .words = "debug info warn error",
     .doc = "The least that is told."},
    {"log.format", SETTING_CHOICE, AT(log_format), "auto", .words = "auto journal logfmt",
     .doc = "auto: fields of the journal under systemd, else lines of logfmt on stderr."},
};

static bool in_section(const struct setting *s, struct str section, struct str *ret_name)
{
    struct str key = str_of(s->key);
    size_t dot = str_find_char(key, '.', 0);

    if (dot == SIZE_MAX) {
        *ret_name = key;
        return section.n == 0;
    }
    *ret_name = str_slice(key, dot + 1, key.n);
    return str_eq(str_slice(key, 0, dot), section);
}

enum { NAMES_MAX = 64 };

/* Adds the sections, or the names within a section; without repeats. */
static size_t known_names(struct str section, struct str *names)
{
    size_t n = 0;
    struct str name;

    if (section.n == 0) {
        names[n++] = STR("couac");
        names[n++] = STR("sources");
    }
    for (size_t i = 0; i < ARRAY_LEN(settings) && n < NAMES_MAX; i++) {
        struct str key = str_of(settings[i].key);
        size_t dot = str_find_char(key, '.', 0);

        if (in_section(&settings[i], section, &name))
            names[n++] = name;
        else if (section.n == 0 && !str_eq(names[n - 1], str_slice(key, 0, dot)))
            names[n++] = str_slice(key, 0, dot);
    }
    return n;
}

static const struct setting *find(struct str section, struct str name)
{
    struct str candidate;

    for (size_t i = 0; i < ARRAY_LEN(settings); i++)
        if (in_section(&settings[i], section, &candidate) && str_eq(candidate, name))
            return &settings[i];
    return NULL;
}

static void read_section(struct config *c, const struct yaml *map,
                         const struct setting_scope *scope)
{
    struct str names[NAMES_MAX];
    size_t n = known_names(map->key, names);

    if (map->type != YAML_MAP) {
        diag(scope->diags, DIAG_ERROR, map->at, "%.*s must be a map, not %s", STR_ARG(map->key),
             yaml_type_name(map->type));
        return;
    }
    for (const struct yaml *node = map->first; node; node = node->next) {
        const struct setting *s = find(map->key, node->key);

        if (s)
            setting_read(s, node, scope, c);
        else
            setting_unknown(node, arena_printf(scope->arena, "%.*s", STR_ARG(map->key)).p, names, n,
                            scope->diags);
    }
}

static void read_version(const struct yaml *top, struct str file, struct diags *diags)
{
    const struct yaml *version = yaml_get(top, STR("couac"));

    if (!version) {
        diag(diags, DIAG_ERROR, (struct pos){.file = file, .line = 1}, "no version");
        diag_hint(diags, "the file begins with   couac: 1");
    } else if (version->type != YAML_SCALAR || !str_eq(version->s, STR("1"))) {
        diag(diags, DIAG_ERROR, version->at, "this couacd reads version 1 of couac.yaml");
        diag_hint(diags, "write   couac: 1");
    }
}

static bool is_section(struct str key)
{
    struct str name;

    for (size_t i = 0; i < ARRAY_LEN(settings); i++)
        if (in_section(&settings[i], key, &name))
            return true;
    return false;
}

static void read_top(struct config *c, const struct yaml *top, const struct setting_scope *scope)
{
    struct str names[NAMES_MAX];
    size_t n = known_names(STR_NONE, names);
    const struct yaml *sources = NULL;

    for (const struct yaml *node = top->first; node; node = node->next) {
        const struct setting *s = find(STR_NONE, node->key);

        if (s)
            setting_read(s, node, scope, c);
        else if (node->key.n && is_section(node->key))
            read_section(c, node, scope);
        else if (str_eq(node->key, STR("sources")))
            sources = node; /* last: they are checked against poll */
        else if (!str_eq(node->key, STR("couac")))
            setting_unknown(node, "couac.yaml", names, n, scope->diags);
    }
    if (sources)
        sources_read(c, sources, scope);
    if (c->sources_folder.n)
        sources_read_folder(c, scope);
}

static struct str folder_of(struct str path)
{
    size_t end = path.n;

    while (end > 0 && path.p[end - 1] != '/')
        end--;
    return end > 1 ? str_slice(path, 0, end - 1) : str_slice(path, 0, end);
}

/* systemd tells where StateDirectory= is. */
static const char *state_initial(void)
{
    const char *folder = getenv("STATE_DIRECTORY");

    return folder && folder[0] == '/' && !strchr(folder, ':') ? folder : NULL;
}

/* Callbacks are made by adding a path. */
static void check_public(struct config *c, const struct yaml *top,
                         const struct setting_scope *scope)
{
    const struct yaml *push = yaml_get(top, STR("push"));
    const struct yaml *node = push ? yaml_get(push, STR("public")) : NULL;

    while (str_ends(c->push_public, STR("/")))
        c->push_public = arena_str(c->arena, str_slice(c->push_public, 0, c->push_public.n - 1));
    if (!node || c->push_public.n == 0)
        return;
    if (c->push_listen.n == 0) {
        diag(scope->diags, DIAG_ERROR, node->at, "nothing listens behind this address");
        diag_hint(scope->diags, "add   listen: http://127.0.0.1:8787   and lead it there");
    }
    if (!url_clean(c->push_public) || str_find_char(c->push_public, '?', 0) != SIZE_MAX ||
        str_find_char(c->push_public, '#', 0) != SIZE_MAX) {
        diag(scope->diags, DIAG_ERROR, node->at, "paths are added to this address");
        diag_hint(scope->diags, "write it without '?' and '#', as   https://hooks.acme.example");
    }
}

static void name_us(struct config *c)
{
    const char *close = c->poll.contact.n ? ")" : "";

    c->user_agent = arena_printf(c->arena, "couac/%s%s%.*s%s", COUAC_VERSION,
                                 c->poll.contact.n ? " (+" : "", STR_ARG(c->poll.contact), close);
}

struct config *config_parse(struct str file, struct str text, struct diags *diags)
{
    CLEANUP(config_freep) struct config *c = alloc_zeroed(1, sizeof(*c));
    struct arena *scratch = arena_new(0);
    size_t errors = diags->n_errors;

    c->arena = arena_new(0);
    c->connectors = alloc_zeroed(1, sizeof(*c->connectors));
    c->file = arena_str(c->arena, file);
    struct setting_scope scope = {folder_of(c->file), c->arena, diags};

    for (size_t i = 0; i < ARRAY_LEN(settings); i++)
        setting_default(&settings[i], &scope, c);
    if (state_initial())
        c->state = arena_str(c->arena, str_of(state_initial()));
    diags_source(diags, c->file, text);
    struct yaml *top = yaml_parse(file, text, scratch, diags);

    if (top && top->type == YAML_MAP) {
        read_version(top, file, diags);
        read_top(c, top, &scope);
        check_public(c, top, &scope);
        name_us(c);
    } else if (top) {
        diag(diags, DIAG_ERROR, top->at, "couac.yaml must be a map, not %s",
             yaml_type_name(top->type));
    }
    arena_free(scratch);
    return diags->n_errors > errors ? NULL : TAKE(c);
}

struct config *config_load(const char *path, struct diags *diags)
{
    struct sbuf text = SBUF_INIT(YAML_BYTES_MAX + 1);
    struct config *c = NULL;
    int r = setting_read_file(path, &text);

    if (r < 0) {
        diag(diags, DIAG_ERROR, (struct pos){.file = str_of(path)}, "cannot read it: %s",
             r == -EINVAL ? "not a regular file" : strerror(-r));
        if (r == -ENOENT)
            diag_hint(diags, "couacd --print-defaults > %s writes one to start from", path);
    } else {
        /* `diags` quotes the text later, so it lives there. */
        c = config_parse(str_of(path), arena_str(diags->arena, sbuf_str(&text)), diags);
    }
    sbuf_done(&text);
    return c;
}

void config_free(struct config *c)
{
    if (!c)
        return;
    arena_free(c->arena);
    free(c->sources);
    map_done(c->connectors);
    free(c->connectors);
    free(c);
}

void config_freep(struct config **c)
{
    config_free(*c);
}

static void print_doc(const char *doc, const char *inset, struct sbuf *out)
{
    struct str rest = str_of(doc), line;

    while (str_split(&rest, '\n', &line))
        sbuf_printf(out, "%s# %.*s\n", inset, STR_ARG(line));
}

static void print_setting(const struct setting *s, struct str name, const char *inset,
                          struct sbuf *out)
{
    print_doc(s->doc, inset, out);
    if (s->type == SETTING_CHOICE)
        sbuf_printf(out, "%s# one of: %s\n", inset, s->words);
    /* Words that YAML might read as something else are quoted: "", "couac:". */
    const char *quote = s->type == SETTING_TEXT || !s->initial[0] ? "\"" : "";

    sbuf_printf(out, "%s%.*s: %s%s%s\n", inset, STR_ARG(name), quote, s->initial, quote);
}

void config_print_defaults(struct sbuf *out)
{
    struct str section = STR_NONE, name;

    sbuf_printf(out,
                "# couac.yaml: all settings of couacd %s and their defaults.\n"
                "# Keep the lines you change; the others may go.\n\ncouac: 1\n",
                COUAC_VERSION);
    for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
        struct str key = str_of(settings[i].key);
        size_t dot = str_find_char(key, '.', 0);
        struct str mine = dot == SIZE_MAX ? STR_NONE : str_slice(key, 0, dot);

        if (!str_eq(mine, section) || !mine.n)
            sbuf_putc(out, '\n');
        if (!str_eq(mine, section))
            sbuf_printf(out, "%.*s:\n", STR_ARG(mine));
        section = mine;
        (void)in_section(&settings[i], mine, &name); /* true by construction */
        print_setting(&settings[i], name, mine.n ? "  " : "", out);
    }
    sources_print_help(out);
}

void config_needs_restart(const struct config *now, const struct config *next, struct sbuf *out)
{
    struct sbuf a = SBUF_INIT(8192), b = SBUF_INIT(8192);

    for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
        struct str key = str_of(settings[i].key);

        /* What the parts read anew each time they use it. */
        if (str_eq(key, STR("rules")) || str_eq(key, STR("sources_folder")) ||
            str_eq(key, STR("share")) || str_starts(key, STR("keep.")) ||
            str_starts(key, STR("log.")) || str_starts(key, STR("poll.")) ||
            str_eq(key, STR("push.public")))
            continue;
        sbuf_clear(&a);
        sbuf_clear(&b);
        setting_write(&settings[i], now, &a);
        setting_write(&settings[i], next, &b);
        if (!str_eq(sbuf_str(&a), sbuf_str(&b)))
            sbuf_printf(out, "%s%s", out->n ? ", " : "", settings[i].key);
    }
    sbuf_done(&a);
    sbuf_done(&b);
}
