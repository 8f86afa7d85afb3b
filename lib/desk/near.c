#include "lib/desk/near.h"

#include <stdio.h>

#include "lib/base/arena.h"
#include "lib/text/simhash.h"

/* What is kept of a band is "SIMHASH FINGERPRINT " for each alert, the latest
 * first, 16 hexadecimal digits each. */
enum { HEX = 16, ONE_BYTES = 2 * (HEX + 1), ALERTS_PER_BAND = 8 };

static struct str band_key(struct hearing *h, struct str promise, uint64_t simhash, unsigned band)
{
    return arena_printf(h->arena, "%.*s %u %02x", STR_ARG(promise), band,
                        simhash_band(simhash, band));
}

static int remember_in(struct hearing *h, struct str key, const char *one)
{
    struct str kept = STR_NONE;
    int rc = h->recall->state_get(h->recall, NEAR_KIND, key, &kept);

    if (rc)
        return rc;
    kept = str_slice(kept, 0, (ALERTS_PER_BAND - 1) * ONE_BYTES);
    return h->recall->state_put(h->recall, NEAR_KIND, key,
                                arena_printf(h->arena, "%s%.*s", one, STR_ARG(kept)),
                                h->now_ms + h->settings->repost_window_s * 1000);
}

int near_remember(struct hearing *h, struct str promise, uint64_t simhash, struct str fingerprint)
{
    char one[ONE_BYTES + 1];
    int rc = 0;

    if (simhash == 0 || fingerprint.n != HEX)
        return 0;
    (void)snprintf(one, sizeof(one), "%016llx %.*s ", (unsigned long long)simhash,
                   STR_ARG(fingerprint)); /* fits */
    for (unsigned band = 0; band < SIMHASH_BANDS && rc == 0; band++)
        rc = remember_in(h, band_key(h, promise, simhash, band), one);
    return rc;
}

static bool read_hex(struct str s, uint64_t *ret)
{
    uint64_t value = 0;

    for (size_t i = 0; i < s.n; i++) {
        const char *digits = "0123456789abcdef", *at = strchr(digits, s.p[i]);

        if (!at || !*at)
            return false;
        value = value << 4 | (uint64_t)(at - digits);
    }
    *ret = value;
    return s.n == HEX;
}

static bool find_in(struct str kept, uint64_t simhash, struct str *ret)
{
    uint64_t other;

    for (; kept.n >= ONE_BYTES; kept = str_slice(kept, ONE_BYTES, kept.n))
        if (read_hex(str_slice(kept, 0, HEX), &other) &&
            simhash_distance(simhash, other) <= SIMHASH_NEAR_BITS) {
            *ret = str_slice(kept, HEX + 1, 2 * HEX + 1);
            return true;
        }
    return false;
}

int near_find(struct hearing *h, struct str promise, uint64_t simhash, struct str *ret)
{
    *ret = STR_NONE;
    for (unsigned band = 0; simhash != 0 && band < SIMHASH_BANDS; band++) {
        struct str kept = STR_NONE, found;
        int rc =
            h->recall->state_get(h->recall, NEAR_KIND, band_key(h, promise, simhash, band), &kept);

        if (rc)
            return rc;
        if (find_in(kept, simhash, &found)) {
            *ret = arena_str(h->arena, found);
            return 0;
        }
    }
    return 0;
}
