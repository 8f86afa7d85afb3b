#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/starter/starter.h"
#include "cli/verbs/input.h"
#include "cli/verbs/verb.h"
#include "lib/data/json.h"
#include "lib/host/share.h"

/* All files are looked for before the first is written, so a folder that is in
 * use stays as it was. */

enum { FILES_MAX = 3, PATH_BYTES = 4096, SECTOR_BYTES = 1 << 20 };

struct draft {
    const char *name; /* below the folder */
    struct str text;
};

struct plan {
    const struct call *call;
    const char *folder; /* empty: this one */
    const char *slash;  /* what stands behind it */
    struct draft drafts[FILES_MAX];
    size_t n;
};

static void add_draft(struct plan *p, const char *name, const unsigned char *text, size_t n)
{
    p->drafts[p->n++] = (struct draft){name, str_make((const char *)text, n)};
}

/* False when the path is too long. */
static bool path_of(const struct plan *p, const char *name, char ret[PATH_BYTES])
{
    int n = snprintf(ret, PATH_BYTES, "%s%s%s", p->folder, p->slash, name);

    return n > 0 && n < PATH_BYTES;
}

static int refuse_present(const struct plan *p)
{
    char path[PATH_BYTES];

    for (size_t i = 0; i < p->n; i++) {
        if (!path_of(p, p->drafts[i].name, path))
            return call_trouble(p->call, "%s: the name is too long", p->folder);
        if (access(path, F_OK) == 0)
            return call_trouble(p->call, "%s is there already; nothing was written", path);
    }
    return VERB_FINE;
}

static int make_folder(const struct plan *p, const char *path)
{
    if (mkdir(path, 0755) == 0 || errno == EEXIST)
        return VERB_FINE;
    return call_trouble(p->call, "%s: %s", path, strerror(errno));
}

static int write_draft(const struct plan *p, const struct draft *d)
{
    char path[PATH_BYTES];

    if (!path_of(p, d->name, path))
        return call_trouble(p->call, "%s: the name is too long", p->folder);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

    if (fd < 0)
        return call_trouble(p->call, "%s: %s", path, strerror(errno));
    ssize_t n = write(fd, d->text.p, d->text.n); /* a regular file takes all, or the disk is full */
    int error = n < 0 ? errno : (size_t)n < d->text.n ? ENOSPC : 0;

    if (close(fd) != 0 && !error)
        error = errno;
    if (error)
        return call_trouble(p->call, "%s: %s", path, strerror(error));
    return VERB_FINE;
}

static int carry_out(const struct plan *p)
{
    static const char *const folders[] = {"rules", "state"};
    char path[PATH_BYTES];
    int status = refuse_present(p);

    if (status == VERB_FINE && p->folder[0])
        status = make_folder(p, p->folder);
    for (size_t i = 0; i < ARRAY_LEN(folders) && status == VERB_FINE; i++)
        if (path_of(p, folders[i], path))
            status = make_folder(p, path);
    for (size_t i = 0; i < p->n && status == VERB_FINE; i++)
        status = write_draft(p, &p->drafts[i]);
    return status;
}

static void report_json(const struct plan *p)
{
    struct sbuf out = SBUF_INIT((size_t)FILES_MAX * PATH_BYTES * 6 + 64);
    struct json_writer w;
    char path[PATH_BYTES];

    json_writer_init(&w, &out);
    json_open_object(&w);
    json_key(&w, STR("written"));
    json_open_array(&w);
    for (size_t i = 0; i < p->n; i++)
        if (path_of(p, p->drafts[i].name, path))
            json_str(&w, str_of(path));
    json_close_array(&w);
    json_close_object(&w);
    sbuf_putc(&out, '\n');
    screen_raw(&p->call->out, sbuf_str(&out));
    sbuf_done(&out);
}

static void report(const struct plan *p)
{
    const struct screen *out = &p->call->out;

    for (size_t i = 0; i < p->n; i++)
        screen_printf(out, "wrote %s%s%s\n", p->folder, p->slash, p->drafts[i].name);
    screen_printf(out,
                  "\nSay who you are in rules/brand.yaml and where to listen in couac.yaml. Then:\n"
                  "  couac check %s%srules        is it well written?\n"
                  "  couac test %s%srules         does it judge its examples as it should?\n"
                  "  couacd --config %s%scouac.yaml\n",
                  p->folder, p->slash, p->folder, p->slash, p->folder, p->slash);
}

static bool good_name(const char *sector)
{
    size_t n = strlen(sector);

    return n > 0 && n < 64 && strspn(sector, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

static int is_pack(const struct dirent *entry)
{
    struct str name = str_of(entry->d_name);

    return name.n > 5 && name.p[0] != '.' && str_ends(name, STR(".yaml"));
}

static int no_such_sector(const struct plan *p, const char *sector, struct str share)
{
    struct sbuf folder = SBUF_INIT(PATH_BYTES), names = SBUF_INIT(PATH_BYTES);
    struct dirent **entries = NULL;

    sbuf_printf(&folder, "%.*s/sectors", STR_ARG(share));
    int n = scandir(sbuf_cstr(&folder), &entries, is_pack, alphasort);

    for (int i = 0; i < n; i++) {
        struct str name = str_of(entries[i]->d_name);

        sbuf_printf(&names, "%s%.*s", i ? ", " : "", (int)(name.n - 5), name.p);
        free(entries[i]);
    }
    free(entries);
    (void)call_trouble(p->call, "there is no sector '%s' in %s; there are: %s", sector,
                       sbuf_cstr(&folder), names.n ? sbuf_cstr(&names) : "none");
    sbuf_done(&folder);
    sbuf_done(&names);
    return VERB_TROUBLE;
}

/* The pack's text into `text`, its place below the folder into `name`. */
static int read_sector(struct plan *p, const char *sector, struct sbuf *text, char name[PATH_BYTES])
{
    struct sbuf path = SBUF_INIT(PATH_BYTES);
    struct str share = share_folder(str_of(getenv("COUAC_SHARE")));

    if (!good_name(sector))
        return call_trouble(p->call, "a sector's name has only a-z, 0-9 and -");
    sbuf_printf(&path, "%.*s/sectors/%s.yaml", STR_ARG(share), sector);
    int status = access(sbuf_cstr(&path), R_OK) == 0 ? input_whole(p->call, sbuf_cstr(&path), text)
                                                     : no_such_sector(p, sector, share);

    sbuf_done(&path);
    (void)snprintf(name, PATH_BYTES, "rules/%s.yaml", sector); /* fits */
    return status;
}

static int run_init(const struct call *call)
{
    const char *sector = call_option(call, "sector");
    const char *folder = call->n_args ? call->args[0] : "";
    struct plan p = {.call = call,
                     .folder = folder,
                     .slash = folder[0] && !str_ends(str_of(folder), STR("/")) ? "/" : ""};
    struct sbuf pack = SBUF_INIT(SECTOR_BYTES);
    char pack_name[PATH_BYTES];
    int status = VERB_FINE;

    add_draft(&p, "couac.yaml", starter_couac, starter_couac_size);
    add_draft(&p, "rules/brand.yaml", starter_brand, starter_brand_size);
    if (sector) {
        status = read_sector(&p, sector, &pack, pack_name);
        add_draft(&p, pack_name, (const unsigned char *)pack.p, pack.n);
    } else {
        add_draft(&p, "rules/promises.yaml", starter_promises, starter_promises_size);
    }
    if (status == VERB_FINE)
        status = carry_out(&p);
    if (status == VERB_FINE && call->output == CALL_JSON)
        report_json(&p);
    else if (status == VERB_FINE)
        report(&p);
    sbuf_done(&pack);
    return status;
}

static const struct verb_option options[] = {
    {"sector", 's', "NAME", "start from the promises of a sector; a wrong NAME lists them"},
    {0},
};

const struct verb verb_init = {
    .name = "init",
    .summary = "write a first configuration and first rules",
    .usage = "[FOLDER]",
    .notes = "Writes couac.yaml and the folders rules and state (what couacd remembers) into\n"
             "FOLDER, by default this one. What is there already is never written over.\n\n"
             "  couac init --sector ecommerce shop\n",
    .options = options,
    .args_max = 1,
    .run = run_init,
};
