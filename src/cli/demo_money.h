/* The accounts of the demonstration before and after: nothing may be created, and what is gone must be what the chain burnt. */
#pragma once
#include "base/err.h"
#include "base/u128.h"
#include "near/rpc_client.h"

enum { MONEY_ACCOUNTS_MAX = 8 };

struct money {
    const char *const *accounts;      /* ids, NULL ends them */
    u128 balance[MONEY_ACCOUNTS_MAX]; /* yocto, in the same order */
    u128 total_supply;                /* of the whole chain */
};

/* Reads every balance of `accounts` and the chain's supply. */
struct err *money_read(struct rpc_client *rpc, const char *const *accounts, struct money *out);

/* Prints one line an account, what was burnt, and that the sums agree to the last yocto. ERR_BUG when they do not. */
struct err *money_print(const struct money *before, const struct money *after);
