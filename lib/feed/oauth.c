#include "lib/feed/oauth.h"

#include "lib/base/arena.h"
#include "lib/data/json.h"
#include "lib/feed/base64.h"
#include "lib/feed/url.h"

enum { FORM_MAX = 3 * OAUTH_TOKEN_MAX + 16384, YEAR_S = 366 * 86400 };

bool oauth_client_read(struct str credential, struct oauth_client *ret)
{
    struct oauth_client c = {.id = STR_NONE};
    const struct {
        struct str name;
        struct str *slot;
    } lines[] = {{STR("client_id"), &c.id},
                 {STR("client_secret"), &c.secret},
                 {STR("refresh_token"), &c.refresh_token}};
    struct str line;

    while (str_split(&credential, '\n', &line)) {
        size_t colon = str_find_char(line, ':', 0);

        for (size_t i = 0; i < ARRAY_LEN(lines) && colon != SIZE_MAX; i++)
            if (str_eq(str_trim(str_slice(line, 0, colon)), lines[i].name))
                *lines[i].slot = str_trim(str_slice(line, colon + 1, line.n));
    }
    *ret = c;
    return c.id.n > 0;
}

/* --- asking ---------------------------------------------------------------- */

static void add(struct sbuf *form, const char *name, struct str value)
{
    if (value.n == 0)
        return;
    sbuf_printf(form, "%s%s=", form->n ? "&" : "", name);
    url_add_percent(value, form);
}

/* Id and secret are form-encoded before they are joined (2.3.1). */
static struct str basic(const struct oauth_client *client, struct arena *arena)
{
    struct sbuf pair = SBUF_INIT(FORM_MAX);

    url_add_percent(client->id, &pair);
    sbuf_putc(&pair, ':');
    url_add_percent(client->secret, &pair);
    struct str encoded = base64_encode(sbuf_str(&pair), arena);

    explicit_bzero(pair.p, pair.n);
    sbuf_done(&pair);
    return arena_printf(arena, "Basic %.*s", STR_ARG(encoded));
}

void oauth_request(const struct oauth_terms *terms, const struct oauth_client *client,
                   struct str refresh_token, struct arena *arena, struct oauth_request *ret)
{
    struct sbuf form = SBUF_INIT(FORM_MAX);

    add(&form, "grant_type", refresh_token.n ? STR("refresh_token") : STR("client_credentials"));
    add(&form, "refresh_token", refresh_token);
    if (refresh_token.n == 0) /* else it is that of the token (6) */
        add(&form, "scope", terms->scope);
    if (terms->client == OAUTH_BODY) {
        add(&form, "client_id", client->id);
        add(&form, "client_secret", client->secret);
    }
    *ret = (struct oauth_request){
        .form = arena_str(arena, sbuf_str(&form)),
        .authorization = terms->client == OAUTH_BASIC ? basic(client, arena) : STR_NONE,
    };
    explicit_bzero(form.p, form.n);
    sbuf_done(&form);
}

/* --- reading --------------------------------------------------------------- */

/* VSCHAR of appendix A.12 and A.17: it goes into a header. */
static bool fits(struct str token)
{
    for (size_t i = 0; i < token.n; i++)
        if (token.p[i] < 0x20 || token.p[i] > 0x7e)
            return false;
    return token.n <= OAUTH_TOKEN_MAX;
}

/* A number, which some servers write as text; -1 when it is none. */
static int64_t seconds(const struct json *value)
{
    double n;

    if (!value || (value->type != JSON_NUMBER && value->type != JSON_STRING) ||
        !str_to_double(value->s, &n) || !(n >= 0))
        return -1;
    return (int64_t)MIN(n, (double)YEAR_S);
}

static struct str text_of(const struct json *root, const char *name, struct arena *arena)
{
    return arena_str(arena, json_get_str(root, str_of(name)));
}

enum oauth_result oauth_read(struct str body, struct arena *arena, struct oauth_answer *ret)
{
    struct json_error error;
    struct json *root;

    *ret = (struct oauth_answer){.expires_s = -1};
    if (json_parse(str_trim(body), arena, &root, &error) != JSON_OK || root->type != JSON_OBJECT)
        return OAUTH_E_STRANGE;
    *ret = (struct oauth_answer){
        .access_token = text_of(root, "access_token", arena),
        .refresh_token = text_of(root, "refresh_token", arena),
        .expires_s = seconds(json_get(root, STR("expires_in"))),
        .error = text_of(root, "error", arena),
        .why = text_of(root, "error_description", arena),
    };
    if (ret->error.n)
        return OAUTH_E_REFUSED;
    struct str type = json_get_str(root, STR("token_type"));
    bool bearer = type.n == 0 || str_eq_nocase(type, STR("bearer"));

    return bearer && ret->access_token.n && fits(ret->access_token) && fits(ret->refresh_token)
               ? OAUTH_OK
               : OAUTH_E_STRANGE;
}

const char *oauth_advice(struct str error)
{
    static const struct {
        const char *error, *advice;
    } known[] = {
        {"invalid_grant", "the refresh token is used up, revoked or too old: authorise couacd anew "
                          "and put the new refresh_token into the credential"},
        {"invalid_client", "client_id or client_secret in the credential is wrong"},
        {"unauthorized_client", "the network must allow this client the grant"},
        {"unsupported_grant_type", "the grant in the connector's oauth is none of the network's"},
        {"invalid_scope", "the scope in the connector's oauth is none that this client may have"},
        {"invalid_request", "what the connector's oauth says does not fit the network"},
    };

    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (str_eq(error, str_of(known[i].error)))
            return known[i].advice;
    return "ask the network's operators what it means";
}
