#include "base/fs.h"
#include "base/test.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char root[64];

static int make_root(void **state)
{
    (void)state;
    strcpy(root, "/tmp/fs_test.XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
    (void)state;
    err_free(fs_remove_tree(root));
    return 0;
}

/* A path below the test's folder, valid until the next but three calls. */
static const char *below(const char *name)
{
    static char paths[4][128];
    static unsigned turn;
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", root, name);
    return path;
}

static void test_what_is_written_is_read(void **state)
{
    (void)state;
    AUTO(buf) struct buf text = {0};
    assert_ok(fs_write_atomic(below("a"), SLICE("one"), 0600));
    assert_ok(fs_write_atomic(below("a"), SLICE("two\0three"), 0640));
    buf_append_str(&text, ">");
    assert_ok(fs_read(below("a"), 9, &text));
    assert_true(slice_eq(buf_slice(&text), SLICE(">two\0three")));
    struct stat st;
    assert_int_equal(stat(below("a"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
}

static void test_a_write_leaves_no_other_file(void **state)
{
    (void)state;
    assert_ok(fs_write_atomic(below("a"), SLICE("x"), 0600));
    assert_int_equal(unlink(below("a")), 0);
    assert_int_equal(rmdir(root), 0);
    AUTO(err) struct err *e = fs_write_atomic(below("a"), SLICE("x"), 0600);
    assert_int_equal(err_code(e), ERR_UNAVAILABLE);
    assert_int_equal(mkdir(root, 0700), 0);
    assert_int_equal(mkdir(below("a"), 0700), 0);
    AUTO(err) struct err *over_folder = fs_write_atomic(below("a"), SLICE("x"), 0600);
    assert_non_null(over_folder);
    assert_int_equal(rmdir(below("a")), 0);
    assert_int_equal(rmdir(root), 0);
}

static void test_reading_is_bounded(void **state)
{
    (void)state;
    AUTO(buf) struct buf text = {0};
    assert_ok(fs_write_atomic(below("a"), SLICE("0123456789"), 0600));
    assert_ok(fs_read(below("a"), 10, &text));
    AUTO(err) struct err *e = fs_read(below("a"), 9, &text);
    assert_int_equal(err_code(e), ERR_LIMIT);
    AUTO(err) struct err *endless = fs_read("/dev/zero", 1 << 20, &text);
    assert_int_equal(err_code(endless), ERR_LIMIT);
}

static void test_what_is_missing_is_not_found(void **state)
{
    (void)state;
    AUTO(buf) struct buf text = {0};
    AUTO(err) struct err *e = fs_read(below("missing"), 9, &text);
    assert_int_equal(err_code(e), ERR_NOT_FOUND);
    assert_non_null(strstr(err_text(e), "missing: No such file"));
    AUTO(err) struct err *folder = fs_read(root, 9, &text);
    assert_int_equal(err_code(folder), ERR_UNAVAILABLE);
}

static void test_folders_are_made_with_their_parents_for_the_owner_only(void **state)
{
    (void)state;
    struct stat st;
    assert_ok(fs_make_dirs(below("x/y//z")));
    assert_ok(fs_make_dirs(below("x/y/z/")));
    assert_int_equal(stat(below("x/y"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
}

static void test_a_file_in_the_way_of_a_folder_is_an_error(void **state)
{
    (void)state;
    assert_ok(fs_write_atomic(below("a"), SLICE(""), 0600));
    AUTO(err) struct err *last = fs_make_dirs(below("a"));
    assert_non_null(last);
    AUTO(err) struct err *inner = fs_make_dirs(below("a/b"));
    assert_non_null(inner);
    AUTO(err) struct err *empty = fs_make_dirs("");
    assert_non_null(empty);
}

static void test_a_tree_is_removed_without_following_links(void **state)
{
    (void)state;
    assert_ok(fs_make_dirs(below("kept")));
    assert_ok(fs_write_atomic(below("kept/file"), SLICE("x"), 0600));
    assert_ok(fs_make_dirs(below("gone/deep")));
    assert_ok(fs_write_atomic(below("gone/deep/file"), SLICE("x"), 0600));
    assert_int_equal(symlink(below("kept"), below("gone/link")), 0);
    assert_ok(fs_remove_tree(below("gone")));
    assert_false(fs_exists(below("gone")));
    assert_true(fs_exists(below("kept/file")));
    assert_ok(fs_remove_tree(below("gone")));
}

static void test_a_descriptor_that_cannot_be_written_is_an_error(void **state)
{
    (void)state;
    AUTO(fd) int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    AUTO(err) struct err *e = fs_write_fd(fd, "the report", SLICE("x"));
    assert_non_null(strstr(err_text(e), "writing the report: No space left"));
}

#define WITH_ROOT(test) cmocka_unit_test_setup_teardown(test, make_root, remove_root)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ROOT(test_what_is_written_is_read),
        WITH_ROOT(test_a_write_leaves_no_other_file),
        WITH_ROOT(test_reading_is_bounded),
        WITH_ROOT(test_what_is_missing_is_not_found),
        WITH_ROOT(test_folders_are_made_with_their_parents_for_the_owner_only),
        WITH_ROOT(test_a_file_in_the_way_of_a_folder_is_an_error),
        WITH_ROOT(test_a_tree_is_removed_without_following_links),
        WITH_ROOT(test_a_descriptor_that_cannot_be_written_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
