/* Any bytes as a mail: every text is valid UTF-8, and own words of own words are the same. */

#include <stdlib.h>

#include "lib/base/arena.h"
#include "lib/base/utf8.h"
#include "lib/feed/mime.h"
#include "tests/fuzz/target.h"

enum { ARENA_BYTES = 64 << 20 };

static void require_text(struct str s)
{
    if (utf8_valid(s) != s.n)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    struct str raw = str_make((const char *)data, size);
    struct mime_mail mail = mime_read(raw, arena);

    require_text(mail.subject);
    require_text(mail.from);
    require_text(mail.text);
    require_text(mime_header_text(raw, arena));
    if (mime_own_words(mail.text, arena).n > mail.text.n)
        abort();
    arena_free(arena);
    return 0;
}
