/* Blocks, chunks and the indexer's message. */
#include "devnet/rpc/view.h"

static const struct hash no_hash;

static json_t *signature_view(const struct signature *s)
{
    char text[SIGNATURE_TEXT_MAX];
    return json_string(signature_text(s, text));
}

static void set(json_t *object, const char *name, json_t *value)
{
    json_object_set_new(object, name, value);
}

static void set_hashes(json_t *object, const char *const *names, size_t count, const struct hash *h)
{
    for (size_t i = 0; i < count; i++)
        set(object, names[i], view_hash(h));
}

static json_t *header_view(const struct chain_block *b)
{
    static const char *const unused[] = {"epoch_id",        "next_epoch_id", "block_body_hash",  "chunk_headers_root",
                                         "challenges_root", "next_bp_hash",  "block_merkle_root"};
    json_t *h = json_object();
    set(h, "height", json_integer((json_int_t)b->height));
    set(h, "prev_height", b->height ? json_integer((json_int_t)b->prev_height) : json_null());
    set(h, "hash", view_hash(&b->hash));
    set(h, "prev_hash", view_hash(&b->prev_hash));
    set_hashes(h, unused, sizeof unused / sizeof *unused, &no_hash);
    set(h, "prev_state_root", view_hash(&b->prev_state_root));
    set(h, "chunk_receipts_root", view_hash(&b->receipts_root));
    set(h, "chunk_tx_root", view_hash(&b->tx_root));
    set(h, "outcome_root", view_hash(&b->outcome_root));
    set(h, "chunks_included", json_integer(1));
    set(h, "timestamp", json_integer((json_int_t)b->timestamp_ns));
    set(h, "timestamp_nanosec", view_u128(b->timestamp_ns));
    set(h, "random_value", view_hash(&b->random_value));
    set(h, "validator_proposals", json_array());
    set(h, "chunk_mask", json_pack("[b]", true));
    set(h, "gas_price", view_u128(b->gas_price));
    set(h, "block_ordinal", json_integer((json_int_t)b->ordinal));
    set(h, "rent_paid", json_string("0"));
    set(h, "validator_reward", json_string("0"));
    set(h, "total_supply", view_u128(b->total_supply));
    set(h, "challenges_result", json_array());
    set(h, "last_final_block", view_hash(&b->prev_hash));
    set(h, "last_ds_final_block", view_hash(&b->prev_hash));
    set(h, "epoch_sync_data_hash", json_null());
    set(h, "approvals", json_array());
    set(h, "signature", signature_view(&b->signature));
    set(h, "latest_protocol_version", json_integer(CHAIN_PROTOCOL_VERSION));
    set(h, "chunk_endorsements", json_null());
    set(h, "shard_split", json_null());
    return h;
}

json_t *view_chunk_header(const struct chain_block *b)
{
    json_t *h = json_object();
    set(h, "chunk_hash", view_hash(&b->chunk_hash));
    set(h, "prev_block_hash", view_hash(&b->prev_hash));
    set(h, "outcome_root", view_hash(&b->outcome_root));
    set(h, "prev_state_root", view_hash(&b->prev_state_root));
    set(h, "encoded_merkle_root", view_hash(&no_hash));
    set(h, "encoded_length", json_integer(0));
    set(h, "height_created", json_integer((json_int_t)b->height));
    set(h, "height_included", json_integer((json_int_t)b->height));
    set(h, "shard_id", json_integer(0));
    set(h, "gas_used", json_integer((json_int_t)b->gas_used));
    set(h, "gas_limit", json_integer((json_int_t)CHAIN_GAS_LIMIT));
    set(h, "rent_paid", json_string("0"));
    set(h, "validator_reward", json_string("0"));
    set(h, "balance_burnt", view_u128(b->balance_burnt));
    set(h, "outgoing_receipts_root", view_hash(&b->receipts_root));
    set(h, "tx_root", view_hash(&b->tx_root));
    set(h, "validator_proposals", json_array());
    set(h, "congestion_info",
        json_pack("{s:s,s:s,s:i,s:i}", "delayed_receipts_gas", "0", "buffered_receipts_gas", "0", "receipt_bytes", 0,
                  "allowed_shard", 0));
    set(h, "bandwidth_requests", json_pack("{s:{s:[]}}", "V1", "requests"));
    set(h, "signature", signature_view(&b->signature));
    return h;
}

json_t *view_block(const struct chain *c, const struct chain_block *b)
{
    return json_pack("{s:s,s:o,s:[o]}", "author", chain_validator_id(c), "header", header_view(b), "chunks",
                     view_chunk_header(b));
}

/* Receipts that came from earlier blocks, whether they ran or wait. */
static json_t *incoming_view(const struct chain_content *content)
{
    json_t *list = json_array();
    for (size_t i = 0; i < content->incoming_count; i++)
        json_array_append_new(list, view_receipt(&content->incoming[i].receipt));
    return list;
}

/* Receipts that ran in the block that made them. */
static json_t *executed_by_route(const struct chain_content *content, enum chain_route route)
{
    json_t *list = json_array();
    for (size_t i = 0; i < content->executed_count; i++) {
        if (content->executed[i].route == route)
            json_array_append_new(list, view_receipt(&content->executed[i].receipt));
    }
    return list;
}

json_t *view_chunk(const struct chain *c, const struct chain_content *content)
{
    json_t *transactions = json_array();
    for (size_t i = 0; i < content->transaction_count; i++)
        json_array_append_new(transactions, view_transaction(&content->transactions[i].signed_tx));
    return json_pack("{s:s,s:o,s:o,s:o}", "author", chain_validator_id(c), "header", view_chunk_header(&content->block),
                     "transactions", transactions, "receipts", incoming_view(content));
}

static json_t *streamed_chunk(const struct chain *c, const struct chain_content *content)
{
    json_t *transactions = json_array();
    for (size_t i = 0; i < content->transaction_count; i++) {
        const struct chain_tx *tx = &content->transactions[i];
        json_array_append_new(transactions,
                              json_pack("{s:o,s:{s:o,s:n}}", "transaction", view_transaction(&tx->signed_tx), "outcome",
                                        "execution_outcome", view_outcome(&tx->outcome, &tx->block_hash), "receipt"));
    }
    return json_pack("{s:s,s:o,s:o,s:o,s:o,s:o}", "author", chain_validator_id(c), "header", view_chunk_header(&content->block),
                     "transactions", transactions, "receipts", incoming_view(content), "local_receipts",
                     executed_by_route(content, CHAIN_LOCAL), "instant_receipts", executed_by_route(content, CHAIN_INSTANT));
}

json_t *view_streamer_message(const struct chain *c, const struct chain_content *content, json_t *state_changes)
{
    json_t *outcomes = json_array();
    for (size_t i = 0; i < content->executed_count; i++) {
        const struct chain_receipt *r = &content->executed[i];
        json_array_append_new(outcomes,
                              json_pack("{s:o,s:o,s:o}", "execution_outcome", view_outcome(&r->outcome, &r->block_hash),
                                        "receipt", view_receipt(&r->receipt), "tx_hash", view_hash(&r->receipt.tx_hash)));
    }
    return json_pack("{s:o,s:[{s:i,s:o,s:o,s:o}]}", "block", view_block(c, &content->block), "shards", "shard_id", 0, "chunk",
                     streamed_chunk(c, content), "receipt_execution_outcomes", outcomes, "state_changes", state_changes);
}
