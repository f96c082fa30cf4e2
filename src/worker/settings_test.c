#include "base/fs.h"
#include "base/test.h"
#include "worker/settings.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A contract whose name tells nothing of its network. */
#define IMPLICIT "98793cd91a3f870fb126f66285808c7e094afcfc4eda8a970f6648cdf0dbd6de"

static char dir[64], id_path[96];

static int make_dir(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/outlayer-settings-XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    snprintf(id_path, sizeof id_path, "%s/worker_id", dir);
    setenv("API_AUTH_TOKEN", "a token of the coordinator", 1);
    return 0;
}

static int remove_dir(void **state)
{
    (void)state;
    err_free(fs_remove_tree(dir));
    return 0;
}

/* Settings of a worker for `contract` on the chain of this id, with one more option and its value, either may be missing. */
static struct err *load_on(const char *chain_id, struct arena *arena, const char *contract, const char *option,
                           const char *value, struct worker_settings *out)
{
    char *argv[] = {(char *)"outlayer-worker",
                    (char *)"--data-dir",
                    dir,
                    (char *)"--api-base-url",
                    (char *)"http://127.0.0.1:1/",
                    (char *)"--near-rpc-url",
                    (char *)"http://127.0.0.1:2",
                    (char *)"--neardata-api-url",
                    (char *)"http://127.0.0.1:3",
                    (char *)"--operator-account-id",
                    (char *)"op.test.near",
                    (char *)"--operator-credentials",
                    (char *)"/nowhere/key.json",
                    (char *)"--offchainvm-contract-id",
                    (char *)(uintptr_t)contract,
                    (char *)(uintptr_t)option,
                    (char *)(uintptr_t)value,
                    NULL};
    TRY(worker_settings_load(!option ? 15 : !value ? 16 : 17, argv, arena, out));
    return worker_settings_settle(out, slice_str(chain_id), arena);
}

static struct err *load(struct arena *arena, const char *contract, const char *option, const char *value,
                        struct worker_settings *out)
{
    return load_on("devnet", arena, contract, option, value, out);
}

static void a_worker_keeps_its_name(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    struct worker_settings first, second, third;
    assert_ok(load(&arena, "outlayer.test.near", NULL, NULL, &first));
    assert_non_null(strstr(first.worker_id, "devnet-executor-"));
    assert_ok(load(&arena, "outlayer.test.near", NULL, NULL, &second));
    assert_string_equal(second.worker_id, first.worker_id);
    assert_ok(load(&arena, "outlayer.test.near", "--worker-id", "by hand", &third));
    assert_string_equal(third.worker_id, "by hand");
    assert_ok(load(&arena, "outlayer.test.near", NULL, NULL, &third));
    assert_string_equal(third.worker_id, first.worker_id);
}

static void a_name_written_by_hand_is_one_line(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    struct worker_settings s;
    assert_ok(fs_write_atomic(id_path, SLICE("mine\n"), 0600));
    assert_ok(load(&arena, "outlayer.test.near", NULL, NULL, &s));
    assert_string_equal(s.worker_id, "mine");
    assert_ok(fs_write_atomic(id_path, SLICE("\n"), 0600));
    assert_ok(load(&arena, "outlayer.test.near", NULL, NULL, &s));
    assert_non_null(strstr(s.worker_id, "devnet-executor-"));
}

static void local_downloads_are_for_development(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    struct worker_settings s;
    assert_ok(load(&arena, "outlayer.test.near", NULL, NULL, &s));
    assert_true(s.allow_local_downloads);
    assert_string_equal(s.api_base_url, "http://127.0.0.1:1");
    assert_ok(load_on("testnet", &arena, "outlayer.testnet", NULL, NULL, &s));
    assert_false(s.allow_local_downloads);
    assert_string_equal(s.network_id, "testnet");
    assert_fails(load_on("mainnet", &arena, "outlayer.near", "--allow-local-downloads", NULL, &s), ERR_INVALID,
                 "ALLOW_LOCAL_DOWNLOADS is for development and cannot be set on mainnet");
}

static void the_node_says_which_chain_it_is(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    struct worker_settings s;
    assert_ok(load_on("testnet", &arena, IMPLICIT, NULL, NULL, &s));
    assert_string_equal(s.network_id, "testnet");
    assert_ok(load_on("testnet", &arena, IMPLICIT, "--near-network-id", "testnet", &s));
    assert_fails(load_on("testnet", &arena, IMPLICIT, "--near-network-id", "devnet", &s), ERR_INVALID,
                 "setting NEAR_NETWORK_ID is `devnet`, and the node of NEAR_RPC_URL serves `testnet`");
}

static void simulated_enclaves_are_for_development(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    struct worker_settings s;
    setenv("TEE_SIMULATOR_SEED_FILE", "/nowhere/seed", 1);
    assert_ok(load(&arena, "outlayer.test.near", "--tee-mode", "simulator", &s));
    assert_ok(load(&arena, IMPLICIT, "--tee-mode", "simulator", &s));
    static const struct {
        const char *chain, *contract, *named;
    } refused[] = {
        {"mainnet", "outlayer.near", "mainnet"},
        {"testnet", "outlayer.testnet", "testnet"},
        {"mainnet", IMPLICIT, "mainnet"},
        {"testnet", IMPLICIT, "testnet"},
        {"betanet", IMPLICIT, "betanet"},
        {"mainnet", "outlayer.test.near", "mainnet"},
        {"devnet", "outlayer.near", "mainnet"},
        {"devnet", "outlayer.testnet", "testnet"},
        {"", IMPLICIT, ""},
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        AUTO(buf) struct buf text = {0};
        buf_append_fmt(&text, "TEE_MODE=simulator is for development: it is accepted on devnet and not on %s",
                       refused[i].named);
        assert_fails(load_on(refused[i].chain, &arena, refused[i].contract, "--tee-mode", "simulator", &s), ERR_INVALID,
                     buf_str(&text));
    }
    assert_fails(load(&arena, "outlayer.test.near", NULL, NULL, &s), ERR_INVALID,
                 "TEE_MODE=simulator and TEE_SIMULATOR_SEED_FILE go together");
    unsetenv("TEE_SIMULATOR_SEED_FILE");
    assert_fails(load(&arena, "outlayer.test.near", "--tee-mode", "simulator", &s), ERR_INVALID,
                 "TEE_MODE=simulator and TEE_SIMULATOR_SEED_FILE go together");
    assert_fails(load(&arena, "outlayer.test.near", "--tee-mode", "sgx", &s), ERR_INVALID,
                 "setting TEE_MODE is `sgx`, expected none, outlayer_tee or simulator");
    assert_fails(load(&arena, "outlayer.test.near", "--init-account-credentials", "/nowhere", &s), ERR_INVALID,
                 "INIT_ACCOUNT_CREDENTIALS registers an enclave's key, and TEE_MODE is none");
}

static void servers_of_this_machine_are_for_tests(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    struct worker_settings s;
    assert_ok(load(&arena, "outlayer.test.near", NULL, NULL, &s));
    assert_false(s.allow_local_egress); /* not even on devnet by itself */
    assert_ok(load(&arena, "outlayer.test.near", "--allow-local-egress", NULL, &s));
    assert_true(s.allow_local_egress);
    assert_fails(load(&arena, "outlayer.near", "--allow-local-egress", NULL, &s), ERR_INVALID,
                 "ALLOW_LOCAL_EGRESS is for tests: it is accepted on devnet and not on mainnet");
    assert_fails(load_on("testnet", &arena, IMPLICIT, "--allow-local-egress", NULL, &s), ERR_INVALID,
                 "ALLOW_LOCAL_EGRESS is for tests: it is accepted on devnet and not on testnet");
}

static void programs_ask_the_workers_own_node(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    struct worker_settings s;
    assert_ok(load(&arena, "outlayer.test.near", NULL, NULL, &s));
    assert_true(s.rpc_proxy_enabled && s.rpc_proxy_transactions);
    assert_string_equal(s.rpc_proxy_url, "http://127.0.0.1:2");
    assert_ok(load(&arena, "outlayer.test.near", "--near-rpc-proxy-enabled", "false", &s));
    assert_false(s.rpc_proxy_enabled);
    assert_fails(load(&arena, "outlayer.test.near", "--near-rpc-proxy-enabled", "yes", &s), ERR_INVALID,
                 "setting NEAR_RPC_PROXY_ENABLED is `yes`, expected true or false");
    assert_fails(load(&arena, "outlayer.test.near", "--keystore-base-url", "http://127.0.0.1:4/", &s), ERR_INVALID,
                 "KEYSTORE_BASE_URL and KEYSTORE_AUTH_TOKEN go together");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(servers_of_this_machine_are_for_tests, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(programs_ask_the_workers_own_node, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(a_worker_keeps_its_name, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(a_name_written_by_hand_is_one_line, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(local_downloads_are_for_development, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(the_node_says_which_chain_it_is, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(simulated_enclaves_are_for_development, make_dir, remove_dir),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
