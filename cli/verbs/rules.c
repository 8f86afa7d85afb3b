#include "cli/verbs/rules.h"

#include <stdlib.h>
#include <time.h>

#include "lib/base/hash.h"
#include "lib/host/share.h"

static int64_t microseconds(clockid_t clock)
{
    struct timespec t;

    (void)clock_gettime(clock, &t); /* these clocks always exist */
    return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

int64_t rules_now_ms(void)
{
    return microseconds(CLOCK_REALTIME) / 1000;
}

void rules_read(struct rules *r, const char *path)
{
    int64_t start = microseconds(CLOCK_MONOTONIC);
    struct str share = share_folder(str_of(getenv("COUAC_SHARE")));

    *r = (struct rules){0};
    diags_init(&r->diags);
    rulefs_init(&r->fs);
    rulefs_add_shared(&r->fs, share, &r->diags);
    rulefs_add(&r->fs, str_of(path), RULE_USER, &r->diags);
    if (r->diags.n_errors == 0 && rule_load(r->fs.items, r->fs.n, &r->diags, &r->set) != LOAD_OK)
        r->set = NULL; /* the errors are in diags */
    r->load_us = microseconds(CLOCK_MONOTONIC) - start;
}

uint64_t rules_fingerprint(const char *path)
{
    struct diags diags;
    struct rulefs fs;
    uint64_t hash = 0;

    diags_init(&diags);
    rulefs_init(&fs);
    rulefs_add_shared(&fs, share_folder(str_of(getenv("COUAC_SHARE"))), &diags);
    rulefs_add(&fs, str_of(path), RULE_USER, &diags);
    for (size_t i = 0; i < fs.n; i++) {
        hash = hash_bytes(fs.items[i].file.p, fs.items[i].file.n, hash);
        hash = hash_bytes(fs.items[i].text.p, fs.items[i].text.n, hash);
    }
    rulefs_done(&fs);
    diags_done(&diags);
    return hash;
}

void rules_done(struct rules *r)
{
    ruleset_unref(r->set);
    diags_done(&r->diags);
    rulefs_done(&r->fs);
}

int rules_need(struct rules *r, const struct call *call, const char *path)
{
    rules_read(r, path);
    if (r->set)
        return VERB_FINE;
    screen_diags(&call->err, &r->diags);
    rules_done(r);
    return call_trouble(call, "%s cannot be used as it is; couac check explains", path);
}
