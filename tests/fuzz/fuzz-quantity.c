/* Any bytes are a legal text: quantities come from left to right, lie inside it,
 * do not overlap, keep low <= high, and come out the same at a second reading. */

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "lib/base/arena.h"
#include "lib/quantity/quantity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct str text, const struct quantity *q, size_t n)
{
    size_t last = 0;

    for (size_t i = 0; i < n; i++) {
        assert(q[i].start < q[i].end && q[i].end <= text.n);
        assert(q[i].start >= last);
        assert(!isnan(q[i].low) && !isnan(q[i].high) && !isnan(q[i].amount));
        assert(q[i].low <= q[i].high);
        assert(q[i].kind < QUANTITY_KINDS && q[i].role < QUANTITY_ROLES);
        last = q[i].end;
    }
}

static void scan(struct str text, const struct quantity_reader_options *options)
{
    struct arena *arena = arena_new(1 << 20), *again = arena_new(1 << 20);
    struct quantity *q = NULL, *second = NULL;
    int n = quantity_scan(text, options, arena, &q);

    assert(n >= 0 && n <= QUANTITY_MAX);
    check(text, q, (size_t)n);
    assert(quantity_scan(text, options, again, &second) == n);
    assert(n == 0 || memcmp(q, second, (size_t)n * sizeof(*q)) == 0);
    arena_free(arena);
    arena_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_make((const char *)data, size);
    struct quantity parsed;
    char written[64];

    for (enum lang lang = LANG_UNKNOWN; lang < LANG_COUNT; lang++) {
        scan(text, &(struct quantity_reader_options){.at_s = CLOCK_NONE, .lang = lang});
        scan(text, &(struct quantity_reader_options){.at_s = 1741368600, .lang = lang});
    }
    if (quantity_parse(text, &parsed))
        quantity_write_duration(parsed.low, LANG_FR, written, sizeof(written));
    return 0;
}
