#include "daemon/app.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "daemon/sink/board.h"
#include "daemon/intake.h"
#include "daemon/rulebook.h"
#include "daemon/watch.h"
#include "daemon/config/credential.h"
#include "daemon/core/build.h"
#include "daemon/core/log.h"
#include "daemon/core/loop.h"
#include "daemon/core/notify.h"
#include "daemon/sink/courier.h"
#include "daemon/sink/inbox.h"
#include "daemon/sink/roster.h"
#include "daemon/sink/sentinel.h"
#include "daemon/source/live.h"
#include "daemon/source/poll.h"
#include "daemon/source/push.h"
#include "daemon/source/tokens.h"
#include "daemon/source/webmention.h"
#include "daemon/source/websub.h"
#include "daemon/store/store.h"
#include "lib/base/alloc.h"
#include "lib/base/arena.h"
#include "lib/base/diag.h"
#include "lib/base/vec.h"
#include "lib/desk/desk.h"
#include "lib/desk/envelope.h"
#include "lib/rule/ruleset.h"

enum {
    STATUS_MS = 10 * 1000,
    PRUNE_MS = 10 * 60 * 1000,
    PRUNE_MORE_MS = 1000,
    PROBE_MS = 2 * 1000,
    TICK_MS = 5 * 1000,
    LEAVE_MS = 2 * 1000, /* what is left in the outbox is delivered by the next start */
    LEAVE_LOOK_MS = 20,
    KEY_BYTES = 32,
    REPOST_WINDOW_S = 7 * 86400,
};

enum { SIGNALS = 3 };

struct app {
    struct config *config;
    struct ruleset *set;
    struct loop *loop;
    struct notify *notify;
    struct store *store;
    struct desk *desk;
    struct intake *intake;
    struct courier *courier;
    struct board *board;
    struct inbox *inbox;
    struct roster *roster;
    struct sentinel *sentinel; /* NULL: none are configured */
    struct target sentinels[TARGET_LIST_MAX], nodes[TARGET_LIST_MAX];
    struct transfers *transfers;
    struct tokens *tokens;
    struct poll *poll;
    struct live *live;
    struct websub *hubs;
    struct webmentions *webmentions;
    struct push *push;
    struct watch *watch;
    struct event *signals[SIGNALS];
    struct event *status_timer, *prune_timer, *probe_timer, *tick_timer, *leave_timer;
    struct arena *texts; /* of the first configuration, for those who never see another */
    struct arena *lists; /* names of owners' lists, while they are asked for */
    char *password_file, *sentinel_password_file, *key_file;
    struct match_stats told; /* what the log knows of searches that were not finished */
    int64_t leave_by_ms;     /* 0: we stay */
    int exit_status;
};

/* --- what people see ------------------------------------------------------- */

void app_log_diags(const struct diags *diags)
{
    for (size_t i = 0; i < diags->n; i++) {
        const struct diag *d = &diags->items[i];
        struct sbuf text = SBUF_INIT(8192), at = SBUF_INIT(4200);

        diag_write_short(d, &text);
        sbuf_printf(&at, "%.*s", STR_ARG(d->at.file));
        if (d->at.line)
            sbuf_printf(&at, ":%u", d->at.line);
        if (d->at.line && d->at.col)
            sbuf_printf(&at, ":%u", d->at.col);
        if (d->level == DIAG_ERROR)
            log_error("config.error", LOG_STR("at", sbuf_str(&at)),
                      LOG_STR("message", sbuf_str(&text)), LOG_STR("hint", d->hint));
        else
            log_warn("config.warning", LOG_STR("at", sbuf_str(&at)),
                     LOG_STR("message", sbuf_str(&text)), LOG_STR("hint", d->hint));
        sbuf_done(&text);
        sbuf_done(&at);
    }
}

static void show_status(struct app *a)
{
    struct poll_counts p = poll_count(a->poll);
    struct live_counts l = live_count(a->live);
    const struct intake_counts *in = intake_counts(a->intake);
    struct str trouble = courier_trouble(a->courier);

    notify_status("%zu sources (%zu failing, %zu gone), %zu promises; %" PRIu64
                  " posts heard, %" PRIu64 " broken; %" PRIu64 " of %" PRIu64
                  " events delivered%s%.*s",
                  p.sources + l.sources, p.failing + l.failing, p.gone, a->set->n_promises,
                  in->fresh + in->changed, in->broken, courier_acked(a->courier),
                  store_last_seq(a->store), trouble.n ? "; redis: " : "", STR_ARG(trouble));
}

/* A regex past its limit answers nothing, so posts may go unjudged: never in silence. */
static void tell_unfinished(struct app *a)
{
    struct match_stats now = desk_stats(a->desk);
    uint64_t limits = now.n_regex_limits - a->told.n_regex_limits;
    uint64_t cut = now.n_cut_short - a->told.n_cut_short;

    if (limits || cut)
        log_warn("rules.unfinished", LOG_INT("regex_limits", limits), LOG_INT("searches_cut", cut),
                 LOG_STR("hint", "`couac report` shows which promise costs most"));
    a->told = now;
}

static void on_status(int fd, short what, void *arg)
{
    struct app *a = arg;

    (void)fd, (void)what;
    log_flush_repeats(LOG_FLUSH_DUE);
    tell_unfinished(a);
    show_status(a);
    loop_timer_in(a->status_timer, loop_jitter_ms(a->loop, STATUS_MS));
}

static void put_field(struct courier_field *f, const char *key, uint64_t value)
{
    f->key = key;
    (void)snprintf(f->value, sizeof(f->value), "%" PRIu64, value); /* fits */
}

static void put_text(struct courier_field *f, const char *key, const char *value)
{
    f->key = key;
    (void)snprintf(f->value, sizeof(f->value), "%.16s", value); /* enough of a digest */
}

/* What the status hash in Redis says beside the courier's own lines. */
static size_t status_fields(void *arg, struct courier_field *ret, size_t max)
{
    struct app *a = arg;
    struct poll_counts p = poll_count(a->poll);
    struct live_counts l = live_count(a->live);
    const struct intake_counts *in = intake_counts(a->intake);
    const struct loop_lag *lag = loop_lag(a->loop);
    const struct inbox_counts *said = inbox_counts(a->inbox);
    struct match_stats unfinished = desk_stats(a->desk);
    struct websub_counts hubs = websub_count(a->hubs);
    struct webmention_counts pages = webmention_count(a->webmentions);
    size_t n = 0;
    const struct {
        const char *key;
        uint64_t value;
    } lines[] = {
        {"sources", p.sources + l.sources},
        {"sources_failing", p.failing + l.failing},
        {"sources_gone", p.gone},
        {"polls", p.polls},
        {"polls_same", p.same},
        {"polls_failed", p.failed},
        {"posts_heard", in->heard},
        {"posts_new", in->fresh},
        {"posts_skipped", in->skipped},
        {"posts_too_old", p.too_old},
        {"broken", in->broken},
        {"promises", a->set->n_promises},
        {"regex_limits", unfinished.n_regex_limits},
        {"searches_cut", unfinished.n_cut_short},
        {"hub_leases", hubs.live},
        {"hub_documents", hubs.taken},
        {"hub_documents_ignored", hubs.forged + hubs.strange},
        {"webmentions", pages.taken},
        {"webmentions_waiting", pages.waiting},
        {"webmentions_refused", pages.refused},
        {"loop_lag_max_ms", (uint64_t)lag->max_ms},
        {"feedback", said->feedback},
        {"forget_requests", said->requests},
        {"inbox_refused", said->refused},
    };

    assert(max >= ARRAY_LEN(lines) + 2);
    for (; n < ARRAY_LEN(lines); n++)
        put_field(&ret[n], lines[n].key, lines[n].value);
    put_text(&ret[n++], "engine", ruleset_engine(a->set));
    put_text(&ret[n++], "rules", a->set->sha256);
    return n;
}

/* --- the end --------------------------------------------------------------- */

static void stop_with(struct app *a, int status)
{
    a->exit_status = MAX(a->exit_status, status);
    loop_stop(a->loop);
}

static void on_fatal(void *arg, int error)
{
    log_error("state.failed", LOG_ERRNO(error),
              LOG_STR("hint", "the next start goes on from what the disk has"));
    stop_with(arg, APP_EX_STATE);
}

static void on_leave(int fd, short what, void *arg)
{
    struct app *a = arg;

    (void)fd, (void)what;
    bool done = courier_idle(a->courier) && !tokens_busy(a->tokens);

    if (done || loop_now_ms() >= a->leave_by_ms)
        loop_stop(a->loop);
    else
        loop_timer_in(a->leave_timer, LEAVE_LOOK_MS);
}

/* Ask nobody any more, commit what came, give the courier a moment. */
static void leave(struct app *a, const char *signal_name)
{
    if (a->leave_by_ms) { /* asked twice */
        loop_stop(a->loop);
        return;
    }
    log_info("couacd.stopping", LOG_STR("signal", signal_name),
             LOG_INT("loop_lag_max_ms", loop_lag(a->loop)->max_ms));
    notify_stopping();
    poll_stop(a->poll);
    live_stop(a->live);
    websub_stop(a->hubs);
    webmentions_stop(a->webmentions);
    push_stop(a->push);
    intake_drain(a->intake);
    a->leave_by_ms = loop_now_ms() + LEAVE_MS;
    loop_timer_in(a->leave_timer, 0);
}

/* --- reload ---------------------------------------------------------------- */

static void watch_files(struct app *a)
{
    const struct str paths[] = {a->config->file, a->config->rules, a->config->sources_folder};

    watch_paths(a->watch, paths, ARRAY_LEN(paths));
}

static void keep_known(struct app *a)
{
    VEC(struct str) ids = {0};

    for (size_t i = 0; i < a->config->n_sources; i++)
        vec_push(&ids, a->config->sources[i].id);
    int r = store_source_keep(a->store, ids.items, ids.n);

    if (r < 0)
        log_warn("store.failed", LOG_ERRNO(r));
    vec_done(&ids);
}

static void warn_restart(struct app *a, const struct config *next)
{
    struct sbuf keys = SBUF_INIT(4096);

    config_needs_restart(a->config, next, &keys);
    if (keys.n)
        log_warn("reload.needs-restart", LOG_STR("keys", sbuf_str(&keys)));
    sbuf_done(&keys);
}

static void swap(struct app *a, struct config *config, struct ruleset *set)
{
    struct config *old_config = a->config;
    struct ruleset *old_set = a->set;

    warn_restart(a, config);
    log_setup((enum log_level)config->log_level, (enum log_format)config->log_format);
    a->config = config;
    a->set = set;
    intake_rules(a->intake, set);
    board_rules(a->board, set);
    inbox_rules(a->inbox, set);
    tokens_reload(a->tokens, config);
    poll_reload(a->poll, config);
    live_reload(a->live, config);
    websub_reload(a->hubs, config);
    webmentions_reload(a->webmentions, config);
    push_reload(a->push, config);
    keep_known(a);
    roster_reload(a->roster, config);
    log_info("reload.done", LOG_INT("sources", config->n_sources),
             LOG_INT("promises", set->n_promises), LOG_STR("rules", str_of(set->sha256)),
             LOG_STR("engine", ruleset_engine(set)),
             LOG_INT("regex_limits", desk_stats(a->desk).n_regex_limits));
    ruleset_unref(old_set);
    config_free(old_config);
}

static void reload_failed(struct app *a, const struct diags *diags)
{
    struct sbuf text = SBUF_INIT(8192);
    size_t first = 0;

    while (first + 1 < diags->n && diags->items[first].level != DIAG_ERROR)
        first++;
    diag_write_short(&diags->items[first], &text);
    log_error("reload.failed", LOG_INT("errors", diags->n_errors),
              LOG_STR("first", sbuf_str(&text)), LOG_STR("kept", str_of(a->set->sha256)));
    notify_status("reload failed, the old rules stay: %s", sbuf_cstr(&text));
    intake_tell(a->intake, STR("reload-failed"), sbuf_str(&text));
    sbuf_done(&text);
}

/* All or nothing: any error keeps the old configuration and the old rules. */
static void reload(struct app *a)
{
    struct diags diags;
    struct config *config;
    struct ruleset *set = NULL;

    notify_reloading();
    diags_init(&diags);
    config = config_load(a->config->file.p, &diags);
    set = rulebook_load(config ? config : a->config, &diags);
    app_log_diags(&diags);
    if (config && set) {
        swap(a, config, set);
        show_status(a);
    } else {
        reload_failed(a, &diags);
        ruleset_unref(set);
        config_free(config);
    }
    diags_done(&diags);
    watch_files(a);
    notify_ready();
    loop_timer_in(a->status_timer, loop_jitter_ms(a->loop, STATUS_MS));
}

static void on_changed(void *arg)
{
    struct app *a = arg;

    if (!a->leave_by_ms)
        reload(a);
}

static void on_signal(int number, short what, void *arg)
{
    struct app *a = arg;

    (void)what;
    if (number == SIGHUP && !a->leave_by_ms)
        reload(a);
    else if (number != SIGHUP)
        leave(a, number == SIGTERM ? "SIGTERM" : "SIGINT");
}

/* --- upkeep ---------------------------------------------------------------- */

static void on_prune(int fd, short what, void *arg)
{
    struct app *a = arg;
    const struct config *c = a->config;
    struct store_retention keep = {c->keep_sent_ms, c->keep_seen_ms, c->keep_alerts_ms,
                                   c->keep_ledger_ms};
    int r = store_prune(a->store, &keep, loop_wall_ms());

    (void)fd, (void)what;
    if (r < 0)
        log_warn("store.prune", LOG_ERRNO(r));
    if (r == 0) /* all is done */
        inbox_prune(a->inbox);
    loop_timer_in(a->prune_timer, loop_jitter_ms(a->loop, r > 0 ? PRUNE_MORE_MS : PRUNE_MS));
}

static void on_tick(int fd, short what, void *arg)
{
    struct app *a = arg;

    (void)fd, (void)what;
    if (!a->leave_by_ms)
        intake_tick(a->intake);
    loop_timer_in(a->tick_timer, loop_jitter_ms(a->loop, TICK_MS));
}

static void on_probe(int fd, short what, void *arg)
{
    struct app *a = arg;

    (void)fd, (void)what;
    if (!store_accepts(a->store) && store_probe(a->store))
        log_info("state.resumed");
    loop_timer_in(a->probe_timer, loop_jitter_ms(a->loop, PROBE_MS));
}

static void on_committed(void *arg)
{
    courier_nudge(((struct app *)arg)->courier);
}

static void on_stored(void *arg, struct str source)
{
    roster_changed(((struct app *)arg)->roster, source);
}

static bool named(const struct str *names, size_t n, struct str name)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(names[i], name))
            return true;
    return false;
}

/* Those of the rules, and those of owners that were in them. */
static size_t owners_lists(void *arg, struct str *ret, size_t max)
{
    struct app *a = arg;
    size_t n = 0;

    arena_reset(a->lists);
    for (size_t i = 0; i < a->set->n_owners && n < max; i++) {
        struct str name = envelope_list(&a->set->owners[i], a->lists);

        if (name.n)
            ret[n++] = name;
    }
    struct str *used = arena_array(a->lists, max, sizeof(*used));
    int n_used = used ? store_lists(a->store, a->lists, used, max) : 0;

    if (n_used < 0) /* the next time, then */
        log_error("store.failed", LOG_ERRNO(n_used));
    for (int i = 0; i < n_used && n < max; i++)
        if (!named(ret, n, used[i]))
            ret[n++] = used[i];
    return n;
}

static void on_connected(void *arg)
{
    struct app *a = arg;

    board_ready(a->board);
    roster_ready(a->roster);
    inbox_ready(a->inbox);
}

static void on_told(void *arg, struct str what, struct str message)
{
    log_warn("courier.told", LOG_STR("what", what), LOG_STR("message", message));
    intake_tell(((struct app *)arg)->intake, what, message);
}

/* --- putting it together --------------------------------------------------- */

static int refused(enum store_refusal why, struct str state)
{
    static const struct {
        const char *text;
        int status;
    } reasons[] = {
        [STORE_E_LOCKED] = {"another couacd uses this state", APP_EX_STATE},
        [STORE_E_NEWER] = {"a newer couacd wrote this state", APP_EX_CONFIG},
        [STORE_E_FOREIGN] = {"couac.db is the database of another program", APP_EX_CONFIG},
    };

    log_error("state.refused", LOG_STR("state", state), LOG_STR("why", reasons[why].text));
    return reasons[why].status;
}

static int open_state(struct app *a, struct store_report *report)
{
    struct sbuf path = SBUF_INIT(4096);
    int r;

    sbuf_printf(&path, "%.*s/couac.db", STR_ARG(a->config->state));
    r = path.full ? -ENAMETOOLONG : store_open(sbuf_cstr(&path), loop_wall_ms(), &a->store, report);
    sbuf_done(&path);
    if (r > 0)
        return refused((enum store_refusal)r, a->config->state);
    if (r < 0) {
        log_error("state.failed", LOG_STR("state", a->config->state), LOG_ERRNO(r),
                  LOG_STR("hint", "`state` in couac.yaml must be a folder we may write to"));
        return APP_EX_STATE;
    }
    if (report->salvaged)
        log_warn("state.salvaged", LOG_STR("set_aside", report->set_aside),
                 LOG_INT("rows", report->rows_salvaged),
                 LOG_INT("damaged_tables", report->tables_damaged));
    return 0;
}

/* The key that turns authors into hashes. */
static int read_key(const struct config *c, struct sbuf *ret)
{
    struct sbuf path = SBUF_INIT(4096);
    int r;

    if (c->privacy_key_file.n) {
        r = credential_read(c->privacy_key_file, ret);
    } else {
        sbuf_printf(&path, "%.*s/privacy.key", STR_ARG(c->state));
        r = credential_make(sbuf_cstr(&path), KEY_BYTES, ret);
    }
    sbuf_done(&path);
    if (r < 0)
        log_error("privacy.key", LOG_STR("file", c->privacy_key_file), LOG_ERRNO(r),
                  LOG_STR("hint", "see privacy.key_file in couac.yaml"));
    return r < 0 ? APP_EX_CONFIG : 0;
}

static int make_desk(struct app *a)
{
    static const enum privacy_mode modes[] = {
        [CONFIG_PSEUDONYMOUS] = PRIVACY_PSEUDONYMOUS,
        [CONFIG_NONE] = PRIVACY_NONE,
        [CONFIG_CLEAR] = PRIVACY_CLEAR,
    };
    const struct config *c = a->config;
    struct sbuf key = SBUF_INIT(CREDENTIAL_MAX);
    int status = c->privacy == CONFIG_PSEUDONYMOUS ? read_key(c, &key) : 0;
    struct desk_settings settings = {
        .instance = c->instance,
        .producer = c->producer,
        .privacy = modes[c->privacy],
        .hmac_key = sbuf_str(&key),
        .retention_s = c->keep_alerts_ms / 1000,
        .repost_window_s = REPOST_WINDOW_S,
    };

    if (status == 0)
        a->desk = desk_new(&settings); /* copies */
    credential_wipe(&key);
    return status;
}

static bool read_servers(const char *key, struct str list, struct target ret[TARGET_LIST_MAX],
                         size_t *ret_n)
{
    const char *why = "";
    int n = target_list(list, ret, &why);

    if (n < 0)
        log_error("config.error", LOG_STR("key", key), LOG_STR("message", why));
    *ret_n = n < 0 ? 0 : (size_t)n;
    return n >= 0;
}

/* The courier keeps what it was started with, while a reload frees the configuration. */
static struct str keep_text(struct app *a, struct str text)
{
    return arena_str(a->texts, text);
}

static struct redis_locator ask_sentinels(struct app *a, const struct courier_options *o, size_t n)
{
    struct sentinel_options options = {
        .targets = a->sentinels,
        .n_targets = n,
        .master = keep_text(a, a->config->redis.master).p,
        .base = o->link.target,
        .tls = o->link.tls,
        .password_file = a->sentinel_password_file,
    };

    for (size_t i = 0; i < n; i++) /* TLS or none, as the master */
        a->sentinels[i].kind = o->link.target.kind;
    a->sentinel = sentinel_new(a->loop, &options);
    return sentinel_locator(a->sentinel);
}

static void make_inbox(struct app *a, struct str prefix)
{
    struct inbox_ports inbox = {
        .loop = a->loop,
        .store = a->store,
        .desk = a->desk,
        .courier = a->courier,
        .prefix = prefix,
        .feedback = arena_printf(a->texts, "%.*s/feedback.jsonl", STR_ARG(a->config->state)).p,
        .keep_ms = a->config->keep_alerts_ms,
        .committed = on_committed,
        .arg = a,
    };

    a->inbox = inbox_new(&inbox, a->set);
}

static int make_courier(struct app *a)
{
    const struct config_redis *r = &a->config->redis;
    struct courier_options options = {
        .link = {.client_name = "couacd",
                 .connect_timeout_ms = r->connect_ms,
                 .reply_timeout_ms = r->reply_ms,
                 .tls.ca_file = r->ca_file.n ? keep_text(a, r->ca_file).p : "",
                 .tls.cert_file = r->cert_file.n ? r->cert_file.p : ""},
        .prefix = keep_text(a, r->prefix),
        .producer = keep_text(a, a->config->producer),
        .queue_cap = r->queue ? r->queue_max : 0,
        .stream_cap = r->stream_max,
        .stream_age_ms = a->config->keep_alerts_ms,
        .told = on_told,
        .status = status_fields,
        .lists = owners_lists,
        .ready = on_connected,
        .fatal = on_fatal,
        .arg = a,
    };
    const char *why = "";
    size_t sentinels;

    if (target_parse(r->url, &options.link.target, &why) < 0) {
        log_error("config.error", LOG_STR("key", "redis.url"), LOG_STR("message", why));
        return APP_EX_CONFIG;
    }
    if (r->user.n)
        (void)snprintf(options.link.target.user, sizeof(options.link.target.user), "%s", r->user.p);
    a->password_file = credential_path(r->password_file);
    a->sentinel_password_file = credential_path(r->sentinel_password_file);
    a->key_file = credential_path(r->key_file);
    options.link.password_file = a->password_file;
    options.link.tls.key_file = a->key_file;
    if (!read_servers("redis.sentinels", r->sentinels, a->sentinels, &sentinels) ||
        !read_servers("redis.nodes", r->nodes, a->nodes, &options.link.n_seeds))
        return APP_EX_CONFIG;
    options.link.seeds = a->nodes;
    if (sentinels > 0)
        options.link.locator = ask_sentinels(a, &options, sentinels);
    a->courier = courier_new(a->loop, a->store, &options);
    struct board_ports board = {a->loop, a->store, a->courier, options.prefix, options.producer};

    a->board = board_new(&board, a->set);
    struct roster_ports roster = {a->loop, a->store, a->courier, options.prefix};

    a->roster = roster_new(&roster, a->config);
    make_inbox(a, options.prefix);
    return 0;
}

static void on_lost(void *arg, struct str source)
{
    poll_soon(((struct app *)arg)->poll, source);
}

/* Those who ask others because of what was pushed. */
static void make_pushers(struct app *a)
{
    struct websub_ports hubs = {.loop = a->loop,
                                .store = a->store,
                                .transfers = a->transfers,
                                .courtesy = poll_courtesy(a->poll),
                                .lost = on_lost,
                                .arg = a};
    struct webmention_ports pages = {a->loop, a->store, a->transfers, intake_submit, a->intake};

    a->hubs = websub_new(&hubs, a->config);
    poll_hubs(a->poll, a->hubs);
    a->webmentions = webmentions_new(&pages, a->config);
}

static int make_sources(struct app *a)
{
    struct intake_ports in = {.loop = a->loop,
                              .store = a->store,
                              .desk = a->desk,
                              .committed = on_committed,
                              .stored = on_stored,
                              .fatal = on_fatal,
                              .arg = a};

    a->intake = intake_new(&in, a->set);
    struct transfer_limits limits = poll_limits(&a->config->poll);

    a->transfers = transfers_new(a->loop, &limits);
    struct tokens_ports tokens = {a->loop, a->transfers, keep_text(a, a->config->state)};

    a->tokens = tokens_new(&tokens, a->config);
    struct poll_ports ports = {a->loop,   a->store,      a->transfers,
                               a->tokens, intake_submit, a->intake};

    keep_known(a);
    a->poll = poll_new(&ports, a->config);
    struct live_ports live = {a->loop, a->store, a->transfers, a->tokens, intake_submit, a->intake};

    a->live = live_new(&live, a->config);
    make_pushers(a);
    struct push_ports push = {a->loop, a->store, intake_submit, a->intake, a->hubs, a->webmentions};
    int r = push_new(&push, a->config, &a->push);

    if (r < 0)
        log_error("push.failed", LOG_STR("listen", a->config->push_listen), LOG_ERRNO(r));
    return r < 0 ? APP_EX_CONFIG : 0;
}

/* Before all else: a SIGTERM while the rest is being made waits for the loop, instead
 * of killing a daemon that others may talk to already. */
static void hear_signals(struct app *a)
{
    static const int numbers[SIGNALS] = {SIGHUP, SIGTERM, SIGINT};

    for (size_t i = 0; i < SIGNALS; i++) {
        a->signals[i] =
            event_new(loop_base(a->loop), numbers[i], EV_SIGNAL | EV_PERSIST, on_signal, a);
        if (!a->signals[i] || event_add(a->signals[i], NULL) != 0)
            abort(); /* out of memory */
    }
}

static void make_events(struct app *a)
{
    a->status_timer = loop_timer(a->loop, on_status, a);
    a->prune_timer = loop_timer(a->loop, on_prune, a);
    a->probe_timer = loop_timer(a->loop, on_probe, a);
    a->tick_timer = loop_timer(a->loop, on_tick, a);
    a->leave_timer = loop_timer(a->loop, on_leave, a);
    loop_timer_in(a->status_timer, loop_jitter_ms(a->loop, 1000));
    loop_timer_in(a->prune_timer, loop_jitter_ms(a->loop, PRUNE_MORE_MS));
    loop_timer_in(a->probe_timer, loop_jitter_ms(a->loop, PROBE_MS));
    loop_timer_in(a->tick_timer, loop_jitter_ms(a->loop, TICK_MS));
    a->watch = watch_new(a->loop, on_changed, a);
    watch_files(a);
    a->notify = notify_new(a->loop);
}

/* Each connection is a descriptor; the soft limit of 1024 is for select(2), which we do not use. */
static void raise_limits(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
            log_warn("limit.files", LOG_ERRNO(errno));
    }
    (void)signal(SIGPIPE, SIG_IGN); /* cannot fail for this signal */
}

static int make(struct app *a, struct store_report *report)
{
    int status = open_state(a, report);

    a->loop = loop_new();
    hear_signals(a);
    a->texts = arena_new(0);
    a->lists = arena_new(0);
    if (status == 0)
        status = make_desk(a);
    if (status == 0)
        status = make_courier(a);
    if (status)
        return status;
    status = make_sources(a);
    if (status == 0)
        make_events(a);
    return status;
}

static void free_event(struct event *e)
{
    if (e)
        event_free(e);
}

static void unmake(struct app *a)
{
    for (size_t i = 0; i < SIGNALS; i++)
        free_event(a->signals[i]);
    free_event(a->status_timer);
    free_event(a->prune_timer);
    free_event(a->probe_timer);
    free_event(a->tick_timer);
    free_event(a->leave_timer);
    watch_free(a->watch);
    notify_free(a->notify);
    push_free(a->push);
    websub_free(a->hubs);
    webmentions_free(a->webmentions);
    poll_free(a->poll);
    live_free(a->live);
    tokens_free(a->tokens);
    transfers_free(a->transfers);
    intake_free(a->intake);
    board_free(a->board);
    roster_free(a->roster);
    courier_free(a->courier);
    inbox_free(a->inbox);
    sentinel_free(a->sentinel);
    desk_free(a->desk);
    loop_free(a->loop); /* what was deferred may still look at the store */
    store_close(a->store);
    ruleset_unref(a->set);
    config_free(a->config);
    free(a->password_file);
    free(a->sentinel_password_file);
    free(a->key_file);
    arena_free(a->texts);
    arena_free(a->lists);
    log_flush_repeats(LOG_FLUSH_ALL);
}

int app_run(struct config *config, struct ruleset *set)
{
    struct app a = {.config = config, .set = set};
    struct store_report report;
    int status;

    raise_limits();
    status = make(&a, &report);
    if (status == 0) {
        log_info("couacd.started", LOG_STR("version", COUAC_VERSION),
                 LOG_INT("sources", config->n_sources), LOG_INT("promises", set->n_promises),
                 LOG_STR("rules", str_of(set->sha256)), LOG_STR("engine", ruleset_engine(set)));
        if (report.salvaged)
            intake_tell(a.intake, STR("state-salvaged"), str_of(report.set_aside));
        courier_start(a.courier);
        notify_ready();
        loop_run(a.loop);
        intake_drain(a.intake);
        log_info("couacd.stopped", LOG_INT("status", a.exit_status));
        status = a.exit_status;
    }
    unmake(&a);
    return status;
}
