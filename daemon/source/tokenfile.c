#include "daemon/source/tokenfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/config/credential.h"
#include "lib/base/alloc.h"

static char *next_to(const char *path, const char *ending)
{
    size_t n = strlen(path) + strlen(ending) + 1;
    char *other = alloc_zeroed(n, 1);

    (void)snprintf(other, n, "%s%s", path, ending); /* fits */
    return other;
}

static int write_all(int fd, const char *bytes, size_t n)
{
    for (size_t done = 0; done < n;) {
        ssize_t w = pwrite(fd, bytes + done, n - done, (off_t)done);

        if (w < 0 && errno != EINTR)
            return -errno;
        done += w > 0 ? (size_t)w : 0;
    }
    return 0;
}

/* Makes the file beside `path` hold `n` bytes, cut behind `keep`, on the disk. */
static int fill(const char *path, const char *bytes, size_t n, size_t keep)
{
    char *temporary = next_to(path, ".new");
    int fd = open(temporary, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    int r = fd < 0 ? -errno : write_all(fd, bytes, n);

    if (r == 0 && (ftruncate(fd, (off_t)keep) < 0 || fsync(fd) < 0))
        r = -errno;
    if (fd >= 0)
        close(fd);
    free(temporary);
    return r;
}

int tokenfile_reserve(const char *path)
{
    char *zeros = alloc_zeroed(TOKENFILE_BYTES, 1);
    int r = fill(path, zeros, TOKENFILE_BYTES, TOKENFILE_BYTES);

    free(zeros);
    if (r < 0)
        tokenfile_release(path);
    return r;
}

void tokenfile_release(const char *path)
{
    char *temporary = next_to(path, ".new");

    (void)unlink(temporary); /* may not be there */
    free(temporary);
}

/* A rename is on the disk when its folder is. */
static int sync_folder(const char *path)
{
    char *folder = next_to(path, "");
    char *slash = strrchr(folder, '/');
    int fd, r = 0;

    if (slash)
        *slash = '\0';
    fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) < 0)
        r = -errno;
    if (fd >= 0)
        close(fd);
    free(folder);
    return r;
}

int tokenfile_write(const char *path, struct str seed, struct str token)
{
    struct sbuf text = SBUF_INIT(TOKENFILE_BYTES);
    char *temporary = next_to(path, ".new");
    int r;

    sbuf_printf(&text, "seed %.*s\nrefresh %.*s\n", STR_ARG(seed), STR_ARG(token));
    r = text.full ? -EFBIG : fill(path, text.p, text.n, text.n);
    if (r == 0 && rename(temporary, path) < 0)
        r = -errno;
    if (r == 0)
        r = sync_folder(path);
    free(temporary);
    credential_wipe(&text);
    return r;
}

static struct str line_of(struct str text, struct str key)
{
    struct str line;

    while (str_split(&text, '\n', &line))
        if (str_starts(line, key))
            return str_slice(line, key.n, line.n);
    return STR_NONE;
}

int tokenfile_read(const char *path, struct str seed, struct sbuf *ret)
{
    struct sbuf text = SBUF_INIT(CREDENTIAL_MAX);
    int r = credential_read(str_of(path), &text);

    sbuf_clear(ret);
    if (r == 0 && str_eq(line_of(sbuf_str(&text), STR("seed ")), seed))
        sbuf_add(ret, line_of(sbuf_str(&text), STR("refresh ")));
    credential_wipe(&text);
    return r == -ENOENT ? 0 : r;
}
