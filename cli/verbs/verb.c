#include "cli/verbs/verb.h"

#include <assert.h>
#include <getopt.h>
#include <stdlib.h>

#include "lib/base/alloc.h"

/* Options that every verb has; they follow the verb's own in getopt's table. */
enum { COMMON_JSON, COMMON_COLOR, COMMON_HELP, COMMON_COUNT };

static const struct verb_option common[COMMON_COUNT + 1] = {
    {"json", 'j', NULL, "print JSON, one value a line"},
    {"color", 0, "WHEN", "auto (default), always or never; NO_COLOR is obeyed"},
    {"help", 'h', NULL, "print this and stop"},
    {0},
};

/* What getopt_long returns for option i is its place, past all letters. */
enum { PLACE_BASE = 256, TABLE_MAX = VERB_OPTIONS_MAX + COMMON_COUNT };

struct grammar {
    struct option longs[TABLE_MAX + 1];
    char letters[2 * TABLE_MAX + 2];
    const struct verb_option *all[TABLE_MAX];
    int n, n_own;
};

static void add_option(struct grammar *g, const struct verb_option *o, struct sbuf *letters)
{
    assert(g->n < TABLE_MAX);
    g->longs[g->n] = (struct option){o->name, o->value ? required_argument : no_argument, NULL,
                                     PLACE_BASE + g->n};
    if (o->letter)
        sbuf_printf(letters, o->value ? "%c:" : "%c", o->letter);
    g->all[g->n++] = o;
}

static void build_grammar(struct grammar *g, const struct verb *verb)
{
    struct sbuf letters = SBUF_INIT(sizeof(g->letters) - 1);

    for (const struct verb_option *o = verb->options; o && o->name; o++)
        add_option(g, o, &letters);
    g->n_own = g->n;
    assert(g->n_own <= VERB_OPTIONS_MAX);
    for (const struct verb_option *o = common; o->name; o++)
        add_option(g, o, &letters);
    memcpy(g->letters, letters.p, letters.n);
    sbuf_done(&letters);
}

/* The place in the table of what getopt_long returned, or -1. */
static int place_of(const struct grammar *g, int got)
{
    if (got >= PLACE_BASE)
        return got - PLACE_BASE;
    for (int i = 0; i < g->n; i++)
        if (g->all[i]->letter == got)
            return i;
    return -1;
}

static void print_option(const struct verb_option *o, const struct screen *out)
{
    char left[64];

    (void)snprintf(left, sizeof(left), "%s%c%s--%s%s%s", o->letter ? "-" : "  ", /* cut is fine */
                   o->letter ? o->letter : ' ', o->letter ? ", " : " ", o->name,
                   o->value ? "=" : "", o->value ? o->value : "");
    screen_printf(out, "  %-24s %s\n", left, o->help);
}

void verb_help(const struct verb *verb, const struct screen *out)
{
    screen_printf(out, "couac %s - %s\n\nusage: couac %s [OPTION]...%s%s\n\n", verb->name,
                  verb->summary, verb->name, verb->usage[0] ? " " : "", verb->usage);
    for (const struct verb_option *o = verb->options; o && o->name; o++)
        print_option(o, out);
    for (const struct verb_option *o = common; o->name; o++)
        print_option(o, out);
    if (verb->notes)
        screen_printf(out, "\n%s", verb->notes);
}

static int usage_trouble(const struct call *call)
{
    screen_printf(&call->err, "usage: couac %s [OPTION]...%s%s\nTry 'couac %s --help'.\n",
                  call->verb->name, call->verb->usage[0] ? " " : "", call->verb->usage,
                  call->verb->name);
    return VERB_TROUBLE;
}

int call_trouble(const struct call *call, const char *format, ...)
{
    struct sbuf text = SBUF_INIT(4096);
    va_list args;

    va_start(args, format);
    sbuf_vprintf(&text, format, args);
    va_end(args);
    screen_printf(&call->err, "couac %s: ", call->verb->name);
    screen_text(&call->err, sbuf_str(&text));
    screen_printf(&call->err, "\n");
    sbuf_done(&text);
    return VERB_TROUBLE;
}

static bool colour_from(const char *word, enum screen_colour *ret)
{
    static const char *const words[] = {
        [SCREEN_AUTO] = "auto", [SCREEN_ALWAYS] = "always", [SCREEN_NEVER] = "never"};

    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (strcmp(word, words[i]) == 0) {
            *ret = (enum screen_colour)i;
            return true;
        }
    }
    return false;
}

enum parsed { PARSED_RUN, PARSED_HELP, PARSED_WRONG };

static enum parsed take_common(struct call *call, int which, enum screen_colour *colour)
{
    if (which == COMMON_HELP)
        return PARSED_HELP;
    if (which == COMMON_JSON)
        call->output = CALL_JSON;
    if (which == COMMON_COLOR && !colour_from(optarg, colour)) {
        (void)call_trouble(call, "--color takes auto, always or never, not '%s'", optarg);
        return PARSED_WRONG;
    }
    return PARSED_RUN;
}

/* The option nearest to what was typed, for "--jsn". */
static void suggest_option(const struct call *call, const struct grammar *g, const char *typed)
{
    struct str names[TABLE_MAX], word = str_of(typed);

    if (!str_starts(word, STR("--")))
        return;
    word = str_slice(word, 2, MIN(str_find_char(word, '=', 0), word.n));
    for (int i = 0; i < g->n; i++)
        names[i] = str_of(g->all[i]->name);
    struct str near = diag_nearest(word, names, (size_t)g->n);

    if (near.n && !str_eq(near, word)) /* else it lacks its value */
        screen_printf(&call->err, "Did you mean --%.*s?\n", STR_ARG(near));
}

static enum parsed parse_options(struct call *call, const struct grammar *g, int argc, char **argv)
{
    enum screen_colour colour = SCREEN_AUTO;
    enum parsed parsed = PARSED_RUN;

    for (int got; parsed == PARSED_RUN &&
                  (got = getopt_long(argc, argv, g->letters, g->longs, NULL)) != -1;) {
        int place = place_of(g, got);

        if (place < 0) { /* getopt has said what is wrong */
            suggest_option(call, g, argv[optind - 1]);
            return PARSED_WRONG;
        }
        if (place >= g->n_own)
            parsed = take_common(call, place - g->n_own, &colour);
        else
            call->values[place] = g->all[place]->value ? optarg : "";
    }
    call->out = screen_on(stdout, colour);
    call->err = screen_on(stderr, colour);
    return parsed;
}

static int check_count(const struct call *call)
{
    if (call->n_args < call->verb->args_min)
        (void)call_trouble(call, "an argument is missing"); /* the status follows */
    else if (call->n_args > call->verb->args_max)
        (void)call_trouble(call, "'%s' is one argument too many",
                           call->args[call->verb->args_max]); /* the status follows */
    else
        return VERB_FINE;
    return usage_trouble(call);
}

int verb_call(const struct verb *verb, int argc, char **argv)
{
    struct grammar g = {0};
    struct call call = {
        .verb = verb, .out = screen_on(stdout, SCREEN_AUTO), .err = screen_on(stderr, SCREEN_AUTO)};
    char name[64];

    (void)snprintf(name, sizeof(name), "couac %s", argv[0]); /* getopt's messages begin with it */
    argv[0] = name;
    build_grammar(&g, verb);
    optind = 1;
    switch (parse_options(&call, &g, argc, argv)) {
    case PARSED_HELP:
        verb_help(verb, &call.out);
        return VERB_FINE;
    case PARSED_WRONG:
        return usage_trouble(&call);
    case PARSED_RUN:
        break;
    }
    call.args = argv + optind;
    call.n_args = (size_t)(argc - optind);
    int status = check_count(&call);

    return status == VERB_FINE ? verb->run(&call) : status;
}

const char *call_option(const struct call *call, const char *name)
{
    const struct verb_option *options = call->verb->options;

    for (size_t i = 0; options && options[i].name; i++)
        if (strcmp(options[i].name, name) == 0)
            return call->values[i];
    assert(!"an option that the verb's table does not have");
    return NULL;
}

int call_number(const struct call *call, const char *name, size_t least, size_t *ret)
{
    const char *given = call_option(call, name);
    int64_t n;

    if (!given)
        return VERB_FINE;
    if (!str_to_i64(str_of(given), &n) || n < (int64_t)least)
        return call_trouble(call, "--%s takes a whole number from %zu, not '%s'", name, least,
                            given);
    *ret = (size_t)n;
    return VERB_FINE;
}
