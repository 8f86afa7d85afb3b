#include "daemon/config/credential.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/alloc.h"

static int slurp(int fd, struct sbuf *ret)
{
    char chunk[4096];
    ssize_t n;

    while ((n = read(fd, chunk, sizeof(chunk))) > 0)
        sbuf_add(ret, str_make(chunk, (size_t)n));
    explicit_bzero(chunk, sizeof(chunk));
    if (n < 0)
        return -errno;
    while (ret->n && (ret->p[ret->n - 1] == '\n' || ret->p[ret->n - 1] == '\r'))
        ret->n--;
    return ret->full ? -EFBIG : ret->n ? 0 : -ENODATA;
}

static int read_path(const char *path, struct sbuf *ret)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;

    if (fd < 0)
        return -errno;
    int r = fstat(fd, &st) < 0 ? -errno : S_ISREG(st.st_mode) ? slurp(fd, ret) : -EINVAL;

    close(fd);
    return r;
}

char *credential_path(struct str name)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    bool bare = name.n && str_find_char(name, '/', 0) == SIZE_MAX;
    size_t room = name.n + (folder ? strlen(folder) : 0) + 2;
    char *path = alloc_zeroed(room, 1);

    /* Outside of systemd a bare name is a file that is not there. */
    if (bare)
        (void)snprintf(path, room, "%s/%.*s", folder ? folder : "", STR_ARG(name)); /* fits */
    else if (name.n)
        memcpy(path, name.p, name.n);
    return path;
}

int credential_read(struct str name, struct sbuf *ret)
{
    char *path = credential_path(name);

    credential_wipe(ret);
    sbuf_init(ret, CREDENTIAL_MAX);
    int r = read_path(path, ret);

    free(path);
    return r;
}

void credential_wipe(struct sbuf *secret)
{
    if (secret->p)
        explicit_bzero(secret->p, secret->cap);
    sbuf_done(secret);
}

void credential_random(size_t bytes, char *ret_hex)
{
    unsigned char key[CREDENTIAL_RANDOM_MAX];

    assert(bytes <= sizeof(key));
    if (getrandom(key, bytes, 0) != (ssize_t)bytes)
        abort(); /* so few bytes always come, from a kernel that has any */
    for (size_t i = 0; i < bytes; i++) {
        ret_hex[2 * i] = "0123456789abcdef"[key[i] >> 4];
        ret_hex[2 * i + 1] = "0123456789abcdef"[key[i] & 15];
    }
    ret_hex[2 * bytes] = '\0';
    explicit_bzero(key, sizeof(key));
}

static int write_key(const char *path, size_t bytes)
{
    char text[2 * CREDENTIAL_RANDOM_MAX + 2];
    size_t n = MIN(bytes, (size_t)CREDENTIAL_RANDOM_MAX);
    int r = 0;

    credential_random(n, text);
    text[2 * n] = '\n';
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0)
        return -errno;
    ssize_t written = write(fd, text, 2 * n + 1);

    if (written != (ssize_t)(2 * n + 1) || fsync(fd) < 0)
        r = errno ? -errno : -EIO;
    close(fd);
    if (r < 0)
        (void)unlink(path); /* half a key is worse than none */
    explicit_bzero(text, sizeof(text));
    return r;
}

int credential_make(const char *path, size_t bytes, struct sbuf *ret)
{
    int r = credential_read(str_of(path), ret);

    if (r != -ENOENT)
        return r;
    r = write_key(path, bytes);
    if (r < 0 && r != -EEXIST)
        return r;
    return credential_read(str_of(path), ret);
}
