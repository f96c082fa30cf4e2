/* For tests: a NEAR node of one contract on a port of its own. Every account has one access key, that of op.test in the state that the test says. What it does with
 * each transaction that comes is scripted; what came is recorded. Executed transactions are remembered by their hash, as a node does. */
#pragma once
#include "base/test.h"
#include "codec/base64.h"
#include "codec/json_doc.h"
#include "near/transaction.h"
#include "net/http_server.h"
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum node_step {
    NODE_EXECUTE,          /* takes it, answers */
    NODE_FAIL,             /* takes it, its receipt fails with `failure` */
    NODE_LOSE_ANSWER,      /* takes it, answers TIMEOUT_ERROR */
    NODE_IGNORE,           /* does not take it, answers TIMEOUT_ERROR */
    NODE_REFUSE_NONCE,     /* InvalidNonce; the key's nonce is 10 more then */
    NODE_REFUSE_EXPIRED,   /* Expired */
    NODE_REFUSE_BALANCE,   /* NotEnoughBalance */
    NODE_REFUSE_KEY,       /* AccessKeyNotFound; the key is gone then */
    NODE_REFUSE_ALLOWANCE, /* NotEnoughAllowance */
    NODE_REFUSE_SIZE,      /* TransactionSizeExceeded */
    NODE_REFUSE_CROWD,     /* ShardCongested */
    NODE_DENY,             /* an error that says nothing of the transaction: a provider's */
    NODE_HOLD_INVALID,     /* takes it; the block holds that the key may not send it */
    NODE_BREAK,            /* HTTP 500 without JSON-RPC */
};

enum { NODE_STEPS_MAX = 16, NODE_TX_MAX = 16 };

struct node_fake {
    struct http_server *server;
    char url[64];
    pthread_mutex_t lock;
    /* the script; past its end every transaction is executed */
    enum node_step steps[NODE_STEPS_MAX];
    size_t step_count, step_next;
    const char *failure;
    const char *view;       /* what every view call returns, JSON */
    const char *permission; /* of the key, JSON; NULL: full access */
    uint64_t head_height;
    uint64_t nonce;
    bool key_gone; /* until a worker's key is registered */
    /* the record */
    unsigned sends, key_views, views;
    struct hash executed[NODE_TX_MAX];
    size_t executed_count;
    uint64_t executed_nonce[NODE_TX_MAX];
    struct public_key signed_by; /* the last one */
    char methods[NODE_TX_MAX][64];
    char args[NODE_TX_MAX][2048];
};

static inline json_t *node_error(const char *cause, json_t *data)
{
    return json_pack("{s:s,s:{s:s,s:{}},s:i,s:s,s:o}", "name", "HANDLER_ERROR", "cause", "name", cause, "info", "code", -32000,
                     "message", "Server error", "data", data ? data : json_string("no such thing"));
}

static inline json_t *node_tx_error(json_t *kind)
{
    return node_error("INVALID_TRANSACTION", json_pack("{s:{s:o}}", "TxExecutionError", "InvalidTxError", kind));
}

static inline json_t *node_execution(const char *id, json_t *status, json_t *logs, json_t *receipts)
{
    return json_pack("{s:s,s:s,s:{s:o,s:o,s:I,s:s,s:s,s:o}}", "id", id, "block_hash", id, "outcome", "logs", logs,
                     "receipt_ids", receipts, "gas_burnt", (json_int_t)1000, "tokens_burnt", "7", "executor_id", "c.test",
                     "status", status);
}

static inline json_t *node_outcome(const struct node_fake *n, const struct hash *hash, bool fails)
{
    char text[HASH_TEXT_MAX];
    hash_text(hash, text);
    json_t *status = fails ? json_pack("{s:{s:{s:i,s:{s:{s:s}}}}}", "Failure", "ActionError", "index", 0, "kind",
                                       "FunctionCallError", "ExecutionError", n->failure)
                           : json_pack("{s:s}", "SuccessValue", "NDI=");
    json_t *logs = json_pack("[s,s]", "hello", "[[yNEAR charged: \"1234500000000000000000\"]]");
    return json_pack("{s:s,s:O,s:{s:s,s:s,s:s},s:o,s:[o]}", "final_execution_status", "FINAL", "status", status, "transaction",
                     "hash", text, "signer_id", "op.test", "receiver_id", "c.test", "transaction_outcome",
                     node_execution(text, json_pack("{s:s}", "SuccessReceiptId", text), json_array(), json_pack("[s]", text)),
                     "receipts_outcome", node_execution(text, status, logs, json_array()));
}

static inline json_t *node_key_error(const char *name)
{
    return json_pack("{s:{s:{s:s}}}", "InvalidAccessKeyError", name, "account_id", "op.test");
}

static inline json_t *node_held_invalid(const struct hash *hash)
{
    char text[HASH_TEXT_MAX];
    return json_pack("{s:s,s:{s:{s:o}},s:{s:s,s:s,s:s}}", "final_execution_status", "FINAL", "status", "Failure",
                     "InvalidTxError", node_key_error("AccessKeyNotFound"), "transaction", "hash", hash_text(hash, text),
                     "signer_id", "op.test", "receiver_id", "c.test");
}

static inline bool node_knows(const struct node_fake *n, const struct hash *hash)
{
    for (size_t i = 0; i < n->executed_count; i++) {
        if (hash_eq(&n->executed[i], hash))
            return true;
    }
    return false;
}

static inline void node_execute(struct node_fake *n, const struct signed_transaction *t)
{
    const struct action *a = &t->transaction.actions[0];
    size_t i = n->executed_count++ % NODE_TX_MAX;
    n->executed[i] = t->hash;
    n->executed_nonce[i] = n->nonce = t->transaction.nonce;
    n->signed_by = t->transaction.public_key;
    snprintf(n->methods[i], sizeof n->methods[i], "%.*s", SLICE_FMT(a->call.method));
    snprintf(n->args[i], sizeof n->args[i], "%.*s", SLICE_FMT(a->call.args));
}

/* Sets either *result or *error; neither: the connection gets HTTP 500. */
static inline void node_send_tx(struct node_fake *n, const json_t *params, json_t **result, json_t **error)
{
    AUTO(arena) struct arena arena = {0};
    AUTO(buf) struct buf bytes = {0};
    struct signed_transaction t;
    base64_decode(json_doc_text(json_object_get(params, "signed_tx_base64")), &bytes, NULL);
    struct err *e = signed_transaction_read(buf_slice(&bytes), &arena, &t);
    if (e || !signature_verify(&t.signature, &t.transaction.public_key, hash_slice(&t.hash))) {
        err_free(e);
        *error = node_tx_error(json_string("InvalidSignature"));
        return;
    }
    n->sends++;
    if (node_knows(n, &t.hash)) {
        *result = node_outcome(n, &t.hash, false);
        return;
    }
    enum node_step step = n->step_next < n->step_count ? n->steps[n->step_next++] : NODE_EXECUTE;
    if (t.transaction.nonce <= n->nonce && step == NODE_EXECUTE)
        step = NODE_REFUSE_NONCE;
    switch (step) {
    case NODE_EXECUTE:
    case NODE_FAIL:
        node_execute(n, &t);
        if (step == NODE_EXECUTE && slice_eq_str(t.transaction.actions[0].call.method, "register_worker_key"))
            n->key_gone = false;
        *result = node_outcome(n, &t.hash, step == NODE_FAIL);
        return;
    case NODE_LOSE_ANSWER:
        node_execute(n, &t);
        *error = node_error("TIMEOUT_ERROR", NULL);
        return;
    case NODE_IGNORE:
        *error = node_error("TIMEOUT_ERROR", NULL);
        return;
    case NODE_REFUSE_NONCE:
        n->nonce += 10;
        *error = node_tx_error(json_pack("{s:{s:I,s:I}}", "InvalidNonce", "tx_nonce", (json_int_t)t.transaction.nonce,
                                         "ak_nonce", (json_int_t)n->nonce));
        return;
    case NODE_REFUSE_EXPIRED:
        *error = node_tx_error(json_string("Expired"));
        return;
    case NODE_REFUSE_BALANCE:
        *error = node_tx_error(
            json_pack("{s:{s:s,s:s,s:s}}", "NotEnoughBalance", "signer_id", "op.test", "balance", "1", "cost", "2"));
        return;
    case NODE_REFUSE_KEY:
        n->key_gone = true;
        *error = node_tx_error(node_key_error("AccessKeyNotFound"));
        return;
    case NODE_REFUSE_ALLOWANCE:
        *error = node_tx_error(node_key_error("NotEnoughAllowance"));
        return;
    case NODE_REFUSE_SIZE:
        *error = node_tx_error(json_pack("{s:{s:i,s:i}}", "TransactionSizeExceeded", "size", 2, "limit", 1));
        return;
    case NODE_REFUSE_CROWD:
        *error = node_tx_error(json_pack("{s:{s:i,s:f}}", "ShardCongested", "shard_id", 0, "congestion_level", 1.0));
        return;
    case NODE_DENY:
        *error = json_pack("{s:i,s:s}", "code", -32001, "message", "Unauthorized");
        return;
    case NODE_HOLD_INVALID:
        node_execute(n, &t);
        *result = node_held_invalid(&t.hash);
        return;
    case NODE_BREAK:
        return;
    }
}

static inline void node_query(struct node_fake *n, const json_t *params, json_t **result, json_t **error)
{
    AUTO(json) json_t *bytes = json_array();
    if (slice_eq_str(json_doc_text(json_object_get(params, "request_type")), "view_access_key")) {
        n->key_views++;
        bool of_op = slice_eq_str(json_doc_text(json_object_get(params, "account_id")), "op.test");
        if (n->key_gone && of_op) {
            *error = node_error("UNKNOWN_ACCESS_KEY", NULL);
            return;
        }
        struct hash hash = hash_sha256(SLICE("block"));
        char text[HASH_TEXT_MAX];
        json_t *permission = NULL;
        assert_ok(json_doc_parse(slice_str(n->permission ? n->permission : "\"FullAccess\""), &permission));
        *result = json_pack("{s:I,s:o,s:s}", "nonce", (json_int_t)n->nonce, "permission", permission, "block_hash",
                            hash_text(&hash, text));
        return;
    }
    n->views++;
    for (const char *c = n->view ? n->view : "null"; *c; c++)
        json_array_append_new(bytes, json_integer((unsigned char)*c));
    *result = json_pack("{s:O,s:[]}", "result", bytes, "logs");
}

static inline void node_answer(struct node_fake *n, const json_t *request, json_t **result, json_t **error)
{
    struct slice method = json_doc_text(json_object_get(request, "method"));
    const json_t *params = json_object_get(request, "params");
    struct hash hash = hash_sha256(SLICE("block"));
    char text[HASH_TEXT_MAX];
    if (slice_eq_str(method, "send_tx")) {
        node_send_tx(n, params, result, error);
    } else if (slice_eq_str(method, "query")) {
        node_query(n, params, result, error);
    } else if (slice_eq_str(method, "block")) {
        *result = json_pack("{s:{s:I,s:s,s:I}}", "header", "height", (json_int_t)n->head_height, "hash", hash_text(&hash, text),
                            "timestamp", (json_int_t)1);
    } else if (slice_eq_str(method, "tx")) {
        if (hash_parse_text(json_doc_text(json_object_get(params, "tx_hash")), &hash) && node_knows(n, &hash))
            *result = node_outcome(n, &hash, false);
        else
            *error = node_error("UNKNOWN_TRANSACTION", NULL);
    } else {
        *error = node_error("METHOD_NOT_FOUND", NULL);
    }
}

static inline void node_handle(struct http_exchange *x, struct node_fake *n)
{
    AUTO(json) json_t *request = NULL, *result = NULL, *error = NULL;
    AUTO(buf) struct buf text = {0};
    err_free(json_doc_parse(http_request_body(x), &request));
    pthread_mutex_lock(&n->lock);
    node_answer(n, request, &result, &error);
    pthread_mutex_unlock(&n->lock);
    AUTO(json) json_t *answer = json_pack("{s:s,s:O?,s:O?}", "jsonrpc", "2.0", "result", result, "error", error);
    if (!result)
        json_object_del(answer, "result");
    if (!error)
        json_object_del(answer, "error");
    json_doc_write(answer, &text);
    if (!result && !error)
        http_reply(x, 500, "text/plain", SLICE("broken"));
    else
        http_reply(x, 200, NULL, buf_slice(&text));
}

static inline void node_handle_alone(struct http_exchange *x, void *context)
{
    node_handle(x, context);
}

/* Starts a node that serves nothing else. */
static inline void node_start(struct node_fake *n)
{
    static const struct http_route routes[] = {{HTTP_POST, "/", node_handle_alone}};
    const struct http_server_config config = {
        .address = "127.0.0.1", .loops = 1, .routes = routes, .route_count = 1, .context = n};
    pthread_mutex_init(&n->lock, NULL);
    assert_ok(http_server_start(&config, &n->server));
    snprintf(n->url, sizeof n->url, "http://127.0.0.1:%u", http_server_port(n->server));
}

static inline void node_stop(struct node_fake *n)
{
    http_server_stop(n->server, 100);
    pthread_mutex_destroy(&n->lock);
}
