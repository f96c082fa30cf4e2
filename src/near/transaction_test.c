/* The vectors were computed independently of this code from NEAR's protocol specification: seed 32 × 0x01, block hash
 * sha256("devnet"). */
#include "base/test.h"
#include "codec/base64.h"
#include "codec/hex.h"
#include "near/transaction.h"
#include <string.h>

static const u128 NEAR = (u128)1000000000000 * 1000000000000;

static struct account_id account(const char *text)
{
    struct account_id id;
    assert_ok(account_id_parse(slice_str(text), &id));
    return id;
}

static struct secret_key test_key(void)
{
    uint8_t seed[32];
    memset(seed, 1, sizeof seed);
    return secret_key_from_seed(seed);
}

static struct transaction transaction_of(const char *receiver, uint64_t nonce, const struct action *actions, size_t count)
{
    struct secret_key key = test_key();
    return (struct transaction){
        .signer_id = account("alice.test"),
        .receiver_id = account(receiver),
        .public_key = secret_key_public(&key),
        .nonce = nonce,
        .block_hash = hash_sha256(SLICE("devnet")),
        .actions = actions,
        .action_count = count,
    };
}

static const struct action transfer = {.kind = ACTION_TRANSFER, .transfer = {.deposit = (u128)1000000000000 * 1000000000000}};

static const struct action ping = {
    .kind = ACTION_FUNCTION_CALL,
    .call = {.method = {(const uint8_t *)"ping", 4},
             .args = {(const uint8_t *)"{\"n\":7}", 7},
             .gas = 30000000000000,
             .deposit = 1},
};

/* Signs, checks hash and signature against the texts, and reads the bytes back. */
static void check_signed(const struct transaction *t, size_t len, const char *hash, const char *signature, struct buf *bytes,
                         struct arena *arena, struct signed_transaction *back)
{
    struct secret_key key = test_key();
    struct hash h;
    char text[SIGNATURE_TEXT_MAX];
    transaction_sign(bytes, t, &key, &h);
    assert_int_equal(bytes->len, len + 65);
    assert_string_equal(hash_text(&h, text), hash);

    assert_ok(signed_transaction_read(buf_slice(bytes), arena, back));
    assert_true(hash_eq(&back->hash, &h));
    assert_string_equal(signature_text(&back->signature, text), signature);
    assert_true(signature_verify(&back->signature, &back->transaction.public_key, hash_slice(&back->hash)));

    AUTO(buf) struct buf again = {0};
    transaction_write(&again, &back->transaction);
    assert_true(slice_eq(buf_slice(&again), slice_first(buf_slice(bytes), len)));
}

static void test_transfer_vector(void **state)
{
    (void)state;
    AUTO(buf) struct buf bytes = {0}, hex = {0};
    AUTO(arena) struct arena arena = {0};
    struct signed_transaction back;
    struct transaction t = transaction_of("bob.test", 1, &transfer, 1);
    check_signed(&t, 120, "8m8vo6oQPwk31Z8usA8FvT1GHUjL25kQe8YDbf43M3Hx",
                 "ed25519:2H5pEra7Vz8f7HgZ3Bih1HLDb74FKWivskFXRCM2ZKf69GG4ueNqXGAwqFc8Tv9VHyvhRXaqqGqBzrUhKzgQNmeW", &bytes,
                 &arena, &back);
    hex_append(&hex, slice_first(buf_slice(&bytes), 120));
    assert_string_equal(
        buf_str(&hex),
        "0a000000616c6963652e74657374008a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c"
        "010000000000000008000000626f622e74657374db9c2f3d943127dd1659b276ffc3b3a8f082f04f850acfbb008f4984cc0012f2"
        "0100000003000000a1edccce1bc2d3000000000000");
    assert_string_equal(back.transaction.receiver_id.text, "bob.test");
    assert_true(back.transaction.actions[0].transfer.deposit == NEAR);
}

static void test_function_call_vector(void **state)
{
    (void)state;
    AUTO(buf) struct buf bytes = {0}, base64 = {0};
    AUTO(arena) struct arena arena = {0};
    struct signed_transaction back;
    struct transaction t = transaction_of("c.test", 2, &ping, 1);
    check_signed(&t, 145, "7WgovBA1MfuyGAD4p6JpvmMAxwWCEpyn4EAyTkFMXtxi",
                 "ed25519:PjrXSLFrQhG16vVMiadXZPhh7sNAkchken85DJkrjnKCGsysGh12cUcE2XcBemEw53MLVK4AMwxyqiZPCzkmWgo", &bytes,
                 &arena, &back);
    base64_append(&base64, buf_slice(&bytes));
    assert_string_equal(
        buf_str(&base64),
        "CgAAAGFsaWNlLnRlc3QAiojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1wCAAAAAAAAAAYAAABjLnRlc3TbnC89lDEn3RZZsnb/w7Oo8ILwT4UK"
        "z7sAj0mEzAAS8gEAAAACBAAAAHBpbmcHAAAAeyJuIjo3fQDgV+tIGwAAAQAAAAAAAAAAAAAAAAAAAAATm+/rwvD0AFxRBLroQVsOV/19w97jMRTLEtjz"
        "D4RTIcVC3aJlmKGeFhY/XdVlyLZLSXDmkGhGzE2nnoPnFK0I");
    const struct action *call = &back.transaction.actions[0];
    assert_true(slice_eq_str(call->call.method, "ping") && slice_eq_str(call->call.args, "{\"n\":7}"));
    assert_true(call->call.gas == 30000000000000 && call->call.deposit == 1);
}

static void test_batch_vector(void **state)
{
    (void)state;
    AUTO(buf) struct buf bytes = {0};
    AUTO(arena) struct arena arena = {0};
    struct signed_transaction back;
    struct secret_key key = test_key();
    static const struct slice methods[] = {{(const uint8_t *)"ping", 4}};
    struct public_key other = {.curve = KEY_ED25519};
    memset(other.raw, 2, 32);
    const struct action actions[] = {
        {.kind = ACTION_CREATE_ACCOUNT},
        {.kind = ACTION_TRANSFER, .transfer = {.deposit = 5 * NEAR}},
        {.kind = ACTION_ADD_KEY,
         .add_key = {.public_key = secret_key_public(&key), .access_key = {.permission = PERMISSION_FULL_ACCESS}}},
        {.kind = ACTION_ADD_KEY,
         .add_key = {.public_key = other,
                     .access_key = {.permission = PERMISSION_FUNCTION_CALL,
                                    .has_allowance = true,
                                    .allowance = NEAR / 4,
                                    .receiver_id = SLICE("c.test"),
                                    .method_names = methods,
                                    .method_count = 1}}},
    };
    struct transaction t = transaction_of("sub.alice.test", 3, actions, 4);
    check_signed(&t, 252, "8gwzUE6QfTKLzR3KgBNj25HgXmG2FNDeiNeXHfH3UfkA",
                 "ed25519:2wLiz9xy19BJ88DhCwMxnCShHPgnunAtuRHha9agGBcgA5f6fkhpEG23aoaiBYCpNTDipKxAnsLkmZnibPnvjS5a", &bytes,
                 &arena, &back);
    const struct access_key *k = &back.transaction.actions[3].add_key.access_key;
    assert_true(k->has_allowance && k->allowance == NEAR / 4 && slice_eq_str(k->receiver_id, "c.test"));
    assert_int_equal(k->method_count, 1);
    assert_true(slice_eq_str(k->method_names[0], "ping"));
}

static void test_every_other_action_comes_back(void **state)
{
    (void)state;
    AUTO(buf) struct buf bytes = {0}, again = {0};
    AUTO(arena) struct arena arena = {0};
    struct secret_key key = test_key();
    const struct action actions[] = {
        {.kind = ACTION_DEPLOY_CONTRACT, .deploy = {.code = SLICE("\0asm\1\0\0\0")}},
        {.kind = ACTION_STAKE, .stake = {.stake = U128_MAX, .public_key = secret_key_public(&key)}},
        {.kind = ACTION_DELETE_KEY, .delete_key = {.public_key = {.curve = KEY_SECP256K1, .raw = {9}}}},
        {.kind = ACTION_DELETE_ACCOUNT, .delete_account = {.beneficiary = account("bob.test")}},
    };
    struct transaction t = transaction_of("bob.test", UINT64_MAX, actions, 4);
    transaction_sign(&bytes, &t, &key, NULL);
    struct signed_transaction back;
    assert_ok(signed_transaction_read(buf_slice(&bytes), &arena, &back));
    transaction_write(&again, &back.transaction);
    assert_true(slice_eq(buf_slice(&again), slice_first(buf_slice(&bytes), bytes.len - 65)));
    assert_true(back.transaction.actions[1].stake.stake == U128_MAX);
    assert_string_equal(back.transaction.actions[3].delete_account.beneficiary.text, "bob.test");
}

/* Alice's call of ping, delegated. */
static struct delegate delegate_of(const struct action *actions, size_t count)
{
    struct secret_key key = test_key();
    struct delegate d = {.sender_id = account("alice.test"),
                         .receiver_id = account("c.test"),
                         .actions = actions,
                         .action_count = count,
                         .nonce = 4,
                         .max_block_height = 1000,
                         .public_key = secret_key_public(&key)};
    struct hash h = delegate_hash(&d);
    d.signature = secret_key_sign(&key, hash_slice(&h));
    return d;
}

static void test_delegate_vector(void **state)
{
    (void)state;
    AUTO(buf) struct buf hex = {0}, bytes = {0}, again = {0};
    AUTO(arena) struct arena arena = {0};
    struct delegate d = delegate_of(&ping, 1);
    struct hash h = delegate_hash(&d);
    hex_append(&hex, hash_slice(&h));
    assert_string_equal(buf_str(&hex), "a0b3cd71be95dd2e3bbc10bfabf7be2bc6072a9a84df671d5bb2f3a5b202f32d");

    const struct action actions[] = {{.kind = ACTION_DELEGATE, .delegate = &d}, transfer};
    struct transaction t = transaction_of("alice.test", 7, actions, 2);
    struct secret_key key = test_key();
    struct signed_transaction back;
    transaction_sign(&bytes, &t, &key, NULL);
    assert_ok(signed_transaction_read(buf_slice(&bytes), &arena, &back));
    transaction_write(&again, &back.transaction);
    assert_true(slice_eq(buf_slice(&again), slice_first(buf_slice(&bytes), bytes.len - 65)));
    const struct delegate *got = back.transaction.actions[0].delegate;
    h = delegate_hash(got);
    assert_true(signature_verify(&got->signature, &got->public_key, hash_slice(&h)));
    assert_true(got->nonce == 4 && got->max_block_height == 1000 && got->action_count == 1);
    assert_true(slice_eq_str(got->actions[0].call.method, "ping"));
}

static void test_version_1_comes_back(void **state)
{
    (void)state;
    AUTO(buf) struct buf bytes = {0}, again = {0};
    AUTO(arena) struct arena arena = {0};
    struct secret_key key = test_key();
    struct transaction t = transaction_of("bob.test", 1, &transfer, 1);
    t.version = TRANSACTION_V1;
    t.nonce_mode = NONCE_STRICT;
    struct signed_transaction back;
    transaction_sign(&bytes, &t, &key, NULL);
    assert_int_equal(bytes.len, 1 + 120 + 1 + 1 + 65);
    assert_ok(signed_transaction_read(buf_slice(&bytes), &arena, &back));
    assert_int_equal(back.transaction.version, TRANSACTION_V1);
    assert_int_equal(back.transaction.nonce_mode, NONCE_STRICT);
    assert_true(back.transaction.nonce == 1);
    struct hash h = hash_sha256(slice_first(buf_slice(&bytes), bytes.len - 65));
    assert_true(hash_eq(&h, &back.hash));
    transaction_write(&again, &back.transaction);
    assert_true(slice_eq(buf_slice(&again), slice_first(buf_slice(&bytes), bytes.len - 65)));
}

static void test_deterministic_ids(void **state)
{
    (void)state;
    static const struct state_init_entry entries[] = {{SLICE("k"), SLICE("v")}};
    struct state_init by_account = {
        .code = {.kind = GLOBAL_BY_ACCOUNT, .account_id = account("code.test")}, .entries = entries, .entry_count = 1};
    struct state_init by_hash = {.code = {.kind = GLOBAL_BY_HASH, .code_hash = hash_sha256(SLICE("x"))}};
    assert_string_equal(state_init_account_id(&by_account).text, "0sb828a9262bc52a4534a382c1c736ebcebc6b12ad");
    assert_string_equal(state_init_account_id(&by_hash).text, "0sc3746a5ba9d3c7aa185403f12c9b032101b74e1a");

    AUTO(buf) struct buf bytes = {0}, hex = {0};
    action_write(&bytes, &(struct action){.kind = ACTION_STATE_INIT, .state_init = {.init = &by_account}});
    hex_append(&hex, slice_first(slice_skip(buf_slice(&bytes), 1), bytes.len - 17));
    assert_string_equal(buf_str(&hex), "000109000000636f64652e7465737401000000010000006b0100000076");
}

static void test_global_contracts_come_back(void **state)
{
    (void)state;
    AUTO(buf) struct buf bytes = {0}, again = {0};
    AUTO(arena) struct arena arena = {0};
    static const struct state_init_entry entries[] = {{SLICE("a"), SLICE("1")}, {SLICE("b"), SLICE("")}};
    struct state_init init = {.code = {.kind = GLOBAL_BY_HASH, .code_hash = {{7}}}, .entries = entries, .entry_count = 2};
    const struct action actions[] = {
        {.kind = ACTION_DEPLOY_GLOBAL, .deploy_global = {.code = SLICE("code"), .by_account = true}},
        {.kind = ACTION_USE_GLOBAL, .use_global = {.kind = GLOBAL_BY_ACCOUNT, .account_id = account("code.test")}},
        {.kind = ACTION_STATE_INIT, .state_init = {.init = &init, .deposit = NEAR}},
    };
    struct transaction t = transaction_of("alice.test", 7, actions, 3);
    struct secret_key key = test_key();
    struct signed_transaction back;
    transaction_sign(&bytes, &t, &key, NULL);
    assert_ok(signed_transaction_read(buf_slice(&bytes), &arena, &back));
    transaction_write(&again, &back.transaction);
    assert_true(slice_eq(buf_slice(&again), slice_first(buf_slice(&bytes), bytes.len - 65)));
    const struct action *got = back.transaction.actions;
    assert_true(got[0].deploy_global.by_account && slice_eq_str(got[0].deploy_global.code, "code"));
    assert_string_equal(got[1].use_global.account_id.text, "code.test");
    assert_true(got[2].state_init.deposit == NEAR && got[2].state_init.init->entry_count == 2);
}

/* Reading `bytes` fails with `code`, and the sentence holds `words`. */
static void check_refused(struct slice bytes, enum err_code code, const char *words)
{
    AUTO(arena) struct arena arena = {0};
    struct signed_transaction out;
    AUTO(err) struct err *e = signed_transaction_read(bytes, &arena, &out);
    assert_non_null(e);
    assert_int_equal(err_code(e), code);
    if (!strstr(err_text(e), words))
        fail_msg("`%s` does not say `%s`", err_text(e), words);
}

static void test_every_cut_and_every_surplus_is_refused(void **state)
{
    (void)state;
    AUTO(buf) struct buf bytes = {0};
    struct secret_key key = test_key();
    const struct action actions[] = {ping, transfer};
    struct transaction t = transaction_of("c.test", 2, actions, 2);
    transaction_sign(&bytes, &t, &key, NULL);
    for (size_t len = 0; len < bytes.len; len++)
        check_refused(slice_first(buf_slice(&bytes), len), ERR_INVALID, "transaction");
    buf_append_byte(&bytes, 0);
    check_refused(buf_slice(&bytes), ERR_INVALID, "1 bytes after its signature");
}

static void test_faults_name_the_field(void **state)
{
    (void)state;
    AUTO(buf) struct buf bytes = {0};
    struct secret_key key = test_key();
    struct transaction t = transaction_of("c.test", 2, &ping, 1);
    transaction_sign(&bytes, &t, &key, NULL);
    static const struct {
        size_t at;
        uint8_t byte;
        const char *words;
    } cases[] = {
        {4, 'A', "signer_id: is not a valid account id"},
        {0, 200, "signer_id"},
        {1, 1, "unknown transaction version 10, expected 0 or 1"},
        {14, 7, "public_key"},
        {55, 250, "receiver_id"},
        {59, '.', "receiver_id: is not a valid account id"},
        {97, 2, "signature"},
        {98, 255, "actions"},
        {101, 99, "action 0: has an unknown kind"},
        {102, 255, "action 0: ends too early"},
        {145, 2, "signature"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t held = bytes.ptr[cases[i].at];
        bytes.ptr[cases[i].at] = cases[i].byte;
        check_refused(buf_slice(&bytes), ERR_INVALID, cases[i].words);
        bytes.ptr[cases[i].at] = held;
    }
}

static void test_unsupported_kinds_are_refused_by_name(void **state)
{
    (void)state;
    AUTO(buf) struct buf bytes = {0};
    struct secret_key key = test_key();
    struct transaction t = transaction_of("c.test", 2, &ping, 1);
    transaction_sign(&bytes, &t, &key, NULL);
    bytes.ptr[101] = 14;
    check_refused(buf_slice(&bytes), ERR_INVALID, "DelegateV2 actions are not supported");
}

static void test_version_1_faults_name_the_field(void **state)
{
    (void)state;
    AUTO(buf) struct buf bytes = {0};
    struct secret_key key = test_key();
    struct transaction t = transaction_of("bob.test", 1, &transfer, 1);
    t.version = TRANSACTION_V1;
    transaction_sign(&bytes, &t, &key, NULL);
    size_t nonce_at = 1 + 14 + 33, mode_at = bytes.len - 66;
    bytes.ptr[mode_at] = 2;
    check_refused(buf_slice(&bytes), ERR_INVALID, "nonce_mode: is neither 0 (monotonic) nor 1 (strict)");
    bytes.ptr[mode_at] = 0;
    bytes.ptr[nonce_at] = 2;
    check_refused(buf_slice(&bytes), ERR_INVALID, "nonce: is of an unknown kind");
    bytes.ptr[nonce_at] = 0;
    for (size_t len = 0; len < bytes.len; len++)
        check_refused(slice_first(buf_slice(&bytes), len), ERR_INVALID, "transaction");
}

static void test_global_faults_are_named(void **state)
{
    (void)state;
    struct secret_key key = test_key();
    static const struct state_init_entry twice[] = {{SLICE("a"), SLICE("1")}, {SLICE("a"), SLICE("2")}};
    struct state_init init = {.entries = twice, .entry_count = 2};
    const struct {
        struct action action;
        size_t at_end; /* which byte from the end of the actions is changed to 2 */
        const char *words;
    } cases[] = {
        {{.kind = ACTION_DEPLOY_GLOBAL}, 1, "deploys a global contract in an unknown mode"},
        {{.kind = ACTION_USE_GLOBAL}, 33, "names a global contract in an unknown way"},
        {{.kind = ACTION_STATE_INIT, .state_init = {.init = &init}}, 0, "keys are not in ascending order"},
        {{.kind = ACTION_STATE_INIT, .state_init = {.init = &init}}, 74, "state init is of an unknown version"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(buf) struct buf bytes = {0};
        struct transaction t = transaction_of("alice.test", 7, &cases[i].action, 1);
        transaction_sign(&bytes, &t, &key, NULL);
        if (cases[i].at_end)
            bytes.ptr[bytes.len - 65 - cases[i].at_end] = 2;
        check_refused(buf_slice(&bytes), ERR_INVALID, cases[i].words);
    }
}

static void test_delegates_do_not_nest(void **state)
{
    (void)state;
    AUTO(buf) struct buf bytes = {0};
    struct delegate inner = delegate_of(&ping, 1);
    const struct action nested = {.kind = ACTION_DELEGATE, .delegate = &inner};
    struct delegate outer = delegate_of(&nested, 1);
    const struct action a = {.kind = ACTION_DELEGATE, .delegate = &outer};
    struct transaction t = transaction_of("alice.test", 7, &a, 1);
    struct secret_key key = test_key();
    transaction_sign(&bytes, &t, &key, NULL);
    check_refused(buf_slice(&bytes), ERR_INVALID, "action 0: is a delegate inside a delegate");
}

static void test_a_flood_of_delegated_actions_is_refused(void **state)
{
    (void)state;
    AUTO(buf) struct buf bytes = {0};
    static struct action many[3000];
    struct delegate d = delegate_of(many, 3000);
    const struct action actions[] = {{.kind = ACTION_DELEGATE, .delegate = &d}, {.kind = ACTION_DELEGATE, .delegate = &d}};
    struct transaction t = transaction_of("alice.test", 7, actions, 2);
    struct secret_key key = test_key();
    transaction_sign(&bytes, &t, &key, NULL);
    check_refused(buf_slice(&bytes), ERR_LIMIT, "6002, at most 4096");
}

/* Actions, permissions and the nonce of NEP-611. */
static void test_gas_keys_round_trip(void **state)
{
    (void)state;
    AUTO(buf) struct buf bytes = {0};
    AUTO(buf) struct buf again = {0};
    AUTO(arena) struct arena arena = {0};
    struct secret_key key = test_key();
    const struct public_key public_key = secret_key_public(&key);
    static const struct slice methods[] = {SLICE("ping")};
    const struct access_key full = {.permission = PERMISSION_GAS_KEY_FULL_ACCESS, .gas_balance = NEAR, .nonce_count = 1024};
    const struct access_key bound = {.permission = PERMISSION_GAS_KEY_FUNCTION_CALL,
                                     .nonce_count = 1,
                                     .receiver_id = SLICE("c.test"),
                                     .method_names = methods,
                                     .method_count = 1};
    const struct action actions[] = {
        {.kind = ACTION_ADD_KEY, .add_key = {.public_key = public_key, .access_key = full}},
        {.kind = ACTION_ADD_KEY, .add_key = {.public_key = public_key, .access_key = bound}},
        {.kind = ACTION_TRANSFER_TO_GAS_KEY, .gas_key = {.public_key = public_key, .amount = 5 * NEAR}},
        {.kind = ACTION_WITHDRAW_FROM_GAS_KEY, .gas_key = {.public_key = public_key, .amount = 7}},
    };
    struct transaction t = transaction_of("alice.test", UINT64_C(1) << 60, actions, 4);
    struct signed_transaction back;
    t.version = TRANSACTION_V1;
    t.uses_gas_key = true;
    t.nonce_index = 1023;
    transaction_sign(&bytes, &t, &key, NULL);
    assert_ok(signed_transaction_read(buf_slice(&bytes), &arena, &back));
    assert_true(back.transaction.uses_gas_key && back.transaction.nonce_index == 1023);
    assert_true(back.transaction.nonce == UINT64_C(1) << 60);
    const struct action *read = back.transaction.actions;
    assert_true(read[0].add_key.access_key.gas_balance == NEAR && read[0].add_key.access_key.nonce_count == 1024);
    assert_int_equal(read[1].add_key.access_key.method_count, 1);
    assert_true(read[2].gas_key.amount == 5 * NEAR && public_key_eq(&read[3].gas_key.public_key, &public_key));
    transaction_write(&again, &back.transaction);
    signature_write(&again, &back.signature);
    assert_true(slice_eq(buf_slice(&again), buf_slice(&bytes)));
    for (size_t len = 0; len < bytes.len; len++)
        check_refused(slice_first(buf_slice(&bytes), len), ERR_INVALID, "transaction");
}

static void test_an_unknown_permission_is_refused(void **state)
{
    (void)state;
    AUTO(buf) struct buf bytes = {0};
    struct secret_key key = test_key();
    const struct action add = {
        .kind = ACTION_ADD_KEY,
        .add_key = {.public_key = secret_key_public(&key), .access_key = {.permission = PERMISSION_FULL_ACCESS}}};
    struct transaction t = transaction_of("c.test", 2, &add, 1);
    transaction_sign(&bytes, &t, &key, NULL);
    bytes.ptr[bytes.len - 65 - 1] = 4;
    check_refused(buf_slice(&bytes), ERR_INVALID, "unknown permission");
}

static void test_a_flood_of_actions_is_refused_before_memory_is_taken(void **state)
{
    (void)state;
    AUTO(buf) struct buf bytes = {0};
    struct transaction t = transaction_of("c.test", 2, NULL, 0);
    transaction_write(&bytes, &t);
    bytes.len -= 4;
    borsh_write_u32(&bytes, 100000);
    for (int i = 0; i < 100000; i++)
        borsh_write_u8(&bytes, ACTION_CREATE_ACCOUNT);
    check_refused(buf_slice(&bytes), ERR_LIMIT, "100000 actions, at most 4096");
}

static void test_a_changed_byte_breaks_the_signature(void **state)
{
    (void)state;
    AUTO(buf) struct buf bytes = {0};
    AUTO(arena) struct arena arena = {0};
    struct secret_key key = test_key();
    struct transaction t = transaction_of("bob.test", 1, &transfer, 1);
    transaction_sign(&bytes, &t, &key, NULL);
    bytes.ptr[105]++; /* the deposit */
    struct signed_transaction back;
    assert_ok(signed_transaction_read(buf_slice(&bytes), &arena, &back));
    assert_false(signature_verify(&back.signature, &back.transaction.public_key, hash_slice(&back.hash)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transfer_vector),
        cmocka_unit_test(test_function_call_vector),
        cmocka_unit_test(test_batch_vector),
        cmocka_unit_test(test_delegate_vector),
        cmocka_unit_test(test_version_1_comes_back),
        cmocka_unit_test(test_deterministic_ids),
        cmocka_unit_test(test_global_contracts_come_back),
        cmocka_unit_test(test_global_faults_are_named),
        cmocka_unit_test(test_every_other_action_comes_back),
        cmocka_unit_test(test_every_cut_and_every_surplus_is_refused),
        cmocka_unit_test(test_faults_name_the_field),
        cmocka_unit_test(test_unsupported_kinds_are_refused_by_name),
        cmocka_unit_test(test_version_1_faults_name_the_field),
        cmocka_unit_test(test_delegates_do_not_nest),
        cmocka_unit_test(test_a_flood_of_delegated_actions_is_refused),
        cmocka_unit_test(test_gas_keys_round_trip),
        cmocka_unit_test(test_an_unknown_permission_is_refused),
        cmocka_unit_test(test_a_flood_of_actions_is_refused_before_memory_is_taken),
        cmocka_unit_test(test_a_changed_byte_breaks_the_signature),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
