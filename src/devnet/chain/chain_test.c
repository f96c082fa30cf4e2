/* Accounts, keys, money, blocks: all of the chain that needs no contract. */
#include "base/fs.h"
#include "devnet/chain/chain_testing.h"
#include "near/credentials.h"
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

/* ---- Money ---- */

/* The numbers of a transfer between named accounts at the lowest gas price: bought dear, burnt cheap, the rest comes back. */
static void transfer_costs_exactly_this(void **state)
{
    (void)state;
    AUTO(chain) struct chain *c = open_test_chain();
    AUTO(arena) struct arena arena = {0};
    struct sender alice = genesis_sender(c, "alice.near");
    const u128 burn = (u128)223182562500 * 100000000;
    struct action a = transfer_of(5 * NEAR);
    struct chain_submission s = submit(c, &alice, "bob.near", &a, 1, &arena);
    assert_int_equal(s.verdict, CHAIN_ACCEPTED);
    must(chain_make_block(c));
    assert_true(balance_of(c, "alice.near") == 995 * NEAR - burn - (u128)223182562500 * 1000000000);
    assert_money_adds_up(c);
    settle(c);
    assert_true(balance_of(c, "alice.near") == 995 * NEAR - 2 * burn);
    assert_true(balance_of(c, "bob.near") == 1005 * NEAR);

    struct chain_tx_status status;
    must(chain_tx_status(c, &s.hash, &arena, &status));
    assert_int_equal(status.level, CHAIN_LEVEL_FINAL);
    assert_true(status.tx.outcome.gas_burnt == 223182562500);
    assert_true(status.tx.outcome.tokens_burnt == burn);
    assert_int_equal(status.receipt_count, 2);
    assert_true(success_of(&status, 0)->gas_burnt == 223182562500);
    assert_true(success_of(&status, 0)->tokens_burnt == burn);
    assert_true(success_of(&status, 1)->gas_burnt == 223182562500);
    assert_true(success_of(&status, 1)->tokens_burnt == 0);
    assert_true(account_id_eq(&status.receipts[1].receipt.predecessor, &account_id_system));
    assert_true(status.receipts[1].receipt.actions[0].transfer.deposit == (u128)200864306250000000 * 1000);
}

static void calling_an_account_without_a_contract_gives_deposit_and_gas_back(void **state)
{
    (void)state;
    AUTO(chain) struct chain *c = open_test_chain();
    AUTO(arena) struct arena arena = {0};
    struct sender alice = genesis_sender(c, "alice.near");
    struct action a = call_of("ping", "{\"n\":7}", 30 * TGAS, NEAR);
    struct chain_tx_status s = run(c, &alice, "bob.near", &a, 1, &arena);
    assert_true(s.tx.outcome.gas_burnt == 308584020865);
    assert_failure(&s, 0,
                   "{\"ActionError\":{\"index\":0,\"kind\":{\"FunctionCallError\":{\"CompilationError\":{\"CodeDoesNotExist\":{"
                   "\"account_id\":\"bob.near\"}}}}}}");
    u128 burnt = s.tx.outcome.tokens_burnt + s.receipts[0].outcome.tokens_burnt;
    assert_true(balance_of(c, "alice.near") == 1000 * NEAR - burnt);
    assert_int_equal(s.receipt_count, 3); /* deposit refund, then gas refund */
    assert_true(s.receipts[1].receipt.actions[0].transfer.deposit == NEAR);
    assert_true(account_id_eq(&s.receipts[1].receipt.signer, &account_id_system));
    assert_true(account_id_eq(&s.receipts[2].receipt.signer, &s.tx.signed_tx.transaction.signer_id));
}

static void making_an_account_costs_what_it_once_did(void **state)
{
    (void)state;
    AUTO(chain) struct chain *c = open_test_chain();
    AUTO(arena) struct arena arena = {0};
    struct sender root = genesis_sender(c, "test.near");
    struct secret_key key = seed_key(7);
    const struct action actions[] = {{.kind = ACTION_CREATE_ACCOUNT}, transfer_of(3 * NEAR), full_key_of(&key)};
    struct chain_tx_status s = run(c, &root, "sub.test.near", actions, 3, &arena);
    const struct outcome *o = success_of(&s, 0);
    u128 burnt = (u128)100000000 * o->gas_burnt;
    u128 charge = 7000 * (u128)1000000000000000000u - (u128)100000000 * 7200000000000;
    u128 surplus = (u128)900000000 * o->gas_burnt;
    assert_true(o->tokens_burnt == burnt + (charge < surplus ? charge : surplus));
    struct chain_account a;
    assert_true(account_at(c, "sub.test.near", &a));
    assert_true(a.amount == 3 * NEAR);
    assert_int_equal(a.storage_usage, 182);
}

static void money_adds_up_over_random_transactions(void **state)
{
    (void)state;
    AUTO(chain) struct chain *c = open_test_chain();
    static const char *const names[] = {"test.near",   "alice.near",
                                        "bob.near",    "nobody.near",
                                        "x.test.near", "8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c"};
    struct sender senders[3];
    for (int i = 0; i < 3; i++)
        senders[i] = genesis_sender(c, names[i]);
    unsigned seed = 1;
    for (int round = 0; round < 300; round++) {
        AUTO(arena) struct arena arena = {0};
        struct sender *from = &senders[rand_r(&seed) % 3];
        const char *to = names[(unsigned)rand_r(&seed) % 6];
        struct secret_key key = seed_key((uint8_t)(rand_r(&seed) % 5));
        struct action choices[] = {
            transfer_of((u128)(unsigned)rand_r(&seed) * 1000000000000),
            call_of("any", "", (uint64_t)(rand_r(&seed) % 100 + 1) * TGAS, (u128)(unsigned)rand_r(&seed)),
            full_key_of(&key),
            {.kind = ACTION_CREATE_ACCOUNT},
            {.kind = ACTION_DELETE_KEY, .delete_key = {.public_key = secret_key_public(&key)}},
            {.kind = ACTION_DEPLOY_CONTRACT, .deploy = {.code = SLICE("not a module")}},
            {.kind = ACTION_STAKE, .stake = {.stake = (u128)(unsigned)rand_r(&seed), .public_key = secret_key_public(&key)}},
        };
        struct action actions[3];
        size_t count = (unsigned)rand_r(&seed) % 4;
        for (size_t i = 0; i < count; i++)
            actions[i] = choices[(unsigned)rand_r(&seed) % 7];
        submit(c, from, to, actions, count, &arena);
        if (rand_r(&seed) % 3 == 0)
            must(chain_make_block(c));
        assert_money_adds_up(c);
    }
    settle(c);
}

/* ---- Accounts and keys ---- */

static void only_the_parent_makes_a_sub_account(void **state)
{
    (void)state;
    AUTO(chain) struct chain *c = open_test_chain();
    AUTO(arena) struct arena arena = {0};
    struct sender alice = genesis_sender(c, "alice.near");
    const struct action actions[] = {{.kind = ACTION_CREATE_ACCOUNT}, transfer_of(NEAR)};
    struct chain_tx_status s = run(c, &alice, "sub.test.near", actions, 2, &arena);
    assert_failure(&s, 0,
                   "{\"ActionError\":{\"index\":0,\"kind\":{\"CreateAccountNotAllowed\":{\"account_id\":\"sub.test.near\","
                   "\"predecessor_id\":\"alice.near\"}}}}");
    s = run(c, &alice, "toplevel", actions, 2, &arena);
    assert_failure(&s, 0,
                   "{\"ActionError\":{\"index\":0,\"kind\":{\"CreateAccountOnlyByRegistrar\":{\"account_id\":\"toplevel\","
                   "\"registrar_account_id\":\"registrar\",\"predecessor_id\":\"alice.near\"}}}}");
    s = run(c, &alice, "bob.near", actions, 2, &arena);
    assert_failure(&s, 0, "{\"ActionError\":{\"index\":0,\"kind\":{\"AccountAlreadyExists\":{\"account_id\":\"bob.near\"}}}}");
    s = run(c, &alice, "8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c", actions, 2, &arena);
    assert_failure(&s, 0,
                   "{\"ActionError\":{\"index\":0,\"kind\":{\"OnlyImplicitAccountCreationAllowed\":{\"account_id\":"
                   "\"8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c\"}}}}");
}

static void a_secp256k1_key_signs(void **state)
{
    (void)state;
    AUTO(chain) struct chain *c = open_test_chain();
    AUTO(arena) struct arena arena = {0};
    struct sender alice = genesis_sender(c, "alice.near");
    struct secret_key key = {.curve = KEY_SECP256K1, .raw = {[31] = 1}};
    struct action a = full_key_of(&key), pay = transfer_of(NEAR);
    struct chain_tx_status s = run(c, &alice, "alice.near", &a, 1, &arena);
    success_of(&s, 0);
    struct chain_account account;
    assert_true(account_at(c, "alice.near", &account));
    assert_int_equal(account.storage_usage, 182 + 65 + 9 + 40);

    struct sender second = {.id = "alice.near", .key = key, .nonce = head_of(c).height * 1000000};
    s = run(c, &second, "bob.near", &pay, 1, &arena);
    success_of(&s, 0);
    assert_true(balance_of(c, "bob.near") == 1001 * NEAR);

    AUTO(buf) struct buf bytes = {0};
    struct chain_submission refused;
    sign(c, &second, "bob.near", &pay, 1, &bytes);
    bytes.ptr[bytes.len - 2] ^= 1; /* in s */
    must(chain_submit(c, buf_slice(&bytes), &arena, &refused));
    assert_int_equal(refused.verdict, CHAIN_REFUSED);
    assert_string_equal(refused.invalid, "\"InvalidSignature\"");
}

static void a_transfer_makes_an_implicit_account_and_no_other(void **state)
{
    (void)state;
    static const char implicit[] = "8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c";
    AUTO(chain) struct chain *c = open_test_chain();
    AUTO(arena) struct arena arena = {0};
    struct sender alice = genesis_sender(c, "alice.near");
    struct action a = transfer_of(2 * NEAR);
    struct chain_tx_status s = run(c, &alice, "nobody.near", &a, 1, &arena);
    assert_failure(&s, 0,
                   "{\"ActionError\":{\"index\":0,\"kind\":{\"AccountDoesNotExist\":{\"account_id\":\"nobody.near\"}}}}");

    s = run(c, &alice, implicit, &a, 1, &arena);
    success_of(&s, 0);
    struct chain_account account;
    assert_true(account_at(c, implicit, &account));
    assert_int_equal(account.storage_usage, 182);

    struct sender owner = {.id = implicit, .key = seed_key(1), .nonce = head_of(c).height * 1000000};
    a = transfer_of(NEAR);
    s = run(c, &owner, "alice.near", &a, 1, &arena);
    success_of(&s, 0);
}

static void keys_come_and_go(void **state)
{
    (void)state;
    AUTO(chain) struct chain *c = open_test_chain();
    AUTO(arena) struct arena arena = {0};
    struct sender alice = genesis_sender(c, "alice.near");
    struct secret_key extra = seed_key(9);
    struct public_key extra_public = secret_key_public(&extra);
    struct account_id id = id_of("alice.near");
    struct action add = full_key_of(&extra);
    struct chain_tx_status s = run(c, &alice, "alice.near", &add, 1, &arena);
    success_of(&s, 0);
    assert_int_equal(s.receipts[0].route, CHAIN_LOCAL);
    assert_int_equal(s.receipts[0].height, s.tx.height);

    struct access_key key;
    struct chain_block head = head_of(c);
    must(chain_view_key(c, &head, &id, &extra_public, &arena, &key));
    assert_true(key.nonce == (s.receipts[0].height - 1) * 1000000);
    struct chain_key *keys;
    size_t count;
    must(chain_view_keys(c, &head, &id, &arena, &keys, &count));
    assert_int_equal(count, 2);

    char text[KEY_TEXT_MAX], json[256];
    s = run(c, &alice, "alice.near", &add, 1, &arena);
    snprintf(json, sizeof json,
             "{\"ActionError\":{\"index\":0,\"kind\":{\"AddKeyAlreadyExists\":{\"account_id\":\"alice.near\",\"public_key\":\"%"
             "s\"}}}}",
             public_key_text(&extra_public, text));
    assert_failure(&s, 0, json);

    struct action drop = {.kind = ACTION_DELETE_KEY, .delete_key = {.public_key = extra_public}};
    s = run(c, &alice, "alice.near", &drop, 1, &arena);
    success_of(&s, 0);
    struct chain_account account;
    assert_true(account_at(c, "alice.near", &account));
    assert_int_equal(account.storage_usage, 182);
    s = run(c, &alice, "alice.near", &drop, 1, &arena);
    assert_int_equal(s.receipts[0].outcome.status, OUTCOME_FAILURE);

    s = run(c, &alice, "bob.near", &add, 1, &arena);
    assert_failure(&s, 0,
                   "{\"ActionError\":{\"index\":0,\"kind\":{\"ActorNoPermission\":{\"account_id\":\"bob.near\",\"actor_id\":"
                   "\"alice.near\"}}}}");
}

static void an_allowance_pays_and_is_refunded(void **state)
{
    (void)state;
    AUTO(chain) struct chain *c = open_test_chain();
    AUTO(arena) struct arena arena = {0};
    struct sender alice = genesis_sender(c, "alice.near");
    struct secret_key app = seed_key(5);
    struct public_key app_public = secret_key_public(&app);
    const struct slice methods[] = {SLICE("ping")};
    struct action add = {.kind = ACTION_ADD_KEY,
                         .add_key = {.public_key = app_public,
                                     .access_key = {.permission = PERMISSION_FUNCTION_CALL,
                                                    .has_allowance = true,
                                                    .allowance = NEAR / 4,
                                                    .receiver_id = SLICE("bob.near"),
                                                    .method_names = methods,
                                                    .method_count = 1}}};
    struct chain_tx_status s = run(c, &alice, "alice.near", &add, 1, &arena);
    success_of(&s, 0);

    struct sender user = {.id = "alice.near", .key = app, .nonce = head_of(c).height * 1000000};
    struct action ping = call_of("ping", "", 30 * TGAS, 0), pong = call_of("pong", "", TGAS, 0);
    struct action paid = call_of("ping", "", TGAS, 1), dear = call_of("ping", "", 300 * TGAS, 0), gift = transfer_of(1);
    s = run(c, &user, "bob.near", &ping, 1, &arena);
    u128 burnt = s.tx.outcome.tokens_burnt + s.receipts[0].outcome.tokens_burnt;
    struct access_key key;
    struct chain_block head = head_of(c);
    struct account_id id = id_of("alice.near");
    must(chain_view_key(c, &head, &id, &app_public, &arena, &key));
    assert_true(key.allowance == NEAR / 4 - burnt);

    assert_string_equal(refusal(c, &user, "bob.near", &gift, 1, &arena), "{\"InvalidAccessKeyError\":\"RequiresFullAccess\"}");
    assert_string_equal(refusal(c, &user, "bob.near", &paid, 1, &arena),
                        "{\"InvalidAccessKeyError\":\"DepositWithFunctionCall\"}");
    assert_string_equal(refusal(c, &user, "bob.near", &pong, 1, &arena),
                        "{\"InvalidAccessKeyError\":{\"MethodNameMismatch\":{\"method_name\":\"pong\"}}}");
    assert_string_equal(
        refusal(c, &user, "test.near", &ping, 1, &arena),
        "{\"InvalidAccessKeyError\":{\"ReceiverMismatch\":{\"tx_receiver\":\"test.near\",\"ak_receiver\":\"bob.near\"}}}");
    assert_non_null(
        strstr(refusal(c, &user, "bob.near", &dear, 1, &arena), "{\"InvalidAccessKeyError\":{\"NotEnoughAllowance\":{"));
}

static void a_deleted_account_leaves_its_balance_to_the_beneficiary(void **state)
{
    (void)state;
    AUTO(chain) struct chain *c = open_test_chain();
    AUTO(arena) struct arena arena = {0};
    struct sender root = genesis_sender(c, "test.near");
    struct secret_key key = seed_key(3);
    create_account(c, &root, "gone.test.near", &key, 10 * NEAR);
    struct sender gone = {.id = "gone.test.near", .key = key, .nonce = head_of(c).height * 1000000};
    struct action del = {.kind = ACTION_DELETE_ACCOUNT, .delete_account = {.beneficiary = id_of("bob.near")}};
    u128 before = balance_of(c, "bob.near");
    struct chain_tx_status s = run(c, &gone, "gone.test.near", &del, 1, &arena);
    success_of(&s, 0);
    struct chain_account account;
    assert_false(account_at(c, "gone.test.near", &account));
    assert_true(balance_of(c, "bob.near") > before + 9 * NEAR);
    /* The gas refund finds nobody: it burns, and the money still adds up (settle looked). */
    assert_failure(&s, 2,
                   "{\"ActionError\":{\"index\":0,\"kind\":{\"AccountDoesNotExist\":{\"account_id\":\"gone.test.near\"}}}}");
    assert_true(s.receipts[2].outcome.tokens_burnt == 0);

    struct chain_key *keys;
    size_t count = 9;
    struct chain_block head = head_of(c);
    struct account_id id = id_of("gone.test.near");
    must(chain_view_keys(c, &head, &id, &arena, &keys, &count));
    assert_int_equal(count, 0);
}

static void a_receipt_that_leaves_too_little_for_its_storage_fails_without_an_index(void **state)
{
    (void)state;
    AUTO(chain) struct chain *c = open_test_chain();
    AUTO(arena) struct arena arena = {0};
    struct sender root = genesis_sender(c, "test.near");
    struct secret_key key = seed_key(4);
    static const uint8_t code[2000];
    const struct action actions[] = {{.kind = ACTION_CREATE_ACCOUNT},
                                     full_key_of(&key),
                                     {.kind = ACTION_DEPLOY_CONTRACT, .deploy = {.code = slice_from(code, sizeof code)}}};
    struct chain_tx_status s = run(c, &root, "poor.test.near", actions, 3, &arena);
    assert_failure(&s, 0,
                   "{\"ActionError\":{\"index\":null,\"kind\":{\"LackBalanceForState\":{\"account_id\":\"poor.test.near\","
                   "\"amount\":\"21820000000000000000000\"}}}}");
    struct chain_account account;
    assert_false(account_at(c, "poor.test.near", &account));
}

/* ---- Refusals ---- */

static void refusals_read_as_the_node_prints_them(void **state)
{
    (void)state;
    AUTO(chain) struct chain *c = open_test_chain();
    AUTO(arena) struct arena arena = {0};
    struct sender alice = genesis_sender(c, "alice.near"), nobody = {.id = "nobody.near", .key = seed_key(1)};
    struct sender stranger = {.id = "alice.near", .key = seed_key(1)};
    struct action a = transfer_of(NEAR), rich = transfer_of(5000 * NEAR), no_gas = call_of("x", "", 0, 0);
    struct action much_gas = call_of("x", "", 1001 * TGAS, 0), huge = transfer_of(U128_MAX);
    struct action two[] = {{.kind = ACTION_DELETE_ACCOUNT, .delete_account = {.beneficiary = id_of("bob.near")}}, a};

    assert_string_equal(refusal(c, &nobody, "bob.near", &a, 1, &arena),
                        "{\"SignerDoesNotExist\":{\"signer_id\":\"nobody.near\"}}");
    assert_string_equal(refusal(c, &stranger, "bob.near", &a, 1, &arena),
                        "{\"InvalidAccessKeyError\":{\"AccessKeyNotFound\":{\"account_id\":\"alice.near\",\"public_key\":"
                        "\"ed25519:AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9\"}}}");
    assert_string_equal(refusal(c, &alice, "bob.near", &rich, 1, &arena),
                        "{\"NotEnoughBalance\":{\"signer_id\":\"alice.near\",\"balance\":\"1000000000000000000000000000\","
                        "\"cost\":\"5000000245500818750000000000\"}}");
    assert_string_equal(refusal(c, &alice, "bob.near", &huge, 1, &arena), "\"CostOverflow\"");
    assert_string_equal(refusal(c, &alice, "bob.near", &no_gas, 1, &arena),
                        "{\"ActionsValidation\":\"FunctionCallZeroAttachedGas\"}");
    assert_string_equal(refusal(c, &alice, "bob.near", &much_gas, 1, &arena),
                        "{\"ActionsValidation\":{\"TotalPrepaidGasExceeded\":{\"total_prepaid_gas\":1001000000000000,\"limit\":"
                        "1000000000000000}}}");
    assert_string_equal(refusal(c, &alice, "alice.near", two, 2, &arena),
                        "{\"ActionsValidation\":\"DeleteActionMustBeFinal\"}");
    struct action many[101];
    for (int i = 0; i < 101; i++)
        many[i] = a;
    assert_string_equal(
        refusal(c, &alice, "bob.near", many, 101, &arena),
        "{\"ActionsValidation\":{\"TotalNumberOfActionsExceeded\":{\"total_number_of_actions\":101,\"limit\":100}}}");
    alice.nonce = 50;
    run(c, &alice, "bob.near", &a, 1, &arena);
    alice.nonce = 50;
    struct action other = transfer_of(2);
    assert_string_equal(refusal(c, &alice, "bob.near", &other, 1, &arena),
                        "{\"InvalidNonce\":{\"tx_nonce\":51,\"ak_nonce\":51}}");
}

static void a_transaction_needs_a_young_block_and_its_own_signature(void **state)
{
    (void)state;
    struct chain_config config = test_config();
    config.validity_blocks = 5;
    AUTO(chain) struct chain *c = NULL;
    AUTO(arena) struct arena arena = {0};
    AUTO(buf) struct buf bytes = {0};
    struct chain_submission s;
    must(chain_open(&config, &c));
    struct sender alice = genesis_sender(c, "alice.near");
    struct action a = transfer_of(NEAR);
    sign(c, &alice, "bob.near", &a, 1, &bytes);
    for (int i = 0; i < 6; i++)
        must(chain_make_block(c));
    must(chain_submit(c, buf_slice(&bytes), &arena, &s));
    assert_int_equal(s.verdict, CHAIN_REFUSED);
    assert_string_equal(s.invalid, "\"Expired\"");

    buf_clear(&bytes);
    sign(c, &alice, "bob.near", &a, 1, &bytes);
    bytes.ptr[bytes.len - 40] ^= 1;
    must(chain_submit(c, buf_slice(&bytes), &arena, &s));
    assert_string_equal(s.invalid, "\"InvalidSignature\"");
    must_fail(chain_submit(c, slice_first(buf_slice(&bytes), 60), &arena, &s), ERR_INVALID);
    must_fail(chain_submit(c, SLICE(""), &arena, &s), ERR_INVALID);
}

static void a_nonce_beyond_the_bound_fails_in_the_block(void **state)
{
    (void)state;
    AUTO(chain) struct chain *c = open_test_chain();
    AUTO(arena) struct arena arena = {0};
    struct sender alice = genesis_sender(c, "alice.near");
    struct action a = transfer_of(NEAR);
    alice.nonce = 1000000 - 1;
    struct chain_tx_status s = run(c, &alice, "bob.near", &a, 1, &arena);
    assert_int_equal(s.tx.outcome.status, OUTCOME_FAILURE);
    assert_true(slice_eq_str(s.tx.outcome.failure,
                             "{\"InvalidTxError\":{\"NonceTooLarge\":{\"tx_nonce\":1000000,\"upper_bound\":1000000}}}"));
    assert_true(balance_of(c, "alice.near") == 1000 * NEAR);
    assert_int_equal(s.level, CHAIN_LEVEL_FINAL);
}

static void the_same_transaction_twice_is_one_transaction(void **state)
{
    (void)state;
    AUTO(chain) struct chain *c = open_test_chain();
    AUTO(arena) struct arena arena = {0};
    AUTO(buf) struct buf bytes = {0};
    struct sender alice = genesis_sender(c, "alice.near");
    struct action a = transfer_of(NEAR);
    struct chain_submission s;
    sign(c, &alice, "bob.near", &a, 1, &bytes);
    must(chain_submit(c, buf_slice(&bytes), &arena, &s));
    assert_int_equal(s.verdict, CHAIN_ACCEPTED);
    assert_true(chain_tx_pooled(c, &s.hash));
    must(chain_submit(c, buf_slice(&bytes), &arena, &s));
    assert_int_equal(s.verdict, CHAIN_KNOWN);
    settle(c);
    must(chain_submit(c, buf_slice(&bytes), &arena, &s));
    assert_int_equal(s.verdict, CHAIN_KNOWN);
    settle(c);
    assert_true(balance_of(c, "bob.near") == 1001 * NEAR);
}

static void transactions_of_one_key_run_by_nonce(void **state)
{
    (void)state;
    AUTO(chain) struct chain *c = open_test_chain();
    AUTO(arena) struct arena arena = {0};
    struct sender alice = genesis_sender(c, "alice.near"), later = alice;
    struct action a = transfer_of(NEAR);
    later.nonce = 5;
    submit(c, &later, "bob.near", &a, 1, &arena);
    submit(c, &alice, "bob.near", &a, 1, &arena);
    settle(c);
    assert_true(balance_of(c, "bob.near") == 1002 * NEAR);
}

/* ---- Blocks ---- */

static void blocks_name_each_other_and_hold_what_they_ran(void **state)
{
    (void)state;
    AUTO(chain) struct chain *c = open_test_chain();
    AUTO(arena) struct arena arena = {0};
    struct sender alice = genesis_sender(c, "alice.near");
    struct action a = transfer_of(NEAR);
    struct chain_tx_status s = run(c, &alice, "bob.near", &a, 1, &arena);
    struct chain_content content;
    must(chain_block_content(c, s.tx.height, &arena, &content));
    assert_int_equal(content.transaction_count, 1);
    assert_int_equal(content.executed_count, 0);
    must(chain_block_content(c, s.tx.height + 1, &arena, &content));
    assert_int_equal(content.incoming_count, 1);
    assert_int_equal(content.executed_count, 1);
    assert_true(hash_eq(&content.executed[0].receipt.tx_hash, &s.tx.signed_tx.hash));
    assert_true(hash_eq(&content.block.prev_hash, &s.tx.block_hash));
    struct chain_block by_hash, by_chunk, none;
    must(chain_block_by_hash(c, &content.block.hash, &by_hash));
    must(chain_block_by_chunk(c, &content.block.chunk_hash, &by_chunk));
    assert_int_equal(by_hash.height, content.block.height);
    assert_int_equal(by_chunk.height, content.block.height);
    must_fail(chain_block_by_height(c, 1000, &none), ERR_NOT_FOUND);
    struct public_key producer = chain_validator_key(c);
    assert_true(signature_verify(&content.block.signature, &producer, hash_slice(&content.block.hash)));
}

static void older_states_can_be_read(void **state)
{
    (void)state;
    struct chain_config config = test_config();
    config.history_blocks = 10;
    AUTO(chain) struct chain *c = NULL;
    AUTO(arena) struct arena arena = {0};
    must(chain_open(&config, &c));
    struct sender alice = genesis_sender(c, "alice.near"), root = genesis_sender(c, "test.near");
    struct chain_block genesis = head_of(c);
    struct action a = transfer_of(NEAR);
    struct account_id bob = id_of("bob.near"), sub = id_of("sub.test.near");
    struct secret_key key = seed_key(2);
    run(c, &alice, "bob.near", &a, 1, &arena);
    create_account(c, &root, "sub.test.near", &key, NEAR);
    struct chain_account account;
    struct chain_key *keys;
    size_t count = 9;
    must(chain_view_account(c, &genesis, &bob, &account));
    assert_true(account.amount == 1000 * NEAR);
    must_fail(chain_view_account(c, &genesis, &sub, &account), ERR_NOT_FOUND);
    must(chain_view_keys(c, &genesis, &sub, &arena, &keys, &count));
    assert_int_equal(count, 0);
    assert_true(balance_of(c, "bob.near") == 1001 * NEAR);
    for (int i = 0; i < 10; i++)
        must(chain_make_block(c));
    must_fail(chain_view_account(c, &genesis, &bob, &account), ERR_LIMIT);
}

static void going_forward_jumps_heights_and_time(void **state)
{
    (void)state;
    AUTO(chain) struct chain *c = open_test_chain();
    struct chain_block before = head_of(c), after, none;
    must(chain_fast_forward(c, 500));
    after = head_of(c);
    assert_int_equal(after.height, before.height + 500);
    assert_int_equal(after.ordinal, before.ordinal + 1);
    assert_int_equal(after.prev_height, before.height);
    assert_true(after.timestamp_ns >= before.timestamp_ns + 499 * NS_PER_SEC);
    must_fail(chain_block_by_height(c, before.height + 3, &none), ERR_NOT_FOUND);
    must_fail(chain_fast_forward(c, 0), ERR_INVALID);
    must(chain_make_block(c));
    assert_true(head_of(c).timestamp_ns > after.timestamp_ns);
}

static void patched_state_is_there_after_the_call(void **state)
{
    (void)state;
    AUTO(chain) struct chain *c = open_test_chain();
    AUTO(arena) struct arena arena = {0};
    struct chain_patch records[] = {
        {.kind = CHAIN_PATCH_ACCOUNT, .account_id = id_of("new"), .account = {.amount = 7 * NEAR, .storage_usage = 300}},
        {.kind = CHAIN_PATCH_CODE, .account_id = id_of("new"), .code = SLICE("code")},
        {.kind = CHAIN_PATCH_DATA, .account_id = id_of("new"), .data_key = SLICE("ab"), .value = SLICE("1")},
        {.kind = CHAIN_PATCH_DATA, .account_id = id_of("new"), .data_key = SLICE("ac"), .value = SLICE("2")},
        {.kind = CHAIN_PATCH_DATA, .account_id = id_of("new"), .data_key = SLICE("b"), .value = SLICE("")},
    };
    must(chain_patch_state(c, records, 5));
    assert_money_adds_up(c);
    struct chain_block head = head_of(c);
    struct account_id id = id_of("new");
    struct chain_state_page page;
    struct slice code;
    struct hash code_hash;
    must(chain_view_code(c, &head, &id, &arena, &code, &code_hash));
    assert_true(slice_eq_str(code, "code"));
    must(chain_view_state(c, &head, &id, SLICE("a"), (struct slice){0}, 0, 50000, &arena, &page));
    assert_int_equal(page.count, 2);
    assert_true(slice_eq_str(page.items[1].key, "ac") && slice_eq_str(page.items[1].value, "2"));
    must(chain_view_state(c, &head, &id, SLICE(""), SLICE("ab"), 1, 50000, &arena, &page));
    assert_int_equal(page.count, 1);
    assert_true(page.more && slice_eq_str(page.items[0].key, "ac"));
    must(chain_view_state(c, &head, &id, SLICE(""), (struct slice){0}, 0, 5, &arena, &page));
    assert_true(page.too_large);
}

/* ---- The thread ---- */

struct seen {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int reached, timed_out, blocks;
};

static void note(struct seen *s, int *counter)
{
    pthread_mutex_lock(&s->lock);
    ++*counter;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

static void on_wait(void *user, bool reached)
{
    struct seen *s = user;
    note(s, reached ? &s->reached : &s->timed_out);
}

static void on_block(void *user, uint64_t height)
{
    (void)height;
    struct seen *s = user;
    note(s, &s->blocks);
}

static void wait_for(struct seen *s, const int *counter, int value)
{
    pthread_mutex_lock(&s->lock);
    while (*counter < value)
        pthread_cond_wait(&s->changed, &s->lock);
    pthread_mutex_unlock(&s->lock);
}

static void the_producer_makes_blocks_at_once_and_calls_back(void **state)
{
    (void)state;
    struct chain_config config = test_config();
    config.tick_ms = 3600000; /* so that only work makes blocks */
    AUTO(chain) struct chain *c = NULL;
    AUTO(arena) struct arena arena = {0};
    struct seen seen = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    must(chain_open(&config, &c));
    chain_on_block(c, on_block, &seen);
    must(chain_start(c));
    struct sender alice = genesis_sender(c, "alice.near");
    struct action a = transfer_of(NEAR);
    struct chain_submission s = submit(c, &alice, "bob.near", &a, 1, &arena);
    struct hash unknown = {{1}};
    uint64_t id = 0, unknown_id = 0, cancelled = 0;
    chain_wait(c, &s.hash, CHAIN_LEVEL_FINAL, 60000, on_wait, &seen, &id);
    chain_wait(c, &unknown, CHAIN_LEVEL_INCLUDED, 30, on_wait, &seen, &unknown_id);
    chain_wait(c, &unknown, CHAIN_LEVEL_INCLUDED, 60000, on_wait, &seen, &cancelled);
    wait_for(&seen, &seen.reached, 1);
    wait_for(&seen, &seen.timed_out, 1);
    wait_for(&seen, &seen.blocks, 3);
    chain_wait_cancel(c, cancelled);
    chain_wait_cancel(c, cancelled);
    chain_on_block(c, NULL, NULL);
    chain_wait(c, &s.hash, CHAIN_LEVEL_EXECUTED_OPTIMISTIC, 60000, on_wait, &seen, &id);
    wait_for(&seen, &seen.reached, 2);
    assert_int_equal(seen.timed_out, 1);
    assert_true(balance_of(c, "bob.near") == 1001 * NEAR);
}

/* ---- Durability ---- */

struct folder {
    char path[64], file[80];
};

static struct folder make_folder(void)
{
    struct folder f = {.path = "/tmp/chain_test_XXXXXX"};
    assert_non_null(mkdtemp(f.path));
    snprintf(f.file, sizeof f.file, "%s/chain.db", f.path);
    return f;
}

static void a_closed_chain_goes_on_where_it_was(void **state)
{
    (void)state;
    struct folder f = make_folder();
    struct chain_config config = test_config();
    config.path = f.file;
    AUTO(arena) struct arena arena = {0};
    struct chain *c = NULL;
    must(chain_open(&config, &c));
    struct sender alice = genesis_sender(c, "alice.near");
    struct action a = transfer_of(NEAR);
    struct chain_submission s = submit(c, &alice, "bob.near", &a, 1, &arena);
    must(chain_make_block(c)); /* the receipt is still in the queue */
    struct chain_block head = head_of(c);
    chain_close(c);

    must(chain_open(&config, &c));
    struct chain_block reopened = head_of(c);
    assert_true(hash_eq(&reopened.hash, &head.hash));
    assert_true(chain_has_work(c));
    settle(c);
    struct chain_tx_status status;
    must(chain_tx_status(c, &s.hash, &arena, &status));
    assert_int_equal(status.level, CHAIN_LEVEL_FINAL);
    assert_true(balance_of(c, "bob.near") == 1001 * NEAR);
    chain_close(c);

    config.chain_id = "other";
    must_fail(chain_open(&config, &c), ERR_CONFLICT);
    must(fs_remove_tree(f.path));
}

/* Sends transfers for as long as it lives; says so from the first block on. */
static void run_until_killed(const struct chain_config *config, int ready)
{
    struct chain *c = NULL;
    must(chain_open(config, &c));
    must(chain_start(c));
    struct sender alice = genesis_sender(c, "alice.near");
    uint64_t start = head_of(c).height;
    alice.nonce = start * 1000;
    for (;;) {
        AUTO(arena) struct arena arena = {0};
        struct action a = transfer_of(1);
        submit(c, &alice, "bob.near", &a, 1, &arena);
        if (head_of(c).height > start && write(ready, "", 1) != 1)
            _exit(1);
    }
}

static void a_killed_chain_goes_on_from_its_last_block(void **state)
{
    (void)state;
    struct folder f = make_folder();
    struct chain_config config = test_config();
    config.path = f.file;
    uint64_t height = 0;
    for (int round = 0; round < 4; round++) {
        int ready[2];
        char byte;
        assert_int_equal(pipe(ready), 0);
        pid_t child = fork();
        if (child == 0)
            run_until_killed(&config, ready[1]);
        for (int i = 0; i < 20 + 13 * round; i++)
            assert_int_equal(read(ready[0], &byte, 1), 1);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        close(ready[0]);
        close(ready[1]);

        AUTO(chain) struct chain *c = NULL;
        must(chain_open(&config, &c));
        assert_true(head_of(c).height > height);
        height = head_of(c).height;
        assert_money_adds_up(c);
        settle(c);
    }
    must(fs_remove_tree(f.path));
}

static void credentials_are_those_of_the_genesis_accounts(void **state)
{
    (void)state;
    struct folder f = make_folder();
    AUTO(chain) struct chain *c = open_test_chain();
    AUTO(buf) struct buf path = {0};
    AUTO(credentials) struct credentials found = {0};
    must(chain_write_credentials(c, f.path));
    must(chain_write_credentials(c, f.path));
    buf_append_fmt(&path, "%s/devnet/alice.near.json", f.path);
    must(credentials_read_file(buf_str(&path), &found));
    struct secret_key key = chain_genesis_key(c, "alice.near");
    assert_memory_equal(found.key.raw, key.raw, sizeof key.raw);
    must(fs_remove_tree(f.path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transfer_costs_exactly_this),
        cmocka_unit_test(calling_an_account_without_a_contract_gives_deposit_and_gas_back),
        cmocka_unit_test(making_an_account_costs_what_it_once_did),
        cmocka_unit_test(money_adds_up_over_random_transactions),
        cmocka_unit_test(only_the_parent_makes_a_sub_account),
        cmocka_unit_test(a_secp256k1_key_signs),
        cmocka_unit_test(a_transfer_makes_an_implicit_account_and_no_other),
        cmocka_unit_test(keys_come_and_go),
        cmocka_unit_test(an_allowance_pays_and_is_refunded),
        cmocka_unit_test(a_deleted_account_leaves_its_balance_to_the_beneficiary),
        cmocka_unit_test(a_receipt_that_leaves_too_little_for_its_storage_fails_without_an_index),
        cmocka_unit_test(refusals_read_as_the_node_prints_them),
        cmocka_unit_test(a_transaction_needs_a_young_block_and_its_own_signature),
        cmocka_unit_test(a_nonce_beyond_the_bound_fails_in_the_block),
        cmocka_unit_test(the_same_transaction_twice_is_one_transaction),
        cmocka_unit_test(transactions_of_one_key_run_by_nonce),
        cmocka_unit_test(blocks_name_each_other_and_hold_what_they_ran),
        cmocka_unit_test(older_states_can_be_read),
        cmocka_unit_test(going_forward_jumps_heights_and_time),
        cmocka_unit_test(patched_state_is_there_after_the_call),
        cmocka_unit_test(the_producer_makes_blocks_at_once_and_calls_back),
        cmocka_unit_test(a_closed_chain_goes_on_where_it_was),
        cmocka_unit_test(a_killed_chain_goes_on_from_its_last_block),
        cmocka_unit_test(credentials_are_those_of_the_genesis_accounts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
