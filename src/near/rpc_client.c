#include "near/rpc_client.h"
#include "base/clock.h"
#include "base/mem.h"
#include "codec/base64.h"
#include "net/http_client.h"
#include <string.h>
#include <time.h>

enum { DEFAULT_ATTEMPTS = 4, DEFAULT_TIMEOUT_MS = 30 * 1000, DEFAULT_PAUSE_MS = 200, ANSWER_MAX = 64 * 1024 * 1024 };

struct rpc_client {
    struct http_client *http;
    char *url;
    unsigned attempts, timeout_ms, first_pause_ms;
    uint64_t next_id;
};

/* A node's answer that is an error, before it becomes a `struct err`. */
struct node_fault {
    struct slice name; /* cause.name; empty when the node gave none */
    const json_t *data;
};

static const struct {
    const char *cause;
    enum err_code code;
} fault_codes[] = {
    {"UNKNOWN_ACCOUNT", ERR_NOT_FOUND},        {"UNKNOWN_ACCESS_KEY", ERR_NOT_FOUND},
    {"UNKNOWN_BLOCK", ERR_NOT_FOUND},          {"UNKNOWN_TRANSACTION", ERR_NOT_FOUND},
    {"UNKNOWN_RECEIPT", ERR_NOT_FOUND},        {"UNKNOWN_CHUNK", ERR_NOT_FOUND},
    {"NO_CONTRACT_CODE", ERR_NOT_FOUND},       {"GARBAGE_COLLECTED_BLOCK", ERR_NOT_FOUND},
    {"TIMEOUT_ERROR", ERR_UNAVAILABLE},        {"INTERNAL_ERROR", ERR_UNAVAILABLE},
    {"NOT_SYNCED_YET", ERR_UNAVAILABLE},       {"NO_SYNCED_BLOCKS", ERR_UNAVAILABLE},
    {"UNAVAILABLE_SHARD", ERR_UNAVAILABLE},    {"REQUEST_ROUTED", ERR_UNAVAILABLE},
    {"DOES_NOT_TRACK_SHARD", ERR_UNAVAILABLE},
};

static enum err_code code_of_fault(struct slice cause)
{
    for (size_t i = 0; i < sizeof fault_codes / sizeof *fault_codes; i++) {
        if (slice_eq_str(cause, fault_codes[i].cause))
            return fault_codes[i].code;
    }
    return ERR_INVALID;
}

struct err *rpc_client_new(const struct rpc_config *config, struct rpc_client **out)
{
    struct rpc_client *c = mem_calloc(1, sizeof *c);
    struct err *e = http_client_new(&c->http);
    if (e) {
        mem_free(c);
        return e;
    }
    c->url = mem_copy_str(config->url, strlen(config->url));
    c->attempts = config->attempts ? config->attempts : DEFAULT_ATTEMPTS;
    c->timeout_ms = config->timeout_ms ? config->timeout_ms : DEFAULT_TIMEOUT_MS;
    c->first_pause_ms = config->first_pause_ms ? config->first_pause_ms : DEFAULT_PAUSE_MS;
    *out = c;
    return NULL;
}

void rpc_client_free(struct rpc_client *c)
{
    if (!c)
        return;
    http_client_free(c->http);
    mem_free(c->url);
    mem_free(c);
}

static void pause_ms(uint64_t ms)
{
    struct timespec rest = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000 * NS_PER_MS)};
    while (nanosleep(&rest, &rest))
        ;
}

static void build_request(struct rpc_client *c, const char *method, json_t *params, struct buf *out)
{
    AUTO(json) json_t *request = json_object();
    json_object_set_new(request, "jsonrpc", json_string("2.0"));
    json_object_set_new(request, "id", json_integer((json_int_t)++c->next_id));
    json_object_set_new(request, "method", json_string(method));
    json_object_set_new(request, "params", params);
    json_doc_write(request, out);
}

/* What is wrong with the transaction itself; NULL when the node names nothing. */
static const json_t *invalid_tx_of(const struct node_fault *fault)
{
    return json_object_get(json_object_get(fault->data, "TxExecutionError"), "InvalidTxError");
}

/* The sentence of an error object: cause, then the text of `data` where it has one. */
static struct err *err_of_fault(const char *method, const struct node_fault *fault, const json_t *error)
{
    AUTO(arena) struct arena arena = {0};
    struct slice detail = json_doc_text(fault->data);
    const json_t *tx_error = invalid_tx_of(fault);
    enum err_code code = code_of_fault(fault->name);
    if (tx_error) {
        code = tx_refusal_code(tx_refusal_of(tx_error));
        AUTO(json) json_t *wrapped = json_pack("{s:O}", "InvalidTxError", tx_error);
        detail = tx_failure_text(wrapped, &arena);
    }
    if (!detail.len)
        detail = json_doc_text(json_object_get(error, "message"));
    detail = json_doc_cut_utf8(detail, 2048);
    return err_new(code, "NEAR node refuses %s: %.*s%s%.*s", method, SLICE_FMT(fault->name),
                   fault->name.len && detail.len ? ": " : "", SLICE_FMT(detail));
}

static struct node_fault fault_of(const json_t *error)
{
    const json_t *cause = json_object_get(error, "cause");
    return (struct node_fault){.name = json_doc_text(json_object_get(cause, "name")), .data = json_object_get(error, "data")};
}

/* One attempt. With an error object of the node in the answer, *answer keeps it for whoever wants its details. */
static struct err *call_once(struct rpc_client *c, const char *method, struct slice body, json_t **answer)
{
    AUTO(http_answer) struct http_answer http = {0};
    const struct http_call call = {
        .method = "POST", .url = c->url, .body = body, .max_answer_len = ANSWER_MAX, .timeout_ms = c->timeout_ms};
    struct err *e = http_client_call(c->http, &call, &http);
    if (e) {
        enum err_code code = err_code(e);
        err_free(e); /* its text may name the address */
        return code == ERR_LIMIT
                   ? err_new(ERR_LIMIT, "NEAR node's answer to %s is longer than %d bytes", method, ANSWER_MAX)
                   : err_new(code, "NEAR node does not answer %s; check that the RPC address is right and up", method);
    }
    AUTO(json) json_t *doc = NULL;
    e = json_doc_parse(buf_slice(&http.body), &doc);
    const json_t *error = json_object_get(doc, "error");
    if (!e && error) {
        struct node_fault fault = fault_of(error);
        *answer = json_incref(doc);
        return err_of_fault(method, &fault, error);
    }
    if (!e && http.status == 200 && json_object_get(doc, "result")) {
        *answer = json_incref(doc);
        return NULL;
    }
    err_free(e);
    enum err_code code = http.status == 429                         ? ERR_LIMIT
                         : http.status >= 500 || http.status == 408 ? ERR_UNAVAILABLE
                                                                    : ERR_INVALID;
    return err_new(code, "NEAR node's answer to %s is HTTP %d without a JSON-RPC result", method, http.status);
}

static bool is_node_timeout(const json_t *answer)
{
    return slice_eq_str(fault_of(json_object_get(answer, "error")).name, "TIMEOUT_ERROR");
}

/* Attempts until the node decides. A TIMEOUT_ERROR is a decision here: the node itself has waited. */
static struct err *call_patiently(struct rpc_client *c, const char *method, json_t *params, json_t **answer)
{
    AUTO(buf) struct buf body = {0};
    build_request(c, method, params, &body);
    uint64_t pause = c->first_pause_ms;
    for (unsigned attempt = 1;; attempt++, pause *= 2) {
        struct err *e = call_once(c, method, buf_slice(&body), answer);
        bool again = e && (err_code(e) == ERR_UNAVAILABLE || err_code(e) == ERR_LIMIT) && !is_node_timeout(*answer);
        if (!again || attempt >= c->attempts)
            return e;
        err_free(e);
        json_decref(*answer);
        *answer = NULL;
        pause_ms(pause);
    }
}

struct err *rpc_call(struct rpc_client *c, const char *method, json_t *params, json_t **result)
{
    AUTO(json) json_t *answer = NULL;
    TRY(call_patiently(c, method, params, &answer));
    *result = json_incref(json_object_get(answer, "result"));
    return NULL;
}

/* `query` of the newest block, with its habit of answering failures as a result with `error`. Takes `extra`. */
static struct err *query(struct rpc_client *c, const char *type, struct slice account_id, json_t *extra, json_t **result)
{
    json_object_set_new(extra, "request_type", json_string(type));
    json_object_set_new(extra, "finality", json_string("optimistic"));
    json_object_set_new(extra, "account_id", json_doc_string(account_id));
    TRY_DOING(rpc_call(c, "query", extra, result), "%s of %.*s", type, SLICE_FMT(account_id));
    struct slice error = {0};
    if (json_is_object(*result))
        TRY(json_doc_str_opt(*result, "error", &error));
    if (!error.ptr)
        return NULL;
    static const struct slice no_key = {(const uint8_t *)"access key", 10};
    return err_new(slice_starts_with(error, no_key) ? ERR_NOT_FOUND : ERR_INVALID, "%s of %.*s: %.*s", type,
                   SLICE_FMT(account_id), SLICE_FMT(error));
}

struct err *rpc_view_account(struct rpc_client *c, struct slice account_id, struct rpc_account *out)
{
    AUTO(json) json_t *result = NULL;
    TRY(query(c, "view_account", account_id, json_object(), &result));
    TRY(json_doc_u128(result, "amount", &out->amount));
    TRY(json_doc_u128(result, "locked", &out->locked));
    TRY(json_doc_u64(result, "storage_usage", &out->storage_usage));
    return tx_read_hash(result, "code_hash", &out->code_hash);
}

static struct err *query_key(struct rpc_client *c, struct slice account_id, const struct public_key *key, json_t **result)
{
    char text[KEY_TEXT_MAX];
    return query(c, "view_access_key", account_id, json_pack("{s:s}", "public_key", public_key_text(key, text)), result);
}

struct err *rpc_view_access_key(struct rpc_client *c, struct slice account_id, const struct public_key *key,
                                struct rpc_access_key *out)
{
    AUTO(json) json_t *result = NULL;
    TRY(query_key(c, account_id, key, &result));
    TRY(json_doc_u64(result, "nonce", &out->nonce));
    out->full_access = slice_eq_str(json_doc_text(json_object_get(result, "permission")), "FullAccess");
    return NULL;
}

struct err *rpc_view_permission(struct rpc_client *c, struct slice account_id, const struct public_key *key,
                                json_t **permission)
{
    AUTO(json) json_t *result = NULL;
    TRY(query_key(c, account_id, key, &result));
    *permission = json_incref(json_object_get(result, "permission"));
    return *permission ? NULL : err_new(ERR_INVALID, "view_access_key: the answer has no `permission`");
}

struct err *rpc_view_access_keys(struct rpc_client *c, struct slice account_id, json_t **keys)
{
    AUTO(json) json_t *result = NULL;
    TRY(query(c, "view_access_key_list", account_id, json_object(), &result));
    json_t *list = json_object_get(result, "keys");
    if (!json_is_array(list))
        return err_new(ERR_INVALID, "view_access_key_list: the answer has no list `keys`");
    *keys = json_incref(list);
    return NULL;
}

struct err *rpc_view_call(struct rpc_client *c, struct slice contract_id, const char *method, struct slice args,
                          struct buf *out)
{
    AUTO(json) json_t *result = NULL;
    AUTO(buf) struct buf args_base64 = {0};
    base64_append(&args_base64, args);
    json_t *params = json_pack("{s:s,s:s}", "method_name", method, "args_base64", buf_str(&args_base64));
    TRY_DOING(query(c, "call_function", contract_id, params, &result), "viewing %s", method);
    if (!json_doc_bytes(json_object_get(result, "result"), out))
        return err_new(ERR_INVALID, "viewing %s: `result` is not an array of bytes", method);
    return NULL;
}

struct err *rpc_chain_id(struct rpc_client *c, struct buf *out)
{
    AUTO(json) json_t *result = NULL;
    struct slice id;
    TRY(rpc_call(c, "status", json_array(), &result));
    TRY_DOING(json_doc_str(result, "chain_id", &id), "status");
    buf_append(out, id);
    return NULL;
}

struct err *rpc_final_block(struct rpc_client *c, struct rpc_block *out)
{
    AUTO(json) json_t *result = NULL;
    TRY(rpc_call(c, "block", json_pack("{s:s}", "finality", "final"), &result));
    const json_t *header = json_object_get(result, "header");
    TRY(json_doc_u64(header, "height", &out->height));
    TRY(json_doc_u64(header, "timestamp", &out->timestamp_ns));
    return tx_read_hash(header, "hash", &out->hash);
}

static enum tx_refusal refusal_of(const json_t *answer)
{
    const struct node_fault fault = fault_of(json_object_get(answer, "error"));
    const json_t *invalid_tx = invalid_tx_of(&fault);
    return invalid_tx ? tx_refusal_of(invalid_tx) : TX_UNDECIDED;
}

struct err *rpc_send_tx(struct rpc_client *c, struct slice signed_tx, enum tx_level level, struct tx_outcome *out,
                        enum tx_refusal *refusal)
{
    AUTO(json) json_t *answer = NULL;
    AUTO(buf) struct buf tx = {0}, body = {0};
    base64_append(&tx, signed_tx);
    json_t *params = json_pack("{s:s,s:s}", "signed_tx_base64", buf_str(&tx), "wait_until", tx_level_name(level));
    build_request(c, "send_tx", params, &body);
    struct err *e = call_once(c, "send_tx", buf_slice(&body), &answer);
    if (!e)
        e = tx_outcome_read(json_object_get(answer, "result"), out);
    *refusal = e ? refusal_of(answer) : TX_TAKEN; /* taken, but of an outcome that does not read: undecided */
    return e;
}

struct err *rpc_tx_status(struct rpc_client *c, const struct hash *tx_hash, struct slice signer_id, enum tx_level level,
                          struct tx_outcome *out)
{
    AUTO(json) json_t *result = NULL;
    char hash[HASH_TEXT_MAX];
    json_t *params = json_pack("{s:s,s:o,s:s}", "tx_hash", hash_text(tx_hash, hash), "sender_account_id",
                               json_doc_string(signer_id), "wait_until", tx_level_name(level));
    TRY(rpc_call(c, "tx", params, &result));
    return tx_outcome_read(result, out);
}
