/* What a transaction must satisfy before it may touch the state, in the node's order, and what it is charged.
 *
 * At admission the checks run against the head's state; when the block applies the transaction they run again and the charge is taken.
 * Source: NEAR protocol 85, transaction validation; NEP-642 for the purchase price.
 */
#pragma once
#include "devnet/runtime/failure.h"
#include "devnet/runtime/state.h"

enum { TRANSACTION_LEN_MAX = 1572864 };

/* Nonces go up to height × this; new keys start at the bound of the block before, so that a key that is deleted and added again cannot
 * replay its old transactions. */
#define NONCES_PER_HEIGHT UINT64_C(1000000)

/* Whether the key may act so: any key that is not bound to method calls, else one call without deposit of a method that it allows. */
bool verify_permission(const struct access_key *key, const struct account_id *receiver, const struct action *actions,
                       size_t count, struct failure *out);

/* Limits on the actions of a transaction or a new receipt. False, with *out, when one is broken. */
bool verify_actions(const struct action *actions, size_t count, const struct account_id *receiver, struct failure *out);

/* Size, actions and signature: all that needs no state. */
bool verify_stateless(const struct signed_transaction *t, size_t wire_len, struct failure *out);

struct tx_charge {
    uint64_t gas_burnt;     /* by the transaction itself */
    u128 receipt_gas_price; /* at which the receipt's gas is bought */
    u128 tokens_burnt;
    u128 gas;      /* burnt and bought: what a gas key pays */
    u128 deposits; /* what the account pays then */
    u128 total;    /* both, what the account pays for other keys */
};

/* False on an amount that no balance can reach (CostOverflow). */
bool verify_cost(const struct transaction *t, u128 gas_price, struct tx_charge *out);

struct tx_signer {
    struct account account;
    struct access_key key; /* of a gas key the nonce is the one that the transaction used */
    bool only_gas; /* refused, and yet a gas key pays for the gas that this burns: the account cannot pay the deposits */
};

/* Account, key, nonce, balance, allowance, storage stake and the key's permission. On success, and when signer->only_gas, *signer is account and
 * key as they are after the charge. `height` is that of the block that includes the transaction, 0 at admission: then the nonce's
 * upper bound is not checked and a missing signer has the admission's name. */
bool verify_against_state(struct state *s, const struct transaction *t, const struct tx_charge *charge, uint64_t height,
                          struct tx_signer *signer, struct failure *out);

/* How much an account lacks for the storage it uses; 0 when it has enough or is small enough to need none. */
u128 storage_stake_missing(const struct account *a);
