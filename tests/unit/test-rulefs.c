#include "lib/host/rulefs.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/unit.h"

struct fixture {
    char folder[64], path[128];
    struct rulefs fs;
    struct diags diags;
};

static const char *path_in(struct fixture *f, const char *name)
{
    (void)snprintf(f->path, sizeof(f->path), "%s/%s", f->folder, name); /* short names */
    return f->path;
}

static void put(struct fixture *f, const char *name, const char *text)
{
    FILE *file = fopen(path_in(f, name), "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(f->path, 0644), 0);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    if (!f)
        return -1;
    strncpy(f->folder, "/tmp/couac-rulefs-XXXXXX", sizeof(f->folder) - 1);
    rulefs_init(&f->fs);
    diags_init(&f->diags);
    *state = f;
    return mkdtemp(f->folder) ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    char command[128];

    (void)snprintf(command, sizeof(command), "rm -rf '%s'", f->folder); /* fits */
    rulefs_done(&f->fs);
    diags_done(&f->diags);
    int status = system(command); /* NOLINT(cert-env33-c): our own folder */

    free(f);
    return status;
}

static void assert_one_error(const struct fixture *f, const char *part)
{
    if (f->diags.n_errors != 1 || str_find(f->diags.items[0].message, str_of(part), 0) == SIZE_MAX)
        fail_msg("%zu errors, the first: %.*s", f->diags.n_errors,
                 STR_ARG(f->diags.n ? f->diags.items[0].message : STR("none")));
}

static void a_folder_is_read_in_the_order_of_names(void **state)
{
    struct fixture *f = *state;

    put(f, "b.yaml", "couac: 1\n");
    put(f, "B.yaml", "couac: 1\n# B\n");
    put(f, "a.yaml", "couac: 1\n# a\n");
    put(f, ".a.yaml", "x");
    put(f, "a.yaml~", "x");
    put(f, "notes.txt", "x");
    rulefs_add(&f->fs, str_of(f->folder), RULE_USER, &f->diags);
    assert_int_equal(f->diags.n, 0);
    assert_int_equal(f->fs.n, 3);
    assert_str_equal(f->fs.items[0].text, STR("couac: 1\n# B\n"));
    assert_str_equal(f->fs.items[1].file, str_of(path_in(f, "a.yaml")));
    assert_int_equal(f->fs.items[1].origin, RULE_USER);
    assert_str_equal(f->fs.items[2].file, str_of(path_in(f, "b.yaml")));
}

static void a_file_named_twice_is_read_once(void **state)
{
    struct fixture *f = *state;

    put(f, "a.yaml", "couac: 1\n");
    assert_int_equal(symlink("a.yaml", path_in(f, "link.yaml")), 0);
    rulefs_add(&f->fs, str_of(f->folder), RULE_USER, &f->diags);
    rulefs_add(&f->fs, str_of(path_in(f, "a.yaml")), RULE_USER, &f->diags);
    assert_int_equal(f->diags.n, 0);
    assert_int_equal(f->fs.n, 1);
}

static void shared_words_are_marked(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(mkdir(path_in(f, "words"), 0755), 0);
    put(f, "words/a.yaml", "couac: 1\n");
    rulefs_add_shared(&f->fs, str_of(f->folder), &f->diags);
    assert_int_equal(f->diags.n, 0);
    assert_int_equal(f->fs.items[0].origin, RULE_SHARED);
}

static void what_anyone_may_write_is_refused(void **state)
{
    struct fixture *f = *state;

    put(f, "a.yaml", "couac: 1\n");
    put(f, "b.yaml", "couac: 1\n");
    assert_int_equal(chmod(f->path, 0666), 0);
    rulefs_add(&f->fs, str_of(f->folder), RULE_USER, &f->diags);
    assert_one_error(f, "anyone may write this file");
    assert_str_equal(f->diags.items[0].at.file, str_of(path_in(f, "b.yaml")));
    assert_int_equal(f->fs.n, 1);
}

static void a_folder_anyone_may_write_to_is_refused(void **state)
{
    struct fixture *f = *state;

    put(f, "a.yaml", "couac: 1\n");
    assert_int_equal(chmod(f->folder, 0777), 0);
    rulefs_add(&f->fs, str_of(f->folder), RULE_USER, &f->diags);
    assert_one_error(f, "anyone may write to this folder");
    assert_int_equal(chmod(f->folder, 01777), 0);
    rulefs_add(&f->fs, str_of(f->folder), RULE_USER, &f->diags);
    assert_int_equal(f->fs.n, 1);
}

static void a_fifo_does_not_hang_the_reader(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(mkfifo(path_in(f, "a.yaml"), 0600), 0);
    rulefs_add(&f->fs, str_of(f->path), RULE_USER, &f->diags);
    assert_one_error(f, "no regular file");
}

static void devices_and_absent_files_are_errors(void **state)
{
    struct fixture *f = *state;

    rulefs_add(&f->fs, STR("/dev/null"), RULE_USER, &f->diags);
    rulefs_add(&f->fs, str_of(path_in(f, "none.yaml")), RULE_USER, &f->diags);
    assert_int_equal(f->diags.n_errors, 2);
    assert_str_equal(f->diags.items[1].message, STR("No such file or directory"));
}

static void a_large_file_is_refused(void **state)
{
    struct fixture *f = *state;

    put(f, "a.yaml", "couac: 1\n");
    assert_int_equal(truncate(f->path, RULEFS_FILE_BYTES + 1), 0);
    rulefs_add(&f->fs, str_of(f->folder), RULE_USER, &f->diags);
    assert_one_error(f, "larger than 1 MiB");
}

static void a_folder_without_rules_is_an_error(void **state)
{
    struct fixture *f = *state;

    put(f, "a.yml", "couac: 1\n");
    rulefs_add(&f->fs, str_of(f->folder), RULE_USER, &f->diags);
    assert_int_equal(f->diags.n_warnings, 1);
    assert_int_equal(f->diags.n_errors, 1);
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(a_folder_is_read_in_the_order_of_names),
        WITH_FOLDER(a_file_named_twice_is_read_once),
        WITH_FOLDER(shared_words_are_marked),
        WITH_FOLDER(what_anyone_may_write_is_refused),
        WITH_FOLDER(a_folder_anyone_may_write_to_is_refused),
        WITH_FOLDER(a_fifo_does_not_hang_the_reader),
        WITH_FOLDER(devices_and_absent_files_are_errors),
        WITH_FOLDER(a_large_file_is_refused),
        WITH_FOLDER(a_folder_without_rules_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
