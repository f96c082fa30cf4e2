/* Registers and what a call may know of itself. */
#include "devnet/vm/host.h"
#include "devnet/vm/imports.h"

bool host_fn_read_register(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    struct slice bytes;
    CHECK(host_read_register(run, args[0], &bytes));
    return host_write_memory(run, args[1], bytes);
}

bool host_fn_register_len(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    const struct vm_register *r = host_find_register(run, args[0]);
    *result = r ? r->bytes.len : UINT64_MAX;
    return true;
}

bool host_fn_write_register(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    struct slice bytes;
    CHECK(host_read_memory(run, args[2], args[1], &bytes));
    return host_set_register(run, args[0], bytes);
}

bool host_fn_current_account_id(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    return host_set_register(run, args[0], account_id_slice(&run->context->current_account));
}

bool host_fn_chain_id(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    return host_set_register(run, args[0], slice_str(run->context->chain_id));
}

bool host_fn_signer_account_id(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    return host_set_register(run, args[0], account_id_slice(&run->context->signer));
}

bool host_fn_signer_account_pk(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    AUTO(buf) struct buf key = {0};
    public_key_write(&key, &run->context->signer_public_key);
    return host_set_register(run, args[0], buf_slice(&key));
}

bool host_fn_predecessor_account_id(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    return host_set_register(run, args[0], account_id_slice(&run->context->predecessor));
}

bool host_fn_refund_to_account_id(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    return host_set_register(run, args[0], account_id_slice(&run->context->refund_to));
}

bool host_fn_input(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    return host_set_register_flat(run, args[0], run->context->input);
}

bool host_fn_block_index(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)args;
    *result = run->context->block_height;
    return true;
}

bool host_fn_block_timestamp(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)args;
    *result = run->context->block_timestamp_ns;
    return true;
}

bool host_fn_epoch_height(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)args;
    *result = run->context->epoch_height;
    return true;
}

bool host_fn_storage_usage(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)args;
    *result = run->storage_usage;
    return true;
}

bool host_fn_account_balance(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    return host_write_u128(run, args[0], run->balance);
}

bool host_fn_account_locked_balance(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    return host_write_u128(run, args[0], run->context->account_locked);
}

bool host_fn_attached_deposit(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    return host_write_u128(run, args[0], run->context->attached_deposit);
}

bool host_fn_prepaid_gas(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)args;
    *result = run->context->prepaid_gas;
    return true;
}

bool host_fn_used_gas(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)args;
    *result = gas_used(&run->gas);
    return true;
}

/* How the account names its code: 1 its own by its hash, 2 a global one by its hash, 3 a global one by its account. */
bool host_fn_current_contract_code(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    const struct global_id *global = run->context->global;
    *result = !global ? 1 : global->kind == GLOBAL_BY_HASH ? 2 : 3;
    return host_set_register(run, args[0], *result == 3 ? account_id_slice(&global->account_id) : hash_slice(run->code_hash));
}

/* The chain has no validators that stake through accounts. */
bool host_fn_validator_stake(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    struct account_id account;
    CHECK(host_read_account_id(run, args[0], args[1], &account));
    CHECK(host_pay(run, VM_COST_VALIDATOR_STAKE_BASE, 1));
    return host_write_u128(run, args[2], 0);
}

bool host_fn_validator_total_stake(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    CHECK(host_pay(run, VM_COST_VALIDATOR_TOTAL_STAKE_BASE, 1));
    return host_write_u128(run, args[0], 0);
}

bool host_fn_random_seed(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    return host_set_register(run, args[0], slice_from(run->context->random_seed, sizeof run->context->random_seed));
}

/* Instruments of other tools count their own instructions. */
bool host_fn_gas(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    return gas_burn(&run->gas, args[0] * VM_INSTRUCTION_GAS) || host_fail(run, run->gas.fault);
}
