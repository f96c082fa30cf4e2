/* Global contracts (NEP-591) and accounts whose id follows from what they run (NEP-616). */
#include "devnet/chain/chain_testing.h"
#include <stdlib.h>

static const uint8_t contract[] = {
#include "devnet/chain/contract_test_wasm.inc"
};

#define KIND(kind)     "{\"ActionError\":{\"index\":0,\"kind\":" kind "}}"
#define YOCTO_PER_BYTE ((u128)10000000000000000000u) /* staked for storage; ten times that is burnt for a global contract */

struct fixture {
    struct chain *chain;
    struct sender alice, bob;
    struct arena arena;
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

static struct slice code(void)
{
    return slice_from(contract, sizeof contract);
}

static struct global_id by_hash(void)
{
    return (struct global_id){.kind = GLOBAL_BY_HASH, .code_hash = hash_sha256(code())};
}

static struct global_id by_alice(void)
{
    return (struct global_id){.kind = GLOBAL_BY_ACCOUNT, .account_id = id_of("alice.near")};
}

static struct chain_tx_status deploy(struct fixture *f, struct slice bytes, bool by_account)
{
    struct action a = {.kind = ACTION_DEPLOY_GLOBAL, .deploy_global = {.code = bytes, .by_account = by_account}};
    return run(f->chain, &f->alice, "alice.near", &a, 1, &f->arena);
}

static struct chain_tx_status use(struct fixture *f, struct global_id id)
{
    struct action a = {.kind = ACTION_USE_GLOBAL, .use_global = id};
    return run(f->chain, &f->bob, "bob.near", &a, 1, &f->arena);
}

static struct chain_tx_status call_answer(struct fixture *f, const char *account)
{
    struct action a = call_of("answer", "", 10 * TGAS, 0);
    return run(f->chain, &f->alice, account, &a, 1, &f->arena);
}

static void assert_runs_contract(struct fixture *f, const char *account)
{
    struct chain_tx_status s = call_answer(f, account);
    assert_true(slice_eq_str(success_of(&s, 0)->value, "42"));
    assert_int_equal(s.receipts[0].outcome.contracts[0].kind, CONTRACT_GLOBAL);
    struct chain_block head = head_of(f->chain);
    struct account_id id = id_of(account);
    struct slice got;
    struct hash hash, expected = hash_sha256(code());
    must(chain_view_code(f->chain, &head, &id, &f->arena, &got, &hash));
    assert_true(slice_eq(got, code()) && hash_eq(&hash, &expected));
}

static void code_by_its_hash_is_paid_once_and_used_by_anybody(void **state)
{
    struct fixture *f = *state;
    u128 before = balance_of(f->chain, "alice.near"), price = 10 * YOCTO_PER_BYTE * sizeof contract;
    struct chain_tx_status s = deploy(f, code(), false);
    const struct outcome *o = success_of(&s, 0);
    assert_true(o->tokens_burnt == (u128)100000000 * o->gas_burnt + price);
    assert_true(o->gas_burnt == 108059500000 + 184765750000 + 70000000 * (uint64_t)sizeof contract);
    assert_true(balance_of(f->chain, "alice.near") == before - s.tx.outcome.tokens_burnt - o->tokens_burnt);
    assert_int_equal(o->receipt_id_count, 1); /* the refund: what brings the code has no outcome */

    s = use(f, by_hash());
    assert_true(success_of(&s, 0)->gas_burnt == 108059500000 + 184765750000 + (uint64_t)64572944 * 32);
    struct chain_account bob;
    assert_true(account_at(f->chain, "bob.near", &bob));
    assert_true(bob.is_global && bob.global.kind == GLOBAL_BY_HASH);
    assert_int_equal(bob.storage_usage, 182 + 32);
    assert_runs_contract(f, "bob.near");
}

static void code_can_be_used_from_the_next_block_on(void **state)
{
    struct fixture *f = *state;
    const struct action actions[] = {{.kind = ACTION_DEPLOY_GLOBAL, .deploy_global = {.code = code()}},
                                     {.kind = ACTION_USE_GLOBAL, .use_global = by_hash()}};
    struct chain_tx_status s = run(f->chain, &f->alice, "alice.near", actions, 2, &f->arena);
    char text[HASH_TEXT_MAX], expected[200];
    struct hash hash = hash_sha256(code());
    snprintf(expected, sizeof expected,
             "{\"ActionError\":{\"index\":1,\"kind\":{\"GlobalContractDoesNotExist\":{\"identifier\":{\"CodeHash\":\"%s\"}}}}}",
             hash_text(&hash, text));
    assert_failure(&s, 0, expected);
    s = use(f, by_hash()); /* it failed as a whole: nothing was deployed */
    assert_int_equal(s.receipts[0].outcome.status, OUTCOME_FAILURE);
}

static void an_account_upgrades_all_who_use_it(void **state)
{
    struct fixture *f = *state;
    struct chain_tx_status s = deploy(f, code(), true);
    success_of(&s, 0);
    s = use(f, by_alice());
    success_of(&s, 0);
    struct chain_account bob;
    assert_true(account_at(f->chain, "bob.near", &bob));
    assert_int_equal(bob.storage_usage, 182 + strlen("alice.near"));
    assert_runs_contract(f, "bob.near");

    s = deploy(f, SLICE("not a module"), true);
    success_of(&s, 0);
    s = call_answer(f, "bob.near");
    assert_failure(&s, 0, KIND("{\"FunctionCallError\":{\"CompilationError\":{\"PrepareError\":\"Deserialization\"}}}"));
    s = use(f, by_hash()); /* deployed by account only */
    assert_int_equal(s.receipts[0].outcome.status, OUTCOME_FAILURE);
}

static void own_code_and_a_global_one_replace_each_other(void **state)
{
    struct fixture *f = *state;
    struct chain_account bob;
    struct action own = {.kind = ACTION_DEPLOY_CONTRACT, .deploy = {.code = SLICE("own")}};
    struct chain_tx_status s = deploy(f, code(), false);
    success_of(&s, 0);
    for (int i = 0; i < 2; i++) {
        s = run(f->chain, &f->bob, "bob.near", &own, 1, &f->arena);
        success_of(&s, 0);
        assert_true(account_at(f->chain, "bob.near", &bob));
        assert_true(!bob.is_global && bob.storage_usage == 182 + 3);
        s = use(f, by_hash());
        success_of(&s, 0);
        assert_true(account_at(f->chain, "bob.near", &bob));
        assert_true(bob.is_global && bob.storage_usage == 182 + 32);
    }
    struct action leave = {.kind = ACTION_DELETE_ACCOUNT, .delete_account = {.beneficiary = id_of("alice.near")}};
    s = run(f->chain, &f->bob, "bob.near", &leave, 1, &f->arena);
    success_of(&s, 0);
}

static void what_cannot_be_paid_or_is_of_another_fails(void **state)
{
    struct fixture *f = *state;
    struct secret_key key = seed_key(9);
    struct sender root = genesis_sender(f->chain, "test.near");
    create_account(f->chain, &root, "poor.test.near", &key, NEAR / 100);
    struct sender poor = {.id = "poor.test.near", .key = key, .nonce = head_of(f->chain).height * 1000000};
    struct action a = {.kind = ACTION_DEPLOY_GLOBAL, .deploy_global = {.code = code()}};
    struct chain_tx_status s = run(f->chain, &poor, "poor.test.near", &a, 1, &f->arena);
    assert_true(slice_starts_with(s.receipts[0].outcome.failure,
                                  SLICE("{\"ActionError\":{\"index\":0,\"kind\":{\"LackBalanceForState\":{\"account_id\":"
                                        "\"poor.test.near\",\"amount\":\"")));
    s = run(f->chain, &f->bob, "alice.near", &a, 1, &f->arena);
    assert_failure(&s, 0, KIND("{\"ActorNoPermission\":{\"account_id\":\"alice.near\",\"actor_id\":\"bob.near\"}}"));
}

/* ---- Deterministic accounts ---- */

static const struct state_init_entry entries[] = {{SLICE("k"), SLICE("value")}, {SLICE("l"), SLICE("")}};

static struct state_init init_of(void)
{
    return (struct state_init){.code = by_hash(), .entries = entries, .entry_count = 2};
}

static struct chain_tx_status initialise(struct fixture *f, u128 deposit)
{
    static struct state_init init;
    init = init_of();
    struct account_id id = state_init_account_id(&init);
    struct action a = {.kind = ACTION_STATE_INIT, .state_init = {.init = &init, .deposit = deposit}};
    return run(f->chain, &f->bob, id.text, &a, 1, &f->arena);
}

static void a_state_init_makes_its_account(void **state)
{
    struct fixture *f = *state;
    struct state_init init = init_of();
    struct account_id id = state_init_account_id(&init);
    struct chain_tx_status s = initialise(f, NEAR);
    assert_int_equal(s.receipts[0].outcome.status, OUTCOME_FAILURE); /* no such code */
    assert_true(balance_of(f->chain, "bob.near") > 999 * NEAR);

    s = deploy(f, code(), false);
    success_of(&s, 0);
    s = initialise(f, NEAR);
    const uint64_t bytes = 1 + 5 + 1 + 0;
    assert_true(success_of(&s, 0)->gas_burnt == 108059500000 + 7430000000000 + 2 * (uint64_t)200000000000 + 70000000 * bytes);
    struct chain_account account;
    assert_true(account_at(f->chain, id.text, &account));
    assert_int_equal(account.storage_usage, 100 + 32 + bytes + 2 * 40);
    assert_true(account.amount == 0); /* small accounts stake nothing: the whole deposit went back */
    assert_true(balance_of(f->chain, "bob.near") > 999 * NEAR);
    assert_runs_contract(f, id.text);

    struct chain_block head = head_of(f->chain);
    struct chain_state_page page;
    must(chain_view_state(f->chain, &head, &id, SLICE(""), (struct slice){0}, 0, 1000, &f->arena, &page));
    assert_int_equal(page.count, 2);
    assert_true(slice_eq_str(page.items[0].key, "k") && slice_eq_str(page.items[0].value, "value"));

    u128 before = balance_of(f->chain, "bob.near");
    s = initialise(f, 5 * NEAR); /* again: no error, the deposit comes back */
    u128 burnt = s.tx.outcome.tokens_burnt + success_of(&s, 0)->tokens_burnt;
    assert_true(balance_of(f->chain, "bob.near") == before - burnt);
}

static void a_large_one_takes_its_storage_stake_from_the_deposit(void **state)
{
    struct fixture *f = *state;
    static uint8_t large[1000];
    const struct state_init_entry entry = {SLICE("k"), slice_from(large, sizeof large)};
    struct state_init init = {.code = by_hash(), .entries = &entry, .entry_count = 1};
    struct account_id id = state_init_account_id(&init);
    struct chain_tx_status s = deploy(f, code(), false);
    success_of(&s, 0);
    struct action a = {.kind = ACTION_STATE_INIT, .state_init = {.init = &init, .deposit = NEAR}};
    s = run(f->chain, &f->bob, id.text, &a, 1, &f->arena);
    success_of(&s, 0);
    assert_true(balance_of(f->chain, id.text) == YOCTO_PER_BYTE * (100 + 32 + 1 + 1000 + 40));

    init.code = by_alice();
    id = state_init_account_id(&init);
    s = deploy(f, code(), true);
    success_of(&s, 0);
    a.state_init.deposit = 1;
    s = run(f->chain, &f->bob, id.text, &a, 1, &f->arena);
    assert_int_equal(s.receipts[0].outcome.status, OUTCOME_FAILURE);
    struct chain_account none;
    assert_false(account_at(f->chain, id.text, &none));
}

static void a_transfer_makes_an_empty_shell(void **state)
{
    struct fixture *f = *state;
    struct state_init init = init_of();
    struct account_id id = state_init_account_id(&init);
    struct action pay = transfer_of(3 * NEAR);
    struct chain_tx_status s = deploy(f, code(), false);
    success_of(&s, 0);
    s = run(f->chain, &f->bob, id.text, &pay, 1, &f->arena);
    success_of(&s, 0);
    struct chain_account account;
    assert_true(account_at(f->chain, id.text, &account));
    assert_true(account.storage_usage == 100 && !account.is_global);
    s = initialise(f, 0);
    success_of(&s, 0);
    assert_true(balance_of(f->chain, id.text) == 3 * NEAR);
    assert_runs_contract(f, id.text);
}

static void a_state_init_belongs_to_one_id(void **state)
{
    struct fixture *f = *state;
    struct state_init init = init_of();
    char expected[300];
    struct action a = {.kind = ACTION_STATE_INIT, .state_init = {.init = &init}};
    snprintf(expected, sizeof expected,
             "{\"ActionsValidation\":{\"InvalidDeterministicStateInitReceiver\":{\"receiver_id\":\"alice.near\",\"derived_id\":"
             "\"%s\"}}}",
             state_init_account_id(&init).text);
    assert_string_equal(refusal(f->chain, &f->bob, "alice.near", &a, 1, &f->arena), expected);
}

static void an_ethereum_address_runs_the_wallet_contract(void **state)
{
    struct fixture *f = *state;
    static const char id[] = "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf";
    struct action pay = transfer_of(NEAR);
    struct chain_tx_status s = run(f->chain, &f->bob, id, &pay, 1, &f->arena);
    success_of(&s, 0);
    struct chain_account account;
    char text[HASH_TEXT_MAX];
    assert_true(account_at(f->chain, id, &account));
    assert_true(account.is_global && account.storage_usage == 132);
    assert_string_equal(hash_text(&account.global.code_hash, text), "FAq9tQRbwJPTV3PQLn2F7AUD3FW2Fw1V8ZeZuazfeu1v");
    s = call_answer(f, id);
    assert_failure(&s, 0,
                   KIND("{\"FunctionCallError\":{\"CompilationError\":{\"CodeDoesNotExist\":{\"account_id\":"
                        "\"0x7e5f4552091a69125d5dfcb7b8c2659029395bdf\"}}}}"));
}

/* ---- Money ---- */

static struct delegate delegate_of(const struct sender *from, const char *to, const struct action *actions, size_t count,
                                   uint64_t nonce)
{
    struct delegate d = {.sender_id = id_of(from->id),
                         .receiver_id = id_of(to),
                         .actions = actions,
                         .action_count = count,
                         .nonce = nonce,
                         .max_block_height = nonce % 5 ? 100000 : 3,
                         .public_key = secret_key_public(&from->key)};
    struct hash h = delegate_hash(&d);
    d.signature = secret_key_sign(&from->key, hash_slice(&h));
    return d;
}

static void money_adds_up_over_random_actions_of_these_kinds(void **state)
{
    struct fixture *f = *state;
    struct state_init init = init_of();
    struct account_id derived = state_init_account_id(&init);
    const char *const names[] = {"alice.near", "bob.near", derived.text, "nobody.near"};
    struct sender senders[] = {f->alice, f->bob};
    unsigned seed = 7, accepted = 0;
    for (unsigned round = 1; round <= 300; round++) {
        AUTO(arena) struct arena arena = {0};
        struct sender *from = &senders[rand_r(&seed) % 2], *other = &senders[rand_r(&seed) % 2];
        struct action choices[] = {
            transfer_of((u128)(unsigned)rand_r(&seed) * 1000000000000),
            call_of("answer", "", (uint64_t)(rand_r(&seed) % 20 + 1) * TGAS, (u128)(unsigned)rand_r(&seed)),
            {.kind = ACTION_DEPLOY_GLOBAL, .deploy_global = {.code = code(), .by_account = rand_r(&seed) % 2}},
            {.kind = ACTION_USE_GLOBAL, .use_global = rand_r(&seed) % 2 ? by_hash() : by_alice()},
            {.kind = ACTION_DEPLOY_CONTRACT, .deploy = {.code = SLICE("own")}},
            {.kind = ACTION_STATE_INIT, .state_init = {.init = &init, .deposit = (u128)(unsigned)rand_r(&seed)}},
            {.kind = ACTION_DELEGATE},
        };
        struct action inner = choices[rand_r(&seed) % 6];
        struct delegate d = delegate_of(other, names[rand_r(&seed) % 4], &inner, 1, round);
        choices[6].delegate = &d;
        struct action actions[3];
        size_t count = 1 + (unsigned)rand_r(&seed) % 3;
        for (size_t i = 0; i < count; i++)
            actions[i] = choices[rand_r(&seed) % 7];
        accepted += submit(f->chain, from, names[rand_r(&seed) % 4], actions, count, &arena).verdict == CHAIN_ACCEPTED;
        if (rand_r(&seed) % 3 == 0)
            must(chain_make_block(f->chain));
        assert_money_adds_up(f->chain);
    }
    settle(f->chain);
    if (accepted < 100)
        fail_msg("only %u were taken", accepted);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(code_by_its_hash_is_paid_once_and_used_by_anybody),
        TEST(code_can_be_used_from_the_next_block_on),
        TEST(an_account_upgrades_all_who_use_it),
        TEST(own_code_and_a_global_one_replace_each_other),
        TEST(what_cannot_be_paid_or_is_of_another_fails),
        TEST(a_state_init_makes_its_account),
        TEST(a_large_one_takes_its_storage_stake_from_the_deposit),
        TEST(a_transfer_makes_an_empty_shell),
        TEST(a_state_init_belongs_to_one_id),
        TEST(an_ethereum_address_runs_the_wallet_contract),
        TEST(money_adds_up_over_random_actions_of_these_kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
