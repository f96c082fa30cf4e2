/* The stablecoin that the contract holds for others, in token units: two ledgers, each an amount for an account.
 *
 *     b <account>   balances: deposited, spent as attached_usd of requests, withdrawable
 *     e <account>   earnings of developers, withdrawable
 *
 * A ledger is named by the first byte of its keys. */
#pragma once
#include "outlayer/types.h"

u128 ledger_amount(uint8_t ledger, struct slice account);
/* False when the sum does not fit; the amount is then the largest there is. */
bool ledger_credit(uint8_t ledger, struct slice account, u128 amount);
/* Takes `amount`, which is at most what there is. */
void ledger_debit(uint8_t ledger, struct slice account, u128 amount);
