#include "cli/term/screen.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/term/safe.h"

enum { WIDTH_DEFAULT = 80, WIDTH_LEAST = 20, WIDTH_MOST = 500, TEXT_MAX = 4 << 20 };

static bool wants_colour(const struct screen *s, enum screen_colour colour)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

    if (colour != SCREEN_AUTO)
        return colour == SCREEN_ALWAYS;
    return s->terminal && !(no && *no) && term && strcmp(term, "dumb") != 0;
}

static unsigned width_of(FILE *file)
{
    struct winsize size = {0};
    int64_t columns = 0;

    if (ioctl(fileno(file), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        columns = size.ws_col;
    else if (!str_to_i64(str_of(getenv("COLUMNS")), &columns))
        columns = WIDTH_DEFAULT;
    return (unsigned)MIN(MAX(columns, (int64_t)WIDTH_LEAST), (int64_t)WIDTH_MOST);
}

struct screen screen_on(FILE *file, enum screen_colour colour)
{
    struct screen s = {.file = file, .terminal = isatty(fileno(file)) == 1};

    s.coloured = wants_colour(&s, colour);
    s.width = width_of(file);
    return s;
}

const char *screen_paint(const struct screen *s, enum paint paint)
{
    static const char *const codes[] = {
        [PAINT_END] = "\033[0m",   [PAINT_BOLD] = "\033[1m",    [PAINT_DIM] = "\033[2m",
        [PAINT_RED] = "\033[31m",  [PAINT_GREEN] = "\033[32m",  [PAINT_YELLOW] = "\033[33m",
        [PAINT_CYAN] = "\033[36m", [PAINT_MARK] = "\033[1;33m",
    };

    return s->coloured ? codes[paint] : "";
}

/* A failed write stays in the stream; main asks once, at the end. */
void screen_raw(const struct screen *s, struct str bytes)
{
    if (bytes.n)
        (void)fwrite(bytes.p, 1, bytes.n, s->file);
}

void screen_printf(const struct screen *s, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vfprintf(s->file, format, args); /* as above */
    va_end(args);
}

static void write_safe(const struct screen *s, struct str text, enum safe_lines lines)
{
    struct sbuf out = SBUF_INIT(TEXT_MAX);

    safe_add(&out, text, lines);
    screen_raw(s, sbuf_str(&out));
    sbuf_done(&out);
}

void screen_text(const struct screen *s, struct str text)
{
    write_safe(s, text, SAFE_ONE_LINE);
}

void screen_lines(const struct screen *s, struct str text)
{
    write_safe(s, text, SAFE_LINES);
}

void screen_diags(const struct screen *s, struct diags *diags)
{
    diags_sort(diags);
    for (size_t i = 0; i < diags->n; i++) {
        struct sbuf out = SBUF_INIT(TEXT_MAX);

        diag_write(&diags->items[i], s->coloured ? DIAG_COLOUR : DIAG_PLAIN, &out);
        screen_raw(s, sbuf_str(&out));
        sbuf_done(&out);
    }
    if (diags->n_left_out)
        screen_printf(s, "and %zu more\n", diags->n_left_out);
}
