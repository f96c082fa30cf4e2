#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/test.h"
#include "engine/artifact.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

static char dir[64];
static const struct hash code = {{1, 2, 3}};

static int set_up(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/outlayer-artifact-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    err_free(fs_remove_tree(dir));
    return 0;
}

static struct artifact_store *opened(const char *label)
{
    struct artifact_store *s = NULL;
    assert_null(artifact_store_open(dir, label, 1 << 20, &s));
    return s;
}

static void put(struct artifact_store *s, const struct hash *of, const char *text)
{
    AUTO(fd) int fd = -1;
    assert_null(memory_file_new("test", slice_str(text), &fd));
    assert_null(artifact_put(s, of, fd));
}

static void assert_there(struct artifact_store *s, const struct hash *of, const char *text)
{
    AUTO(fd) int fd = -1;
    char bytes[100] = "";
    assert_null(artifact_get(s, of, &fd));
    assert_int_equal(pread(fd, bytes, sizeof bytes, 0), strlen(text));
    assert_string_equal(bytes, text);
    assert_int_equal(pwrite(fd, "x", 1, 0), -1); /* sealed */
    assert_int_equal(errno, EPERM);
}

static void assert_code(struct artifact_store *s, const struct hash *of, enum err_code expected)
{
    int fd = -1;
    struct err *e = artifact_get(s, of, &fd);
    assert_non_null(e);
    assert_int_equal(err_code(e), expected);
    assert_int_equal(fd, -1);
    err_free(e);
}

static void path_of(const struct hash *of, const char *label, char out[200])
{
    char hex[HASH_HEX_MAX];
    snprintf(out, 200, "%s/%s.%s", dir, hash_hex(of, hex), label);
}

static void what_is_put_is_there_also_after_reopening(void **state)
{
    (void)state;
    struct artifact_store *s = opened("label");
    assert_code(s, &code, ERR_NOT_FOUND);
    put(s, &code, "native code");
    assert_there(s, &code, "native code");
    put(s, &code, "newer code");
    artifact_store_close(s);
    s = opened("label");
    assert_there(s, &code, "newer code");
    artifact_remove(s, &code);
    assert_code(s, &code, ERR_NOT_FOUND);
    artifact_store_close(s);
}

static void the_key_is_secret_and_of_one_size(void **state)
{
    (void)state;
    struct stat st;
    char path[100];
    struct artifact_store *s = opened("label");
    snprintf(path, sizeof path, "%s/key", dir);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(st.st_size, 32);
    artifact_store_close(s);
    assert_null(fs_write_atomic(path, SLICE("short"), 0600));
    struct err *e = artifact_store_open(dir, "label", 1 << 20, &s);
    assert_int_equal(err_code(e), ERR_INVALID);
    assert_non_null(strstr(err_text(e), "a key is 32"));
    err_free(e);
}

static void any_flipped_bit_is_found_and_the_file_removed(void **state)
{
    (void)state;
    static const char text[] = "native code";
    char path[200];
    struct artifact_store *s = opened("label");
    path_of(&code, "label", path);
    for (size_t at = 0; at < 32 + sizeof text - 1; at++) {
        AUTO(buf) struct buf bytes = {0};
        put(s, &code, text);
        assert_null(fs_read(path, 1000, &bytes));
        bytes.ptr[at] ^= 1;
        assert_null(fs_write_atomic(path, buf_slice(&bytes), 0600));
        assert_code(s, &code, ERR_INVALID);
        assert_code(s, &code, ERR_NOT_FOUND);
    }
    artifact_store_close(s);
}

static void a_cut_or_longer_file_is_found(void **state)
{
    (void)state;
    char path[200];
    struct artifact_store *s = opened("label");
    path_of(&code, "label", path);
    AUTO(buf) struct buf bytes = {0};
    put(s, &code, "native code");
    assert_null(fs_read(path, 1000, &bytes));
    for (size_t len = 0; len < bytes.len; len++) {
        assert_null(fs_write_atomic(path, slice_first(buf_slice(&bytes), len), 0600));
        assert_code(s, &code, ERR_INVALID);
    }
    buf_append_byte(&bytes, 0);
    assert_null(fs_write_atomic(path, buf_slice(&bytes), 0600));
    assert_code(s, &code, ERR_INVALID);
    artifact_store_close(s);
}

/* A good file under another program's name, another engine's name, or of another key. */
static void a_file_is_good_in_its_place_only(void **state)
{
    (void)state;
    char from[200], to[200], key[100];
    const struct hash other = {{9}};
    struct artifact_store *s = opened("label");
    put(s, &code, "native code");
    path_of(&code, "label", from);
    path_of(&other, "label", to);
    assert_int_equal(link(from, to), 0);
    assert_code(s, &other, ERR_INVALID);

    struct artifact_store *newer = opened("label-2");
    path_of(&code, "label-2", to);
    assert_int_equal(link(from, to), 0);
    assert_code(newer, &code, ERR_INVALID);
    artifact_store_close(newer);

    artifact_store_close(s);
    snprintf(key, sizeof key, "%s/key", dir);
    assert_null(fs_write_atomic(key, SLICE("another key of exactly 32 bytes!"), 0600));
    s = opened("label");
    assert_code(s, &code, ERR_INVALID);
    artifact_store_close(s);
}

static void nothing_is_left_in_the_folder(void **state)
{
    (void)state;
    AUTO(fd) int empty = -1;
    struct artifact_store *s = opened("label");
    put(s, &code, "native code");
    assert_null(memory_file_new("test", (struct slice){0}, &empty));
    struct err *e = artifact_put(s, &code, empty);
    assert_int_equal(err_code(e), ERR_INVALID);
    err_free(e);
    artifact_store_close(s);
    char command[200];
    snprintf(command, sizeof command, "test $(ls %s | wc -l) = 2", dir);
    assert_int_equal(system(command), 0);
}

/* Three artifacts of almost 400 bytes do not fit in 1000: the one that was not used for longest goes, whatever its label. */
static void the_least_recently_used_make_room(void **state)
{
    (void)state;
    static const struct hash codes[] = {{{1}}, {{2}}, {{3}}, {{4}}};
    char text[368] = "", old[200];
    struct artifact_store *s = NULL, *former = NULL;
    memset(text, 'x', sizeof text - 1);
    assert_ok(artifact_store_open(dir, "former", 1000, &former));
    assert_ok(artifact_store_open(dir, "label", 1000, &s));
    put(former, &codes[0], text);
    put(s, &codes[0], text);
    usleep(20000); /* the clock of files is coarse */
    artifact_touch(former, &codes[0]);
    usleep(20000);
    put(s, &codes[1], text);
    path_of(&codes[0], "former", old);
    assert_true(fs_exists(old));
    assert_code(s, &codes[0], ERR_NOT_FOUND);
    usleep(20000);
    AUTO(fd) int fd = -1;
    assert_ok(artifact_get(former, &codes[0], &fd)); /* a use too */
    usleep(20000);
    put(s, &codes[2], text);
    assert_true(fs_exists(old));
    assert_code(s, &codes[1], ERR_NOT_FOUND);
    artifact_store_close(former);
    artifact_store_close(s);

    assert_ok(artifact_store_open(dir, "label", 10, &s));
    put(s, &codes[3], "longer than the bound, but the newest");
    assert_there(s, &codes[3], "longer than the bound, but the newest");
    assert_code(s, &codes[2], ERR_NOT_FOUND);
    artifact_store_close(s);
    s = opened("label"); /* the key is not evicted */
    assert_there(s, &codes[3], "longer than the bound, but the newest");
    artifact_store_close(s);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(what_is_put_is_there_also_after_reopening),
        IN_FOLDER(the_key_is_secret_and_of_one_size),
        IN_FOLDER(any_flipped_bit_is_found_and_the_file_removed),
        IN_FOLDER(a_cut_or_longer_file_is_found),
        IN_FOLDER(a_file_is_good_in_its_place_only),
        IN_FOLDER(nothing_is_left_in_the_folder),
        IN_FOLDER(the_least_recently_used_make_room),
    };
    log_start("artifact_test", LOG_ERROR);
    return cmocka_run_group_tests_name("artifact", tests, NULL, NULL);
}
