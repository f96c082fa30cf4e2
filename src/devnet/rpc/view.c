/* Transactions, receipts, outcomes. Blocks are in view_block.c. */
#include "devnet/rpc/view.h"
#include "base/mem.h"
#include "codec/base64.h"

json_t *view_hash(const struct hash *h)
{
    char text[HASH_TEXT_MAX];
    return json_string(hash_text(h, text));
}

json_t *view_u128(u128 value)
{
    char digits[U128_DIGITS_MAX];
    return json_stringn(digits, u128_format(value, digits));
}

json_t *view_base64(struct slice bytes)
{
    AUTO(buf) struct buf text = {0};
    base64_append(&text, bytes);
    return json_stringn(buf_str(&text), text.len);
}

json_t *view_account_id(const struct account_id *id)
{
    return json_stringn(id->text, id->len);
}

json_t *view_public_key(const struct public_key *k)
{
    char text[KEY_TEXT_MAX];
    return json_string(public_key_text(k, text));
}

json_t *view_account(const struct chain_account *a)
{
    json_t *view =
        json_pack("{s:o,s:o,s:o,s:o,s:i}", "amount", view_u128(a->amount), "locked", view_u128(a->locked), "code_hash",
                  view_hash(&a->code_hash), "storage_usage", json_doc_number(a->storage_usage), "storage_paid_at", 0);
    if (!a->is_global)
        return view;
    if (a->global.kind == GLOBAL_BY_HASH)
        json_object_set_new(view, "global_contract_hash", view_hash(&a->global.code_hash));
    else
        json_object_set_new(view, "global_contract_account_id", view_account_id(&a->global.account_id));
    return view;
}

static json_t *call_permission(const struct access_key *k)
{
    json_t *methods = json_array();
    for (size_t i = 0; i < k->method_count; i++)
        json_array_append_new(methods, json_doc_string(k->method_names[i]));
    return json_pack("{s:o,s:o,s:o}", "allowance", k->has_allowance ? view_u128(k->allowance) : json_null(), "receiver_id",
                     json_doc_string(k->receiver_id), "method_names", methods);
}

static json_t *gas_key_info(const struct access_key *k)
{
    return json_pack("{s:o,s:i}", "balance", view_u128(k->gas_balance), "num_nonces", k->nonce_count);
}

/* Of a gas key that may only call, a view shows one object, the protocol's own type a pair. */
static json_t *limited_gas_key(const struct access_key *k, bool native)
{
    if (native)
        return json_pack("[o,o]", gas_key_info(k), call_permission(k));
    json_t *both = gas_key_info(k);
    AUTO(json) json_t *call = call_permission(k);
    json_object_update(both, call);
    return both;
}

static json_t *permission(const struct access_key *k, bool native)
{
    switch (k->permission) {
    case PERMISSION_FULL_ACCESS:
        return json_string("FullAccess");
    case PERMISSION_FUNCTION_CALL:
        return json_pack("{s:o}", "FunctionCall", call_permission(k));
    case PERMISSION_GAS_KEY_FULL_ACCESS:
        return json_pack("{s:o}", "GasKeyFullAccess", gas_key_info(k));
    case PERMISSION_GAS_KEY_FUNCTION_CALL:
        return json_pack("{s:o}", "GasKeyFunctionCall", limited_gas_key(k, native));
    }
    return json_null();
}

json_t *view_access_key(const struct access_key *k)
{
    return json_pack("{s:o,s:o}", "nonce", json_doc_number(k->nonce), "permission", permission(k, false));
}

json_t *view_native_access_key(const struct access_key *k)
{
    return json_pack("{s:o,s:o}", "nonce", json_doc_number(k->nonce), "permission", permission(k, true));
}

/* The code is shown by its hash. */
static json_t *deploy_view(const struct action *a)
{
    struct hash h = hash_sha256(a->deploy.code);
    return json_pack("{s:{s:o}}", "DeployContract", "code", view_base64(hash_slice(&h)));
}

static json_t *deploy_global_view(const struct action *a)
{
    struct hash h = hash_sha256(a->deploy_global.code);
    return json_pack("{s:{s:o}}", a->deploy_global.by_account ? "DeployGlobalContractByAccountId" : "DeployGlobalContract",
                     "code", view_base64(hash_slice(&h)));
}

static json_t *use_global_view(const struct global_id *id)
{
    if (id->kind == GLOBAL_BY_HASH)
        return json_pack("{s:{s:o}}", "UseGlobalContract", "code_hash", view_hash(&id->code_hash));
    return json_pack("{s:{s:o}}", "UseGlobalContractByAccountId", "account_id", view_account_id(&id->account_id));
}

json_t *view_global_id(const struct global_id *id)
{
    if (id->kind == GLOBAL_BY_HASH)
        return json_pack("{s:o}", "CodeHash", view_hash(&id->code_hash));
    return json_pack("{s:o}", "AccountId", view_account_id(&id->account_id));
}

/* Within an action the same is spelt otherwise. */
static json_t *used_code_view(const struct global_id *id)
{
    if (id->kind == GLOBAL_BY_HASH)
        return json_pack("{s:o}", "hash", view_hash(&id->code_hash));
    return json_pack("{s:o}", "account_id", view_account_id(&id->account_id));
}

static json_t *state_init_view(const struct action *a)
{
    const struct state_init *init = a->state_init.init;
    json_t *data = json_object();
    for (size_t i = 0; i < init->entry_count; i++) {
        AUTO(buf) struct buf key = {0};
        base64_append(&key, init->entries[i].key);
        json_object_set_new(data, buf_str(&key), view_base64(init->entries[i].value));
    }
    return json_pack("{s:{s:o,s:o,s:o}}", "DeterministicStateInit", "code", used_code_view(&init->code), "data", data,
                     "deposit", view_u128(a->state_init.deposit));
}

static json_t *action_view(const struct action *a);

/* The actions inside of a delegate action are shown as the protocol's own type, not as a view of it: CreateAccount is an object too,
 * and code is there whole. (nearcore, DelegateAction's JSON) */
static json_t *native_view(const struct action *a)
{
    if (a->kind == ACTION_CREATE_ACCOUNT)
        return json_pack("{s:{}}", "CreateAccount");
    if (a->kind == ACTION_DEPLOY_CONTRACT)
        return json_pack("{s:{s:o}}", "DeployContract", "code", view_base64(a->deploy.code));
    if (a->kind == ACTION_ADD_KEY)
        return json_pack("{s:{s:o,s:o}}", "AddKey", "public_key", view_public_key(&a->add_key.public_key), "access_key",
                         view_native_access_key(&a->add_key.access_key));
    return action_view(a);
}

static json_t *delegate_view(const struct delegate *d)
{
    json_t *actions = json_array();
    for (size_t i = 0; i < d->action_count; i++)
        json_array_append_new(actions, native_view(&d->actions[i]));
    char signature[SIGNATURE_TEXT_MAX];
    return json_pack("{s:{s:{s:o,s:o,s:o,s:o,s:o,s:o},s:s}}", "Delegate", "delegate_action", "sender_id",
                     view_account_id(&d->sender_id), "receiver_id", view_account_id(&d->receiver_id), "actions", actions,
                     "nonce", json_doc_number(d->nonce), "max_block_height", json_doc_number(d->max_block_height), "public_key",
                     view_public_key(&d->public_key), "signature", signature_text(&d->signature, signature));
}

static json_t *action_view(const struct action *a)
{
    switch (a->kind) {
    case ACTION_CREATE_ACCOUNT:
        return json_string("CreateAccount");
    case ACTION_DEPLOY_CONTRACT:
        return deploy_view(a);
    case ACTION_FUNCTION_CALL:
        return json_pack("{s:{s:o,s:o,s:o,s:o}}", "FunctionCall", "method_name", json_doc_string(a->call.method), "args",
                         view_base64(a->call.args), "gas", json_doc_number(a->call.gas), "deposit", view_u128(a->call.deposit));
    case ACTION_TRANSFER:
        return json_pack("{s:{s:o}}", "Transfer", "deposit", view_u128(a->transfer.deposit));
    case ACTION_STAKE:
        return json_pack("{s:{s:o,s:o}}", "Stake", "stake", view_u128(a->stake.stake), "public_key",
                         view_public_key(&a->stake.public_key));
    case ACTION_ADD_KEY:
        return json_pack("{s:{s:o,s:o}}", "AddKey", "public_key", view_public_key(&a->add_key.public_key), "access_key",
                         view_access_key(&a->add_key.access_key));
    case ACTION_DELETE_KEY:
        return json_pack("{s:{s:o}}", "DeleteKey", "public_key", view_public_key(&a->delete_key.public_key));
    case ACTION_DELETE_ACCOUNT:
        return json_pack("{s:{s:o}}", "DeleteAccount", "beneficiary_id", view_account_id(&a->delete_account.beneficiary));
    case ACTION_DELEGATE:
        return delegate_view(a->delegate);
    case ACTION_DEPLOY_GLOBAL:
        return deploy_global_view(a);
    case ACTION_USE_GLOBAL:
        return use_global_view(&a->use_global);
    case ACTION_STATE_INIT:
        return state_init_view(a);
    case ACTION_TRANSFER_TO_GAS_KEY:
        return json_pack("{s:{s:o,s:o}}", "TransferToGasKey", "public_key", view_public_key(&a->gas_key.public_key), "deposit",
                         view_u128(a->gas_key.amount));
    case ACTION_WITHDRAW_FROM_GAS_KEY:
        return json_pack("{s:{s:o,s:o}}", "WithdrawFromGasKey", "public_key", view_public_key(&a->gas_key.public_key), "amount",
                         view_u128(a->gas_key.amount));
    }
    return json_null();
}

static json_t *actions_view(const struct action *actions, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, action_view(&actions[i]));
    return list;
}

json_t *view_transaction(const struct signed_transaction *s)
{
    const struct transaction *t = &s->transaction;
    char signature[SIGNATURE_TEXT_MAX];
    json_t *view =
        json_pack("{s:o,s:o,s:o,s:o,s:o,s:i,s:s,s:o}", "signer_id", view_account_id(&t->signer_id), "public_key",
                  view_public_key(&t->public_key), "nonce", json_doc_number(t->nonce), "receiver_id",
                  view_account_id(&t->receiver_id), "actions", actions_view(t->actions, t->action_count), "priority_fee", 0,
                  "signature", signature_text(&s->signature, signature), "hash", view_hash(&s->hash));
    if (t->uses_gas_key)
        json_object_set_new(view, "nonce_index", json_integer(t->nonce_index));
    if (t->nonce_mode == NONCE_STRICT)
        json_object_set_new(view, "nonce_mode", json_string("strict"));
    return view;
}

static json_t *action_body(const struct receipt *r)
{
    json_t *outputs = json_array(), *inputs = json_array();
    for (size_t i = 0; i < r->output_count; i++)
        json_array_append_new(outputs, json_pack("{s:o,s:o}", "data_id", view_hash(&r->outputs[i].data_id), "receiver_id",
                                                 view_account_id(&r->outputs[i].receiver)));
    for (size_t i = 0; i < r->input_count; i++)
        json_array_append_new(inputs, view_hash(&r->inputs[i]));
    json_t *body = json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:b}", "signer_id", view_account_id(&r->signer), "signer_public_key",
                             view_public_key(&r->signer_public_key), "gas_price", view_u128(r->gas_price),
                             "output_data_receivers", outputs, "input_data_ids", inputs, "actions",
                             actions_view(r->actions, r->action_count), "is_promise_yield", r->kind == RECEIPT_YIELD);
    if (r->refund_to.len)
        json_object_set_new(body, "refund_to", view_account_id(&r->refund_to));
    return json_pack("{s:o}", "Action", body);
}

static json_t *data_body(const struct receipt *r)
{
    return json_pack("{s:{s:o,s:o,s:b}}", "Data", "data_id", view_hash(&r->data_id), "data",
                     r->has_data ? view_base64(r->data) : json_null(), "is_promise_resume", r->kind == RECEIPT_RESUME);
}

static json_t *global_body(const struct receipt *r)
{
    return json_pack("{s:{s:o,s:i,s:[],s:o}}", "GlobalContractDistribution", "id", view_global_id(&r->global), "target_shard",
                     0, "already_delivered_shards", "code", view_base64(r->code));
}

static json_t *receipt_body(const struct receipt *r)
{
    if (r->kind == RECEIPT_GLOBAL)
        return global_body(r);
    return receipt_has_actions(r) ? action_body(r) : data_body(r);
}

json_t *view_receipt(const struct receipt *r)
{
    return json_pack("{s:o,s:o,s:o,s:o,s:i}", "predecessor_id", view_account_id(&r->predecessor), "receiver_id",
                     view_account_id(&r->receiver), "receipt_id", view_hash(&r->id), "receipt", receipt_body(r), "priority", 0);
}

static json_t *failure_view(const struct outcome *o)
{
    json_t *failure = NULL;
    AUTO(err) struct err *e = json_doc_parse(o->failure, &failure);
    return e ? json_doc_string(o->failure) : failure;
}

static json_t *status_view(const struct outcome *o)
{
    switch (o->status) {
    case OUTCOME_SUCCESS_VALUE:
        return json_pack("{s:o}", "SuccessValue", view_base64(o->value));
    case OUTCOME_SUCCESS_RECEIPT:
        return json_pack("{s:o}", "SuccessReceiptId", view_hash(&o->receipt_id));
    case OUTCOME_FAILURE:
        return json_pack("{s:o}", "Failure", failure_view(o));
    }
    return json_string("Unknown");
}

static json_t *contract_view(const struct contract_ref *c)
{
    switch (c->kind) {
    case CONTRACT_NONE:
        break;
    case CONTRACT_LOCAL:
        return json_pack("{s:o}", "local", view_hash(&c->code_hash));
    case CONTRACT_GLOBAL:
        if (c->global.kind == GLOBAL_BY_HASH)
            return json_pack("{s:o}", "global_hash", view_hash(&c->global.code_hash));
        return json_pack("{s:o}", "global_account_id", view_account_id(&c->global.account_id));
    }
    return json_null();
}

static json_t *metadata_view(const struct outcome *o)
{
    if (o->is_transaction)
        return json_pack("{s:i,s:n}", "version", 1, "gas_profile");
    json_t *profile = json_array(), *contracts = json_array();
    for (size_t i = 0; i < o->profile_count; i++) {
        const struct outcome_cost *cost = &o->profile[i];
        json_array_append_new(profile, json_pack("{s:o,s:o,s:o}", "cost_category", json_doc_string(cost->category), "cost",
                                                 json_doc_string(cost->name), "gas_used", view_u128(cost->gas)));
    }
    for (size_t i = 0; i < o->contract_count; i++)
        json_array_append_new(contracts, contract_view(&o->contracts[i]));
    return json_pack("{s:i,s:o,s:o}", "version", 4, "gas_profile", profile, "contracts", contracts);
}

json_t *view_outcome(const struct outcome *o, const struct hash *block_hash)
{
    json_t *logs = json_array(), *receipt_ids = json_array();
    for (size_t i = 0; i < o->log_count; i++)
        json_array_append_new(logs, json_doc_string(o->logs[i]));
    for (size_t i = 0; i < o->receipt_id_count; i++)
        json_array_append_new(receipt_ids, view_hash(&o->receipt_ids[i]));
    return json_pack("{s:[],s:o,s:o,s:{s:o,s:o,s:I,s:o,s:o,s:o,s:o}}", "proof", "block_hash", view_hash(block_hash), "id",
                     view_hash(&o->id), "outcome", "logs", logs, "receipt_ids", receipt_ids, "gas_burnt",
                     (json_int_t)o->gas_burnt, "tokens_burnt", view_u128(o->tokens_burnt), "executor_id",
                     view_account_id(&o->executor), "status", status_view(o), "metadata", metadata_view(o));
}

/* Follows SuccessReceiptId from the transaction's outcome to what the whole ends in. Each receipt names one that was made
 * after it, so the walk ends. */
static json_t *final_status(const struct chain_tx_status *s)
{
    const struct outcome *o = &s->tx.outcome;
    while (o && o->status == OUTCOME_SUCCESS_RECEIPT) {
        const struct outcome *next = NULL;
        for (size_t i = 0; i < s->receipt_count && !next; i++) {
            if (hash_eq(&s->receipts[i].receipt.id, &o->receipt_id))
                next = &s->receipts[i].outcome;
        }
        o = next;
    }
    return o ? status_view(o) : json_string("Started");
}

static json_t *receipts_view(const struct chain_tx_status *s)
{
    const struct transaction *t = &s->tx.signed_tx.transaction;
    bool own_receipt = account_id_eq(&t->signer_id, &t->receiver_id);
    json_t *receipts = json_array();
    for (size_t i = own_receipt; i < s->receipt_count; i++)
        json_array_append_new(receipts, view_receipt(&s->receipts[i].receipt));
    return receipts;
}

json_t *view_tx_status(const struct chain_tx_status *s, bool with_receipts)
{
    json_t *answer = json_pack("{s:s}", "final_execution_status", chain_level_name(s->level));
    if (s->tx.has_outcome)
        json_object_set_new(answer, "status", final_status(s));
    json_object_set_new(answer, "transaction", view_transaction(&s->tx.signed_tx));
    if (!s->tx.has_outcome)
        return answer;
    json_t *outcomes = json_array();
    for (size_t i = 0; i < s->receipt_count; i++)
        json_array_append_new(outcomes, view_outcome(&s->receipts[i].outcome, &s->receipts[i].block_hash));
    json_object_set_new(answer, "transaction_outcome", view_outcome(&s->tx.outcome, &s->tx.block_hash));
    json_object_set_new(answer, "receipts_outcome", outcomes);
    if (with_receipts)
        json_object_set_new(answer, "receipts", receipts_view(s));
    return answer;
}
