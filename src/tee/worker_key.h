/* Worker keys on chain. The registration contract, having verified a worker's quote, adds the worker's key to its own account; it may
 * call these methods of the main contract and nothing else. */
#pragma once
#include "near/rpc_client.h"

/* The methods, in the order in which the contract grants them. */
enum { TEE_WORKER_METHODS = 4 };
extern const char *const tee_worker_methods[TEE_WORKER_METHODS];

/* Asks the chain whether `key` is a worker's key on `operator_id` for `contract_id`. ERR_NOT_FOUND: the account has no such key;
 * ERR_DENIED: it has, and the key may do something else; ERR_UNAVAILABLE: the chain did not say. */
struct err *tee_worker_key_check(struct rpc_client *c, struct slice operator_id, struct slice contract_id,
                                 const struct public_key *key);

/* What a key must have left to answer: gas is paid in advance, 0.03 NEAR at the lowest price. In yocto. */
#define TEE_WORKER_ALLOWANCE_MIN ((u128)500000000000 * 1000000000000)

/* As tee_worker_key_check, and whether it can pay for an answer yet: ERR_DENIED when its allowance is used up. */
struct err *tee_worker_key_check_able(struct rpc_client *c, struct slice operator_id, struct slice contract_id,
                                      const struct public_key *key);
