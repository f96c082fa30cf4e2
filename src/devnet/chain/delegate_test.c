/* Delegated actions (NEP-366): alice signs, bob relays and pays. Also transactions of version 1, and stakes. */
#include "devnet/chain/chain_testing.h"

struct fixture {
    struct chain *chain;
    struct sender bob;
    struct secret_key alice_key;
    struct arena arena;
};

static int setup(void **state)
{
    static struct fixture f;
    f = (struct fixture){.chain = open_test_chain()};
    f.bob = genesis_sender(f.chain, "bob.near");
    f.alice_key = chain_genesis_key(f.chain, "alice.near");
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

static void sign_delegate(struct delegate *d, const struct secret_key *key)
{
    d->public_key = secret_key_public(key);
    struct hash h = delegate_hash(d);
    d->signature = secret_key_sign(key, hash_slice(&h));
}

/* By alice, signed with her key. */
static struct delegate delegate_of(struct fixture *f, const char *receiver, const struct action *actions, size_t count)
{
    struct delegate d = {.sender_id = id_of("alice.near"),
                         .receiver_id = id_of(receiver),
                         .actions = actions,
                         .action_count = count,
                         .nonce = 1,
                         .max_block_height = 1000};
    sign_delegate(&d, &f->alice_key);
    return d;
}

static struct chain_tx_status relay(struct fixture *f, const struct delegate *d)
{
    struct action a = {.kind = ACTION_DELEGATE, .delegate = d};
    return run(f->chain, &f->bob, "alice.near", &a, 1, &f->arena);
}

static void the_relayer_pays_for_everything(void **state)
{
    struct fixture *f = *state;
    struct action pay = transfer_of(5 * NEAR);
    struct delegate d = delegate_of(f, "test.near", &pay, 1);
    struct chain_tx_status s = relay(f, &d);
    const uint64_t receipt = 108059500000, transfer = 115123062500, delegate = 200000000000;
    assert_true(s.tx.outcome.gas_burnt == receipt + delegate + transfer);
    assert_true(success_of(&s, 0)->gas_burnt == receipt + delegate + transfer);
    assert_true(success_of(&s, 1)->gas_burnt == receipt + transfer);

    const struct receipt *inner = &s.receipts[1].receipt;
    assert_string_equal(inner->predecessor.text, "alice.near");
    assert_string_equal(inner->receiver.text, "test.near");
    assert_string_equal(inner->signer.text, "bob.near");
    u128 burnt = s.tx.outcome.tokens_burnt + s.receipts[0].outcome.tokens_burnt + s.receipts[1].outcome.tokens_burnt;
    assert_true(balance_of(f->chain, "alice.near") == 1000 * NEAR);
    assert_true(balance_of(f->chain, "test.near") == 1005 * NEAR);
    assert_true(balance_of(f->chain, "bob.near") == 995 * NEAR - burnt);
}

static void its_nonce_is_used_up(void **state)
{
    struct fixture *f = *state;
    struct action pay = transfer_of(NEAR);
    struct delegate d = delegate_of(f, "test.near", &pay, 1);
    d.nonce = 7;
    sign_delegate(&d, &f->alice_key);
    struct chain_tx_status s = relay(f, &d);
    success_of(&s, 0);

    u128 before = balance_of(f->chain, "bob.near");
    s = relay(f, &d);
    assert_failure(
        &s, 0,
        "{\"ActionError\":{\"index\":0,\"kind\":{\"DelegateActionInvalidNonce\":{\"delegate_nonce\":7,\"ak_nonce\":7}}}}");
    u128 burnt = s.tx.outcome.tokens_burnt + s.receipts[0].outcome.tokens_burnt;
    assert_true(balance_of(f->chain, "bob.near") == before - burnt); /* the deposit came back */

    struct sender alice = {.id = "alice.near", .key = f->alice_key, .nonce = 6};
    assert_string_equal(refusal(f->chain, &alice, "bob.near", &pay, 1, &f->arena),
                        "{\"InvalidNonce\":{\"tx_nonce\":7,\"ak_nonce\":7}}");
}

static void what_it_delegates_may_fail_by_itself(void **state)
{
    struct fixture *f = *state;
    struct action call = call_of("ping", "", 30 * TGAS, 2 * NEAR);
    struct delegate d = delegate_of(f, "test.near", &call, 1);
    struct chain_tx_status s = relay(f, &d);
    success_of(&s, 0);
    assert_failure(&s, 1,
                   "{\"ActionError\":{\"index\":0,\"kind\":{\"FunctionCallError\":{\"CompilationError\":{\"CodeDoesNotExist\":{"
                   "\"account_id\":\"test.near\"}}}}}}");
    u128 burnt = s.tx.outcome.tokens_burnt + s.receipts[0].outcome.tokens_burnt + s.receipts[1].outcome.tokens_burnt;
    assert_true(balance_of(f->chain, "alice.near") == 1002 * NEAR); /* the deposit goes to the sender, the gas to the relayer */
    assert_true(balance_of(f->chain, "bob.near") == 998 * NEAR - burnt);
}

#define KIND(kind) "{\"ActionError\":{\"index\":0,\"kind\":" kind "}}"

static void a_delegate_that_is_wrong_fails(void **state)
{
    struct fixture *f = *state;
    struct action pay = transfer_of(NEAR);
    struct delegate d = delegate_of(f, "test.near", &pay, 1);
    d.signature.raw[3] ^= 1;
    struct chain_tx_status s = relay(f, &d);
    assert_failure(&s, 0, KIND("\"DelegateActionInvalidSignature\""));

    d.max_block_height = head_of(f->chain).height; /* it runs two blocks later */
    sign_delegate(&d, &f->alice_key);
    s = relay(f, &d);
    assert_failure(&s, 0, KIND("\"DelegateActionExpired\""));

    d = delegate_of(f, "test.near", &pay, 1);
    d.sender_id = id_of("test.near");
    sign_delegate(&d, &f->alice_key);
    s = relay(f, &d);
    assert_failure(&s, 0,
                   KIND("{\"DelegateActionSenderDoesNotMatchTxReceiver\":{\"sender_id\":\"test.near\",\"receiver_id\":"
                        "\"alice.near\"}}"));

    d = delegate_of(f, "test.near", &pay, 1);
    d.nonce = 1000000000000;
    sign_delegate(&d, &f->alice_key);
    s = relay(f, &d);
    char expected[200];
    snprintf(expected, sizeof expected,
             KIND("{\"DelegateActionNonceTooLarge\":{\"delegate_nonce\":1000000000000,\"upper_bound\":%llu}}"),
             (unsigned long long)s.receipts[0].height * 1000000);
    assert_failure(&s, 0, expected);

    struct secret_key stranger = seed_key(1);
    d = delegate_of(f, "test.near", &pay, 1);
    sign_delegate(&d, &stranger);
    s = relay(f, &d);
    assert_failure(
        &s, 0,
        KIND("{\"DelegateActionAccessKeyError\":{\"AccessKeyNotFound\":{\"account_id\":\"alice.near\",\"public_key\":"
             "\"ed25519:AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9\"}}}"));
    assert_true(balance_of(f->chain, "alice.near") == 1000 * NEAR);
    assert_true(balance_of(f->chain, "test.near") == 1000 * NEAR);
}

static void a_key_for_calls_delegates_only_those(void **state)
{
    struct fixture *f = *state;
    struct secret_key key = seed_key(5);
    struct sender alice = {.id = "alice.near", .key = f->alice_key};
    struct action add = full_key_of(&key), pay = transfer_of(NEAR);
    add.add_key.access_key =
        (struct access_key){.permission = PERMISSION_FUNCTION_CALL, .receiver_id = SLICE("test.near"), .has_allowance = true};
    struct chain_tx_status s = run(f->chain, &alice, "alice.near", &add, 1, &f->arena);
    success_of(&s, 0);

    struct delegate d = delegate_of(f, "test.near", &pay, 1);
    d.nonce = head_of(f->chain).height * 1000000;
    sign_delegate(&d, &key);
    s = relay(f, &d);
    assert_failure(&s, 0, KIND("{\"DelegateActionAccessKeyError\":\"RequiresFullAccess\"}"));

    struct action call = call_of("ping", "", TGAS, 0);
    d.actions = &call;
    sign_delegate(&d, &key);
    s = relay(f, &d);
    success_of(&s, 0); /* although the key has no allowance left: the relayer pays */
}

static void faults_of_form_are_refused_at_once(void **state)
{
    struct fixture *f = *state;
    struct action empty_call = call_of("ping", "", 0, 0);
    struct delegate d = delegate_of(f, "test.near", &empty_call, 1);
    struct action twice[] = {{.kind = ACTION_DELEGATE, .delegate = &d}, {.kind = ACTION_DELEGATE, .delegate = &d}};
    assert_string_equal(refusal(f->chain, &f->bob, "alice.near", twice, 1, &f->arena),
                        "{\"ActionsValidation\":\"FunctionCallZeroAttachedGas\"}");
    struct action pay = transfer_of(NEAR);
    d = delegate_of(f, "test.near", &pay, 1);
    assert_string_equal(refusal(f->chain, &f->bob, "alice.near", twice, 2, &f->arena),
                        "{\"ActionsValidation\":\"DelegateActionMustBeOnlyOne\"}");
}

/* ---- Transactions of version 1 ---- */

static struct chain_submission submit_v1(struct fixture *f, uint64_t nonce, enum nonce_mode mode)
{
    AUTO(buf) struct buf bytes = {0};
    struct action pay = transfer_of(NEAR);
    struct transaction t = {.version = TRANSACTION_V1,
                            .nonce_mode = mode,
                            .signer_id = id_of("alice.near"),
                            .receiver_id = id_of("bob.near"),
                            .public_key = secret_key_public(&f->alice_key),
                            .nonce = nonce,
                            .block_hash = head_of(f->chain).hash,
                            .actions = &pay,
                            .action_count = 1};
    struct chain_submission s;
    transaction_sign(&bytes, &t, &f->alice_key, NULL);
    must(chain_submit(f->chain, buf_slice(&bytes), &f->arena, &s));
    return s;
}

static void a_strict_nonce_is_the_next_one(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(submit_v1(f, 5, NONCE_MONOTONIC).verdict, CHAIN_ACCEPTED);
    settle(f->chain);
    static const uint64_t wrong[] = {0, 4, 5, 7};
    for (size_t i = 0; i < 4; i++) {
        char expected[100];
        snprintf(expected, sizeof expected, "{\"InvalidNonce\":{\"tx_nonce\":%d,\"ak_nonce\":5}}", (int)wrong[i]);
        assert_string_equal(submit_v1(f, wrong[i], NONCE_STRICT).invalid, expected);
    }
    struct chain_submission s = submit_v1(f, 6, NONCE_STRICT);
    assert_int_equal(s.verdict, CHAIN_ACCEPTED);
    settle(f->chain);
    struct chain_tx_status status;
    must(chain_tx_status(f->chain, &s.hash, &f->arena, &status));
    success_of(&status, 0);
    assert_true(balance_of(f->chain, "bob.near") == 1002 * NEAR);
}

/* ---- Stakes ---- */

static struct chain_tx_status stake(struct fixture *f, u128 amount)
{
    struct action a = {.kind = ACTION_STAKE, .stake = {.stake = amount, .public_key = secret_key_public(&f->alice_key)}};
    return run(f->chain, &f->bob, "bob.near", &a, 1, &f->arena);
}

static void a_stake_is_locked(void **state)
{
    struct fixture *f = *state;
    struct chain_account bob;
    struct chain_tx_status s = stake(f, 0);
    assert_failure(&s, 0, KIND("{\"TriesToUnstake\":{\"account_id\":\"bob.near\"}}"));
    s = stake(f, 400 * NEAR);
    success_of(&s, 0);
    assert_true(account_at(f->chain, "bob.near", &bob));
    assert_true(bob.locked == 400 * NEAR && bob.amount < 600 * NEAR && bob.amount > 599 * NEAR);

    struct action leave = {.kind = ACTION_DELETE_ACCOUNT, .delete_account = {.beneficiary = id_of("alice.near")}};
    s = run(f->chain, &f->bob, "bob.near", &leave, 1, &f->arena);
    assert_failure(&s, 0, KIND("{\"DeleteAccountStaking\":{\"account_id\":\"bob.near\"}}"));
    s = stake(f, 1001 * NEAR);
    assert_int_equal(s.receipts[0].outcome.status, OUTCOME_FAILURE);
    assert_true(
        slice_starts_with(s.receipts[0].outcome.failure,
                          SLICE("{\"ActionError\":{\"index\":0,\"kind\":{\"TriesToStake\":{\"account_id\":\"bob.near\","
                                "\"stake\":\"1001000000000000000000000000\",\"locked\":\"400000000000000000000000000\"")));
    s = stake(f, 0);
    success_of(&s, 0);
    assert_true(account_at(f->chain, "bob.near", &bob));
    assert_true(bob.locked == 0 && bob.amount > 999 * NEAR);
}

static void a_staking_key_is_a_good_point(void **state)
{
    struct fixture *f = *state;
    struct action a = {.kind = ACTION_STAKE, .stake = {.stake = NEAR, .public_key = {.curve = KEY_ED25519, .raw = {2}}}};
    assert_string_equal(refusal(f->chain, &f->bob, "bob.near", &a, 1, &f->arena),
                        "{\"ActionsValidation\":{\"UnsuitableStakingKey\":{\"public_key\":"
                        "\"ed25519:8opHzTAnfzRpPEx21XtnrVTX28YQuCpAjcn1PczScKh\"}}}");
    a.stake.public_key.curve = KEY_SECP256K1;
    assert_non_null(strstr(refusal(f->chain, &f->bob, "bob.near", &a, 1, &f->arena), "UnsuitableStakingKey"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_relayer_pays_for_everything),      TEST(its_nonce_is_used_up),
        TEST(what_it_delegates_may_fail_by_itself), TEST(a_delegate_that_is_wrong_fails),
        TEST(a_key_for_calls_delegates_only_those), TEST(faults_of_form_are_refused_at_once),
        TEST(a_strict_nonce_is_the_next_one),       TEST(a_stake_is_locked),
        TEST(a_staking_key_is_a_good_point),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
