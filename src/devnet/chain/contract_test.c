/* Contracts on the chain: calls, promises, callbacks, yields, views, and the money around them. The contract is contract_test.wat. */
#include "base/fs.h"
#include "devnet/chain/chain_testing.h"
#include <signal.h>
#include <stdlib.h>

static const uint8_t contract[] = {
#include "devnet/chain/contract_test_wasm.inc"
};

/* The engine learns of traps by signals and takes its handlers once a process, cmocka takes its own for every test: what the engine had is
 * put back. */
static const int trap_signals[] = {SIGILL, SIGSEGV, SIGFPE, SIGBUS};
static struct sigaction engine_actions[4];

static void remember_engine_signals(void)
{
    chain_close(open_test_chain());
    for (int i = 0; i < 4; i++)
        sigaction(trap_signals[i], NULL, &engine_actions[i]);
}

static void restore_engine_signals(void)
{
    for (int i = 0; i < 4; i++)
        sigaction(trap_signals[i], &engine_actions[i], NULL);
}

/* A chain with the contract on c.test.near and d.test.near. */
struct setup {
    struct chain *c;
    struct arena arena;
    struct sender alice, owner;
};

static void deploy(struct setup *s, struct sender *root, const char *name, const struct secret_key *key)
{
    create_account(s->c, root, name, key, 20 * NEAR);
    struct sender owner = {.id = name, .key = *key, .nonce = head_of(s->c).height * 1000000};
    const struct action a = {.kind = ACTION_DEPLOY_CONTRACT, .deploy = {.code = slice_from(contract, sizeof contract)}};
    struct chain_tx_status status = run(s->c, &owner, name, &a, 1, &s->arena);
    success_of(&status, 0);
    s->owner = owner;
}

static void start(struct setup *s)
{
    restore_engine_signals();
    *s = (struct setup){.c = open_test_chain()};
    struct sender root = genesis_sender(s->c, "test.near");
    struct secret_key key = seed_key(3);
    s->alice = genesis_sender(s->c, "alice.near");
    deploy(s, &root, "d.test.near", &key);
    deploy(s, &root, "c.test.near", &key);
}

static void auto_setup(struct setup *s)
{
    chain_close(s->c);
    arena_free(&s->arena);
}

static struct chain_tx_status call(struct setup *s, const char *method, const char *args, u128 deposit)
{
    struct action a = call_of(method, args, 100 * TGAS, deposit);
    return run(s->c, &s->alice, "c.test.near", &a, 1, &s->arena);
}

/* The value at the end of a transaction: its last status that is a value, along the receipts it names. */
static struct slice value_of(const struct chain_tx_status *s)
{
    const struct outcome *o = &s->tx.outcome;
    for (size_t i = 0; i < s->receipt_count && o->status == OUTCOME_SUCCESS_RECEIPT; i++)
        if (hash_eq(&s->receipts[i].outcome.id, &o->receipt_id))
            o = &s->receipts[i].outcome;
    if (o->status == OUTCOME_FAILURE)
        fail_msg("%.*s", SLICE_FMT(o->failure));
    assert_int_equal(o->status, OUTCOME_SUCCESS_VALUE);
    return o->value;
}

static void assert_value(const struct chain_tx_status *s, const char *value)
{
    if (!slice_eq_str(value_of(s), value))
        fail_msg("value is %.*s, not %s", SLICE_FMT(value_of(s)), value);
}

static void assert_panicked(const struct chain_tx_status *s, size_t index)
{
    assert_failure(
        s, index,
        "{\"ActionError\":{\"index\":0,\"kind\":{\"FunctionCallError\":{\"ExecutionError\":\"Smart contract panicked: oh "
        "no\"}}}}");
}

static struct chain_call_result view(struct setup *s, const char *method)
{
    struct chain_call_result result;
    struct chain_block head = head_of(s->c);
    struct account_id id = id_of("c.test.near");
    must(chain_view_call(s->c, &head, &id, slice_str(method), SLICE(""), &s->arena, &result));
    return result;
}

/* ---- Calls ---- */

static void a_call_gives_value_logs_and_exact_gas(void **state)
{
    (void)state;
    AUTO(setup) struct setup s;
    start(&s);
    struct chain_tx_status status = call(&s, "answer", "", 0);
    assert_value(&status, "42");
    const struct outcome *o = success_of(&status, 0);
    assert_int_equal(o->log_count, 1);
    assert_true(slice_eq_str(o->logs[0], "hello"));
    assert_int_equal(o->contract_count, 1);

    status = call(&s, "nothing", "", 0);
    assert_value(&status, "");
    /* receipt, call base, 7 bytes of the name; loading; an empty function's frame */
    uint64_t vm_gas = 35445963 + 1089295 * (uint64_t)sizeof contract + 8 * 822756;
    uint64_t gas = 108059500000 + 780000000000 + 7 * 2235934 + vm_gas;
    assert_true(success_of(&status, 0)->gas_burnt == gas);
    assert_true(success_of(&status, 0)->tokens_burnt == (u128)gas * 100000000);
    /* All that was not burnt came back. */
    u128 refund = (u128)(100 * TGAS + 108059500000 + 780000000000 + 7 * 2235934 - gas) * 1000000000 + (u128)gas * 900000000;
    assert_true(status.receipts[1].receipt.actions[0].transfer.deposit == refund);
}

static void the_contract_earns_three_tenths_of_what_its_code_burns(void **state)
{
    (void)state;
    AUTO(setup) struct setup s;
    start(&s);
    u128 before = balance_of(s.c, "c.test.near");
    struct chain_tx_status status = call(&s, "fail", "", 0);
    assert_panicked(&status, 0);
    uint64_t vm_gas = status.receipts[0].outcome.gas_burnt - 108059500000 - 780000000000 - 4 * 2235934;
    assert_true(balance_of(s.c, "c.test.near") == before + (u128)(vm_gas * 3 / 10) * 100000000);
}

static void a_failed_call_keeps_logs_and_gives_the_deposit_back(void **state)
{
    (void)state;
    AUTO(setup) struct setup s;
    start(&s);
    u128 before = balance_of(s.c, "alice.near");
    struct chain_tx_status status = call(&s, "fail", "", NEAR);
    assert_panicked(&status, 0);
    assert_int_equal(status.receipts[0].outcome.log_count, 1);
    u128 burnt = status.tx.outcome.tokens_burnt + status.receipts[0].outcome.tokens_burnt;
    assert_true(balance_of(s.c, "alice.near") == before - burnt);
}

static void failures_read_as_the_node_prints_them(void **state)
{
    (void)state;
    AUTO(setup) struct setup s;
    start(&s);
    struct chain_tx_status status = call(&s, "trap", "", 0);
    assert_failure(&status, 0,
                   "{\"ActionError\":{\"index\":0,\"kind\":{\"FunctionCallError\":{\"ExecutionError\":\"WebAssembly trap: An "
                   "`unreachable` opcode was executed.\"}}}}");
    status = call(&s, "no_such_method", "", 0);
    assert_failure(
        &status, 0,
        "{\"ActionError\":{\"index\":0,\"kind\":{\"FunctionCallError\":{\"MethodResolveError\":\"MethodNotFound\"}}}}");
    status = call(&s, "", "", 0);
    assert_failure(
        &status, 0,
        "{\"ActionError\":{\"index\":0,\"kind\":{\"FunctionCallError\":{\"MethodResolveError\":\"MethodEmptyName\"}}}}");
    status = call(&s, "forever", "", 0);
    assert_failure(&status, 0,
                   "{\"ActionError\":{\"index\":0,\"kind\":{\"FunctionCallError\":{\"ExecutionError\":\"Exceeded the prepaid "
                   "gas.\"}}}}");
    assert_true(status.receipts[0].outcome.gas_burnt == 100 * TGAS + 108059500000 + 780000000000 + 7 * 2235934);
}

static void bytes_that_are_no_module_deploy_and_fail_when_called(void **state)
{
    (void)state;
    AUTO(setup) struct setup s;
    start(&s);
    const struct action a = {.kind = ACTION_DEPLOY_CONTRACT, .deploy = {.code = SLICE("not a module")}};
    struct chain_tx_status status = run(s.c, &s.owner, "c.test.near", &a, 1, &s.arena);
    success_of(&status, 0);
    status = call(&s, "answer", "", 0);
    assert_failure(&status, 0,
                   "{\"ActionError\":{\"index\":0,\"kind\":{\"FunctionCallError\":{\"CompilationError\":{\"PrepareError\":"
                   "\"Deserialization\"}}}}}");
}

static void storage_is_kept_counted_and_rolled_back(void **state)
{
    (void)state;
    AUTO(setup) struct setup s;
    start(&s);
    struct chain_account before, after;
    assert_true(account_at(s.c, "c.test.near", &before));
    assert_int_equal(before.storage_usage, 182 + sizeof contract);
    struct chain_tx_status status = call(&s, "write", "value", 0);
    success_of(&status, 0);
    assert_true(account_at(s.c, "c.test.near", &after));
    assert_int_equal(after.storage_usage, before.storage_usage + 1 + 5 + 40);
    status = call(&s, "write_and_fail", "other", 0);
    assert_panicked(&status, 0);
    status = call(&s, "read", "", 0);
    assert_value(&status, "value");
    struct chain_block older = head_of(s.c);
    status = call(&s, "erase", "", 0);
    success_of(&status, 0);
    assert_true(slice_eq_str(view(&s, "read").value, "failed"));
    assert_true(account_at(s.c, "c.test.near", &after));
    assert_int_equal(after.storage_usage, before.storage_usage);

    struct account_id id = id_of("c.test.near");
    struct chain_call_result result;
    must(chain_view_call(s.c, &older, &id, SLICE("read"), SLICE(""), &s.arena, &result));
    assert_true(slice_eq_str(result.value, "value"));
}

/* ---- Batches ---- */

static void a_batch_is_all_or_nothing(void **state)
{
    (void)state;
    AUTO(setup) struct setup s;
    start(&s);
    u128 before = balance_of(s.c, "c.test.near");
    struct action actions[] = {transfer_of(NEAR), call_of("write", "x", 20 * TGAS, NEAR), call_of("fail", "", 20 * TGAS, 0)};
    struct chain_tx_status status = run(s.c, &s.alice, "c.test.near", actions, 3, &s.arena);
    assert_failure(
        &status, 0,
        "{\"ActionError\":{\"index\":2,\"kind\":{\"FunctionCallError\":{\"ExecutionError\":\"Smart contract panicked: oh "
        "no\"}}}}");
    assert_true(slice_eq_str(view(&s, "read").value, "failed"));
    assert_true(status.receipts[1].receipt.actions[0].transfer.deposit == 2 * NEAR);
    assert_true(balance_of(s.c, "c.test.near") < before + NEAR / 100); /* its reward only */
}

static void only_the_last_action_gives_the_value(void **state)
{
    (void)state;
    AUTO(setup) struct setup s;
    start(&s);
    struct action actions[] = {call_of("answer", "", 20 * TGAS, 0), call_of("nothing", "", 20 * TGAS, 0)};
    struct chain_tx_status status = run(s.c, &s.alice, "c.test.near", actions, 2, &s.arena);
    assert_value(&status, "");
    assert_int_equal(success_of(&status, 0)->log_count, 1);
}

/* ---- Promises ---- */

static void a_callback_gets_the_value_of_the_promise(void **state)
{
    (void)state;
    AUTO(setup) struct setup s;
    start(&s);
    uint64_t start_height = head_of(s.c).height;
    struct chain_tx_status status = call(&s, "ask", "", 0);
    assert_value(&status, "42");
    assert_int_equal(status.level, CHAIN_LEVEL_FINAL);
    /* Depth first: the call, d's answer with its refund, the callback with its refund, the call's refund. */
    assert_int_equal(status.receipt_count, 6);
    assert_true(account_id_eq(&status.receipts[1].outcome.executor, &(struct account_id){11, "d.test.near"}));
    assert_true(status.receipts[1].height == start_height + 3);
    assert_true(status.receipts[3].height == start_height + 4);
    assert_int_equal(status.receipts[1].receipt.output_count, 1);
    assert_true(hash_eq(&status.receipts[1].receipt.outputs[0].data_id, &status.receipts[3].receipt.inputs[0]));
    struct hash action = derived_action_hash(&status.receipts[0].receipt.id, status.receipts[0].height, 0);
    struct hash data = derived_id(&action, status.receipts[0].height, 0);
    assert_true(hash_eq(&data, &status.receipts[3].receipt.inputs[0]));
}

static void a_callback_learns_of_a_failure_and_the_deposit_returns(void **state)
{
    (void)state;
    AUTO(setup) struct setup s;
    start(&s);
    u128 before = balance_of(s.c, "d.test.near");
    struct chain_tx_status status = call(&s, "ask_failing", "", 0);
    assert_value(&status, "failed");
    assert_panicked(&status, 1);
    assert_true(balance_of(s.c, "d.test.near") < before + NEAR / 100);
    assert_true(balance_of(s.c, "c.test.near") > 19 * NEAR);
}

static void a_joint_promise_waits_for_all(void **state)
{
    (void)state;
    AUTO(setup) struct setup s;
    start(&s);
    struct chain_tx_status status = call(&s, "ask_two", "", 0);
    assert_value(&status, "2");
}

static void a_failed_call_schedules_nothing(void **state)
{
    (void)state;
    AUTO(setup) struct setup s;
    start(&s);
    struct chain_tx_status status = call(&s, "ask_and_fail", "", 0);
    assert_panicked(&status, 0);
}

static void a_contract_makes_an_account_and_pays_the_charge(void **state)
{
    (void)state;
    AUTO(setup) struct setup s;
    start(&s);
    struct chain_tx_status status = call(&s, "make_account", "", 0);
    assert_value(&status, "");
    assert_true(balance_of(s.c, "new.c.test.near") == NEAR);
    status = call(&s, "make_account", "", 0);
    assert_failure(&status, 1,
                   "{\"ActionError\":{\"index\":0,\"kind\":{\"AccountAlreadyExists\":{\"account_id\":\"new.c.test.near\"}}}}");
}

static void an_account_that_deletes_itself_goes_in_the_same_block(void **state)
{
    (void)state;
    AUTO(setup) struct setup s;
    start(&s);
    struct chain_tx_status status = call(&s, "leave", "", 0);
    success_of(&status, 1);
    assert_int_equal(status.receipts[1].height, status.receipts[0].height);
    assert_int_equal(status.receipts[1].route, CHAIN_INSTANT);
    struct chain_account gone;
    assert_false(account_at(s.c, "c.test.near", &gone));
    assert_true(balance_of(s.c, "d.test.near") > 39 * NEAR);
}

/* ---- Yields ---- */

/* Sends without waiting for the end, which a yield puts off. */
static struct hash begin(struct setup *s, const char *method)
{
    struct action a = call_of(method, "", 100 * TGAS, 0);
    struct chain_submission sent = submit(s->c, &s->alice, "c.test.near", &a, 1, &s->arena);
    assert_int_equal(sent.verdict, CHAIN_ACCEPTED);
    settle(s->c);
    return sent.hash;
}

static struct chain_tx_status status_of(struct setup *s, const struct hash *tx)
{
    struct chain_tx_status status;
    must(chain_tx_status(s->c, tx, &s->arena, &status));
    return status;
}

static void a_yield_waits_for_its_resume(void **state)
{
    (void)state;
    AUTO(setup) struct setup s;
    start(&s);
    struct hash tx = begin(&s, "wait");
    assert_int_equal(status_of(&s, &tx).level, CHAIN_LEVEL_INCLUDED_FINAL);
    struct chain_tx_status status = call(&s, "resume", "", 0);
    assert_value(&status, "1");
    status = status_of(&s, &tx);
    assert_int_equal(status.level, CHAIN_LEVEL_FINAL);
    assert_value(&status, "yes");
    status = call(&s, "resume", "", 0);
    assert_value(&status, "0");
    assert_money_adds_up(s.c);
}

static void a_yield_that_nobody_resumes_times_out_after_200_blocks(void **state)
{
    (void)state;
    AUTO(setup) struct setup s;
    start(&s);
    struct hash tx = begin(&s, "wait");
    uint64_t made = status_of(&s, &tx).receipts[0].height;
    while (head_of(s.c).height < made + 200) {
        assert_false(chain_has_work(s.c));
        must(chain_make_block(s.c));
    }
    settle(s.c);
    struct chain_tx_status status = status_of(&s, &tx);
    assert_value(&status, "failed");
    assert_int_equal(status.receipts[1].height, made + 201);
    status = call(&s, "resume", "", 0);
    assert_value(&status, "0");
    assert_money_adds_up(s.c);
}

static void going_forward_times_a_yield_out(void **state)
{
    (void)state;
    AUTO(setup) struct setup s;
    start(&s);
    struct hash tx = begin(&s, "wait_then");
    must(chain_fast_forward(s.c, 300));
    settle(s.c);
    struct chain_tx_status status = status_of(&s, &tx);
    assert_value(&status, "failed");
    assert_int_equal(status.level, CHAIN_LEVEL_FINAL);
}

static void a_resume_that_is_rolled_back_leaves_the_yield_waiting(void **state)
{
    (void)state;
    AUTO(setup) struct setup s;
    start(&s);
    struct hash tx = begin(&s, "wait");
    struct chain_tx_status status = call(&s, "resume_and_fail", "", 0);
    assert_panicked(&status, 0);
    assert_int_equal(status_of(&s, &tx).level, CHAIN_LEVEL_INCLUDED_FINAL);
    status = call(&s, "resume", "", 0);
    assert_value(&status, "1");
    status = status_of(&s, &tx);
    assert_value(&status, "yes");
}

static void a_yield_of_a_failed_call_never_was(void **state)
{
    (void)state;
    AUTO(setup) struct setup s;
    start(&s);
    struct chain_tx_status status = call(&s, "wait_and_fail", "", 0);
    assert_panicked(&status, 0);
    assert_int_equal(status.level, CHAIN_LEVEL_FINAL);
    must(chain_fast_forward(s.c, 300));
    assert_false(chain_has_work(s.c));
}

static void a_yield_may_be_resumed_by_the_call_that_makes_it(void **state)
{
    (void)state;
    AUTO(setup) struct setup s;
    start(&s);
    struct chain_tx_status status = call(&s, "wait_and_resume", "", 0);
    assert_value(&status, "yes");
}

static void a_yield_may_be_named_by_its_contract(void **state)
{
    (void)state;
    AUTO(setup) struct setup s;
    start(&s);
    struct hash tx = begin(&s, "wait_named");
    struct chain_tx_status status = call(&s, "wait_named", "", 0);
    assert_value(&status, "failed"); /* the name is in use */
    status = call(&s, "resume_named", "", 0);
    assert_value(&status, "1");
    status = status_of(&s, &tx);
    assert_value(&status, "yes");
    status = call(&s, "resume_named", "", 0);
    assert_value(&status, "0");
    assert_money_adds_up(s.c);
}

/* Resumed or timed out: the name is free from then on. */
static void the_name_of_a_yield_that_ended_is_free(void **state)
{
    (void)state;
    AUTO(setup) struct setup s;
    start(&s);
    for (int round = 0; round < 2; round++) {
        struct hash tx = begin(&s, "wait_named");
        must(chain_fast_forward(s.c, 300));
        settle(s.c);
        struct chain_tx_status status = status_of(&s, &tx);
        assert_value(&status, "failed");
        status = call(&s, "resume_named", "", 0);
        assert_value(&status, "0");
        begin(&s, "wait_named");
        status = call(&s, "resume_named", "", 0);
        assert_value(&status, "1");
    }
}

/* The yield's token is drawn after the data id of the promise before it. */
static void data_ids_are_drawn_in_order(void **state)
{
    (void)state;
    AUTO(setup) struct setup s;
    start(&s);
    struct hash tx = begin(&s, "wait_behind_a_call");
    struct chain_tx_status status = call(&s, "resume", "", 0);
    assert_value(&status, "1");
    status = status_of(&s, &tx);
    assert_value(&status, "yes");
    struct hash action = derived_action_hash(&status.receipts[0].receipt.id, status.receipts[0].height, 0);
    struct hash second = derived_id(&action, status.receipts[0].height, 1);
    bool seen = false;
    for (size_t i = 0; i < status.receipt_count; i++)
        seen |= status.receipts[i].receipt.kind == RECEIPT_YIELD && hash_eq(&status.receipts[i].receipt.inputs[0], &second);
    assert_true(seen);
}

static void a_waiting_yield_survives_a_restart(void **state)
{
    (void)state;
    struct setup s = {0};
    char folder[] = "/tmp/contract_test_XXXXXX", file[64];
    assert_non_null(mkdtemp(folder));
    snprintf(file, sizeof file, "%s/chain.db", folder);
    struct chain_config config = test_config();
    config.path = file;
    must(chain_open(&config, &s.c));
    struct sender root = genesis_sender(s.c, "test.near");
    struct secret_key key = seed_key(3);
    s.alice = genesis_sender(s.c, "alice.near");
    deploy(&s, &root, "c.test.near", &key);
    struct hash tx = begin(&s, "wait");
    chain_close(s.c);
    must(chain_open(&config, &s.c));
    assert_money_adds_up(s.c);
    struct chain_tx_status status = call(&s, "resume", "", 0);
    assert_value(&status, "1");
    status = status_of(&s, &tx);
    assert_value(&status, "yes");
    auto_setup(&s);
    must(fs_remove_tree(folder));
}

/* ---- Views ---- */

static void views_read_and_may_not_write(void **state)
{
    (void)state;
    AUTO(setup) struct setup s;
    start(&s);
    struct chain_call_result r = view(&s, "answer");
    assert_true(r.ok && slice_eq_str(r.value, "42"));
    assert_int_equal(r.log_count, 1);
    assert_true(view(&s, "nothing").ok);
    assert_string_equal(view(&s, "fail").error,
                        "wasm execution failed with error: HostError(GuestPanic { panic_msg: \"oh no\" })");
    assert_string_equal(view(&s, "erase").error,
                        "wasm execution failed with error: HostError(ProhibitedInView { method_name: \"storage_remove\" })");
    assert_string_equal(view(&s, "trap").error, "wasm execution failed with error: WasmTrap(Unreachable)");
    assert_string_equal(view(&s, "none").error, "wasm execution failed with error: MethodResolveError(MethodNotFound)");

    struct chain_block head = head_of(s.c);
    struct account_id bob = id_of("bob.near"), nobody = id_of("nobody.near");
    must(chain_view_call(s.c, &head, &bob, SLICE("m"), SLICE(""), &s.arena, &r));
    assert_string_equal(r.error,
                        "wasm execution failed with error: CompilationError(CodeDoesNotExist { account_id: \"bob.near\" })");
    must_fail(chain_view_call(s.c, &head, &nobody, SLICE("m"), SLICE(""), &s.arena, &r), ERR_NOT_FOUND);
}

/* ---- Many ---- */

/* Twenty-five calls that burn 100 TGas each do not fit into one block: the rest waits its turn. */
static void a_full_block_leaves_the_rest_for_the_next(void **state)
{
    (void)state;
    AUTO(setup) struct setup s;
    start(&s);
    struct hash last = {0};
    for (int i = 0; i < 25; i++) {
        struct action a = call_of("forever", "", 100 * TGAS, 0);
        last = submit(s.c, &s.alice, "c.test.near", &a, 1, &s.arena).hash;
    }
    settle(s.c);
    struct chain_tx_status status = status_of(&s, &last);
    assert_int_equal(status.receipts[0].height, status.tx.height + 3);
}

static void money_adds_up_over_random_calls(void **state)
{
    (void)state;
    static const char *const methods[] = {
        "answer", "fail",         "write",  "erase",         "ask",  "ask_failing",     "ask_two",
        "wait",   "make_account", "resume", "wait_and_fail", "trap", "wait_and_resume", "wait_then"};
    AUTO(setup) struct setup s;
    start(&s);
    unsigned seed = 7;
    for (int i = 0; i < 200; i++) {
        struct action a = call_of(methods[(unsigned)rand_r(&seed) % 14], "x", (uint64_t)(rand_r(&seed) % 60 + 1) * TGAS,
                                  (u128)(unsigned)rand_r(&seed) * 1000000000);
        submit(s.c, &s.alice, "c.test.near", &a, 1, &s.arena);
        must(chain_make_block(s.c));
        assert_money_adds_up(s.c);
    }
    must(chain_fast_forward(s.c, 300));
    settle(s.c);
}

/* Gas is dearer after a block that burnt more than half of what fits, by at most a two-hundredth a block, and cheaper after emptier ones. */
static void a_full_block_makes_gas_dearer(void **state)
{
    (void)state;
    /* (func (export "spin") (loop (br 0))) */
    static const uint8_t spinner[] = {0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x04, 0x01, 0x60, 0x00,
                                      0x00, 0x03, 0x02, 0x01, 0x00, 0x07, 0x08, 0x01, 0x04, 's',  'p',  'i',  'n',
                                      0x00, 0x00, 0x0a, 0x09, 0x01, 0x07, 0x00, 0x03, 0x40, 0x0c, 0x00, 0x0b, 0x0b};
    AUTO(setup) struct setup s;
    start(&s);
    struct action deploy_spinner = {.kind = ACTION_DEPLOY_CONTRACT, .deploy = {.code = slice_from(spinner, sizeof spinner)}};
    struct action spin = call_of("spin", "", 1000 * TGAS, 0);
    struct chain_tx_status status = run(s.c, &s.owner, "c.test.near", &deploy_spinner, 1, &s.arena);
    success_of(&status, 0);
    assert_true(head_of(s.c).gas_price == CHAIN_MIN_GAS_PRICE);
    status = run(s.c, &s.alice, "c.test.near", &spin, 1, &s.arena);
    assert_int_equal(status.receipts[0].outcome.status, OUTCOME_FAILURE);
    struct chain_block full;
    must(chain_block_by_height(s.c, status.receipts[0].height, &full));
    assert_true(full.gas_used > CHAIN_GAS_LIMIT);
    u128 above_half = 2 * (u128)full.gas_used - CHAIN_GAS_LIMIT;
    assert_true(full.gas_price == CHAIN_MIN_GAS_PRICE + CHAIN_MIN_GAS_PRICE * above_half / (200 * (u128)CHAIN_GAS_LIMIT));
    for (int i = 0; i < 3; i++)
        must(chain_make_block(s.c));
    assert_true(head_of(s.c).gas_price == CHAIN_MIN_GAS_PRICE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_block_makes_gas_dearer),
        cmocka_unit_test(a_call_gives_value_logs_and_exact_gas),
        cmocka_unit_test(the_contract_earns_three_tenths_of_what_its_code_burns),
        cmocka_unit_test(a_failed_call_keeps_logs_and_gives_the_deposit_back),
        cmocka_unit_test(failures_read_as_the_node_prints_them),
        cmocka_unit_test(bytes_that_are_no_module_deploy_and_fail_when_called),
        cmocka_unit_test(storage_is_kept_counted_and_rolled_back),
        cmocka_unit_test(a_batch_is_all_or_nothing),
        cmocka_unit_test(only_the_last_action_gives_the_value),
        cmocka_unit_test(a_callback_gets_the_value_of_the_promise),
        cmocka_unit_test(a_callback_learns_of_a_failure_and_the_deposit_returns),
        cmocka_unit_test(a_joint_promise_waits_for_all),
        cmocka_unit_test(a_failed_call_schedules_nothing),
        cmocka_unit_test(a_contract_makes_an_account_and_pays_the_charge),
        cmocka_unit_test(an_account_that_deletes_itself_goes_in_the_same_block),
        cmocka_unit_test(a_yield_waits_for_its_resume),
        cmocka_unit_test(a_yield_that_nobody_resumes_times_out_after_200_blocks),
        cmocka_unit_test(going_forward_times_a_yield_out),
        cmocka_unit_test(a_resume_that_is_rolled_back_leaves_the_yield_waiting),
        cmocka_unit_test(a_yield_of_a_failed_call_never_was),
        cmocka_unit_test(a_yield_may_be_resumed_by_the_call_that_makes_it),
        cmocka_unit_test(a_yield_may_be_named_by_its_contract),
        cmocka_unit_test(the_name_of_a_yield_that_ended_is_free),
        cmocka_unit_test(data_ids_are_drawn_in_order),
        cmocka_unit_test(a_waiting_yield_survives_a_restart),
        cmocka_unit_test(views_read_and_may_not_write),
        cmocka_unit_test(a_full_block_leaves_the_rest_for_the_next),
        cmocka_unit_test(money_adds_up_over_random_calls),
    };
    remember_engine_signals();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
