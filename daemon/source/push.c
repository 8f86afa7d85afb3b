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
#include "lib/base/alloc.h"
#include "lib/base/arena.h"
#include "lib/data/json.h"

/* A request waits in evhttp's hands until its batch is committed. If the sender goes away
 * before, evhttp frees the request and tells the connection's close callback: the job then
 * has nobody to answer. */

enum { HEADER_BYTES = 16 * 1024, RETRY_S = 5, BACKLOG = 128 };

struct job {
    struct push *push;
    struct evhttp_request *request; /* NULL: the sender is gone */
    struct batch *batch;
    struct job *next;
    size_t posts;
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
        if (p->config->sources[i].kind == CONFIG_PUSH && str_eq(p->config->sources[i].id, id))
            return &p->config->sources[i];
    return NULL;
}

/* Takes as long for any wrong token of the right length. */
static bool same_secret(struct str a, struct str b)
{
    unsigned char differs = a.n != b.n;

    for (size_t i = 0; i < a.n && i < b.n; i++)
        differs |= (unsigned char)(a.p[i] ^ b.p[i]);
    return !differs && a.n > 0;
}

/* The file is read each time, so that tokens can be changed while we run. */
static bool authorised(struct evhttp_request *request, const struct config_source *source)
{
    struct evkeyvalq *headers = evhttp_request_get_input_headers(request);
    struct str given = str_of(evhttp_find_header(headers, "Authorization"));
    struct sbuf token = SBUF_INIT(CREDENTIAL_MAX);
    int r = credential_read(source->token_file, &token);
    bool good =
        r == 0 && str_starts_nocase(given, STR("Bearer ")) &&
        same_secret(str_trim(str_slice(given, sizeof("Bearer ") - 1, given.n)), sbuf_str(&token));

    if (r < 0)
        log_error("push.token", LOG_STR("source", source->id), LOG_ERRNO(r));
    credential_wipe(&token);
    return good;
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
    if (!posts_read(&posts, str_make(bytes, n))) {
        refuse(request, 400, "Bad Request", posts.why);
        batch_free(batch);
        return;
    }
    struct job *job = alloc_zeroed(1, sizeof(*job));

    *job = (struct job){p, request, batch, p->jobs, batch->n};
    p->jobs = job;
    p->pending++;
    batch->done = stored;
    batch->arg = job;
    evhttp_connection_set_closecb(evhttp_request_get_connection(request), sender_gone, job);
    p->ports.submit(p->ports.submit_arg, batch);
}

static void on_request(struct evhttp_request *request, void *arg)
{
    struct push *p = arg;
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
    struct str path = str_of(uri ? evhttp_uri_get_path(uri) : NULL);
    const struct config_source *source = source_of(p, path);

    if (!source)
        refuse(request, 404, "Not Found", "no source of kind push has this name");
    else if (evhttp_request_get_command(request) != EVHTTP_REQ_POST)
        refuse(request, 405, "Method Not Allowed", "POST mention JSON here");
    else if (!authorised(request, source))
        refuse(request, 401, "Unauthorized", "the bearer token is missing or wrong");
    else if (p->state == PUSH_STOPPED || p->pending >= PUSH_PENDING_MAX ||
             !store_accepts(p->ports.store))
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
