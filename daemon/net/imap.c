#include "daemon/net/imap.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/core/loop.h"
#include "daemon/net/multi.h"
#include "lib/base/alloc.h"

enum { READ_BYTES = 16384, TURN_BYTES = 1 << 20, COMMAND_MAX = 4096 };

struct imap {
    struct multi_job job; /* first: found from it */
    struct loop *loop;
    struct multi *multi;
    struct imap_reader reader;
    struct event *clock, *readable;
    int64_t reply_ms;
    enum guard_network network;
    enum { IMAP_CONNECTING, IMAP_IDLE, IMAP_WAITING, IMAP_ENDED } state;
    struct sbuf line;    /* of the response being read, literals left out */
    struct sbuf literal; /* the last one */
    size_t line_from;    /* where the piece of the line after the last literal begins */
    int64_t literal_left;
    unsigned tag;
    const char *refused; /* the guard's word */
    char error[CURL_ERROR_SIZE];
};

/* --- the end --------------------------------------------------------------- */

static void end(struct imap *i, const char *why, struct str detail)
{
    if (i->state == IMAP_ENDED)
        return;
    i->state = IMAP_ENDED;
    (void)event_del(i->clock); /* may not be armed */
    if (i->readable)
        (void)event_del(i->readable); /* idem */
    i->reader.ended(i->reader.arg, why, detail);
}

static void destroy(void *object)
{
    struct imap *i = object;

    multi_remove(i->multi, &i->job); /* closes the connection */
    curl_easy_cleanup(i->job.easy);
    if (i->readable)
        event_free(i->readable);
    event_free(i->clock);
    sbuf_done(&i->line);
    sbuf_done(&i->literal);
    free(i);
}

void imap_close(struct imap *i)
{
    if (!i)
        return;
    i->state = IMAP_ENDED;
    (void)event_del(i->clock); /* may not be armed */
    if (i->readable)
        (void)event_del(i->readable); /* idem */
    loop_defer(i->loop, destroy, i);
}

/* --- responses ------------------------------------------------------------- */

static struct str without_cr(struct str line)
{
    if (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    return line;
}

/* "{123}" at the end of a line announces so many bytes; -1: nothing. */
static int64_t announced(struct str line)
{
    size_t from = line.n;
    int64_t n;

    if (line.n < 3 || line.p[line.n - 1] != '}')
        return -1;
    while (from > 0 && line.p[from - 1] != '{')
        from--;
    return from && str_to_i64(str_slice(line, from, line.n - 1), &n) && n >= 0 ? n : -1;
}

static void respond(struct imap *i, struct str line)
{
    char tag[16];
    struct str mine, text;

    (void)snprintf(tag, sizeof(tag), "c%u ", i->tag); /* fits */
    mine = str_of(tag);
    if (!str_starts(line, mine)) {
        if (str_starts_nocase(line, STR("* BYE")) && i->state == IMAP_WAITING)
            end(i, "closed", line);
        else if (str_starts(line, STR("* ")))
            i->reader.response(i->reader.arg, line, sbuf_str(&i->literal));
        return;
    }
    text = str_slice(line, mine.n, line.n);
    i->state = IMAP_IDLE;
    (void)event_del(i->clock); /* fails only for a broken event */
    i->reader.completed(i->reader.arg, str_starts_nocase(text, STR("OK")), text);
}

static void end_of_line(struct imap *i)
{
    struct str line = without_cr(sbuf_str(&i->line));
    int64_t n = announced(str_slice(line, i->line_from, line.n));

    if (n > IMAP_LITERAL_MAX) {
        end(i, "too-large", STR("a literal past 1 MiB"));
    } else if (n >= 0) {
        i->literal_left = n;
        i->line.n = line.n;
        i->line_from = line.n;
        sbuf_clear(&i->literal);
    } else {
        respond(i, line);
        sbuf_clear(&i->line);
        sbuf_clear(&i->literal);
        i->line_from = 0;
    }
}

static void take(struct imap *i, struct str bytes)
{
    while (bytes.n && i->state != IMAP_ENDED) {
        size_t n = MIN(bytes.n, (size_t)i->literal_left);

        if (n) {
            sbuf_add(&i->literal, str_slice(bytes, 0, n));
            i->literal_left -= (int64_t)n;
            bytes = str_slice(bytes, n, bytes.n);
            continue;
        }
        size_t lf = str_find_char(bytes, '\n', 0);

        sbuf_add(&i->line, str_slice(bytes, 0, lf));
        if (i->line.full)
            end(i, "too-large", STR("a line past 4 MiB"));
        else if (lf != SIZE_MAX)
            end_of_line(i);
        bytes = str_slice(bytes, lf == SIZE_MAX ? bytes.n : lf + 1, bytes.n);
    }
}

/* TLS keeps bytes that the socket does not show, so it is read until there are none; after
 * TURN_BYTES others have their turn. */
static void on_readable(int fd, short what, void *arg)
{
    struct imap *i = arg;
    char bytes[READ_BYTES];
    size_t n, total = 0;
    CURLcode code = CURLE_OK;

    (void)fd, (void)what;
    while (i->state != IMAP_ENDED && total < TURN_BYTES) {
        code = curl_easy_recv(i->job.easy, bytes, sizeof(bytes), &n);
        if (code != CURLE_OK || n == 0)
            break;
        total += n;
        take(i, str_make(bytes, n));
    }
    if (i->state == IMAP_ENDED)
        return;
    if (code == CURLE_OK && total >= TURN_BYTES)
        event_active(i->readable, EV_READ, 0);
    else if (code != CURLE_AGAIN)
        end(i, "closed", str_of(code == CURLE_OK ? "" : curl_easy_strerror(code)));
    else if (total && i->state == IMAP_WAITING)
        loop_timer_in(i->clock, i->reply_ms);
}

static void on_clock(int fd, short what, void *arg)
{
    (void)fd, (void)what;
    end(arg, "timeout", STR_NONE);
}

void imap_command(struct imap *i, struct str command)
{
    struct sbuf text = SBUF_INIT(COMMAND_MAX);
    size_t n = 0;
    CURLcode code;

    i->tag++;
    sbuf_printf(&text, "c%u %.*s\r\n", i->tag, STR_ARG(command));
    i->state = IMAP_WAITING;
    loop_timer_in(i->clock, i->reply_ms);
    code = text.full ? CURLE_BAD_FUNCTION_ARGUMENT : curl_easy_send(i->job.easy, text.p, text.n, &n);
    if (code != CURLE_OK || n != text.n) /* a server that takes not even this: give it up */
        end(i, "closed", str_of(curl_easy_strerror(code)));
    sbuf_done(&text);
}

/* --- logging in ------------------------------------------------------------ */

static const char *word(const struct imap *i, CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
        return "dns";
    case CURLE_COULDNT_CONNECT:
        return i->refused ? "forbidden" : "connect";
    case CURLE_LOGIN_DENIED:
        return "login";
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_USE_SSL_FAILED:
        return "tls";
    case CURLE_OPERATION_TIMEDOUT:
        return "timeout";
    case CURLE_URL_MALFORMAT:
        return "url";
    default:
        return "broken";
    }
}

static void on_done(struct multi_job *job, CURLcode code)
{
    struct imap *i = (struct imap *)job;
    curl_socket_t fd = CURL_SOCKET_BAD;

    if (i->state == IMAP_ENDED)
        return;
    (void)curl_easy_getinfo(job->easy, CURLINFO_ACTIVESOCKET, &fd); /* BAD without */
    if (code != CURLE_OK || fd == CURL_SOCKET_BAD) {
        end(i, word(i, code),
            str_of(i->refused    ? i->refused
                   : i->error[0] ? i->error
                                 : curl_easy_strerror(code)));
        return;
    }
    (void)event_del(i->clock); /* fails only for a broken event */
    i->readable = event_new(loop_base(i->loop), fd, EV_READ | EV_PERSIST, on_readable, i);
    if (!i->readable || event_add(i->readable, NULL) != 0)
        abort(); /* out of memory */
    i->state = IMAP_IDLE;
    i->reader.ready(i->reader.arg);
}

static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct imap *i = arg;

    (void)purpose;
    i->refused = guard_refuses(&address->addr, address->addrlen, i->network);
    if (i->refused)
        return CURL_SOCKET_BAD;
    return socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                  address->protocol);
}

static void set_text(CURL *easy, CURLoption option, struct str s)
{
    char *copy = alloc_zeroed(s.n + 1, 1);

    if (s.n)
        memcpy(copy, s.p, s.n);
    if (curl_easy_setopt(easy, option, copy) != CURLE_OK)
        abort(); /* out of memory */
    explicit_bzero(copy, s.n);
    free(copy);
}

/* Options whose result is not looked at cannot fail in a libcurl that has them, and
 * the build asks for one that has. */
#define SET(option, value) (void)curl_easy_setopt(easy, option, value)

struct imap *imap_open(struct loop *loop, struct multi *multi, const struct imap_login *login,
                       const struct imap_reader *reader)
{
    struct imap *i = alloc_zeroed(1, sizeof(*i));
    CURL *easy = curl_easy_init();

    if (!easy)
        abort(); /* out of memory */
    i->job = (struct multi_job){.easy = easy, .done = on_done, .after = MULTI_STAYS};
    i->loop = loop;
    i->multi = multi;
    i->reader = *reader;
    i->network = login->network;
    i->reply_ms = login->reply_ms;
    sbuf_init(&i->line, IMAP_LINE_MAX);
    sbuf_init(&i->literal, IMAP_LITERAL_MAX);
    i->clock = loop_timer(loop, on_clock, i);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_QUICK_EXIT, 1L);
    SET(CURLOPT_PROTOCOLS_STR, "imap,imaps");
    SET(CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
    SET(CURLOPT_CONNECT_ONLY, 1L);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NOPROXY, "*");
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)login->connect_ms);
    SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
    SET(CURLOPT_OPENSOCKETDATA, i);
    SET(CURLOPT_ERRORBUFFER, i->error);
    set_text(easy, CURLOPT_URL, login->url);
    set_text(easy, CURLOPT_USERNAME, login->user);
    set_text(easy, CURLOPT_PASSWORD, login->password);
    if (login->ca_file.n)
        set_text(easy, CURLOPT_CAINFO, login->ca_file);
    loop_timer_in(i->clock, login->connect_ms);
    multi_add(multi, &i->job);
    return i;
}

#undef SET

int imap_mailbox(struct str url, struct sbuf *ret)
{
    CURLU *parts = curl_url();
    char *copy = alloc_zeroed(url.n + 1, 1), *path = NULL;
    int r = -EINVAL;

    memcpy(copy, url.p, url.n);
    if (parts && curl_url_set(parts, CURLUPART_URL, copy, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_PATH, &path, CURLU_URLDECODE) == CURLUE_OK) {
        r = 0;
        sbuf_printf(ret, "%s", path[0] && path[1] ? path + 1 : "INBOX");
    }
    for (size_t i = 0; i < ret->n; i++)
        if ((unsigned char)ret->p[i] < ' ' || (unsigned char)ret->p[i] >= 0x7f)
            r = -EINVAL;
    curl_free(path);
    curl_url_cleanup(parts);
    free(copy);
    return r;
}
