#include "devnet/runtime/verify.h"
#include "crypto/ed25519.h"
#include "devnet/runtime/fees.h"

enum {
    ACTIONS_MAX = 100,
    DEPLOYS_MAX = 10,
    CONTRACT_LEN_MAX = 4194304,
    METHOD_NAME_MAX = 256,
    METHOD_NAMES_MAX = 2000, /* all of a key, each with one more */
    ARGUMENTS_MAX = 4194304,
    ZERO_BALANCE_STORAGE_MAX = 770, /* NEP-448: such an account needs no stake */
};

#define PREPAID_GAS_MAX  UINT64_C(1000000000000000)
#define STORAGE_PRICE    ((u128)10000000000000000000u) /* yocto a byte */
#define GAS_PURCHASE_MIN ((u128)1000000000)            /* NEP-642: gas is never bought cheaper */

static bool refuse(struct failure *out, struct failure why)
{
    *out = why;
    return false;
}

static bool verify_length(size_t len, size_t limit, enum failure_kind kind, struct failure *out)
{
    return len <= limit || refuse(out, failure_of(kind, FAIL_U64(len), FAIL_U64(limit)));
}

static bool verify_add_key(const struct access_key *key, struct failure *out)
{
    if (key->permission != PERMISSION_FUNCTION_CALL)
        return true;
    if (!account_id_is_valid(key->receiver_id))
        return refuse(out, failure_of(FAIL_INVALID_ACCOUNT_ID, FAIL_STR(key->receiver_id)));
    size_t total = 0;
    for (size_t i = 0; i < key->method_count; i++) {
        if (!verify_length(key->method_names[i].len, METHOD_NAME_MAX, FAIL_ADD_KEY_METHOD_NAME_TOO_LONG, out))
            return false;
        total += key->method_names[i].len + 1;
    }
    return verify_length(total, METHOD_NAMES_MAX, FAIL_ADD_KEY_METHOD_NAMES_TOO_LONG, out);
}

/* A validator's key also draws lots, which only a point of the main subgroup can. */
static bool verify_staking_key(const struct public_key *key, struct failure *out)
{
    return (key->curve == KEY_ED25519 && ed25519_public_is_valid(key->raw)) ||
           refuse(out, failure_of(FAIL_UNSUITABLE_STAKING_KEY, FAIL_KEY(key)));
}

static bool verify_state_init(const struct state_init *init, const struct account_id *receiver, struct failure *out)
{
    struct account_id derived = state_init_account_id(init);
    if (!account_id_eq(&derived, receiver))
        return refuse(out, failure_of(FAIL_STATE_INIT_RECEIVER, FAIL_ID(receiver), FAIL_OWN_ID(derived)));
    for (size_t i = 0; i < init->entry_count; i++)
        if (!verify_length(init->entries[i].key.len, VM_MAX_KEY_LEN, FAIL_STATE_INIT_KEY_TOO_LONG, out) ||
            !verify_length(init->entries[i].value.len, VM_MAX_VALUE_LEN, FAIL_STATE_INIT_VALUE_TOO_LONG, out))
            return false;
    return true;
}

static bool verify_action(const struct action *a, bool last, const struct account_id *receiver, struct failure *out)
{
    switch (a->kind) {
    case ACTION_DELETE_ACCOUNT:
        return last || refuse(out, failure_of(FAIL_DELETE_ACTION_MUST_BE_FINAL));
    case ACTION_DEPLOY_CONTRACT:
        return verify_length(a->deploy.code.len, CONTRACT_LEN_MAX, FAIL_CONTRACT_SIZE_EXCEEDED, out);
    case ACTION_FUNCTION_CALL:
        if (a->call.gas == 0)
            return refuse(out, failure_of(FAIL_ZERO_ATTACHED_GAS));
        return verify_length(a->call.method.len, METHOD_NAME_MAX, FAIL_METHOD_NAME_TOO_LONG, out) &&
               verify_length(a->call.args.len, ARGUMENTS_MAX, FAIL_ARGUMENTS_TOO_LONG, out);
    case ACTION_ADD_KEY:
        return verify_add_key(&a->add_key.access_key, out);
    case ACTION_STAKE:
        return verify_staking_key(&a->stake.public_key, out);
    case ACTION_DELEGATE:
        return verify_actions(a->delegate->actions, a->delegate->action_count, &a->delegate->receiver_id, out);
    case ACTION_DEPLOY_GLOBAL:
        return verify_length(a->deploy_global.code.len, CONTRACT_LEN_MAX, FAIL_CONTRACT_SIZE_EXCEEDED, out);
    case ACTION_STATE_INIT:
        return verify_state_init(a->state_init.init, receiver, out);
    case ACTION_CREATE_ACCOUNT:
    case ACTION_TRANSFER:
    case ACTION_DELETE_KEY:
    case ACTION_USE_GLOBAL:
        break;
    }
    return true;
}

bool verify_actions(const struct action *actions, size_t count, const struct account_id *receiver, struct failure *out)
{
    if (!verify_length(count, ACTIONS_MAX, FAIL_TOTAL_NUMBER_OF_ACTIONS_EXCEEDED, out))
        return false;
    size_t deploys = 0;
    for (size_t i = 0; i < count; i++)
        deploys += actions[i].kind == ACTION_DEPLOY_CONTRACT || actions[i].kind == ACTION_DEPLOY_GLOBAL;
    if (!verify_length(deploys, DEPLOYS_MAX, FAIL_TOTAL_NUMBER_OF_DEPLOY_ACTIONS_EXCEEDED, out))
        return false;
    bool delegated = false;
    for (size_t i = 0; i < count; i++) {
        if (actions[i].kind == ACTION_DELEGATE && delegated)
            return refuse(out, failure_of(FAIL_DELEGATE_MUST_BE_ONLY_ONE));
        delegated |= actions[i].kind == ACTION_DELEGATE;
        if (!verify_action(&actions[i], i + 1 == count, receiver, out))
            return false;
    }
    uint64_t gas = actions_attached_gas(actions, count);
    return gas <= PREPAID_GAS_MAX ||
           refuse(out, failure_of(FAIL_TOTAL_PREPAID_GAS_EXCEEDED, FAIL_U64(gas), FAIL_U64(PREPAID_GAS_MAX)));
}

bool verify_stateless(const struct signed_transaction *t, size_t wire_len, struct failure *out)
{
    if (!verify_actions(t->transaction.actions, t->transaction.action_count, &t->transaction.receiver_id, out) ||
        !verify_length(wire_len, TRANSACTION_LEN_MAX, FAIL_TRANSACTION_SIZE_EXCEEDED, out))
        return false;
    return signature_verify(&t->signature, &t->transaction.public_key, hash_slice(&t->hash)) ||
           refuse(out, failure_of(FAIL_INVALID_SIGNATURE));
}

bool verify_cost(const struct transaction *t, u128 gas_price, struct tx_charge *out)
{
    bool sir = account_id_eq(&t->signer_id, &t->receiver_id);
    out->gas_burnt = vm_action_send_gas(VM_ACTION_NEW_ACTION_RECEIPT, sir) +
                     actions_send_fee(t->actions, t->action_count, sir, &t->receiver_id);
    out->receipt_gas_price = gas_price > GAS_PURCHASE_MIN ? gas_price : GAS_PURCHASE_MIN;
    u128 bought = actions_bought_gas(t->actions, t->action_count, &t->receiver_id);
    return u128_mul(out->gas_burnt, gas_price, &out->tokens_burnt) && u128_mul(bought, out->receipt_gas_price, &out->total) &&
           u128_add(out->total, out->tokens_burnt, &out->total) &&
           u128_add(out->total, actions_deposit(t->actions, t->action_count), &out->total);
}

u128 storage_stake_missing(const struct account *a)
{
    if (a->storage_usage <= ZERO_BALANCE_STORAGE_MAX)
        return 0;
    u128 required = STORAGE_PRICE * a->storage_usage, present = a->amount + a->locked;
    return required > present ? required - present : 0;
}

static bool verify_nonce(const struct transaction *t, const struct access_key *key, uint64_t height, struct failure *out)
{
    bool fits = t->nonce_mode == NONCE_STRICT ? t->nonce - 1 == key->nonce && t->nonce : t->nonce > key->nonce;
    if (!fits)
        return refuse(out, failure_of(FAIL_INVALID_NONCE, FAIL_U64(t->nonce), FAIL_U64(key->nonce)));
    uint64_t bound = height * NONCES_PER_HEIGHT;
    if (height && t->nonce >= bound)
        return refuse(out, failure_of(FAIL_NONCE_TOO_LARGE, FAIL_U64(t->nonce), FAIL_U64(bound)));
    return true;
}

/* Takes the charge from account and key. */
static bool take_charge(const struct transaction *t, u128 total, struct tx_signer *signer, struct failure *out)
{
    struct account *a = &signer->account;
    if (a->amount < total)
        return refuse(out,
                      failure_of(FAIL_NOT_ENOUGH_BALANCE, FAIL_ID(&t->signer_id), FAIL_MONEY(a->amount), FAIL_MONEY(total)));
    a->amount -= total;
    struct access_key *key = &signer->key;
    if (key->permission == PERMISSION_FUNCTION_CALL && key->has_allowance) {
        if (key->allowance < total)
            return refuse(out, failure_of(FAIL_NOT_ENOUGH_ALLOWANCE, FAIL_ID(&t->signer_id), FAIL_KEY(&t->public_key),
                                          FAIL_MONEY(key->allowance), FAIL_MONEY(total)));
        key->allowance -= total;
    }
    u128 missing = storage_stake_missing(a);
    return !missing || refuse(out, failure_of(FAIL_TX_LACK_BALANCE_FOR_STATE, FAIL_ID(&t->signer_id), FAIL_MONEY(missing)));
}

static bool method_is_allowed(const struct access_key *key, struct slice method)
{
    for (size_t i = 0; i < key->method_count; i++)
        if (slice_eq(key->method_names[i], method))
            return true;
    return key->method_count == 0;
}

bool verify_permission(const struct access_key *key, const struct account_id *receiver, const struct action *actions,
                       size_t count, struct failure *out)
{
    if (key->permission == PERMISSION_FULL_ACCESS)
        return true;
    if (count != 1 || actions->kind != ACTION_FUNCTION_CALL)
        return refuse(out, failure_of(FAIL_REQUIRES_FULL_ACCESS));
    if (actions->call.deposit)
        return refuse(out, failure_of(FAIL_DEPOSIT_WITH_FUNCTION_CALL));
    if (!slice_eq(key->receiver_id, account_id_slice(receiver)))
        return refuse(out, failure_of(FAIL_RECEIVER_MISMATCH, FAIL_ID(receiver), FAIL_STR(key->receiver_id)));
    return method_is_allowed(key, actions->call.method) ||
           refuse(out, failure_of(FAIL_METHOD_NAME_MISMATCH, FAIL_STR(actions->call.method)));
}

bool verify_against_state(struct state *s, const struct transaction *t, const struct tx_charge *charge, uint64_t height,
                          struct tx_signer *signer, struct failure *out)
{
    if (!state_account(s, &t->signer_id, &signer->account))
        return refuse(out, failure_of(height ? FAIL_INVALID_SIGNER_ID : FAIL_SIGNER_DOES_NOT_EXIST, FAIL_ID(&t->signer_id)));
    if (!state_access_key(s, &t->signer_id, &t->public_key, &signer->key))
        return refuse(out, failure_of(FAIL_ACCESS_KEY_NOT_FOUND, FAIL_ID(&t->signer_id), FAIL_KEY(&t->public_key)));
    if (!verify_nonce(t, &signer->key, height, out) || !take_charge(t, charge->total, signer, out) ||
        !verify_permission(&signer->key, &t->receiver_id, t->actions, t->action_count, out))
        return false;
    signer->key.nonce = t->nonce;
    return true;
}
