/* Whatever the bytes, feed_read gives a feed or an error; its texts are UTF-8
 * when the input was, and its memory stays within the arena's limit. */

#include <stdlib.h>

#include "lib/base/arena.h"
#include "lib/feed/feed.h"
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(32 << 20);
    struct feed_hints hints = {.base_url = STR("http://example.org/a/b?c#d")};
    struct feed *feed = NULL;
    enum feed_error e = feed_read(str_make((const char *)data, size), &hints, arena, &feed);

    if ((e == FEED_OK) != (feed != NULL))
        abort();
    for (size_t i = 0; feed && i < feed->n_items; i++)
        if (feed->items[i].mention.id.n == 0)
            abort();
    arena_free(arena);
    return 0;
}
