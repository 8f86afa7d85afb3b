/* A corpus line read without a tree says what lib/data/json says of it. */

#include <assert.h>

#include "lib/base/arena.h"
#include "lib/tune/corpus.h"
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(0);
    struct str text = str_make((const char *)data, size);
    struct corpus_line fast = {0}, slow = {0};
    struct corpus_error error;
    bool read = corpus_read(text, arena, &fast, &error);

    assert(read == corpus_read_slowly(text, arena, &slow, &error));
    if (read) {
        const struct mention *a = &fast.mention, *b = &slow.mention;

        assert(str_eq(a->text, b->text) && str_eq(a->title, b->title) && str_eq(a->id, b->id) &&
               str_eq(a->url, b->url) && str_eq(a->author, b->author) && str_eq(a->lang, b->lang) &&
               str_eq(a->source, b->source) && str_eq(a->reply_to, b->reply_to));
        assert(a->published_ms == b->published_ms && a->updated_ms == b->updated_ms &&
               a->reach == b->reach && fast.n_wants == slow.n_wants);
        for (size_t i = 0; i < fast.n_wants; i++)
            assert(str_eq(fast.wants[i].promise, slow.wants[i].promise) &&
                   fast.wants[i].broken == slow.wants[i].broken);
    }
    arena_free(arena);
    return 0;
}
