/* One JSON-RPC request on its way through a method: parameters in, result or fault out. Private to devnet/rpc. */
#pragma once
#include "devnet/rpc/rpc_server.h"
#include "devnet/rpc/view.h"
#include "net/http_server.h"
#include <stdatomic.h>

struct rpc_waits;
struct pool;

struct rpc_server {
    struct rpc_server_config config;
    struct chain *chain;
    struct http_server *http;
    struct rpc_waits *waits;
    struct pool *pool;
    atomic_ulong requests, faults; /* for /metrics */
};

/* Which of the node's error names; the code and message follow from it. */
enum rpc_fault_kind {
    RPC_FINE,
    RPC_PARSE_ERROR,      /* REQUEST_VALIDATION_ERROR, -32700 */
    RPC_METHOD_NOT_FOUND, /* REQUEST_VALIDATION_ERROR, -32601 */
    RPC_HANDLER_ERROR,    /* -32000, with a cause of the method's own */
    RPC_INTERNAL_ERROR,   /* -32000 */
};

struct rpc_request {
    struct rpc_server *server;
    struct chain *chain;
    struct http_exchange *exchange; /* NULL once it is answered */
    struct arena arena;
    json_t *body;              /* owned; the next two are of it */
    const json_t *id, *params; /* params: an object, an array or NULL */
    const char *method;

    bool *later;    /* set when somebody else takes the request over, which may then be gone at any moment */
    json_t *result; /* owned */
    enum rpc_fault_kind fault;
    const char *cause; /* a literal, e.g. "UNKNOWN_BLOCK" */
    json_t *info;      /* owned; NULL: the cause has none */
    json_t *data;      /* owned */
};

/* A method sets r->result or *r->later and returns true, or sets a fault (below) and returns false. */
typedef bool rpc_method(struct rpc_request *r);

/* True when what it calls is not there either; to leave a method early. */
#define NEED(call)        \
    do {                  \
        if (!(call))      \
            return false; \
    } while (0)

/* Reads, dispatches and answers the body of an exchange. */
void rpc_request_run(struct rpc_server *s, struct http_exchange *x);

/* Answers with the result or fault, and frees. */
void rpc_request_finish(struct rpc_request *r);

/* Finds and runs a method; false with METHOD_NOT_FOUND for a name that is none. */
bool rpc_dispatch(struct rpc_request *r);

/* Faults; all return false. `info` is taken over. */
bool rpc_bad_params(struct rpc_request *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool rpc_fault(struct rpc_request *r, const char *cause, json_t *info, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
bool rpc_internal(struct rpc_request *r, struct err *e);

/* True for NULL. ERR_LIMIT is GARBAGE_COLLECTED_BLOCK, anything else an internal error; methods look at ERR_NOT_FOUND first. */
bool rpc_chain_ok(struct rpc_request *r, struct err *e, const struct chain_block *at);

/* Parameters by name; a missing or wrong one is PARSE_ERROR. */
bool rpc_param_text(struct rpc_request *r, const char *name, struct slice *out);
bool rpc_param_account(struct rpc_request *r, const char *name, struct account_id *out);
bool rpc_param_key(struct rpc_request *r, const char *name, struct public_key *out);
bool rpc_param_base64(struct rpc_request *r, const char *name, struct slice *out);
bool rpc_param_hash(struct rpc_request *r, const char *name, struct hash *out);
const json_t *rpc_param(const struct rpc_request *r, const char *name);

/* Texts of values wherever they came from. */
bool rpc_account_of(struct rpc_request *r, struct slice text, struct account_id *out);
bool rpc_base64_of(struct rpc_request *r, const char *name, struct slice text, struct slice *out);
bool rpc_hash_of(struct rpc_request *r, const char *name, struct slice text, struct hash *out);

/* The block that `block_id`, `finality` or `sync_checkpoint` names; exactly one must be there. UNKNOWN_BLOCK otherwise. */
bool rpc_param_block(struct rpc_request *r, struct chain_block *out);

/* A block by a value of its own: a height or a hash; null or NULL is the head. */
bool rpc_block_of(struct rpc_request *r, const json_t *block_id, struct chain_block *out);

/* Adds block_height and block_hash. */
void rpc_add_block(json_t *object, const struct chain_block *at);

/* Methods, by family. */
rpc_method rpc_query, rpc_query_strictly;
rpc_method rpc_send_tx, rpc_broadcast_tx_commit, rpc_broadcast_tx_async, rpc_tx, rpc_tx_with_receipts, rpc_receipt;
rpc_method rpc_receipt_to_tx;
rpc_method rpc_block, rpc_chunk, rpc_gas_price, rpc_congestion_level;
rpc_method rpc_status, rpc_health, rpc_network_info, rpc_validators, rpc_validators_ordered, rpc_maintenance_windows;
rpc_method rpc_genesis_config, rpc_protocol_config, rpc_client_config;
rpc_method rpc_changes, rpc_changes_in_block;
rpc_method rpc_patch_state, rpc_fast_forward;
