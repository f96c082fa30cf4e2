/* Applies transactions and receipts to the state of one block.
 *
 *     runtime_transaction   charges the signer, makes the receipt: local (same block) or queued
 *     runtime_receipt       runs, postpones or delivers one receipt; instant ones it makes run right after it
 *     runtime_timeouts      at the end of the block: yields that nobody resumed
 *
 * Everything they leave is in the `struct block_run`, in the block's arena: outcomes in the order of execution, receipts in the order
 * they were made, and what was burnt and minted, so that  supply_before - burnt + minted == supply_after.
 * A fault of the store is in `state->fault`; the whole block is dropped then.
 *
 * Source: NEAR protocol 85, "Receipts", "Actions"; NEP-519 (yield), NEP-536 (refunds), NEP-642 (creation charge).
 */
#pragma once
#include "devnet/runtime/code_cache.h"
#include "devnet/runtime/outcome.h"
#include "devnet/runtime/state.h"
#include "devnet/runtime/verify.h"
#include "devnet/vm/vm.h"

struct runtime {
    struct vm *vm;
    struct code_cache *codes;
    const char *chain_id;
    uint64_t yield_timeout_blocks;
};

/* The block that is being made, as contracts see it. */
struct block_context {
    uint64_t height, timestamp_ns, epoch_height;
    struct hash random_value;
    u128 gas_price; /* yocto a gas unit */
};

enum receipt_route {
    ROUTE_LOCAL,    /* of a transaction whose signer is its receiver: this block */
    ROUTE_INSTANT,  /* handled right after the receipt that made it */
    ROUTE_INCOMING, /* waits in the queue for a later block */
};

struct made_receipt {
    struct receipt receipt;
    enum receipt_route route;
};

struct executed_receipt {
    struct receipt receipt;
    struct outcome outcome;
};

struct block_run {
    const struct runtime *runtime;
    struct block_context block;
    struct state *state;
    struct arena *arena;

    struct made_receipt *made;
    size_t made_count;
    struct executed_receipt *executed;
    size_t executed_count;
    uint64_t gas_used;
    u128 burnt, minted; /* yocto */
};

/* Checks again, charges and makes the receipt. `t` passed verify_stateless before. False: it fails, nothing is charged, and the outcome says
 * why. A local receipt is to be run by the caller after the block's last transaction. */
bool runtime_transaction(struct block_run *run, const struct signed_transaction *t, struct outcome *out);

void runtime_receipt(struct block_run *run, const struct receipt *r);

void runtime_timeouts(struct block_run *run);

/* Runs a method as a view. `state` is that of the block, `state_root` its root. Any thread, also while a block is made, as far as
 * the store of `state` allows. */
struct err *runtime_view(const struct runtime *runtime, const struct block_context *block, const struct hash *state_root,
                         struct state *state, const struct account_id *id, struct slice method, struct slice args,
                         struct vm_outcome *out);

/* Grows an arena array by one: call with the present count before adding. Capacity doubles from 8. */
void *runtime_grow(struct arena *arena, void *items, size_t count, size_t item_len);

/* Deposits and bought gas that a receipt carries; refunds carry deposits only. */
u128 runtime_receipt_value(const struct receipt *r);
