/* What executing one transaction or one receipt left behind, as clients see it (JSON-RPC "outcome"), and its stored form. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "near/transaction.h"

enum outcome_status { OUTCOME_SUCCESS_VALUE, OUTCOME_SUCCESS_RECEIPT, OUTCOME_FAILURE };

/* One line of the gas profile: {"WASM_HOST_COST", "STORAGE_WRITE_BASE", gas}. */
struct outcome_cost {
    struct slice category, name;
    uint64_t gas;
};

/* The contract that an account had. */
struct contract_ref {
    enum { CONTRACT_NONE, CONTRACT_LOCAL, CONTRACT_GLOBAL } kind;
    struct hash code_hash;   /* CONTRACT_LOCAL */
    struct global_id global; /* CONTRACT_GLOBAL */
};

struct outcome {
    struct hash id; /* of the transaction or receipt */
    struct account_id executor;
    enum outcome_status status;
    struct slice value;       /* OUTCOME_SUCCESS_VALUE: the bytes, perhaps none */
    struct hash receipt_id;   /* OUTCOME_SUCCESS_RECEIPT: who gives the value */
    struct slice failure;     /* OUTCOME_FAILURE: JSON that goes after "Failure": {"ActionError":…} or {"InvalidTxError":…} */
    const struct slice *logs; /* UTF-8 */
    size_t log_count;
    const struct hash *receipt_ids; /* action and yield receipts made, refunds too; never data or resume receipts */
    size_t receipt_id_count;
    uint64_t gas_burnt;
    u128 tokens_burnt; /* yocto */
    /* Metadata: version 1 without a profile for a transaction; version 4 for a receipt. */
    bool is_transaction;
    const struct outcome_cost *profile; /* sorted by category, then name */
    size_t profile_count;
    const struct contract_ref *contracts; /* one an action: the receiver's contract before it */
    size_t contract_count;
};

void outcome_write(struct buf *out, const struct outcome *o);

/* Reads what outcome_write wrote; slices borrow from `bytes`, arrays are of `arena`. */
struct err *outcome_read(struct slice bytes, struct arena *arena, struct outcome *out);
