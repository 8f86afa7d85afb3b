#pragma once

/* transfer - one GET, or the POST of a form, bounded in every direction.
 *
 * Bounds: bytes of headers, bytes of body after decompression, growth by
 * decompression, time to connect, time to the headers, slowness, time in all,
 * redirects, addresses (guard.h), name look-ups at once, connections kept open, and
 * the memory of all bodies together. Only http and https; no cookies,
 * no proxies, no netrc, no Referer; the URL goes out as it was given.
 *
 * Redirects are followed here and not by curl, so that validators go only to the
 * URL that gave them. Public and private sources never share a connection: one
 * that was opened without the address filter must not serve a filtered request. */

#include "daemon/net/freshness.h"
#include "daemon/net/guard.h"
#include "lib/base/str.h"

struct loop;
struct transfer;
struct transfers;

struct transfer_limits {
    int64_t connect_ms, headers_ms, stall_ms, total_ms;
    int64_t redirects, body_max, header_max, ratio_max;
    int64_t memory_max; /* of all bodies */
};

enum { TRANSFER_WANTED_MAX = 3, TRANSFER_HEADERS_MAX = 8 };

struct transfer_header {
    struct str name, value; /* no control characters */
};

struct transfer_request {
    struct str url;
    enum guard_network network;
    struct str user_agent, accept;
    struct str etag, last_modified;        /* empty: not sent */
    struct str validated_url;              /* the URL they came from */
    const struct transfer_header *headers; /* more of them; only to the URL's own host */
    size_t n_headers;
    struct str wanted[TRANSFER_WANTED_MAX]; /* names of answer headers to keep; may be empty */
    struct str form; /* POSTed as application/x-www-form-urlencoded; empty: a GET. Only a 307 or
                        308 to the same host redirects it; another 3xx is the answer */
};

enum transfer_end {
    TRANSFER_OK,        /* a whole response came, whatever its status */
    TRANSFER_URL,       /* the URL, or a redirect's, cannot be used */
    TRANSFER_DNS,       /* no such name, or no answer */
    TRANSFER_CONNECT,   /* refused, unreachable */
    TRANSFER_FORBIDDEN, /* the guard refused the address */
    TRANSFER_TLS,       /* certificate or handshake */
    TRANSFER_TIMEOUT,   /* one of the times */
    TRANSFER_BODY,      /* larger than body_max */
    TRANSFER_BOMB,      /* grew too much */
    TRANSFER_HEADERS,   /* more than header_max */
    TRANSFER_REDIRECTS, /* too many */
    TRANSFER_BROKEN,    /* cut off, bad chunks, bad compression, no HTTP */
    TRANSFER_MEMORY,    /* memory_max is in use: try again soon */
    TRANSFER_UNASKED,   /* never by a transfer: for callers that could not make their request */
};
/* "dns", "timeout": for logs and tables */
const char *transfer_end_name(enum transfer_end end);

struct transfer_response {
    enum transfer_end end;
    struct str why; /* a sentence when it did not end well */
    int status;     /* 0: none came */
    struct str url; /* of the last hop */
    /* Where permanent redirects (301, 308) led, counted from the first hop on; empty: nowhere. */
    struct str moved_to;
    unsigned hops;
    struct str body; /* decompressed */
    struct str etag, last_modified, content_type, content_language;
    struct str wanted[TRANSFER_WANTED_MAX]; /* repeated ones joined by ", "; empty: none came */
    bool challenged;                        /* the answer is a wall against programs, and says so */
    struct freshness_headers times;
    int64_t wire_bytes, elapsed_ms;
};

/* All slices live during the call. The transfer is gone afterwards. */
typedef void transfer_fn(void *arg, const struct transfer_response *response);

struct transfers *transfers_new(struct loop *loop, const struct transfer_limits *limits);
void transfers_free(struct transfers *ts); /* no transfer may be left; NULL is fine */
void transfers_limit(struct transfers *ts, const struct transfer_limits *limits);
/* How many transfers may be under way, by the descriptors that the process may open. */
size_t transfers_at_once(const struct transfers *ts);

/* `fn` is called once, later, unless the transfer is cancelled. */
struct transfer *transfer_start(struct transfers *ts, const struct transfer_request *request,
                                transfer_fn *fn, void *arg);
void transfer_cancel(struct transfer *t);
