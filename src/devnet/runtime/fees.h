/* What actions cost in gas, over the table in devnet/vm/fees.h, and sums over action lists.
 *
 * A fee has three parts: sending to oneself ("sir": sender is receiver), sending to another account, and execution. Transactions and
 * contracts pay `send` when they make a receipt and buy `execution` with it; the receipt burns `execution` when it runs.
 * Source: NEAR protocol 85, runtime parameters.
 */
#pragma once
#include "devnet/vm/fees.h"
#include "near/transaction.h"

/* One action. The receiver's shape decides whether a transfer pays for making an implicit account. Sending a delegate sends what it
 * delegates as well; executing it does not. */
uint64_t action_send_fee(const struct action *a, bool sir, const struct account_id *receiver);
uint64_t action_exec_fee(const struct action *a, const struct account_id *receiver);

/* Checking a signature, burnt with the transaction that brings it: most curves' is part of other fees. Sending a delegate has its own. */
uint64_t signature_fee(const struct public_key *key);

/* What an account's storage and the fee count for naming a global contract. */
uint64_t global_id_bytes(const struct global_id *id);

/* What sending the delegated actions costs once more, when the delegate runs: bought with the receipt. 0 for other actions. */
uint64_t action_prepaid_send_fee(const struct action *a);

/* Sums over a receipt's actions, saturating at the type's greatest value, which no account can pay. */
uint64_t actions_send_fee(const struct action *actions, size_t count, bool sir, const struct account_id *receiver);
uint64_t actions_attached_gas(const struct action *actions, size_t count); /* of delegated actions too */
u128 actions_deposit(const struct action *actions, size_t count);          /* likewise */

/* All gas that is bought with a receipt of these actions: attached, for executing them, and what delegates pass on. */
u128 actions_bought_gas(const struct action *actions, size_t count, const struct account_id *receiver);
