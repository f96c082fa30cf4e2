/* What a block changed and why. */
#include "devnet/chain/chain_testing.h"

static const uint8_t contract[] = {
#include "devnet/chain/contract_test_wasm.inc"
};

struct fixture {
    struct chain *chain;
    struct sender alice, bob;
    struct arena arena;
    struct chain_change *changes; /* of the block that `look` looked at */
    size_t count;
};

static int setup(void **state)
{
    static struct fixture f;
    f = (struct fixture){.chain = open_test_chain()};
    f.alice = genesis_sender(f.chain, "alice.near");
    f.bob = genesis_sender(f.chain, "bob.near");
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    arena_free(&f->arena);
    chain_close(f->chain);
    return 0;
}

static void look(struct fixture *f, uint64_t height)
{
    must(chain_block_changes(f->chain, height, &f->arena, &f->changes, &f->count));
}

static const struct chain_change *expect(struct fixture *f, size_t index, enum chain_change_kind kind, const char *account,
                                         enum change_cause cause, const struct hash *by)
{
    assert_true(index < f->count);
    const struct chain_change *c = &f->changes[index];
    assert_string_equal(c->account_id.text, account);
    assert_int_equal(c->kind, kind);
    assert_int_equal(c->cause, cause);
    assert_true(hash_eq(&c->by, by));
    return c;
}

static void a_transfer_changes_three_accounts_and_a_nonce(void **state)
{
    struct fixture *f = *state;
    struct action pay = transfer_of(NEAR);
    struct chain_tx_status s = run(f->chain, &f->alice, "bob.near", &pay, 1, &f->arena);
    const struct hash *tx = &s.tx.outcome.id, *receipt = &s.receipts[0].receipt.id, *refund = &s.receipts[1].receipt.id;
    look(f, s.tx.height);
    assert_int_equal(f->count, 2);
    const struct chain_change *c = expect(f, 0, CHAIN_CHANGE_ACCOUNT, "alice.near", CAUSE_TRANSACTION, tx);
    assert_true(!c->removed && c->account.amount < 999 * NEAR && c->account.storage_usage == 182);
    c = expect(f, 1, CHAIN_CHANGE_KEY, "alice.near", CAUSE_TRANSACTION, tx);
    assert_true(c->access_key.nonce == f->alice.nonce && c->access_key.permission == PERMISSION_FULL_ACCESS);
    struct public_key key = secret_key_public(&f->alice.key);
    assert_true(public_key_eq(&c->public_key, &key));

    look(f, s.receipts[0].height);
    assert_int_equal(f->count, 1);
    c = expect(f, 0, CHAIN_CHANGE_ACCOUNT, "bob.near", CAUSE_RECEIPT, receipt);
    assert_true(c->account.amount == 1001 * NEAR);
    look(f, s.receipts[1].height);
    assert_int_equal(f->count, 1);
    c = expect(f, 0, CHAIN_CHANGE_ACCOUNT, "alice.near", CAUSE_RECEIPT, refund);
    assert_true(c->account.amount == balance_of(f->chain, "alice.near"));
}

static void a_call_changes_data_and_earns_a_reward(void **state)
{
    struct fixture *f = *state;
    const struct action deploy = {.kind = ACTION_DEPLOY_CONTRACT, .deploy = {.code = slice_from(contract, sizeof contract)}};
    struct chain_tx_status s = run(f->chain, &f->bob, "bob.near", &deploy, 1, &f->arena);
    look(f, s.tx.height);
    assert_int_equal(f->count, 4); /* bob's account by the transaction and by its local receipt, code, key */
    expect(f, 0, CHAIN_CHANGE_ACCOUNT, "bob.near", CAUSE_TRANSACTION, &s.tx.outcome.id);
    expect(f, 1, CHAIN_CHANGE_ACCOUNT, "bob.near", CAUSE_RECEIPT, &s.receipts[0].receipt.id);
    const struct chain_change *c = expect(f, 2, CHAIN_CHANGE_CODE, "bob.near", CAUSE_RECEIPT, &s.receipts[0].receipt.id);
    assert_int_equal(c->value.len, sizeof contract);

    struct action call = call_of("write", "value", 20 * TGAS, 0);
    s = run(f->chain, &f->alice, "bob.near", &call, 1, &f->arena);
    const struct hash *receipt = &s.receipts[0].receipt.id;
    success_of(&s, 0);
    look(f, s.receipts[0].height);
    assert_int_equal(f->count, 3);
    expect(f, 0, CHAIN_CHANGE_ACCOUNT, "bob.near", CAUSE_RECEIPT, receipt);
    expect(f, 1, CHAIN_CHANGE_ACCOUNT, "bob.near", CAUSE_REWARD, receipt);
    c = expect(f, 2, CHAIN_CHANGE_DATA, "bob.near", CAUSE_RECEIPT, receipt);
    assert_true(slice_eq_str(c->value, "value") && c->data_key.len);

    struct action fail = call_of("write_and_fail", "other", 20 * TGAS, 0);
    s = run(f->chain, &f->alice, "bob.near", &fail, 1, &f->arena);
    look(f, s.receipts[0].height);
    assert_int_equal(f->count, 1); /* what failed changed nothing, but was paid for */
    expect(f, 0, CHAIN_CHANGE_ACCOUNT, "bob.near", CAUSE_REWARD, &s.receipts[0].receipt.id);

    struct action leave = {.kind = ACTION_DELETE_ACCOUNT, .delete_account = {.beneficiary = id_of("alice.near")}};
    s = run(f->chain, &f->bob, "bob.near", &leave, 1, &f->arena);
    look(f, s.receipts[0].height);
    size_t removed[4] = {0};
    for (size_t i = 0; i < f->count; i++)
        removed[f->changes[i].kind] += f->changes[i].removed;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(removed[i], 1);
}

static void patches_are_migrations(void **state)
{
    struct fixture *f = *state;
    const struct chain_patch patch = {
        .kind = CHAIN_PATCH_DATA, .account_id = id_of("bob.near"), .data_key = SLICE("k"), .value = SLICE("v")};
    must(chain_patch_state(f->chain, &patch, 1));
    look(f, head_of(f->chain).height);
    assert_int_equal(f->count, 1);
    static const struct hash nothing;
    const struct chain_change *c = expect(f, 0, CHAIN_CHANGE_DATA, "bob.near", CAUSE_MIGRATION, &nothing);
    assert_true(slice_eq_str(c->data_key, "k") && slice_eq_str(c->value, "v"));
    must(chain_make_block(f->chain));
    look(f, head_of(f->chain).height);
    assert_int_equal(f->count, 0);
}

static void changes_are_kept_as_long_as_the_state(void **state)
{
    struct fixture *f = *state;
    struct chain_config config = test_config();
    struct chain_change *changes;
    size_t count;
    config.history_blocks = 2;
    chain_close(f->chain);
    must(chain_open(&config, &f->chain));
    for (int i = 0; i < 3; i++)
        must(chain_make_block(f->chain));
    must(chain_block_changes(f->chain, 1, &f->arena, &changes, &count));
    must_fail(chain_block_changes(f->chain, 0, &f->arena, &changes, &count), ERR_LIMIT);
}

static void damaged_changes_do_not_decode(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    AUTO(buf) struct buf bytes = {0};
    struct change_log log = {0};
    struct change *changes;
    size_t count;
    static const struct hash by = {{7}};
    change_log_because(&log, CAUSE_RECEIPT, &by);
    change_log_add(&log, &arena, SLICE("\0bob.near"), SLICE("first"), true);
    change_log_add(&log, &arena, SLICE("\0bob.near"), SLICE("last"), true);
    change_log_add(&log, &arena, SLICE("\3private"), SLICE("x"), true);
    change_log_because(&log, CAUSE_REWARD, &by);
    change_log_add(&log, &arena, SLICE("\0bob.near"), SLICE(""), false);
    change_log_add(&log, &arena, SLICE("\0alice.near"), SLICE("a"), true);
    changes_write(&bytes, &log);
    must(changes_read(buf_slice(&bytes), &arena, &changes, &count));
    assert_int_equal(count, 3);
    assert_true(slice_eq_str(changes[0].value, "a"));
    assert_true(slice_eq_str(changes[1].value, "last") && changes[1].cause == CAUSE_RECEIPT);
    assert_true(!changes[2].present && changes[2].cause == CAUSE_REWARD);
    for (size_t len = 0; len < bytes.len; len++)
        must_fail(changes_read(slice_first(buf_slice(&bytes), len), &arena, &changes, &count), ERR_BUG);
    bytes.ptr[4] = CAUSE_COUNT;
    must_fail(changes_read(buf_slice(&bytes), &arena, &changes, &count), ERR_BUG);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_transfer_changes_three_accounts_and_a_nonce),
        TEST(a_call_changes_data_and_earns_a_reward),
        TEST(patches_are_migrations),
        TEST(changes_are_kept_as_long_as_the_state),
        cmocka_unit_test(damaged_changes_do_not_decode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
