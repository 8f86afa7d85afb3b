/* kind mailbox: a folder of an IMAP server, such as the care desk's.
 *
 * Each visit opens the folder read-only, asks for the UIDs behind the last one
 * whose mail is on the disk, and fetches those in groups without marking them read. Where
 * we stand is "UIDVALIDITY UID". Another UIDVALIDITY means that the server numbered
 * anew: then, as at the first visit, the mails of the last poll.oldest are asked for, and
 * those known by their Message-ID are not judged twice. */

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "daemon/config/credential.h"
#include "daemon/core/log.h"
#include "daemon/core/loop.h"
#include "daemon/net/imap.h"
#include "daemon/source/line.h"
#include "daemon/source/posts.h"
#include "lib/base/alloc.h"
#include "lib/base/arena.h"
#include "lib/base/vec.h"
#include "lib/feed/mime.h"

enum {
    GROUP = 16,              /* mails fetched at once */
    MAIL_BYTES = 512 * 1024, /* of one mail; attachments beyond do not matter */
    UIDS_MAX = 100 * 1000,   /* of one visit; the rest at the next */
    NAME_BYTES = 1024,
    DAY_MS = 86400 * 1000,
};

struct mailbox {
    struct line line; /* first */
    struct imap *imap;
    enum { MAILBOX_AWAY, MAILBOX_OPENING, MAILBOX_SEARCHING, MAILBOX_FETCHING } step;
    int64_t validity, last; /* where we stand; 0: nowhere */
    int64_t seen_validity;  /* the server's */
    VEC(int64_t) uids;
    size_t at; /* of uids: the first of the next group */
    struct posts group;
    uint64_t mails; /* of this visit */
};

static struct mailbox *of(struct line *l)
{
    return (struct mailbox *)l;
}

static struct line *make(void)
{
    struct mailbox *m = alloc_zeroed(1, sizeof(*m));

    return &m->line;
}

static void hang_up(struct line *l)
{
    struct mailbox *m = of(l);

    imap_close(TAKE(m->imap));
    batch_free(m->group.batch);
    m->group = (struct posts){0};
    m->step = MAILBOX_AWAY;
}

static void free_mailbox(struct line *l)
{
    vec_done(&of(l)->uids);
    free(l);
}

static void fail(struct mailbox *m, const char *why, struct str detail)
{
    line_failed(&m->line, why, detail, 0);
    hang_up(&m->line);
}

static void leave(struct mailbox *m)
{
    int64_t every_ms = m->line.config->every_ms;

    if (!every_ms)
        every_ms = line_config(&m->line)->poll.interval_ms;
    log_debug("mailbox.done", LOG_STR("source", m->line.config->id), LOG_INT("mails", m->mails),
              LOG_INT("uid", m->last));
    hang_up(&m->line);
    line_rest(&m->line, loop_jitter_ms(line_loop(&m->line), every_ms));
}

/* --- asking ---------------------------------------------------------------- */

static void open_folder(struct mailbox *m)
{
    struct sbuf name = SBUF_INIT(NAME_BYTES), command = SBUF_INIT(3 * NAME_BYTES);
    int r = imap_mailbox(m->line.config->url, &name);

    sbuf_printf(&command, "EXAMINE \"");
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] == '"' || name.p[i] == '\\')
            sbuf_putc(&command, '\\');
        sbuf_putc(&command, name.p[i]);
    }
    sbuf_putc(&command, '"');
    m->step = MAILBOX_OPENING;
    if (r < 0)
        fail(m, "url", STR("it must name a folder in ASCII: imaps://host/INBOX"));
    else
        imap_command(m->imap, sbuf_str(&command));
    sbuf_done(&name);
    sbuf_done(&command);
}

/* "UID SEARCH SINCE 24-Oct-2026" has days of the server's, so one more is asked for. */
static void search(struct mailbox *m)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct sbuf command = SBUF_INIT(NAME_BYTES);
    time_t since =
        (time_t)((loop_wall_ms() - line_config(&m->line)->poll.oldest_ms - DAY_MS) / 1000);
    struct tm day = {0};

    if (m->seen_validity != m->validity)
        m->last = 0;
    m->validity = m->seen_validity;
    m->step = MAILBOX_SEARCHING;
    vec_clear(&m->uids);
    m->at = 0;
    if (m->last)
        sbuf_printf(&command, "UID SEARCH UID %" PRId64 ":*", m->last + 1);
    else if (gmtime_r(&since, &day))
        sbuf_printf(&command, "UID SEARCH SINCE %d-%.3s-%d", day.tm_mday, months + 3 * day.tm_mon,
                    day.tm_year + 1900);
    imap_command(m->imap, sbuf_str(&command));
    sbuf_done(&command);
}

static void fetch(struct mailbox *m)
{
    struct sbuf command = SBUF_INIT(NAME_BYTES);
    size_t end = MIN(m->at + GROUP, m->uids.n);

    if (m->at == m->uids.n) {
        leave(m);
        return;
    }
    m->step = MAILBOX_FETCHING;
    m->group = posts_new(m->line.config);
    sbuf_printf(&command, "UID FETCH ");
    for (size_t i = m->at; i < end; i++)
        sbuf_printf(&command, "%s%" PRId64, i > m->at ? "," : "", m->uids.items[i]);
    sbuf_printf(&command, " (UID BODY.PEEK[]<0.%d>)", MAIL_BYTES);
    m->at = end;
    imap_command(m->imap, sbuf_str(&command));
    sbuf_done(&command);
}

/* --- answers --------------------------------------------------------------- */

static int64_t number_behind(struct str line, struct str key)
{
    size_t from = str_find(line, key, 0), to;
    int64_t n = 0;

    if (from == SIZE_MAX)
        return 0;
    for (to = from += key.n; to < line.n && line.p[to] >= '0' && line.p[to] <= '9'; to++)
        continue;
    return str_to_i64(str_slice(line, from, to), &n) ? n : 0;
}

static void note_uids(struct mailbox *m, struct str line)
{
    struct str rest = str_slice(line, sizeof("* SEARCH") - 1, line.n), word;
    int64_t uid;

    while (str_split(&rest, ' ', &word)) /* N:* always answers with the last one */
        if (str_to_i64(word, &uid) && uid > m->last && m->uids.n < UIDS_MAX)
            vec_push(&m->uids, uid);
}

static struct str address_of(struct str from)
{
    size_t open = str_find_char(from, '<', 0);
    size_t close = open == SIZE_MAX ? SIZE_MAX : str_find_char(from, '>', open);

    return close == SIZE_MAX ? from : str_slice(from, open + 1, close);
}

static void read_mail(struct mailbox *m, struct str literal)
{
    struct arena *arena = m->group.batch->arena;
    struct mime_mail mail = mime_read(arena_str(arena, literal), arena);
    struct mention mention = MENTION_INIT;

    mention.id = mail.id;
    mention.title = mail.subject;
    mention.text = mail.text;
    mention.author = address_of(mail.from);
    mention.reply_to = mail.in_reply_to;
    mention.published_ms = mail.date_ms;
    m->mails++;
    m->line.bytes += literal.n;
    if (!posts_add(&m->group, mention))
        line_skipped(&m->line, mail.id, m->group.why);
}

static void on_response(void *arg, struct str line, struct str literal)
{
    struct mailbox *m = arg;

    if (m->step == MAILBOX_OPENING && str_find(line, STR("[UIDVALIDITY "), 0) != SIZE_MAX)
        m->seen_validity = number_behind(line, STR("[UIDVALIDITY "));
    else if (m->step == MAILBOX_SEARCHING && str_starts_nocase(line, STR("* SEARCH")))
        note_uids(m, line);
    else if (m->step == MAILBOX_FETCHING && str_find(line, STR(" FETCH ("), 0) != SIZE_MAX &&
             str_find(line, STR("BODY[]"), 0) != SIZE_MAX)
        read_mail(m, literal);
}

static int by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static void hand_in(struct mailbox *m)
{
    struct batch *b = TAKE(m->group.batch);
    struct sbuf at = SBUF_INIT(64);

    m->group = (struct posts){0};
    m->last = m->uids.items[m->at - 1];
    sbuf_printf(&at, "%" PRId64 " %" PRId64, m->validity, m->last);
    line_submit(&m->line, b, sbuf_str(&at));
    sbuf_done(&at);
}

static void on_completed(void *arg, bool ok, struct str text)
{
    struct mailbox *m = arg;

    if (!ok) {
        fail(m, "refused", text);
        return;
    }
    if (m->step == MAILBOX_FETCHING) {
        hand_in(m);
        return;
    }
    if (m->step == MAILBOX_OPENING) {
        search(m);
        return;
    }
    line_good(&m->line);
    if (m->uids.n)
        qsort(m->uids.items, m->uids.n, sizeof(m->uids.items[0]), by_number);
    fetch(m);
}

static void on_ready(void *arg)
{
    open_folder(arg);
}

static void on_ended(void *arg, const char *why, struct str detail)
{
    fail(arg, why, detail);
}

/* What could not be stored is fetched again, from what the disk has. */
static void committed(struct line *l, int result)
{
    struct mailbox *m = of(l);

    if (result < 0)
        fail(m, "store", str_of(strerror(-result)));
    else if (m->imap)
        fetch(m);
    else
        line_again(l, 0); /* the connection was lost meanwhile */
}

/* --- a visit --------------------------------------------------------------- */

static int recall(struct mailbox *m)
{
    struct arena *arena = arena_new(0);
    struct str at, validity;
    int r = line_recall(&m->line, arena, &at);

    m->validity = m->last = m->seen_validity = 0;
    if (r == 0 && str_split(&at, ' ', &validity) &&
        (!str_to_i64(validity, &m->validity) || !str_to_i64(at, &m->last)))
        m->validity = m->last = 0;
    arena_free(arena);
    return r;
}

static void start(struct line *l)
{
    struct mailbox *m = of(l);
    const struct config_source *c = l->config;
    const struct config_poll *limits = &line_config(l)->poll;
    struct sbuf password = SBUF_INIT(CREDENTIAL_MAX);
    struct imap_reader reader = {on_ready, on_response, on_completed, on_ended, m};
    int r;

    if (m->imap || l->sent)
        return; /* `committed` goes on */
    r = recall(m);
    if (r == 0)
        r = credential_read(c->token_file, &password);
    if (r < 0) {
        line_failed(l, "password", str_of(strerror(-r)), 0);
    } else {
        struct imap_login login = {
            .url = c->url,
            .user = c->user,
            .password = sbuf_str(&password),
            .ca_file = c->ca_file,
            .network = c->network == CONFIG_PRIVATE ? GUARD_PRIVATE : GUARD_PUBLIC,
            .connect_ms = limits->connect_ms,
            .reply_ms = limits->total_ms,
        };

        m->mails = 0;
        m->imap = imap_open(line_loop(l), line_multi(l), &login, &reader);
    }
    credential_wipe(&password);
}

const struct line_kind line_mailbox = {make, start, committed, hang_up, free_mailbox};
