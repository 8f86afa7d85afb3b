#include "daemon/source/tokens.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon/config/credential.h"
#include "daemon/core/backoff.h"
#include "daemon/core/log.h"
#include "daemon/core/loop.h"
#include "daemon/net/transfer.h"
#include "daemon/source/tokenfile.h"
#include "lib/base/alloc.h"
#include "lib/base/arena.h"
#include "lib/base/map.h"
#include "lib/data/digest.h"
#include "lib/feed/connector.h"
#include "lib/feed/oauth.h"

enum {
    BACKOFF_MS = 2 * 1000,
    BACKOFF_MAX_MS = 60 * 60 * 1000,
    LOOK_MS = 200, /* while one is under way */
    REJECT_MS = 10 * 60 * 1000,
    LIFE_LEAST_MS = 1000,
    ANSWER_MAX = 64 * 1024,
    TROUBLE_MAX = 1024,
};

struct token {
    struct tokens *owner;
    struct str source;            /* who asked for it first, for the log */
    const char *path;             /* of its tokenfile */
    char seed[DIGEST_HEX_SIZE];   /* of the credential that all below comes from */
    struct transfer *transfer;    /* NULL: none under way */
    enum oauth_grant grant;       /* of the transfer */
    struct sbuf access;           /* empty: none */
    struct sbuf refresh;          /* given instead of the credential's; empty: none was */
    enum { KEPT, UNSAVED } saved; /* refresh */
    uint32_t number;              /* of `access` */
    int64_t renew_ms, dead_ms;    /* steady, of `access` */
    int64_t retry_ms;             /* steady: none is asked for before */
    int64_t rejected_ms;          /* steady; 0: never */
    unsigned failures;            /* in a row */
    struct sbuf trouble;          /* a sentence about the last one */
};

struct tokens {
    struct tokens_ports ports;
    struct arena *arena; /* of the records, which stay until the end */
    struct map known;    /* key -> struct token */
    int64_t retry_after_max_ms, backoff_max_ms;
    struct str user_agent; /* the config's */
};

static void put(struct sbuf *b, struct str s)
{
    if (b->p)
        explicit_bzero(b->p, b->cap);
    sbuf_clear(b);
    sbuf_add(b, s);
}

/* --- keeping --------------------------------------------------------------- */

static void save(struct token *t)
{
    int r = tokenfile_write(t->path, str_of(t->seed), sbuf_str(&t->refresh));

    if (r < 0 && t->saved == KEPT)
        log_error("token.unsaved", LOG_STR("source", t->source), LOG_STR("file", str_of(t->path)),
                  LOG_ERRNO(r),
                  LOG_STR("hint", "the network replaced the refresh token: if couacd ends before "
                                  "it can be written, couacd must be authorised anew"));
    t->saved = r < 0 ? UNSAVED : KEPT;
}

/* Another credential than before, or the first: what grew from it may be on the disk. */
static void begin_with(struct token *t, const char *seed)
{
    int r;

    memcpy(t->seed, seed, sizeof(t->seed));
    put(&t->access, STR_NONE);
    t->saved = KEPT;
    t->retry_ms = t->rejected_ms = 0;
    t->failures = 0;
    r = tokenfile_read(t->path, str_of(seed), &t->refresh);
    if (r < 0)
        log_error("token.unread", LOG_STR("source", t->source), LOG_STR("file", str_of(t->path)),
                  LOG_ERRNO(r));
}

/* What the server answers is not heard, so nothing will come to be kept. */
static void hang_up(struct token *t)
{
    if (!t->transfer)
        return;
    transfer_cancel(TAKE(t->transfer));
    if (t->grant == OAUTH_REFRESH_TOKEN)
        tokenfile_release(t->path);
}

static void use_credential(struct token *t, const struct oauth_client *client)
{
    struct str parts[] = {client->id, client->secret, client->refresh_token};
    struct digest digest = digest_parts(parts, ARRAY_LEN(parts));
    char seed[DIGEST_HEX_SIZE];

    (void)digest_hex(&digest, seed);
    if (strcmp(seed, t->seed) == 0)
        return;
    hang_up(t);
    begin_with(t, seed);
}

static struct token *make(struct tokens *ts, struct str key, struct str source)
{
    struct token *t = ARENA_NEW(ts->arena, struct token);
    struct digest digest = digest_sha256(key);
    char name[DIGEST_SHORT_SIZE];

    t->owner = ts;
    t->source = arena_str(ts->arena, source);
    (void)digest_short(&digest, name);
    t->path = arena_printf(ts->arena, "%.*s/token-%s", STR_ARG(ts->ports.state), name).p;
    sbuf_init(&t->access, OAUTH_TOKEN_MAX);
    sbuf_init(&t->refresh, OAUTH_TOKEN_MAX);
    sbuf_init(&t->trouble, TROUBLE_MAX);
    (void)map_put(&ts->known, arena_str(ts->arena, key), t); /* is new */
    return t;
}

static struct str key_of(const struct config_source *source, const struct oauth_terms *terms,
                         struct arena *arena)
{
    return arena_printf(arena, "%.*s\n%.*s\n%.*s", STR_ARG(source->credential), STR_ARG(terms->url),
                        STR_ARG(terms->scope));
}

/* --- answers --------------------------------------------------------------- */

static void failed(struct token *t, const char *advice, int64_t at_least_ms)
{
    struct tokens *ts = t->owner;
    int64_t cap_ms = MIN(MAX(ts->backoff_max_ms, (int64_t)BACKOFF_MS), (int64_t)BACKOFF_MAX_MS);
    struct backoff backoff = {BACKOFF_MS, cap_ms, t->failures};
    int64_t wait_ms = MAX(backoff_next(&backoff, loop_random(ts->ports.loop)),
                          MIN(at_least_ms, ts->retry_after_max_ms));

    t->failures++;
    t->retry_ms = loop_now_ms() + wait_ms;
    if ((t->failures & (t->failures - 1)) == 0) /* the 1st, 2nd, 4th ... in a row */
        log_warn("token.failed", LOG_STR("source", t->source),
                 LOG_STR("why", sbuf_str(&t->trouble)), LOG_STR("hint", str_of(advice)),
                 LOG_INT("failures", t->failures), LOG_MS("retry_in", wait_ms));
}

static void refused(struct token *t, const struct oauth_answer *answer, int64_t hold_ms)
{
    sbuf_clear(&t->trouble);
    sbuf_printf(&t->trouble, "no access token: %.*s%s%.*s", STR_ARG(answer->error),
                answer->why.n ? ", " : "", STR_ARG(answer->why));
    failed(t, oauth_advice(answer->error), hold_ms);
}

static void came_to_nothing(struct token *t, const char *what, struct str detail, int64_t hold_ms)
{
    sbuf_clear(&t->trouble);
    sbuf_printf(&t->trouble, "no access token: %s%s%.*s", what, detail.n ? ": " : "",
                STR_ARG(detail));
    failed(t, "it is tried again", hold_ms);
}

/* Renewed after seven to nine tenths of its life, so that sources do not all come at once. */
static void set_life(struct token *t, int64_t expires_s)
{
    int64_t now_ms = loop_now_ms(), life_ms = MAX(expires_s * 1000, (int64_t)LIFE_LEAST_MS);
    int64_t tenth_ms = life_ms / 10;
    int64_t jitter_ms = (int64_t)(loop_random(t->owner->ports.loop) % (uint64_t)(2 * tenth_ms + 1));

    t->renew_ms = expires_s < 0 ? INT64_MAX : now_ms + 7 * tenth_ms + jitter_ms;
    t->dead_ms = expires_s < 0 ? INT64_MAX : now_ms + life_ms;
}

static void take(struct token *t, const struct oauth_answer *answer)
{
    bool rotated = answer->refresh_token.n && !str_eq(answer->refresh_token, sbuf_str(&t->refresh));

    if (rotated) { /* before anything else */
        put(&t->refresh, answer->refresh_token);
        save(t);
    }
    if (t->failures)
        log_info("token.recovered", LOG_STR("source", t->source), LOG_INT("failures", t->failures));
    put(&t->access, answer->access_token);
    t->number++;
    t->failures = 0;
    t->retry_ms = 0;
    set_life(t, answer->expires_s);
    log_debug("token.fetched", LOG_STR("source", t->source),
              LOG_INT("expires_s", answer->expires_s), LOG_INT("rotated", rotated));
}

static void read_answer(struct token *t, const struct transfer_response *response)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new(0);
    int64_t hold_ms = MAX(freshness_retry_ms(&response->times, loop_wall_ms()), (int64_t)0);
    struct str body = str_slice(response->body, 0, ANSWER_MAX);
    struct oauth_answer answer;
    enum oauth_result r = oauth_read(body, arena, &answer);

    if (r == OAUTH_OK && response->status >= 200 && response->status <= 299)
        take(t, &answer);
    else if (r == OAUTH_E_REFUSED && response->status != 429 && response->status <= 499)
        refused(t, &answer, hold_ms);
    else
        came_to_nothing(t, "the token endpoint gave no answer that couacd understands",
                        arena_printf(arena, "HTTP %d", response->status), hold_ms);
}

static void answered(void *arg, const struct transfer_response *response)
{
    struct token *t = arg;

    t->transfer = NULL;
    if (response->end == TRANSFER_OK)
        read_answer(t, response);
    else
        came_to_nothing(t, transfer_end_name(response->end), response->why, 0);
    if (t->grant == OAUTH_REFRESH_TOKEN)
        tokenfile_release(t->path); /* of what was not written */
}

/* --- asking ---------------------------------------------------------------- */

static void post(struct token *t, const struct config_source *source,
                 const struct oauth_terms *terms, const struct oauth_request *request)
{
    struct tokens *ts = t->owner;
    struct transfer_header header = {STR("Authorization"), request->authorization};
    struct transfer_request transfer = {
        .url = terms->url,
        .network = source->network == CONFIG_PRIVATE ? GUARD_PRIVATE : GUARD_PUBLIC,
        .user_agent = ts->user_agent,
        .accept = STR("application/json"),
        .headers = &header,
        .n_headers = request->authorization.n > 0,
        .form = request->form,
    };

    t->transfer = transfer_start(ts->ports.transfers, &transfer, answered, t);
}

static bool grant_known(struct token *t, const struct oauth_terms *terms)
{
    if (terms->grants & BIT(t->grant))
        return true;
    came_to_nothing(t,
                    t->grant == OAUTH_REFRESH_TOKEN
                        ? "this network takes no refresh_token: remove it from the credential"
                        : "this network wants a line   refresh_token: ...   in the credential",
                    STR_NONE, 0);
    return false;
}

static void fetch(struct token *t, const struct config_source *source,
                  const struct oauth_terms *terms, const struct oauth_client *client)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new(0);
    struct str refresh = t->refresh.n ? sbuf_str(&t->refresh) : client->refresh_token;
    struct oauth_request request;
    int r = 0;

    t->grant = refresh.n ? OAUTH_REFRESH_TOKEN : OAUTH_CLIENT_CREDENTIALS;
    if (!grant_known(t, terms))
        return;
    if (refresh.n)
        r = tokenfile_reserve(t->path);
    if (r < 0) {
        came_to_nothing(t, "there is no room for the next refresh token", str_of(strerror(-r)), 0);
        return;
    }
    oauth_request(terms, client, refresh, arena, &request);
    post(t, source, terms, &request);
}

/* Decides what the source gets now. */
static int serve(struct token *t, const struct config_source *source,
                 const struct oauth_terms *terms, const struct oauth_client *client,
                 struct tokens_secret *ret)
{
    int64_t now_ms = loop_now_ms();
    bool alive = t->access.n && now_ms < t->dead_ms;

    if (t->saved == UNSAVED)
        save(t);
    if (!t->transfer && now_ms >= t->retry_ms && (!alive || now_ms >= t->renew_ms))
        fetch(t, source, terms, client);
    if (alive) {
        ret->number = t->number;
        return TOKENS_READY;
    }
    ret->wait_ms = t->transfer ? loop_jitter_ms(t->owner->ports.loop, LOOK_MS)
                               : MAX(t->retry_ms - now_ms, (int64_t)LOOK_MS);
    ret->why = sbuf_str(&t->trouble);
    return t->transfer ? TOKENS_WAIT : TOKENS_REFUSED;
}

/* False: the source's credential is the secret itself, or names no endpoint. */
static bool terms_of(const struct config_source *source, struct arena *arena,
                     struct oauth_terms *ret)
{
    struct connector_settings settings = {source->with, source->n_with, STR_NONE};

    return source->connector && source->credential.n &&
           connector_terms(source->connector, &settings, arena, ret) == CONNECTOR_OK;
}

int tokens_get(struct tokens *ts, const struct config_source *source, struct tokens_secret *ret)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new(0);
    struct oauth_terms terms;
    struct oauth_client client;
    int r;

    *ret = (struct tokens_secret){.text = SBUF_INIT(CREDENTIAL_MAX)};
    r = source->credential.n ? credential_read(source->credential, &ret->text) : 0;
    if (r < 0 || !terms_of(source, arena, &terms) ||
        !oauth_client_read(sbuf_str(&ret->text), &client))
        return r;
    struct str key = key_of(source, &terms, arena);
    struct token *t = map_get(&ts->known, key);

    if (!t)
        t = make(ts, key, source->id);
    use_credential(t, &client);
    r = serve(t, source, &terms, &client, ret);
    put(&ret->text, r == TOKENS_READY ? sbuf_str(&t->access) : STR_NONE);
    return r;
}

void tokens_done(struct tokens_secret *secret)
{
    credential_wipe(&secret->text);
}

bool tokens_reject(struct tokens *ts, const struct config_source *source, uint32_t number)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new(0);
    struct oauth_terms terms;
    struct token *t = NULL;
    int64_t now_ms = loop_now_ms();

    if (number && terms_of(source, arena, &terms))
        t = map_get(&ts->known, key_of(source, &terms, arena));
    if (!t)
        return false;
    if (t->number != number)
        return true; /* there is a newer one */
    if (t->rejected_ms && now_ms - t->rejected_ms < REJECT_MS)
        return false;
    t->rejected_ms = now_ms;
    put(&t->access, STR_NONE);
    log_info("token.rejected", LOG_STR("source", source->id));
    return true;
}

bool tokens_busy(const struct tokens *ts)
{
    for (size_t i = 0; i < ts->known.n; i++) {
        const struct token *t = ts->known.entries[i].value;

        if (t->transfer && t->grant == OAUTH_REFRESH_TOKEN)
            return true;
    }
    return false;
}

void tokens_reload(struct tokens *ts, const struct config *config)
{
    ts->user_agent = config->user_agent;
    ts->retry_after_max_ms = config->poll.retry_after_max_ms;
    ts->backoff_max_ms = config->poll.backoff_max_ms;
}

struct tokens *tokens_new(const struct tokens_ports *ports, const struct config *config)
{
    struct tokens *ts = alloc_zeroed(1, sizeof(*ts));

    ts->ports = *ports;
    ts->arena = arena_new(0);
    tokens_reload(ts, config);
    return ts;
}

static void forget(struct token *t)
{
    hang_up(t);
    credential_wipe(&t->access);
    credential_wipe(&t->refresh);
    sbuf_done(&t->trouble);
}

void tokens_free(struct tokens *ts)
{
    if (!ts)
        return;
    for (size_t i = 0; i < ts->known.n; i++)
        forget(ts->known.entries[i].value);
    map_done(&ts->known);
    arena_free(ts->arena);
    free(ts);
}
