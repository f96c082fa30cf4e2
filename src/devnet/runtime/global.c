/* Global contracts, which any account can run, and accounts whose id follows from what they run.
 * Source: NEP-591, NEP-616. */
#include "devnet/runtime/exec.h"

#define GLOBAL_BYTE_PRICE ((u128)10000000000 * 10000000000) /* yocto, burnt for every byte of a global contract */

static const struct account_id *receiver_of(const struct exec *e)
{
    return &e->receipt->receiver;
}

/* The code can be used when the receipt has brought it, in the next block. */
void exec_deploy_global(struct exec *e, const struct action *a)
{
    u128 price = GLOBAL_BYTE_PRICE * a->deploy_global.code.len;
    if (e->account.amount < price) {
        e->failure = failure_of(FAIL_LACK_BALANCE_FOR_STATE, FAIL_ID(receiver_of(e)), FAIL_MONEY(price));
        return;
    }
    e->account.amount -= price;
    e->burnt += price;
    struct receipt *r = exec_make(e, RECEIPT_GLOBAL, &account_id_system);
    if (a->deploy_global.by_account)
        r->global = (struct global_id){.kind = GLOBAL_BY_ACCOUNT, .account_id = *receiver_of(e)};
    else
        r->global = (struct global_id){.kind = GLOBAL_BY_HASH, .code_hash = hash_sha256(a->deploy_global.code)};
    r->code = a->deploy_global.code;
}

/* {"CodeHash":…} or {"AccountId":…}: as in nearcore's errors, while its views of actions say it otherwise. */
static struct slice global_id_json(const struct global_id *id, struct arena *arena)
{
    char hash[HASH_TEXT_MAX];
    if (id->kind == GLOBAL_BY_HASH)
        return slice_str(arena_fmt(arena, "{\"CodeHash\":\"%s\"}", hash_text(&id->code_hash, hash)));
    return slice_str(arena_fmt(arena, "{\"AccountId\":\"%s\"}", id->account_id.text));
}

static bool use_global(struct exec *e, const struct global_id *id)
{
    struct hash code_hash;
    if (!state_global(e->run->state, id, &code_hash)) {
        e->failure = failure_of(FAIL_GLOBAL_CONTRACT_DOES_NOT_EXIST, FAIL_JSON(global_id_json(id, e->run->arena)));
        return false;
    }
    e->account.storage_usage = e->account.storage_usage - exec_contract_bytes(e) + global_id_bytes(id);
    if (!e->account.is_global && account_has_code(&e->account))
        state_code_remove(e->run->state, receiver_of(e));
    e->account.code_hash = (struct hash){0};
    e->account.is_global = true;
    e->account.global = *id;
    return true;
}

void exec_use_global(struct exec *e, const struct action *a)
{
    use_global(e, &a->use_global);
}

static void write_entries(struct exec *e, const struct state_init *init)
{
    for (size_t i = 0; i < init->entry_count; i++) {
        const struct state_init_entry *entry = &init->entries[i];
        struct state_key key;
        state_key_data(&key, receiver_of(e), entry->key);
        state_set(e->run->state, state_key_slice(&key), entry->value);
        e->account.storage_usage += entry->key.len + entry->value.len + EXTRA_RECORD_BYTES;
    }
}

/* The deposit pays the storage stake that is missing; what it does not need goes back. */
static void take_deposit(struct exec *e, u128 deposit)
{
    u128 missing = storage_stake_missing(&e->account);
    u128 kept = missing < deposit ? missing : deposit;
    const struct receipt *r = e->receipt;
    e->account.amount += kept;
    if (deposit > kept)
        exec_make_refund(e, r->refund_to.len ? &r->refund_to : &r->predecessor, deposit - kept);
}

/* Anybody may send it: the id says what the account must become. Whoever sent it gains no right to the account. */
void exec_state_init(struct exec *e, const struct action *a)
{
    const struct state_init *init = a->state_init.init;
    if (!e->exists) {
        e->exists = true;
        e->account = (struct account){.storage_usage = ACCOUNT_RECORD_BYTES};
    }
    if (!account_has_code(&e->account)) {
        if (!use_global(e, &init->code))
            return;
        write_entries(e, init);
    }
    take_deposit(e, a->state_init.deposit);
}
