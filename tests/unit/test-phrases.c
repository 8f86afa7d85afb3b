#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/arena.h"
#include "lib/quantity/quantity.h"

/* The forms quantities are written in, as lists of phrases (phrases/XX.txt):
 *
 *     KIND WANTED [UNIT]: TEXT      the text holds this quantity and no other
 *     none KIND: TEXT               the text holds none of that kind
 *
 * WANTED is 5, 5..10, >5, >=5, <5, <=5 or ~5, of seconds (5s), minutes (5m), hours,
 * days, weeks, years or working days (5wd) for durations, the base unit otherwise.
 * UNIT is a currency's code, or c or f. All lines that fail are told at once. */

struct wanted {
    bool none;
    enum quantity_kind kind;
    double low, high;
    int bound; /* -1: any */
    char unit[8];
};

static enum quantity_kind kind_named(const char *name)
{
    for (enum quantity_kind k = 0; k < QUANTITY_KINDS; k++)
        if (strcmp(quantity_kind_name(k), name) == 0)
            return k;
    fail_msg("'%s' is no kind", name);
    return QUANTITY_KINDS;
}

static double worth(const char *suffix)
{
    static const struct {
        const char *name;
        double seconds;
    } units[] = {{"", 1},
                 {"s", 1},
                 {"m", 60},
                 {"h", 3600},
                 {"d", 86400},
                 {"w", 7 * 86400.0},
                 {"y", 365 * 86400.0},
                 {"wd", 7 * 86400.0 / 5}};

    for (size_t i = 0; i < ARRAY_LEN(units); i++)
        if (strcmp(units[i].name, suffix) == 0)
            return units[i].seconds;
    fail_msg("'%s' is no unit", suffix);
    return 0;
}

static int read_sign(const char **s)
{
    static const struct {
        const char *sign;
        int bound;
    } signs[] = {{">=", QUANTITY_AT_LEAST},
                 {"<=", QUANTITY_AT_MOST},
                 {">", QUANTITY_MORE_THAN},
                 {"<", QUANTITY_LESS_THAN},
                 {"~", QUANTITY_ABOUT}};

    for (size_t i = 0; i < ARRAY_LEN(signs); i++) {
        if (strncmp(*s, signs[i].sign, strlen(signs[i].sign)) == 0) {
            *s += strlen(signs[i].sign);
            return signs[i].bound;
        }
    }
    return -1;
}

static void read_range(const char *s, struct wanted *w)
{
    char number[64], *end;
    const char *dots;
    double scale;

    w->bound = read_sign(&s);
    dots = strstr(s, "..");
    (void)snprintf(number, sizeof(number), "%.*s", dots ? (int)(dots - s) : 63, s);
    w->low = w->high = strtod(number, &end);
    if (dots)
        w->high = strtod(dots + 2, &end);
    scale = worth(end);
    w->low *= scale;
    w->high *= scale;
    if (w->bound == QUANTITY_AT_LEAST || w->bound == QUANTITY_MORE_THAN)
        w->high = INFINITY;
    else if (w->bound == QUANTITY_AT_MOST || w->bound == QUANTITY_LESS_THAN)
        w->low = -INFINITY;
}

/* Splits "money 5..10 EUR: between..." Return: the text, NULL for a comment. */
static const char *read_line(char *line, struct wanted *w)
{
    char kind[32], range[64];
    char *colon = strstr(line, ": ");

    if (line[0] == '#' || !colon)
        return NULL;
    *colon = '\0';
    *w = (struct wanted){.bound = -1};
    if (sscanf(line, "%31s %63s %7s", kind, range, w->unit) < 2)
        fail_msg("'%s' is no line", line);
    w->none = strcmp(kind, "none") == 0;
    w->kind = kind_named(w->none ? range : kind);
    if (!w->none)
        read_range(range, w);
    return colon + 2;
}

static bool same(double a, double b)
{
    return a == b || fabs(a - b) <= 1e-9 * fmax(fabs(b), 1e-3);
}

static bool has_unit(const struct quantity *q, const char *unit)
{
    if (!unit[0])
        return true;
    if (q->kind == QUANTITY_MONEY)
        return strcmp(q->currency, unit) == 0;
    return q->unit == (unit[0] == 'c' ? UNIT_CELSIUS : UNIT_FAHRENHEIT);
}

static bool holds(const struct wanted *w, const struct quantity *q, int n)
{
    if (w->none) {
        for (int i = 0; i < n; i++)
            if (q[i].kind == w->kind)
                return false;
        return true;
    }
    return n == 1 && q->kind == w->kind && same(q->low, w->low) && same(q->high, w->high) &&
           (w->bound < 0 || w->bound == (int)q->bound) && has_unit(q, w->unit);
}

static void tell(const char *text, const struct wanted *w, const struct quantity *q, int n)
{
    print_message("# \"%s\" wants %s%s %.10g..%.10g, holds", text, w->none ? "no " : "",
                  quantity_kind_name(w->kind), w->low, w->high);
    for (int i = 0; i < n; i++)
        print_message(" [%s %s %.10g..%.10g %s]", quantity_kind_name(q[i].kind),
                      quantity_bound_name(q[i].bound), q[i].low, q[i].high, q[i].currency);
    print_message("\n");
}

static void check_file(enum lang lang, const char *name)
{
    const char *folder = getenv("PHRASES");
    char path[1024], line[512];
    int lines = 0, wrong = 0;
    struct wanted w;
    FILE *f;

    (void)snprintf(path, sizeof(path), "%s/%s", folder ? folder : "tests/unit/phrases", name);
    f = fopen(path, "r");
    if (!f)
        fail_msg("no %s", path);
    while (fgets(line, sizeof(line), f)) {
        struct quantity_reader_options options = {.at_s = CLOCK_NONE, .lang = lang};
        struct arena *arena = arena_new(0);
        struct quantity *q = NULL;
        const char *text;
        int n;

        line[strcspn(line, "\n")] = '\0';
        text = read_line(line, &w);
        if (text) {
            n = quantity_scan(str_of(text), &options, arena, &q);
            lines++;
            if (!holds(&w, q, n)) {
                wrong++;
                tell(text, &w, q, n);
            }
        }
        arena_free(arena);
    }
    (void)fclose(f);
    if (wrong)
        fail_msg("%d of %d phrases of %s", wrong, lines, name);
    assert_true(lines > 500);
}

static void english_phrases_are_read(void **state)
{
    (void)state;
    check_file(LANG_EN, "en.txt");
}

static void french_phrases_are_read(void **state)
{
    (void)state;
    check_file(LANG_FR, "fr.txt");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(english_phrases_are_read),
        cmocka_unit_test(french_phrases_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
