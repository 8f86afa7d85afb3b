#pragma once

/* transport - a stream of bytes to a Redis: TCP, unix socket or TLS.
 *
 * Names are resolved without blocking (/etc/hosts, then DNS); when there are
 * several addresses, each attempt takes the next. TLS is 1.2 or better, the
 * certificate must lead to a trusted root and name the host. Callbacks never
 * come from within transport_open; in them transport_close is allowed. */

#include "lib/base/str.h"

struct evbuffer;
struct loop;
struct target;
struct transport;

struct transport_tls {     /* all may be empty; read anew at each connection */
    const char *ca_file;   /* else the system's roots */
    const char *cert_file; /* ours, PEM, for servers that ask */
    const char *key_file;  /* without a passphrase; empty: it is in cert_file */
};

struct transport_events {
    void (*up)(void *arg);
    void (*bytes)(void *arg, struct evbuffer *in); /* drain what was used */
    void (*down)(void *arg, struct str why);       /* once; also when it never came up */
    void *arg;
};

/* `attempt` counts from 0. All that is pointed to is copied, but the strings of `tls`, which
 * must live until the next turn of the loop. Never NULL: failures come as `down`. */
struct transport *transport_open(struct loop *loop, const struct target *target,
                                 const struct transport_tls *tls, unsigned attempt,
                                 const struct transport_events *events);
void transport_close(struct transport *t); /* no more callbacks; NULL is fine */

/* Where to append what is to leave; it does so by itself, soon. */
struct evbuffer *transport_out(struct transport *t);
