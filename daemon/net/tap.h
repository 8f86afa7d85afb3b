#pragma once

/* tap - a GET whose answer does not end: bytes are handed on as they come.
 *
 * Bounds: time to connect, time to the headers, silence between bytes, bytes of
 * headers, redirects, addresses (guard.h). How much is waiting is the reader's
 * matter, who may hold the bytes back. Every tap has a connection of its own. */

#include "daemon/net/transfer.h"

struct tap;
struct taps;

struct tap_request {
    struct str url;
    enum guard_network network;
    struct str user_agent, accept;
    const struct transfer_header *headers; /* more; follow redirects with Authorization at most */
    size_t n_headers;
    struct str last_event_id; /* empty: not sent */
    int64_t connect_ms, headers_ms, silence_ms;
    int64_t redirects, header_max;
};

enum tap_flow {
    TAP_MORE,
    TAP_HOLD, /* no more before tap_resume */
    TAP_ENOUGH,
};

struct tap_end {
    const char *why; /* one word: "closed", "status", "silence", "connect", "tls" ... */
    struct str detail;
    int status;            /* 0: no answer came */
    int64_t retry_after_s; /* -1: not said */
};

struct tap_reader {
    /* The headers of a 200 came. TAP_ENOUGH refuses it: tap_reader.ended follows. */
    enum tap_flow (*began)(void *arg, struct str content_type);
    enum tap_flow (*bytes)(void *arg, struct str bytes);
    /* Once, on a later turn, unless the tap is closed before; it is gone afterwards. */
    void (*ended)(void *arg, const struct tap_end *end);
    void *arg;
};

struct taps *taps_new(struct loop *loop);
void taps_free(struct taps *ts); /* no tap may be left; NULL is fine */

struct tap *tap_open(struct taps *ts, const struct tap_request *request,
                     const struct tap_reader *reader);
void tap_resume(struct tap *t);
void tap_close(struct tap *t); /* NULL is fine; not from within `began` or `bytes` */
