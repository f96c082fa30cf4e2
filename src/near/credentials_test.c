#include "base/fs.h"
#include "base/test.h"
#include "near/credentials.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SEED_ONE_PUBLIC "ed25519:AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9"
#define SEED_ONE_SECRET "ed25519:2AXDGYSE4f2sz7tvMMzyHvUfcoJmxudvdhBcmiUSo6iuCXagjUCKEQF21awZnUGxmwD4m9vGXuC3qieHXJQHAcT"

static char home[64];

/* Each test has a home folder of its own. */
static int make_home(void **state)
{
    (void)state;
    strcpy(home, "/tmp/credentials_test.XXXXXX");
    return mkdtemp(home) ? setenv("HOME", home, 1) : -1;
}

static int remove_home(void **state)
{
    (void)state;
    err_free(fs_remove_tree(home));
    return 0;
}

static struct credentials credentials_of(const char *account, uint8_t seed_byte)
{
    uint8_t seed[32];
    memset(seed, seed_byte, sizeof seed);
    struct credentials c = {.key = secret_key_from_seed(seed)};
    assert_ok(account_id_parse(slice_str(account), &c.account_id));
    return c;
}

/* Writes a key file of alice.test by hand. */
static void write_raw(const char *text)
{
    AUTO(buf) struct buf path = {0};
    buf_append_fmt(&path, "%s/.near-credentials/testnet", home);
    assert_ok(fs_make_dirs(buf_str(&path)));
    buf_append_str(&path, "/alice.test.json");
    assert_ok(fs_write_atomic(buf_str(&path), slice_str(text), 0644));
}

static struct err *read_alice(struct credentials *out)
{
    struct credentials alice = credentials_of("alice.test", 1);
    return credentials_read("testnet", &alice.account_id, out);
}

static void test_what_is_written_is_read_and_only_the_owner_may(void **state)
{
    (void)state;
    struct credentials alice = credentials_of("alice.test", 1), back;
    AUTO(buf) struct buf path = {0}, text = {0};
    assert_ok(credentials_write("testnet", &alice));
    assert_null(read_alice(&back));
    assert_memory_equal(&alice.key, &back.key, sizeof alice.key);

    struct stat st;
    assert_ok(credentials_path("testnet", &alice.account_id, &path));
    assert_int_equal(stat(buf_str(&path), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_ok(fs_read(buf_str(&path), 1000, &text));
    assert_string_equal(buf_str(&text), "{\"account_id\":\"alice.test\",\"public_key\":\"" SEED_ONE_PUBLIC
                                        "\",\"private_key\":\"" SEED_ONE_SECRET "\"}\n");
}

static void test_a_key_is_never_replaced(void **state)
{
    (void)state;
    struct credentials first = credentials_of("alice.test", 1), second = credentials_of("alice.test", 2), back;
    assert_ok(credentials_write("testnet", &first));
    assert_ok(credentials_write("testnet", &first));
    AUTO(err) struct err *e = credentials_write("testnet", &second);
    assert_non_null(e);
    assert_int_equal(err_code(e), ERR_CONFLICT);
    assert_null(read_alice(&back));
    assert_memory_equal(&first.key, &back.key, sizeof back.key);
}

static void test_read_or_generate_makes_one_key(void **state)
{
    (void)state;
    struct credentials alice = credentials_of("alice.test", 1), a, b;
    assert_ok(credentials_read_or_generate("devnet", &alice.account_id, &entropy_system, &a));
    assert_ok(credentials_read_or_generate("devnet", &alice.account_id, &entropy_system, &b));
    assert_memory_equal(&a.key, &b.key, sizeof a.key);
}

static void test_files_of_other_tools_are_read(void **state)
{
    (void)state;
    struct credentials alice = credentials_of("alice.test", 1), back;
    write_raw("{\"account_id\":\"alice.test\",\"private_key\":\"" SEED_ONE_SECRET "\",\"seed_phrase_hd_path\":\"m/44'\"}");
    assert_null(read_alice(&back));
    assert_memory_equal(&alice.key, &back.key, sizeof back.key);
    write_raw("{\"account_id\":\"alice.test\",\"secret_key\":\"" SEED_ONE_SECRET "\",\"public_key\":\"" SEED_ONE_PUBLIC "\"}");
    assert_null(read_alice(&back));
}

static void test_wrong_files_are_refused_without_showing_the_secret(void **state)
{
    (void)state;
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"", "not JSON"},
        {"[]", "account_id"},
        {"{\"account_id\":\"alice.test\"}", "no `private_key`"},
        {"{\"account_id\":\"alice.test\",\"private_key\":7}", "private_key"},
        {"{\"account_id\":\"alice.test\",\"private_key\":\"ed25519:zzz\"}", "secret key has"},
        {"{\"account_id\":\"Alice\",\"private_key\":\"" SEED_ONE_SECRET "\"}", "account id `Alice`"},
        {"{\"account_id\":\"bob.test\",\"private_key\":\"" SEED_ONE_SECRET "\"}", "is of account bob.test"},
        {"{\"account_id\":\"alice.test\",\"private_key\":\"" SEED_ONE_SECRET
         "\",\"public_key\":\"ed25519:11111111111111111111111111111111\"}",
         "does not belong"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct credentials out;
        write_raw(cases[i].text);
        AUTO(err) struct err *e = read_alice(&out);
        assert_non_null(e);
        if (!strstr(err_text(e), cases[i].words))
            fail_msg("`%s` does not say `%s`", err_text(e), cases[i].words);
        assert_null(strstr(err_text(e), &SEED_ONE_SECRET[8]));
    }
}

static void test_a_missing_key_says_how_to_get_one(void **state)
{
    (void)state;
    struct credentials out;
    AUTO(err) struct err *e = read_alice(&out);
    assert_int_equal(err_code(e), ERR_NOT_FOUND);
    assert_non_null(strstr(err_text(e), "outlayer keys import"));
}

static void test_a_network_cannot_leave_the_folder(void **state)
{
    (void)state;
    static const char *const networks[] = {"", ".", "..", "a/b", "../x", "Devnet", "123456789012345678901234567890123"};
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
        struct credentials alice = credentials_of("alice.test", 1);
        AUTO(err) struct err *e = credentials_write(networks[i], &alice);
        assert_non_null(e);
        assert_int_equal(err_code(e), ERR_INVALID);
    }
}

static void test_without_a_home_there_is_an_error(void **state)
{
    (void)state;
    struct credentials out;
    unsetenv("HOME");
    AUTO(err) struct err *e = read_alice(&out);
    assert_non_null(strstr(err_text(e), "HOME"));
}

static void test_the_list_is_sorted_and_has_only_accounts(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    const struct account_id *ids;
    size_t count = 7;
    assert_ok(credentials_list("testnet", &arena, &ids, &count));
    assert_int_equal(count, 0);

    struct credentials bob = credentials_of("bob.test", 2), alice = credentials_of("alice.test", 1);
    assert_ok(credentials_write("testnet", &bob));
    assert_ok(credentials_write("testnet", &alice));
    AUTO(buf) struct buf other = {0};
    buf_append_fmt(&other, "%s/.near-credentials/testnet/NOT-AN-ACCOUNT.json", home);
    assert_ok(fs_write_atomic(buf_str(&other), SLICE("{}"), 0600));
    assert_ok(credentials_list("testnet", &arena, &ids, &count));
    assert_int_equal(count, 2);
    assert_string_equal(ids[0].text, "alice.test");
    assert_string_equal(ids[1].text, "bob.test");
}

#define WITH_HOME(test) cmocka_unit_test_setup_teardown(test, make_home, remove_home)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_HOME(test_what_is_written_is_read_and_only_the_owner_may),
        WITH_HOME(test_a_key_is_never_replaced),
        WITH_HOME(test_read_or_generate_makes_one_key),
        WITH_HOME(test_files_of_other_tools_are_read),
        WITH_HOME(test_wrong_files_are_refused_without_showing_the_secret),
        WITH_HOME(test_a_missing_key_says_how_to_get_one),
        WITH_HOME(test_a_network_cannot_leave_the_folder),
        WITH_HOME(test_without_a_home_there_is_an_error),
        WITH_HOME(test_the_list_is_sorted_and_has_only_accounts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
