/* Receipts: the messages between accounts, as values and as stored bytes, and the ids derived along the way.
 *
 * Action and yield receipts carry actions; data and resume receipts carry one datum to a receipt that waits for it; NEP-591's
 * distribution receipts carry code. The stored
 * form is NEAR's borsh of a receipt in its version 2 variants (with refund_to).
 * Source: NEAR protocol specification, "Receipts"; NEP-519 for yield and resume.
 */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "near/transaction.h"

enum receipt_kind {
    RECEIPT_ACTION,
    RECEIPT_DATA,
    RECEIPT_YIELD,
    RECEIPT_RESUME,
    RECEIPT_GLOBAL, /* brings a global contract to where it can be used; it has no outcome */
};

/* Somebody who waits for the value of a receipt. */
struct data_receiver {
    struct hash data_id;
    struct account_id receiver;
};

struct receipt {
    enum receipt_kind kind;
    struct account_id predecessor, receiver;
    struct hash id;
    struct hash tx_hash; /* the transaction it descends from; kept beside the borsh form, not in it */
    union {
        struct { /* RECEIPT_ACTION, RECEIPT_YIELD */
            struct account_id signer;
            struct account_id refund_to; /* len 0: the predecessor */
            struct public_key signer_public_key;
            u128 gas_price; /* yocto a gas unit at which its gas was bought */
            const struct data_receiver *outputs;
            size_t output_count;
            const struct hash *inputs; /* data ids, in the order of the promise results */
            size_t input_count;
            const struct action *actions;
            size_t action_count;
        };
        struct { /* RECEIPT_DATA, RECEIPT_RESUME */
            struct hash data_id;
            bool has_data; /* false: the promise failed, or the yield timed out */
            struct slice data;
        };
        struct { /* RECEIPT_GLOBAL */
            struct global_id global;
            struct slice code;
        };
    };
};

/* Refund receipts come from this account, which does not exist. */
extern const struct account_id account_id_system;

static inline bool receipt_is_refund(const struct receipt *r)
{
    return account_id_eq(&r->predecessor, &account_id_system);
}

static inline bool receipt_has_actions(const struct receipt *r)
{
    return r->kind == RECEIPT_ACTION || r->kind == RECEIPT_YIELD;
}

void receipt_write(struct buf *out, const struct receipt *r);

/* Reads what receipt_write wrote; slices borrow from `bytes`, arrays are of `arena`. tx_hash is left zero. */
struct err *receipt_read(struct slice bytes, struct arena *arena, struct receipt *out);

/* sha256(base ‖ u64le(height) ‖ u64le(salt)): how transactions, receipts, actions and data give names to what they make.
 * `height` is that of the block in which the parent is applied. */
struct hash derived_id(const struct hash *base, uint64_t height, uint64_t salt);

/* What action `index` of a receipt hashes its data ids from: derived_id with salt u64::MAX - index. */
struct hash derived_action_hash(const struct hash *receipt_id, uint64_t height, size_t index);

/* What random_seed gives to a contract in that action. */
struct hash derived_random_seed(const struct hash *action_hash, const struct hash *random_value);
