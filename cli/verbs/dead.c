/* The state file is couacd's, and so is what reads it: this asks the couacd that stands beside
 * this program, or else the one of PATH, and shows what it says. */

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/verbs/sourcefile.h"
#include "cli/verbs/verb.h"
#include "lib/data/json.h"

extern char **environ;

enum { PATH_BYTES = 4096, LINE_BYTES = 64 << 10 };

/* couacd's columns, in its order, as members. */
static const struct str columns[] = {{"seq", 3},   {"buried", 6}, {"stream", 6}, {"promise", 7},
                                     {"owner", 5}, {"id", 2},     {"reason", 6}};

static void find_couacd(char ret[PATH_BYTES])
{
    char self[PATH_BYTES];
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    int length;

    self[MAX(n, 0)] = '\0';
    length = snprintf(ret, PATH_BYTES, "%s/couacd", dirname(self));
    if (n <= 0 || length >= PATH_BYTES || access(ret, X_OK) < 0)
        (void)snprintf(ret, PATH_BYTES, "couacd"); /* of PATH */
}

/* Its standard output, to be closed by the caller; NULL after a word on standard error. */
static FILE *start(const struct call *call, const char *config, pid_t *ret_pid)
{
    char couacd[PATH_BYTES], file[PATH_BYTES];
    char config_option[] = "--config", dead_option[] = "--dead";
    char *const argv[] = {couacd, config_option, file, dead_option, call->args[0], NULL};
    posix_spawn_file_actions_t actions;
    int ends[2], rc;

    find_couacd(couacd);
    (void)snprintf(file, sizeof(file), "%s", config); /* a longer one names no file */
    if (pipe2(ends, O_CLOEXEC) < 0) {
        (void)call_trouble(call, "a pipe: %s", strerror(errno)); /* NULL */
        return NULL;
    }
    (void)posix_spawn_file_actions_init(&actions); /* no memory: then spawning fails */
    (void)posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    rc = posix_spawnp(ret_pid, couacd, &actions, NULL, argv, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)close(ends[1]);
    FILE *out = rc == 0 ? fdopen(ends[0], "r") : NULL;

    if (!out) {
        (void)close(ends[0]);
        (void)call_trouble(call, "%s: %s", couacd, strerror(rc ? rc : errno)); /* NULL */
    }
    return out;
}

static void write_row(struct json_writer *w, struct str rest)
{
    struct str value;
    int64_t seq;

    json_open_object(w);
    for (size_t i = 0; i < ARRAY_LEN(columns) && str_split(&rest, '\t', &value); i++) {
        if (i == 0 && str_to_i64(value, &seq))
            json_member_i64(w, columns[i], seq);
        else
            json_member_str(w, columns[i], value);
    }
    json_close_object(w);
}

/* "2 queued again" */
static void write_count(struct json_writer *w, struct str line)
{
    struct str number = STR_NONE;
    int64_t n = 0;

    if (str_split(&line, ' ', &number) && str_to_i64(number, &n)) {
        json_open_object(w);
        json_member_i64(w, STR("queued"), n);
        json_close_object(w);
    }
}

static void show_json(const struct call *call, struct str line)
{
    struct sbuf text = SBUF_INIT((size_t)LINE_BYTES * 6);
    struct json_writer w;

    json_writer_init(&w, &text);
    if (strcmp(call->args[0], "list") == 0)
        write_row(&w, line);
    else
        write_count(&w, line);
    sbuf_putc(&text, '\n');
    screen_raw(&call->out, sbuf_str(&text));
    sbuf_done(&text);
}

static void show(const struct call *call, FILE *in)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t n;

    while ((n = getline(&line, &room, in)) > 0) {
        size_t end = line[n - 1] == '\n' ? (size_t)n - 1 : (size_t)n;

        if (call->output == CALL_JSON)
            show_json(call, str_make(line, end));
        else
            screen_raw(&call->out, str_make(line, (size_t)n)); /* couacd made it safe */
    }
    free(line);
}

static int run_dead(const struct call *call)
{
    const char *what = call->args[0], *config;
    int status = 0;
    pid_t pid;

    if (strcmp(what, "list") != 0 && strcmp(what, "retry") != 0)
        return call_trouble(call, "list or retry, not '%s'", what);
    config = sourcefile_find(call);
    FILE *in = config ? start(call, config, &pid) : NULL;

    if (!in)
        return VERB_TROUBLE;
    show(call, in);
    (void)fclose(in); /* only read */
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? VERB_FINE : VERB_TROUBLE;
}

static const struct verb_option options[] = {
    {"config", 'c', "FILE", "couac.yaml; the one here by default, else /etc/couac/couac.yaml"},
    {0},
};

const struct verb verb_dead = {
    .name = "dead",
    .summary = "list what Redis refused for good, or queue it again",
    .usage = "list|retry",
    .notes = "An event that Redis refuses three times alone is set aside, so that those behind it\n"
             "go on. list prints number, time, stream, promise, owner, id and the reason, between\n"
             "tabs; retry queues all again, under the same ids. Run it where couacd runs, as the\n"
             "user that may write its state:\n"
             "  sudo -u couac couac dead list\n",
    .options = options,
    .args_min = 1,
    .args_max = 1,
    .run = run_dead,
};
