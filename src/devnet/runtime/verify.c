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
    GAS_KEY_NONCES_MAX = 1024,
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

static bool verify_gas_key(const struct access_key *key, struct failure *out)
{
    if (access_key_is_limited(key) && key->has_allowance)
        return refuse(out, failure_of(FAIL_GAS_KEY_ALLOWANCE));
    if (key->nonce_count == 0 || key->nonce_count > GAS_KEY_NONCES_MAX)
        return refuse(out,
                      failure_of(FAIL_GAS_KEY_INVALID_NUM_NONCES, FAIL_U64(key->nonce_count), FAIL_U64(GAS_KEY_NONCES_MAX)));
    return !key->gas_balance || refuse(out, failure_of(FAIL_ADD_GAS_KEY_WITH_BALANCE, FAIL_MONEY(key->gas_balance)));
}

static bool verify_call_permission(const struct access_key *key, struct failure *out)
{
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

static bool verify_add_key(const struct access_key *key, struct failure *out)
{
    return (!access_key_is_limited(key) || verify_call_permission(key, out)) &&
           (!access_key_is_gas_key(key) || verify_gas_key(key, out));
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
    case ACTION_TRANSFER_TO_GAS_KEY:
    case ACTION_WITHDRAW_FROM_GAS_KEY:
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
    out->gas_burnt = signature_fee(&t->public_key) + vm_action_send_gas(VM_ACTION_NEW_ACTION_RECEIPT, sir) +
                     actions_send_fee(t->actions, t->action_count, sir, &t->receiver_id);
    out->receipt_gas_price = gas_price > GAS_PURCHASE_MIN ? gas_price : GAS_PURCHASE_MIN;
    u128 bought = actions_bought_gas(t->actions, t->action_count, &t->receiver_id);
    out->deposits = actions_deposit(t->actions, t->action_count);
    return u128_mul(out->gas_burnt, gas_price, &out->tokens_burnt) && u128_mul(bought, out->receipt_gas_price, &out->gas) &&
           u128_add(out->gas, out->tokens_burnt, &out->gas) && u128_add(out->gas, out->deposits, &out->total);
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
    if (access_key_is_limited(key) && key->has_allowance) {
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
    if (!access_key_is_limited(key))
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

/* A plain key's nonce stands in the key, a gas key's in a row of its own. */
static bool find_nonce(struct state *s, const struct transaction *t, struct access_key *key, struct failure *out)
{
    bool is_gas_key = access_key_is_gas_key(key);
    if (!t->uses_gas_key)
        return !is_gas_key || refuse(out, failure_of(FAIL_INVALID_NONCE_INDEX, FAIL_NULL, FAIL_U64(key->nonce_count)));
    if (!is_gas_key)
        return refuse(out, failure_of(FAIL_ACCESS_KEY_NOT_FOUND, FAIL_ID(&t->signer_id), FAIL_KEY(&t->public_key)));
    return (t->nonce_index < key->nonce_count &&
            state_gas_key_nonce(s, &t->signer_id, &t->public_key, t->nonce_index, &key->nonce)) ||
           refuse(out, failure_of(FAIL_INVALID_NONCE_INDEX, FAIL_U64(t->nonce_index), FAIL_U64(key->nonce_count)));
}

/* The key pays for gas, the account for deposits. When the account cannot, the key still pays for what making the receipt burnt. */
static bool take_gas_key_charge(const struct transaction *t, const struct tx_charge *charge, struct tx_signer *signer,
                                struct failure *out)
{
    struct account *a = &signer->account;
    u128 key_balance = signer->key.gas_balance;
    if (key_balance < charge->gas)
        return refuse(out, failure_of(FAIL_NOT_ENOUGH_GAS_KEY_BALANCE, FAIL_ID(&t->signer_id), FAIL_MONEY(key_balance),
                                      FAIL_MONEY(charge->gas)));
    if (!verify_permission(&signer->key, &t->receiver_id, t->actions, t->action_count, out))
        return false;
    signer->only_gas = true;
    signer->key.gas_balance = key_balance - charge->tokens_burnt;
    if (a->amount < charge->deposits)
        return refuse(out, failure_of(FAIL_NOT_ENOUGH_BALANCE_FOR_DEPOSIT, FAIL_ID(&t->signer_id), FAIL_MONEY(a->amount),
                                      FAIL_MONEY(charge->deposits), FAIL_STR(SLICE("NotEnoughBalance"))));
    struct account after = *a;
    after.amount -= charge->deposits;
    u128 missing = storage_stake_missing(&after);
    if (missing)
        return refuse(out, failure_of(FAIL_NOT_ENOUGH_BALANCE_FOR_DEPOSIT, FAIL_ID(&t->signer_id), FAIL_MONEY(after.amount),
                                      FAIL_MONEY(missing), FAIL_STR(SLICE("LackBalanceForState"))));
    signer->only_gas = false;
    signer->key.gas_balance = key_balance - charge->gas;
    *a = after;
    return true;
}

bool verify_against_state(struct state *s, const struct transaction *t, const struct tx_charge *charge, uint64_t height,
                          struct tx_signer *signer, struct failure *out)
{
    if (!state_account(s, &t->signer_id, &signer->account))
        return refuse(out, failure_of(height ? FAIL_INVALID_SIGNER_ID : FAIL_SIGNER_DOES_NOT_EXIST, FAIL_ID(&t->signer_id)));
    if (!state_access_key(s, &t->signer_id, &t->public_key, &signer->key))
        return refuse(out, failure_of(FAIL_ACCESS_KEY_NOT_FOUND, FAIL_ID(&t->signer_id), FAIL_KEY(&t->public_key)));
    signer->only_gas = false;
    if (!find_nonce(s, t, &signer->key, out) || !verify_nonce(t, &signer->key, height, out))
        return false;
    signer->key.nonce = t->nonce;
    if (t->uses_gas_key)
        return take_gas_key_charge(t, charge, signer, out);
    return take_charge(t, charge->total, signer, out) &&
           verify_permission(&signer->key, &t->receiver_id, t->actions, t->action_count, out);
}
