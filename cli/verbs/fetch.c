#include "cli/verbs/fetch.h"

#include <arpa/inet.h>
#include <curl/curl.h>

#include "lib/base/arena.h"

enum { SECONDS_MAX = 30, REDIRECTS_MAX = 5 };

#define SET(easy, option, value) (void)curl_easy_setopt(easy, option, value) /* known to curl */

static size_t on_body(char *bytes, size_t one, size_t n, void *arg)
{
    struct sbuf *body = arg;

    (void)one;
    sbuf_add(body, str_make(bytes, n));
    return body->full ? 0 : n;
}

/* --- where it is ------------------------------------------------------------ */

struct way {
    unsigned hops;
    enum fetch_network network; /* of the first */
};

/* The addresses people have at home and at work; couacd knows all that are not public. */
static enum fetch_network network_of(const char *address)
{
    struct in_addr four;
    struct in6_addr six;

    if (inet_pton(AF_INET6, address, &six) == 1 && !IN6_IS_ADDR_V4MAPPED(&six))
        return IN6_IS_ADDR_LOOPBACK(&six) || IN6_IS_ADDR_LINKLOCAL(&six) ||
                       (six.s6_addr[0] & 0xfe) == 0xfc
                   ? FETCH_PRIVATE
                   : FETCH_PUBLIC;
    if (inet_pton(AF_INET, strncmp(address, "::ffff:", 7) == 0 ? address + 7 : address, &four) != 1)
        return FETCH_PUBLIC;
    uint32_t a = ntohl(four.s_addr);

    return a >> 24 == 0 || a >> 24 == 10 || a >> 24 == 127 || a >> 20 == 0xac1 ||
                   a >> 16 == 0xc0a8 || a >> 16 == 0xa9fe || a >> 22 == 0x191
               ? FETCH_PRIVATE
               : FETCH_PUBLIC;
}

/* Before each request, redirects included. */
static int on_hop(void *arg, char *address, char *from, int port, int from_port)
{
    struct way *way = arg;
    enum fetch_network network = network_of(address);

    (void)from, (void)port, (void)from_port;
    if (way->hops++ == 0)
        way->network = network;
    return way->network == FETCH_PUBLIC && network == FETCH_PRIVATE ? CURL_PREREQFUNC_ABORT
                                                                    : CURL_PREREQFUNC_OK;
}

/* --- the request ------------------------------------------------------------ */

static void set_up(CURL *easy, const char *url, struct curl_slist *headers, struct sbuf *body,
                   struct way *way)
{
    SET(easy, CURLOPT_URL, url);
    SET(easy, CURLOPT_HTTPHEADER, headers);
    SET(easy, CURLOPT_USERAGENT, "couac/" COUAC_VERSION);
    SET(easy, CURLOPT_ACCEPT_ENCODING, "");
    SET(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    SET(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    /* Headers that carry a secret must not follow a redirect to somebody else. */
    SET(easy, CURLOPT_FOLLOWLOCATION, headers ? 0L : 1L);
    SET(easy, CURLOPT_MAXREDIRS, (long)REDIRECTS_MAX);
    SET(easy, CURLOPT_TIMEOUT, (long)SECONDS_MAX);
    SET(easy, CURLOPT_PROXY, "");
    SET(easy, CURLOPT_NOSIGNAL, 1L);
    SET(easy, CURLOPT_WRITEFUNCTION, on_body);
    SET(easy, CURLOPT_WRITEDATA, body);
    SET(easy, CURLOPT_PREREQFUNCTION, on_hop);
    SET(easy, CURLOPT_PREREQDATA, way);
}

static const char *perform(CURL *easy, const struct sbuf *body, const struct way *way,
                           struct arena *arena, struct fetched *ret)
{
    CURLcode code = curl_easy_perform(easy);
    const char *url = NULL, *type = NULL;
    long status = 0;

    if (body->full)
        return "the body is larger than 8 MiB";
    if (code == CURLE_ABORTED_BY_CALLBACK)
        return "it leads to a private address";
    if (code != CURLE_OK)
        return curl_easy_strerror(code);
    (void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &url);
    (void)curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type);
    *ret = (struct fetched){(int)status, way->network, arena_str(arena, str_of(url)),
                            arena_str(arena, str_of(type)), arena_str(arena, sbuf_str(body))};
    return status == 200 ? NULL : arena_printf(arena, "the server answers %ld", status).p;
}

const char *fetch(struct str url, const struct connector_pair *headers, size_t n_headers,
                  struct arena *arena, struct fetched *ret)
{
    struct sbuf body = SBUF_INIT(FETCH_BYTES_MAX);
    struct curl_slist *lines = NULL;
    struct way way = {.network = FETCH_PUBLIC};
    CURL *easy = curl_easy_init();
    const char *why = "no memory for a request";

    for (size_t i = 0; i < n_headers; i++)
        lines = curl_slist_append(lines, arena_printf(arena, "%.*s: %.*s", STR_ARG(headers[i].name),
                                                      STR_ARG(headers[i].value))
                                             .p);
    if (easy) {
        set_up(easy, arena_str(arena, url).p, lines, &body, &way);
        why = perform(easy, &body, &way, arena, ret);
    }
    curl_easy_cleanup(easy);
    curl_slist_free_all(lines);
    sbuf_done(&body);
    return why;
}
