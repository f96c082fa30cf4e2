#include "base/fs.h"
#include "base/test.h"
#include "cli/keys.h"
#include "codec/json_doc.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEED_ONE_PUBLIC "ed25519:AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9"
#define SEED_ONE_SECRET "ed25519:2AXDGYSE4f2sz7tvMMzyHvUfcoJmxudvdhBcmiUSo6iuCXagjUCKEQF21awZnUGxmwD4m9vGXuC3qieHXJQHAcT"

static char home[64];

static int make_home(void **state)
{
    (void)state;
    strcpy(home, "/tmp/keys_test.XXXXXX");
    unsetenv("OUTLAYER_NETWORK");
    return mkdtemp(home) ? setenv("HOME", home, 1) : -1;
}

static int remove_home(void **state)
{
    (void)state;
    err_free(fs_remove_tree(home));
    return 0;
}

/* Points descriptor `fd` at a file of the test's home and returns the descriptor that undoes it. */
static int redirect(int fd, const char *name, int flags)
{
    AUTO(buf) struct buf path = {0};
    buf_append_fmt(&path, "%s/%s", home, name);
    AUTO(fd) int file = open(buf_str(&path), flags | O_CLOEXEC, 0600);
    int held = dup(fd);
    assert_true(file >= 0 && held >= 0 && dup2(file, fd) == fd);
    return held;
}

static void restore(int fd, int held)
{
    dup2(held, fd);
    close(held);
}

static void read_home_file(const char *name, struct buf *out)
{
    AUTO(buf) struct buf path = {0};
    buf_append_fmt(&path, "%s/%s", home, name);
    buf_clear(out);
    assert_ok(fs_read(buf_str(&path), 1 << 20, out));
    buf_str(out);
}

/* Runs `outlayer keys <words>` with `input` as standard input; *out and *err_out get what it printed. */
static int run_keys(const char *words, const char *input, struct buf *out, struct buf *err_out)
{
    char line[256], *argv[32] = {"keys"};
    int argc = 1;
    snprintf(line, sizeof line, "%s", words);
    for (char *word = strtok(line, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    AUTO(buf) struct buf path = {0};
    buf_append_fmt(&path, "%s/in", home);
    assert_ok(fs_write_atomic(buf_str(&path), slice_str(input), 0600));
    fflush(stdout);
    int in = redirect(0, "in", O_RDONLY), o = redirect(1, "out", O_CREAT | O_TRUNC | O_WRONLY);
    int e = redirect(2, "err", O_CREAT | O_TRUNC | O_WRONLY);
    int status = cli_keys(argc, argv);
    fflush(stdout);
    restore(0, in), restore(1, o), restore(2, e);
    read_home_file("out", out);
    read_home_file("err", err_out);
    return status;
}

static void test_import_show_and_list(void **state)
{
    (void)state;
    AUTO(buf) struct buf out = {0}, err_out = {0};
    assert_int_equal(run_keys("import --account alice.test --network testnet", SEED_ONE_SECRET "\n", &out, &err_out), 0);
    assert_non_null(strstr(buf_str(&out), SEED_ONE_PUBLIC));
    assert_null(strstr(buf_str(&out), SEED_ONE_SECRET));

    assert_int_equal(run_keys("show --account alice.test --network testnet --json", "", &out, &err_out), 0);
    AUTO(json) json_t *shown = NULL, *listed = NULL;
    struct slice text;
    assert_ok(json_doc_parse(buf_slice(&out), &shown));
    assert_ok(json_doc_str(shown, "public_key", &text));
    assert_true(slice_eq_str(text, SEED_ONE_PUBLIC));
    assert_null(json_object_get(shown, "private_key"));

    assert_int_equal(run_keys("show --account=alice.test --network=testnet --secret", "", &out, &err_out), 0);
    assert_non_null(strstr(buf_str(&out), SEED_ONE_SECRET));

    assert_int_equal(run_keys("list --network testnet", "", &out, &err_out), 0);
    assert_string_equal(buf_str(&out), "alice.test  " SEED_ONE_PUBLIC "\n");
    assert_int_equal(run_keys("list --network testnet --json", "", &out, &err_out), 0);
    assert_ok(json_doc_parse(buf_slice(&out), &listed));
    assert_int_equal(json_array_size(json_object_get(listed, "keys")), 1);
}

static void test_generate_names_the_implicit_account(void **state)
{
    (void)state;
    AUTO(buf) struct buf out = {0}, err_out = {0};
    assert_int_equal(run_keys("generate --json", "", &out, &err_out), 0);
    AUTO(json) json_t *made = NULL;
    struct slice account, network;
    assert_ok(json_doc_parse(buf_slice(&out), &made));
    assert_ok(json_doc_str(made, "account_id", &account));
    assert_ok(json_doc_str(made, "network", &network));
    assert_int_equal(account.len, 64);
    assert_true(slice_eq_str(network, "devnet"));
}

static void test_the_environment_chooses_the_network(void **state)
{
    (void)state;
    AUTO(buf) struct buf out = {0}, err_out = {0};
    setenv("OUTLAYER_NETWORK", "testnet", 1);
    assert_int_equal(run_keys("generate --account a.test", "", &out, &err_out), 0);
    assert_non_null(strstr(buf_str(&out), "a.test (testnet)"));
    unsetenv("OUTLAYER_NETWORK");
}

static void test_a_second_key_fails_and_says_what_to_do(void **state)
{
    (void)state;
    AUTO(buf) struct buf out = {0}, err_out = {0};
    assert_int_equal(run_keys("generate --account a.test", "", &out, &err_out), 0);
    assert_int_equal(run_keys("generate --account a.test", "", &out, &err_out), 1);
    assert_int_equal(out.len, 0);
    assert_non_null(strstr(buf_str(&err_out), "move that file away"));
}

static void test_failures_and_usage_have_their_statuses(void **state)
{
    (void)state;
    static const struct {
        const char *words, *input;
        int status;
        const char *says;
    } cases[] = {
        {"", "", 2, "generate, import, show or list"},
        {"dance", "", 2, "`keys dance` is no command"},
        {"show", "", 2, "--account is missing"},
        {"show --account A", "", 2, "account id `A`"},
        {"show --account a.test", "", 1, "outlayer keys import"},
        {"list --secret", "", 2, "--secret belongs to"},
        {"list --network ../x", "", 2, "is not a name"},
        {"import --account a.test", "", 2, "no secret key"},
        {"import --account a.test", "ed25519:abc\n", 2, "secret key has"},
        {"list --colour", "", 2, "unknown option"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(buf) struct buf out = {0}, err_out = {0};
        assert_int_equal(run_keys(cases[i].words, cases[i].input, &out, &err_out), cases[i].status);
        if (!strstr(buf_str(&err_out), cases[i].says))
            fail_msg("`keys %s` said `%s`", cases[i].words, buf_str(&err_out));
        assert_int_equal(out.len, 0);
    }
}

static void test_help_has_examples(void **state)
{
    (void)state;
    AUTO(buf) struct buf out = {0}, err_out = {0};
    assert_int_equal(run_keys("--help", "", &out, &err_out), 0);
    assert_non_null(strstr(buf_str(&out), "Examples:"));
}

#define WITH_HOME(test) cmocka_unit_test_setup_teardown(test, make_home, remove_home)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_HOME(test_import_show_and_list),
        WITH_HOME(test_generate_names_the_implicit_account),
        WITH_HOME(test_the_environment_chooses_the_network),
        WITH_HOME(test_a_second_key_fails_and_says_what_to_do),
        WITH_HOME(test_failures_and_usage_have_their_statuses),
        WITH_HOME(test_help_has_examples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
