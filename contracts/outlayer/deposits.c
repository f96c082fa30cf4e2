#include "outlayer/deposits.h"

__attribute__((noinline)) u128 deposit_of(uint32_t bytes)
{
    return bytes * STORAGE_PRICE;
}

void deposit_take(uint32_t bytes)
{
    u128 required = deposit_of(bytes), attached = call_deposit();
    require_text(attached >= required, "Insufficient storage deposit. Required: {} yoctoNEAR, attached: {} yoctoNEAR",
                 &required, &attached);
    deposit_give_back(call_predecessor(), attached - required);
}

bool deposit_retake(uint32_t old, uint32_t bytes, u128 *available)
{
    u128 required = deposit_of(bytes);
    *available = deposit_of(old) + call_deposit(); /* all NEAR there is fits many times */
    if (*available < required)
        return false;
    deposit_give_back(call_predecessor(), *available - required);
    return true;
}

void deposit_take_yocto(void)
{
    u128 deposit = call_deposit();
    require_text(deposit, "Requires attached deposit of at least 1 yoctoNEAR");
    deposit_give_back(call_predecessor(), deposit - 1);
}

void deposit_give_back(struct slice account, u128 yocto)
{
    if (yocto)
        promise_transfer(account, yocto);
}
