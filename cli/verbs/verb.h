#pragma once

/* verb - what `couac` can be asked to do, and how it is asked.
 *
 * A verb is one file that defines `const struct verb verb_NAME`, its line in
 * the list of main.c, its line in meson.build and its entry in couac.1. The
 * frame parses the options, prints the help, counts the arguments and gives all
 * verbs --json, --color and --help.
 *
 *     static int run_items(const struct call *call)
 *     {
 *         const char *base = call_option(call, "url");     NULL: not given
 *         …
 *         return VERB_FINE;
 *     }
 *     static const struct verb_option options[] = {
 *         {"url", 'u', "BASE", "resolve relative links against BASE"}, {0}};
 *     const struct verb verb_items = {"items", "show the mentions of a feed document",
 *         "FILE", "FILE may be - for standard input.\n", options, 1, 1, run_items}; */

#include "cli/term/screen.h"

enum verb_exit {
    VERB_FINE = 0,
    VERB_FINDINGS = 1,      /* it worked, and there is something to look at */
    VERB_TROUBLE = 2,       /* wrong usage, or input that cannot be read */
    VERB_INTERRUPTED = 130, /* Ctrl-C; what was found so far is printed */
};

enum { VERB_OPTIONS_MAX = 16, VERB_ARGS_ANY = 1000000 };

struct verb_option {
    const char *name;  /* without the dashes; NULL ends the table */
    char letter;       /* 0: none */
    const char *value; /* name of its value in the help; NULL: a switch */
    const char *help;
};

enum call_output { CALL_TEXT, CALL_JSON };

struct call {
    const struct verb *verb;
    struct screen out, err; /* standard output and error */
    enum call_output output;
    char *const *args;
    size_t n_args;
    const char *values[VERB_OPTIONS_MAX]; /* in the order of verb->options */
};

struct verb {
    const char *name;
    const char *summary;               /* one line, no full stop */
    const char *usage;                 /* its arguments: "RULES [FILE]" */
    const char *notes;                 /* paragraphs and examples for --help; may be NULL */
    const struct verb_option *options; /* its own; NULL: none */
    size_t args_min, args_max;
    int (*run)(const struct call *call); /* returns an enum verb_exit */
};

/* Parses argv[1..] (argv[0] is the verb's name) and runs. */
int verb_call(const struct verb *verb, int argc, char **argv);
void verb_help(const struct verb *verb, const struct screen *out);

/* The value of an option, "" for a switch that is set, NULL when not given. */
const char *call_option(const struct call *call, const char *name);

/* An option that takes a whole number, at least `least`; *ret stays when it is not given.
 * VERB_FINE, or VERB_TROUBLE after a word. */
int call_number(const struct call *call, const char *name, size_t least, size_t *ret) MUST_CHECK;

/* "couac VERB: …" on standard error; returns VERB_TROUBLE. */
int call_trouble(const struct call *call, const char *format, ...) PRINTF_LIKE(2, 3);
