#include "devnet/runtime/runtime.h"
#include "devnet/runtime/exec.h"
#include <stdlib.h>

void *runtime_grow(struct arena *arena, void *items, size_t count, size_t item_len)
{
    bool full = count == 0 || (count >= 8 && (count & (count - 1)) == 0);
    if (!full)
        return items;
    void *grown = arena_alloc(arena, (count ? count * 2 : 8) * item_len);
    if (count)
        __builtin_memcpy(grown, items, count * item_len);
    return grown;
}

u128 runtime_receipt_value(const struct receipt *r)
{
    if (!receipt_has_actions(r))
        return 0;
    u128 deposits = actions_deposit(r->actions, r->action_count);
    if (receipt_is_refund(r))
        return deposits;
    return deposits + actions_bought_gas(r->actions, r->action_count, &r->receiver) * r->gas_price;
}

static void make(struct block_run *run, const struct receipt *r, enum receipt_route route)
{
    run->made = runtime_grow(run->arena, run->made, run->made_count, sizeof *run->made);
    run->made[run->made_count++] = (struct made_receipt){*r, route};
}

/* ---- Transactions ---- */

static void set_signer(struct state *s, const struct transaction *t, const struct tx_signer *signer)
{
    struct access_key key = signer->key;
    state_account_set(s, &t->signer_id, &signer->account);
    if (t->uses_gas_key) {
        state_gas_key_nonce_set(s, &t->signer_id, &t->public_key, t->nonce_index, key.nonce);
        key.nonce = 0;
    }
    state_access_key_set(s, &t->signer_id, &t->public_key, &key);
}

static void burn_sent(struct block_run *run, const struct tx_charge *charge, struct outcome *out)
{
    out->gas_burnt = charge->gas_burnt;
    out->tokens_burnt = charge->tokens_burnt;
    run->gas_used += charge->gas_burnt;
    run->burnt += charge->tokens_burnt;
}

bool runtime_transaction(struct block_run *run, const struct signed_transaction *signed_tx, struct outcome *out)
{
    const struct transaction *t = &signed_tx->transaction;
    struct tx_charge charge;
    struct tx_signer signer = {0};
    struct failure failure = {0};
    *out = (struct outcome){.id = signed_tx->hash, .executor = t->signer_id, .is_transaction = true};
    if (!verify_cost(t, run->block.gas_price, &charge))
        failure = failure_of(FAIL_COST_OVERFLOW);
    bool ok = failure.kind == FAIL_NONE && verify_against_state(run->state, t, &charge, run->block.height, &signer, &failure);
    if (ok || signer.only_gas) {
        change_log_because(&run->state->changes, CAUSE_TRANSACTION, &signed_tx->hash);
        set_signer(run->state, t, &signer);
        burn_sent(run, &charge, out);
    }
    if (!ok) {
        out->status = OUTCOME_FAILURE;
        out->failure = slice_str(failure_tx_status_json(&failure, run->arena));
        return false;
    }

    struct hash *receipt_id = ARENA_NEW(run->arena, struct hash);
    *receipt_id = derived_id(&signed_tx->hash, run->block.height, 0);
    struct receipt receipt = {
        .kind = RECEIPT_ACTION,
        .predecessor = t->signer_id,
        .receiver = t->receiver_id,
        .id = *receipt_id,
        .tx_hash = signed_tx->hash,
        .signer = t->signer_id,
        .signer_public_key = t->public_key,
        .gas_price = charge.receipt_gas_price,
        .actions = t->actions,
        .action_count = t->action_count,
    };
    make(run, &receipt, account_id_eq(&t->signer_id, &t->receiver_id) ? ROUTE_LOCAL : ROUTE_INCOMING);
    out->status = OUTCOME_SUCCESS_RECEIPT;
    out->receipt_id = *receipt_id;
    out->receipt_ids = receipt_id;
    out->receipt_id_count = 1;
    return true;
}

/* ---- One receipt's actions ---- */

struct receipt *exec_make(struct exec *e, enum receipt_kind kind, const struct account_id *receiver)
{
    e->made = runtime_grow(e->run->arena, e->made, e->made_count, sizeof *e->made);
    struct receipt *r = &e->made[e->made_count++];
    *r = (struct receipt){.kind = kind, .predecessor = e->receipt->receiver, .receiver = *receiver};
    r->tx_hash = e->receipt->tx_hash;
    if (receipt_has_actions(r)) {
        r->signer = e->receipt->signer;
        r->signer_public_key = e->receipt->signer_public_key;
        r->gas_price = e->receipt->gas_price;
    }
    return r;
}

struct receipt *exec_make_refund(struct exec *e, const struct account_id *receiver, u128 amount)
{
    struct action *transfer = ARENA_NEW(e->run->arena, struct action);
    transfer->kind = ACTION_TRANSFER;
    transfer->transfer.deposit = amount;
    struct receipt *r = exec_make(e, RECEIPT_ACTION, receiver);
    r->predecessor = account_id_system;
    r->signer = account_id_system;
    r->signer_public_key = (struct public_key){.curve = KEY_ED25519};
    r->gas_price = 0;
    r->actions = transfer;
    r->action_count = 1;
    return r;
}

/* Takes what has arrived for the receipt out of the state, in the order of its inputs. */
static void take_inputs(struct exec *e)
{
    const struct receipt *r = e->receipt;
    struct vm_promise_result *results = ARENA_ARRAY(e->run->arena, struct vm_promise_result, r->input_count);
    for (size_t i = 0; i < r->input_count; i++) {
        state_received(e->run->state, &r->receiver, &r->inputs[i], &results[i].ok, &results[i].value);
        state_received_remove(e->run->state, &r->receiver, &r->inputs[i]);
    }
    e->results = results;
}

static struct contract_ref contract_of(const struct account *a)
{
    if (a->is_global)
        return (struct contract_ref){.kind = CONTRACT_GLOBAL, .global = a->global};
    return (struct contract_ref){.kind = account_has_code(a) ? CONTRACT_LOCAL : CONTRACT_NONE, .code_hash = a->code_hash};
}

/* Runs actions until one fails. e->index is then the one that failed, and action_count when all ran. */
static void run_actions(struct exec *e)
{
    const struct receipt *r = e->receipt;
    for (e->index = 0; e->index < r->action_count; e->index++) {
        const struct action *a = &r->actions[e->index];
        e->action_hash = derived_action_hash(&r->id, e->run->block.height, e->index);
        e->data_ids = 0;
        e->returned = VM_RETURN_NONE;
        if (e->exists)
            e->contracts[e->index] = contract_of(&e->account);
        uint64_t fee = action_exec_fee(a, &r->receiver);
        e->gas_burnt += fee;
        e->gas_used += fee;
        exec_action(e, a);
        if (e->failure.kind != FAIL_NONE)
            return;
    }
}

/* The failure that has no action to blame: too little balance for the storage that the receipt leaves behind. */
static void check_storage_stake(struct exec *e)
{
    u128 missing = e->exists ? storage_stake_missing(&e->account) : 0;
    if (missing)
        e->failure = failure_of(FAIL_LACK_BALANCE_FOR_STATE, FAIL_ID(&e->receipt->receiver), FAIL_MONEY(missing));
}

/* ---- Its money ---- */

struct burn {
    u128 price;           /* at which this receipt's gas burns; 0 for a refund */
    u128 creation_charge; /* for an account that it made */
};

static u128 min_u128(u128 a, u128 b)
{
    return a < b ? a : b;
}

/* Gas is bought at a price no lower than a minimum, and burns at the block's: the difference comes back, less a part of the cost that
 * making an account once had. */
static struct burn burn_of(const struct exec *e, bool ok, bool existed)
{
    static const u128 charge = (u128)7000 * 1000000000000000000u;
    if (e->is_refund)
        return (struct burn){0};
    struct burn b = {.price = min_u128(e->receipt->gas_price, e->run->block.gas_price)};
    if (ok && e->exists && !existed) {
        u128 burnt_by_creating = b.price * vm_action_fees[VM_ACTION_CREATE_ACCOUNT].exec;
        u128 rest = charge > burnt_by_creating ? charge - burnt_by_creating : 0;
        b.creation_charge = min_u128(rest, (e->receipt->gas_price - b.price) * e->gas_burnt);
    }
    return b;
}

static u128 gas_refund(const struct exec *e, const struct burn *b, bool ok)
{
    const struct receipt *r = e->receipt;
    u128 unused = actions_bought_gas(r->actions, r->action_count, &r->receiver) - (ok ? e->gas_used : e->gas_burnt);
    return unused * r->gas_price + (r->gas_price - b->price) * e->gas_burnt - b->creation_charge;
}

/* Refunds come after what the actions made, deposit first. A refund that fails burns. */
static void make_refunds(struct exec *e, const struct burn *b, bool ok)
{
    const struct receipt *r = e->receipt;
    u128 deposits = actions_deposit(r->actions, r->action_count);
    if (e->is_refund) {
        e->run->burnt += ok ? 0 : deposits;
        return;
    }
    if (!ok && deposits)
        exec_make_refund(e, r->refund_to.len ? &r->refund_to : &r->predecessor, deposits);
    u128 gas = gas_refund(e, b, ok);
    if (!gas)
        return;
    struct receipt *refund = exec_make_refund(e, &r->signer, gas);
    refund->signer = r->signer;
    refund->signer_public_key = r->signer_public_key;
}

/* The contract's share of what its calls burnt, also when they failed. */
static void pay_reward(struct exec *e, const struct burn *b)
{
    u128 reward = (u128)(e->call_gas_burnt * 3 / 10) * b->price;
    struct account account;
    if (!reward || !state_account(e->run->state, &e->receipt->receiver, &account))
        return;
    account.amount += reward;
    change_log_because(&e->run->state->changes, CAUSE_REWARD, &e->receipt->id);
    state_account_set(e->run->state, &e->receipt->receiver, &account);
    e->run->burnt -= reward;
}

/* ---- Its result ---- */

/* Whoever waits gets the value, or a failure; after promise_return the returned receipt delivers instead. */
static void deliver(struct exec *e, bool ok)
{
    const struct receipt *r = e->receipt;
    if (ok && e->returned == VM_RETURN_RECEIPT) {
        struct receipt *heir = &e->made[e->value_receipt];
        struct data_receiver *outputs = ARENA_ARRAY(e->run->arena, struct data_receiver, heir->output_count + r->output_count);
        for (size_t i = 0; i < heir->output_count; i++)
            outputs[i] = heir->outputs[i];
        for (size_t i = 0; i < r->output_count; i++)
            outputs[heir->output_count + i] = r->outputs[i];
        heir->outputs = outputs;
        heir->output_count += r->output_count;
        return;
    }
    for (size_t i = 0; i < r->output_count; i++) {
        struct receipt *datum = exec_make(e, RECEIPT_DATA, &r->outputs[i].receiver);
        datum->data_id = r->outputs[i].data_id;
        datum->has_data = ok;
        datum->data = ok && e->returned == VM_RETURN_VALUE ? e->value : (struct slice){0};
    }
}

static void name_receipts(struct exec *e, struct outcome *out)
{
    struct hash *ids = ARENA_ARRAY(e->run->arena, struct hash, e->made_count);
    for (size_t i = 0; i < e->made_count; i++) {
        e->made[i].id = derived_id(&e->receipt->id, e->run->block.height, i);
        if (receipt_has_actions(&e->made[i]))
            ids[out->receipt_id_count++] = e->made[i].id;
    }
    out->receipt_ids = ids;
}

static int by_name(const void *a, const void *b)
{
    const struct outcome_cost *x = a, *y = b;
    int order = slice_cmp(x->category, y->category);
    return order ? order : slice_cmp(x->name, y->name);
}

static void fill_outcome(struct exec *e, const struct burn *b, bool ok, long failed_index, struct outcome *out)
{
    if (e->profile_count)
        qsort(e->profile, e->profile_count, sizeof *e->profile, by_name);
    *out = (struct outcome){
        .id = e->receipt->id,
        .executor = e->receipt->receiver,
        .logs = e->logs,
        .log_count = e->log_count,
        .gas_burnt = e->gas_burnt,
        .tokens_burnt = b->price * e->gas_burnt + b->creation_charge + (ok ? e->burnt : 0),
        .profile = e->profile,
        .profile_count = e->profile_count,
        .contracts = e->contracts,
        .contract_count = e->receipt->action_count,
    };
    name_receipts(e, out);
    if (!ok) {
        out->status = OUTCOME_FAILURE;
        out->failure = slice_str(failure_action_json(&e->failure, failed_index, e->run->arena));
    } else if (e->returned == VM_RETURN_RECEIPT) {
        out->status = OUTCOME_SUCCESS_RECEIPT;
        out->receipt_id = e->made[e->value_receipt].id;
    } else if (e->returned == VM_RETURN_VALUE)
        out->value = e->value;
}

/* A receipt that runs in the block that made it: yields are put where they wait, and an account that is deleted goes at once. */
static bool is_instant(const struct receipt *r)
{
    if (r->kind == RECEIPT_YIELD)
        return true;
    return r->kind == RECEIPT_ACTION && r->input_count == 0 && r->action_count == 1 &&
           r->actions[0].kind == ACTION_DELETE_ACCOUNT;
}

static void send_made(struct exec *e)
{
    for (size_t i = 0; i < e->made_count; i++)
        make(e->run, &e->made[i], is_instant(&e->made[i]) ? ROUTE_INSTANT : ROUTE_INCOMING);
    for (size_t i = 0; i < e->made_count; i++)
        if (is_instant(&e->made[i]))
            runtime_receipt(e->run, &e->made[i]);
}

static void execute(struct block_run *run, const struct receipt *r)
{
    struct state *state = run->state;
    struct exec e = {.run = run, .receipt = r, .is_refund = receipt_is_refund(r), .actor = r->predecessor};
    take_inputs(&e);
    e.gas_burnt = e.gas_used = vm_action_fees[VM_ACTION_NEW_ACTION_RECEIPT].exec;
    e.exists = state_account(state, &r->receiver, &e.account);
    e.contracts = ARENA_ARRAY(run->arena, struct contract_ref, r->action_count);
    bool existed = e.exists;

    change_log_because(&state->changes, CAUSE_RECEIPT, &r->id);
    state_begin(state);
    run_actions(&e);
    long failed_index = e.failure.kind == FAIL_NONE ? -1 : (long)e.index;
    if (e.failure.kind == FAIL_NONE)
        check_storage_stake(&e);
    bool ok = e.failure.kind == FAIL_NONE;
    if (ok && e.exists)
        state_account_set(state, &r->receiver, &e.account);
    if (ok) {
        state_commit(state);
        run->minted += e.minted;
    } else {
        state_rollback(state);
        e.made_count = 0;
    }

    struct burn b = burn_of(&e, ok, existed);
    make_refunds(&e, &b, ok);
    pay_reward(&e, &b);
    deliver(&e, ok);
    struct executed_receipt done = {.receipt = *r};
    fill_outcome(&e, &b, ok, failed_index, &done.outcome);
    run->gas_used += e.gas_burnt;
    run->burnt += done.outcome.tokens_burnt;
    run->executed = runtime_grow(run->arena, run->executed, run->executed_count, sizeof *run->executed);
    run->executed[run->executed_count++] = done;
    send_made(&e);
}

/* ---- Receipts of every kind ---- */

static void take_action_receipt(struct block_run *run, const struct receipt *r)
{
    struct hash *missing = ARENA_ARRAY(run->arena, struct hash, r->input_count);
    size_t missing_count = 0;
    for (size_t i = 0; i < r->input_count; i++) {
        bool has_data;
        struct slice data;
        if (!state_received(run->state, &r->receiver, &r->inputs[i], &has_data, &data))
            missing[missing_count++] = r->inputs[i];
    }
    if (missing_count)
        state_postpone(run->state, r, missing, missing_count);
    else
        execute(run, r);
}

static void take_datum(struct block_run *run, const struct receipt *r)
{
    struct receipt waiting;
    state_received_set(run->state, &r->receiver, &r->data_id, r->has_data, r->data);
    if (state_unpostpone(run->state, &r->receiver, &r->data_id, &waiting))
        execute(run, &waiting);
}

/* The first resume that arrives runs the callback; later ones, and a time-out behind a resume that is under way, find nothing to do. */
static void take_resume_receipt(struct block_run *run, const struct receipt *r)
{
    struct receipt waiting;
    if (!state_yield(run->state, &r->receiver, &r->data_id, &waiting))
        return;
    if (!r->has_data && state_yield_status(run->state, &r->receiver, &r->data_id) == YIELD_RESUMED)
        return;
    state_yield_remove(run->state, &r->receiver, &r->data_id);
    state_received_set(run->state, &r->receiver, &r->data_id, r->has_data, r->data);
    execute(run, &waiting);
}

void runtime_receipt(struct block_run *run, const struct receipt *r)
{
    switch (r->kind) {
    case RECEIPT_ACTION:
        take_action_receipt(run, r);
        break;
    case RECEIPT_DATA:
        take_datum(run, r);
        break;
    case RECEIPT_YIELD:
        state_yield_set(run->state, r);
        break;
    case RECEIPT_RESUME:
        take_resume_receipt(run, r);
        break;
    case RECEIPT_GLOBAL:
        state_global_set(run->state, &r->global, r->code);
        break;
    }
}

void runtime_timeouts(struct block_run *run)
{
    struct yield_timeout t;
    struct receipt waiting;
    for (uint64_t made = 0; state_timeout_head(run->state, &t) && t.expires_at <= run->block.height;) {
        state_timeout_pop(run->state);
        if (!state_yield(run->state, &t.account, &t.data_id, &waiting))
            continue;
        struct receipt resume = {
            .kind = RECEIPT_RESUME,
            .predecessor = t.account,
            .receiver = t.account,
            .id = derived_id(&t.data_id, run->block.height, made++),
            .tx_hash = waiting.tx_hash,
            .data_id = t.data_id,
        };
        make(run, &resume, ROUTE_INCOMING);
    }
}
