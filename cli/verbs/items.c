#include "cli/verbs/items.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/arena.h"
#include "lib/data/json.h"
#include "lib/feed/feed.h"

enum { FINE = 0, FINDINGS = 1, TROUBLE = 2 };

static const size_t body_max = 64 << 20, arena_max = 512 << 20;

struct options {
    struct str url, content_type;
    const char *file;
    enum { ITEMS_ONLY, WITH_FEED } what;
    enum { ONE_FILE, BATCH } mode;
};

static const char usage[] =
    "usage: couac items [--url BASE] [--type CONTENT-TYPE] [--feed] [FILE]\n"
    "       couac items --batch [--feed]  < lines of path TAB content-type TAB base-url\n"
    "\n"
    "Prints the mentions that a feed document yields, one JSON object a line.\n"
    "  --url BASE    what relative URLs of the document are relative to\n"
    "  --type TYPE   the Content-Type it was served with, for its charset\n"
    "  --feed        print the feed itself first\n"
    "  --batch       many documents; each ends with {\"end\":path,\"error\":null|\"why\"}\n"
    "FILE - or none is standard input. Exit 0 fine, 1 not a feed, 2 usage or I/O.\n";

/* All of a file; false with errno set. */
static bool slurp(const char *path, struct sbuf *ret)
{
    FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    char block[1 << 16];
    size_t n;

    if (!in)
        return false;
    while ((n = fread(block, 1, sizeof(block), in)) > 0)
        sbuf_add(ret, str_make(block, n));
    int error = ferror(in) ? errno : ret->full ? EFBIG : 0;

    if (in != stdin && fclose(in) != 0 && !error)
        error = errno;
    errno = error;
    return error == 0;
}

static void flush_line(struct sbuf *line)
{
    sbuf_putc(line, '\n');
    (void)fwrite(line->p, 1, line->n, stdout); /* errors show at the final fflush */
    sbuf_clear(line);
}

static void print_feed(const struct feed *f, struct sbuf *line)
{
    struct json_writer w;
    char at[CLOCK_TEXT_MAX];

    json_writer_init(&w, line);
    json_open_object(&w);
    json_member_str(&w, STR("kind"), STR("feed"));
    json_member_str(&w, STR("title"), f->title);
    json_member_str(&w, STR("url"), f->url);
    json_member_str(&w, STR("text"), f->text);
    json_member_str(&w, STR("lang"), f->lang);
    json_member_str(&w, STR("author"), f->author);
    if (f->updated_ms != CLOCK_NONE)
        json_member_str(&w, STR("updated"), clock_write_ms(f->updated_ms, at));
    json_member_str(&w, STR("id"), f->id);
    json_close_object(&w);
    flush_line(line);
}

static void print_items(const struct feed *f, struct sbuf *line)
{
    struct json_writer w;

    for (size_t i = 0; i < f->n_items; i++) {
        json_writer_init(&w, line);
        mention_write(&f->items[i].mention, &w);
        flush_line(line);
    }
}

/* Prints one document; NULL, or why there is nothing to print. */
static const char *document(const struct options *o, const char *path)
{
    struct sbuf body = SBUF_INIT(body_max), line = SBUF_INIT(4 * (size_t)FEED_TEXT_MAX * 6);
    CLEANUP(arena_freep) struct arena *arena = arena_new(arena_max);
    struct feed_hints hints = {.content_type = o->content_type, .base_url = o->url};
    const char *why = NULL;
    struct feed *feed;

    if (!slurp(path, &body)) {
        why = strerror(errno);
    } else {
        enum feed_error e = feed_read(sbuf_str(&body), &hints, arena, &feed);

        if (e != FEED_OK)
            why = feed_error_text(e);
    }
    if (!why && o->what == WITH_FEED)
        print_feed(feed, &line);
    if (!why)
        print_items(feed, &line);
    sbuf_done(&body);
    sbuf_done(&line);
    return why;
}

static void print_end(struct str path, const char *why)
{
    struct sbuf line = SBUF_INIT(1 << 16);
    struct json_writer w;

    json_writer_init(&w, &line);
    json_open_object(&w);
    json_key(&w, STR("end"));
    json_str(&w, path);
    json_key(&w, STR("error"));
    if (why)
        json_str(&w, str_of(why));
    else
        json_null(&w);
    json_close_object(&w);
    flush_line(&line);
    (void)fflush(stdout); /* whoever feeds us line by line waits for this one */
    sbuf_done(&line);
}

static int batch(struct options o)
{
    char *text = NULL;
    size_t cap = 0;
    int result = FINE;

    for (ssize_t n; (n = getline(&text, &cap, stdin)) > 0;) {
        struct str rest = str_make(text, (size_t)n), path, type = STR(""), url = STR("");

        while (rest.n > 0 && (rest.p[rest.n - 1] == '\n' || rest.p[rest.n - 1] == '\r'))
            rest.n--;
        if (rest.n == 0 || !str_split(&rest, '\t', &path))
            continue;
        if (str_split(&rest, '\t', &type))
            (void)str_split(&rest, '\t', &url); /* may be left out */
        struct sbuf name = SBUF_INIT(1 << 16);

        sbuf_add(&name, path);
        o.content_type = type;
        o.url = url;
        const char *why = document(&o, sbuf_cstr(&name));

        print_end(path, why);
        result = why ? FINDINGS : result;
        sbuf_done(&name);
    }
    free(text);
    return result;
}

static bool read_options(int argc, char **argv, struct options *o)
{
    for (int i = 1; i < argc; i++) {
        struct str arg = str_of(argv[i]);

        if (str_eq(arg, STR("--feed")))
            o->what = WITH_FEED;
        else if (str_eq(arg, STR("--batch")))
            o->mode = BATCH;
        else if (str_eq(arg, STR("--url")) && i + 1 < argc)
            o->url = str_of(argv[++i]);
        else if (str_eq(arg, STR("--type")) && i + 1 < argc)
            o->content_type = str_of(argv[++i]);
        else if (!str_eq(arg, STR("--json")) && !o->file && (arg.n == 1 || arg.p[0] != '-'))
            o->file = argv[i];
        else if (!str_eq(arg, STR("--json"))) /* the output is JSON anyway */
            return false;
    }
    return o->mode == ONE_FILE || !o->file;
}

int verb_items(int argc, char **argv)
{
    struct options o = {.file = NULL};

    if (argc > 1 && strcmp(argv[1], "--help") == 0)
        return fputs(usage, stdout) < 0 ? TROUBLE : FINE;
    if (!read_options(argc, argv, &o)) {
        (void)fputs(usage, stderr); /* nobody to tell */
        return TROUBLE;
    }
    if (o.mode == BATCH)
        return fflush(stdout) == 0 ? batch(o) : TROUBLE;
    const char *file = o.file ? o.file : "-", *why = document(&o, file);

    if (why)
        (void)fprintf(stderr, "couac items: %s: %s\n", file, why);
    if (fflush(stdout) != 0)
        return TROUBLE;
    return why ? FINDINGS : FINE;
}
