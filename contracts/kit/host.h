/* What the NEAR runtime gives a contract: module `env`, protocol 85. Addresses and lengths travel as u64; a length of HOST_REGISTER
 * makes the address the number of a register. Contracts use the kit's other headers; this one is for what they do not cover. */
#pragma once
#include "base/u128.h"

#define HOST_REGISTER UINT64_MAX

#define HOST(name) __attribute__((import_module("env"), import_name(#name))) extern

/* registers */
HOST(read_register) void host_read_register(uint64_t id, uint64_t to);
HOST(register_len) uint64_t host_register_len(uint64_t id);

/* the call */
HOST(current_account_id) void host_current_account_id(uint64_t reg);
HOST(signer_account_id) void host_signer_account_id(uint64_t reg);
HOST(predecessor_account_id) void host_predecessor_account_id(uint64_t reg);
HOST(input) void host_input(uint64_t reg);
HOST(chain_id) void host_chain_id(uint64_t reg);
HOST(random_seed) void host_random_seed(uint64_t reg);
HOST(block_timestamp) uint64_t host_block_timestamp(void);
HOST(attached_deposit) void host_attached_deposit(uint64_t to);

/* what comes out */
HOST(value_return) void host_value_return(uint64_t len, uint64_t at);
HOST(panic_utf8) _Noreturn void host_panic_utf8(uint64_t len, uint64_t at);
HOST(log_utf8) void host_log_utf8(uint64_t len, uint64_t at);

/* promises */
HOST(promise_batch_create) uint64_t host_promise_batch_create(uint64_t id_len, uint64_t id);
HOST(promise_batch_then) uint64_t host_promise_batch_then(uint64_t after, uint64_t id_len, uint64_t id);
HOST(promise_batch_action_transfer) void host_promise_batch_action_transfer(uint64_t promise, uint64_t amount);
HOST(promise_batch_action_function_call_weight)
void host_promise_batch_action_function_call_weight(uint64_t promise, uint64_t method_len, uint64_t method, uint64_t args_len,
                                                    uint64_t args, uint64_t amount, uint64_t gas, uint64_t weight);
HOST(promise_batch_action_add_key_with_function_call)
void host_promise_batch_action_add_key_with_function_call(uint64_t promise, uint64_t key_len, uint64_t key, uint64_t nonce,
                                                          uint64_t allowance, uint64_t receiver_len, uint64_t receiver,
                                                          uint64_t methods_len, uint64_t methods);
HOST(promise_batch_action_delete_key)
void host_promise_batch_action_delete_key(uint64_t promise, uint64_t key_len, uint64_t key);
HOST(promise_result) uint64_t host_promise_result(uint64_t index, uint64_t reg);
HOST(promise_return) void host_promise_return(uint64_t promise);
HOST(promise_yield_create)
uint64_t host_promise_yield_create(uint64_t method_len, uint64_t method, uint64_t args_len, uint64_t args, uint64_t gas,
                                   uint64_t weight, uint64_t reg);
HOST(promise_yield_resume)
uint32_t host_promise_yield_resume(uint64_t id_len, uint64_t id, uint64_t payload_len, uint64_t payload);

/* cryptography */
HOST(sha256) void host_sha256(uint64_t len, uint64_t at, uint64_t reg);
HOST(ed25519_verify)
uint64_t host_ed25519_verify(uint64_t signature_len, uint64_t signature, uint64_t message_len, uint64_t message,
                             uint64_t key_len, uint64_t key);
HOST(p256_verify)
uint64_t host_p256_verify(uint64_t signature_len, uint64_t signature, uint64_t digest_len, uint64_t digest, uint64_t key_len,
                          uint64_t key);
HOST(ecrecover)
uint64_t host_ecrecover(uint64_t hash_len, uint64_t hash, uint64_t signature_len, uint64_t signature, uint64_t v,
                        uint64_t low_s, uint64_t reg);

/* storage */
HOST(storage_write)
uint64_t host_storage_write(uint64_t key_len, uint64_t key, uint64_t value_len, uint64_t value, uint64_t reg);
HOST(storage_read) uint64_t host_storage_read(uint64_t key_len, uint64_t key, uint64_t reg);
HOST(storage_remove) uint64_t host_storage_remove(uint64_t key_len, uint64_t key, uint64_t reg);
HOST(storage_has_key) uint64_t host_storage_has_key(uint64_t key_len, uint64_t key);

static inline uint64_t host_address(const void *p)
{
    return (uint64_t)(uintptr_t)p;
}
