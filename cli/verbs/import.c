#include "cli/verbs/input.h"
#include "cli/verbs/sourcefile.h"
#include "lib/base/arena.h"
#include "lib/feed/opml.h"
#include "lib/feed/url.h"

/* The feeds of an OPML list into couac.yaml. They are not fetched: couacd does that at its
 * own pace and says which ones fail. */

enum { URL_MAX = 8192, ADDED, DUPLICATE, FAILED, ENDS };

static const char *refuse(struct str url)
{
    if (url.n > URL_MAX)
        return "the address is longer than 8192 bytes";
    if (!url_web(url))
        return "no http or https address";
    for (size_t i = 0; i < url.n; i++)
        if ((unsigned char)url.p[i] <= 0x20 || url.p[i] == 0x7f)
            return "white space or control characters in the address";
    return NULL;
}

static void import_one(struct sourcefile *f, const struct opml_feed *feed, size_t counts[ENDS])
{
    const char *why = refuse(feed->url);

    if (why) {
        counts[FAILED]++;
        screen_text(&f->call->err, feed->url.n ? feed->url : feed->title);
        screen_printf(&f->call->err, ": %s\n", why);
    } else if (sourcefile_has(f, feed->url)) {
        counts[DUPLICATE]++;
    } else {
        counts[ADDED]++;
        (void)sourcefile_add_feed(f, feed->title.n ? feed->title : feed->url, feed->url,
                                  FETCH_PUBLIC);
    }
}

static int import_list(struct sourcefile *f, const struct opml *list)
{
    size_t counts[ENDS] = {[FAILED] = list->n_without_url};
    size_t n = list->n_feeds + list->n_without_url;
    int status;

    for (size_t i = 0; i < list->n_feeds; i++)
        import_one(f, &list->feeds[i], counts);
    if (list->n_without_url)
        screen_printf(&f->call->err, "%zu without an address\n", list->n_without_url);
    status = sourcefile_save(f);
    if (status != VERB_FINE)
        return status;
    if (f->call->output == CALL_JSON)
        screen_printf(&f->call->out,
                      "{\"read\":%zu,\"added\":%zu,\"duplicates\":%zu,\"failed\":%zu}\n", n,
                      counts[ADDED], counts[DUPLICATE], counts[FAILED]);
    else
        screen_printf(&f->call->out, "%zu read, %zu added, %zu duplicates, %zu failed\n", n,
                      counts[ADDED], counts[DUPLICATE], counts[FAILED]);
    return counts[FAILED] ? VERB_FINDINGS : VERB_FINE;
}

static int run_import(const struct call *call)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new(0);
    struct sbuf text = SBUF_INIT(INPUT_WHOLE_MAX);
    struct sourcefile file;
    struct opml list;
    int status = sourcefile_open(&file, call);

    if (status == VERB_FINE)
        status = input_whole(call, call->args[0], &text);
    if (status == VERB_FINE) {
        enum opml_error e = opml_read(sbuf_str(&text), arena, &list);

        status = e == OPML_OK ? import_list(&file, &list)
                              : call_trouble(call, "%s: %s", call->args[0], opml_error_text(e));
    }
    sbuf_done(&text);
    sourcefile_done(&file);
    return status;
}

static const struct verb_option options[] = {
    {"config", 'c', "FILE", "couac.yaml; the one here by default, else /etc/couac/couac.yaml"},
    {0},
};

const struct verb verb_import = {
    .name = "import",
    .summary = "add the feeds of an OPML list to couac.yaml",
    .usage = "FILE",
    .notes = "Says how many were read, added, known already and refused, and why. The rest of\n"
             "couac.yaml, comments too, stays as it is. FILE may be -.\n",
    .options = options,
    .args_min = 1,
    .args_max = 1,
    .run = run_import,
};
