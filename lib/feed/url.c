#include "lib/feed/url.h"

#include "lib/base/arena.h"

struct parts {
    struct str scheme;    /* "https:" */
    struct str authority; /* "//host:port" */
    struct str path;
    struct str query; /* "?..." without fragment */
    struct str fragment;
};

static size_t scheme_length(struct str s)
{
    size_t i = 0;

    for (; i < s.n; i++) {
        char c = s.p[i], low = (char)(c | 32);
        bool letter = low >= 'a' && low <= 'z';

        if (c == ':')
            return i > 0 ? i + 1 : 0;
        if (!letter && (i == 0 || !((c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.')))
            return 0;
    }
    return 0;
}

bool url_absolute(struct str url)
{
    return scheme_length(url) > 0;
}

static size_t first_of(struct str s, const char *stops, size_t from)
{
    for (; from < s.n; from++)
        for (const char *stop = stops; *stop; stop++)
            if (s.p[from] == *stop)
                return from;
    return from;
}

static struct parts cut(struct str s)
{
    struct parts p = {0};
    size_t n = scheme_length(s);

    p.scheme = str_slice(s, 0, n);
    s = str_slice(s, n, s.n);
    n = str_starts(s, STR("//")) ? first_of(s, "/?#", 2) : 0;
    p.authority = str_slice(s, 0, n);
    s = str_slice(s, n, s.n);
    n = first_of(s, "?#", 0);
    p.path = str_slice(s, 0, n);
    s = str_slice(s, n, s.n);
    n = first_of(s, "#", 0);
    p.query = str_slice(s, 0, n);
    p.fragment = str_slice(s, n, s.n);
    return p;
}

bool url_runs(struct str url)
{
    struct str scheme = str_slice(url, 0, scheme_length(url));

    return str_eq_nocase(scheme, STR("javascript:")) || str_eq_nocase(scheme, STR("vbscript:")) ||
           str_eq_nocase(scheme, STR("data:"));
}

bool url_web(struct str url)
{
    return (str_starts_nocase(url, STR("http://")) && url.n > 7) ||
           (str_starts_nocase(url, STR("https://")) && url.n > 8);
}

struct str url_host(struct str url)
{
    struct str authority = cut(url).authority, host = str_slice(authority, 2, authority.n);
    size_t at;

    while ((at = str_find_char(host, '@', 0)) != SIZE_MAX)
        host = str_slice(host, at + 1, host.n);
    if (str_starts(host, STR("[")))
        return str_slice(host, 1, str_find_char(host, ']', 0));
    return str_slice(host, 0, str_find_char(host, ':', 0));
}

void url_add_percent(struct str value, struct sbuf *out)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";

    for (size_t i = 0; i < value.n; i++)
        if (memchr(plain, value.p[i], sizeof(plain) - 1))
            sbuf_putc(out, value.p[i]);
        else
            sbuf_printf(out, "%%%02X", (unsigned char)value.p[i]);
}

bool url_clean(struct str url)
{
    if (!url_web(url) || url.n > URL_CLEAN_MAX || url_host(url).n == 0)
        return false;
    for (size_t i = 0; i < url.n; i++)
        if ((unsigned char)url.p[i] <= ' ' || url.p[i] == 127 || strchr("\"<>\\^`{|}", url.p[i]))
            return false;
    return true;
}

bool url_on(struct str url, struct str sites)
{
    struct str host = url_host(url), site;

    while (str_split(&sites, ',', &site)) {
        site = str_trim(site);
        struct str tail = str_slice(host, host.n - MIN(host.n, site.n), host.n);

        if (site.n && str_eq_nocase(tail, site) &&
            (host.n == site.n || host.p[host.n - site.n - 1] == '.'))
            return true;
    }
    return false;
}

struct str url_without_host(struct str url)
{
    struct parts p = cut(url);

    return str_slice(url, p.scheme.n + p.authority.n, url.n);
}

/* Appends `path` to `out` behind `floor`, "." and ".." taken away (5.2.4). */
static void add_path(struct sbuf *out, struct str path)
{
    size_t floor = out->n;
    struct str rest = path, piece;

    while (str_split(&rest, '/', &piece)) {
        bool last = !rest.p, up = str_eq(piece, STR("..")), here = str_eq(piece, STR("."));

        if (up) {
            while (out->n > floor && out->p[out->n - 1] == '/')
                out->n--;
            while (out->n > floor && out->p[out->n - 1] != '/')
                out->n--;
            if (out->n == floor)
                sbuf_putc(out, '/');
        } else if (!here) {
            sbuf_add(out, piece);
        }
        if (!last && !up && !here)
            sbuf_putc(out, '/');
    }
}

static void merge(struct sbuf *joined, const struct parts *base, struct str path)
{
    size_t dir = base->path.n;

    while (dir > 0 && base->path.p[dir - 1] != '/')
        dir--;
    if (base->authority.n && base->path.n == 0)
        sbuf_putc(joined, '/');
    sbuf_add(joined, str_slice(base->path, 0, dir));
    sbuf_add(joined, path);
}

static void transform(struct sbuf *out, const struct parts *base, const struct parts *ref)
{
    struct sbuf joined = SBUF_INIT(out->max);

    sbuf_add(out, base->scheme);
    sbuf_add(out, ref->authority.n ? ref->authority : base->authority);
    if (ref->authority.n || str_starts(ref->path, STR("/"))) {
        add_path(out, ref->path);
        sbuf_add(out, ref->query);
    } else if (ref->path.n) {
        merge(&joined, base, ref->path);
        add_path(out, sbuf_str(&joined));
        sbuf_add(out, ref->query);
    } else {
        sbuf_add(out, base->path);
        sbuf_add(out, ref->query.n ? ref->query : base->query);
    }
    sbuf_add(out, ref->fragment);
    sbuf_done(&joined);
}

/* A copy without line ends and tabs, spaces written as %20. */
static struct str tidy(struct str ref, struct arena *arena)
{
    struct sbuf b = SBUF_INIT(ref.n * 3 + 1);

    if (first_of(ref, " \n\r\t", 0) == ref.n)
        return arena_str(arena, ref);
    for (size_t i = 0; i < ref.n; i++) {
        char c = ref.p[i];

        if (c == ' ')
            sbuf_add(&b, STR("%20"));
        else if (c != '\n' && c != '\r' && c != '\t')
            sbuf_putc(&b, c);
    }
    struct str copy = arena_str(arena, sbuf_str(&b));

    sbuf_done(&b);
    return copy;
}

struct str url_resolve(struct str base, struct str ref, struct arena *arena)
{
    struct str clean = tidy(str_trim(ref), arena);

    if (clean.n == 0 || url_absolute(clean) || base.n > URL_CLEAN_MAX || !url_absolute(base))
        return clean;
    struct parts b = cut(base), r = cut(clean);
    struct sbuf out = SBUF_INIT(base.n + clean.n + 16);

    transform(&out, &b, &r);
    struct str absolute = arena_str(arena, sbuf_str(&out));

    sbuf_done(&out);
    return absolute;
}
