/* Whatever the bytes and the Content-Type (the first line), the text is UTF-8 without
 * NUL, and undoing a double encoding gives UTF-8 that is no longer. */

#include <stdlib.h>

#include "lib/base/arena.h"
#include "lib/base/utf8.h"
#include "lib/text/charset.h"
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(32 << 20);
    struct str body = str_make((const char *)data, size), type = STR_NONE, name = STR_NONE;
    struct sbuf out = SBUF_INIT(1 << 24);

    (void)str_split(&body, '\n', &type); /* the rest may be nothing */
    struct str text = charset_to_utf8(body, type, arena, &name);

    if (utf8_valid(text) != text.n || str_find_char(text, '\0', 0) != SIZE_MAX)
        abort();
    if (charset_unscramble(text, &out) && (utf8_valid(sbuf_str(&out)) != out.n || out.n > text.n))
        abort();
    sbuf_done(&out);
    arena_free(arena);
    return 0;
}
