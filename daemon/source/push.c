#include "daemon/source/push.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <netdb.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/config/credential.h"
#include "daemon/core/log.h"
#include "daemon/core/loop.h"
#include "daemon/source/posts.h"
#include "daemon/source/signature.h"
#include "daemon/source/webmention.h"
#include "daemon/source/websub.h"
#include "lib/base/alloc.h"
#include "lib/base/arena.h"
#include "lib/data/json.h"
#include "lib/feed/connector.h"

/* A request waits in evhttp's hands until its batch is committed. If the sender goes away
 * before, evhttp frees the request and tells the connection's close callback: the job then
 * has nobody to answer. */

enum { HEADER_BYTES = 16 * 1024, RETRY_S = 5, BACKLOG = 128, CHALLENGE_MAX = 200 };

static const char hub_path[] = "/push/websub/"; /* no source has such a name: '/' */

struct job {
    struct push *push;
    struct evhttp_request *request; /* NULL: the sender is gone */
    struct batch *batch;
    struct job *next;
    size_t posts;
    struct str token; /* of the hub's callback, in the batch; empty: from nobody's hub */
};

struct push {
    struct push_ports ports;
    const struct config *config;
    struct evhttp *http;
    char *socket_path; /* to be removed at the end; NULL: TCP */
    struct job *jobs;
    unsigned pending;
    enum { PUSH_OPEN, PUSH_STOPPED } state;
};

/* --- answers --------------------------------------------------------------- */

static void reply(struct evhttp_request *request, int status, const char *reason,
                  const char *format, ...) PRINTF_LIKE(4, 5);

static void reply(struct evhttp_request *request, int status, const char *reason,
                  const char *format, ...)
{
    struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
    struct evbuffer *body = evbuffer_new();
    va_list args;

    if (!body)
        abort(); /* out of memory */
    va_start(args, format);
    (void)evbuffer_add_vprintf(body, format, args); /* fails only without memory */
    va_end(args);
    (void)evhttp_add_header(headers, "Content-Type", "application/json");
    if (status == 503)
        (void)evhttp_add_header(headers, "Retry-After", "5");
    if (status == 401)
        (void)evhttp_add_header(headers, "WWW-Authenticate", "Bearer");
    evhttp_send_reply(request, status, reason, body);
    evbuffer_free(body);
}

static void refuse(struct evhttp_request *request, int status, const char *reason, const char *why)
{
    struct sbuf text = SBUF_INIT(2 * POSTS_WHY_MAX);
    struct json_writer w;

    json_writer_init(&w, &text);
    json_open_object(&w);
    json_member_str(&w, STR("error"), str_of(why));
    json_close_object(&w);
    reply(request, status, reason, "%s\n", sbuf_cstr(&text));
    sbuf_done(&text);
}

static void unlink_job(struct job *job)
{
    struct job **link = &job->push->jobs;

    while (*link != job)
        link = &(*link)->next;
    *link = job->next;
    job->push->pending--;
}

static void sender_gone(struct evhttp_connection *connection, void *arg)
{
    (void)connection;
    ((struct job *)arg)->request = NULL;
}

/* The batch's `done`. */
static void stored(void *arg, int result)
{
    struct job *job = arg;
    struct evhttp_request *request = job->request;

    if (request)
        evhttp_connection_set_closecb(evhttp_request_get_connection(request), NULL, NULL);
    if (request && result == 0)
        reply(request, 200, "OK", "{\"accepted\":%zu}\n", job->posts);
    else if (request)
        refuse(request, 503, "Not Now", "the posts could not be stored; send them again");
    if (result == 0 && job->token.n)
        websub_delivered(job->push->ports.hubs, job->token);
    unlink_job(job);
    free(job);
}

/* --- what was sent --------------------------------------------------------- */

static const struct config_source *source_of(const struct push *p, struct str path)
{
    struct str id = str_slice(path, sizeof("/push/") - 1, path.n);

    if (!str_starts(path, STR("/push/")))
        return NULL;
    for (size_t i = 0; i < p->config->n_sources; i++)
        if ((p->config->sources[i].kind == CONFIG_PUSH ||
             p->config->sources[i].kind == CONFIG_WEBMENTION) &&
            str_eq(p->config->sources[i].id, id))
            return &p->config->sources[i];
    return NULL;
}

/* The files are read each time, so that secrets can be changed while we run. */
static void secret_of(const struct config_source *source, struct str file, struct sbuf *ret)
{
    int r = credential_read(file, ret);

    if (r < 0)
        log_error("push.secret", LOG_STR("source", source->id), LOG_ERRNO(r));
}

static struct str header_of(struct evhttp_request *request, const char *name)
{
    return str_of(evhttp_find_header(evhttp_request_get_input_headers(request), name));
}

static bool has_token(struct evhttp_request *request, struct str secret)
{
    struct str given = header_of(request, "Authorization");

    return str_starts_nocase(given, STR("Bearer ")) &&
           signature_same(str_trim(str_slice(given, sizeof("Bearer ") - 1, given.n)), secret);
}

static bool authorised(struct evhttp_request *request, const struct config_source *source)
{
    struct evbuffer *input = evhttp_request_get_input_buffer(request);
    size_t n = evbuffer_get_length(input);
    struct str body = str_make((const char *)evbuffer_pullup(input, -1), n);
    struct sbuf secret = SBUF_INIT(CREDENTIAL_MAX);
    bool good;

    secret_of(source, source->token_file, &secret);
    switch ((enum config_proof)source->proof) {
    case CONFIG_META:
        good = signature_meta(sbuf_str(&secret), header_of(request, "X-Hub-Signature-256"), body);
        break;
    case CONFIG_LINKEDIN:
        good = signature_linkedin(sbuf_str(&secret), header_of(request, "X-LI-Signature"), body);
        break;
    default:
        good = has_token(request, sbuf_str(&secret));
    }
    credential_wipe(&secret);
    return good;
}

/* --- networks that ask who we are ------------------------------------------ */

/* What is sent back as it came must not be a document of somebody else's. */
static bool harmless(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.", s.p[i]))
            return false;
    return s.n > 0 && s.n <= CHALLENGE_MAX;
}

static void answer_meta(struct evhttp_request *request, const struct config_source *source,
                        const struct evkeyvalq *query)
{
    struct sbuf expected = SBUF_INIT(CREDENTIAL_MAX);
    struct str challenge = str_of(evhttp_find_header(query, "hub.challenge"));

    secret_of(source, source->verify_file, &expected);
    if (!harmless(challenge) ||
        !signature_same(str_of(evhttp_find_header(query, "hub.verify_token")), sbuf_str(&expected)))
        refuse(request, 403, "Forbidden", "hub.verify_token is missing or wrong");
    else
        reply(request, 200, "OK", "%.*s", STR_ARG(challenge));
    credential_wipe(&expected);
}

static void answer_linkedin(struct evhttp_request *request, const struct config_source *source,
                            const struct evkeyvalq *query)
{
    struct sbuf secret = SBUF_INIT(CREDENTIAL_MAX);
    struct str code = str_of(evhttp_find_header(query, "challengeCode"));
    char proof[65];

    secret_of(source, source->token_file, &secret);
    if (!harmless(code) || secret.n == 0) {
        refuse(request, 400, "Bad Request", "challengeCode is missing or strange");
    } else {
        signature_linkedin_answer(sbuf_str(&secret), code, proof);
        reply(request, 200, "OK", "{\"challengeCode\":\"%.*s\",\"challengeResponse\":\"%s\"}",
              STR_ARG(code), proof);
    }
    credential_wipe(&secret);
}

static void answer_challenge(struct evhttp_request *request, const struct config_source *source)
{
    const char *text = evhttp_uri_get_query(evhttp_request_get_evhttp_uri(request));
    struct evkeyvalq query;

    if (source->proof == CONFIG_TOKEN || evhttp_parse_query_str(text ? text : "", &query) != 0) {
        refuse(request, 405, "Method Not Allowed", "POST here");
        return;
    }
    if (source->proof == CONFIG_META)
        answer_meta(request, source, &query);
    else
        answer_linkedin(request, source, &query);
    evhttp_clear_headers(&query);
}

/* --- taking ---------------------------------------------------------------- */

/* A body of the network's own, by its connector. */
static bool read_foreign(struct posts *posts, struct str body)
{
    const struct connector_answer answer = {.body = body, .status = 200, .now_ms = loop_wall_ms()};
    const struct connector_cursor cursor = {.mark = STR_NONE};
    struct connector_page page;
    size_t old;
    enum connector_error e =
        connector_read(posts->source->connector, &answer, &cursor, posts->batch->arena, &page);

    if (e == CONNECTOR_E_JSON)
        (void)snprintf(posts->why, sizeof(posts->why), "%s", connector_error_text(e));
    /* Other shapes are other events of the network: nothing of them is ours. */
    if (e == CONNECTOR_OK)
        return posts_page(posts, &page, INT64_MIN, &old);
    return e != CONNECTOR_E_JSON;
}

/* It is answered when the batch is on the disk. */
static void await(struct push *p, struct evhttp_request *request, struct batch *batch,
                  struct str token)
{
    struct job *job = alloc_zeroed(1, sizeof(*job));

    *job = (struct job){p, request, batch, p->jobs, batch->n, arena_str(batch->arena, token)};
    p->jobs = job;
    p->pending++;
    batch->bytes = evbuffer_get_length(evhttp_request_get_input_buffer(request));
    batch->done = stored;
    batch->arg = job;
    evhttp_connection_set_closecb(evhttp_request_get_connection(request), sender_gone, job);
    p->ports.submit(p->ports.submit_arg, batch);
}

static void take(struct push *p, struct evhttp_request *request, const struct config_source *source)
{
    struct evbuffer *input = evhttp_request_get_input_buffer(request);
    struct posts posts = posts_new(source);
    struct batch *batch = posts.batch;
    size_t n = evbuffer_get_length(input);
    char *bytes = arena_alloc(batch->arena, n + 1);

    posts.most = PUSH_POSTS_MAX;
    (void)evbuffer_copyout(input, bytes, n); /* all of it is there */
    if (!(source->connector ? read_foreign : posts_read)(&posts, str_make(bytes, n))) {
        refuse(request, 400, "Bad Request", posts.why);
        batch_free(batch);
        return;
    }
    await(p, request, batch, STR_NONE);
}

static bool busy(const struct push *p)
{
    return p->state == PUSH_STOPPED || p->pending >= PUSH_PENDING_MAX ||
           !store_accepts(p->ports.store);
}

/* --- hubs ------------------------------------------------------------------ */

/* As it came, and as nothing but text. */
static void echo(struct evhttp_request *request, struct str text)
{
    struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
    struct evbuffer *body = evbuffer_new();

    if (!body || evbuffer_add(body, text.p ? text.p : "", text.n) != 0)
        abort(); /* out of memory */
    (void)evhttp_add_header(headers, "Content-Type", "text/plain");
    (void)evhttp_add_header(headers, "X-Content-Type-Options", "nosniff");
    evhttp_send_reply(request, 200, "OK", body);
    evbuffer_free(body);
}

static void answer_hub(struct push *p, struct evhttp_request *request, struct str token)
{
    const char *text = evhttp_uri_get_query(evhttp_request_get_evhttp_uri(request));
    struct evkeyvalq query;

    if (evhttp_parse_query_str(text ? text : "", &query) != 0) {
        refuse(request, 400, "Bad Request", "the query cannot be read");
        return;
    }
    struct websub_question q = {
        .mode = str_of(evhttp_find_header(&query, "hub.mode")),
        .topic = str_of(evhttp_find_header(&query, "hub.topic")),
        .challenge = str_of(evhttp_find_header(&query, "hub.challenge")),
        .lease_seconds = str_of(evhttp_find_header(&query, "hub.lease_seconds")),
        .reason = str_of(evhttp_find_header(&query, "hub.reason")),
    };

    if (websub_answer(p->ports.hubs, token, &q))
        echo(request, q.challenge);
    else
        refuse(request, 404, "Not Found", "this was not asked for");
    evhttp_clear_headers(&query);
}

static void take_document(struct push *p, struct evhttp_request *request, struct str token)
{
    struct evbuffer *input = evhttp_request_get_input_buffer(request);
    size_t n = evbuffer_get_length(input);
    struct websub_document document = {
        .signature = header_of(request, "X-Hub-Signature"),
        .content_type = header_of(request, "Content-Type"),
        .body = str_make((const char *)evbuffer_pullup(input, -1), n),
    };
    struct batch *batch;

    switch (websub_take(p->ports.hubs, token, &document, &batch)) {
    case WEBSUB_TAKEN:
        await(p, request, batch, token);
        break;
    case WEBSUB_IGNORED: /* to send it again would not help (W3C WebSub, 7.1.1) */
        reply(request, 200, "OK", "{\"accepted\":0}\n");
        break;
    case WEBSUB_UNKNOWN:
        refuse(request, 404, "Not Found", "no subscription has this callback");
        break;
    case WEBSUB_OVER:
        refuse(request, 410, "Gone", "the subscription is over");
        break;
    }
}

static void serve_hub(struct push *p, struct evhttp_request *request, struct str path)
{
    struct str token = str_slice(path, sizeof(hub_path) - 1, path.n);

    if (evhttp_request_get_command(request) != EVHTTP_REQ_POST)
        answer_hub(p, request, token);
    else if (busy(p))
        refuse(request, 503, "Not Now", "nothing can be stored just now");
    else
        take_document(p, request, token);
}

/* --- webmentions ----------------------------------------------------------- */

static void answer_webmention(struct evhttp_request *request,
                              const struct webmention_answer *answer)
{
    char seconds[32];

    if (answer->status == 202) {
        reply(request, 202, "Accepted", "{\"queued\":1}\n");
    } else if (answer->status == 429) {
        (void)snprintf(seconds, sizeof(seconds), "%lld",
                       (long long)(answer->retry_ms + 999) / 1000); /* fits */
        (void)evhttp_add_header(evhttp_request_get_output_headers(request), "Retry-After", seconds);
        refuse(request, 429, "Too Many Requests", answer->why);
    } else {
        refuse(request, answer->status, answer->status == 400 ? "Bad Request" : "Not Now",
               answer->why);
    }
}

static void take_webmention(struct push *p, struct evhttp_request *request,
                            const struct config_source *source)
{
    struct evbuffer *input = evhttp_request_get_input_buffer(request);
    size_t n = evbuffer_get_length(input);
    struct arena *arena = arena_new(0);
    char *text = arena_alloc(arena, n + 1);
    struct evkeyvalq form;

    (void)evbuffer_copyout(input, text, n); /* all of it is there */
    if (strlen(text) != n || evhttp_parse_query_str(text, &form) != 0) {
        refuse(request, 400, "Bad Request", "the body must be a form with `source` and `target`");
    } else {
        struct webmention_answer answer = webmention_take(
            p->ports.webmentions, source, str_trim(str_of(evhttp_find_header(&form, "source"))),
            str_trim(str_of(evhttp_find_header(&form, "target"))));

        answer_webmention(request, &answer);
        evhttp_clear_headers(&form);
    }
    arena_free(arena);
}

static void serve_webmention(struct push *p, struct evhttp_request *request,
                             const struct config_source *source)
{
    if (evhttp_request_get_command(request) != EVHTTP_REQ_POST)
        refuse(request, 405, "Method Not Allowed", "POST here");
    else if (busy(p))
        refuse(request, 503, "Not Now", "nothing can be stored just now");
    else
        take_webmention(p, request, source);
}

static void on_request(struct evhttp_request *request, void *arg)
{
    struct push *p = arg;
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
    struct str path = str_of(uri ? evhttp_uri_get_path(uri) : NULL);
    const struct config_source *source = source_of(p, path);

    if (str_starts(path, str_of(hub_path)))
        serve_hub(p, request, path);
    else if (!source)
        refuse(request, 404, "Not Found", "no source of kind push has this name");
    else if (source->kind == CONFIG_WEBMENTION)
        serve_webmention(p, request, source);
    else if (evhttp_request_get_command(request) != EVHTTP_REQ_POST)
        answer_challenge(request, source);
    else if (!authorised(request, source))
        refuse(request, 401, "Unauthorized", "the token or the signature is missing or wrong");
    else if (busy(p))
        refuse(request, 503, "Not Now", "nothing can be stored just now");
    else
        take(p, request, source);
}

/* --- listening ------------------------------------------------------------- */

/* The socket of a run that ended badly is in the way; anything else is not ours to remove. */
static int listen_unix(struct push *p, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat st;
    int fd;

    if (strlen(path) >= sizeof(address.sun_path))
        return -ENAMETOOLONG;
    memcpy(address.sun_path, path, strlen(path));
    if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
        (void)unlink(path); /* bind says so if it is still there */
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, BACKLOG) < 0 ||
        evhttp_accept_socket(p->http, fd) < 0) {
        int r = errno ? -errno : -EIO;

        close(fd);
        return r;
    }
    p->socket_path = alloc_zeroed(strlen(path) + 1, 1);
    memcpy(p->socket_path, path, strlen(path));
    return 0;
}

static int listen_tcp(struct push *p, struct str authority)
{
    struct arena *arena = arena_new(0);
    size_t colon = authority.n;
    int64_t port;
    int r = -EINVAL;

    while (colon > 0 && authority.p[colon - 1] != ':')
        colon--;
    struct str host = str_slice(authority, 0, colon ? colon - 1 : 0);
    struct str digits = str_slice(authority, colon, authority.n);

    if (host.n > 2 && host.p[0] == '[')
        host = str_slice(host, 1, host.n - 1);
    if (host.n && str_to_i64(digits, &port) && port >= 0 && port <= UINT16_MAX) {
        errno = 0;
        r = evhttp_bind_socket(p->http, arena_str(arena, host).p, (uint16_t)port) == 0 ? 0
            : errno                                                                    ? -errno
                    : -EADDRINUSE;
    }
    arena_free(arena);
    return r;
}

static int start_listening(struct push *p)
{
    struct str url = p->config->push_listen;
    size_t scheme = str_find(url, STR("://"), 0) + 3;

    p->http = evhttp_new(loop_base(p->ports.loop));
    if (!p->http)
        abort(); /* out of memory */
    evhttp_set_timeout(p->http, PUSH_IDLE_S);
    evhttp_set_max_headers_size(p->http, HEADER_BYTES);
    evhttp_set_max_body_size(p->http, p->config->push_body_max);
    evhttp_set_allowed_methods(p->http, EVHTTP_REQ_POST | EVHTTP_REQ_GET);
    evhttp_set_gencb(p->http, on_request, p);
    if (str_starts(url, STR("unix://")))
        return listen_unix(p, url.p + scheme);
    struct str authority = str_slice(url, scheme, url.n);

    if (authority.n && authority.p[authority.n - 1] == '/')
        authority.n--;
    return listen_tcp(p, authority);
}

int push_new(const struct push_ports *ports, const struct config *config, struct push **ret)
{
    struct push *p = alloc_zeroed(1, sizeof(*p));
    int r = 0;

    p->ports = *ports;
    p->config = config;
    if (config->push_listen.n)
        r = start_listening(p);
    if (r < 0) {
        push_free(p);
        return r;
    }
    *ret = p;
    return 0;
}

void push_free(struct push *p)
{
    if (!p)
        return;
    while (p->jobs) {
        struct job *job = p->jobs;

        p->jobs = job->next;
        job->batch->done = NULL; /* still committed; nobody waits */
        if (job->request)
            evhttp_connection_set_closecb(evhttp_request_get_connection(job->request), NULL, NULL);
        free(job);
    }
    if (p->http)
        evhttp_free(p->http);
    if (p->socket_path)
        (void)unlink(p->socket_path); /* the next start removes it otherwise */
    free(p->socket_path);
    free(p);
}

void push_reload(struct push *p, const struct config *config)
{
    p->config = config;
}

void push_stop(struct push *p)
{
    p->state = PUSH_STOPPED;
}
