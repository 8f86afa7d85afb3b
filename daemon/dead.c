#include "daemon/dead.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "daemon/app.h"
#include "daemon/core/loop.h"
#include "daemon/store/store.h"
#include "lib/base/clock.h"

static int attach(const struct config *config, struct store **ret)
{
    struct sbuf path = SBUF_INIT(4096);
    int rc;

    sbuf_printf(&path, "%.*s/couac.db", STR_ARG(config->state));
    rc = path.full ? -ENAMETOOLONG : store_attach(sbuf_cstr(&path), ret);
    if (rc < 0)
        fprintf(stderr, "couacd: %s: %s\n", sbuf_cstr(&path), strerror(-rc));
    else if (rc > 0)
        fprintf(stderr, "couacd: %s: %s\n", sbuf_cstr(&path),
                rc == STORE_E_NEWER ? "written by a newer couacd"
                                    : "not a state of this version; start couacd once");
    sbuf_done(&path);
    return rc == 0 ? 0 : APP_EX_STATE;
}

/* Reasons and names come from outside: nothing in them may drive a terminal. */
static void print_safely(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        (void)putchar((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f ? '?' : s.p[i]);
}

static bool print_row(void *arg, const struct store_dead *row)
{
    const struct str columns[] = {row->stream, row->promise, row->owner, row->id, row->reason};
    char when[CLOCK_TEXT_MAX];

    (void)arg;
    (void)clock_write_ms(row->buried_ms, when);
    printf("%" PRIu64 "\t%s", row->seq, when);
    for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
        (void)putchar('\t');
        print_safely(columns[i]);
    }
    (void)putchar('\n');
    return true;
}

static int finish(int rc)
{
    if (rc < 0)
        fprintf(stderr, "couacd: the state: %s\n", strerror(-rc));
    return rc < 0 || fflush(stdout) != 0 ? APP_EX_STATE : 0;
}

int dead_list(const struct config *config)
{
    CLEANUP(store_closep) struct store *store = NULL;
    int status = attach(config, &store);

    return status ? status : finish(store_dead_each(store, print_row, NULL));
}

int dead_retry(const struct config *config)
{
    CLEANUP(store_closep) struct store *store = NULL;
    int status = attach(config, &store), n;

    if (status)
        return status;
    n = store_dead_retry(store, 0, loop_wall_ms());
    if (n >= 0)
        printf("%d queued again\n", n);
    return finish(n);
}
