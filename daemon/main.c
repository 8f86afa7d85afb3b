/* couacd - listens to feeds, judges posts against the company's promises, and
 * queues alerts in Redis. See couacd --help. */

#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

#include "daemon/app.h"
#include "daemon/dead.h"
#include "daemon/rulebook.h"
#include "daemon/core/build.h"
#include "daemon/core/log.h"
#include "lib/base/diag.h"
#include "lib/rule/ruleset.h"

static const char default_config[] = COUAC_SYSCONF "/couac/couac.yaml";

static const char help[] =
    "couacd - tells the owner of a promise when a post in public contradicts it\n"
    "\n"
    "usage: couacd [--config FILE]\n"
    "\n"
    "  -c, --config FILE   configuration (default %s)\n"
    "      --check-config  read the configuration and the rules, say what is wrong, and end\n"
    "      --print-defaults  print a commented configuration with all settings\n"
    "      --dead list     list the rows that Redis refused for good\n"
    "      --dead retry    queue them again, under new numbers and the same ids\n"
    "      --version       print the version\n"
    "  -h, --help          print this\n"
    "\n"
    "signals: HUP reads configuration and rules again (errors keep the old ones);\n"
    "TERM and INT commit what has come and leave.\n"
    "exit: 0 as asked, 64 wrong usage, 75 the state cannot be used now, 78 the\n"
    "configuration or a rule file is wrong.\n";

enum action {
    ACT_RUN,
    ACT_DEAD_LIST,
    ACT_DEAD_RETRY,
    ACT_CHECK,
    ACT_DEFAULTS,
    ACT_VERSION,
    ACT_HELP,
    ACT_WRONG
};

static enum action dead_action(const char *verb)
{
    if (strcmp(verb, "list") == 0)
        return ACT_DEAD_LIST;
    if (strcmp(verb, "retry") == 0)
        return ACT_DEAD_RETRY;
    fprintf(stderr, "couacd: --dead wants 'list' or 'retry', not '%s'\n", verb);
    return ACT_WRONG;
}

static enum action read_options(int argc, char **argv, const char **ret_config)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"check-config", no_argument, NULL, 'k'},
        {"print-defaults", no_argument, NULL, 'p'},
        {"version", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},
        {"dead", required_argument, NULL, 'd'},
        {0},
    };
    enum action action = ACT_RUN;
    int option;

    while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
        switch (option) {
        case 'c':
            *ret_config = optarg;
            break;
        case 'k':
            action = ACT_CHECK;
            break;
        case 'p':
            action = ACT_DEFAULTS;
            break;
        case 'd':
            action = dead_action(optarg);
            if (action == ACT_WRONG)
                return action;
            break;
        case 'v':
            action = ACT_VERSION;
            break;
        case 'h':
            return ACT_HELP;
        default:
            return ACT_WRONG;
        }
    }
    if (optind == argc)
        return action;
    fprintf(stderr, "couacd: '%s' is one argument too many\n", argv[optind]);
    return ACT_WRONG;
}

static int print_defaults(void)
{
    struct sbuf text = SBUF_INIT(1 << 20);

    config_print_defaults(&text);
    bool written = fwrite(text.p, 1, text.n, stdout) == text.n && fflush(stdout) == 0;

    sbuf_done(&text);
    return written ? 0 : 1;
}

/* For people at a terminal: with the quoted line and a mark under it. */
static void show(struct diags *diags)
{
    struct sbuf text = SBUF_INIT(4 << 20);

    diags_sort(diags);
    for (size_t i = 0; i < diags->n; i++)
        diag_write(&diags->items[i], isatty(STDERR_FILENO) ? DIAG_COLOUR : DIAG_PLAIN, &text);
    (void)fwrite(text.p ? text.p : "", 1, text.n, stderr); /* nobody to be told */
    sbuf_done(&text);
}

static int load(const char *path, struct diags *diags, struct config **ret_config,
                struct ruleset **ret_set)
{
    CLEANUP(config_freep) struct config *config = config_load(path, diags);

    if (!config)
        return APP_EX_CONFIG;
    *ret_set = rulebook_load(config, diags);
    if (!*ret_set)
        return APP_EX_CONFIG;
    *ret_config = TAKE(config);
    return 0;
}

static int check(const char *path)
{
    struct config *config = NULL;
    struct ruleset *set = NULL;
    struct diags diags;
    int status;

    diags_init(&diags);
    status = load(path, &diags, &config, &set);
    show(&diags);
    if (status == 0)
        printf("%s: %zu source%s, %zu promise%s\n", path, config->n_sources,
               config->n_sources == 1 ? "" : "s", set->n_promises, set->n_promises == 1 ? "" : "s");
    else
        fprintf(stderr, "%zu errors, %zu warnings\n", diags.n_errors, diags.n_warnings);
    diags_done(&diags);
    ruleset_unref(set);
    config_free(config);
    return status;
}

static int run(const char *path)
{
    struct config *config = NULL;
    struct ruleset *set = NULL;
    struct diags diags;
    int status;

    diags_init(&diags);
    status = load(path, &diags, &config, &set);
    if (config)
        log_setup((enum log_level)config->log_level, (enum log_format)config->log_format);
    app_log_diags(&diags);
    if (status)
        log_error("couacd.refused", LOG_STR("config", path), LOG_INT("errors", diags.n_errors));
    diags_done(&diags);
    return status ? status : app_run(config, set);
}

/* Beside a running couacd or without one; the rules need not be right for it. */
static int dead(const char *path, enum action action)
{
    CLEANUP(config_freep) struct config *config = NULL;
    struct diags diags;
    int status = APP_EX_CONFIG;

    diags_init(&diags);
    config = config_load(path, &diags);
    show(&diags);
    diags_done(&diags);
    if (config)
        status = action == ACT_DEAD_LIST ? dead_list(config) : dead_retry(config);
    return status;
}

int main(int argc, char **argv)
{
    const char *config = default_config;

    enum action action = read_options(argc, argv, &config);

    switch (action) {
    case ACT_RUN:
        return run(config);
    case ACT_CHECK:
        return check(config);
    case ACT_DEAD_LIST:
    case ACT_DEAD_RETRY:
        return dead(config, action);
    case ACT_DEFAULTS:
        return print_defaults();
    case ACT_VERSION:
        puts("couacd " COUAC_VERSION);
        return 0;
    case ACT_HELP:
        printf(help, default_config);
        return 0;
    case ACT_WRONG:
        break;
    }
    fputs("couacd: try couacd --help\n", stderr);
    return APP_EX_USAGE;
}
