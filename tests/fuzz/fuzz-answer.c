/* Answers of networks, read by connectors that use every kind of selector and cursor. */
#include <stdlib.h>

#include "lib/base/arena.h"
#include "lib/base/diag.h"
#include "lib/feed/connector.h"
#include "tests/fuzz/target.h"

#define FIELDS                                                                                     \
    "fields:\n  id: {template: '{^/id}-{/id||/uri#basename}'}\n  text: {ptr: /text||/content, "    \
    "as: "                                                                                         \
    "html}\n  title: {ptr: /title, as: entities}\n  published: /created_at||/at\n"                 \
    "  updated: {ptr: /at, as: epoch_us}\n  reach: /n\n  url: {template: '/t/{/id}'}\n"            \
    "  author: {ptr: /name, join: {list: /users/*, key: /id, on: /author}}\n"

static const char *const connectors[] = {
    "connector: 1\nrequest: {url: 'https://x/', query: {p: '{page}'}}\n"
    "cursor: {next: {token: /next}, since: {id: /id}}\nlimits: {backoff: /backoff}\n"
    "items: /posts/*||/data/children/*||/statuses/*||/*\n" FIELDS,
    "connector: 1\nrequest: {url: 'https://x/', query: {p: '{page}'}}\n"
    "cursor: {next: {count: 1, more: /more}, since: {time: /created_at||/at, overlap: 5 min}}\n"
    "items: /entry/*/changes/*||/%\nwhere: [{ptr: /id, exists: yes}]\n" FIELDS,
    "connector: 1\nrequest: {url: 'https://x/'}\n"
    "cursor: {next: {link: next}, order: oldest first, since: {time: /at}}\nitems: /*\n" FIELDS,
    "connector: 1\nrequest: {url: 'https://x/'}\n"
    "cursor: {since: {stored: /after}, end: /end}\nitems: /tickets/*\n" FIELDS,
    "connector: 1\nstream: {url: 'https://x/', events: [update]}\n"
    "gone: {event: delete, where: [{ptr: /verb, eq: remove}], id: '/id||'}\nitems: /*\n" FIELDS,
};

static void read_with(const char *text, struct str body)
{
    struct arena *arena = arena_new(0);
    struct connector_answer answer = {.body = body,
                                      .url = STR("https://x/"),
                                      .headers = {body, body, body},
                                      .status = 429,
                                      .now_ms = 1764000000000};
    struct connector_cursor cursor = {.mark = STR("5")};
    struct connector_page page;
    struct diags diags;

    diags_init(&diags);
    struct connector *c = connector_load(STR("c.yaml"), str_of(text), arena, &diags);

    if (!c)
        abort(); /* ours are well written */
    if (connector_read(c, &answer, &cursor, arena, &page) == CONNECTOR_OK &&
        (page.n > page.n_items || page.n > CONNECTOR_ITEMS_MAX))
        abort();
    for (int i = 0; i < 2; i++)
        if (connector_read_event(c, &answer, i ? STR("update") : STR("delete"), arena, &page) ==
                CONNECTOR_OK &&
            page.n + page.n_gone > CONNECTOR_ITEMS_MAX)
            abort();
    if (connector_hold_ms(c, &answer, arena) < 0)
        abort();
    (void)connector_busy(c, &answer, arena); /* must come back */
    diags_done(&diags);
    arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    for (size_t i = 0; i < ARRAY_LEN(connectors); i++)
        read_with(connectors[i], str_make((const char *)data, n));
    return 0;
}
