/* What is read and written reads back as the same; any bytes, written as a string,
 * are valid JSON in valid UTF-8 on one line. */

#include <stdlib.h>

#include "lib/base/arena.h"
#include "lib/base/utf8.h"
#include "lib/data/json.h"
#include "tests/fuzz/target.h"

enum { ARENA_BYTES = 16 << 20, OUT_BYTES = 4 << 20 };

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void write_again(struct arena *arena, struct str text, struct sbuf *out)
{
    struct json_error error;
    struct json_writer w;
    struct json *root;

    require(json_parse(text, arena, &root, &error) == JSON_OK);
    json_writer_init(&w, out);
    json_tree(&w, root);
    require(!out->full && utf8_valid(sbuf_str(out)) == out->n);
    require(str_find_char(sbuf_str(out), '\n', 0) == SIZE_MAX);
}

static void check_round_trip(struct arena *arena, struct str text)
{
    struct sbuf once = SBUF_INIT(OUT_BYTES), twice = SBUF_INIT(OUT_BYTES);

    write_again(arena, text, &once);
    write_again(arena, sbuf_str(&once), &twice);
    require(str_eq(sbuf_str(&once), sbuf_str(&twice)));
    sbuf_done(&once);
    sbuf_done(&twice);
}

static void check_string(struct arena *arena, struct str bytes)
{
    struct sbuf out = SBUF_INIT(OUT_BYTES);
    struct json_writer w;

    json_writer_init(&w, &out);
    json_str(&w, bytes);
    check_round_trip(arena, sbuf_str(&out));
    sbuf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_make((const char *)data, size);
    struct arena *arena = arena_new(ARENA_BYTES);
    struct json_error error;
    struct json *root;

    if (json_parse(text, arena, &root, &error) == JSON_OK)
        check_round_trip(arena, text);
    else
        require(error.offset <= size && error.message[0] != '\0');
    arena_reset(arena);
    check_string(arena, text);
    arena_free(arena);
    return 0;
}
