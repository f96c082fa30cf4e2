/* Gas keys (NEP-611): keys with a balance of their own, which pays for gas, and with several nonces. */
#include "devnet/chain/chain_testing.h"

enum { NONCES = 3 };

static const u128 milli = NEAR / 1000;

struct fixture {
    struct chain *chain;
    struct sender alice, bob;
    struct secret_key gas_key;
    struct arena arena;
};

static struct public_key gas_public(const struct fixture *f)
{
    return secret_key_public(&f->gas_key);
}

static struct action add_of(const struct fixture *f, struct access_key key)
{
    return (struct action){.kind = ACTION_ADD_KEY, .add_key = {.public_key = gas_public(f), .access_key = key}};
}

static struct action fund_of(const struct fixture *f, u128 amount)
{
    return (struct action){.kind = ACTION_TRANSFER_TO_GAS_KEY, .gas_key = {.public_key = gas_public(f), .amount = amount}};
}

static struct action withdrawal_of(const struct fixture *f, u128 amount)
{
    return (struct action){.kind = ACTION_WITHDRAW_FROM_GAS_KEY, .gas_key = {.public_key = gas_public(f), .amount = amount}};
}

static struct action deletion_of(const struct fixture *f)
{
    return (struct action){.kind = ACTION_DELETE_KEY, .delete_key = {.public_key = gas_public(f)}};
}

static const struct access_key full_gas_key = {.permission = PERMISSION_GAS_KEY_FULL_ACCESS, .nonce_count = NONCES};

static int setup(void **state)
{
    static struct fixture f;
    f = (struct fixture){.chain = open_test_chain(), .gas_key = seed_key(7)};
    f.alice = genesis_sender(f.chain, "alice.near");
    f.bob = genesis_sender(f.chain, "bob.near");
    must(chain_make_block(f.chain)); /* so that new keys' nonces are above 0 */
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

/* Alice adds the key; bob puts money into it, which anybody may. */
static void make_key(struct fixture *f, struct access_key key, u128 balance)
{
    struct action add = add_of(f, key), fund = fund_of(f, balance);
    struct chain_tx_status s = run(f->chain, &f->alice, "alice.near", &add, 1, &f->arena);
    success_of(&s, 0);
    s = run(f->chain, &f->bob, "alice.near", &fund, 1, &f->arena);
    success_of(&s, 0);
}

static struct access_key key_now(struct fixture *f)
{
    struct chain_block head = head_of(f->chain);
    struct account_id id = id_of("alice.near");
    struct public_key key = gas_public(f);
    struct access_key access;
    must(chain_view_key(f->chain, &head, &id, &key, &f->arena, &access));
    return access;
}

static uint64_t nonce_now(struct fixture *f, uint16_t index)
{
    struct chain_block head = head_of(f->chain);
    struct account_id id = id_of("alice.near");
    struct public_key key = gas_public(f);
    uint64_t *nonces;
    size_t count;
    must(chain_view_gas_key_nonces(f->chain, &head, &id, &key, &f->arena, &nonces, &count));
    assert_int_equal(count, NONCES);
    return nonces[index];
}

/* By alice's gas key with nonce `index`. */
static struct chain_submission submit_by_key(struct fixture *f, uint16_t index, uint64_t nonce, const char *to,
                                             const struct action *action)
{
    AUTO(buf) struct buf bytes = {0};
    struct chain_submission s;
    struct transaction t = {.version = TRANSACTION_V1,
                            .signer_id = id_of("alice.near"),
                            .receiver_id = id_of(to),
                            .public_key = gas_public(f),
                            .nonce = nonce,
                            .uses_gas_key = true,
                            .nonce_index = index,
                            .block_hash = head_of(f->chain).hash,
                            .actions = action,
                            .action_count = 1};
    transaction_sign(&bytes, &t, &f->gas_key, NULL);
    must(chain_submit(f->chain, buf_slice(&bytes), &f->arena, &s));
    return s;
}

static struct chain_tx_status run_by_key(struct fixture *f, uint16_t index, const char *to, const struct action *action)
{
    struct chain_tx_status status;
    struct chain_submission s = submit_by_key(f, index, nonce_now(f, index) + 1, to, action);
    if (s.verdict != CHAIN_ACCEPTED)
        fail_msg("refused: %s", s.invalid ? s.invalid : "known");
    settle(f->chain);
    must(chain_tx_status(f->chain, &s.hash, &f->arena, &status));
    return status;
}

static void it_pays_for_gas_and_the_account_for_deposits(void **state)
{
    struct fixture *f = *state;
    make_key(f, full_gas_key, 500 * milli);
    u128 alice = balance_of(f->chain, "alice.near"), bob = balance_of(f->chain, "bob.near");
    struct action pay = transfer_of(5 * NEAR);
    struct chain_tx_status s = run_by_key(f, 1, "bob.near", &pay);
    u128 burnt = s.tx.outcome.tokens_burnt + success_of(&s, 0)->tokens_burnt;
    assert_true(balance_of(f->chain, "alice.near") == alice - 5 * NEAR);
    assert_true(balance_of(f->chain, "bob.near") == bob + 5 * NEAR);
    assert_true(key_now(f).gas_balance == 500 * milli - burnt); /* the gas refund came back to the key */
    assert_true(key_now(f).nonce == 0);
}

static void its_nonces_are_independent(void **state)
{
    struct fixture *f = *state;
    make_key(f, full_gas_key, 500 * milli);
    struct action pay = transfer_of(1);
    uint64_t first = nonce_now(f, 0);
    assert_true(first && first % 1000000 == 0 && nonce_now(f, 2) == first); /* (height - 1) * 10^6, as of any new key */
    assert_int_equal(submit_by_key(f, 2, first + 5, "bob.near", &pay).verdict, CHAIN_ACCEPTED);
    assert_int_equal(submit_by_key(f, 0, first + 2, "bob.near", &pay).verdict, CHAIN_ACCEPTED);
    assert_int_equal(submit_by_key(f, 0, first + 1, "bob.near", &pay).verdict, CHAIN_ACCEPTED); /* goes before */
    settle(f->chain);
    assert_true(nonce_now(f, 0) == first + 2 && nonce_now(f, 1) == first && nonce_now(f, 2) == first + 5);
    const char *again = submit_by_key(f, 2, first + 5, "test.near", &pay).invalid;
    assert_string_equal(again, arena_fmt(&f->arena, "{\"InvalidNonce\":{\"tx_nonce\":%llu,\"ak_nonce\":%llu}}",
                                         (unsigned long long)first + 5, (unsigned long long)first + 5));
}

static void keys_and_nonces_must_be_of_one_kind(void **state)
{
    struct fixture *f = *state;
    make_key(f, full_gas_key, 500 * milli);
    struct action pay = transfer_of(1);
    struct sender plain = {.id = "alice.near", .key = f->gas_key, .nonce = 50000000};
    assert_string_equal(refusal(f->chain, &plain, "bob.near", &pay, 1, &f->arena),
                        "{\"InvalidNonceIndex\":{\"tx_nonce_index\":null,\"num_nonces\":3}}");
    assert_string_equal(submit_by_key(f, NONCES, 60000000, "bob.near", &pay).invalid,
                        "{\"InvalidNonceIndex\":{\"tx_nonce_index\":3,\"num_nonces\":3}}");
    f->gas_key = f->alice.key; /* a key of the account that is no gas key */
    assert_non_null(strstr(submit_by_key(f, 0, 60000000, "bob.near", &pay).invalid, "\"AccessKeyNotFound\""));
}

static void what_it_holds_limits_it(void **state)
{
    struct fixture *f = *state;
    make_key(f, full_gas_key, milli / 100);
    struct action pay = transfer_of(1), call = call_of("ping", "", 300 * TGAS, 0);
    struct chain_submission s = submit_by_key(f, 0, nonce_now(f, 0) + 1, "bob.near", &call);
    assert_non_null(strstr(s.invalid, "{\"NotEnoughGasKeyBalance\":{\"signer_id\":\"alice.near\",\"balance\":"
                                      "\"10000000000000000000\",\"cost\":\"30"));
    struct action fund = fund_of(f, 10 * milli);
    struct chain_tx_status funded = run(f->chain, &f->alice, "alice.near", &fund, 1, &f->arena);
    success_of(&funded, 0);
    struct chain_tx_status paid = run_by_key(f, 0, "bob.near", &pay);
    success_of(&paid, 0);
    pay = transfer_of(2000 * NEAR);
    assert_non_null(strstr(submit_by_key(f, 0, nonce_now(f, 0) + 1, "bob.near", &pay).invalid,
                           "\"cost\":\"2000000000000000000000000000\",\"reason\":\"NotEnoughBalance\""));
}

/* Both pass admission; when the second comes to its turn the account has too little. Its nonce and gas are used up. */
static void the_key_pays_even_when_the_account_cannot(void **state)
{
    struct fixture *f = *state;
    make_key(f, full_gas_key, 500 * milli);
    u128 before = balance_of(f->chain, "alice.near");
    uint64_t nonce = nonce_now(f, 1) + 1;
    struct action pay = transfer_of(900 * NEAR), more = transfer_of(800 * NEAR);
    submit_by_key(f, 0, nonce, "bob.near", &pay);
    struct chain_submission second = submit_by_key(f, 1, nonce, "bob.near", &more);
    assert_int_equal(second.verdict, CHAIN_ACCEPTED);
    settle(f->chain);
    struct chain_tx_status s;
    must(chain_tx_status(f->chain, &second.hash, &f->arena, &s));
    assert_int_equal(s.tx.outcome.status, OUTCOME_FAILURE);
    assert_non_null(strstr(arena_str(&f->arena, s.tx.outcome.failure),
                           "{\"InvalidTxError\":{\"NotEnoughBalanceForDeposit\":{\"signer_id\":\"alice.near\""));
    assert_int_equal(s.receipt_count, 0);
    assert_true(s.tx.outcome.gas_burnt == UINT64_C(223182562500));
    assert_true(nonce_now(f, 1) == nonce && nonce_now(f, 0) == nonce);
    assert_true(balance_of(f->chain, "alice.near") == before - 900 * NEAR);
    u128 one = 2 * (u128)UINT64_C(223182562500) * 100000000;
    assert_true(key_now(f).gas_balance == 500 * milli - one - one / 2);
}

static void money_is_withdrawn_by_the_owner_alone(void **state)
{
    struct fixture *f = *state;
    make_key(f, full_gas_key, 500 * milli);
    struct action take = withdrawal_of(f, 400 * milli), too_much = withdrawal_of(f, NEAR);
    struct chain_tx_status s = run(f->chain, &f->bob, "alice.near", &take, 1, &f->arena);
    assert_failure(&s, 0,
                   "{\"ActionError\":{\"index\":0,\"kind\":{\"ActorNoPermission\":{\"account_id\":\"alice.near\",\"actor_id\":"
                   "\"bob.near\"}}}}");
    u128 before = balance_of(f->chain, "alice.near");
    s = run(f->chain, &f->alice, "alice.near", &take, 1, &f->arena);
    u128 burnt = s.tx.outcome.tokens_burnt + success_of(&s, 0)->tokens_burnt;
    assert_true(balance_of(f->chain, "alice.near") == before + 400 * milli - burnt);
    assert_true(key_now(f).gas_balance == 100 * milli);
    s = run(f->chain, &f->alice, "alice.near", &too_much, 1, &f->arena);
    assert_non_null(strstr(arena_str(&f->arena, s.receipts[0].outcome.failure),
                           "\"balance\":\"100000000000000000000000\",\"required\":\"1000000000000000000000000\"}}"));
}

static void money_for_no_gas_key_comes_back(void **state)
{
    struct fixture *f = *state;
    struct action fund = fund_of(f, 5 * NEAR);
    u128 before = balance_of(f->chain, "bob.near");
    struct chain_tx_status s = run(f->chain, &f->bob, "alice.near", &fund, 1, &f->arena);
    assert_non_null(strstr(arena_str(&f->arena, s.receipts[0].outcome.failure), "{\"GasKeyDoesNotExist\":{\"account_id\":"));
    u128 burnt = s.tx.outcome.tokens_burnt + s.receipts[0].outcome.tokens_burnt;
    assert_true(balance_of(f->chain, "bob.near") == before - burnt);
    f->gas_key = f->alice.key; /* exists, but is a plain key */
    fund = fund_of(f, NEAR);
    s = run(f->chain, &f->bob, "alice.near", &fund, 1, &f->arena);
    assert_non_null(strstr(arena_str(&f->arena, s.receipts[0].outcome.failure), "GasKeyDoesNotExist"));
}

static void deleting_burns_a_little_and_refuses_much(void **state)
{
    struct fixture *f = *state;
    struct chain_account fresh, after;
    struct action drop = deletion_of(f), take = withdrawal_of(f, NEAR);
    account_at(f->chain, "alice.near", &fresh);
    make_key(f, full_gas_key, 3 * NEAR / 2);
    account_at(f->chain, "alice.near", &after);
    assert_true(after.storage_usage == fresh.storage_usage + 33 + 27 + 40 + NONCES * (33 + 2 + 8 + 40));
    struct chain_tx_status s = run(f->chain, &f->alice, "alice.near", &drop, 1, &f->arena);
    assert_non_null(strstr(arena_str(&f->arena, s.receipts[0].outcome.failure), "{\"GasKeyBalanceTooHigh\":{\"account_id\":"));
    s = run(f->chain, &f->alice, "alice.near", &take, 1, &f->arena);
    success_of(&s, 0);
    s = run(f->chain, &f->alice, "alice.near", &drop, 1, &f->arena);
    const struct outcome *o = success_of(&s, 0);
    assert_true(o->tokens_burnt == (u128)o->gas_burnt * 100000000 + NEAR / 2);
    account_at(f->chain, "alice.near", &after);
    assert_true(after.storage_usage == fresh.storage_usage);
}

static void an_account_goes_with_its_gas_keys(void **state)
{
    struct fixture *f = *state;
    struct action leave = {.kind = ACTION_DELETE_ACCOUNT, .delete_account = {.beneficiary = id_of("bob.near")}};
    make_key(f, full_gas_key, 3 * NEAR / 2);
    struct chain_tx_status s = run(f->chain, &f->alice, "alice.near", &leave, 1, &f->arena);
    assert_failure(&s, 0,
                   "{\"ActionError\":{\"index\":0,\"kind\":{\"GasKeyBalanceTooHigh\":{\"account_id\":\"alice.near\","
                   "\"public_key\":null,\"balance\":\"1500000000000000000000000\"}}}}");
    struct action both[] = {withdrawal_of(f, NEAR), leave};
    s = run(f->chain, &f->alice, "alice.near", both, 2, &f->arena);
    const struct outcome *o = success_of(&s, 0);
    assert_true(o->tokens_burnt >= NEAR / 2);
    struct chain_account gone;
    assert_false(account_at(f->chain, "alice.near", &gone));
}

static void keys_that_cannot_be_are_refused(void **state)
{
    struct fixture *f = *state;
    const struct {
        struct access_key key;
        const char *words;
    } cases[] = {
        {{.permission = PERMISSION_GAS_KEY_FULL_ACCESS},
         "{\"ActionsValidation\":{\"GasKeyInvalidNumNonces\":{\"requested_nonces\":0,\"limit\":1024}}}"},
        {{.permission = PERMISSION_GAS_KEY_FULL_ACCESS, .nonce_count = 1025},
         "{\"ActionsValidation\":{\"GasKeyInvalidNumNonces\":{\"requested_nonces\":1025,\"limit\":1024}}}"},
        {{.permission = PERMISSION_GAS_KEY_FULL_ACCESS, .nonce_count = 1, .gas_balance = 5},
         "{\"ActionsValidation\":{\"AddGasKeyWithNonZeroBalance\":{\"balance\":\"5\"}}}"},
        {{.permission = PERMISSION_GAS_KEY_FUNCTION_CALL,
          .nonce_count = 1,
          .receiver_id = SLICE("c.near"),
          .has_allowance = true},
         "{\"ActionsValidation\":\"GasKeyFunctionCallAllowanceNotAllowed\"}"},
        {{.permission = PERMISSION_GAS_KEY_FUNCTION_CALL, .nonce_count = 1, .receiver_id = SLICE("C")},
         "{\"ActionsValidation\":{\"InvalidAccountId\":{\"account_id\":\"C\"}}}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct action add = add_of(f, cases[i].key);
        assert_string_equal(refusal(f->chain, &f->alice, "alice.near", &add, 1, &f->arena), cases[i].words);
        f->alice.nonce--;
    }
}

static void it_may_be_bound_to_calls(void **state)
{
    struct fixture *f = *state;
    struct access_key bound = {
        .permission = PERMISSION_GAS_KEY_FUNCTION_CALL, .nonce_count = NONCES, .receiver_id = SLICE("test.near")};
    make_key(f, bound, 500 * milli);
    struct action pay = transfer_of(1), call = call_of("ping", "", TGAS, 0), gift = call_of("ping", "", TGAS, 1);
    uint64_t nonce = nonce_now(f, 0) + 1;
    assert_string_equal(submit_by_key(f, 0, nonce, "test.near", &pay).invalid,
                        "{\"InvalidAccessKeyError\":\"RequiresFullAccess\"}");
    assert_string_equal(submit_by_key(f, 0, nonce, "test.near", &gift).invalid,
                        "{\"InvalidAccessKeyError\":\"DepositWithFunctionCall\"}");
    assert_string_equal(submit_by_key(f, 0, nonce, "bob.near", &call).invalid,
                        "{\"InvalidAccessKeyError\":{\"ReceiverMismatch\":{\"tx_receiver\":\"bob.near\",\"ak_receiver\":"
                        "\"test.near\"}}}");
    assert_int_equal(submit_by_key(f, 0, nonce, "test.near", &call).verdict, CHAIN_ACCEPTED);
    settle(f->chain);
}

static void it_does_not_sign_delegates(void **state)
{
    struct fixture *f = *state;
    make_key(f, full_gas_key, 500 * milli);
    struct action pay = transfer_of(1);
    struct delegate d = {.sender_id = id_of("alice.near"),
                         .receiver_id = id_of("bob.near"),
                         .actions = &pay,
                         .action_count = 1,
                         .nonce = 60000000,
                         .max_block_height = 1000,
                         .public_key = gas_public(f)};
    struct hash h = delegate_hash(&d);
    d.signature = secret_key_sign(&f->gas_key, hash_slice(&h));
    struct action relayed = {.kind = ACTION_DELEGATE, .delegate = &d};
    struct chain_tx_status s = run(f->chain, &f->bob, "alice.near", &relayed, 1, &f->arena);
    assert_failure(
        &s, 0,
        "{\"ActionError\":{\"index\":0,\"kind\":{\"DelegateActionAccessKeyError\":\"DelegateActionRequiresNonGasKey\"}}}");
}

/* Sending counts the record of balance and number; executing counts each nonce's place in the state. */
static void its_fees_count_its_nonces(void **state)
{
    struct fixture *f = *state;
    struct action add = add_of(f, full_gas_key), fund = fund_of(f, milli);
    struct chain_tx_status s = run(f->chain, &f->alice, "alice.near", &add, 1, &f->arena);
    const uint64_t receipt = 108059500000, full = 101765125000, id = strlen("alice.near");
    assert_true(s.tx.outcome.gas_burnt == receipt + full + UINT64_C(59357464) * 18);
    assert_true(success_of(&s, 0)->gas_burnt ==
                receipt + full + NONCES * (UINT64_C(64196736000) + UINT64_C(101435400) * (2 + id + 33 + 2 + 8)));
    s = run(f->chain, &f->bob, "alice.near", &fund, 1, &f->arena);
    assert_true(s.tx.outcome.gas_burnt == receipt + UINT64_C(115123062500) + UINT64_C(59357464) * 33);
    assert_true(success_of(&s, 0)->gas_burnt == receipt + UINT64_C(235676644250) + UINT64_C(101435400) * (2 + id + 33 + 27));
}

static void keys_are_listed_without_their_nonces(void **state)
{
    struct fixture *f = *state;
    make_key(f, full_gas_key, milli);
    struct chain_block head = head_of(f->chain);
    struct account_id id = id_of("alice.near");
    struct chain_key *keys;
    size_t count;
    must(chain_view_keys(f->chain, &head, &id, &f->arena, &keys, &count));
    assert_int_equal(count, 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(it_pays_for_gas_and_the_account_for_deposits),
        TEST(its_nonces_are_independent),
        TEST(keys_and_nonces_must_be_of_one_kind),
        TEST(what_it_holds_limits_it),
        TEST(the_key_pays_even_when_the_account_cannot),
        TEST(money_is_withdrawn_by_the_owner_alone),
        TEST(money_for_no_gas_key_comes_back),
        TEST(deleting_burns_a_little_and_refuses_much),
        TEST(an_account_goes_with_its_gas_keys),
        TEST(keys_that_cannot_be_are_refused),
        TEST(it_may_be_bound_to_calls),
        TEST(it_does_not_sign_delegates),
        TEST(its_fees_count_its_nonces),
        TEST(keys_are_listed_without_their_nonces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
