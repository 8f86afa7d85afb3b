#include "cli/verbs/share.h"

#include <stdlib.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };

/* The folder above the one the program is in: /usr for /usr/bin/couac. */
static struct str above_program(char path[PATH_BYTES])
{
    ssize_t n = readlink("/proc/self/exe", path, PATH_BYTES);
    struct str s = {path, n > 0 && n < PATH_BYTES ? (size_t)n : 0};

    for (int i = 0; i < 2; i++) {
        while (s.n && s.p[s.n - 1] != '/')
            s.n--;
        s.n -= s.n > 0;
    }
    return s;
}

void share_folder(struct sbuf *ret)
{
    char path[PATH_BYTES];
    const char *named = getenv("COUAC_SHARE");

    sbuf_clear(ret);
    if (named && *named) {
        sbuf_add(ret, str_of(named));
        return;
    }
    struct str above = above_program(path);

    sbuf_printf(ret, "%.*s/share/couac", STR_ARG(above));
    if (above.n && !ret->full && access(sbuf_cstr(ret), R_OK | X_OK) == 0)
        return;
    sbuf_clear(ret);
    sbuf_add(ret, STR(COUAC_DATADIR));
}
