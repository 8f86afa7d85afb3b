/* What a connector asks: its templates filled in. */
#include "lib/feed/connector.h"

#include "lib/base/arena.h"
#include "lib/feed/base64.h"
#include "lib/feed/connector-form.h"
#include "lib/feed/oauth.h"
#include "lib/feed/url.h"

enum { URL_MAX = 8192, VALUE_MAX = 16384 };

struct str connector_about(const struct connector *c)
{
    return c->about;
}

size_t connector_variables(const struct connector *c, const struct connector_variable **ret)
{
    *ret = c->with;
    return c->n_with;
}

enum connector_credential connector_credential(const struct connector *c)
{
    return c->credential;
}

bool connector_asks(const struct connector *c)
{
    return c->request.url.n > 0;
}

bool connector_streams(const struct connector *c)
{
    return c->stream.url.n > 0;
}

struct str connector_header_name(const struct connector *c, enum connector_header which)
{
    switch (which) {
    case CONNECTOR_H_LINK:
        return STR("Link");
    case CONNECTOR_H_REMAINING:
        return c->limits.remaining;
    default:
        return c->limits.reset;
    }
}

const char *connector_error_text(enum connector_error e)
{
    static const char *const texts[] = {
        [CONNECTOR_OK] = "fine",
        [CONNECTOR_E_WITH] = "a variable of the connector has no value",
        [CONNECTOR_E_CREDENTIAL] = "the credential is missing, or no text for a header",
        [CONNECTOR_E_URL] = "the request's address is no http URL",
        [CONNECTOR_E_JSON] = "not JSON",
        [CONNECTOR_E_SHAPE] = "JSON without what the connector looks for",
        [CONNECTOR_E_FOREIGN] = "the next page is on another host",
    };

    return texts[e];
}

/* --- values ---------------------------------------------------------------- */

struct filling {
    const struct connector *c;
    const struct form_request *request; /* one of c's */
    const struct connector_settings *settings;
    const struct connector_cursor *cursor;
    int64_t now_ms;
    struct arena *arena;
};

static struct str with_value(const struct filling *f, size_t index)
{
    const struct connector_variable *v = &f->c->with[index];

    for (size_t i = 0; i < f->settings->n_with; i++)
        if (str_eq(f->settings->with[i].name, v->name))
            return f->settings->with[i].value;
    return v->initial;
}

static struct str written(const struct filling *f, int64_t at_ms)
{
    char text[CLOCK_TEXT_MAX];

    switch (f->c->cursor.clock) {
    case AS_ISO:
        return arena_str(f->arena, clock_write_s(at_ms / 1000, text));
    case AS_MILLISECONDS:
        return arena_printf(f->arena, "%lld", (long long)at_ms);
    default:
        return arena_printf(f->arena, "%lld", (long long)(at_ms / 1000));
    }
}

static struct str page_value(const struct filling *f)
{
    const struct form_cursor *k = &f->c->cursor;

    if (k->next == NEXT_LINK || k->next == NEXT_URL)
        return STR_NONE; /* the whole address is the token */
    if (f->cursor->next.n || k->next != NEXT_COUNT)
        return f->cursor->next;
    return arena_printf(f->arena, "%lld", (long long)k->count_from);
}

static struct str since_value(const struct filling *f)
{
    const struct form_cursor *k = &f->c->cursor;
    int64_t mark_ms;

    if (k->since != SINCE_TIME)
        return f->cursor->mark;
    if (!str_to_i64(f->cursor->mark, &mark_ms))
        return written(f, f->now_ms - k->first_ms);
    return written(f, mark_ms - k->overlap_ms);
}

static struct str value_of(const struct filling *f, const struct form_part *part)
{
    struct str value = STR_NONE;

    switch (part->variable) {
    case FORM_WITH:
        value = with_value(f, part->index);
        break;
    case FORM_CREDENTIAL:
        value = f->settings->credential;
        break;
    case FORM_PAGE:
        value = page_value(f);
        break;
    case FORM_SINCE:
        value = since_value(f);
        break;
    case FORM_START:
        if (f->cursor->mark.n == 0)
            value = written(f, f->now_ms - f->c->cursor.first_ms);
        break;
    }
    return part->filter == FILTER_BASE64 && value.n ? base64_encode(value, f->arena) : value;
}

/* --- templates ------------------------------------------------------------- */

enum escaping { AS_IT_IS, PERCENT };

/* False, and nothing added, when a variable in it is empty. */
static bool fill(const struct filling *f, const struct form_text *text, enum escaping escaping,
                 struct sbuf *out)
{
    for (size_t i = 0; i < text->n; i++)
        if (text->parts[i].kind == PART_VARIABLE && value_of(f, &text->parts[i]).n == 0)
            return false;
    for (size_t i = 0; i < text->n; i++) {
        const struct form_part *part = &text->parts[i];

        if (part->kind == PART_LITERAL)
            sbuf_add(out, part->literal);
        else if (escaping == PERCENT)
            url_add_percent(value_of(f, part), out);
        else
            sbuf_add(out, value_of(f, part));
    }
    return true;
}

/* What stands at the beginning is an address and stays as it is; https is assumed. */
static bool fill_url(const struct filling *f, struct sbuf *out)
{
    struct form_text rest = f->request->url;

    if (rest.n && rest.parts[0].kind == PART_VARIABLE) {
        struct str base = value_of(f, &rest.parts[0]);

        if (base.n == 0)
            return false;
        if (!url_web(base))
            sbuf_add(out, STR("https://"));
        while (base.n && base.p[base.n - 1] == '/')
            base.n--;
        sbuf_add(out, base);
        rest.parts++;
        rest.n--;
    }
    return fill(f, &rest, PERCENT, out);
}

static void fill_query(const struct filling *f, struct sbuf *out)
{
    char sep = str_find_char(sbuf_str(out), '?', 0) == SIZE_MAX ? '?' : '&';

    for (size_t i = 0; i < f->request->query.n; i++) {
        const struct form_member *m = &f->request->query.items[i];
        struct sbuf value = SBUF_INIT(VALUE_MAX);

        if (fill(f, &m->value, AS_IT_IS, &value)) {
            sbuf_putc(out, sep);
            url_add_percent(m->name, out);
            sbuf_putc(out, '=');
            url_add_percent(sbuf_str(&value), out);
            sep = '&';
        }
        sbuf_done(&value);
    }
}

/* --- checks ---------------------------------------------------------------- */

static bool settings_fit(const struct filling *f)
{
    for (size_t i = 0; i < f->c->n_with; i++)
        if (f->c->with[i].need == CONNECTOR_REQUIRED && with_value(f, i).n == 0)
            return false;
    return true;
}

static bool printable(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
            return false;
    return true;
}

static bool same_authority(struct str a, struct str b)
{
    struct str rest_a = url_without_host(a), rest_b = url_without_host(b);

    return str_eq_nocase(str_slice(a, 0, a.n - rest_a.n), str_slice(b, 0, b.n - rest_b.n));
}

static enum connector_error make_url(const struct filling *f, struct str *ret)
{
    const struct form_cursor *k = &f->c->cursor;
    struct sbuf url = SBUF_INIT(URL_MAX);
    bool whole = f->cursor->next.n && (k->next == NEXT_LINK || k->next == NEXT_URL);
    enum connector_error e = fill_url(f, &url) ? CONNECTOR_OK : CONNECTOR_E_WITH;

    fill_query(f, &url);
    if (e == CONNECTOR_OK && whole && !same_authority(sbuf_str(&url), f->cursor->next))
        e = CONNECTOR_E_FOREIGN; /* it would be shown the credential */
    *ret = arena_str(f->arena, whole ? f->cursor->next : sbuf_str(&url));
    if (e == CONNECTOR_OK && (url.full || !url_web(*ret) || !printable(*ret)))
        e = CONNECTOR_E_URL;
    sbuf_done(&url);
    return e;
}

static bool add_header(const struct filling *f, struct str name, const struct form_text *text,
                       struct connector_request *ret)
{
    struct sbuf value = SBUF_INIT(VALUE_MAX);
    bool ok = true;

    if (fill(f, text, AS_IT_IS, &value)) {
        ok = !value.full && printable(sbuf_str(&value));
        ret->headers[ret->n_headers++] =
            (struct connector_pair){name, arena_str(f->arena, sbuf_str(&value))};
    }
    sbuf_done(&value);
    return ok;
}

static enum connector_error make_request(const struct filling *f, struct str accept,
                                         struct connector_request *ret)
{
    struct str secret = f->settings->credential;
    struct connector_request r = {.n_headers = 0};
    bool accepts = false;

    if (!settings_fit(f))
        return CONNECTOR_E_WITH;
    if (!printable(secret) || (f->c->credential == CONNECTOR_CREDENTIAL_REQUIRED && secret.n == 0))
        return CONNECTOR_E_CREDENTIAL;
    enum connector_error e = make_url(f, &r.url);

    if (e != CONNECTOR_OK)
        return e;
    for (size_t i = 0; i < f->request->headers.n; i++) {
        const struct form_member *m = &f->request->headers.items[i];

        if (!add_header(f, m->name, &m->value, &r))
            return CONNECTOR_E_CREDENTIAL;
        accepts |= str_eq_nocase(m->name, STR("Accept"));
    }
    if (!accepts)
        r.headers[r.n_headers++] = (struct connector_pair){STR("Accept"), accept};
    *ret = r;
    return CONNECTOR_OK;
}

enum connector_error connector_request(const struct connector *c,
                                       const struct connector_settings *settings,
                                       const struct connector_cursor *cursor, int64_t now_ms,
                                       struct arena *arena, struct connector_request *ret)
{
    const struct filling f = {c, &c->request, settings, cursor, now_ms, arena};

    return make_request(&f, STR("application/json, */*;q=0.1"), ret);
}

enum connector_error connector_terms(const struct connector *c,
                                     const struct connector_settings *settings, struct arena *arena,
                                     struct oauth_terms *ret)
{
    const struct connector_cursor nowhere = {.mark = STR_NONE};
    const struct form_request token = {.url = c->oauth.token};
    const struct filling f = {c, &token, settings, &nowhere, 0, arena};
    struct oauth_terms terms = {.scope = c->oauth.scope, .grants = c->oauth.grants};

    if (c->oauth.token.n == 0)
        return CONNECTOR_E_CREDENTIAL;
    if (c->oauth.client)
        terms.client = OAUTH_BODY;
    if (!settings_fit(&f))
        return CONNECTOR_E_WITH;
    enum connector_error e = make_url(&f, &terms.url);

    if (e == CONNECTOR_OK)
        *ret = terms;
    return e;
}

enum connector_error connector_stream(const struct connector *c,
                                      const struct connector_settings *settings,
                                      struct arena *arena, struct connector_request *ret)
{
    const struct connector_cursor nowhere = {.mark = STR_NONE};
    const struct filling f = {c, &c->stream, settings, &nowhere, 0, arena};

    return make_request(&f, STR("text/event-stream"), ret);
}
