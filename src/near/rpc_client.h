/* JSON-RPC client of a NEAR node.
 *
 * A call that the node does not answer, or answers with a fault of its own, is repeated with growing pauses; what the node
 * decided is not. Everything asked here may safely be asked twice, sending a transaction included: its bytes name it.
 *
 *     err code          | the node said
 *     ------------------|-------------------------------------------------------------------------------------
 *     ERR_NOT_FOUND     | UNKNOWN_ACCOUNT, UNKNOWN_BLOCK, UNKNOWN_TRANSACTION, NO_CONTRACT_CODE, no such access key …
 *     ERR_INVALID       | PARSE_ERROR, METHOD_NOT_FOUND, a view that panicked, a transaction that it refuses
 *     ERR_DENIED        | a transaction that its key may not send (tx_outcome.h)
 *     ERR_UNAVAILABLE   | nothing, TIMEOUT_ERROR, INTERNAL_ERROR, NOT_SYNCED_YET, UNAVAILABLE_SHARD …
 *     ERR_LIMIT         | too many requests, an answer over the bound, or an account that cannot pay for a transaction
 *
 * The address is never in an error's text, as it may carry a provider's key. A client is used by one thread at a time.
 * Source: NEAR JSON-RPC reference; the error shape is {"error":{"name","cause":{"name","info"},"code","message","data"}}.
 */
#pragma once
#include "near/account_id.h"
#include "near/key.h"
#include "near/tx_outcome.h"

struct rpc_client;

struct rpc_config {
    const char *url;         /* copied */
    unsigned attempts;       /* 0: 4 */
    unsigned timeout_ms;     /* one attempt, 0: 30 s */
    unsigned first_pause_ms; /* before the second attempt, doubled each time; 0: 200 */
};

struct err *rpc_client_new(const struct rpc_config *config, struct rpc_client **out);
void rpc_client_free(struct rpc_client *c);

static inline void auto_rpc_client(struct rpc_client **c)
{
    rpc_client_free(*c);
}

/* Any method. Takes over the reference to `params`; *result is a new reference. */
struct err *rpc_call(struct rpc_client *c, const char *method, json_t *params, json_t **result);

struct rpc_account {
    u128 amount, locked;    /* yocto */
    uint64_t storage_usage; /* bytes */
    struct hash code_hash;  /* all zero: no contract */
};

struct rpc_access_key {
    uint64_t nonce;
    bool full_access;
};

struct rpc_block {
    uint64_t height;
    struct hash hash;
    uint64_t timestamp_ns;
};

/* Of the newest block. */
struct err *rpc_view_account(struct rpc_client *c, struct slice account_id, struct rpc_account *out);
struct err *rpc_view_access_key(struct rpc_client *c, struct slice account_id, const struct public_key *key,
                                struct rpc_access_key *out);

/* What a key may do, as the node writes it: "FullAccess" or {"FunctionCall": {"allowance", "receiver_id", "method_names"}}. *permission is
 * a new reference. */
struct err *rpc_view_permission(struct rpc_client *c, struct slice account_id, const struct public_key *key,
                                json_t **permission);

/* All keys of an account, as the node writes them: an array of {"public_key", "access_key": {"nonce", "permission"}}. *keys is a new reference. */
struct err *rpc_view_access_keys(struct rpc_client *c, struct slice account_id, json_t **keys);

/* Calls a view method; appends what it returned (usually JSON text) to `out`. ERR_INVALID carries the contract's panic. */
struct err *rpc_view_call(struct rpc_client *c, struct slice contract_id, const char *method, struct slice args,
                          struct buf *out);

/* The id of the chain that the node serves: "mainnet", "testnet", "devnet" … Appends to `out`. */
struct err *rpc_chain_id(struct rpc_client *c, struct buf *out);

/* The newest final block. */
struct err *rpc_final_block(struct rpc_client *c, struct rpc_block *out);

/* Sends the bytes of a signed transaction and waits until it has come to `level` (the node waits some ten seconds).
 * *refusal sorts the outcome; it is TX_TAKEN exactly when NULL is returned. What a node says without naming a fault of the transaction decides nothing.
 * *out must be a zero value. Not repeated here. */
struct err *rpc_send_tx(struct rpc_client *c, struct slice signed_tx, enum tx_level level, struct tx_outcome *out,
                        enum tx_refusal *refusal);

/* The state of a transaction. With TX_LEVEL_NONE the node answers at once: ERR_NOT_FOUND when it does not know the hash. */
struct err *rpc_tx_status(struct rpc_client *c, const struct hash *tx_hash, struct slice signer_id, enum tx_level level,
                          struct tx_outcome *out);
