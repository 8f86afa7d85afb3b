#include "lib/host/rulefs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/arena.h"

struct rulefs_seen {
    dev_t device;
    ino_t inode;
};

void rulefs_init(struct rulefs *fs)
{
    *fs = (struct rulefs){.arena = arena_new(0)};
}

void rulefs_done(struct rulefs *fs)
{
    free(fs->items);
    free(fs->seen);
    arena_free(fs->arena);
    *fs = (struct rulefs){0};
}

static void closep(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd); /* was only read */
}

static void complain(struct diags *diags, struct str path, const char *why, const char *way_out)
{
    diag(diags, DIAG_ERROR, (struct pos){.file = path}, "%s", why);
    if (way_out)
        diag_hint(diags, "%s", way_out);
}

/* O_NONBLOCK: a FIFO without a writer opens at once, to be refused. */
static int open_path(struct rulefs *fs, struct str path, struct stat *st, struct diags *diags)
{
    struct str name = arena_str(fs->arena, path); /* NUL behind it */
    int fd = open(name.p, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd >= 0 && fstat(fd, st) == 0)
        return fd;
    complain(diags, path, strerror(errno), NULL);
    closep(&fd);
    return -1;
}

static bool trustworthy(struct str path, const struct stat *st, struct diags *diags)
{
    if (!S_ISREG(st->st_mode)) {
        complain(diags, path, "this is no regular file", NULL);
        return false;
    }
    if (st->st_mode & S_IWOTH) {
        complain(diags, path, "anyone may write this file, so it is not read",
                 "chmod o-w takes the right away");
        return false;
    }
    if (st->st_size > RULEFS_FILE_BYTES) {
        complain(diags, path, "the file is larger than 1 MiB",
                 "split it: files of one folder are read together");
        return false;
    }
    return true;
}

static bool seen_before(struct rulefs *fs, const struct stat *st)
{
    for (size_t i = 0; i < fs->n; i++)
        if (fs->seen[i].device == st->st_dev && fs->seen[i].inode == st->st_ino)
            return true;
    return false;
}

/* Up to `n` bytes; a file that grows meanwhile is cut, one that shrinks is
 * shorter. -errno on failure. */
static ssize_t read_all(int fd, char *p, size_t n)
{
    size_t got = 0;

    while (got < n) {
        ssize_t more = read(fd, p + got, n - got);

        if (more < 0 && errno == EINTR)
            continue;
        if (more < 0)
            return -errno;
        if (more == 0)
            break;
        got += (size_t)more;
    }
    return (ssize_t)got;
}

static void keep(struct rulefs *fs, struct rule_text text, const struct stat *st)
{
    if (fs->n == fs->cap) {
        fs->cap = fs->cap ? fs->cap * 2 : 16;
        fs->items = alloc_resize(fs->items, fs->cap, sizeof(*fs->items));
        fs->seen = alloc_resize(fs->seen, fs->cap, sizeof(*fs->seen));
    }
    fs->seen[fs->n] = (struct rulefs_seen){st->st_dev, st->st_ino};
    fs->items[fs->n++] = text;
    fs->total_bytes += text.text.n;
}

static void add_file(struct rulefs *fs, struct str path, int fd, const struct stat *st,
                     enum rule_origin origin, struct diags *diags)
{
    if (!trustworthy(path, st, diags) || seen_before(fs, st))
        return;
    size_t size = (size_t)st->st_size;

    if (fs->n == RULEFS_FILES_MAX || size > RULEFS_TOTAL_BYTES - fs->total_bytes) {
        complain(diags, path, "too many rule files: past 1000 files or 32 MiB none is read", NULL);
        return;
    }
    char *bytes = arena_alloc(fs->arena, size + 1);
    ssize_t n = read_all(fd, bytes, size);

    if (n < 0) {
        complain(diags, path, strerror((int)-n), NULL);
        return;
    }
    keep(fs,
         (struct rule_text){.file = arena_str(fs->arena, path),
                            .text = str_make(bytes, (size_t)n),
                            .origin = origin},
         st);
}

static int wanted(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* By bytes: the order must not hang on a locale. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static struct str join(struct rulefs *fs, struct str folder, const char *name)
{
    const char *slash = str_ends(folder, STR("/")) ? "" : "/";

    return arena_printf(fs->arena, "%.*s%s%s", STR_ARG(folder), slash, name);
}

static void add_entry(struct rulefs *fs, struct str path, enum rule_origin origin,
                      struct diags *diags)
{
    struct stat st;

    if (str_ends(path, STR(".yml"))) {
        diag(diags, DIAG_WARNING, (struct pos){.file = path}, "files are read as *.yaml only");
        diag_hint(diags, "rename it, or name the file itself");
        return;
    }
    if (!str_ends(path, STR(".yaml")))
        return;
    CLEANUP(closep) int fd = open_path(fs, path, &st, diags);

    if (fd >= 0)
        add_file(fs, path, fd, &st, origin, diags);
}

static void add_folder(struct rulefs *fs, struct str path, const struct stat *st,
                       enum rule_origin origin, struct diags *diags)
{
    struct str name = arena_str(fs->arena, path);
    struct dirent **entries = NULL;
    size_t before = fs->n, errors = diags->n_errors;

    if ((st->st_mode & S_IWOTH) && !(st->st_mode & S_ISVTX)) {
        complain(diags, path, "anyone may write to this folder, so it is not read",
                 "chmod o-w takes the right away");
        return;
    }
    int n = scandir(name.p, &entries, wanted, by_name);

    if (n < 0)
        complain(diags, path, strerror(errno), NULL);
    for (int i = 0; i < n; i++) {
        add_entry(fs, join(fs, path, entries[i]->d_name), origin, diags);
        free(entries[i]);
    }
    free(entries);
    if (fs->n == before && diags->n_errors == errors)
        complain(diags, path, "no *.yaml file is in this folder", NULL);
}

void rulefs_add(struct rulefs *fs, struct str path, enum rule_origin origin, struct diags *diags)
{
    struct stat st;
    CLEANUP(closep) int fd = open_path(fs, path, &st, diags);

    if (fd < 0)
        return;
    if (S_ISDIR(st.st_mode))
        add_folder(fs, path, &st, origin, diags);
    else
        add_file(fs, path, fd, &st, origin, diags);
}

void rulefs_add_shared(struct rulefs *fs, struct str share_folder, struct diags *diags)
{
    rulefs_add(fs, join(fs, share_folder, "words"), RULE_SHARED, diags);
}
