#include <stdlib.h>

#include "cli/verbs/rules.h"
#include "lib/base/arena.h"
#include "lib/data/json.h"
#include "lib/host/share.h"
#include "lib/tune/wording.h"

static void print_json(const struct call *call, const struct draft *d)
{
    struct sbuf b = SBUF_INIT(1 << 20);
    struct json_writer w;

    json_writer_init(&w, &b);
    json_open_object(&w);
    json_member_str(&w, STR("id"), d->id);
    json_member_str(&w, STR("limit"), d->limit);
    json_member_str(&w, STR("topic"), d->topic);
    json_member_str(&w, STR("owner"), d->owner);
    json_member_i64(&w, STR("examples_passed"), (int64_t)d->n_passed);
    json_member_i64(&w, STR("examples_todo"), (int64_t)d->n_todo);
    json_member_str(&w, STR("yaml"), d->yaml);
    json_close_object(&w);
    sbuf_putc(&b, '\n');
    screen_raw(&call->out, sbuf_str(&b));
    sbuf_done(&b);
}

static void print_text(const struct call *call, const struct draft *d)
{
    screen_lines(&call->out, d->yaml);
    if (d->topic.n == 0)
        screen_printf(&call->err, "no shared list tells this topic: 'about' has words of the "
                                  "sentence; make it yours\n");
    if (d->limit.n == 0)
        screen_printf(&call->err, "no figure in it: only denials can break this promise\n");
    if (d->n_todo)
        screen_printf(&call->err, "marked todo, as they do not pass yet: %zu example%s\n",
                      d->n_todo, d->n_todo == 1 ? "" : "s");
    if (!call_option(call, "owner"))
        screen_printf(&call->err,
                      "the owner '%.*s' is new: write who must hear of it, or name "
                      "one of yours with --owner\n",
                      STR_ARG(d->owner));
}

static bool id_fits(const char *id)
{
    return !id || (id[0] && strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(id));
}

static int draft(const struct call *call, const struct rulefs *fs)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new(0);
    const char *id = call_option(call, "id"), *owner = call_option(call, "owner");
    struct draft d;

    if (!id_fits(id) || !id_fits(owner))
        return call_trouble(call, "an id is made of a-z, 0-9 and -");
    switch (draft_promise(fs->items, fs->n, str_of(call->args[0]), str_of(id), str_of(owner),
                          rules_now_ms(), arena, &d)) {
    case DRAFT_E_EMPTY:
        return call_trouble(call, "there are no words in the sentence");
    case DRAFT_E_WORDS:
        return call_trouble(call, "the shared vocabulary cannot be used; see COUAC_SHARE");
    case DRAFT_OK:
    default:
        break;
    }
    if (call->output == CALL_JSON)
        print_json(call, &d);
    else
        print_text(call, &d);
    return d.topic.n && d.n_todo == 0 ? VERB_FINE : VERB_FINDINGS;
}

static int run_promise(const struct call *call)
{
    struct diags diags;
    struct rulefs fs;
    int rc;

    diags_init(&diags);
    rulefs_init(&fs);
    rulefs_add_shared(&fs, share_folder(str_of(getenv("COUAC_SHARE"))), &diags);
    if (diags.n_errors) {
        screen_diags(&call->err, &diags);
        rc = VERB_TROUBLE;
    } else {
        rc = draft(call, &fs);
    }
    rulefs_done(&fs);
    diags_done(&diags);
    return rc;
}

static const struct verb_option options[] = {
    {"id", 'i', "ID", "the promise's id; made of its topic and figure by default"},
    {"owner", 'o', "OWNER", "its owner, whom your rules define already; by default a new one"},
    {0}};

const struct verb verb_promise = {
    .name = "promise",
    .summary = "write a rule for a promise as it is said",
    .usage = "SENTENCE",
    .notes = "The figure becomes the limit, the shared lists that hit become the topic, and both\n"
             "choose the lists that contradict it. A whole rule file is printed, which check\n"
             "accepts, with examples in French and English; each was judged, and one that does\n"
             "not pass yet is marked todo.\n"
             "With --owner none is written, so that the file can stand beside others.\n"
             "\n"
             "  couac promise \"Livraison en 48h partout en France\" > rules/delivery.yaml\n"
             "  couac promise \"Remboursé sous 14 jours\" --owner care > rules/refund.yaml\n"
             "\n"
             "Exit status 1: no list tells the topic, or an example is todo.\n",
    .options = options,
    .args_min = 1,
    .args_max = 1,
    .run = run_promise,
};
