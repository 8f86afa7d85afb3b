#include <stdlib.h>
#include <time.h>

#include "cli/verbs/fetch.h"
#include "cli/verbs/input.h"
#include "cli/verbs/sourcefile.h"
#include "lib/base/arena.h"
#include "lib/base/diag.h"
#include "lib/data/json.h"
#include "lib/data/yaml.h"
#include "lib/feed/discover.h"
#include "lib/feed/feed.h"
#include "lib/feed/url.h"
#include "lib/host/share.h"

/* A source is written into couac.yaml once it was fetched and gave posts that can be read. */

enum { CANDIDATES_MAX = 5, FLOW_MAX = 1 << 16 };

struct addition {
    const struct call *call;
    struct sourcefile file;
    struct arena *arena;
};

static struct str host_of(struct str url)
{
    size_t at = str_find(url, STR("://"), 0);
    struct str host = str_slice(url, at == SIZE_MAX ? 0 : at + 3, url.n);

    host = str_slice(host, 0, str_find_char(host, '/', 0));
    return str_starts(host, STR("www.")) ? str_slice(host, 4, host.n) : host;
}

/* --- a feed ---------------------------------------------------------------- */

/* NULL and *ret, or why it is no feed. */
static const char *read_feed(struct addition *a, const struct fetched *page, struct feed **ret)
{
    struct feed_hints hints = {.content_type = page->content_type, .base_url = page->url};
    enum feed_error e = feed_read(page->body, &hints, a->arena, ret);

    return e == FEED_OK ? NULL : feed_error_text(e);
}

static int is_there(const struct addition *a, struct str url)
{
    return call_trouble(a->call, "%.*s is in %.*s already", STR_ARG(url), STR_ARG(a->file.path));
}

static void tell_json(const struct addition *a, struct str id, struct str what, size_t n_posts)
{
    struct sbuf text = SBUF_INIT(FLOW_MAX);
    struct json_writer w;

    json_writer_init(&w, &text);
    json_open_object(&w);
    json_member_str(&w, STR("source"), id);
    json_member_str(&w, STR("title"), what);
    json_member_i64(&w, STR("posts"), (int64_t)n_posts);
    json_close_object(&w);
    screen_raw(&a->call->out, sbuf_str(&text));
    screen_printf(&a->call->out, "\n");
    sbuf_done(&text);
}

static void tell(const struct addition *a, struct str id, struct str what, size_t n_posts,
                 enum fetch_network network)
{
    if (a->call->output == CALL_JSON) {
        tell_json(a, id, what, n_posts);
        return;
    }
    screen_printf(&a->call->out, "added %.*s: ", STR_ARG(id));
    screen_text(&a->call->out, what);
    screen_printf(&a->call->out, ", %zu post%s now%s\n", n_posts, n_posts == 1 ? "" : "s",
                  network == FETCH_PRIVATE ? "; it is on a private network" : "");
}

static int write_feed(struct addition *a, struct str url, const struct fetched *document,
                      const struct feed *feed)
{
    struct str id;
    int status;

    if (sourcefile_has(&a->file, url))
        return is_there(a, url);
    if (sourcefile_has(&a->file, document->url)) /* where a redirect led */
        return is_there(a, document->url);
    id = sourcefile_add_feed(&a->file, feed->title.n ? feed->title : host_of(url), url,
                             document->network);
    status = sourcefile_save(&a->file);
    if (status == VERB_FINE)
        tell(a, id, feed->title.n ? feed->title : url, feed->n_items, document->network);
    return status;
}

/* The first feed that the page names and that can be read. */
static int add_from_page(struct addition *a, const struct fetched *page)
{
    struct discovery *found;
    size_t n = discover_feeds(page->body, page->content_type, page->url, a->arena, &found);

    for (size_t i = 0; i < MIN(n, (size_t)CANDIDATES_MAX); i++) {
        struct fetched document;
        struct feed *feed;
        const char *why = url_web(found[i].url) ? fetch(found[i].url, NULL, 0, a->arena, &document)
                                                : "no web address";

        if (!why && page->network == FETCH_PUBLIC && document.network == FETCH_PRIVATE)
            why = "a private address, named by a public page";
        if (!why)
            why = read_feed(a, &document, &feed);
        if (!why)
            return write_feed(a, found[i].url, &document, feed);
        screen_printf(&a->call->err, "%.*s: %s\n", STR_ARG(found[i].url), why);
    }
    (void)call_trouble(a->call, "%.*s is a page that names no feed that can be read",
                       STR_ARG(page->url)); /* a finding */
    return VERB_FINDINGS;
}

static int add_url(struct addition *a, struct str url)
{
    struct fetched page;
    struct feed *feed;
    const char *why;

    if (!url_web(url))
        return call_trouble(a->call, "'%.*s' is no web address; it begins with http:// or https://",
                            STR_ARG(url));
    if (sourcefile_has(&a->file, url))
        return is_there(a, url);
    why = fetch(url, NULL, 0, a->arena, &page);
    if (why) {
        (void)call_trouble(a->call, "%.*s: %s", STR_ARG(url), why); /* a finding */
        return VERB_FINDINGS;
    }
    why = read_feed(a, &page, &feed);
    return why ? add_from_page(a, &page) : write_feed(a, url, &page, feed);
}

/* --- a search -------------------------------------------------------------- */

/* Networks by the name people use; a word that begins with # may have its own connector. */
static const struct {
    const char *network, *connector, *variable, *tag_connector;
} networks[] = {
    {"mastodon", "mastodon-search", "query", "mastodon-tag"},
    {"bluesky", "bluesky-search", "query", NULL},
    {"reddit", "reddit-search", "query", NULL},
    {"hackernews", "hackernews", "query", NULL},
    {"lemmy", "lemmy", "query", NULL},
    {"stackexchange", "stackexchange", "query", NULL},
    {"youtube", "youtube-search", "query", NULL},
    {"x", "x-search", "query", NULL},
    {"github", "github-issues", "query", NULL},
};

struct search {
    struct str connector; /* its name */
    struct connector_pair with[2];
    size_t n_with;
    struct str credential; /* as it is written into the file */
    struct connector *made;
};

static struct connector *load_connector(struct addition *a, struct str name)
{
    struct str share = share_folder(str_of(getenv("COUAC_SHARE")));
    struct str path =
        arena_printf(a->arena, "%.*s/connectors/%.*s.yaml", STR_ARG(share), STR_ARG(name));
    struct sbuf text = SBUF_INIT(YAML_BYTES_MAX);
    struct connector *c = NULL;
    struct diags diags;

    diags_init(&diags);
    if (input_whole(a->call, path.p, &text) == VERB_FINE)
        c = connector_load(path, arena_str(a->arena, sbuf_str(&text)), a->arena, &diags);
    if (diags.n_errors)
        (void)call_trouble(a->call, "%.*s: see couac connector check", STR_ARG(path)); /* NULL */
    diags_done(&diags);
    sbuf_done(&text);
    return c;
}

/* Where the instance goes: the variable that stands for an address. */
static struct str address_variable(const struct connector *c)
{
    const struct connector_variable *with;
    size_t n = connector_variables(c, &with);

    for (size_t i = 0; i < n; i++)
        if (str_eq(with[i].name, STR("instance")) || str_eq(with[i].name, STR("base")))
            return with[i].name;
    return STR_NONE;
}

static bool plan_search(struct addition *a, const char *network, struct str words,
                        struct search *ret)
{
    const char *instance = call_option(a->call, "instance");
    bool tag = words.n > 1 && words.p[0] == '#';

    for (size_t i = 0; i < ARRAY_LEN(networks); i++) {
        if (strcmp(networks[i].network, network) != 0)
            continue;
        tag = tag && networks[i].tag_connector;
        ret->connector = str_of(tag ? networks[i].tag_connector : networks[i].connector);
        ret->with[ret->n_with++] = (struct connector_pair){
            tag ? STR("tag") : str_of(networks[i].variable), str_slice(words, tag, words.n)};
        ret->credential = str_of(call_option(a->call, "credential"));
        ret->made = load_connector(a, ret->connector);
        if (ret->made && instance)
            ret->with[ret->n_with++] =
                (struct connector_pair){address_variable(ret->made), str_of(instance)};
        return ret->made;
    }
    (void)call_trouble(a->call,
                       "no search is known for '%s'; there is one for mastodon, bluesky, "
                       "reddit, hackernews, lemmy, stackexchange, youtube, x and github",
                       network); /* the caller says so */
    return false;
}

static bool is_search(const struct yaml *source, const struct search *s)
{
    const struct yaml *connector = yaml_get(source, STR("connector"));
    const struct yaml *with = yaml_get(source, STR("with"));

    if (!connector || !str_eq(connector->s, s->connector) || !with || with->type != YAML_MAP ||
        with->n != s->n_with)
        return false;
    for (size_t i = 0; i < s->n_with; i++) {
        const struct yaml *value = yaml_get(with, s->with[i].name);

        if (!value || !str_eq(value->s, s->with[i].value))
            return false;
    }
    return true;
}

/* The source that is this search already; NULL: none. */
static const struct yaml *find_search(const struct addition *a, const struct search *s)
{
    const struct yaml *map = a->file.sources;

    for (const struct yaml *it = map && map->type == YAML_MAP ? map->first : NULL; it;
         it = it->next)
        if (it->type == YAML_MAP && is_search(it, s))
            return it;
    return NULL;
}

/* NULL, or why the search gives nothing; *ret_n posts, from *ret_network. */
static const char *try_search(struct addition *a, const struct search *s, size_t *ret_n,
                              enum fetch_network *ret_network)
{
    struct sbuf secret = SBUF_INIT(1 << 16);
    struct connector_settings settings = {s->with, s->n_with, STR_NONE};
    struct connector_cursor cursor = {.mark = STR_NONE};
    struct connector_request request;
    struct connector_page page;
    struct fetched got;
    const char *why = NULL;

    if (s->credential.n && input_whole(a->call, s->credential.p, &secret) != VERB_FINE)
        why = "its credential cannot be read";
    settings.credential = arena_str(a->arena, str_trim(sbuf_str(&secret)));
    sbuf_done(&secret);
    if (why)
        return why;
    enum connector_error e = connector_request(s->made, &settings, &cursor,
                                               (int64_t)time(NULL) * 1000, a->arena, &request);

    if (e != CONNECTOR_OK)
        return connector_error_text(e);
    why = fetch(request.url, request.headers, request.n_headers, a->arena, &got);
    if (why)
        return why;
    struct connector_answer answer = {.body = got.body,
                                      .url = got.url,
                                      .status = got.status,
                                      .now_ms = (int64_t)time(NULL) * 1000};

    *ret_network = got.network;
    e = connector_read(s->made, &answer, &cursor, a->arena, &page);
    *ret_n = e == CONNECTOR_OK ? page.n : 0;
    return e == CONNECTOR_OK ? NULL : connector_error_text(e);
}

static int write_search(struct addition *a, const struct search *s, struct str wish, size_t n_posts,
                        enum fetch_network network)
{
    struct sbuf map = SBUF_INIT(FLOW_MAX);
    struct str id;
    int status;

    sbuf_printf(&map, "{kind: api, connector: %.*s, with: {", STR_ARG(s->connector));
    for (size_t i = 0; i < s->n_with; i++) {
        sbuf_printf(&map, "%s%.*s: ", i ? ", " : "", STR_ARG(s->with[i].name));
        sourcefile_quote(s->with[i].value, &map);
    }
    sbuf_putc(&map, '}');
    if (s->credential.n) {
        sbuf_add(&map, STR(", credential: "));
        sourcefile_quote(s->credential, &map);
    }
    sbuf_add(&map, sourcefile_network(network));
    sbuf_putc(&map, '}');
    id = sourcefile_add(&a->file, wish, sbuf_str(&map));
    sbuf_done(&map);
    status = sourcefile_save(&a->file);
    if (status == VERB_FINE)
        tell(a, id, wish, n_posts, network);
    return status;
}

static int add_search(struct addition *a, const char *network, struct str words)
{
    struct search s = {.n_with = 0};
    enum fetch_network where = FETCH_PUBLIC;
    size_t n_posts = 0;
    const struct yaml *old;
    const char *why;

    words = str_trim(words);
    if (words.n == 0 || str_eq(words, STR("#")))
        return call_trouble(a->call, "there are no words to search for");
    if (!plan_search(a, network, words, &s))
        return VERB_TROUBLE;
    old = find_search(a, &s);
    if (old)
        return is_there(a, old->key);
    why = try_search(a, &s, &n_posts, &where);
    if (why) {
        (void)call_trouble(a->call, "%s: %s", network, why); /* a finding */
        if (connector_credential(s.made) == CONNECTOR_CREDENTIAL_REQUIRED && !s.credential.n)
            screen_printf(&a->call->err, "  give --credential=FILE, a file with the token\n");
        return VERB_FINDINGS;
    }
    return write_search(a, &s, arena_printf(a->arena, "%s %.*s", network, STR_ARG(words)), n_posts,
                        where);
}

static int run_add(const struct call *call)
{
    struct addition a = {.call = call, .arena = arena_new(0)};
    const char *network = call_option(call, "search");
    struct str what = str_of(call->args[0]);
    int status = sourcefile_open(&a.file, call);

    if (status == VERB_FINE)
        status = network ? add_search(&a, network, what) : add_url(&a, what);
    sourcefile_done(&a.file);
    arena_free(a.arena);
    return status;
}

static const struct verb_option options[] = {
    {"config", 'c', "FILE", "couac.yaml; the one here by default, else /etc/couac/couac.yaml"},
    {"search", 's', "NETWORK", "what follows is searched for on mastodon, bluesky, reddit ..."},
    {"instance", 'i', "URL", "the network's server to ask"},
    {"credential", 0, "FILE", "file with the token that the network asks for"},
    {0},
};

const struct verb verb_add = {
    .name = "add",
    .summary = "add a source to couac.yaml once it was seen to work",
    .usage = "URL | --search NETWORK WORDS",
    .notes = "URL is a feed, or a page that names one. It is fetched and read before anything is\n"
             "written; the rest of couac.yaml, comments too, stays as it is.\n"
             "  couac add https://www.example.org/\n"
             "  couac add --search mastodon '#acme'\n",
    .options = options,
    .args_min = 1,
    .args_max = 1,
    .run = run_add,
};
