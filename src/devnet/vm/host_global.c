/* Global contracts (NEP-591) and deterministic accounts (NEP-616): actions of future receipts. */
#include "devnet/vm/host.h"
#include "devnet/vm/imports.h"
#include <string.h>

static bool deploy_global(struct vm_run *run, const uint64_t *args, bool by_account)
{
    struct slice code;
    size_t receipt;
    bool sir;
    CHECK(host_read_input(run, args[1], args[2], &code));
    if (code.len > VM_MAX_CONTRACT_LEN)
        return host_fail_limit(run, HOST_CONTRACT_SIZE_EXCEEDED, code.len, VM_MAX_CONTRACT_LEN);
    CHECK(host_find_receipt(run, args[0], &receipt, &sir));
    CHECK(host_pay_action(run, VM_ACTION_DEPLOY_GLOBAL_CONTRACT_BASE, 1, sir));
    CHECK(host_pay_action(run, VM_ACTION_DEPLOY_GLOBAL_CONTRACT_BYTE, code.len, sir));
    struct action *a = host_append_action(run, receipt, ACTION_DEPLOY_GLOBAL);
    a->deploy_global.code = arena_copy(run->arena, code);
    a->deploy_global.by_account = by_account;
    return true;
}

bool host_fn_promise_batch_action_deploy_global_contract(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    return deploy_global(run, args, false);
}

bool host_fn_promise_batch_action_deploy_global_contract_by_account_id(struct vm_run *run, const uint64_t *args,
                                                                       uint64_t *result)
{
    (void)result;
    return deploy_global(run, args, true);
}

static bool read_code_hash(struct vm_run *run, const uint64_t *args, struct global_id *out)
{
    struct slice bytes;
    CHECK(host_read_input(run, args[1], args[2], &bytes));
    if (bytes.len != HASH_LEN)
        return host_fail(run, HOST_CONTRACT_CODE_HASH_MALFORMED);
    *out = (struct global_id){.kind = GLOBAL_BY_HASH};
    memcpy(out->code_hash.bytes, bytes.ptr, HASH_LEN);
    return true;
}

static bool read_code_account(struct vm_run *run, const uint64_t *args, struct global_id *out)
{
    *out = (struct global_id){.kind = GLOBAL_BY_ACCOUNT};
    return host_read_account_id(run, args[1], args[2], &out->account_id);
}

static bool use_global(struct vm_run *run, const uint64_t *args, const struct global_id *id)
{
    size_t receipt, len = id->kind == GLOBAL_BY_HASH ? HASH_LEN : id->account_id.len;
    bool sir;
    CHECK(host_find_receipt(run, args[0], &receipt, &sir));
    CHECK(host_pay_action(run, VM_ACTION_USE_GLOBAL_CONTRACT_BASE, 1, sir));
    CHECK(host_pay_action(run, VM_ACTION_USE_GLOBAL_CONTRACT_BYTE, len, sir));
    host_append_action(run, receipt, ACTION_USE_GLOBAL)->use_global = *id;
    return true;
}

bool host_fn_promise_batch_action_use_global_contract(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    struct global_id id;
    CHECK(read_code_hash(run, args, &id));
    return use_global(run, args, &id);
}

bool host_fn_promise_batch_action_use_global_contract_by_account_id(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    struct global_id id;
    CHECK(read_code_account(run, args, &id));
    return use_global(run, args, &id);
}

/* Gives the action's place in its receipt, by which entries are added. */
static bool init_state(struct vm_run *run, const uint64_t *args, const struct global_id *code, uint64_t *result)
{
    u128 amount;
    size_t receipt;
    bool sir;
    CHECK(host_read_u128(run, args[3], &amount));
    CHECK(host_find_receipt(run, args[0], &receipt, &sir));
    CHECK(host_pay_action(run, VM_ACTION_DETERMINISTIC_STATE_INIT_BASE, 1, sir));
    CHECK(host_take_balance(run, amount));
    struct state_init *init = ARENA_NEW(run->arena, struct state_init);
    *init = (struct state_init){.code = *code};
    *result = run->receipts[receipt].receipt.action_count;
    struct action *a = host_append_action(run, receipt, ACTION_STATE_INIT);
    a->state_init.init = init;
    a->state_init.deposit = amount;
    return true;
}

bool host_fn_promise_batch_action_state_init(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    struct global_id code;
    CHECK(read_code_hash(run, args, &code));
    return init_state(run, args, &code, result);
}

bool host_fn_promise_batch_action_state_init_by_account_id(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    struct global_id code;
    CHECK(read_code_account(run, args, &code));
    return init_state(run, args, &code, result);
}

/* The first entry whose key is not less. */
static size_t lower_bound(const struct state_init *init, struct slice key)
{
    size_t low = 0, high = init->entry_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (slice_cmp(init->entries[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* `init` with one entry more; the room doubles whenever the count is a power of two. */
static void insert_entry(struct arena *arena, struct state_init *init, size_t at, struct state_init_entry entry)
{
    size_t count = init->entry_count;
    struct state_init_entry *entries = (struct state_init_entry *)init->entries;
    if ((count & (count - 1)) == 0) {
        entries = ARENA_ARRAY(arena, struct state_init_entry, count ? 2 * count : 1);
        if (count)
            memcpy(entries, init->entries, count * sizeof *entries);
    }
    memmove(entries + at + 1, entries + at, (count - at) * sizeof *entries);
    entries[at] = entry;
    init->entries = entries;
    init->entry_count = count + 1;
}

bool host_fn_set_state_init_data_entry(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    struct slice key, value;
    size_t receipt;
    bool sir;
    CHECK(host_find_receipt(run, args[0], &receipt, &sir));
    CHECK(host_read_input(run, args[2], args[3], &key));
    CHECK(host_read_input(run, args[4], args[5], &value));
    CHECK(host_pay_action(run, VM_ACTION_DETERMINISTIC_STATE_INIT_ENTRY, 1, sir));
    CHECK(host_pay_action(run, VM_ACTION_DETERMINISTIC_STATE_INIT_BYTE, key.len + value.len, sir));
    const struct vm_receipt *r = &run->receipts[receipt].receipt;
    if (args[1] >= r->action_count || r->actions[args[1]].kind != ACTION_STATE_INIT)
        return host_fail_limit(run, HOST_INVALID_ACTION_INDEX, receipt, args[1]);
    struct state_init *init = (struct state_init *)r->actions[args[1]].state_init.init;
    size_t at = lower_bound(init, key);
    if (at < init->entry_count && slice_eq(init->entries[at].key, key))
        return host_fail(run, HOST_DATA_ENTRY_ALREADY_EXISTS);
    insert_entry(run->arena, init, at, (struct state_init_entry){arena_copy(run->arena, key), arena_copy(run->arena, value)});
    return true;
}
