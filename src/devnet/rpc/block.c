/* Blocks, chunks, gas price. */
#include "devnet/rpc/request.h"

bool rpc_block(struct rpc_request *r)
{
    struct chain_block b = {0};
    if (json_is_array(r->params)) {
        if (json_array_size(r->params) != 1)
            return rpc_bad_params(r, "Failed parsing args: expected one block height or hash");
        NEED(rpc_block_of(r, json_array_get(r->params, 0), &b));
    } else {
        NEED(rpc_param_block(r, &b));
    }
    r->result = view_block(r->chain, &b);
    return true;
}

static bool chunk_by_hash(struct rpc_request *r, const json_t *text, struct chain_block *out)
{
    struct hash hash;
    NEED(rpc_hash_of(r, "chunk_id", json_doc_text(text), &hash));
    struct err *e = chain_block_by_chunk(r->chain, &hash, out);
    if (!e || err_code(e) != ERR_NOT_FOUND)
        return e ? rpc_internal(r, e) : true;
    err_free(e);
    return rpc_fault(r, "UNKNOWN_CHUNK", json_pack("{s:o}", "chunk_hash", view_hash(&hash)), "Chunk Missing (Chunk hash: %s)",
                     json_string_value(text));
}

static bool chunk_of_shard(struct rpc_request *r, const json_t *block_id, const json_t *shard, struct chain_block *out)
{
    NEED(rpc_block_of(r, block_id, out));
    if (json_is_integer(shard) && json_integer_value(shard) == 0)
        return true;
    if (!json_is_integer(shard))
        return rpc_bad_params(r, "Failed parsing args: the shard id is not a number");
    return rpc_fault(r, "INVALID_SHARD_ID", json_pack("{s:O}", "shard_id", shard), "Shard id %lld does not exist",
                     (long long)json_integer_value(shard));
}

static bool find_chunk(struct rpc_request *r, struct chain_block *out)
{
    const json_t *first = json_array_get(r->params, 0), *hash = rpc_param(r, "chunk_id");
    if (json_is_string(first))
        return chunk_by_hash(r, first, out);
    if (json_is_array(first))
        return chunk_of_shard(r, json_array_get(first, 0), json_array_get(first, 1), out);
    if (hash)
        return chunk_by_hash(r, hash, out);
    if (rpc_param(r, "block_id"))
        return chunk_of_shard(r, rpc_param(r, "block_id"), rpc_param(r, "shard_id"), out);
    return rpc_bad_params(r, "Failed parsing args: expected `chunk_id`, or `block_id` and `shard_id`");
}

bool rpc_chunk(struct rpc_request *r)
{
    struct chain_block b = {0};
    struct chain_content content;
    NEED(find_chunk(r, &b));
    NEED(rpc_chain_ok(r, chain_block_content(r->chain, b.height, &r->arena, &content), &b));
    r->result = view_chunk(r->chain, &content);
    return true;
}

bool rpc_gas_price(struct rpc_request *r)
{
    struct chain_block b = {0};
    const json_t *block_id = json_is_array(r->params) ? json_array_get(r->params, 0) : rpc_param(r, "block_id");
    NEED(rpc_block_of(r, block_id, &b));
    r->result = json_pack("{s:o}", "gas_price", view_u128(b.gas_price));
    return true;
}

/* Nothing is ever held back here for congestion. */
bool rpc_congestion_level(struct rpc_request *r)
{
    struct chain_block b = {0};
    NEED(find_chunk(r, &b));
    r->result = json_pack("{s:f}", "congestion_level", 0.0);
    return true;
}
