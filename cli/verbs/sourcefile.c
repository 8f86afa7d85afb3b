#include "cli/verbs/sourcefile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/verbs/input.h"
#include "lib/base/arena.h"
#include "lib/base/diag.h"
#include "lib/base/map.h"
#include "lib/data/yaml.h"

enum { ID_MAX = 40, LINES_MAX = 64 << 20 };

const char *sourcefile_find(const struct call *call)
{
    static const char *const places[] = {"couac.yaml", "/etc/couac/couac.yaml"};
    const char *named = call_option(call, "config");

    for (size_t i = 0; !named && i < ARRAY_LEN(places); i++)
        if (access(places[i], F_OK) == 0)
            return places[i];
    if (!named)
        (void)call_trouble(call, "no couac.yaml is here, and no /etc/couac/couac.yaml; --config "
                                 "says where it is, 'couac init FOLDER' writes one"); /* NULL */
    return named;
}

static struct yaml *parse(struct sourcefile *f, struct str text, size_t *ret_errors)
{
    struct diags diags;
    struct yaml *top;

    diags_init(&diags);
    diags_source(&diags, f->path, text);
    top = yaml_parse(f->path, text, f->arena, &diags);
    *ret_errors = diags.n_errors;
    for (size_t i = 0; i < diags.n && diags.n_errors; i++) {
        struct sbuf line = SBUF_INIT(1 << 16);

        diag_write(&diags.items[i], DIAG_PLAIN, &line);
        screen_text(&f->call->err, sbuf_str(&line));
        sbuf_done(&line);
    }
    diags_done(&diags);
    return top;
}

static void know(struct sourcefile *f, struct str id, struct str url)
{
    if (url.n)
        (void)map_put(f->urls, url, f); /* sets: any pointer */
    (void)map_put(f->ids, id, f);
}

int sourcefile_open(struct sourcefile *f, const struct call *call)
{
    struct sbuf text = SBUF_INIT(YAML_BYTES_MAX);
    size_t errors = 0;
    const char *path = sourcefile_find(call);
    int status;

    *f = (struct sourcefile){.call = call, .path = str_of(path), .arena = arena_new(0)};
    f->urls = arena_alloc(f->arena, sizeof(*f->urls));
    f->ids = arena_alloc(f->arena, sizeof(*f->ids));
    sbuf_init(&f->lines, LINES_MAX);
    if (!path)
        return VERB_TROUBLE;
    status = input_whole(call, f->path.p, &text);
    f->text = arena_str(f->arena, sbuf_str(&text));
    sbuf_done(&text);
    if (status != VERB_FINE)
        return status;
    f->top = parse(f, f->text, &errors);
    if (errors)
        return VERB_FINDINGS;
    f->sources = yaml_get(f->top, STR("sources"));
    for (struct yaml *s = f->sources && f->sources->type == YAML_MAP ? f->sources->first : NULL; s;
         s = s->next) {
        const struct yaml *url = s->type == YAML_MAP ? yaml_get(s, STR("url")) : NULL;

        know(f, s->key, url ? url->s : STR_NONE);
    }
    return VERB_FINE;
}

void sourcefile_done(struct sourcefile *f)
{
    if (f->urls)
        map_done(f->urls);
    if (f->ids)
        map_done(f->ids);
    sbuf_done(&f->lines);
    arena_free(f->arena);
    *f = (struct sourcefile){0};
}

bool sourcefile_has(const struct sourcefile *f, struct str url)
{
    return map_get(f->urls, url);
}

void sourcefile_quote(struct str text, struct sbuf *out)
{
    sbuf_putc(out, '"');
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];

        if (c == '"' || c == '\\')
            sbuf_putc(out, '\\');
        if (c < 0x20 || c == 0x7f)
            sbuf_printf(out, "\\x%02x", c);
        else
            sbuf_putc(out, (char)c);
    }
    sbuf_putc(out, '"');
}

/* --- names ----------------------------------------------------------------- */

/* "Le Monde - Économie" becomes le-monde-conomie: letters that are not ASCII are left out. */
static struct str slug(struct sourcefile *f, struct str wish)
{
    struct sbuf out = SBUF_INIT(ID_MAX);

    for (size_t i = 0; i < wish.n; i++) {
        char c = wish.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');

        if (plain)
            sbuf_putc(&out, c >= 'A' && c <= 'Z' ? (char)(c | 32) : c);
        else if (out.n && out.p[out.n - 1] != '-' && !((unsigned char)c & 0x80))
            sbuf_putc(&out, '-');
    }
    while (out.n && out.p[out.n - 1] == '-')
        out.n--;
    struct str s = arena_str(f->arena, out.n ? sbuf_str(&out) : STR("source"));

    sbuf_done(&out);
    return s;
}

static struct str free_id(struct sourcefile *f, struct str wish)
{
    struct str base = slug(f, wish), id = base;

    for (unsigned i = 2; map_get(f->ids, id); i++)
        id = arena_printf(f->arena, "%.*s-%u", STR_ARG(base), i);
    return id;
}

struct str sourcefile_add(struct sourcefile *f, struct str wish, struct str flow_map)
{
    struct str id = free_id(f, wish);

    know(f, id, STR_NONE);
    sbuf_printf(&f->lines, "%.*s: ", STR_ARG(id));
    sbuf_add(&f->lines, flow_map);
    sbuf_putc(&f->lines, '\n');
    f->n_new++;
    return id;
}

struct str sourcefile_add_feed(struct sourcefile *f, struct str wish, struct str url,
                               enum fetch_network network)
{
    struct sbuf map = SBUF_INIT(1 << 16);

    sbuf_add(&map, STR("{url: "));
    sourcefile_quote(url, &map);
    sbuf_add(&map, sourcefile_network(network));
    sbuf_putc(&map, '}');
    struct str id = sourcefile_add(f, wish, sbuf_str(&map));

    (void)map_put(f->urls, arena_str(f->arena, url), f); /* a set */
    sbuf_done(&map);
    return id;
}

struct str sourcefile_network(enum fetch_network network)
{
    return network == FETCH_PRIVATE ? STR(", network: private") : STR_NONE;
}

/* --- where they go --------------------------------------------------------- */

static size_t line_start(struct str text, unsigned line)
{
    size_t at = 0;

    for (unsigned i = 1; i < line && at < text.n; i++) {
        at = str_find_char(text, '\n', at);
        at = at == SIZE_MAX ? text.n : at + 1;
    }
    return at;
}

static size_t next_line(struct str text, size_t at)
{
    size_t end = str_find_char(text, '\n', at);

    return end == SIZE_MAX ? text.n : end + 1;
}

/* Behind the last line of the block that begins below byte `at`: lines further in than
 * the key, with the comments and empty lines between them but not those after. */
static size_t block_end(struct str text, size_t at)
{
    size_t end = at;

    for (size_t next; at < text.n; at = next) {
        struct str line;
        size_t inset = 0;

        next = next_line(text, at);
        line = str_slice(text, at, next);
        while (inset < line.n && line.p[inset] == ' ')
            inset++;
        struct str content = str_trim(line);

        if (content.n == 0 || (content.p[0] == '#' && inset == 0))
            continue;
        if (inset == 0)
            break;
        end = next;
    }
    return end;
}

static void add_lines(const struct sourcefile *f, size_t inset, struct sbuf *out)
{
    struct str rest = sbuf_str(&f->lines), line;

    if (out->n && out->p[out->n - 1] != '\n')
        sbuf_putc(out, '\n');
    while (str_split(&rest, '\n', &line) && line.n)
        sbuf_printf(out, "%*s%.*s\n", (int)inset, "", STR_ARG(line));
}

/* False when the sources are written in a form that cannot be added to line by line. */
static bool compose(const struct sourcefile *f, struct sbuf *out)
{
    const struct yaml *s = f->sources;
    bool empty = s && s->n == 0;

    if (!s) {
        sbuf_add(out, f->text);
        if (out->n && out->p[out->n - 1] != '\n')
            sbuf_putc(out, '\n');
        sbuf_add(out, f->top ? STR("\nsources:\n") : STR("couac: 1\n\nsources:\n"));
        add_lines(f, 2, out);
        return true;
    }
    size_t key = line_start(f->text, s->key_at.line), below = next_line(f->text, key);
    size_t end = empty ? below : block_end(f->text, below);
    struct str head = str_slice(f->text, key, below);
    size_t brace = str_find_char(head, '{', 0);

    if ((s->type == YAML_MAP && !empty && s->first->key_at.line == s->key_at.line) ||
        (empty && s->type == YAML_SCALAR && s->s.n))
        return false;
    sbuf_add(out, str_slice(f->text, 0, key));
    if (empty && brace != SIZE_MAX) { /* sources: {}   # and a comment */
        size_t close = str_find_char(head, '}', brace);

        sbuf_add(out, str_slice(head, 0, brace));
        while (out->n && out->p[out->n - 1] == ' ')
            out->n--;
        sbuf_add(out, str_slice(head, close == SIZE_MAX ? head.n : close + 1, head.n));
    } else {
        sbuf_add(out, head);
    }
    sbuf_add(out, str_slice(f->text, below, end));
    add_lines(f, empty ? 2 : s->first->key_at.col - 1, out);
    sbuf_add(out, str_slice(f->text, end, f->text.n));
    return true;
}

/* --- proof ----------------------------------------------------------------- */

static bool same(const struct yaml *a, const struct yaml *b)
{
    if (a->type != b->type || !str_eq(a->key, b->key) || !str_eq(a->s, b->s) || a->n != b->n)
        return false;
    for (a = a->first, b = b->first; a && b; a = a->next, b = b->next)
        if (!same(a, b))
            return false;
    return true;
}

static bool keeps_sources(const struct sourcefile *f, const struct yaml *fresh)
{
    size_t before = f->sources && f->sources->type == YAML_MAP ? f->sources->n : 0;

    if (!fresh || fresh->type != YAML_MAP || fresh->n != before + f->n_new)
        return false;
    for (const struct yaml *old = before ? f->sources->first : NULL; old; old = old->next) {
        const struct yaml *now = yaml_get(fresh, old->key);

        if (!now || !same(old, now))
            return false;
    }
    return true;
}

static bool proven(struct sourcefile *f, struct str text)
{
    size_t errors;
    struct yaml *top = parse(f, text, &errors);

    if (errors || !top || top->type != YAML_MAP || !keeps_sources(f, yaml_get(top, STR("sources"))))
        return false;
    for (const struct yaml *old = f->top ? f->top->first : NULL; old; old = old->next) {
        const struct yaml *now = yaml_get(top, old->key);

        if (!str_eq(old->key, STR("sources")) && (!now || !same(old, now)))
            return false;
    }
    return true;
}

/* --- writing --------------------------------------------------------------- */

static int write_all(int fd, struct str text)
{
    while (text.n) {
        ssize_t n = write(fd, text.p, text.n);

        if (n < 0 && errno != EINTR)
            return -errno;
        if (n > 0)
            text = str_slice(text, (size_t)n, text.n);
    }
    return fsync(fd) < 0 ? -errno : 0;
}

/* Beside the file and then over it; a link is followed, so it stays one. */
static int replace(const char *path, struct str text)
{
    char *real = realpath(path, NULL);
    struct sbuf temporary = SBUF_INIT(8192);
    struct stat st;
    int r = 0, fd;

    if (!real || stat(real, &st) < 0) {
        r = -errno;
        free(real);
        return r;
    }
    sbuf_printf(&temporary, "%s.XXXXXX", real);
    (void)sbuf_cstr(&temporary);
    fd = mkostemp(temporary.p, O_CLOEXEC);
    if (fd < 0)
        r = -errno;
    if (r == 0 && (fchmod(fd, st.st_mode & 07777) < 0))
        r = -errno;
    if (r == 0 && fchown(fd, st.st_uid, st.st_gid) < 0 && st.st_uid != geteuid())
        r = -errno; /* the daemon could not read it any more */
    if (r == 0)
        r = write_all(fd, text);
    if (fd >= 0 && close(fd) < 0 && r == 0)
        r = -errno;
    if (r == 0 && rename(temporary.p, real) < 0)
        r = -errno;
    if (r < 0 && fd >= 0)
        (void)unlink(temporary.p); /* nothing else can be done */
    sbuf_done(&temporary);
    free(real);
    return r;
}

int sourcefile_save(struct sourcefile *f)
{
    struct sbuf text = SBUF_INIT(YAML_BYTES_MAX);
    int status = VERB_FINE, r;

    if (f->n_new == 0)
        return VERB_FINE;
    if (!compose(f, &text))
        status = call_trouble(f->call,
                              "%.*s: its sources are written in braces on one line; put "
                              "each on a line of its own first",
                              STR_ARG(f->path));
    else if (text.full)
        status = call_trouble(f->call,
                              "%.*s would grow past 1 MiB; put lists that long into "
                              "files of sources_folder",
                              STR_ARG(f->path));
    else if (!proven(f, arena_str(f->arena, sbuf_str(&text))))
        status = call_trouble(f->call,
                              "%.*s is written in a way that cannot be added to safely; "
                              "nothing was changed. These are the lines:\n%.*s",
                              STR_ARG(f->path), STR_ARG(sbuf_str(&f->lines)));
    else if ((r = replace(f->path.p, sbuf_str(&text))) < 0)
        status = call_trouble(f->call, "%.*s: %s", STR_ARG(f->path), strerror(-r));
    sbuf_done(&text);
    return status;
}
