/* What happens after the call: receipts to other accounts, and answers that come later.
 *
 *     promise p = promise_call(token, SLICE("ft_transfer"), args, COST(.deposit_yocto = 1, .gas = 10 * TGAS));
 *     promise_return(promise_then(p, call_current(), SLICE("on_transferred"), mine, COST(.gas = 5 * TGAS)));
 *
 * Whoever makes a promise that can fail adds the callback that repairs: a failed receipt undoes only itself and gives its deposit
 * back to this contract. */
#pragma once
#include "base/slice.h"
#include "base/u128.h"

#define TGAS 1000000000000ull

typedef uint64_t promise;

struct promise_cost {
    u128 deposit_yocto;
    uint64_t gas;    /* at least this much */
    uint64_t weight; /* share of the gas that is left when the call ends */
};

/* What a call costs, as an argument: COST(.gas = 5 * TGAS). */
#define COST(...) (&(const struct promise_cost){__VA_ARGS__})

promise promise_call(struct slice account, struct slice method, struct slice args, const struct promise_cost *cost);
/* Adds a call to the receipt that `p` is: both happen, or neither. */
promise promise_also_call(promise p, struct slice method, struct slice args, const struct promise_cost *cost);
/* Runs when `after` is done, and can read its result. */
promise promise_then(promise after, struct slice account, struct slice method, struct slice args,
                     const struct promise_cost *cost);
/* Sends NEAR; if the account does not exist the amount comes back. */
promise promise_transfer(struct slice account, u128 amount_yocto);
/* Gives an account of this contract's a key for calls of `methods` (commas between them, no spaces) on `receiver`. `key` is in borsh:
 * the curve's tag and the raw bytes. Fails in its own receipt if the account has that key. */
promise promise_add_call_key(struct slice account, struct slice key, u128 allowance_yocto, struct slice receiver,
                             struct slice methods);
promise promise_delete_key(struct slice account, struct slice key);
/* The result of this call will be the result of `p`. */
void promise_return(promise p);

/* In a callback: what the promise gave that this call waited for; its pointer is NULL when it failed. */
struct slice promise_result(uint64_t index);

/* Makes a call of this contract's own `method` wait until promise_resume, for 200 blocks at most; then the method runs with a failed
 * result. `data_id` names it. */
promise promise_yield(struct slice method, struct slice args, const struct promise_cost *cost, uint8_t data_id[32]);
/* Hands `payload` (at most 1024 bytes) to the waiting call. False when nothing waits under that id. */
bool promise_resume(const uint8_t data_id[32], struct slice payload);
