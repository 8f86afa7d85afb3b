#include "daemon/net/transfer.h"

#include <arpa/inet.h>
#include <assert.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "daemon/core/loop.h"
#include "daemon/net/courtesy.h"
#include "daemon/net/multi.h"
#include "lib/base/hash.h"
#include "lib/base/vec.h"

/* libcurl 7.88 walks three things again and again: all connections of a cache when a
 * request ends and, with a system call each, once a second; all names of a DNS cache when a
 * request ends. So a request over 9,000 kept connections took 849 us where one over 50 took 22.
 * A multi handle for each few hosts would make the walks shorter, but costs 45 KB, two
 * descriptors and wake-ups of its own. What is hashed finely here are only the caches, as curl's
 * share objects, *pools*: connections and TLS sessions of a few hosts each, made when the
 * first of them is asked. All requests of a pool run in one of SHARDS multi handles. No names
 * are kept: a host that is asked often has its connection, and one that is not would be
 * looked up anyway.
 *
 * Public and private sources have pools of their own. How many connections stay open in all
 * is counted where they open and close; past the limit, those that end a request are closed.
 *
 * Each name look-up is a thread of curl's, so only RESOLVES_MAX requests to names may
 * be before their connection; the others wait in `waiting`. */

enum {
    POOLS = 1024,       /* for public sources, and as many for private ones */
    SHARDS = 16,        /* divides POOLS */
    KEPT_PLAIN = 12000, /* connections: some 3 KB each */
    KEPT_TLS = 2000,    /* some 40 KB each */
    KEPT_AGE_S = 60,    /* most servers have closed it by then */
    RESOLVES_MAX = 64,
    EASIES_KEPT = 512,          /* some 10 KB each */
    RATIO_FREE_BYTES = 1 << 20, /* growth is not judged below */
    READ_BYTES = 4096,          /* at once; each request under way has a buffer of so many */
    SLOW_BYTES_S = 64,
    URL_BYTES_MAX = 8192,
};

enum header {
    H_ETAG,
    H_LAST_MODIFIED,
    H_CONTENT_TYPE,
    H_CONTENT_LANGUAGE,
    H_CACHE_CONTROL,
    H_EXPIRES,
    H_DATE,
    H_AGE,
    H_RETRY_AFTER,
    H_CHALLENGE,
    H_COUNT
};

static const char *const header_names[H_COUNT] = {
    [H_ETAG] = "etag",
    [H_LAST_MODIFIED] = "last-modified",
    [H_CONTENT_TYPE] = "content-type",
    [H_CONTENT_LANGUAGE] = "content-language",
    [H_CACHE_CONTROL] = "cache-control",
    [H_EXPIRES] = "expires",
    [H_DATE] = "date",
    [H_AGE] = "age",
    [H_RETRY_AFTER] = "retry-after",
    [H_CHALLENGE] = "cf-mitigated",
};

struct transfers {
    struct loop *loop;
    struct transfer_limits limits;
    struct multi *multi;
    CURLSH *pools[2][POOLS]; /* by network */
    struct connections {
        size_t open, most;
    } connections[2]; /* without and with TLS */
    size_t at_once;
    VEC(CURL *) easies;
    struct transfer *waiting, **waiting_end;
    unsigned resolving;
    int64_t body_bytes; /* of all transfers */
};

struct transfer {
    struct multi_job job; /* first: found from it */
    struct transfers *ts;
    struct transfer *next;           /* in `waiting` */
    struct connections *connections; /* where its own counts */
    struct event *timer;             /* for the headers, then for each window of the body */
    enum { T_HEADERS, T_BODY } awaited;
    int64_t window_bytes; /* T_BODY: received when the window began */
    enum { T_WAITING, T_RUNNING, T_OVER } state;
    bool resolving;     /* counted in ts->resolving */
    bool all_permanent; /* no temporary redirect so far */
    enum guard_network network;
    transfer_fn *fn;
    void *arg;
    char *url, *moved_to, *user_agent, *validated_url;
    char *header_lines[3]; /* Accept, If-None-Match, If-Modified-Since */
    char *own_lines[TRANSFER_HEADERS_MAX];
    char *home; /* the URL asked for; only its host is shown own_lines */
    char *wanted[TRANSFER_WANTED_MAX];
    char *form; /* NULL: a GET */
    struct curl_slist *headers;
    unsigned hops;
    int64_t started_ms;
    struct sbuf body, header_text;
    size_t header_bytes;
    struct {
        size_t at, n;
    } found[H_COUNT + TRANSFER_WANTED_MAX];
    enum transfer_end end; /* why a callback stopped it */
    const char *refused;   /* the guard's word */
    char error[CURL_ERROR_SIZE];
};

const char *transfer_end_name(enum transfer_end end)
{
    static const char *const names[] = {"ok",        "url",
                                        "dns",       "connect",
                                        "forbidden", "tls",
                                        "timeout",   "body-too-large",
                                        "bomb",      "headers-too-large",
                                        "redirects", "broken",
                                        "memory",    "unasked"};

    return names[end];
}

static char *copy(struct str s)
{
    char *p = alloc_zeroed(s.n + 1, 1);

    if (s.n)
        memcpy(p, s.p, s.n);
    return p;
}

static char *header_line(struct str name, struct str value)
{
    char *p = alloc_zeroed(name.n + value.n + 3, 1);

    memcpy(p, name.p, name.n);
    memcpy(p + name.n, ": ", 2);
    if (value.n)
        memcpy(p + name.n + 2, value.p, value.n);
    return p;
}

/* --- slowness -------------------------------------------------------------- */

/* curl's own check of the speed wakes every request once a second and polls its socket: with
 * 9,000 under way, that was more work than the requests. */

static int64_t wire_bytes(const struct transfer *t)
{
    curl_off_t wire = 0;

    (void)curl_easy_getinfo(t->job.easy, CURLINFO_SIZE_DOWNLOAD_T, &wire); /* known to curl */
    return wire;
}

static void await_headers(struct transfer *t)
{
    t->awaited = T_HEADERS;
    loop_timer_in(t->timer, t->ts->limits.headers_ms);
}

static void await_body(struct transfer *t)
{
    t->awaited = T_BODY;
    t->window_bytes = wire_bytes(t);
    loop_timer_in(t->timer, t->ts->limits.stall_ms);
}

static bool keeps_pace(const struct transfer *t)
{
    int64_t least = SLOW_BYTES_S * t->ts->limits.stall_ms / 1000;

    return t->awaited == T_BODY && wire_bytes(t) - t->window_bytes >= least;
}

/* --- curl's callbacks: note and return ------------------------------------- */

static void resolved(struct transfer *t)
{
    if (t->resolving)
        t->ts->resolving--;
    t->resolving = false;
}

static size_t stop(struct transfer *t, enum transfer_end end)
{
    t->end = end;
    return 0; /* fewer bytes than given: curl stops */
}

static size_t on_body(char *bytes, size_t one, size_t n, void *arg)
{
    struct transfer *t = arg;
    const struct transfer_limits *limits = &t->ts->limits;
    int64_t total = (int64_t)(t->body.n + n);

    (void)one;
    if (total > limits->body_max)
        return stop(t, TRANSFER_BODY);
    if (t->ts->body_bytes + (int64_t)n > limits->memory_max)
        return stop(t, TRANSFER_MEMORY);
    if (total > RATIO_FREE_BYTES && total > limits->ratio_max * (wire_bytes(t) + READ_BYTES))
        return stop(t, TRANSFER_BOMB);
    t->ts->body_bytes += (int64_t)n;
    sbuf_add(&t->body, str_make(bytes, n));
    return n;
}

static void forget_headers(struct transfer *t)
{
    sbuf_clear(&t->header_text);
    memset(t->found, 0, sizeof(t->found));
}

/* Repeated lines of one name are one list (RFC 9110, 5.3); of our own names the first counts. */
static void keep_header(struct transfer *t, int which, struct str value)
{
    size_t at = t->header_text.n, before = t->found[which].n;

    if (before && which < H_COUNT)
        return;
    for (size_t i = 0; i < before; i++) /* byte by byte, since the buffer moves */
        sbuf_putc(&t->header_text, t->header_text.p[t->found[which].at + i]);
    if (before)
        sbuf_add(&t->header_text, STR(", "));
    sbuf_add(&t->header_text, value);
    t->found[which].at = at;
    t->found[which].n = t->header_text.n - at;
}

static void note_header(struct transfer *t, struct str line)
{
    size_t colon = str_find_char(line, ':', 0);

    for (int i = 0; i < (int)ARRAY_LEN(t->found) && colon != SIZE_MAX; i++) {
        const char *name = i < H_COUNT ? header_names[i] : t->wanted[i - H_COUNT];

        if (name && str_eq_nocase(str_slice(line, 0, colon), str_of(name)))
            keep_header(t, i, str_trim(str_slice(line, colon + 1, line.n)));
    }
}

static size_t on_header(char *bytes, size_t one, size_t n, void *arg)
{
    struct transfer *t = arg;
    struct str line = str_make(bytes, n);

    (void)one;
    resolved(t);
    t->header_bytes += n;
    if ((int64_t)t->header_bytes > t->ts->limits.header_max)
        return stop(t, TRANSFER_HEADERS);
    if (str_starts(line, STR("HTTP/")))
        forget_headers(t); /* what came before was 1xx */
    else if (line.n <= 2)
        await_body(t);
    else
        note_header(t, line);
    return n;
}

static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct transfer *t = arg;

    (void)purpose;
    resolved(t);
    t->refused = guard_refuses(&address->addr, address->addrlen, t->network);
    if (t->refused)
        return CURL_SOCKET_BAD;
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                    address->protocol);

    t->connections->open += fd >= 0;
    return fd;
}

/* The connection may outlive the transfer that opened it. */
static int close_socket(void *arg, curl_socket_t fd)
{
    struct connections *connections = arg;

    connections->open--;
    return close(fd);
}

/* --- the end --------------------------------------------------------------- */

static void start_waiting(struct transfers *ts);

static void drop_body(struct transfer *t)
{
    t->ts->body_bytes -= (int64_t)t->body.n;
    sbuf_done(&t->body);
    sbuf_init(&t->body, (size_t)t->ts->limits.body_max);
}

static void destroy(struct transfer *t);

static struct str found(const struct transfer *t, size_t which)
{
    return str_slice(sbuf_str(&t->header_text), t->found[which].at,
                     t->found[which].at + t->found[which].n);
}

static void finish(struct transfer *t, enum transfer_end end, struct str why)
{
    struct transfers *ts = t->ts;
    struct transfer_response r = {
        .end = end,
        .why = why,
        .url = str_of(t->url),
        .moved_to = str_of(t->moved_to),
        .hops = t->hops,
        .elapsed_ms = loop_now_ms() - t->started_ms,
    };
    long status = 0;

    (void)curl_easy_getinfo(t->job.easy, CURLINFO_RESPONSE_CODE, &status); /* 0 without */
    r.status = (int)status;
    r.wire_bytes = wire_bytes(t);
    if (end == TRANSFER_OK)
        r.body = sbuf_str(&t->body);
    r.etag = found(t, H_ETAG);
    r.last_modified = found(t, H_LAST_MODIFIED);
    r.content_type = found(t, H_CONTENT_TYPE);
    r.content_language = found(t, H_CONTENT_LANGUAGE);
    r.challenged = str_eq_nocase(found(t, H_CHALLENGE), STR("challenge"));
    r.times =
        (struct freshness_headers){found(t, H_CACHE_CONTROL), found(t, H_EXPIRES), found(t, H_DATE),
                                   found(t, H_AGE), found(t, H_RETRY_AFTER)};
    for (size_t i = 0; i < TRANSFER_WANTED_MAX; i++)
        r.wanted[i] = found(t, H_COUNT + i);
    t->state = T_OVER;
    t->fn(t->arg, &r);
    destroy(t);
    start_waiting(ts);
}

static enum transfer_end end_of(const struct transfer *t, CURLcode code)
{
    if (t->end != TRANSFER_OK)
        return t->end; /* a callback of ours stopped it */
    switch (code) {
    case CURLE_OK:
        return TRANSFER_OK;
    case CURLE_URL_MALFORMAT:
        return TRANSFER_URL;
    case CURLE_COULDNT_RESOLVE_HOST:
        return TRANSFER_DNS;
    case CURLE_COULDNT_CONNECT:
        return t->refused ? TRANSFER_FORBIDDEN : TRANSFER_CONNECT;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
        return TRANSFER_TLS;
    case CURLE_OPERATION_TIMEDOUT:
        return TRANSFER_TIMEOUT;
    default:
        return TRANSFER_BROKEN;
    }
}

static struct str sentence(const struct transfer *t, enum transfer_end end, CURLcode code)
{
    static const char *const ours[] = {
        [TRANSFER_BODY] = "the body is larger than poll.body_max",
        [TRANSFER_BOMB] = "decompression made the body grow more than poll.ratio_max",
        [TRANSFER_HEADERS] = "the headers are larger than poll.header_max",
        [TRANSFER_MEMORY] = "poll.memory_max is in use",
    };

    if (end == TRANSFER_FORBIDDEN)
        return str_of(t->refused);
    if (end < ARRAY_LEN(ours) && ours[end])
        return str_of(ours[end]);
    return str_of(t->error[0] ? t->error : curl_easy_strerror(code));
}

/* --- hops ------------------------------------------------------------------ */

static bool is_redirect(long status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static struct str host_of(struct str authority)
{
    size_t from = str_find(authority, STR("://"), 0);
    struct str host = str_slice(authority, from == SIZE_MAX ? 0 : from + 3, authority.n);
    size_t at = str_find_char(host, '@', 0);

    if (at != SIZE_MAX)
        host = str_slice(host, at + 1, host.n);
    if (host.n && host.p[0] == '[')
        return host;
    return str_slice(host, 0, str_find_char(host, ':', 0));
}

/* An address needs no look-up. Spellings that only getaddrinfo knows count as names. */
static bool is_name(struct str host)
{
    struct in_addr address;
    char cstr[INET_ADDRSTRLEN];

    if (host.n && host.p[0] == '[')
        return false;
    if (host.n >= sizeof(cstr))
        return true;
    memcpy(cstr, host.p, host.n);
    cstr[host.n] = '\0';
    return inet_pton(AF_INET, cstr, &address) != 1;
}

static bool http_url(const char *url)
{
    struct str s = str_of(url);

    return s.n <= URL_BYTES_MAX &&
           (str_starts_nocase(s, STR("http://")) || str_starts_nocase(s, STR("https://")));
}

static bool at_home(const struct transfer *t, const char *url)
{
    return str_eq_nocase(courtesy_authority(str_of(url)), courtesy_authority(str_of(t->home)));
}

static void set_headers(struct transfer *t)
{
    bool validated = t->validated_url && strcmp(t->url, t->validated_url) == 0;
    bool home = at_home(t, t->url);

    curl_slist_free_all(t->headers);
    t->headers = NULL;
    for (size_t i = 0; i < ARRAY_LEN(t->header_lines); i++)
        if (t->header_lines[i] && (i == 0 || validated))
            t->headers = curl_slist_append(t->headers, t->header_lines[i]);
    for (size_t i = 0; i < ARRAY_LEN(t->own_lines) && home; i++)
        if (t->own_lines[i])
            t->headers = curl_slist_append(t->headers, t->own_lines[i]);
    (void)curl_easy_setopt(t->job.easy, CURLOPT_HTTPHEADER, t->headers);
}

/* Options whose result is not looked at cannot fail in a libcurl that has them, and
 * the build asks for one that has. */
#define SET(option, value) (void)curl_easy_setopt(easy, option, value)

/* What is the same for all transfers: set once in a handle's life. */
static CURL *new_easy(void)
{
    CURL *easy = curl_easy_init();

    if (!easy)
        abort(); /* out of memory */
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_QUICK_EXIT, 1L); /* a black hole for a name server must not stop the exit */
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_PATH_AS_IS, 1L);
    SET(CURLOPT_DNS_CACHE_TIMEOUT, 0L);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NOPROXY, "*");
    SET(CURLOPT_ACCEPT_ENCODING, "");
    SET(CURLOPT_BUFFERSIZE, (long)READ_BYTES);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
    SET(CURLOPT_CLOSESOCKETFUNCTION, close_socket);
    SET(CURLOPT_MAXAGE_CONN, (long)KEPT_AGE_S);
    return easy;
}

static void set_options(struct transfer *t)
{
    const struct transfer_limits *limits = &t->ts->limits;
    CURL *easy = t->job.easy;

    SET(CURLOPT_USERAGENT, t->user_agent);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)limits->connect_ms);
    SET(CURLOPT_WRITEDATA, t);
    SET(CURLOPT_HEADERDATA, t);
    SET(CURLOPT_OPENSOCKETDATA, t);
    SET(CURLOPT_ERRORBUFFER, t->error);
    if (t->form)
        SET(CURLOPT_POSTFIELDS, t->form); /* curl does not copy it */
    else
        SET(CURLOPT_HTTPGET, 1L);
}

/* Nothing in a handle at rest may point to the transfer that had it. */
static void clear_options(CURL *easy)
{
    SET(CURLOPT_WRITEDATA, NULL);
    SET(CURLOPT_HEADERDATA, NULL);
    SET(CURLOPT_OPENSOCKETDATA, NULL);
    SET(CURLOPT_ERRORBUFFER, NULL);
    SET(CURLOPT_HTTPHEADER, NULL);
    SET(CURLOPT_PRIVATE, NULL);
    SET(CURLOPT_POSTFIELDS, NULL);
    SET(CURLOPT_SHARE, NULL);
}

static void put_back(struct transfers *ts, CURL *easy)
{
    if (ts->easies.n >= EASIES_KEPT) {
        curl_easy_cleanup(easy);
        return;
    }
    clear_options(easy);
    vec_push(&ts->easies, easy);
}

static void wipe(char *line)
{
    if (line)
        explicit_bzero(line, strlen(line));
    free(line);
}

static void destroy(struct transfer *t)
{
    resolved(t);
    drop_body(t);
    put_back(t->ts, t->job.easy);
    curl_slist_free_all(t->headers);
    event_free(t->timer);
    for (size_t i = 0; i < ARRAY_LEN(t->header_lines); i++)
        free(t->header_lines[i]);
    for (size_t i = 0; i < ARRAY_LEN(t->own_lines); i++)
        wipe(t->own_lines[i]);
    for (size_t i = 0; i < ARRAY_LEN(t->wanted); i++)
        free(t->wanted[i]);
    free(t->home);
    wipe(t->form); /* a secret may be in it */
    sbuf_done(&t->body);
    sbuf_done(&t->header_text);
    free(t->url);
    free(t->moved_to);
    free(t->user_agent);
    free(t->validated_url);
    free(t);
}

static CURLSH *new_pool(void)
{
    CURLSH *pool = curl_share_init();

    if (!pool || curl_share_setopt(pool, CURLSHOPT_SHARE, CURL_LOCK_DATA_CONNECT) != CURLSHE_OK ||
        curl_share_setopt(pool, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION) != CURLSHE_OK)
        abort(); /* out of memory */
    return pool;
}

static void choose_pool(struct transfer *t, struct str authority)
{
    struct transfers *ts = t->ts;
    size_t number = hash_bytes(authority.p, authority.n, 0) >> 32 & (POOLS - 1);
    CURLSH **pool = &ts->pools[t->network][number];
    CURL *easy = t->job.easy;

    if (!*pool)
        *pool = new_pool();
    t->job.shard = number % SHARDS;
    t->connections = &ts->connections[str_starts_nocase(authority, STR("https:"))];
    SET(CURLOPT_SHARE, *pool);
    SET(CURLOPT_CLOSESOCKETDATA, t->connections);
    SET(CURLOPT_FORBID_REUSE, t->connections->open > t->connections->most ? 1L : 0L);
}

static void enter_multi(struct transfer *t)
{
    struct str authority = courtesy_authority(str_of(t->url));
    int64_t now_ms = loop_now_ms(), left_ms;

    if (t->started_ms == 0)
        t->started_ms = now_ms; /* waiting for a turn is not the server's fault */
    left_ms = t->ts->limits.total_ms - (now_ms - t->started_ms);
    (void)curl_easy_setopt(t->job.easy, CURLOPT_TIMEOUT_MS, (long)MAX(left_ms, 1));
    await_headers(t);
    t->state = T_RUNNING;
    t->resolving = is_name(host_of(authority));
    t->ts->resolving += t->resolving;
    choose_pool(t, authority);
    multi_add(t->ts->multi, &t->job);
}

#undef SET

static void start_waiting(struct transfers *ts)
{
    while (ts->waiting && ts->resolving < RESOLVES_MAX) {
        struct transfer *t = ts->waiting;

        ts->waiting = t->next;
        if (!ts->waiting)
            ts->waiting_end = &ts->waiting;
        enter_multi(t);
    }
}

/* One hop: the same easy handle, another URL. */
static void hop(struct transfer *t)
{
    struct transfers *ts = t->ts;

    forget_headers(t);
    drop_body(t);
    t->header_bytes = 0;
    t->error[0] = '\0';
    set_headers(t);
    if (curl_easy_setopt(t->job.easy, CURLOPT_URL, t->url) != CURLE_OK)
        abort(); /* its length was checked: out of memory */
    t->state = T_WAITING;
    t->next = NULL;
    *ts->waiting_end = t;
    ts->waiting_end = &t->next;
    start_waiting(ts);
}

static void follow(struct transfer *t, long status, const char *location)
{
    if ((int64_t)++t->hops > t->ts->limits.redirects) {
        t->hops--;
        finish(t, TRANSFER_REDIRECTS, STR("more redirects than poll.redirects"));
        return;
    }
    if (!http_url(location)) {
        finish(t, TRANSFER_URL, STR("a redirect to something else than http"));
        return;
    }
    char *next = copy(str_of(location)); /* belongs to the handle until now */

    free(t->url);
    t->url = next;
    t->all_permanent = t->all_permanent && (status == 301 || status == 308);
    if (t->all_permanent) {
        free(t->moved_to);
        t->moved_to = copy(str_of(next));
    }
    hop(t);
}

/* A form is shown to nobody but the host that it was written for. */
static bool may_follow(const struct transfer *t, long status, const char *location)
{
    return !t->form || (status >= 307 && at_home(t, location));
}

static void on_done(struct multi_job *job, CURLcode code)
{
    struct transfer *t = (struct transfer *)job;
    enum transfer_end end = end_of(t, code);
    const char *location = NULL;
    long status = 0;

    resolved(t);
    (void)event_del(t->timer);                                            /* may not be armed */
    (void)curl_easy_getinfo(job->easy, CURLINFO_RESPONSE_CODE, &status);  /* 0 without */
    (void)curl_easy_getinfo(job->easy, CURLINFO_REDIRECT_URL, &location); /* NULL without */
    if (end == TRANSFER_OK && is_redirect(status) && location && may_follow(t, status, location))
        follow(t, status, location);
    else
        finish(t, end, end == TRANSFER_OK ? STR_NONE : sentence(t, end, code));
}

static void leave(struct transfer *t)
{
    struct transfers *ts = t->ts;

    if (t->state == T_RUNNING)
        multi_remove(ts->multi, &t->job);
    if (t->state != T_WAITING)
        return;
    for (struct transfer **link = &ts->waiting; *link; link = &(*link)->next) {
        if (*link != t)
            continue;
        *link = t->next;
        if (ts->waiting_end == &t->next)
            ts->waiting_end = link;
        return;
    }
}

static void late(int fd, short what, void *arg)
{
    struct transfer *t = arg;

    (void)fd, (void)what;
    if (keeps_pace(t)) {
        await_body(t);
        return;
    }
    leave(t);
    finish(t, TRANSFER_TIMEOUT,
           t->awaited == T_HEADERS ? STR("no headers within poll.headers_timeout")
                                   : STR("the body came too slowly for poll.stall_timeout"));
}

struct transfer *transfer_start(struct transfers *ts, const struct transfer_request *request,
                                transfer_fn *fn, void *arg)
{
    struct transfer *t = alloc_zeroed(1, sizeof(*t));

    t->ts = ts;
    t->fn = fn;
    t->arg = arg;
    t->job.done = on_done;
    t->job.easy = ts->easies.n ? ts->easies.items[--ts->easies.n] : new_easy();
    t->network = request->network;
    t->all_permanent = true;
    t->url = copy(request->url);
    t->user_agent = copy(request->user_agent);
    t->home = copy(request->url);
    t->form = request->form.n ? copy(request->form) : NULL;
    for (size_t i = 0; i < MIN(request->n_headers, ARRAY_LEN(t->own_lines)); i++)
        t->own_lines[i] = header_line(request->headers[i].name, request->headers[i].value);
    for (size_t i = 0; i < ARRAY_LEN(t->wanted); i++)
        t->wanted[i] = request->wanted[i].n ? copy(request->wanted[i]) : NULL;
    t->header_lines[0] = header_line(STR("Accept"), request->accept);
    if (request->etag.n)
        t->header_lines[1] = header_line(STR("If-None-Match"), request->etag);
    if (request->last_modified.n)
        t->header_lines[2] = header_line(STR("If-Modified-Since"), request->last_modified);
    if (request->validated_url.n)
        t->validated_url = copy(request->validated_url);
    sbuf_init(&t->header_text, (size_t)ts->limits.header_max);
    t->timer = loop_timer(ts->loop, late, t);
    set_options(t);
    hop(t);
    return t;
}

void transfer_cancel(struct transfer *t)
{
    if (!t)
        return;
    assert(t->state != T_OVER);
    leave(t);
    destroy(t);
}

/* What is open counts, under way or kept, so that one never takes the other's. */
static void share_descriptors(struct transfers *ts)
{
    struct rlimit limit;
    size_t files = getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : FD_SETSIZE;

    ts->at_once = MAX(files / 2, (size_t)1);
    ts->connections[0].most = MIN((size_t)KEPT_PLAIN, files / 2);
    ts->connections[1].most = MIN((size_t)KEPT_TLS, files / 4);
}

struct transfers *transfers_new(struct loop *loop, const struct transfer_limits *limits)
{
    struct transfers *ts = alloc_zeroed(1, sizeof(*ts));

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        abort(); /* no memory, or no random numbers */
    ts->loop = loop;
    ts->limits = *limits;
    ts->waiting_end = &ts->waiting;
    ts->multi = multi_new(loop, SHARDS);
    share_descriptors(ts);
    return ts;
}

void transfers_free(struct transfers *ts)
{
    if (!ts)
        return;
    for (size_t i = 0; i < ts->easies.n; i++)
        curl_easy_cleanup(ts->easies.items[i]);
    vec_done(&ts->easies);
    multi_free(ts->multi);
    for (int network = 0; network < 2; network++)
        for (int i = 0; i < POOLS; i++)
            if (ts->pools[network][i]) /* closes what it kept: no easy handle is left */
                (void)curl_share_cleanup(ts->pools[network][i]);
    curl_global_cleanup();
    free(ts);
}

void transfers_limit(struct transfers *ts, const struct transfer_limits *limits)
{
    ts->limits = *limits;
}

size_t transfers_at_once(const struct transfers *ts)
{
    return ts->at_once;
}
