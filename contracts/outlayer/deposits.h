/* What is kept for somebody is paid for by a deposit: STORAGE_PRICE for each byte that the interface counts, which is never less than what
 * the entries take. A record remembers its bytes; whoever removes it gets their price back. Excess goes back to the caller at once. */
#pragma once
#include "kit/kit.h"

#define STORAGE_PRICE ((u128)10000000000000000000u) /* yocto a byte */

u128 deposit_of(uint32_t bytes);

/* Takes the deposit of a new record from what is attached: "Insufficient storage deposit. Required: …". */
void deposit_take(uint32_t bytes);
/* Of a record that had `old` bytes and has `bytes` now. False when what is attached and what is freed do not suffice; *available
 * is both. */
bool deposit_retake(uint32_t old, uint32_t bytes, u128 *available);
/* For what a key that may only call must not do: "Requires attached deposit of at least 1 yoctoNEAR". What is more comes back. */
void deposit_take_yocto(void);
/* Gives the deposit of removed records back. */
void deposit_give_back(struct slice account, u128 yocto);
