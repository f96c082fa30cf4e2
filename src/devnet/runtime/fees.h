/* What actions cost in gas, over the table in devnet/vm/fees.h, and sums over action lists.
 *
 * A fee has three parts: sending to oneself ("sir": sender is receiver), sending to another account, and execution. Transactions and
 * contracts pay `send` when they make a receipt and buy `execution` with it; the receipt burns `execution` when it runs.
 * Source: NEAR protocol 85, runtime parameters.
 */
#pragma once
#include "devnet/vm/fees.h"
#include "near/transaction.h"

/* One action. The receiver's shape decides whether a transfer pays for making an implicit account. */
uint64_t action_send_fee(const struct action *a, bool sir, const struct account_id *receiver);
uint64_t action_exec_fee(const struct action *a, const struct account_id *receiver);

/* Sums over a receipt's actions, saturating at the type's greatest value, which no account can pay. */
uint64_t actions_send_fee(const struct action *actions, size_t count, bool sir, const struct account_id *receiver);
uint64_t actions_exec_fee(const struct action *actions, size_t count, const struct account_id *receiver);
uint64_t actions_attached_gas(const struct action *actions, size_t count);
u128 actions_deposit(const struct action *actions, size_t count);
