/* State that leaves a chain as records and comes into another. */
#include "base/fs.h"
#include "devnet/chain/chain_testing.h"
#include "devnet/rpc/records.h"
#include <stdlib.h>

static void a_record_that_is_wrong_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *records, *error;
    } cases[] = {
        {"{}", "`records` is not a list"},
        {"[{}]", "record 0: it is none of Account, AccessKey, GasKeyNonce, Contract, Data, GlobalContract"},
        {"[5]", "record 0: it is none of Account, AccessKey, GasKeyNonce, Contract, Data, GlobalContract"},
        {"[{\"Account\":{\"account_id\":\"ab\"}}]", "record 0: `account.amount` is not a decimal string"},
        {"[{\"Account\":{\"account_id\":\"ab\",\"account\":{\"amount\":\"1\",\"locked\":0}}}]",
         "record 0: `account.locked` is not a decimal string"},
        {"[{\"Account\":{\"account_id\":\"ab\",\"account\":{\"amount\":\"1\",\"locked\":\"0\",\"code_hash\":\"0\"}}}]",
         "record 0: `account.code_hash` is not the base58 of 32 bytes"},
        {"[{\"Account\":{\"account_id\":\"ab\",\"account\":{\"amount\":\"1\",\"locked\":\"0\","
         "\"code_hash\":\"11111111111111111111111111111111\"}}}]",
         "record 0: member `storage_usage` is missing"},
        {"[{\"Data\":{\"account_id\":\"ab\",\"data_key\":\"\",\"value\":\"\"}},"
         "{\"Data\":{\"account_id\":\"ab\",\"data_key\":\"*\"}}]",
         "record 1: `data_key` is not base64"},
        {"[{\"Contract\":{\"account_id\":\"ab\"}}]", "record 0: `code` is not base64"},
        {"[{\"AccessKey\":{\"account_id\":\"ab\",\"public_key\":\"ed25519:11111111111111111111111111111111\","
         "\"access_key\":{\"nonce\":0,\"permission\":\"Some\"}}}]",
         "record 0: `permission` is not \"FullAccess\" or {\"FunctionCall\":{allowance,receiver_id,method_names}}"},
        {"[{\"AccessKey\":{\"account_id\":\"ab\",\"public_key\":\"ed25519:11111111111111111111111111111111\","
         "\"access_key\":{\"nonce\":0,\"permission\":{\"GasKeyFullAccess\":{\"balance\":\"1\",\"num_nonces\":65536}}}}}]",
         "record 0: `num_nonces` is not a number up to 65535"},
        {"[{\"AccessKey\":{\"account_id\":\"ab\",\"public_key\":\"ed25519:11111111111111111111111111111111\","
         "\"access_key\":{\"nonce\":0,\"permission\":{\"GasKeyFunctionCall\":[{\"balance\":1}]}}}}]",
         "record 0: `balance` is not a decimal string"},
        {"[{\"GasKeyNonce\":{\"account_id\":\"ab\",\"public_key\":\"ed25519:11111111111111111111111111111111\","
         "\"index\":65536}}]",
         "record 0: `index` is not a number up to 65535"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(arena) struct arena arena = {0};
        AUTO(json) json_t *list = json_loads(cases[i].records, 0, NULL);
        struct chain_patch *records;
        size_t count;
        struct err *e = records_read(list, &arena, &records, &count);
        assert_non_null(e);
        assert_string_equal(err_text(e), cases[i].error);
        assert_int_equal(err_code(e), ERR_INVALID);
        err_free(e);
    }
}

/* Writes the chain's genesis file and gives its text. */
static void export_to(struct chain *c, const char *path, struct buf *text, uint64_t *count)
{
    FILE *to = fopen(path, "w");
    if (to) {
        must(genesis_write(c, to, count));
        fclose(to);
    }
    assert_non_null(to);
    must(fs_read(path, 1 << 20, text));
}

static void fill(struct chain *c)
{
    static const struct slice methods[] = {{(const uint8_t *)"a", 1}, {(const uint8_t *)"b", 1}};
    struct secret_key secret = seed_key(7), gas_key = seed_key(8);
    const struct global_id by_hash = {.kind = GLOBAL_BY_HASH, .code_hash = hash_sha256(SLICE("shared"))};
    const struct global_id by_account = {.kind = GLOBAL_BY_ACCOUNT, .account_id = id_of("x.near")};
    const struct chain_patch records[] = {
        {.kind = CHAIN_PATCH_ACCOUNT,
         .account_id = id_of("x.near"),
         .account = {.amount = 5 * NEAR, .locked = 2, .storage_usage = 9}},
        {.kind = CHAIN_PATCH_CODE, .account_id = id_of("x.near"), .code = SLICE("code")},
        {.kind = CHAIN_PATCH_DATA, .account_id = id_of("x.near"), .data_key = SLICE("a,b"), .value = SLICE("\0\1")},
        {.kind = CHAIN_PATCH_DATA, .account_id = id_of("x.near"), .data_key = SLICE(""), .value = SLICE("")},
        {.kind = CHAIN_PATCH_KEY,
         .account_id = id_of("x.near"),
         .public_key = secret_key_public(&secret),
         .access_key = {.nonce = 12,
                        .permission = PERMISSION_FUNCTION_CALL,
                        .has_allowance = true,
                        .allowance = NEAR,
                        .receiver_id = SLICE("y.near"),
                        .method_names = methods,
                        .method_count = 2}},
        {.kind = CHAIN_PATCH_KEY,
         .account_id = id_of("x.near"),
         .public_key = secret_key_public(&gas_key),
         .access_key = {.permission = PERMISSION_GAS_KEY_FUNCTION_CALL,
                        .gas_balance = NEAR,
                        .nonce_count = 2,
                        .receiver_id = SLICE("y.near"),
                        .method_names = methods,
                        .method_count = 2}},
        {.kind = CHAIN_PATCH_GAS_KEY_NONCE,
         .account_id = id_of("x.near"),
         .public_key = secret_key_public(&gas_key),
         .nonce_index = 1,
         .nonce = 77},
        {.kind = CHAIN_PATCH_GLOBAL, .global = by_hash, .code = SLICE("shared")},
        {.kind = CHAIN_PATCH_GLOBAL, .global = by_account, .code = SLICE("newest")},
        {.kind = CHAIN_PATCH_ACCOUNT,
         .account_id = id_of("y.near"),
         .account = {.amount = 1, .is_global = true, .global = by_hash}},
        {.kind = CHAIN_PATCH_ACCOUNT,
         .account_id = id_of("z.near"),
         .account = {.amount = 1, .is_global = true, .global = by_account}},
    };
    must(chain_patch_state(c, records, sizeof records / sizeof *records));
}

static void an_exported_state_comes_back_whole(void **state)
{
    (void)state;
    char dir[] = "/tmp/records_test.XXXXXX", path[64];
    AUTO(buf) struct buf first = {0}, second = {0};
    AUTO(arena) struct arena arena = {0};
    AUTO(chain) struct chain *c = open_test_chain(), *copy = NULL;
    uint64_t count = 0;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/genesis.json", dir);
    fill(c);
    export_to(c, path, &first, &count);
    assert_int_equal(count, 3 * 2 + 11);

    struct chain_config config = test_config();
    config.account_count = 0;
    must(chain_open(&config, &copy));
    must(genesis_load(copy, path));
    assert_int_equal(balance_of(copy, "x.near") / NEAR, 5);
    struct account_id user = id_of("z.near");
    struct chain_block head = head_of(copy);
    struct slice code;
    struct hash code_hash;
    must(chain_view_code(copy, &head, &user, &arena, &code, &code_hash));
    assert_true(slice_eq_str(code, "newest"));
    struct chain_audit audit;
    must(chain_audit(copy, &audit));
    assert_true(audit.accounts == audit.total_supply);
    assert_int_equal(head_of(copy).height, head_of(c).height + 100);
    export_to(copy, path, &second, &count);
    assert_string_equal(strstr(buf_str(&first), "records"), strstr(buf_str(&second), "records"));
    must_fail(chain_begin_at(copy, 9999, NULL, 0), ERR_CONFLICT);

    /* a chain that has blocks stays as it is, and does not even look */
    must(genesis_load(copy, "/nowhere"));
    must(fs_remove_tree(dir));
}

static void a_file_that_is_none_is_refused(void **state)
{
    (void)state;
    AUTO(chain) struct chain *c = open_test_chain();
    must_fail(genesis_load(c, "/nowhere"), ERR_NOT_FOUND);
    must_fail(genesis_load(c, "/proc/self/status"), ERR_INVALID);
    char path[] = "/tmp/records_test.XXXXXX";
    close(mkstemp(path));
    static const char *const bad[] = {"{}", "[]", "{\"records\":[],\"genesis_height\":0}",
                                      "{\"records\":[],\"genesis_height\":1099511627777}",
                                      "{\"records\":[],\"genesis_height\":\"1\"}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        must(fs_write_atomic(path, slice_str(bad[i]), 0600));
        must_fail(genesis_load(c, path), ERR_INVALID);
    }
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_that_is_wrong_is_named),
        cmocka_unit_test(an_exported_state_comes_back_whole),
        cmocka_unit_test(a_file_that_is_none_is_refused),
    };
    return cmocka_run_group_tests_name("records", tests, NULL, NULL);
}
