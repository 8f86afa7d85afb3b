#include "daemon/store/notebook.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static void close_fd(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd); /* what counts was synced before */
}

static int write_all(int fd, struct str s)
{
    while (s.n > 0) {
        ssize_t n = write(fd, s.p, s.n);

        if (n < 0 && errno != EINTR)
            return -errno;
        s = str_slice(s, n > 0 ? (size_t)n : 0, s.n);
    }
    return fsync(fd) < 0 ? -errno : 0;
}

int notebook_add(const char *path, struct str line)
{
    CLEANUP(close_fd) int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0)
        return -errno;
    if (st.st_size + (off_t)line.n > NOTEBOOK_BYTES)
        return -EFBIG;
    return write_all(fd, line);
}

static int read_all(const char *path, struct sbuf *ret)
{
    CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    char part[65536];
    ssize_t n;

    if (fd < 0)
        return -errno;
    while ((n = read(fd, part, sizeof(part))) != 0) {
        if (n < 0 && errno != EINTR)
            return -errno;
        sbuf_add(ret, str_make(part, n > 0 ? (size_t)n : 0));
    }
    return ret->full ? -EFBIG : 0;
}

static int replace(const char *path, struct str text)
{
    struct sbuf name = SBUF_INIT(4200);
    int rc;

    sbuf_printf(&name, "%s.new", path);
    {
        CLEANUP(close_fd)
        int fd = open(sbuf_cstr(&name), O_WRONLY | O_TRUNC | O_CREAT | O_CLOEXEC, 0640);

        rc = fd < 0 ? -errno : write_all(fd, text);
    }
    if (rc == 0 && rename(sbuf_cstr(&name), path) < 0)
        rc = -errno;
    sbuf_done(&name);
    return rc;
}

int notebook_filter(const char *path, notebook_keep_fn *keep, void *arg)
{
    struct sbuf text = SBUF_INIT(NOTEBOOK_BYTES + 1), kept = SBUF_INIT(NOTEBOOK_BYTES + 1);
    int rc = read_all(path, &text), gone = 0;
    struct str rest = sbuf_str(&text), line;

    while (rc == 0 && str_split(&rest, '\n', &line)) {
        bool stays = line.n == 0 || keep(arg, line);

        gone += !stays;
        if (stays && line.n) {
            sbuf_add(&kept, line);
            sbuf_putc(&kept, '\n');
        }
    }
    if (rc == 0 && gone > 0)
        rc = replace(path, sbuf_str(&kept));
    sbuf_done(&text);
    sbuf_done(&kept);
    return rc == -ENOENT ? 0 : rc < 0 ? rc : gone;
}
