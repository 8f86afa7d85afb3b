#include <time.h>

#include "cli/verbs/input.h"
#include "cli/verbs/verb.h"
#include "lib/base/arena.h"
#include "lib/base/diag.h"
#include "lib/data/json.h"
#include "lib/data/yaml.h"
#include "lib/feed/connector.h"
#include "lib/feed/feed.h"

/* Connector files, checked and tried on a body that a network sent. */

static void show_diags(const struct call *call, const struct diags *diags)
{
    for (size_t i = 0; i < diags->n; i++) {
        struct sbuf text = SBUF_INIT(1 << 16);

        diag_write(&diags->items[i], DIAG_PLAIN, &text);
        screen_text(&call->err, sbuf_str(&text));
        sbuf_done(&text);
    }
}

/* NULL after a word on standard error; *ret_status says which. */
static struct connector *load(const struct call *call, const char *path, struct arena *arena,
                              int *ret_status)
{
    struct sbuf text = SBUF_INIT(YAML_BYTES_MAX + 1);
    struct connector *c = NULL;
    struct diags diags;

    *ret_status = input_whole(call, path, &text);
    diags_init(&diags);
    if (*ret_status == VERB_FINE) {
        c = connector_load(str_of(path), arena_str(arena, sbuf_str(&text)), arena, &diags);
        show_diags(call, &diags);
        *ret_status = c ? VERB_FINE : VERB_FINDINGS;
    }
    diags_done(&diags);
    sbuf_done(&text);
    return c;
}

/* --- check ----------------------------------------------------------------- */

static void describe_json(const struct call *call, const char *path, const struct connector *c)
{
    const struct connector_variable *with;
    size_t n = connector_variables(c, &with);
    struct sbuf line = SBUF_INIT(1 << 16);
    struct json_writer w;

    json_writer_init(&w, &line);
    json_open_object(&w);
    json_member_str(&w, STR("file"), str_of(path));
    json_member_str(&w, STR("about"), connector_about(c));
    json_key(&w, STR("with"));
    json_open_object(&w);
    for (size_t i = 0; i < n; i++)
        json_member_str(&w, with[i].name, with[i].about);
    json_close_object(&w);
    json_close_object(&w);
    sbuf_putc(&line, '\n');
    screen_raw(&call->out, sbuf_str(&line));
    sbuf_done(&line);
}

/* Of the sources that it is for. */
static const char *kind_of(const struct connector *c)
{
    if (connector_streams(c))
        return connector_asks(c) ? "stream, or api" : "stream";
    return connector_asks(c) ? "api" : "push";
}

static void describe(const struct call *call, const char *path, const struct connector *c)
{
    static const char *const credentials[] = {
        [CONNECTOR_CREDENTIAL_UNUSED] = "none",
        [CONNECTOR_CREDENTIAL_OPTIONAL] = "may be given",
        [CONNECTOR_CREDENTIAL_REQUIRED] = "needed",
    };
    const struct connector_variable *with;
    size_t n = connector_variables(c, &with);

    if (call->output == CALL_JSON) {
        describe_json(call, path, c);
        return;
    }
    screen_printf(&call->out, "%s: fine\n  %.*s\n", path, STR_ARG(connector_about(c)));
    screen_printf(&call->out, "  kind: %s\n  credential: %s\n", kind_of(c),
                  credentials[connector_credential(c)]);
    for (size_t i = 0; i < n; i++) {
        screen_printf(&call->out, "  with %.*s: %.*s", STR_ARG(with[i].name),
                      STR_ARG(with[i].about));
        if (with[i].need == CONNECTOR_OPTIONAL)
            screen_printf(&call->out, " (else '%.*s')", STR_ARG(with[i].initial));
        screen_printf(&call->out, "\n");
    }
}

static int check(const struct call *call)
{
    int worst = VERB_FINE;

    for (size_t i = 1; i < call->n_args; i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new(0);
        int status;
        struct connector *c = load(call, call->args[i], arena, &status);

        if (c)
            describe(call, call->args[i], c);
        worst = MAX(worst, status);
    }
    return worst;
}

/* --- try ------------------------------------------------------------------- */

static void flush_line(const struct call *call, struct sbuf *line)
{
    sbuf_putc(line, '\n');
    screen_raw(&call->out, sbuf_str(line));
    sbuf_clear(line);
}

static void print_cursor(const struct call *call, const struct connector_page *page,
                         struct sbuf *line)
{
    struct json_writer w;

    json_writer_init(&w, line);
    json_open_object(&w);
    json_member_str(&w, STR("kind"), STR("cursor"));
    json_member_str(&w, STR("mark"), page->cursor.mark);
    json_member_str(&w, STR("top"), page->cursor.top);
    json_member_str(&w, STR("next"), page->cursor.next);
    json_key(&w, STR("more"));
    json_bool(&w, page->walk == CONNECTOR_MORE);
    json_close_object(&w);
    flush_line(call, line);
}

static void print_gone(const struct call *call, struct str id, struct sbuf *line)
{
    struct json_writer w;

    json_writer_init(&w, line);
    json_open_object(&w);
    json_member_str(&w, STR("kind"), STR("gone"));
    json_member_str(&w, STR("id"), id);
    json_close_object(&w);
    flush_line(call, line);
}

static void print_page(const struct call *call, const struct connector_page *page)
{
    struct sbuf line = SBUF_INIT(4 * (size_t)FEED_TEXT_MAX * 6);
    struct json_writer w;

    for (size_t i = 0; i < page->n; i++) {
        json_writer_init(&w, &line);
        mention_write(&page->mentions[i], &w);
        flush_line(call, &line);
    }
    for (size_t i = 0; i < page->n_gone; i++)
        print_gone(call, page->gone[i], &line);
    if (call_option(call, "cursor"))
        print_cursor(call, page, &line);
    sbuf_done(&line);
}

static struct str option(const struct call *call, const char *name)
{
    return str_of(call_option(call, name));
}

/* What a person who writes a connector wants to know of a body that it does not understand. */
static void show_trouble(const struct call *call, struct str body, enum connector_error e,
                         struct arena *arena)
{
    struct json_error error = {0};
    struct json *root;

    /* the status is the caller's */
    if (e == CONNECTOR_E_JSON && json_parse(body, arena, &root, &error) != JSON_OK)
        (void)call_trouble(call, "%s: %s: at byte %zu: %s", call->args[2], connector_error_text(e),
                           error.offset, error.message);
    else
        (void)call_trouble(call, "%s: %s", call->args[2], connector_error_text(e));
}

static void sum_up(const struct call *call, const struct connector_page *page)
{
    screen_printf(&call->err, "%zu posts", page->n);
    if (page->n_no_text)
        screen_printf(&call->err, ", %zu more without text", page->n_no_text);
    if (page->n_gone)
        screen_printf(&call->err, ", %zu deleted", page->n_gone);
    if (page->n_found == 0 && page->n_gone == 0)
        screen_printf(&call->err, ": nothing stands where `items` leads");
    else if (page->n_items + page->n_gone == 0)
        screen_printf(&call->err, ": `where` lets none of %zu items pass", page->n_found);
    screen_printf(&call->err, "\n");
}

static int try_body(const struct call *call, const struct connector *c, struct str body,
                    struct arena *arena)
{
    struct connector_answer answer = {
        .body = body,
        .url = option(call, "url"),
        .headers[CONNECTOR_H_LINK] = option(call, "link"),
        .status = 200,
        .now_ms = (int64_t)time(NULL) * 1000,
    };
    struct connector_cursor cursor = {.mark = option(call, "mark")};
    struct connector_page page;
    struct str event = option(call, "event");
    enum connector_error e = event.n ? connector_read_event(c, &answer, event, arena, &page)
                                     : connector_read(c, &answer, &cursor, arena, &page);

    if (e != CONNECTOR_OK) {
        show_trouble(call, body, e, arena);
        return VERB_FINDINGS;
    }
    print_page(call, &page);
    sum_up(call, &page);
    return page.n + page.n_gone ? VERB_FINE : VERB_FINDINGS;
}

static int try(const struct call *call)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new(0);
    struct sbuf body = SBUF_INIT(INPUT_WHOLE_MAX);
    int status;
    struct connector *c;

    if (call->n_args != 3)
        return call_trouble(call, "try takes a connector file and a body");
    c = load(call, call->args[1], arena, &status);
    if (c)
        status = input_whole(call, call->args[2], &body);
    if (c && status == VERB_FINE)
        status = try_body(call, c, sbuf_str(&body), arena);
    sbuf_done(&body);
    return status;
}

static int run_connector(const struct call *call)
{
    if (strcmp(call->args[0], "check") == 0)
        return check(call);
    if (strcmp(call->args[0], "try") == 0)
        return try(call);
    return call_trouble(call, "check or try, not '%s'", call->args[0]);
}

static const struct verb_option options[] = {
    {"url", 'u', "URL", "where the body came from; relative links and next pages need it"},
    {"link", 'l', "VALUE", "the answer's Link header"},
    {"mark", 'm', "MARK", "where the former walk ended"},
    {"event", 'e', "TYPE", "BODY is the data of a stream's event of this type"},
    {"cursor", 'c', NULL, "print last where the next request goes on"},
    {0},
};

const struct verb verb_connector = {
    .name = "connector",
    .summary = "check a connector file, or try it on a body",
    .usage = "check FILE... | try FILE BODY",
    .notes = "A connector describes a network that speaks JSON: what to ask, and where in the\n"
             "answer the posts are. try prints one mention a line; BODY may be -:\n"
             "  curl -s 'https://hn.algolia.com/api/v1/search_by_date?query=acme' |\n"
             "    couac connector try hackernews.yaml -\n",
    .options = options,
    .args_min = 2,
    .args_max = VERB_ARGS_ANY,
    .run = run_connector,
};
