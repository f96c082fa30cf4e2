/* near:rpc: the chain, through the worker's own node. The node's address never reaches the program, in no error either. */
#include "base/mem.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "near/account_id.h"
#include "near/transaction.h"
#include "worker/host/host.h"
#include <string.h>

enum { CALLS_MAX = 100, TIMEOUT_MS = 30 * 1000, BODY_SHOWN = 500, HEIGHT_DIGITS_MAX = 20 };

/* The results of every function. */
enum { RESULT, ERROR };

struct rpc {
    struct host_run *run;
    const struct host_request *request;
    struct host_answer *answer;
};

static bool fail(const struct rpc *r, const char *text)
{
    host_answer_fail(r->answer, r->request->op, "%s", text);
    return false;
}

/* --- one JSON-RPC call ---------------------------------------------------------------------------------------------------------- */

static bool is_transaction(const char *method)
{
    return !strcmp(method, "send_tx") || !strcmp(method, "broadcast_tx_async") || !strcmp(method, "broadcast_tx_commit");
}

/* Methods with which a node lets its owner change the chain or itself. */
static bool is_owners(const char *method)
{
    return !strncmp(method, "sandbox_", 8) || !strncmp(method, "adv_", 4);
}

static bool may_call(const struct rpc *r, const char *method)
{
    uint32_t max = r->run->config->rpc_max_calls ? r->run->config->rpc_max_calls : CALLS_MAX;
    if (is_owners(method) || (is_transaction(method) && !r->run->config->rpc_transactions)) {
        host_answer_fail(r->answer, r->request->op,
                         is_owners(method) ? "Method '%s' is disabled" : "Transaction method '%s' is disabled", method);
        return false;
    }
    uint32_t calls = r->run->rpc_calls++;
    if (calls >= max)
        host_answer_fail(r->answer, r->request->op, "RPC rate limit exceeded: %u calls (max: %u)", calls, max);
    return calls < max;
}

/* Takes `params`. False: the answer says why. */
static bool post(const struct rpc *r, const char *method, json_t *params, struct buf *body)
{
    AUTO(json) json_t *envelope =
        json_pack("{s:s,s:s,s:s,s:o}", "jsonrpc", "2.0", "id", "proxy", "method", method, "params", params);
    AUTO(http_answer) struct http_answer http = {0};
    AUTO(buf) struct buf text = {0};
    if (!envelope)
        return fail(r, "the method's name is not text");
    if (!may_call(r, method))
        return false;
    json_doc_write(envelope, &text);
    const struct http_call call = {.method = "POST",
                                   .url = r->run->config->rpc_url,
                                   .body = buf_slice(&text),
                                   .max_answer_len = HOST_ANSWER_MAX,
                                   .timeout_ms = host_time_left(r->request, TIMEOUT_MS)};
    AUTO(err) struct err *e = http_client_call(r->run->http, &call, &http);
    if (e)
        return fail(r, "Failed to send RPC request");
    if (http.status < 200 || http.status > 299) {
        host_answer_fail(r->answer, r->request->op, "RPC returned status %d: %.*s", http.status,
                         SLICE_FMT(slice_first(buf_slice(&http.body), BODY_SHOWN)));
        return false;
    }
    buf_append(body, buf_slice(&http.body));
    return true;
}

/* The whole answer as compact JSON, with every digit of its numbers. */
static void put_answer(const struct rpc *r, const struct buf *body)
{
    struct json_reader reader = json_reader_of(buf_slice(body));
    json_write_sorted(&r->answer->bytes[RESULT], &reader);
    if (!json_end(&reader))
        fail(r, "Failed to parse RPC response");
}

static void ask(const struct rpc *r, const char *method, json_t *params)
{
    AUTO(buf) struct buf body = {0};
    if (post(r, method, params, &body))
        put_answer(r, &body);
}

/* --- parameters ------------------------------------------------------------------------------------------------------------------ */

static struct slice arg(const struct rpc *r, size_t i)
{
    return r->request->args[i].bytes;
}

/* A decimal number of 64 bits. */
static bool read_height(struct slice text, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t digit = (uint8_t)(text.ptr[i] - '0');
        if (digit > 9 || __builtin_mul_overflow(*out, 10, out) || __builtin_add_overflow(*out, digit, out))
            return false;
    }
    return text.len != 0 && text.len <= HEIGHT_DIGITS_MAX;
}

/* A height or a hash; NULL for nothing. */
static json_t *block_id(struct slice text)
{
    uint64_t height;
    return read_height(text, &height) ? json_doc_number(height) : json_doc_string(text);
}

/* Adds what names a block. Returns `params`. */
static json_t *at_block(json_t *params, struct slice block)
{
    bool final = block.len == 0 || slice_eq_str(block, "final");
    if (final || slice_eq_str(block, "optimistic"))
        json_object_set_new(params, "finality", json_string(final ? "final" : "optimistic"));
    else
        json_object_set_new(params, "block_id", block_id(block));
    return params;
}

/* A `query`: its type, then the names of its parameters, of which the block is the last argument. */
static const struct query {
    enum host_op op;
    const char *type, *names[3];
} queries[] = {
    {HOST_RPC_VIEW, "call_function", {"account_id", "method_name", "args_base64"}},
    {HOST_RPC_VIEW_ACCOUNT, "view_account", {"account_id"}},
    {HOST_RPC_VIEW_ACCESS_KEY, "view_access_key", {"account_id", "public_key"}},
    {HOST_RPC_VIEW_ACCESS_KEY_LIST, "view_access_key_list", {"account_id"}},
    {HOST_RPC_VIEW_CODE, "view_code", {"account_id"}},
    {HOST_RPC_VIEW_STATE, "view_state", {"account_id", "prefix_base64"}},
};

static const struct query *find_query(enum host_op op)
{
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        if (queries[i].op == op)
            return &queries[i];
    }
    return NULL;
}

static json_t *query_params(const struct rpc *r, const struct query *q)
{
    json_t *params = json_pack("{s:s}", "request_type", q->type);
    size_t count = 0;
    for (; count < 3 && q->names[count]; count++) {
        AUTO(buf) struct buf base64 = {0};
        bool args = !strcmp(q->names[count], "args_base64");
        if (args)
            base64_append(&base64, arg(r, count));
        json_object_set_new(params, q->names[count], json_doc_string(args ? buf_slice(&base64) : arg(r, count)));
    }
    return at_block(params, arg(r, count));
}

/* --- functions whose result is not the whole answer -------------------------------------------------------------------------------- */

/* What the method returned; the whole answer when it returned nothing. */
static void view(const struct rpc *r)
{
    AUTO(buf) struct buf body = {0}, bytes = {0};
    AUTO(json) json_t *doc = NULL;
    if (!post(r, "query", query_params(r, find_query(HOST_RPC_VIEW)), &body))
        return;
    AUTO(err) struct err *e = json_doc_parse(buf_slice(&body), &doc);
    if (!e && json_doc_bytes(json_object_get(json_object_get(doc, "result"), "result"), &bytes))
        buf_append(&r->answer->bytes[RESULT], buf_slice(&bytes));
    else
        put_answer(r, &body);
}

/* The price as a JSON string, quotes and all. */
static void gas_price(const struct rpc *r)
{
    AUTO(buf) struct buf body = {0};
    AUTO(json) json_t *doc = NULL;
    json_t *params = json_array();
    json_array_append_new(params, arg(r, 0).len ? block_id(arg(r, 0)) : json_null());
    if (!post(r, "gas_price", params, &body))
        return;
    AUTO(err) struct err *e = json_doc_parse(buf_slice(&body), &doc);
    const json_t *price = json_object_get(json_object_get(doc, "result"), "gas_price");
    if (!e && price)
        json_doc_write(price, &r->answer->bytes[RESULT]);
    else
        put_answer(r, &body);
}

static void chunk(const struct rpc *r)
{
    struct slice height_text, rest = slice_cut(arg(r, 0), ',', &height_text);
    uint64_t height = 0, shard = 0;
    if (!rest.ptr) {
        ask(r, "chunk", json_pack("{s:o}", "chunk_id", json_doc_string(arg(r, 0))));
        return;
    }
    if (memchr(rest.ptr, ',', rest.len)) {
        fail(r, "Invalid format. Use 'block_id,shard_id' or 'chunk_id'");
        return;
    }
    if (!read_height(height_text, &height))
        height = 0;
    if (!read_height(rest, &shard))
        shard = 0;
    ask(r, "chunk", json_pack("{s:o,s:o}", "block_id", json_doc_number(height), "shard_id", json_doc_number(shard)));
}

static void raw(const struct rpc *r)
{
    AUTO(str) char *method = mem_copy_str(arg(r, 0).ptr, arg(r, 0).len);
    json_t *params = NULL;
    struct err *e = json_doc_parse(arg(r, 1), &params);
    ask(r, method, e ? json_array() : params);
    err_free(e);
}

/* --- transactions signed with the program's own key ---------------------------------------------------------------------------------- */

struct own_tx {
    struct secret_key key;
    struct transaction t;
    struct action action;
};

static void auto_own_tx(struct own_tx *x)
{
    secret_key_wipe(&x->key);
}

static bool refuse(const struct rpc *r, const char *what, struct err *e)
{
    host_answer_fail(r->answer, r->request->op, "Invalid %s: %s", what, err_text(e));
    err_free(e);
    return false;
}

static struct err *read_u128(struct slice text, u128 *out)
{
    return u128_parse(text, out) ? NULL : err_new(ERR_INVALID, "expected a decimal number of at most 128 bits");
}

static struct err *read_gas(struct slice text, uint64_t *out)
{
    return read_height(text, out) ? NULL : err_new(ERR_INVALID, "expected a decimal number of at most 64 bits");
}

/* The one action, from the arguments behind the receiver. */
static bool read_action(const struct rpc *r, struct own_tx *x)
{
    struct err *e;
    if (r->request->op == HOST_RPC_TRANSFER) {
        x->action = (struct action){.kind = ACTION_TRANSFER};
        e = read_u128(arg(r, 3), &x->action.transfer.deposit);
        return !e || refuse(r, "amount", e);
    }
    x->action = (struct action){.kind = ACTION_FUNCTION_CALL, .call = {.method = arg(r, 3), .args = arg(r, 4)}};
    e = read_u128(arg(r, 5), &x->action.call.deposit);
    if (e)
        return refuse(r, "deposit", e);
    e = read_gas(arg(r, 6), &x->action.call.gas);
    return !e || refuse(r, "gas", e);
}

static bool read_accounts(const struct rpc *r, struct own_tx *x)
{
    struct err *e = secret_key_parse(arg(r, 1), &x->key);
    if (e) {
        err_free(e); /* its text may quote the key */
        return fail(r, "Invalid secret key: expected curve:base58");
    }
    e = account_id_parse(arg(r, 0), &x->t.signer_id);
    if (e)
        return refuse(r, "signer account", e);
    e = account_id_parse(arg(r, 2), &x->t.receiver_id);
    return !e || refuse(r, "receiver account", e);
}

/* Nonce and block hash, from one view of the access key. */
static bool learn_nonce(const struct rpc *r, struct own_tx *x)
{
    char text[KEY_TEXT_MAX];
    AUTO(buf) struct buf body = {0};
    AUTO(json) json_t *doc = NULL;
    json_t *params = json_pack("{s:s,s:s,s:o,s:s}", "request_type", "view_access_key", "finality", "final", "account_id",
                               json_doc_string(arg(r, 0)), "public_key", public_key_text(&x->t.public_key, text));
    if (!post(r, "query", params, &body))
        return false;
    AUTO(err) struct err *e = json_doc_parse(buf_slice(&body), &doc);
    const json_t *result = json_object_get(doc, "result");
    AUTO(err) struct err *no_nonce = json_doc_u64(result, "nonce", &x->t.nonce);
    if (e || no_nonce)
        return fail(r, "Failed to get nonce");
    if (!hash_parse_text(json_doc_text(json_object_get(result, "block_hash")), &x->t.block_hash))
        return fail(r, "Failed to get block_hash");
    x->t.nonce++;
    return true;
}

static void put_outcome(const struct rpc *r, const struct buf *body, const struct hash *hash)
{
    AUTO(json) json_t *doc = NULL;
    AUTO(buf) struct buf text = {0};
    char hash_chars[HASH_TEXT_MAX];
    AUTO(err) struct err *e = json_doc_parse(buf_slice(body), &doc);
    const json_t *error = json_object_get(doc, "error");
    const json_t *failure = json_object_get(json_object_get(json_object_get(doc, "result"), "status"), "Failure");
    if (e) {
        fail(r, "Failed to parse RPC response");
    } else if (error) {
        struct slice message = json_doc_text(json_object_get(error, "message"));
        host_answer_fail(r->answer, r->request->op, "RPC error: %.*s", SLICE_FMT(message));
    } else if (failure) {
        json_doc_write(failure, &text);
        host_answer_fail(r->answer, r->request->op, "Transaction failed: %s", buf_str(&text));
    } else {
        buf_append_str(&r->answer->bytes[RESULT], hash_text(hash, hash_chars));
    }
}

static void send_own(const struct rpc *r)
{
    AUTO(own_tx) struct own_tx x = {0};
    AUTO(buf) struct buf bytes = {0}, base64 = {0}, body = {0};
    struct hash hash;
    if (!read_action(r, &x) || !read_accounts(r, &x))
        return;
    if (!r->run->config->rpc_transactions) {
        fail(r, "Transaction method 'send_tx' is disabled");
        return;
    }
    x.t.public_key = secret_key_public(&x.key);
    x.t.actions = &x.action;
    x.t.action_count = 1;
    if (!learn_nonce(r, &x))
        return;
    transaction_sign(&bytes, &x.t, &x.key, &hash);
    base64_append(&base64, buf_slice(&bytes));
    json_t *params = json_pack("{s:s,s:s}", "signed_tx_base64", buf_str(&base64), "wait_until", "FINAL");
    if (post(r, "send_tx", params, &body))
        put_outcome(r, &body, &hash);
}

/* --- all functions ------------------------------------------------------------------------------------------------------------------ */

static void send_tx(const struct rpc *r)
{
    struct slice wait = arg(r, 1).len ? arg(r, 1) : SLICE("EXECUTED_OPTIMISTIC");
    ask(r, "send_tx",
        json_pack("{s:o,s:o}", "signed_tx_base64", json_doc_string(arg(r, 0)), "wait_until", json_doc_string(wait)));
}

static void tx_status(const struct rpc *r)
{
    json_t *params =
        json_pack("{s:o,s:o}", "tx_hash", json_doc_string(arg(r, 0)), "sender_account_id", json_doc_string(arg(r, 1)));
    if (arg(r, 2).len)
        json_object_set_new(params, "wait_until", json_doc_string(arg(r, 2)));
    ask(r, "EXPERIMENTAL_tx_status", params);
}

static void validators(const struct rpc *r)
{
    ask(r, "validators", json_pack("[o]", arg(r, 0).len ? json_doc_string(arg(r, 0)) : json_null()));
}

enum host_verdict host_rpc(void *self, const struct host_request *request, struct host_answer *answer)
{
    const struct rpc r = {.run = self, .request = request, .answer = answer};
    const struct query *query = find_query(request->op);
    switch (request->op) {
    case HOST_RPC_VIEW:
        view(&r);
        break;
    case HOST_RPC_BLOCK:
        ask(&r, "block", at_block(json_object(), arg(&r, 0)));
        break;
    case HOST_RPC_CHUNK:
        chunk(&r);
        break;
    case HOST_RPC_CHANGES:
        ask(&r, "EXPERIMENTAL_changes_in_block", at_block(json_object(), arg(&r, 0)));
        break;
    case HOST_RPC_SEND_TX:
        send_tx(&r);
        break;
    case HOST_RPC_TX_STATUS:
        tx_status(&r);
        break;
    case HOST_RPC_RECEIPT:
        ask(&r, "EXPERIMENTAL_receipt", json_pack("{s:o}", "receipt_id", json_doc_string(arg(&r, 0))));
        break;
    case HOST_RPC_CALL:
    case HOST_RPC_TRANSFER:
        send_own(&r);
        break;
    case HOST_RPC_GAS_PRICE:
        gas_price(&r);
        break;
    case HOST_RPC_STATUS:
        ask(&r, "status", json_array());
        break;
    case HOST_RPC_NETWORK_INFO:
        ask(&r, "network_info", json_array());
        break;
    case HOST_RPC_VALIDATORS:
        validators(&r);
        break;
    case HOST_RPC_RAW:
        raw(&r);
        break;
    default:
        ask(&r, "query", query_params(&r, query));
    }
    return HOST_GO_ON;
}
