/* Reading the contract. Methods without arguments take any input, also none. */
#include "outlayer/pricing.h"
#include "outlayer/requests.h"

struct id_args {
    uint64_t request_id;
};
static const struct field id_fields[] = {FIELD(struct id_args, request_id)};
static const struct schema id_schema = STRUCT("Input", struct id_args, id_fields);

VIEW(get_request)
{
    struct buf *pending = buf_new();
    struct id_args *a = call_args(&id_schema);
    struct request *q = request_load(a->request_id);
    if (!q) {
        return_null();
        return;
    }
    q->input_data = request_input(q);
    struct output *output = q->output_submitted ? request_load_output(a->request_id) : NULL;
    if (output) {
        schema_write_json(&stored_output_schema, output, pending);
        q->pending_output = buf_slice(pending);
    }
    return_value(&request_view_schema, q);
}

VIEW(get_pending_output)
{
    struct id_args *a = call_args(&id_schema);
    return_value(&output_schema, request_load_output(a->request_id));
}

VIEW(has_pending_output)
{
    struct id_args *a = call_args(&id_schema);
    return_bool(storage_has(storage_key_u64(KEY_OUTPUT, a->request_id)));
}

struct page_args {
    uint64_t from_index, limit;
    bool has_from_index, has_limit;
};
static const struct field page_fields[] = {
    FIELD_OPT(struct page_args, from_index),
    FIELD_OPT(struct page_args, limit),
};
static const struct schema page_schema = STRUCT("Input", struct page_args, page_fields);

VIEW(get_pending_request_ids)
{
    enum { DEFAULT_LIMIT = 100, LOOKUPS_MAX = 2000 };
    struct buf *out = buf_new();
    uint64_t id, skipped = 0, listed = 0, budget = LOOKUPS_MAX;
    struct page_args *a = call_args(&page_schema);
    struct state *s = state_open(FOR_ANYONE);
    uint64_t limit = a->has_limit ? a->limit : DEFAULT_LIMIT;
    json_write_open(out, '[');
    for (uint64_t from = 0; listed < limit && request_next_open(s, from, &budget, &id); from = id + 1) {
        if (skipped++ < a->from_index)
            continue;
        json_write_u64(out, id);
        listed++;
    }
    json_write_close(out, ']');
    return_bytes(buf_slice(out));
}

VIEW(get_stats)
{
    const struct state *s = state_open(FOR_ANYONE);
    struct buf *out = buf_new();
    json_write_open(out, '[');
    json_write_u64(out, s->total_executions);
    json_write_u128(out, s->total_fees_collected);
    json_write_close(out, ']');
    return_bytes(buf_slice(out));
}

VIEW(get_pricing)
{
    const struct prices *p = &state_open(FOR_ANYONE)->prices;
    struct buf *out = buf_new();
    json_write_open(out, '[');
    json_write_u128(out, p->base_fee);
    json_write_u128(out, p->per_million_instructions_fee);
    json_write_u128(out, p->per_ms_fee);
    json_write_u128(out, p->per_compile_ms_fee);
    json_write_close(out, ']');
    return_bytes(buf_slice(out));
}

struct all_prices {
    struct prices prices;
    struct usd_prices usd;
};

#define FEE(list, fee) FIELD_NAMED(#fee, struct all_prices, list.fee, FIELD_U128)

static const struct field all_prices_fields[] = {
    FEE(prices, base_fee),     FEE(prices, per_million_instructions_fee),
    FEE(prices, per_ms_fee),   FEE(prices, per_compile_ms_fee),
    FEE(usd, base_fee_usd),    FEE(usd, per_million_instructions_fee_usd),
    FEE(usd, per_sec_fee_usd), FEE(usd, per_compile_ms_fee_usd),
};
static const struct schema all_prices_schema = RECORD(struct all_prices, all_prices_fields);

VIEW(get_pricing_full)
{
    struct all_prices all = {state_open(FOR_ANYONE)->prices, *usd_prices_load()};
    return_value(&all_prices_schema, &all);
}

struct estimate_args {
    struct limits resource_limits;
    bool has_resource_limits;
};
static const struct field estimate_fields[] = {FIELD_OF_OPT(struct estimate_args, resource_limits, &limits_schema)};
static const struct schema estimate_schema = STRUCT("Input", struct estimate_args, estimate_fields);

VIEW(estimate_execution_cost)
{
    struct estimate_args *a = call_args(&estimate_schema);
    limits_fill(&a->resource_limits);
    return_u128(pricing_estimate(&state_open(FOR_ANYONE)->prices, &a->resource_limits));
}

VIEW(get_max_limits)
{
    struct buf *out = buf_new();
    json_write_open(out, '[');
    json_write_u64(out, LIMIT_MAX_INSTRUCTIONS);
    json_write_u64(out, LIMIT_MAX_SECONDS);
    json_write_u64(out, LIMIT_MAX_COMPILE_SECONDS);
    json_write_close(out, ']');
    return_bytes(buf_slice(out));
}

VIEW(is_paused)
{
    return_bool(state_open(FOR_ANYONE)->paused);
}

static void return_pair(struct slice a, struct slice b)
{
    struct buf *out = buf_new();
    json_write_open(out, '[');
    json_write_string(out, a);
    json_write_string(out, b);
    json_write_close(out, ']');
    return_bytes(buf_slice(out));
}

VIEW(get_config)
{
    const struct state *s = state_open(FOR_ANYONE);
    return_pair(s->owner_id, s->operator_id);
}

VIEW(get_event_metadata)
{
    const struct state *s = state_open(FOR_ANYONE);
    return_pair(state_event_standard(s), state_event_version(s));
}

VIEW(get_payment_token_contract)
{
    const struct state *s = state_open(FOR_ANYONE);
    if (s->payment_token_contract.ptr)
        return_string(s->payment_token_contract);
    else
        return_null();
}

/* The interface revision that clients ask for. */
VIEW(get_storage_version)
{
    return_string(SLICE("8"));
}

/* NEP-330 */
VIEW(contract_source_metadata)
{
    return_bytes(SLICE("{\"version\":\"0.1.0\",\"link\":null,\"standards\":[{\"standard\":\"nep330\",\"version\":\"1.3.0\"}],"
                       "\"build_info\":null}"));
}
