/* Feeds written by us beside the JSON that `couac items --feed` must print for
 * them. golden-feeds FEEDS WANT compares every file X of FEEDS with WANT/X.jsonl;
 * with --write it writes them instead, for a human to read before committing. */

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/arena.h"
#include "lib/data/json.h"
#include "lib/feed/feed.h"

static bool slurp(const char *path, struct sbuf *ret)
{
    FILE *in = fopen(path, "rb");
    char block[1 << 14];
    size_t n;

    while (in && (n = fread(block, 1, sizeof(block), in)) > 0)
        sbuf_add(ret, str_make(block, n));
    if (in)
        (void)fclose(in); /* was only read */
    return in != NULL;
}

static void time_member(struct json_writer *w, const char *key, int64_t at_ms)
{
    char text[CLOCK_TEXT_MAX];

    if (at_ms != CLOCK_NONE)
        json_member_str(w, str_of(key), clock_write_ms(at_ms, text));
}

static void write_feed(const struct feed *f, struct sbuf *out)
{
    struct json_writer w;

    json_writer_init(&w, out);
    json_open_object(&w);
    json_member_str(&w, STR("format"), feed_format_name(f->format));
    json_member_i64(&w, STR("flags"), f->flags);
    json_member_str(&w, STR("title"), f->title);
    json_member_str(&w, STR("url"), f->url);
    json_member_str(&w, STR("text"), f->text);
    json_member_str(&w, STR("lang"), f->lang);
    json_member_str(&w, STR("author"), f->author);
    json_member_str(&w, STR("id"), f->id);
    time_member(&w, "updated", f->updated_ms);
    json_member_str(&w, STR("self"), f->self_url);
    json_member_str(&w, STR("hub"), f->hub_url);
    json_member_str(&w, STR("next"), f->next_url);
    json_member_i64(&w, STR("ttl_s"), f->ttl_s);
    json_member_i64(&w, STR("period_s"), f->period_s);
    json_close_object(&w);
    sbuf_putc(out, '\n');
    for (size_t i = 0; i < f->n_items; i++) {
        json_writer_init(&w, out);
        mention_write(&f->items[i].mention, &w);
        sbuf_putc(out, '\n');
    }
}

static void render(struct str body, struct sbuf *out)
{
    struct arena *arena = arena_new(64 << 20);
    struct feed_hints hints = {.base_url = STR("https://base.example/dir/feed")};
    struct feed *feed;
    enum feed_error e = feed_read(body, &hints, arena, &feed);

    if (e == FEED_OK)
        write_feed(feed, out);
    else
        sbuf_printf(out, "%s\n", feed_error_text(e));
    arena_free(arena);
}

static int settle(const char *want_path, struct str got, bool write)
{
    struct sbuf want = SBUF_INIT(16 << 20);
    int wrong = 0;

    if (write) {
        FILE *out = fopen(want_path, "wb");

        wrong = !out || fwrite(got.p, 1, got.n, out) != got.n || fclose(out) != 0;
    } else if (!slurp(want_path, &want) || !str_eq(sbuf_str(&want), got)) {
        printf("%s differs; got:\n%.*s", want_path, STR_ARG(got));
        wrong = 1;
    }
    sbuf_done(&want);
    return wrong;
}

static int check(const char *feeds, const char *wants, const char *name, bool write)
{
    struct sbuf path = SBUF_INIT(4096), want = SBUF_INIT(4096), body = SBUF_INIT(16 << 20);
    struct sbuf got = SBUF_INIT(16 << 20);

    sbuf_printf(&path, "%s/%s", feeds, name);
    sbuf_printf(&want, "%s/%s.jsonl", wants, name);
    if (!slurp(sbuf_cstr(&path), &body))
        printf("%s: %s\n", sbuf_cstr(&path), strerror(errno));
    render(sbuf_str(&body), &got);
    int wrong = settle(sbuf_cstr(&want), sbuf_str(&got), write);

    sbuf_done(&path);
    sbuf_done(&want);
    sbuf_done(&body);
    sbuf_done(&got);
    return wrong;
}

int main(int argc, char **argv)
{
    bool write = argc == 4 && strcmp(argv[3], "--write") == 0;
    DIR *dir = argc >= 3 ? opendir(argv[1]) : NULL;
    int wrong = 0, n = 0;

    if (!dir)
        return EXIT_FAILURE;
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (entry->d_name[0] == '.')
            continue;
        wrong += check(argv[1], argv[2], entry->d_name, write);
        n++;
    }
    (void)closedir(dir); /* was only read */
    printf("%d feeds, %d wrong\n", n, wrong);
    return wrong || n == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
