/* `query`: accounts, keys, code, state and view calls, at a block; and the same as methods of their own, EXPERIMENTAL_<request type>.
 *
 * Two faults of `query` come as results, as the node's do: a missing access key, and a view call that failed. Clients read their
 * `error`. The methods of their own have faults of their own for the two. */
#include "codec/base58.h"
#include "devnet/rpc/pool.h"
#include <string.h>

enum { STATE_LEN_MAX = 50000 };

struct query {
    struct chain_block at;
    struct account_id account;
    bool strict; /* faults are faults */
};

static bool unknown_account(struct rpc_request *r, const struct query *q)
{
    json_t *info = json_pack("{s:o}", "requested_account_id", view_account_id(&q->account));
    rpc_add_block(info, &q->at);
    return rpc_fault(r, "UNKNOWN_ACCOUNT", info, "account %s does not exist while viewing", q->account.text);
}

static bool no_code(struct rpc_request *r, const struct query *q)
{
    json_t *info = json_pack("{s:o}", "contract_account_id", view_account_id(&q->account));
    rpc_add_block(info, &q->at);
    return rpc_fault(r, "NO_CONTRACT_CODE", info, "Contract code for contract ID #%s has never been observed on the node",
                     q->account.text);
}

static bool done(struct rpc_request *r, const struct query *q, json_t *result)
{
    rpc_add_block(result, &q->at);
    r->result = result;
    return true;
}

/* A fault as a result or, for a method of its own, as `cause` with one member that says what is wrong. */
static bool done_with_error(struct rpc_request *r, const struct query *q, const char *text, const char *cause,
                            const char *member, json_t *value)
{
    if (!q->strict) {
        json_decref(value);
        return done(r, q, json_pack("{s:o,s:[]}", "error", json_doc_string(slice_str(text)), "logs"));
    }
    json_t *info = json_pack("{s:o}", member, value);
    rpc_add_block(info, &q->at);
    return rpc_fault(r, cause, info, "%s", text);
}

/* Takes ERR_NOT_FOUND away and tells of it; other errors are faults (false). */
static bool found(struct rpc_request *r, const struct query *q, struct err *e, bool *there)
{
    *there = !e;
    if (!e || err_code(e) != ERR_NOT_FOUND)
        return rpc_chain_ok(r, e, &q->at);
    err_free(e);
    return true;
}

static bool need_account(struct rpc_request *r, const struct query *q, struct chain_account *out)
{
    bool there;
    NEED(found(r, q, chain_view_account(r->chain, &q->at, &q->account, out), &there));
    return there ? true : unknown_account(r, q);
}

static bool query_account(struct rpc_request *r, const struct query *q)
{
    struct chain_account a;
    NEED(need_account(r, q, &a));
    return done(r, q, view_account(&a));
}

static bool query_code(struct rpc_request *r, const struct query *q)
{
    struct chain_account a;
    struct slice code;
    struct hash hash;
    bool there;
    NEED(need_account(r, q, &a));
    NEED(found(r, q, chain_view_code(r->chain, &q->at, &q->account, &r->arena, &code, &hash), &there));
    return there ? done(r, q, json_pack("{s:o,s:o}", "code_base64", view_base64(code), "hash", view_hash(&hash)))
                 : no_code(r, q);
}

static bool query_global_code(struct rpc_request *r, const struct query *q, const struct global_id *id)
{
    struct slice code;
    struct hash hash;
    bool there;
    NEED(found(r, q, chain_view_global_code(r->chain, &q->at, id, &r->arena, &code, &hash), &there));
    if (there)
        return done(r, q, json_pack("{s:o,s:o}", "code_base64", view_base64(code), "hash", view_hash(&hash)));
    json_t *info = json_pack("{s:o}", "identifier", view_global_id(id));
    rpc_add_block(info, &q->at);
    return rpc_fault(r, "NO_GLOBAL_CONTRACT_CODE", info, "Global contract code has never been observed on the node");
}

static bool query_global_by_hash(struct rpc_request *r, const struct query *q)
{
    struct global_id id = {.kind = GLOBAL_BY_HASH};
    NEED(rpc_param_hash(r, "code_hash", &id.code_hash));
    return query_global_code(r, q, &id);
}

static bool query_global_by_account(struct rpc_request *r, const struct query *q)
{
    return query_global_code(r, q, &(struct global_id){.kind = GLOBAL_BY_ACCOUNT, .account_id = q->account});
}

static bool view_key(struct rpc_request *r, const struct query *q, const struct public_key *key)
{
    struct chain_account a;
    struct access_key access;
    bool there;
    NEED(need_account(r, q, &a));
    NEED(found(r, q, chain_view_key(r->chain, &q->at, &q->account, key, &r->arena, &access), &there));
    if (there)
        return done(r, q, view_access_key(&access));
    char text[KEY_TEXT_MAX];
    return done_with_error(r, q, arena_fmt(&r->arena, "access key %s does not exist while viewing", public_key_text(key, text)),
                           "UNKNOWN_ACCESS_KEY", "public_key", view_public_key(key));
}

static bool query_access_key(struct rpc_request *r, const struct query *q)
{
    struct public_key key;
    NEED(rpc_param_key(r, "public_key", &key));
    return view_key(r, q, &key);
}

static bool query_gas_key_nonces(struct rpc_request *r, const struct query *q)
{
    struct chain_account a;
    struct public_key key;
    uint64_t *nonces;
    size_t count;
    bool there;
    char text[KEY_TEXT_MAX];
    NEED(rpc_param_key(r, "public_key", &key));
    NEED(need_account(r, q, &a));
    NEED(found(r, q, chain_view_gas_key_nonces(r->chain, &q->at, &q->account, &key, &r->arena, &nonces, &count), &there));
    if (!there) {
        json_t *info = json_pack("{s:o}", "public_key", view_public_key(&key));
        rpc_add_block(info, &q->at);
        return rpc_fault(r, "UNKNOWN_GAS_KEY", info, "Gas key for public key %s has never been observed on the node",
                         public_key_text(&key, text));
    }
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_doc_number(nonces[i]));
    return done(r, q, json_pack("{s:o}", "nonces", list));
}

static bool query_access_keys(struct rpc_request *r, const struct query *q)
{
    struct chain_account a;
    struct chain_key *keys;
    size_t count;
    NEED(need_account(r, q, &a));
    NEED(rpc_chain_ok(r, chain_view_keys(r->chain, &q->at, &q->account, &r->arena, &keys, &count), &q->at));
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_pack("{s:o,s:o}", "public_key", view_public_key(&keys[i].public_key), "access_key",
                                              view_access_key(&keys[i].access_key)));
    return done(r, q, json_pack("{s:o}", "keys", list));
}

static bool view_state(struct rpc_request *r, const struct query *q, struct slice prefix, struct slice after, uint64_t limit,
                       bool proof)
{
    struct chain_account a;
    struct chain_state_page page;
    NEED(need_account(r, q, &a));
    NEED(rpc_chain_ok(r, chain_view_state(r->chain, &q->at, &q->account, prefix, after, limit, STATE_LEN_MAX, &r->arena, &page),
                      &q->at));
    if (page.too_large) {
        json_t *info = json_pack("{s:o}", "contract_account_id", view_account_id(&q->account));
        rpc_add_block(info, &q->at);
        return rpc_fault(r, "TOO_LARGE_CONTRACT_STATE", info, "State of contract %s is too large to be viewed",
                         q->account.text);
    }
    json_t *values = json_array();
    for (size_t i = 0; i < page.count; i++)
        json_array_append_new(
            values, json_pack("{s:o,s:o}", "key", view_base64(page.items[i].key), "value", view_base64(page.items[i].value)));
    json_t *result = json_pack("{s:o}", "values", values);
    if (proof)
        json_object_set_new(result, "proof", json_array());
    if (page.more && page.count)
        json_object_set_new(result, "last_key", view_base64(page.items[page.count - 1].key));
    return done(r, q, result);
}

static bool query_state(struct rpc_request *r, const struct query *q)
{
    struct slice prefix, after = {0};
    const json_t *limit = rpc_param(r, "limit");
    NEED(rpc_param_base64(r, "prefix_base64", &prefix));
    if (json_is_string(rpc_param(r, "after_key_base64")))
        NEED(rpc_param_base64(r, "after_key_base64", &after));
    if (limit && !json_is_null(limit) && json_integer_value(limit) < 1)
        return rpc_bad_params(r, "Failed parsing args: `limit` is not a number above 0");
    return view_state(r, q, prefix, after, (uint64_t)json_integer_value(limit), json_is_true(rpc_param(r, "include_proof")));
}

static bool view_call(struct rpc_request *r, const struct query *q, struct slice method, struct slice args)
{
    struct chain_call_result call;
    bool there;
    NEED(found(r, q, chain_view_call(r->chain, &q->at, &q->account, method, args, &r->arena, &call), &there));
    if (!there)
        return unknown_account(r, q);
    if (!call.ok)
        return done_with_error(r, q, call.error, "CONTRACT_EXECUTION_ERROR", "vm_error",
                               json_doc_string(slice_str(call.error)));
    json_t *bytes = json_array(), *logs = json_array();
    for (size_t i = 0; i < call.value.len; i++)
        json_array_append_new(bytes, json_integer(call.value.ptr[i]));
    for (size_t i = 0; i < call.log_count; i++)
        json_array_append_new(logs, json_doc_string(call.logs[i]));
    return done(r, q, json_pack("{s:o,s:o}", "result", bytes, "logs", logs));
}

static bool query_call(struct rpc_request *r, const struct query *q)
{
    struct slice method, args;
    NEED(rpc_param_text(r, "method_name", &method));
    NEED(rpc_param_base64(r, "args_base64", &args));
    return view_call(r, q, method, args);
}

/* The positional form of older clients: ["account/alice.near", "<base58 data>"], at the head. */

static bool legacy_data(struct rpc_request *r, struct slice text, struct slice *out)
{
    uint8_t bytes[BASE58_BYTES_MAX];
    size_t len;
    if (!base58_decode(text, bytes, &len, NULL))
        return rpc_bad_params(r, "Failed parsing args: the query's data is not base58 of at most %d bytes", BASE58_BYTES_MAX);
    *out = arena_copy(&r->arena, slice_from(bytes, len));
    return true;
}

static bool legacy_key(struct rpc_request *r, const struct query *q, struct slice text)
{
    struct public_key key;
    AUTO(err) struct err *e = public_key_parse(text, &key);
    return e ? rpc_bad_params(r, "Failed parsing args: %s", err_text(e)) : view_key(r, q, &key);
}

static bool query_by_path(struct rpc_request *r)
{
    struct query q = {0};
    struct slice kind, account, data, path = json_doc_text(json_array_get(r->params, 0));
    struct slice rest = slice_cut(slice_cut(path, '/', &kind), '/', &account);
    if (json_array_size(r->params) != 2 || !path.ptr || !json_is_string(json_array_get(r->params, 1)))
        return rpc_bad_params(r, "Failed parsing args: expected an object, or two strings: a path and base58 data");
    NEED(legacy_data(r, json_doc_text(json_array_get(r->params, 1)), &data));
    NEED(rpc_account_of(r, account, &q.account));
    NEED(rpc_block_of(r, NULL, &q.at));
    if (slice_eq_str(kind, "account"))
        return query_account(r, &q);
    if (slice_eq_str(kind, "access_key"))
        return rest.ptr ? legacy_key(r, &q, rest) : query_access_keys(r, &q);
    if (slice_eq_str(kind, "code"))
        return query_code(r, &q);
    if (slice_eq_str(kind, "contract"))
        return view_state(r, &q, data, slice_from(NULL, 0), 0, false);
    if (slice_eq_str(kind, "call"))
        return view_call(r, &q, rest, data);
    return rpc_bad_params(r, "Failed parsing args: Unknown path `%.*s`", SLICE_FMT(slice_first(path, 100)));
}

static bool query_by_type(struct rpc_request *r, struct slice type, bool strict)
{
    static const struct {
        const char *type;
        bool (*run)(struct rpc_request *r, const struct query *q);
        bool without_account;
    } types[] = {
        {"view_account", query_account, false},
        {"view_code", query_code, false},
        {"view_state", query_state, false},
        {"view_access_key", query_access_key, false},
        {"view_access_key_list", query_access_keys, false},
        {"view_gas_key_nonces", query_gas_key_nonces, false},
        {"call_function", query_call, false},
        {"view_global_contract_code", query_global_by_hash, true},
        {"view_global_contract_code_by_account_id", query_global_by_account, false},
    };
    struct query q = {.strict = strict};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (!slice_eq_str(type, types[i].type))
            continue;
        if (!types[i].without_account)
            NEED(rpc_param_account(r, "account_id", &q.account));
        NEED(rpc_param_block(r, &q.at));
        return types[i].run(r, &q);
    }
    return rpc_bad_params(
        r,
        "Failed parsing args: unknown request_type `%.*s`, expected one of view_account, view_code, view_state, "
        "view_access_key, view_access_key_list, view_gas_key_nonces, call_function, view_global_contract_code, "
        "view_global_contract_code_by_account_id",
        SLICE_FMT(slice_first(type, 100)));
}

static bool answer_query(struct rpc_request *r)
{
    struct slice type;
    if (json_is_array(r->params))
        return query_by_path(r);
    NEED(rpc_param_text(r, "request_type", &type));
    return query_by_type(r, type, false);
}

static bool is_call(const struct rpc_request *r)
{
    struct slice path = json_doc_text(json_array_get(r->params, 0)), kind;
    slice_cut(path, '/', &kind);
    return slice_eq_str(kind, "call") || slice_eq_str(json_doc_text(rpc_param(r, "request_type")), "call_function");
}

bool rpc_query(struct rpc_request *r)
{
    return is_call(r) ? rpc_pool_take(r, answer_query) : answer_query(r);
}

static bool answer_strictly(struct rpc_request *r)
{
    return query_by_type(r, slice_str(r->method + strlen("EXPERIMENTAL_")), true);
}

bool rpc_query_strictly(struct rpc_request *r)
{
    return slice_eq_str(SLICE("EXPERIMENTAL_call_function"), r->method) ? rpc_pool_take(r, answer_strictly)
                                                                        : answer_strictly(r);
}
