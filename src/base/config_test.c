#include "base/config.h"
#include "base/fs.h"
#include "base/test.h"
#include <stdlib.h>

struct settings {
    const char *listen, *name, *token;
    uint64_t lease_ms, wide;
    bool verbose;
};

static const struct config_item items[] = {
    CONFIG_STR(struct settings, listen, "TEST_LISTEN", "127.0.0.1:0", "address to listen on"),
    CONFIG_STR(struct settings, name, "TEST_NAME", NULL, "name of this worker"),
    CONFIG_SECRET(struct settings, token, "TEST_TOKEN", "none", "token of the coordinator"),
    CONFIG_U64(struct settings, lease_ms, "TEST_LEASE_MS", 60000, 1000, 3600000, "how long a claim lasts"),
    CONFIG_U64(struct settings, wide, "TEST_WIDE", 0, 0, UINT64_MAX, "any number"),
    CONFIG_FLAG(struct settings, verbose, "TEST_VERBOSE", "say more"),
    {0},
};

static int clear_environment(void **state)
{
    (void)state;
    unsetenv("TEST_TOKEN_FILE");
    for (const struct config_item *item = items; item->name; item++)
        unsetenv(item->name);
    return setenv("TEST_NAME", "w1", 1);
}

static struct arena arena;

static struct err *load(int argc, char *const *argv, struct settings *out)
{
    return config_load(items, argc, argv, &arena, out);
}

#define LOAD(out, ...) \
    load((int)(sizeof(char *[]){"program", ##__VA_ARGS__} / sizeof(char *)), (char *[]){"program", ##__VA_ARGS__}, out)

static void test_defaults(void **state)
{
    (void)state;
    struct settings s;
    assert_ok(LOAD(&s));
    assert_string_equal(s.listen, "127.0.0.1:0");
    assert_string_equal(s.name, "w1");
    assert_int_equal(s.lease_ms, 60000);
    assert_false(s.verbose);
}

static void test_arguments_win_over_the_environment(void **state)
{
    (void)state;
    struct settings s;
    setenv("TEST_LISTEN", "0.0.0.0:1", 1);
    setenv("TEST_LEASE_MS", "2000", 1);
    setenv("TEST_VERBOSE", "true", 1);
    assert_ok(LOAD(&s, "--test-listen", "0.0.0.0:2"));
    assert_string_equal(s.listen, "0.0.0.0:2");
    assert_int_equal(s.lease_ms, 2000);
    assert_true(s.verbose);
    setenv("TEST_VERBOSE", "0", 1);
    assert_ok(LOAD(&s, "--test-verbose", "--test-lease-ms", "3000"));
    assert_true(s.verbose);
    assert_int_equal(s.lease_ms, 3000);
}

static void test_a_missing_setting_is_named_with_its_meaning(void **state)
{
    (void)state;
    struct settings s;
    unsetenv("TEST_NAME");
    assert_fails(LOAD(&s), ERR_INVALID, "setting TEST_NAME is missing: name of this worker");
}

static void test_numbers_are_exact_and_within_bounds(void **state)
{
    (void)state;
    static char *const wrong[] = {"",
                                  "x",
                                  "-1",
                                  "+2000",
                                  " 2000",
                                  "2000 ",
                                  "2000ms",
                                  "0x7d0",
                                  "999",
                                  "3600001",
                                  "18446744073709551616",
                                  "99999999999999999999999999"};
    struct settings s;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        AUTO(err) struct err *e = LOAD(&s, "--test-lease-ms", wrong[i]);
        assert_non_null(e);
        assert_int_equal(err_code(e), ERR_INVALID);
    }
    assert_fails(LOAD(&s, "--test-lease-ms", "5"), ERR_INVALID, "TEST_LEASE_MS is `5`, expected a number from 1000 to 3600000");
    assert_ok(LOAD(&s, "--test-wide", "18446744073709551615"));
    assert_true(s.wide == UINT64_MAX);
    AUTO(err) struct err *e = LOAD(&s, "--test-wide", "18446744073709551616");
    assert_non_null(e);
}

static void test_a_flag_is_one_of_four_words(void **state)
{
    (void)state;
    struct settings s;
    setenv("TEST_VERBOSE", "maybe", 1);
    assert_fails(LOAD(&s), ERR_INVALID, "TEST_VERBOSE is `maybe`, expected 1, true, 0 or false");
}

static void test_unknown_and_unfinished_arguments(void **state)
{
    (void)state;
    struct settings s;
    assert_fails(LOAD(&s, "--colour"), ERR_INVALID, "unknown argument `--colour`; --help lists what there is");
    assert_fails(LOAD(&s, "listen"), ERR_INVALID, "unknown argument `listen`; --help lists what there is");
    assert_fails(LOAD(&s, "--test-listen"), ERR_INVALID, "--test-listen needs a value");
}

static void test_a_secret_is_no_argument_and_never_shown(void **state)
{
    (void)state;
    struct settings s;
    assert_fails(LOAD(&s, "--test-token", "hush"), ERR_INVALID, "unknown argument `--test-token`; --help lists what there is");
    assert_fails(LOAD(&s, "--test-token=hush"), ERR_INVALID, "unknown argument `--test-token`; --help lists what there is");
    setenv("TEST_TOKEN", "hush", 1);
    assert_ok(LOAD(&s));
    assert_string_equal(s.token, "hush");
}

static void test_a_secret_may_stand_in_a_file(void **state)
{
    (void)state;
    struct settings s;
    char path[] = "/tmp/config_test.XXXXXX";
    AUTO(fd) int fd = mkstemp(path);
    assert_ok(fs_write_fd(fd, path, SLICE("hush\n")));
    setenv("TEST_TOKEN_FILE", path, 1);
    assert_ok(LOAD(&s));
    assert_string_equal(s.token, "hush");
    unlink(path);
    AUTO(err) struct err *e = LOAD(&s);
    assert_non_null(e);
    assert_int_equal(err_code(e), ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_defaults, clear_environment),
        cmocka_unit_test_setup(test_arguments_win_over_the_environment, clear_environment),
        cmocka_unit_test_setup(test_a_missing_setting_is_named_with_its_meaning, clear_environment),
        cmocka_unit_test_setup(test_numbers_are_exact_and_within_bounds, clear_environment),
        cmocka_unit_test_setup(test_a_flag_is_one_of_four_words, clear_environment),
        cmocka_unit_test_setup(test_unknown_and_unfinished_arguments, clear_environment),
        cmocka_unit_test_setup(test_a_secret_is_no_argument_and_never_shown, clear_environment),
        cmocka_unit_test_setup(test_a_secret_may_stand_in_a_file, clear_environment),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(&arena);
    return failed;
}
