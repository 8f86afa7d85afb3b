/* Opening, in this order, so that a crash anywhere leaves a state that opens:
 *
 *     lock -> finish an interrupted salvage -> check -> [salvage beside, rename
 *     the damaged file away, rename the saved one into place] -> migrate
 *
 * The check is PRAGMA quick_check, which reads the whole file; above CHECK_MAX
 * bytes it is left out (a start must not take minutes) and damage is found when
 * it is met: every later SQLITE_CORRUPT makes the store fatal, and a marker file
 * asks the next start for the check whatever the size. */
#include "daemon/store/store.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/store/authors.h"
#include "daemon/store/salvage.h"
#include "daemon/store/schema.h"
#include "daemon/store/state.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"

enum { PATH_BYTES = 4096, SCRATCH_BYTES = 16 * 1024 * 1024 };
#define CHECK_MAX (256ll * 1024 * 1024)

static bool path_join(char ret[PATH_BYTES], const char *path, const char *tail)
{
    return snprintf(ret, PATH_BYTES, "%s%s", path, tail) < PATH_BYTES;
}

/* --- lock ---------------------------------------------------------------------- */

static int take_lock(struct store *s, const char *path)
{
    char name[PATH_BYTES];

    if (!path_join(name, path, "-lock"))
        return -ENAMETOOLONG;
    s->lock_fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (s->lock_fd < 0)
        return -errno;
    if (flock(s->lock_fd, LOCK_EX | LOCK_NB) < 0)
        return errno == EWOULDBLOCK ? STORE_E_LOCKED : -errno;
    return 0;
}

/* --- damage -------------------------------------------------------------------- */

static bool exists(const char *path, const char *tail)
{
    char name[PATH_BYTES];

    return path_join(name, path, tail) && access(name, F_OK) == 0;
}

static int move(const char *from, const char *from_tail, const char *to, const char *to_tail)
{
    char a[PATH_BYTES], b[PATH_BYTES];

    if (!path_join(a, from, from_tail) || !path_join(b, to, to_tail))
        return -ENAMETOOLONG;
    return rename(a, b) < 0 && errno != ENOENT ? -errno : 0;
}

/* Mode 0600 whatever the umask; SQLite gives its side files the same. */
static int create_private(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0)
        return -errno;
    (void)close(fd); /* nothing was written */
    return 0;
}

static int sync_folder(const char *path)
{
    char folder[PATH_BYTES];
    char *slash;
    int fd, rc;

    (void)snprintf(folder, sizeof(folder), "%s", path);
    slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder] = '\0';
    fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    rc = fsync(fd) < 0 ? -errno : 0;
    (void)close(fd); /* only read */
    return rc;
}

static void name_aside(const char *path, int64_t now_ms, struct store_report *report)
{
    char when[CLOCK_TEXT_MAX];
    char *out = when;

    (void)clock_write_s(now_ms / 1000, when);
    for (const char *p = when; *p; p++) /* no colons in file names */
        if (*p != ':' && *p != '-')
            *out++ = *p;
    *out = '\0';
    (void)snprintf(report->set_aside, sizeof(report->set_aside), "%.3900s.damaged-%s", path, when);
}

static int set_aside(const char *path, int64_t now_ms, struct store_report *report)
{
    char saved[PATH_BYTES];
    int rc;

    if (!path_join(saved, path, "-saved"))
        return -ENAMETOOLONG;
    rc = create_private(saved);
    if (rc == 0)
        rc = salvage_copy(path, saved, report);
    if (rc < 0)
        return rc;
    name_aside(path, now_ms, report);
    rc = move(path, "-wal", report->set_aside, "-wal");
    if (rc == 0)
        rc = move(path, "-shm", report->set_aside, "-shm");
    if (rc == 0)
        rc = move(path, "", report->set_aside, "");
    if (rc == 0)
        rc = move(saved, "", path, "");
    (void)move(path, "-check", report->set_aside, "-check"); /* asked, and done */
    report->salvaged = rc == 0;
    return rc == 0 ? sync_folder(path) : rc;
}

static int looks_sound(struct store *s, const char *path)
{
    sqlite3_stmt *st = NULL;
    struct stat info;
    int rc;

    if (stat(path, &info) < 0)
        return -errno;
    if (info.st_size > CHECK_MAX && !exists(path, "-check"))
        return 0;
    rc = sqlite3_prepare_v2(s->q.db, "PRAGMA quick_check(1)", -1, &st, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(st);
    if (rc == SQLITE_ROW)
        rc = str_eq(sql_str(st, 0), STR("ok")) ? SQLITE_OK : SQLITE_CORRUPT;
    (void)sqlite3_finalize(st); /* repeats rc */
    return sql_errno(s->q.db, rc);
}

static void ask_for_check(const struct store *s)
{
    const char *path = sqlite3_db_filename(s->q.db, "main");
    char name[PATH_BYTES];

    if (path && path_join(name, path, "-check"))
        (void)create_private(name); /* without it only a very large file stays unchecked */
}

/* --- opening ------------------------------------------------------------------- */

static int draw_epoch(char ret[9])
{
    static const char digits[] = "abcdefghijkmnpqrstuvwxyz23456789";
    unsigned char random[8];

    if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
        return -EIO;
    for (size_t i = 0; i < sizeof(random); i++)
        ret[i] = digits[random[i] % 32];
    ret[8] = '\0';
    return 0;
}

static int read_meta(struct store *s)
{
    sqlite3_stmt *st = sql_use(&s->q, SQL_META_GET, "SELECT epoch, seq FROM meta", "");
    int rc = sql_next(&s->q, st);

    if (rc <= 0)
        return rc < 0 ? rc : -EBADMSG;
    (void)snprintf(s->epoch, sizeof(s->epoch), "%.*s", STR_ARG(sql_str(st, 0)));
    s->seq = s->committed = (uint64_t)sqlite3_column_int64(st, 1);
    sql_end(st);
    return 0;
}

static int open_file(struct store *s, const char *path, struct store_report *report)
{
    int rc = sql_open(&s->q, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);

    if (rc == 0)
        rc = schema_check(&s->q, &report->from_version);
    if (rc == 0)
        rc = looks_sound(s, path);
    if (rc == 0)
        rc = sql_exec(&s->q,
                      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                      "PRAGMA wal_autocheckpoint = 1000; PRAGMA journal_size_limit = 67108864;"
                      "PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY;"
                      "PRAGMA cell_size_check = ON");
    if (rc == 0)
        rc = schema_migrate(&s->q, report->from_version);
    report->to_version = schema_version();
    if (rc == 0)
        rc = read_meta(s);
    if (rc == 0 && s->epoch[0] == '\0')
        rc = store_epoch_renew(s);
    return rc;
}

static int open_or_salvage(struct store *s, const char *path, int64_t now_ms,
                           struct store_report *report)
{
    int rc;

    if (!exists(path, "") && exists(path, "-saved")) { /* a crash between two renames */
        rc = move(path, "-saved", path, "");
        if (rc < 0)
            return rc;
    }
    report->created = !exists(path, "");
    rc = create_private(path);
    if (rc == 0)
        rc = open_file(s, path, report);
    if (rc != -EBADMSG)
        return rc;
    sql_close(&s->q);
    rc = set_aside(path, now_ms, report);
    return rc == 0 ? open_file(s, path, report) : rc;
}

int store_open(const char *path, int64_t now_ms, struct store **ret,
               struct store_report *ret_report)
{
    CLEANUP(store_closep) struct store *s = alloc_zeroed(1, sizeof(*s));
    int rc;

    *ret_report = (struct store_report){0};
    s->lock_fd = -1;
    s->scratch = arena_new(SCRATCH_BYTES);
    s->authors = authors_new();
    recollect_init(s);
    rc = take_lock(s, path);
    if (rc == 0)
        rc = open_or_salvage(s, path, now_ms, ret_report);
    if (rc != 0)
        return rc;
    *ret = TAKE(s);
    return 0;
}

int store_attach(const char *path, struct store **ret)
{
    CLEANUP(store_closep) struct store *s = alloc_zeroed(1, sizeof(*s));
    unsigned version = 0;
    int rc;

    s->lock_fd = -1;
    s->scratch = arena_new(SCRATCH_BYTES);
    s->authors = authors_new();
    rc = sql_open(&s->q, path, SQLITE_OPEN_READWRITE);
    if (rc == 0)
        rc = schema_check(&s->q, &version);
    if (rc == 0 && version != schema_version())
        rc = STORE_E_FOREIGN;
    if (rc == 0)
        rc = read_meta(s);
    if (rc != 0)
        return rc;
    *ret = TAKE(s);
    return 0;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    store_rollback(s);
    sql_close(&s->q);
    if (s->lock_fd >= 0)
        (void)close(s->lock_fd); /* which unlocks; the file stays */
    authors_free(s->authors);
    arena_free(s->scratch);
    free(s);
}

void store_closep(struct store **s)
{
    store_close(*s);
}

/* --- batches ------------------------------------------------------------------- */

int state_note(struct store *s, int rc)
{
    if (rc == -ENOSPC)
        s->full = rc;
    if (rc == -EIO || rc == -EBADMSG)
        s->broken = rc;
    if (rc == -EBADMSG)
        ask_for_check(s);
    return rc;
}

static int begin(struct store *s)
{
    int rc = sql_run(&s->q, sql_use(&s->q, SQL_BEGIN, "BEGIN IMMEDIATE", ""));

    /* `couacd --dead retry` may have given numbers out since */
    if (rc == 0)
        rc = read_meta(s);
    return state_note(s, rc);
}

static int end(struct store *s)
{
    int rc = 0;

    if (s->seq != s->committed)
        rc = sql_run(&s->q,
                     sql_use(&s->q, SQL_META_SEQ, "UPDATE meta SET seq = ?", "i", (int64_t)s->seq));
    if (rc == 0)
        rc = sql_run(&s->q, sql_use(&s->q, SQL_COMMIT, "COMMIT", ""));
    if (rc == 0)
        s->committed = s->seq;
    return state_note(s, rc);
}

static void abandon(struct store *s)
{
    /* a full disk or an I/O error may have rolled back already */
    if (!sqlite3_get_autocommit(s->q.db))
        (void)sql_run(&s->q, sql_use(&s->q, SQL_ROLLBACK, "ROLLBACK", ""));
    s->seq = s->committed;
}

int store_begin(struct store *s)
{
    int rc;

    assert(s->phase == STORE_IDLE);
    if (s->broken || s->full)
        return s->broken ? s->broken : s->full;
    rc = begin(s);
    if (rc < 0)
        abandon(s);
    else
        s->phase = STORE_BATCH;
    return rc;
}

int store_commit(struct store *s)
{
    int rc;

    assert(s->phase == STORE_BATCH);
    /* an error inside the batch may have rolled it back behind our back */
    rc = sqlite3_get_autocommit(s->q.db) ? (s->full ? s->full : -EIO) : end(s);
    s->phase = STORE_IDLE;
    if (rc < 0)
        abandon(s);
    return rc;
}

void store_rollback(struct store *s)
{
    if (s->phase == STORE_BATCH)
        abandon(s);
    s->phase = STORE_IDLE;
}

int state_enter(struct store *s)
{
    int rc;

    assert(s->phase != STORE_LOOK);
    if (s->phase == STORE_BATCH)
        return 0;
    if (s->broken)
        return s->broken;
    rc = begin(s);
    if (rc < 0)
        abandon(s);
    return rc;
}

int state_leave(struct store *s, int rc)
{
    if (s->phase == STORE_BATCH)
        return state_note(s, rc);
    rc = rc == 0 ? end(s) : state_note(s, rc);
    if (rc < 0)
        abandon(s);
    return rc;
}

bool store_accepts(const struct store *s)
{
    return !s->full && !s->broken;
}

/* A quarter of a megabyte must fit: room for one more byte is no reason to start again. */
bool store_probe(struct store *s)
{
    int rc;

    if (!s->full || s->broken || s->phase != STORE_IDLE)
        return store_accepts(s);
    rc = sql_exec(&s->q, "PRAGMA wal_checkpoint(TRUNCATE)");
    if (rc == 0)
        rc = sql_exec(&s->q, "UPDATE meta SET probe = zeroblob(262144)");
    if (rc == 0)
        rc = sql_exec(&s->q, "UPDATE meta SET probe = ''");
    if (rc == 0)
        s->full = 0;
    return state_note(s, rc) == 0;
}

/* --- numbering ----------------------------------------------------------------- */

const char *store_epoch(const struct store *s)
{
    return s->epoch;
}

uint64_t store_last_seq(const struct store *s)
{
    return s->committed;
}

int store_epoch_renew(struct store *s)
{
    char fresh[9];
    int rc = draw_epoch(fresh);

    if (rc == 0)
        rc = sql_run(
            &s->q, sql_use(&s->q, SQL_META_EPOCH, "UPDATE meta SET epoch = ?", "s", str_of(fresh)));
    if (rc == 0)
        memcpy(s->epoch, fresh, sizeof(fresh));
    return state_note(s, rc);
}
