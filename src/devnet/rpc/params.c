/* Parameters of methods: named members, and the blocks they refer to. */
#include "codec/base64.h"
#include "devnet/rpc/request.h"

const json_t *rpc_param(const struct rpc_request *r, const char *name)
{
    return json_object_get(r->params, name); /* NULL too when params is no object */
}

bool rpc_param_text(struct rpc_request *r, const char *name, struct slice *out)
{
    const json_t *value = rpc_param(r, name);
    if (!value)
        return rpc_bad_params(r, "Failed parsing args: missing field `%s`", name);
    *out = json_doc_text(value);
    return out->ptr ? true : rpc_bad_params(r, "Failed parsing args: `%s` is not a string", name);
}

bool rpc_account_of(struct rpc_request *r, struct slice text, struct account_id *out)
{
    AUTO(err) struct err *e = account_id_parse(text, out);
    return e ? rpc_bad_params(r, "Failed parsing args: %s", err_text(e)) : true;
}

bool rpc_param_account(struct rpc_request *r, const char *name, struct account_id *out)
{
    struct slice text = {0};
    NEED(rpc_param_text(r, name, &text));
    return rpc_account_of(r, text, out);
}

bool rpc_param_key(struct rpc_request *r, const char *name, struct public_key *out)
{
    struct slice text = {0};
    NEED(rpc_param_text(r, name, &text));
    AUTO(err) struct err *e = public_key_parse(text, out);
    return e ? rpc_bad_params(r, "Failed parsing args: %s", err_text(e)) : true;
}

bool rpc_base64_of(struct rpc_request *r, const char *name, struct slice text, struct slice *out)
{
    AUTO(buf) struct buf bytes = {0};
    size_t at;
    if (!base64_decode(text, &bytes, &at))
        return rpc_bad_params(r, "Failed parsing args: `%s` is not base64 at character %zu", name, at);
    *out = arena_copy(&r->arena, buf_slice(&bytes));
    return true;
}

bool rpc_param_base64(struct rpc_request *r, const char *name, struct slice *out)
{
    struct slice text = {0};
    NEED(rpc_param_text(r, name, &text));
    return rpc_base64_of(r, name, text, out);
}

bool rpc_hash_of(struct rpc_request *r, const char *name, struct slice text, struct hash *out)
{
    return hash_parse_text(text, out) ? true
                                      : rpc_bad_params(r, "Failed parsing args: `%s` is not the base58 of 32 bytes", name);
}

bool rpc_param_hash(struct rpc_request *r, const char *name, struct hash *out)
{
    struct slice text = {0};
    NEED(rpc_param_text(r, name, &text));
    return rpc_hash_of(r, name, text, out);
}

/* Blocks. */

void rpc_add_block(json_t *object, const struct chain_block *at)
{
    json_object_set_new(object, "block_height", json_integer((json_int_t)at->height));
    json_object_set_new(object, "block_hash", view_hash(&at->hash));
}

static bool block_found(struct rpc_request *r, struct err *e, const json_t *block_id)
{
    if (!e)
        return true;
    if (err_code(e) != ERR_NOT_FOUND)
        return rpc_internal(r, e);
    err_free(e);
    bool query = slice_eq_str(SLICE("query"), r->method);
    json_t *info = query ? json_pack("{s:{s:O}}", "block_reference", "block_id", block_id) : json_object();
    if (json_is_string(block_id))
        return rpc_fault(r, "UNKNOWN_BLOCK", info, "DB Not Found Error: BLOCK HEADER: %s", json_string_value(block_id));
    return rpc_fault(r, "UNKNOWN_BLOCK", info, "DB Not Found Error: BLOCK HEIGHT: %lld \n Cause: Unknown",
                     (long long)json_integer_value(block_id));
}

bool rpc_block_of(struct rpc_request *r, const json_t *block_id, struct chain_block *out)
{
    if (!block_id || json_is_null(block_id)) {
        struct err *e = chain_head(r->chain, out);
        return e ? rpc_internal(r, e) : true;
    }
    if (json_is_integer(block_id) && json_integer_value(block_id) >= 0)
        return block_found(r, chain_block_by_height(r->chain, (uint64_t)json_integer_value(block_id), out), block_id);
    struct hash hash;
    if (!json_is_string(block_id))
        return rpc_bad_params(r, "Failed parsing args: `block_id` is neither a height nor a hash");
    NEED(rpc_hash_of(r, "block_id", json_doc_text(block_id), &hash));
    return block_found(r, chain_block_by_hash(r->chain, &hash, out), block_id);
}

/* With one producer every block is final when it is made. */
static bool block_by_finality(struct rpc_request *r, const json_t *finality, struct chain_block *out)
{
    static const char *const names[] = {"optimistic", "near-final", "final"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (slice_eq_str(json_doc_text(finality), names[i]))
            return rpc_block_of(r, NULL, out);
    }
    return rpc_bad_params(r, "Failed parsing args: `finality` is none of optimistic, near-final, final");
}

static bool block_by_checkpoint(struct rpc_request *r, const json_t *checkpoint, struct chain_block *out)
{
    struct slice name = json_doc_text(checkpoint);
    if (!slice_eq_str(name, "genesis") && !slice_eq_str(name, "earliest_available"))
        return rpc_bad_params(r, "Failed parsing args: `sync_checkpoint` is neither genesis nor earliest_available");
    struct err *e = chain_block_by_height(r->chain, 0, out);
    return e ? rpc_internal(r, e) : true;
}

bool rpc_param_block(struct rpc_request *r, struct chain_block *out)
{
    const json_t *id = rpc_param(r, "block_id"), *finality = rpc_param(r, "finality"), *point = rpc_param(r, "sync_checkpoint");
    if (!!id + !!finality + !!point != 1)
        return rpc_bad_params(r, "Failed parsing args: expected exactly one of `block_id`, `finality` and `sync_checkpoint`");
    if (finality)
        return block_by_finality(r, finality, out);
    if (point)
        return block_by_checkpoint(r, point, out);
    if (json_is_null(id))
        return rpc_bad_params(r, "Failed parsing args: `block_id` is neither a height nor a hash");
    return rpc_block_of(r, id, out);
}
