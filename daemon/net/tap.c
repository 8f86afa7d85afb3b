#include "daemon/net/tap.h"

#include <event2/event.h>
#include <stdlib.h>
#include <strings.h>

#include "daemon/core/loop.h"
#include "daemon/net/multi.h"
#include "lib/base/alloc.h"

struct taps {
    struct loop *loop;
    struct multi *multi;
};

struct tap {
    struct multi_job job; /* first: found from it */
    struct taps *taps;
    struct tap_reader reader;
    struct event *clock; /* until the headers, then between bytes */
    struct curl_slist *headers;
    char *url, *user_agent;
    enum guard_network network;
    int64_t silence_ms, header_max, header_bytes;
    enum { TAP_WAITS, TAP_FLOWS, TAP_HELD, TAP_CUT } state;
    const char *why;     /* we cut it for this */
    const char *refused; /* the guard's word */
    char error[CURL_ERROR_SIZE];
};

struct taps *taps_new(struct loop *loop)
{
    struct taps *ts = alloc_zeroed(1, sizeof(*ts));

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        abort(); /* no memory, or no random numbers */
    ts->loop = loop;
    ts->multi = multi_new(loop, 1);
    return ts;
}

void taps_free(struct taps *ts)
{
    if (!ts)
        return;
    multi_free(ts->multi);
    curl_global_cleanup();
    free(ts);
}

/* --- curl's callbacks: note and return ------------------------------------- */

static size_t cut(struct tap *t, const char *why)
{
    t->why = why;
    t->state = TAP_CUT;
    return 0; /* fewer bytes than given: curl stops */
}

static long status_of(const struct tap *t)
{
    long status = 0;

    (void)curl_easy_getinfo(t->job.easy, CURLINFO_RESPONSE_CODE, &status); /* 0 without */
    return status;
}

static size_t flow(struct tap *t, enum tap_flow flow, size_t n)
{
    if (flow == TAP_ENOUGH)
        return cut(t, "refused");
    if (flow == TAP_HOLD) {
        t->state = TAP_HELD;
        (void)event_del(t->clock); /* it is us who are silent */
    }
    return n;
}

static size_t on_body(char *bytes, size_t one, size_t n, void *arg)
{
    struct tap *t = arg;

    (void)one;
    if (status_of(t) != 200)
        return cut(t, "status");
    if (t->state == TAP_HELD)
        return CURL_WRITEFUNC_PAUSE; /* the same bytes come again */
    loop_timer_in(t->clock, t->silence_ms);
    return flow(t, t->reader.bytes(t->reader.arg, str_make(bytes, n)), n);
}

static size_t begin(struct tap *t, size_t n)
{
    const char *type = NULL;

    (void)curl_easy_getinfo(t->job.easy, CURLINFO_CONTENT_TYPE, &type); /* NULL without */
    t->state = TAP_FLOWS;
    loop_timer_in(t->clock, t->silence_ms);
    return flow(t, t->reader.began(t->reader.arg, str_of(type)), n);
}

static size_t on_header(char *bytes, size_t one, size_t n, void *arg)
{
    struct tap *t = arg;

    (void)one, (void)bytes;
    t->header_bytes += (int64_t)n;
    if (t->header_bytes > t->header_max)
        return cut(t, "headers-too-large");
    return n <= 2 && status_of(t) == 200 ? begin(t, n) : n;
}

static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct tap *t = arg;

    (void)purpose;
    t->refused = guard_refuses(&address->addr, address->addrlen, t->network);
    if (t->refused)
        return CURL_SOCKET_BAD;
    return socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                  address->protocol);
}

/* --- the end --------------------------------------------------------------- */

static void destroy(struct tap *t)
{
    curl_easy_cleanup(t->job.easy);
    curl_slist_free_all(t->headers);
    event_free(t->clock);
    free(t->url);
    free(t->user_agent);
    free(t);
}

static const char *word(const struct tap *t, CURLcode code)
{
    if (t->why)
        return t->why;
    switch (code) {
    case CURLE_OK:
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
        return status_of(t) == 200 || code != CURLE_OK ? "closed" : "status";
    case CURLE_COULDNT_RESOLVE_HOST:
        return "dns";
    case CURLE_COULDNT_CONNECT:
        return t->refused ? "forbidden" : "connect";
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
        return "tls";
    case CURLE_OPERATION_TIMEDOUT:
        return "timeout";
    case CURLE_TOO_MANY_REDIRECTS:
        return "redirects";
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return "url";
    default:
        return "broken";
    }
}

static void finish(struct tap *t, CURLcode code)
{
    curl_off_t retry_after = 0;
    struct tap_end end = {.why = word(t, code), .status = (int)status_of(t), .retry_after_s = -1};

    (void)curl_easy_getinfo(t->job.easy, CURLINFO_RETRY_AFTER, &retry_after); /* 0 without */
    if (retry_after > 0)
        end.retry_after_s = retry_after;
    if (t->refused)
        end.detail = str_of(t->refused);
    else if (!t->why && code != CURLE_OK)
        end.detail = str_of(t->error[0] ? t->error : curl_easy_strerror(code));
    t->reader.ended(t->reader.arg, &end);
    destroy(t);
}

static void on_done(struct multi_job *job, CURLcode code)
{
    finish((struct tap *)job, code);
}

static void on_clock(int fd, short what, void *arg)
{
    struct tap *t = arg;

    (void)fd, (void)what;
    multi_remove(t->taps->multi, &t->job);
    t->why = t->state == TAP_WAITS ? "timeout" : "silence";
    finish(t, CURLE_OPERATION_TIMEDOUT);
}

/* --- opening --------------------------------------------------------------- */

static char *copy(struct str s)
{
    char *p = alloc_zeroed(s.n + 1, 1);

    if (s.n)
        memcpy(p, s.p, s.n);
    return p;
}

static void add_header(struct tap *t, struct str name, struct str value)
{
    struct sbuf line = SBUF_INIT(32768);

    if (value.n) {
        sbuf_printf(&line, "%.*s: %.*s", STR_ARG(name), STR_ARG(value));
        t->headers = curl_slist_append(t->headers, sbuf_cstr(&line));
        if (!t->headers)
            abort(); /* out of memory */
    }
    if (line.n)
        explicit_bzero(line.p, line.n); /* it may be the token */
    sbuf_done(&line);
}

/* Options whose result is not looked at cannot fail in a libcurl that has them, and
 * the build asks for one that has. */
#define SET(option, value) (void)curl_easy_setopt(easy, option, value)

static void set_options(struct tap *t, const struct tap_request *r)
{
    CURL *easy = t->job.easy;

    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_QUICK_EXIT, 1L);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_PATH_AS_IS, 1L);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NOPROXY, "*");
    SET(CURLOPT_FORBID_REUSE, 1L);
    SET(CURLOPT_FRESH_CONNECT, 1L);
    SET(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_TCP_KEEPALIVE, 1L);
    SET(CURLOPT_FOLLOWLOCATION, r->redirects > 0 ? 1L : 0L);
    SET(CURLOPT_MAXREDIRS, (long)r->redirects);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)r->connect_ms);
    SET(CURLOPT_USERAGENT, t->user_agent);
    SET(CURLOPT_HTTPHEADER, t->headers);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, t);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, t);
    SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
    SET(CURLOPT_OPENSOCKETDATA, t);
    SET(CURLOPT_ERRORBUFFER, t->error);
    if (curl_easy_setopt(easy, CURLOPT_URL, t->url) != CURLE_OK)
        abort(); /* out of memory */
}

#undef SET

struct tap *tap_open(struct taps *ts, const struct tap_request *request,
                     const struct tap_reader *reader)
{
    struct tap *t = alloc_zeroed(1, sizeof(*t));

    t->taps = ts;
    t->reader = *reader;
    t->job.done = on_done;
    t->job.easy = curl_easy_init();
    if (!t->job.easy)
        abort(); /* out of memory */
    t->url = copy(request->url);
    t->user_agent = copy(request->user_agent);
    t->network = request->network;
    t->silence_ms = request->silence_ms;
    t->header_max = request->header_max;
    t->clock = loop_timer(ts->loop, on_clock, t);
    add_header(t, STR("Accept"), request->accept);
    add_header(t, STR("Cache-Control"), STR("no-cache"));
    add_header(t, STR("Last-Event-ID"), request->last_event_id);
    for (size_t i = 0; i < request->n_headers; i++)
        add_header(t, request->headers[i].name, request->headers[i].value);
    set_options(t, request);
    loop_timer_in(t->clock, request->headers_ms);
    multi_add(ts->multi, &t->job);
    return t;
}

void tap_resume(struct tap *t)
{
    if (t->state != TAP_HELD)
        return;
    t->state = TAP_FLOWS;
    loop_timer_in(t->clock, t->silence_ms);
    (void)curl_easy_pause(t->job.easy, CURLPAUSE_CONT); /* what fails comes to on_done */
}

void tap_close(struct tap *t)
{
    if (!t)
        return;
    multi_remove(t->taps->multi, &t->job);
    destroy(t);
}
