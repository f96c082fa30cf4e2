/* Sending transactions and following them.
 *
 * A request that has to wait leaves its thread (waits.h); rpc_tx_answer ends it either way. */
#include "devnet/rpc/waits.h"

static const char no_status[] = "{\"final_execution_status\":\"NONE\"}";

bool rpc_tx_answer(struct rpc_request *r, const struct hash *tx_hash, bool reached, bool with_receipts)
{
    struct chain_tx_status status;
    if (!reached)
        return rpc_fault(r, "TIMEOUT_ERROR", NULL, "Timeout");
    struct err *e = chain_tx_status(r->chain, tx_hash, &r->arena, &status);
    if (e)
        return rpc_internal(r, e);
    r->result = view_tx_status(&status, with_receipts);
    return true;
}

static bool answer_none(struct rpc_request *r)
{
    r->result = json_loads(no_status, 0, NULL);
    return true;
}

/* Answers now when the transaction is far enough, else when it is. */
static bool follow(struct rpc_request *r, const struct hash *tx_hash, enum chain_level wanted, bool with_receipts)
{
    enum chain_level actual;
    struct err *e = chain_tx_level(r->chain, tx_hash, &actual);
    if (e)
        return rpc_internal(r, e);
    if (actual != CHAIN_LEVEL_NONE && chain_level_satisfies(actual, wanted))
        return rpc_tx_answer(r, tx_hash, true, with_receipts);
    rpc_wait_tx(r, tx_hash, wanted, with_receipts);
    return true;
}

static bool wanted_level(struct rpc_request *r, enum chain_level *out)
{
    const json_t *level = rpc_param(r, "wait_until");
    *out = CHAIN_LEVEL_EXECUTED_OPTIMISTIC;
    if (!level || json_is_null(level) || chain_level_parse(json_doc_text(level), out))
        return true;
    return rpc_bad_params(r,
                          "Failed parsing args: `wait_until` is none of NONE, INCLUDED, EXECUTED_OPTIMISTIC, INCLUDED_FINAL, "
                          "EXECUTED, FINAL");
}

static bool signed_bytes(struct rpc_request *r, struct slice *out)
{
    if (!json_is_array(r->params))
        return rpc_param_base64(r, "signed_tx_base64", out);
    struct slice text = json_doc_text(json_array_get(r->params, 0));
    if (json_array_size(r->params) != 1 || !text.ptr)
        return rpc_bad_params(r, "Failed parsing args: expected one base64 string, the signed transaction");
    return rpc_base64_of(r, "signed_tx_base64", text, out);
}

static bool submit(struct rpc_request *r, struct chain_submission *out)
{
    struct slice bytes = {0};
    NEED(signed_bytes(r, &bytes));
    struct err *e = chain_submit(r->chain, bytes, &r->arena, out);
    if (e && err_code(e) == ERR_BUG)
        return rpc_internal(r, e);
    if (e)
        rpc_bad_params(r, "Failed to decode transaction: %s", err_text(e));
    err_free(e);
    return r->fault == RPC_FINE;
}

/* The reason stands in `data`, where clients look for it. */
static bool invalid_transaction(struct rpc_request *r, const char *reason)
{
    json_t *why = NULL;
    AUTO(err) struct err *e = json_doc_parse(slice_str(reason), &why);
    if (e)
        why = json_doc_string(slice_str(reason));
    rpc_fault(r, "INVALID_TRANSACTION", json_object(), "%s", "");
    json_decref(r->data);
    r->data = json_pack("{s:{s:o}}", "TxExecutionError", "InvalidTxError", why);
    return false;
}

static bool send(struct rpc_request *r, enum chain_level wanted)
{
    struct chain_submission s;
    NEED(submit(r, &s));
    if (s.verdict == CHAIN_REFUSED)
        return invalid_transaction(r, s.invalid);
    return wanted == CHAIN_LEVEL_NONE ? answer_none(r) : follow(r, &s.hash, wanted, false);
}

bool rpc_send_tx(struct rpc_request *r)
{
    enum chain_level wanted;
    NEED(wanted_level(r, &wanted));
    return send(r, wanted);
}

bool rpc_broadcast_tx_commit(struct rpc_request *r)
{
    return send(r, CHAIN_LEVEL_EXECUTED_OPTIMISTIC);
}

/* Tells nothing of validity, as the node: who wants to know asks for the transaction. */
bool rpc_broadcast_tx_async(struct rpc_request *r)
{
    struct chain_submission s;
    NEED(submit(r, &s));
    r->result = view_hash(&s.hash);
    return true;
}

/* Four forms: by hash and sender, or by the signed transaction; as an object or as a list. The sender tells a node of many shards where
 * to look, and is not compared: nor do nodes that track them all. */
static bool named_transaction(struct rpc_request *r, struct hash *out)
{
    struct slice bytes = {0};
    struct account_id sender;
    struct signed_transaction t;
    if (json_array_size(r->params) == 2) {
        NEED(rpc_account_of(r, json_doc_text(json_array_get(r->params, 1)), &sender));
        return rpc_hash_of(r, "tx_hash", json_doc_text(json_array_get(r->params, 0)), out);
    }
    if (rpc_param(r, "tx_hash")) {
        NEED(rpc_param_account(r, "sender_account_id", &sender));
        return rpc_param_hash(r, "tx_hash", out);
    }
    NEED(signed_bytes(r, &bytes));
    AUTO(err) struct err *e = signed_transaction_read(bytes, &r->arena, &t);
    if (e)
        return rpc_bad_params(r, "Failed to decode transaction: %s", err_text(e));
    *out = t.hash;
    return true;
}

static bool answer_at_once(struct rpc_request *r, const struct hash *tx_hash, bool with_receipts)
{
    enum chain_level actual;
    struct err *e = chain_tx_level(r->chain, tx_hash, &actual);
    if (e)
        return rpc_internal(r, e);
    if (actual != CHAIN_LEVEL_NONE)
        return rpc_tx_answer(r, tx_hash, true, with_receipts);
    if (chain_tx_pooled(r->chain, tx_hash))
        return answer_none(r);
    char text[HASH_TEXT_MAX];
    return rpc_fault(r, "UNKNOWN_TRANSACTION", json_pack("{s:o}", "requested_transaction_hash", view_hash(tx_hash)),
                     "Transaction %s doesn't exist", hash_text(tx_hash, text));
}

static bool transaction_status(struct rpc_request *r, bool with_receipts)
{
    enum chain_level wanted;
    struct hash tx_hash;
    NEED(wanted_level(r, &wanted));
    NEED(named_transaction(r, &tx_hash));
    return wanted == CHAIN_LEVEL_NONE ? answer_at_once(r, &tx_hash, with_receipts) : follow(r, &tx_hash, wanted, with_receipts);
}

bool rpc_tx(struct rpc_request *r)
{
    return transaction_status(r, false);
}

bool rpc_tx_with_receipts(struct rpc_request *r)
{
    return transaction_status(r, true);
}

static bool find_receipt(struct rpc_request *r, struct chain_receipt *out)
{
    struct hash id;
    char text[HASH_TEXT_MAX];
    NEED(rpc_param_hash(r, "receipt_id", &id));
    struct err *e = chain_receipt_by_id(r->chain, &id, &r->arena, out);
    if (!e)
        return true;
    if (err_code(e) != ERR_NOT_FOUND)
        return rpc_internal(r, e);
    err_free(e);
    return rpc_fault(r, "UNKNOWN_RECEIPT", json_pack("{s:o}", "receipt_id", view_hash(&id)),
                     "Receipt with id %s has never been observed on this node", hash_text(&id, text));
}

bool rpc_receipt(struct rpc_request *r)
{
    struct chain_receipt receipt;
    NEED(find_receipt(r, &receipt));
    r->result = view_receipt(&receipt.receipt);
    return true;
}

/* By the transaction that the receipt descends from. */
bool rpc_receipt_to_tx(struct rpc_request *r)
{
    struct chain_receipt receipt;
    struct chain_tx_status status;
    NEED(find_receipt(r, &receipt));
    struct err *e = chain_tx_status(r->chain, &receipt.receipt.tx_hash, &r->arena, &status);
    if (e)
        return rpc_internal(r, e);
    r->result = json_pack("{s:o,s:o}", "transaction_hash", view_hash(&receipt.receipt.tx_hash), "sender_account_id",
                          view_account_id(&status.tx.signed_tx.transaction.signer_id));
    return true;
}
