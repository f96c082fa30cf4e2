/* What became of a transaction: the outcome object of send_tx, broadcast_tx_commit, tx and EXPERIMENTAL_tx_status.
 *
 * Source: NEAR JSON-RPC, "Transactions"; FinalExecutionOutcomeView of nearcore.
 */
#pragma once
#include "base/arena.h"
#include "base/u128.h"
#include "codec/json_doc.h"
#include "crypto/hash.h"

enum tx_status {
    TX_PENDING, /* not executed to its end yet */
    TX_SUCCEEDED,
    TX_FAILED,
};

/* Why a transaction is not taken; none of these reaches the receiver. */
enum tx_refusal {
    TX_TAKEN,           /* not refused */
    TX_REFUSED_NONCE,   /* InvalidNonce: another transaction of this key was first */
    TX_REFUSED_EXPIRED, /* Expired: its block hash is too old or unknown to the node */
    TX_REFUSED_KEY,     /* InvalidAccessKeyError, SignerDoesNotExist: this key may not send it */
    TX_REFUSED_BALANCE, /* NotEnoughBalance, LackBalanceForState: the account cannot pay for it */
    TX_REFUSED,         /* anything else; the error says what */
    TX_UNDECIDED,       /* no answer in time, or a shard or node that takes nothing now: it may execute yet */
};

/* Sorts the value of an `InvalidTxError`. */
enum tx_refusal tx_refusal_of(const json_t *invalid_tx);

/* The code of the error that such a refusal becomes: ERR_DENIED for the key, ERR_LIMIT for the balance, ERR_UNAVAILABLE for what the same or new bytes may
 * overcome, ERR_INVALID for the rest. */
enum err_code tx_refusal_code(enum tx_refusal refusal);

/* How far the node saw it; what `wait_until` of a call names. In this order. */
enum tx_level {
    TX_LEVEL_NONE,
    TX_LEVEL_INCLUDED,
    TX_LEVEL_EXECUTED_OPTIMISTIC,
    TX_LEVEL_INCLUDED_FINAL,
    TX_LEVEL_EXECUTED,
    TX_LEVEL_FINAL,
};

/* "NONE", "INCLUDED", "EXECUTED_OPTIMISTIC", "INCLUDED_FINAL", "EXECUTED", "FINAL". */
const char *tx_level_name(enum tx_level level);

/* One execution: the transaction's own conversion, or a receipt's run. */
struct execution_outcome {
    struct hash id, block_hash;
    struct slice executor_id;
    uint64_t gas_burnt;
    u128 tokens_burnt; /* yocto */
    const struct slice *logs;
    size_t log_count;
    const struct hash *receipt_ids;
    size_t receipt_count;
    enum tx_status status; /* of this execution alone */
    struct slice value;    /* what it returned, when it succeeded with a value */
    struct slice failure;  /* one sentence, when it failed */
};

struct tx_outcome {
    struct arena arena; /* holds everything below */
    enum tx_level level;
    struct hash hash;
    struct slice signer_id, receiver_id;
    enum tx_status status;   /* of the whole: what the chain of returned receipts ends in */
    struct slice value;      /* the result, when it succeeded; may be empty */
    struct slice failure;    /* one sentence, when it failed */
    enum tx_refusal refusal; /* TX_TAKEN, unless a block holds it as one that could not be executed at all */
    bool executed;           /* `transaction` below is filled */
    struct execution_outcome transaction;
    const struct execution_outcome *receipts; /* in the node's order: a parent before its children */
    size_t receipt_count;
    uint64_t gas_burnt; /* of all executions; 0 when it does not fit, which no chain reaches */
    u128 tokens_burnt;  /* yocto, of all executions */
};

/* Reads the node's answer. ERR_INVALID names what is wrong; *out must be a zero value and is to be freed in any case. */
struct err *tx_outcome_read(const json_t *answer, struct tx_outcome *out);

/* The hash whose base58 text a member of any node's answer holds. ERR_INVALID names the member. */
struct err *tx_read_hash(const json_t *object, const char *name, struct hash *out);

void tx_outcome_free(struct tx_outcome *o);

static inline void auto_tx_outcome(struct tx_outcome *o)
{
    tx_outcome_free(o);
}

/* NULL when it succeeded. ERR_INVALID with the failure's sentence when it failed, ERR_UNAVAILABLE when it has not ended; the code of the refusal when it was not
 * executed at all. */
struct err *tx_outcome_expect(const struct tx_outcome *o, const char *what);

/* One sentence of a `Failure` value: a contract's panic text as it is, other failures as "<kind>: <fields as JSON>". */
struct slice tx_failure_text(const json_t *failure, struct arena *arena);
