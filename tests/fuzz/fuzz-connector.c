/* Connector files: whatever is written in them, and the request that comes of it. */
#include <stdlib.h>

#include "lib/base/arena.h"
#include "lib/base/diag.h"
#include "lib/feed/connector.h"
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena *arena = arena_new(0);
    struct connector_settings settings = {NULL, 0, STR("secret")};
    struct connector_cursor cursor = {STR("7"), STR("9"), STR("http://x.example/2"), 1};
    struct connector_request request;
    struct diags diags;

    diags_init(&diags);
    struct connector *c =
        connector_load(STR("c.yaml"), str_make((const char *)data, n), arena, &diags);

    if (c && connector_request(c, &settings, &cursor, 1764000000000, arena, &request) == 0 &&
        request.n_headers > CONNECTOR_HEADERS_MAX)
        abort();
    diags_done(&diags);
    arena_free(arena);
    return 0;
}
