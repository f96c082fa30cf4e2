/* Who may do an action and what must exist; the actions that have no file of their own: what must exist, what it does. */
#include "codec/hex.h"
#include "crypto/ed25519.h"
#include "devnet/runtime/exec.h"

enum {
    DELETE_STATE_MAX = 10000, /* bytes without the contract; a larger account cannot be deleted */
    REGISTRAR_ID_MIN = 65,    /* shorter top-level names belong to the registrar, i.e. all of them */
};

/* What gas keys hold is burnt when they are deleted; more than 1 NEAR must be withdrawn before. */
#define GAS_KEY_BURNT_MAX ((u128)1000000000000 * 1000000000000)

static const struct account_id registrar = {9, "registrar"};

static void fail(struct exec *e, struct failure f)
{
    e->failure = f;
}

static const struct account_id *receiver_of(const struct exec *e)
{
    return &e->receipt->receiver;
}

/* ---- Existence and permission ---- */

static bool transfer_may_create(const struct exec *e)
{
    return account_id_kind(account_id_slice(receiver_of(e))) != ACCOUNT_NAMED && e->receipt->action_count == 1 && !e->is_refund;
}

static bool check_existence(struct exec *e, const struct action *a)
{
    if (a->kind == ACTION_CREATE_ACCOUNT) {
        if (e->exists)
            fail(e, failure_of(FAIL_ACCOUNT_ALREADY_EXISTS, FAIL_ID(receiver_of(e))));
        else if (account_id_kind(account_id_slice(receiver_of(e))) != ACCOUNT_NAMED)
            fail(e, failure_of(FAIL_ONLY_IMPLICIT_CREATION, FAIL_ID(receiver_of(e))));
    } else if (!e->exists && a->kind != ACTION_STATE_INIT && !(a->kind == ACTION_TRANSFER && transfer_may_create(e)))
        fail(e, failure_of(FAIL_ACCOUNT_DOES_NOT_EXIST, FAIL_ID(receiver_of(e))));
    return e->failure.kind == FAIL_NONE;
}

static bool check_permission(struct exec *e, const struct action *a)
{
    static const bool owner_only[] = {
        [ACTION_DEPLOY_CONTRACT] = true, [ACTION_STAKE] = true,
        [ACTION_ADD_KEY] = true,         [ACTION_DELETE_KEY] = true,
        [ACTION_DELETE_ACCOUNT] = true,  [ACTION_DEPLOY_GLOBAL] = true,
        [ACTION_USE_GLOBAL] = true,      [ACTION_WITHDRAW_FROM_GAS_KEY] = true,
    };
    if (owner_only[a->kind] && !account_id_eq(&e->actor, receiver_of(e)))
        fail(e, failure_of(FAIL_ACTOR_NO_PERMISSION, FAIL_ID(receiver_of(e)), FAIL_ID(&e->actor)));
    return e->failure.kind == FAIL_NONE;
}

/* ---- Keys ---- */

static uint64_t first_nonce(const struct exec *e)
{
    return (e->run->block.height - 1) * NONCES_PER_HEIGHT;
}

/* A key's record and, of a gas key, those of its nonces. */
static uint64_t key_bytes(const struct public_key *key, const struct access_key *value)
{
    enum { NONCE_BYTES = 2 + 8 + EXTRA_RECORD_BYTES };
    AUTO(buf) struct buf bytes = {0};
    access_key_write(&bytes, value);
    uint64_t key_len = 1 + public_key_raw(key).len;
    return key_len + bytes.len + EXTRA_RECORD_BYTES + value->nonce_count * (key_len + NONCE_BYTES);
}

static void run_add_key(struct exec *e, const struct action *a)
{
    struct access_key key;
    if (state_access_key(e->run->state, receiver_of(e), &a->add_key.public_key, &key)) {
        fail(e, failure_of(FAIL_ADD_KEY_ALREADY_EXISTS, FAIL_ID(receiver_of(e)), FAIL_KEY(&a->add_key.public_key)));
        return;
    }
    key = a->add_key.access_key;
    key.nonce = access_key_is_gas_key(&key) ? 0 : first_nonce(e);
    for (uint16_t i = 0; i < key.nonce_count; i++)
        state_gas_key_nonce_set(e->run->state, receiver_of(e), &a->add_key.public_key, i, first_nonce(e));
    state_access_key_set(e->run->state, receiver_of(e), &a->add_key.public_key, &key);
    e->account.storage_usage += key_bytes(&a->add_key.public_key, &key);
}

static void run_delete_key(struct exec *e, const struct action *a)
{
    struct access_key key;
    if (!state_access_key(e->run->state, receiver_of(e), &a->delete_key.public_key, &key)) {
        fail(e, failure_of(FAIL_DELETE_KEY_DOES_NOT_EXIST, FAIL_ID(receiver_of(e)), FAIL_KEY(&a->delete_key.public_key)));
        return;
    }
    if (key.gas_balance > GAS_KEY_BURNT_MAX) {
        fail(e, failure_of(FAIL_GAS_KEY_BALANCE_TOO_HIGH, FAIL_ID(receiver_of(e)), FAIL_KEY(&a->delete_key.public_key),
                           FAIL_MONEY(key.gas_balance)));
        return;
    }
    e->burnt += key.gas_balance;
    for (uint16_t i = 0; i < key.nonce_count; i++)
        state_gas_key_nonce_remove(e->run->state, receiver_of(e), &a->delete_key.public_key, i);
    state_access_key_remove(e->run->state, receiver_of(e), &a->delete_key.public_key);
    e->account.storage_usage -= key_bytes(&a->delete_key.public_key, &key);
}

static bool find_gas_key(struct exec *e, const struct action *a, struct access_key *key)
{
    if (state_access_key(e->run->state, receiver_of(e), &a->gas_key.public_key, key) && access_key_is_gas_key(key))
        return true;
    fail(e, failure_of(FAIL_GAS_KEY_DOES_NOT_EXIST, FAIL_ID(receiver_of(e)), FAIL_KEY(&a->gas_key.public_key)));
    return false;
}

static void run_transfer_to_gas_key(struct exec *e, const struct action *a)
{
    struct access_key key;
    if (!find_gas_key(e, a, &key))
        return;
    key.gas_balance += a->gas_key.amount;
    state_access_key_set(e->run->state, receiver_of(e), &a->gas_key.public_key, &key);
}

static void run_withdraw_from_gas_key(struct exec *e, const struct action *a)
{
    struct access_key key;
    if (!find_gas_key(e, a, &key))
        return;
    if (key.gas_balance < a->gas_key.amount) {
        fail(e, failure_of(FAIL_INSUFFICIENT_GAS_KEY_BALANCE, FAIL_ID(receiver_of(e)), FAIL_KEY(&a->gas_key.public_key),
                           FAIL_MONEY(key.gas_balance), FAIL_MONEY(a->gas_key.amount)));
        return;
    }
    key.gas_balance -= a->gas_key.amount;
    e->account.amount += a->gas_key.amount;
    state_access_key_set(e->run->state, receiver_of(e), &a->gas_key.public_key, &key);
}

/* ---- Accounts ---- */

static void run_create_account(struct exec *e, const struct action *a)
{
    (void)a;
    struct slice id = account_id_slice(receiver_of(e)), parent = account_id_slice(&e->receipt->predecessor);
    if (account_id_is_top_level(id)) {
        if (id.len < REGISTRAR_ID_MIN && !account_id_eq(&e->receipt->predecessor, &registrar)) {
            fail(e, failure_of(FAIL_CREATE_ACCOUNT_ONLY_BY_REGISTRAR, FAIL_STR(id), FAIL_ID(&registrar), FAIL_STR(parent)));
            return;
        }
    } else if (!account_id_is_child_of(id, parent)) {
        fail(e, failure_of(FAIL_CREATE_ACCOUNT_NOT_ALLOWED, FAIL_STR(id), FAIL_STR(parent)));
        return;
    }
    e->account = (struct account){.storage_usage = ACCOUNT_RECORD_BYTES};
    e->exists = true;
    e->actor = *receiver_of(e);
}

/* The wallet contract that accounts of Ethereum's keys run: nearcore's for local networks. It works once somebody deploys that code as a
 * global contract. Source: nearcore, near-wallet-contract. */
static const struct global_id eth_wallet = {
    .kind = GLOBAL_BY_HASH,
    .code_hash = {{0xd2, 0x88, 0x4a, 0x90, 0x0d, 0x4f, 0xa3, 0x70, 0xe4, 0x8f, 0x1e, 0x3d, 0x48, 0x65, 0xd4, 0xdc,
                   0x0d, 0xbd, 0x09, 0x3c, 0x89, 0xf0, 0xe7, 0xba, 0xef, 0x2e, 0xdd, 0xc1, 0x42, 0xc4, 0x9e, 0x8d}}};

/* The first transfer to an implicit id makes its account; 64 hex digits are the public key that owns it. */
static void create_implicit(struct exec *e)
{
    e->exists = true;
    e->actor = *receiver_of(e);
    e->account = (struct account){.storage_usage = ACCOUNT_RECORD_BYTES};
    enum account_kind kind = account_id_kind(account_id_slice(receiver_of(e)));
    if (kind == ACCOUNT_ETH_IMPLICIT) {
        e->account.is_global = true;
        e->account.global = eth_wallet;
        e->account.storage_usage += global_id_bytes(&eth_wallet);
    }
    if (kind != ACCOUNT_NEAR_IMPLICIT)
        return;
    struct public_key owner = {.curve = KEY_ED25519};
    struct access_key key = {.nonce = first_nonce(e), .permission = PERMISSION_FULL_ACCESS};
    hex_decode(account_id_slice(receiver_of(e)), owner.raw, ED25519_PUBLIC_LEN, NULL);
    state_access_key_set(e->run->state, receiver_of(e), &owner, &key);
    e->account.storage_usage += key_bytes(&owner, &key);
}

/* A gas refund goes to the gas key that paid; else to the account, and back to the allowance of the key that signed. */
static void run_refund(struct exec *e, u128 amount)
{
    const struct receipt *r = e->receipt;
    struct access_key key = {0};
    bool found =
        account_id_eq(&r->signer, &r->receiver) && state_access_key(e->run->state, &r->receiver, &r->signer_public_key, &key);
    bool to_key = found && access_key_is_gas_key(&key);
    if (to_key)
        key.gas_balance += amount;
    else
        e->account.amount += amount;
    if (!to_key && !key.has_allowance)
        return;
    if (!to_key && !u128_add(key.allowance, amount, &key.allowance))
        key.allowance = U128_MAX;
    state_access_key_set(e->run->state, &r->receiver, &r->signer_public_key, &key);
}

static void run_transfer(struct exec *e, const struct action *a)
{
    if (!e->exists)
        create_implicit(e);
    if (e->is_refund)
        run_refund(e, a->transfer.deposit);
    else
        e->account.amount += a->transfer.deposit;
}

uint64_t exec_contract_bytes(struct exec *e)
{
    struct slice code;
    if (e->account.is_global)
        return global_id_bytes(&e->account.global);
    return account_has_code(&e->account) && state_code(e->run->state, receiver_of(e), &code) ? code.len : 0;
}

static void run_deploy(struct exec *e, const struct action *a)
{
    e->account.storage_usage = e->account.storage_usage - exec_contract_bytes(e) + a->deploy.code.len;
    e->account.code_hash = hash_sha256(a->deploy.code);
    e->account.is_global = false;
    state_code_set(e->run->state, receiver_of(e), a->deploy.code);
}

static void run_delete_account(struct exec *e, const struct action *a)
{
    if (e->account.locked) {
        fail(e, failure_of(FAIL_DELETE_ACCOUNT_STAKING, FAIL_ID(receiver_of(e))));
        return;
    }
    if (e->account.storage_usage - exec_contract_bytes(e) > DELETE_STATE_MAX) {
        fail(e, failure_of(FAIL_DELETE_ACCOUNT_LARGE_STATE, FAIL_ID(receiver_of(e))));
        return;
    }
    u128 in_gas_keys = state_gas_key_balances(e->run->state, receiver_of(e));
    if (in_gas_keys > GAS_KEY_BURNT_MAX) {
        fail(e, failure_of(FAIL_GAS_KEY_BALANCE_TOO_HIGH, FAIL_ID(receiver_of(e)), FAIL_NULL, FAIL_MONEY(in_gas_keys)));
        return;
    }
    e->burnt += in_gas_keys;
    if (e->account.amount)
        exec_make_refund(e, &a->delete_account.beneficiary, e->account.amount);
    state_account_remove(e->run->state, receiver_of(e));
    e->exists = false;
    e->actor = e->receipt->predecessor;
}

/* There are no validators to join: the stake only moves between the two balances, at once. */
static void run_stake(struct exec *e, const struct action *a)
{
    u128 stake = a->stake.stake, locked = e->account.locked;
    if (stake == 0 && locked == 0) {
        fail(e, failure_of(FAIL_TRIES_TO_UNSTAKE, FAIL_ID(receiver_of(e))));
        return;
    }
    if (stake > locked && stake - locked > e->account.amount) {
        fail(e, failure_of(FAIL_TRIES_TO_STAKE, FAIL_ID(receiver_of(e)), FAIL_MONEY(stake), FAIL_MONEY(locked),
                           FAIL_MONEY(e->account.amount)));
        return;
    }
    e->account.amount = e->account.amount + locked - stake;
    e->account.locked = stake;
}

void exec_action(struct exec *e, const struct action *a)
{
    static void (*const run[])(struct exec *, const struct action *) = {
        [ACTION_CREATE_ACCOUNT] = run_create_account,
        [ACTION_DEPLOY_CONTRACT] = run_deploy,
        [ACTION_FUNCTION_CALL] = exec_call,
        [ACTION_TRANSFER] = run_transfer,
        [ACTION_STAKE] = run_stake,
        [ACTION_ADD_KEY] = run_add_key,
        [ACTION_DELETE_KEY] = run_delete_key,
        [ACTION_DELETE_ACCOUNT] = run_delete_account,
        [ACTION_DELEGATE] = exec_delegate,
        [ACTION_DEPLOY_GLOBAL] = exec_deploy_global,
        [ACTION_USE_GLOBAL] = exec_use_global,
        [ACTION_STATE_INIT] = exec_state_init,
        [ACTION_TRANSFER_TO_GAS_KEY] = run_transfer_to_gas_key,
        [ACTION_WITHDRAW_FROM_GAS_KEY] = run_withdraw_from_gas_key,
    };
    if (check_existence(e, a) && check_permission(e, a))
        run[a->kind](e, a);
}
