#include "daemon/core/log.h"

#include <errno.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static void shows(struct log_field f, const char *want)
{
    struct sbuf out = SBUF_INIT(4000);

    log_value(&f, &out);
    assert_str_equal(sbuf_str(&out), str_of(want));
    sbuf_done(&out);
}

static void what_could_drive_a_terminal_is_escaped(void **state)
{
    (void)state;
    shows(LOG_STR("k", "d\xc3\xa9j\xc3\xa0 vu"), "d\xc3\xa9j\xc3\xa0 vu");
    shows(LOG_STR("k", "a\nb\033[31m\177"), "a\\u{a}b\\u{1b}[31m\\u{7f}");
    shows(LOG_STR("k", "\xe2\x80\xae"
                       "evil\xc2\x9b"),
          "\\u{202e}evil\\u{9b}");
    shows(LOG_STR("k", "\xff\xc0\xaf\xed\xa0\x80\xe2\x82"),
          "\\xff\\xc0\\xaf\\xed\\xa0\\x80\\xe2\\x82");
}

static void urls_are_shown_without_their_secrets(void **state)
{
    (void)state;
    shows(LOG_URL("url", STR("https://u:p@ss@host.example/a/b?token=1#x")),
          "https://host.example/a/b?\xe2\x80\xa6");
    shows(LOG_URL("url", STR("https://host.example")), "https://host.example");
    shows(LOG_URL("url", STR("https://host.example/@x/1")), "https://host.example/@x/1");
    shows(LOG_URL("url", STR("u:p@h?q")), "h?\xe2\x80\xa6");
    shows(LOG_URL("url", STR("http://h#a@b")), "http://h#\xe2\x80\xa6");
}

static void numbers_and_errors_are_typed(void **state)
{
    (void)state;
    shows(LOG_INT("n", -5), "-5");
    shows(LOG_REAL("r", 2.5), "2.5");
    shows(LOG_ERRNO(-ENOENT), "No such file or directory");
}

/* What `fn` writes to stderr. */
static struct str captured(void (*fn)(void), char *buffer, size_t room)
{
    int pipe_fds[2], kept = dup(STDERR_FILENO);

    assert_int_equal(pipe(pipe_fds), 0);
    assert_true(dup2(pipe_fds[1], STDERR_FILENO) >= 0);
    fn();
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    close(kept);
    close(pipe_fds[1]);
    ssize_t n = read(pipe_fds[0], buffer, room);

    close(pipe_fds[0]);
    return str_make(buffer, n > 0 ? (size_t)n : 0);
}

static void speak(void)
{
    log_debug("not.shown");
    log_warn("poll.failed", LOG_STR("source", "blog \"x\""), LOG_MS("retry_in", 1500));
}

static void a_line_of_logfmt_quotes_what_needs_it(void **state)
{
    (void)state;
    char buffer[4000];

    log_setup(LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);
    struct str line = captured(speak, buffer, sizeof(buffer));

    assert_true(str_starts(line, STR("ts=20")));
    assert_true(str_ends(line, STR("Z level=warn event=poll.failed source=\"blog \\\"x\\\"\" "
                                   "retry_in_ms=1500\n")));
    assert_true(str_find(line, STR("not.shown"), 0) == SIZE_MAX);
}

static void repeat(void)
{
    for (int i = 0; i < 100; i++)
        log_info("same", LOG_STR("source", "a"), LOG_INT("i", i));
    log_info("same", LOG_STR("source", "b"), LOG_INT("i", 7777));
    log_flush_repeats(LOG_FLUSH_DUE); /* nothing is due within the minute */
    log_flush_repeats(LOG_FLUSH_ALL);
}

static void repeats_are_held_back_and_counted(void **state)
{
    (void)state;
    static char buffer[60000];

    log_setup(LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);
    struct str lines = captured(repeat, buffer, sizeof(buffer));

    assert_true(str_find(lines, STR("source=a i=4\n"), 0) != SIZE_MAX);
    assert_true(str_find(lines, STR("source=a i=5\n"), 0) == SIZE_MAX);
    assert_true(str_find(lines, STR("source=b i=7777\n"), 0) != SIZE_MAX);
    assert_true(str_find(lines, STR("event=log.repeated of=same subject=a times=95\n"), 0) !=
                SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_could_drive_a_terminal_is_escaped),
        cmocka_unit_test(urls_are_shown_without_their_secrets),
        cmocka_unit_test(numbers_and_errors_are_typed),
        cmocka_unit_test(a_line_of_logfmt_quotes_what_needs_it),
        cmocka_unit_test(repeats_are_held_back_and_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
