#include <errno.h>
#include <stdlib.h>

#include "cli/term/interrupt.h"
#include "cli/verbs/input.h"

#include "lib/base/arena.h"
#include "lib/base/utf8.h"
#include "lib/data/json.h"
#include "lib/feed/feed.h"
#include "lib/text/guess.h"

/* The mentions of feed documents as JSON Lines, whatever --json says: they are
 * made to be piped into other verbs. */

static const size_t body_max = 64 << 20, arena_max = 512 << 20;

enum { GUESSED_BYTES = 4096 }; /* enough to tell a language */

struct request {
    const struct call *call;
    struct str url, content_type;
    bool unreadable; /* the file, in the latest document() */
};

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

static void flush_line(const struct call *call, struct sbuf *line)
{
    sbuf_putc(line, '\n');
    screen_raw(&call->out, sbuf_str(line));
    sbuf_clear(line);
}

static void print_feed(const struct call *call, const struct feed *f, struct sbuf *line)
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
        json_member_str(&w, STR("updated"),
                        f->updated_ms % 1000 ? clock_write_ms(f->updated_ms, at)
                                             : clock_write_s(f->updated_ms / 1000, at));
    json_member_str(&w, STR("id"), f->id);
    json_close_object(&w);
    flush_line(call, line);
}

/* A post that says no language, and whose feed says none, has the one its words
 * tell, as with couacd's judge. */
static void print_items(const struct call *call, const struct feed *f, struct arena *arena,
                        struct sbuf *line)
{
    struct json_writer w;
    struct fold fold;
    struct words words;

    fold_init(&fold);
    words_init(&words);
    for (size_t i = 0; i < f->n_items; i++) {
        struct mention m = f->items[i].mention;

        if (!m.lang.p) { /* not even said to be unknown */
            fold_text(&fold, utf8_head(mention_body(&m, arena), GUESSED_BYTES));
            words_cut(&words, &fold);
            m.lang = lang_tag(guess_lang(fold.original, &words));
        }
        json_writer_init(&w, line);
        mention_write(&m, &w);
        flush_line(call, line);
    }
    words_done(&words);
    fold_done(&fold);
}

/* Prints one document; NULL, or why there is nothing to print. */
static const char *document(struct request *q, const char *path)
{
    struct sbuf body = SBUF_INIT(body_max), line = SBUF_INIT(4 * (size_t)FEED_TEXT_MAX * 6);
    CLEANUP(arena_freep) struct arena *arena = arena_new(arena_max);
    struct feed_hints hints = {.content_type = q->content_type, .base_url = q->url};
    const char *why = NULL;
    struct feed *feed;

    q->unreadable = !slurp(path, &body);
    if (q->unreadable) {
        why = strerror(errno);
    } else {
        enum feed_error e = feed_read(sbuf_str(&body), &hints, arena, &feed);

        if (e != FEED_OK)
            why = feed_error_text(e);
    }
    if (!why && call_option(q->call, "feed"))
        print_feed(q->call, feed, &line);
    if (!why)
        print_items(q->call, feed, arena, &line);
    sbuf_done(&body);
    sbuf_done(&line);
    return why;
}

static void print_end(const struct call *call, struct str path, const char *why)
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
    flush_line(call, &line);
    (void)fflush(call->out.file); /* whoever feeds us line by line waits for this one */
    sbuf_done(&line);
}

/* "path TAB content-type TAB base-url", the latter two may be left out. */
static const char *batch_line(const struct call *call, struct str line)
{
    struct request q = {.call = call, .url = STR(""), .content_type = STR("")};
    struct str rest = line, path = line;
    struct sbuf name = SBUF_INIT(1 << 16);

    (void)str_split(&rest, '\t', &path); /* the line is not empty */
    if (str_split(&rest, '\t', &q.content_type))
        (void)str_split(&rest, '\t', &q.url); /* stays empty */
    sbuf_add(&name, path);
    const char *why = document(&q, sbuf_cstr(&name));

    print_end(call, path, why);
    sbuf_done(&name);
    return why;
}

static int batch(const struct call *call)
{
    char *text = NULL;
    size_t cap = 0;
    int result = VERB_FINE;

    for (ssize_t n; !interrupt_seen() && (n = getline(&text, &cap, stdin)) > 0;) {
        struct str line = str_make(text, (size_t)n);

        while (line.n > 0 && (line.p[line.n - 1] == '\n' || line.p[line.n - 1] == '\r'))
            line.n--;
        if (line.n > 0 && batch_line(call, line))
            result = VERB_FINDINGS;
    }
    free(text);
    return interrupt_seen() ? VERB_INTERRUPTED : result;
}

static int run_items(const struct call *call)
{
    const char *file = call->n_args ? call->args[0] : "-";
    struct request q = {.call = call,
                        .url = str_of(call_option(call, "url")),
                        .content_type = str_of(call_option(call, "type"))};

    if (call_option(call, "batch")) {
        if (call->n_args)
            return call_trouble(call, "--batch reads the names of files on standard input");
        return batch(call);
    }
    const char *why = document(&q, file);

    if (!why)
        return VERB_FINE;
    int trouble = call_trouble(call, "%s: %s", input_name(file), why);

    return q.unreadable ? trouble : VERB_FINDINGS;
}

static const struct verb_option options[] = {
    {"url", 'u', "BASE", "what relative URLs of the document are relative to"},
    {"type", 't', "TYPE", "the Content-Type it was served with, for its charset"},
    {"feed", 'f', NULL, "print the feed itself first"},
    {"batch", 'b', NULL, "read lines of path TAB content-type TAB base-url"},
    {0},
};

const struct verb verb_items = {
    .name = "items",
    .summary = "show the mentions of a feed document",
    .usage = "[FILE]",
    .notes = "Reads RSS, Atom, RDF, CDF and JSON Feed, damaged or not, and prints one\n"
             "mention a line as JSON; FILE may be - for standard input:\n"
             "  curl -s https://example.org/feed | couac items --url https://example.org/feed\n"
             "With --batch each document ends with {\"end\":path,\"error\":null|\"why\"}.\n",
    .options = options,
    .args_max = 1,
    .run = run_items,
};
