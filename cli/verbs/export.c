#include "cli/verbs/sourcefile.h"
#include "lib/base/arena.h"
#include "lib/data/yaml.h"
#include "lib/feed/opml.h"

/* The feeds of couac.yaml as OPML; sources of other kinds have no place in it. */

static bool is_feed(const struct yaml *source)
{
    const struct yaml *kind = source->type == YAML_MAP ? yaml_get(source, STR("kind")) : NULL;

    return source->type == YAML_MAP && yaml_get(source, STR("url")) &&
           (!kind || str_eq(kind->s, STR("feed")));
}

static int export_feeds(const struct sourcefile *f)
{
    const struct yaml *map = f->sources && f->sources->type == YAML_MAP ? f->sources : NULL;
    struct opml list = {.title = STR("couac")};
    struct sbuf out = SBUF_INIT(64 << 20);

    list.feeds = arena_array(f->arena, (map ? map->n : 0) + 1, sizeof(*list.feeds));
    for (const struct yaml *s = map ? map->first : NULL; s; s = s->next)
        if (is_feed(s))
            list.feeds[list.n_feeds++] =
                (struct opml_feed){.url = yaml_get(s, STR("url"))->s, .title = s->key};
    opml_write(&list, &out);
    screen_raw(&f->call->out, sbuf_str(&out));
    sbuf_done(&out);
    return VERB_FINE;
}

static int run_export(const struct call *call)
{
    struct sourcefile file;
    int status = sourcefile_open(&file, call);

    if (status == VERB_FINE)
        status = export_feeds(&file);
    sourcefile_done(&file);
    return status;
}

static const struct verb_option options[] = {
    {"config", 'c', "FILE", "couac.yaml; the one here by default, else /etc/couac/couac.yaml"},
    {0},
};

const struct verb verb_export = {
    .name = "export",
    .summary = "print the feeds of couac.yaml as OPML",
    .usage = "",
    .notes = "For a feed reader, or for couac import elsewhere.\n",
    .options = options,
    .run = run_export,
};
