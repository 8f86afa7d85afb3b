/* couac - the tool with which people tune the rule files of couacd. */

#include <errno.h>
#include <locale.h>

#include "cli/term/interrupt.h"
#include "cli/verbs/verb.h"

/* One word a verb; each is defined in cli/verbs/NAME.c. */
#define VERBS(V)                                                                                   \
    V(init)                                                                                        \
    V(check)                                                                                       \
    V(test)                                                                                        \
    V(explain)                                                                                     \
    V(judge)                                                                                       \
    V(replay)                                                                                      \
    V(diff)                                                                                        \
    V(report)                                                                                      \
    V(suggest)                                                                                     \
    V(promise)                                                                                     \
    V(measure)                                                                                     \
    V(add)                                                                                         \
    V(import)                                                                                      \
    V(export)                                                                                      \
    V(connector)                                                                                   \
    V(items)                                                                                       \
    V(alerts)                                                                                      \
    V(forget)                                                                                      \
    V(dead)                                                                                        \
    V(promises)                                                                                    \
    V(sources)                                                                                     \
    V(schema)

#define DECLARE(name) extern const struct verb verb_##name;
#define POINT(name) &verb_##name,

VERBS(DECLARE)

static const struct verb *const verbs[] = {VERBS(POINT)};

static const struct verb *find_verb(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
        if (strcmp(verbs[i]->name, name) == 0)
            return verbs[i];
    return NULL;
}

static int print_help(const struct screen *out)
{
    screen_printf(out, "couac - tune the rules by which couacd hears broken promises\n\n"
                       "usage: couac VERB [OPTION]... [ARGUMENT]...\n\n");
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
        screen_printf(out, "  %-10s %s\n", verbs[i]->name, verbs[i]->summary);
    screen_printf(out, "\n'couac VERB --help' explains one of them; 'man couac' and "
                       "'man couac-rules'\nare the manual. Exit status: 0 fine, 1 findings, "
                       "2 wrong usage or unreadable\ninput, 130 interrupted.\n");
    return VERB_FINE;
}

static int unknown(const char *name)
{
    struct screen err = screen_on(stderr, SCREEN_AUTO);
    struct str names[ARRAY_LEN(verbs)];

    for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
        names[i] = str_of(verbs[i]->name);
    struct str near = diag_nearest(str_of(name), names, ARRAY_LEN(names));

    screen_printf(&err, "couac: there is no verb '");
    screen_text(&err, str_of(name));
    screen_printf(&err, "'.");
    if (near.n)
        screen_printf(&err, " Did you mean '%.*s'?", STR_ARG(near));
    screen_printf(&err, "\nTry 'couac --help'.\n");
    return VERB_TROUBLE;
}

static int help_on(const char *name)
{
    struct screen out = screen_on(stdout, SCREEN_AUTO);
    const struct verb *verb = name ? find_verb(name) : NULL;

    if (!name)
        return print_help(&out);
    if (!verb)
        return unknown(name);
    verb_help(verb, &out);
    return VERB_FINE;
}

static int dispatch(int argc, char **argv)
{
    struct screen out = screen_on(stdout, SCREEN_AUTO);
    struct str word = str_of(argc > 1 ? argv[1] : "");

    if (word.n == 0) {
        struct screen err = screen_on(stderr, SCREEN_AUTO);

        (void)print_help(&err); /* the status is another one here */
        return VERB_TROUBLE;
    }
    if (str_eq(word, STR("--help")) || str_eq(word, STR("-h")))
        return print_help(&out);
    if (str_eq(word, STR("help")))
        return help_on(argc > 2 ? argv[2] : NULL);
    if (str_eq(word, STR("--version")) || str_eq(word, STR("-V"))) {
        screen_printf(&out, "couac %s\n", COUAC_VERSION);
        return VERB_FINE;
    }
    const struct verb *verb = find_verb(argv[1]);

    return verb ? verb_call(verb, argc - 1, argv + 1) : unknown(argv[1]);
}

/* Wide characters in tables need a UTF-8 locale; numbers stay as in C. */
static void choose_locale(void)
{
    if (!setlocale(LC_CTYPE, "") || strcmp(setlocale(LC_CTYPE, NULL), "C") == 0)
        (void)setlocale(LC_CTYPE, "C.UTF-8"); /* absent: tables show escapes */
}

int main(int argc, char **argv)
{
    choose_locale();
    interrupt_listen();
    int status = dispatch(argc, argv);

    if (fflush(stdout) != 0 || ferror(stdout)) {
        (void)fprintf(stderr, "couac: standard output: %s\n", strerror(errno)); /* the last word */
        return VERB_TROUBLE;
    }
    return status;
}
