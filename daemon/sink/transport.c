#include "daemon/sink/transport.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/dns.h>
#include <event2/event.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "daemon/core/loop.h"
#include "daemon/sink/target.h"
#include "lib/base/alloc.h"

enum { WRITE_BYTES = 256 * 1024 }; /* at once: what a socket takes, not libevent's 16 KiB */

struct transport {
    struct loop *loop;
    struct target target;
    struct transport_events events;
    unsigned attempt;
    struct event *later; /* a failure found inside transport_open */
    struct evdns_base *dns;
    struct evdns_getaddrinfo_request *lookup;
    struct bufferevent *bev;
    SSL *ssl; /* belongs to bev */
    char why[256];
};

/* --- failing ------------------------------------------------------------------- */

static void tell_down(struct transport *t)
{
    t->events.down(t->events.arg, str_of(t->why)); /* t may be gone now */
}

static void on_later(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    tell_down(arg);
}

static void fail_later(struct transport *t, const char *format, ...) PRINTF_LIKE(2, 3);
static void fail_later(struct transport *t, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(t->why, sizeof(t->why), format, args);
    va_end(args);
    loop_timer_in(t->later, 0);
}

/* --- TLS ----------------------------------------------------------------------- */

static const char *ssl_reason(unsigned long code)
{
    const char *reason = code ? ERR_reason_error_string(code) : NULL;

    return reason ? reason : "unknown reason";
}

static bool given(const char *file)
{
    return file && *file;
}

/* A key with a passphrase is refused; OpenSSL would ask for it on the terminal. */
static int no_passphrase(char *buffer, int size, int writing, void *arg)
{
    (void)buffer, (void)size, (void)writing, (void)arg;
    return 0;
}

static bool use_certificate(SSL_CTX *ctx, const struct transport_tls *tls)
{
    const char *key = given(tls->key_file) ? tls->key_file : tls->cert_file;

    SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
    return SSL_CTX_use_certificate_chain_file(ctx, tls->cert_file) == 1 &&
           SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) == 1;
}

static SSL_CTX *make_context(const struct transport_tls *tls)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    bool ok = ctx && SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);

    if (ok && given(tls->ca_file))
        ok = SSL_CTX_load_verify_locations(ctx, tls->ca_file, NULL) == 1;
    else if (ok)
        ok = SSL_CTX_set_default_verify_paths(ctx) == 1;
    if (ok && given(tls->cert_file))
        ok = use_certificate(ctx, tls);
    if (ok) {
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
        return ctx;
    }
    SSL_CTX_free(ctx);
    return NULL;
}

/* The certificate must be for this very host; an address needs an address in it. */
static bool expect_host(SSL *ssl, char *host)
{
    struct in6_addr any;

    if (evutil_inet_pton(AF_INET, host, &any) == 1 || evutil_inet_pton(AF_INET6, host, &any) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
    return SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

static struct bufferevent *make_tls(struct transport *t, const struct transport_tls *tls)
{
    SSL_CTX *ctx = make_context(tls);
    SSL *ssl = ctx ? SSL_new(ctx) : NULL;
    struct bufferevent *bev = NULL;

    SSL_CTX_free(ctx); /* the connection holds it */
    if (ssl && expect_host(ssl, t->target.host))
        bev = bufferevent_openssl_socket_new(loop_base(t->loop), -1, ssl,
                                             BUFFEREVENT_SSL_CONNECTING, BEV_OPT_CLOSE_ON_FREE);
    if (!bev) {
        SSL_free(ssl);
        return NULL;
    }
    t->ssl = ssl;
    bufferevent_openssl_set_allow_dirty_shutdown(bev, 1); /* as servers close in practice */
    return bev;
}

/* --- events of the stream -------------------------------------------------------- */

static void on_read(struct bufferevent *bev, void *arg)
{
    struct transport *t = arg;

    t->events.bytes(t->events.arg, bufferevent_get_input(bev));
}

static void tune(struct transport *t)
{
    int fd = bufferevent_getfd(t->bev), on = 1;

    /* without them it is slower, not wrong */
    if (t->target.kind != TARGET_UNIX) {
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    }
}

static void say_why(struct transport *t, short what)
{
    unsigned long code = t->ssl ? bufferevent_get_openssl_error(t->bev) : 0;
    long verdict = t->ssl ? SSL_get_verify_result(t->ssl) : X509_V_OK;
    int err = EVUTIL_SOCKET_ERROR();

    if (verdict != X509_V_OK)
        (void)snprintf(t->why, sizeof(t->why), "certificate: %s",
                       X509_verify_cert_error_string(verdict));
    else if (code)
        (void)snprintf(t->why, sizeof(t->why), "TLS: %s", ssl_reason(code));
    else if (what & BEV_EVENT_EOF)
        (void)snprintf(t->why, sizeof(t->why), "connection closed by the server");
    else
        (void)snprintf(t->why, sizeof(t->why), "%s",
                       err ? evutil_socket_error_to_string(err) : "connection failed");
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
    struct transport *t = arg;

    (void)bev;
    if (what & BEV_EVENT_CONNECTED) {
        tune(t);
        t->events.up(t->events.arg);
        return;
    }
    say_why(t, what);
    tell_down(t);
}

/* --- connecting ------------------------------------------------------------------ */

static void connect_to(struct transport *t, const struct sockaddr *address, int size)
{
    if (bufferevent_socket_connect(t->bev, address, size) < 0)
        fail_later(t, "%s", evutil_socket_error_to_string(EVUTIL_SOCKET_ERROR()));
}

static const struct evutil_addrinfo *pick(const struct evutil_addrinfo *list, unsigned attempt)
{
    unsigned n = 0;

    for (const struct evutil_addrinfo *a = list; a; a = a->ai_next)
        n++;
    for (attempt %= n ? n : 1; attempt > 0; attempt--)
        list = list->ai_next;
    return list;
}

static void on_lookup(int result, struct evutil_addrinfo *list, void *arg)
{
    struct transport *t = arg;
    const struct evutil_addrinfo *a;

    if (result == EVUTIL_EAI_CANCEL)
        return; /* closed meanwhile */
    t->lookup = NULL;
    if (result != 0 || !list) {
        fail_later(t, "name not resolved: %s", evutil_gai_strerror(result));
        return;
    }
    a = pick(list, t->attempt);
    connect_to(t, a->ai_addr, (int)a->ai_addrlen);
    evutil_freeaddrinfo(list);
}

static void start_lookup(struct transport *t)
{
    struct evutil_addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_protocol = IPPROTO_TCP};
    char port[8];

    /* a new resolver each time: /etc/resolv.conf may have changed */
    t->dns = evdns_base_new(loop_base(t->loop),
                            EVDNS_BASE_INITIALIZE_NAMESERVERS | EVDNS_BASE_DISABLE_WHEN_INACTIVE);
    if (!t->dns) /* no usable resolv.conf: /etc/hosts and addresses still work */
        t->dns = evdns_base_new(loop_base(t->loop), 0);
    if (!t->dns) {
        fail_later(t, "no resolver");
        return;
    }
    (void)evdns_base_load_hosts(t->dns, "/etc/hosts"); /* else it knows localhost */
    (void)snprintf(port, sizeof(port), "%u", t->target.port);
    t->lookup = evdns_getaddrinfo(t->dns, t->target.host, port, &hints, on_lookup, t);
}

static void start_unix(struct transport *t)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    memcpy(address.sun_path, t->target.host, strnlen(t->target.host, sizeof(address.sun_path) - 1));
    connect_to(t, (const struct sockaddr *)&address, sizeof(address));
}

struct transport *transport_open(struct loop *loop, const struct target *target,
                                 const struct transport_tls *tls, unsigned attempt,
                                 const struct transport_events *events)
{
    struct transport *t = alloc_zeroed(1, sizeof(*t));

    t->loop = loop;
    t->target = *target;
    t->events = *events;
    t->attempt = attempt;
    t->later = loop_timer(loop, on_later, t);
    if (target->kind == TARGET_TLS)
        t->bev = make_tls(t, tls);
    else
        t->bev = bufferevent_socket_new(loop_base(loop), -1, BEV_OPT_CLOSE_ON_FREE);
    if (!t->bev) {
        fail_later(t, "TLS: %s", ssl_reason(ERR_get_error()));
        return t;
    }
    bufferevent_setcb(t->bev, on_read, NULL, on_event, t);
    (void)bufferevent_set_max_single_write(t->bev, WRITE_BYTES); /* below any limit */
    (void)bufferevent_enable(t->bev, EV_READ | EV_WRITE);        /* takes effect once connected */
    if (target->kind == TARGET_UNIX)
        start_unix(t);
    else
        start_lookup(t);
    return t;
}

void transport_close(struct transport *t)
{
    if (!t)
        return;
    if (t->lookup)
        evdns_getaddrinfo_cancel(t->lookup);
    if (t->dns)
        evdns_base_free(t->dns, 0);
    if (t->bev) {
        bufferevent_setcb(t->bev, NULL, NULL, NULL, NULL);
        bufferevent_free(t->bev);
    }
    event_free(t->later);
    free(t);
}

struct evbuffer *transport_out(struct transport *t)
{
    return bufferevent_get_output(t->bev);
}
