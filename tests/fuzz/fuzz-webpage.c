/* Any bytes as a page and as a Link header: texts are valid UTF-8 and not all empty, and a
 * found relation is a part of the header. */

#include <stdlib.h>

#include "lib/base/arena.h"
#include "lib/base/utf8.h"
#include "lib/feed/weblink.h"
#include "lib/feed/webpage.h"
#include "tests/fuzz/target.h"

enum { ARENA_BYTES = 64 << 20 };

static void require_text(struct str s)
{
    if (utf8_valid(s) != s.n)
        abort();
}

static void read_as(struct str page, const char *type)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    struct webpage_hints hints = {str_of(type), STR("en"), STR("https://blog.example/post")};
    struct mention m = MENTION_INIT;

    if (webpage_read(page, &hints, STR("https://acme.example/p"), arena, &m) == WEBPAGE_OK) {
        require_text(m.title);
        require_text(m.text);
        require_text(m.author);
        if (m.text.n == 0 && m.title.n == 0)
            abort();
    }
    arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str bytes = str_make((const char *)data, size);
    struct str hub = weblink_find(bytes, STR("hub"));

    if (hub.n && (hub.p < bytes.p || hub.p + hub.n > bytes.p + bytes.n))
        abort();
    read_as(bytes, "text/html");
    read_as(bytes, "text/plain");
    return 0;
}
