/* The table of host functions: module "env" as contracts import it.
 * Source: NEAR protocol 85, host function interface. */
#pragma once
#include "base/err.h"
#include "devnet/vm/host.h"
#include <wasmtime.h>

/* Name, signature (i: 32 bits, I: 64 bits; result behind the colon), how it begins, name in the refusal of views or NULL. */
#define HOST_FUNCTIONS(X)                                                                                                  \
    X(read_register, "II:", PAYS_BASE, NULL)                                                                               \
    X(register_len, "I:I", PAYS_BASE, NULL)                                                                                \
    X(write_register, "III:", PAYS_BASE, NULL)                                                                             \
    X(current_account_id, "I:", PAYS_BASE, NULL)                                                                           \
    X(chain_id, "I:", PAYS_BASE, NULL)                                                                                     \
    X(signer_account_id, "I:", PAYS_BASE, "signer_account_id")                                                             \
    X(signer_account_pk, "I:", PAYS_BASE, "signer_account_pk")                                                             \
    X(predecessor_account_id, "I:", PAYS_BASE, "predecessor_account_id")                                                   \
    X(refund_to_account_id, "I:", PAYS_BASE, "refund_to_account_id")                                                       \
    X(input, "I:", PAYS_BASE, NULL)                                                                                        \
    X(block_index, ":I", PAYS_BASE, NULL)                                                                                  \
    X(block_timestamp, ":I", PAYS_BASE, NULL)                                                                              \
    X(epoch_height, ":I", PAYS_BASE, NULL)                                                                                 \
    X(storage_usage, ":I", PAYS_BASE, NULL)                                                                                \
    X(account_balance, "I:", PAYS_BASE, NULL)                                                                              \
    X(account_locked_balance, "I:", PAYS_BASE, NULL)                                                                       \
    X(attached_deposit, "I:", PAYS_BASE, NULL)                                                                             \
    X(prepaid_gas, ":I", PAYS_BASE, "prepaid_gas")                                                                         \
    X(used_gas, ":I", PAYS_BASE, "used_gas")                                                                               \
    X(current_contract_code, "I:I", PAYS_BASE, NULL)                                                                       \
    X(validator_stake, "III:", PAYS_BASE, NULL)                                                                            \
    X(validator_total_stake, "I:", PAYS_BASE, NULL)                                                                        \
    X(random_seed, "I:", PAYS_BASE, NULL)                                                                                  \
    X(gas, "i:", PAYS_NOTHING, NULL)                                                                                       \
    X(sha256, "III:", PAYS_NOTHING, NULL)                                                                                  \
    X(keccak256, "III:", PAYS_NOTHING, NULL)                                                                               \
    X(keccak512, "III:", PAYS_NOTHING, NULL)                                                                               \
    X(ripemd160, "III:", PAYS_NOTHING, NULL)                                                                               \
    X(ed25519_verify, "IIIIII:I", PAYS_NOTHING, NULL)                                                                      \
    X(p256_verify, "IIIIII:I", PAYS_NOTHING, NULL)                                                                         \
    X(ecrecover, "IIIIIII:I", PAYS_NOTHING, NULL)                                                                          \
    X(alt_bn128_g1_multiexp, "III:", PAYS_NOTHING, NULL)                                                                   \
    X(alt_bn128_g1_sum, "III:", PAYS_NOTHING, NULL)                                                                        \
    X(alt_bn128_pairing_check, "II:I", PAYS_NOTHING, NULL)                                                                 \
    X(bls12381_p1_sum, "III:I", PAYS_NOTHING, NULL)                                                                        \
    X(bls12381_p2_sum, "III:I", PAYS_NOTHING, NULL)                                                                        \
    X(bls12381_g1_multiexp, "III:I", PAYS_NOTHING, NULL)                                                                   \
    X(bls12381_g2_multiexp, "III:I", PAYS_NOTHING, NULL)                                                                   \
    X(bls12381_map_fp_to_g1, "III:I", PAYS_NOTHING, NULL)                                                                  \
    X(bls12381_map_fp2_to_g2, "III:I", PAYS_NOTHING, NULL)                                                                 \
    X(bls12381_pairing_check, "II:I", PAYS_NOTHING, NULL)                                                                  \
    X(bls12381_p1_decompress, "III:I", PAYS_NOTHING, NULL)                                                                 \
    X(bls12381_p2_decompress, "III:I", PAYS_NOTHING, NULL)                                                                 \
    X(value_return, "II:", PAYS_BASE, NULL)                                                                                \
    X(panic, ":", PAYS_BASE, NULL)                                                                                         \
    X(panic_utf8, "II:", PAYS_BASE, NULL)                                                                                  \
    X(log_utf8, "II:", PAYS_BASE, NULL)                                                                                    \
    X(log_utf16, "II:", PAYS_BASE, NULL)                                                                                   \
    X(abort, "iiii:", PAYS_BASE, NULL)                                                                                     \
    X(promise_create, "IIIIIIII:I", PAYS_BASE, "promise_batch_create")                                                     \
    X(promise_then, "IIIIIIIII:I", PAYS_BASE, "promise_batch_then")                                                        \
    X(promise_and, "II:I", PAYS_BASE, "promise_and")                                                                       \
    X(promise_batch_create, "II:I", PAYS_BASE, "promise_batch_create")                                                     \
    X(promise_batch_then, "III:I", PAYS_BASE, "promise_batch_then")                                                        \
    X(promise_set_refund_to, "III:", PAYS_BASE, "promise_set_refund_to")                                                   \
    X(promise_batch_action_create_account, "I:", PAYS_BASE, "promise_batch_action_create_account")                         \
    X(promise_batch_action_deploy_contract, "III:", PAYS_BASE, "promise_batch_action_deploy_contract")                     \
    X(promise_batch_action_function_call, "IIIIIII:", PAYS_BASE, "promise_batch_action_function_call")                     \
    X(promise_batch_action_function_call_weight, "IIIIIIII:", PAYS_BASE, "promise_batch_action_function_call")             \
    X(promise_batch_action_transfer, "II:", PAYS_BASE, "promise_batch_action_transfer")                                    \
    X(promise_batch_action_stake, "IIII:", PAYS_BASE, "promise_batch_action_stake")                                        \
    X(promise_batch_action_add_key_with_full_access, "IIII:", PAYS_BASE, "promise_batch_action_add_key_with_full_access")  \
    X(promise_batch_action_add_key_with_function_call, "IIIIIIIII:", PAYS_BASE,                                            \
      "promise_batch_action_add_key_with_function_call")                                                                   \
    X(promise_batch_action_delete_key, "III:", PAYS_BASE, "promise_batch_action_delete_key")                               \
    X(promise_batch_action_delete_account, "III:", PAYS_BASE, "promise_batch_action_delete_account")                       \
    X(promise_batch_action_transfer_to_gas_key, "IIII:", PAYS_BASE, "promise_batch_action_transfer_to_gas_key")            \
    X(promise_batch_action_add_gas_key_with_full_access, "IIII:", PAYS_BASE,                                               \
      "promise_batch_action_add_gas_key_with_full_access")                                                                 \
    X(promise_batch_action_add_gas_key_with_function_call, "IIIIIIIII:", PAYS_BASE,                                        \
      "promise_batch_action_add_gas_key_with_function_call")                                                               \
    X(promise_batch_action_deploy_global_contract, "III:", PAYS_BASE, "promise_batch_action_deploy_global_contract")       \
    X(promise_batch_action_deploy_global_contract_by_account_id, "III:", PAYS_BASE,                                        \
      "promise_batch_action_deploy_global_contract_by_account_id")                                                         \
    X(promise_batch_action_use_global_contract, "III:", PAYS_BASE, "promise_batch_action_use_global_contract")             \
    X(promise_batch_action_use_global_contract_by_account_id, "III:", PAYS_BASE,                                           \
      "promise_batch_action_use_global_contract_by_account_id")                                                            \
    X(promise_batch_action_state_init, "IIII:I", PAYS_BASE, "promise_batch_action_state_init")                             \
    X(promise_batch_action_state_init_by_account_id, "IIII:I", PAYS_BASE, "promise_batch_action_state_init_by_account_id") \
    X(set_state_init_data_entry, "IIIIII:", PAYS_BASE, "set_state_init_data_entry")                                        \
    X(promise_yield_create, "IIIIIII:I", PAYS_BASE, "promise_yield_create")                                                \
    X(promise_yield_create_with_id, "IIIIIIIII:I", PAYS_BASE, "promise_yield_create_with_id")                              \
    X(promise_yield_resume_with_yield_id, "IIII:i", PAYS_BASE, "promise_yield_resume_with_yield_id")                       \
    X(promise_yield_resume, "IIII:i", PAYS_BASE, "promise_yield_resume")                                                   \
    X(promise_results_count, ":I", PAYS_BASE, "promise_results_count")                                                     \
    X(promise_result, "II:I", PAYS_BASE, "promise_result")                                                                 \
    X(promise_return, "I:", PAYS_BASE, NULL)                                                                               \
    X(storage_write, "IIIII:I", PAYS_BASE, "storage_write")                                                                \
    X(storage_read, "III:I", PAYS_BASE, NULL)                                                                              \
    X(storage_remove, "III:I", PAYS_BASE, "storage_remove")                                                                \
    X(storage_has_key, "II:I", PAYS_BASE, NULL)                                                                            \
    X(storage_iter_prefix, "II:I", PAYS_NOTHING, NULL)                                                                     \
    X(storage_iter_range, "IIII:I", PAYS_NOTHING, NULL)                                                                    \
    X(storage_iter_next, "III:I", PAYS_NOTHING, NULL)

#define X(name, signature, begin, view_name) host_fn host_fn_##name;
HOST_FUNCTIONS(X)
#undef X

/* What a store's data points to while a call runs. */
struct vm_guest {
    struct vm_run *run;
    wasmtime_memory_t memory;
    wasmtime_global_t gas, stack;
    uint64_t gas_given; /* what the gas global was last set to */
};

/* Burns what the guest's instructions took since the gas global was set. False when that was more than there was. */
bool vm_guest_settle(struct vm_guest *guest, wasmtime_context_t *context);

/* Tells the guest how much gas is left. */
void vm_guest_give_gas(struct vm_guest *guest, wasmtime_context_t *context);

/* Defines all functions. */
struct err *vm_imports_define(wasmtime_linker_t *linker);
