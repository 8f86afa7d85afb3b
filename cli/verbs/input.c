#include "cli/verbs/input.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/term/interrupt.h"
#include "lib/base/alloc.h"
#include "lib/base/arena.h"
#include "lib/base/utf8.h"
#include "lib/data/json.h"

enum { PIECE_BYTES = 1 << 16 };

static bool is_standard(const char *path)
{
    return !path || strcmp(path, "-") == 0;
}

const char *input_name(const char *path)
{
    return is_standard(path) ? "(standard input)" : path;
}

/* A folder opens, and only tells when it is read. */
static FILE *open_file(const struct call *call, const char *path)
{
    FILE *file = fopen(path, "re");
    struct stat st;

    if (file && (fstat(fileno(file), &st) != 0 || !S_ISDIR(st.st_mode)))
        return file;
    (void)call_trouble(call, "%s: %s", path,
                       strerror(file ? EISDIR : errno)); /* the status follows */
    if (file)
        (void)fclose(file); /* nothing was read */
    return NULL;
}

static FILE *open_path(const struct call *call, const char *path)
{
    if (!is_standard(path))
        return open_file(call, path);
    if (isatty(STDIN_FILENO) == 1)
        screen_printf(&call->err, "(reading from the terminal; Ctrl-D ends)\n");
    return stdin;
}

static void close_file(FILE *file)
{
    if (file && file != stdin)
        (void)fclose(file); /* was only read */
}

/* How much a file still holds, as far as it tells, and one byte more to see its end. */
static size_t left_of(FILE *file, size_t had)
{
    struct stat st;

    if (fstat(fileno(file), &st) != 0 || !S_ISREG(st.st_mode) || (size_t)st.st_size < had)
        return PIECE_BYTES;
    return MAX((size_t)st.st_size - had + 1, (size_t)PIECE_BYTES);
}

/* Adds what can be read at once; false at the end, after an error, or past the maximum. */
static bool read_piece(FILE *file, struct sbuf *ret)
{
    size_t room = MIN(left_of(file, ret->n), ret->max - ret->n), n;

    if (room == 0) {
        ret->full = getc(file) != EOF;
        return false;
    }
    n = fread(sbuf_space(ret, room), 1, room, file);
    sbuf_filled(ret, n);
    return n > 0;
}

int input_whole(const struct call *call, const char *path, struct sbuf *ret)
{
    FILE *file = open_path(call, path);

    if (!file)
        return VERB_TROUBLE;
    while (!interrupt_seen() && read_piece(file, ret))
        ;
    int error = ferror(file) ? errno : 0;

    close_file(file);
    if (interrupt_seen())
        return VERB_INTERRUPTED;
    if (error)
        return call_trouble(call, "%s: %s", input_name(path), strerror(error));
    if (ret->full)
        return call_trouble(call, "%s: more than %zu bytes", input_name(path), ret->max);
    return VERB_FINE;
}

int input_open(struct input *in, const struct call *call, const char *path)
{
    *in = (struct input){.call = call, .path = path, .file = open_path(call, path)};
    in->progress = progress_start("lines read", 0);
    in->progress.terminal &= !call->out.terminal; /* results are progress enough */
    return in->file ? VERB_FINE : VERB_TROUBLE;
}

void input_close(struct input *in)
{
    progress_end(&in->progress);
    close_file(in->file);
    free(in->line);
    *in = (struct input){0};
}

static void reject(struct input *in, size_t col, const char *why)
{
    const struct screen *err = &in->call->err;

    in->n_bad++;
    progress_end(&in->progress);
    screen_text(err, str_of(input_name(in->path)));
    screen_printf(err, ":%zu:%zu: error: %s\n", in->number, col, why);
}

/* The rest of a line that is too long. */
static void skip_line(FILE *file)
{
    for (int c = getc(file); c != EOF && c != '\n';)
        c = getc(file);
}

/* A whole line into in->line without its end; SIZE_MAX when there is none. A
 * line past the limit is rejected and the next one is read. */
static size_t read_line(struct input *in)
{
    size_t n = 0;

    in->number++;
    for (int c; (c = getc(in->file)) != EOF && c != '\n';) {
        if (n == INPUT_LINE_MAX) {
            reject(in, n + 1, "the line is longer than 1 MiB");
            skip_line(in->file);
            in->number++;
            n = 0;
            continue;
        }
        if (n == in->cap) {
            in->cap = in->cap ? in->cap * 2 : 4096;
            in->line = alloc_resize(in->line, in->cap, 1);
        }
        in->line[n++] = (char)c;
    }
    return n == 0 && (feof(in->file) || ferror(in->file)) ? SIZE_MAX : n;
}

static bool from_json(struct input *in, struct str line, struct arena *arena, struct mention *ret)
{
    struct json_error error;
    struct json *root;

    if (json_parse(line, arena, &root, &error) != JSON_OK) {
        reject(in, utf8_count(str_slice(line, 0, error.offset)) + 1, error.message);
        return false;
    }
    enum mention_error e = mention_from_json(root, ret);

    if (e != MENTION_OK)
        reject(in, 1, mention_error_text(e));
    return e == MENTION_OK;
}

static bool use_line(struct input *in, enum input_kind kind, struct str line, struct arena *arena,
                     struct mention *ret)
{
    if (kind == INPUT_MENTIONS || str_starts(str_trim(line), STR("{")))
        return from_json(in, line, arena, ret);
    *ret = MENTION_INIT;
    ret->text = arena_str(arena, line);
    return true;
}

bool input_next(struct input *in, enum input_kind kind, struct arena *arena, struct mention *ret)
{
    size_t n;

    while (!interrupt_seen() && (n = read_line(in)) != SIZE_MAX) {
        struct str line = {in->line, n};

        if (in->number == 1)
            line = utf8_unmarked(line);
        progress_at(&in->progress, in->number);
        if (str_trim(line).n > 0 && use_line(in, kind, line, arena, ret))
            return true;
    }
    if (ferror(in->file) && !interrupt_seen())
        reject(in, 1, strerror(errno));
    return false;
}
