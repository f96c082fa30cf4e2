#include "outlayer/requests.h"

enum { WINDOW = 64 }; /* bits of state.settled_above */

void request_store(const struct request *q)
{
    struct request record = *q;
    struct storage_key key = storage_key_u64(KEY_REQUEST, q->request_id);
    if (slice_eq(q->payer_account_id, q->sender_id))
        record.payer_account_id = (struct slice){0};
    if (q->input_data.len >= REQUEST_INPUT_INLINE_MAX) {
        struct storage_key apart = storage_key_u64(KEY_INPUT, q->request_id);
        storage_write(storage_key_slice(&apart), q->input_data);
        record.input_data = (struct slice){0};
        record.input_apart = true;
    }
    record_write(&key, &request_record_schema, &record);
}

static void complete(struct request *q, uint64_t id)
{
    q->request_id = id;
    if (!q->has_code_source)
        q->code_source = q->execution_source;
    if (!q->payer_account_id.ptr)
        q->payer_account_id = q->sender_id;
}

bool request_load(uint64_t id, struct request *q)
{
    struct storage_key key = storage_key_u64(KEY_REQUEST, id);
    if (!record_read(&key, &request_record_schema, q))
        return false;
    complete(q, id);
    return true;
}

void request_must_load(uint64_t id, struct request *q)
{
    require_text(request_load(id, q), "Execution request not found");
}

struct slice request_input(const struct request *q)
{
    struct slice input = q->input_data;
    struct storage_key apart = storage_key_u64(KEY_INPUT, q->request_id);
    if (q->input_apart)
        storage_read(storage_key_slice(&apart), &input);
    return input;
}

static void mark_settled(struct state *s, uint64_t id)
{
    if (id < s->first_open_id || id - s->first_open_id >= WINDOW)
        return;
    s->settled_above |= 1ull << (id - s->first_open_id);
    for (; s->settled_above & 1; s->settled_above >>= 1)
        s->first_open_id++;
}

bool request_take(struct state *s, uint64_t id, struct request *q, struct output *output)
{
    struct storage_key key = storage_key_u64(KEY_REQUEST, id);
    if (!record_take(&key, &request_record_schema, q))
        return false;
    complete(q, id);
    mark_settled(s, id);
    if (q->input_apart) {
        struct storage_key apart = storage_key_u64(KEY_INPUT, id);
        if (q->attached_usd)
            storage_take(storage_key_slice(&apart), &q->input_data); /* it names what was paid for */
        else
            storage_remove(storage_key_slice(&apart));
    }
    if (q->output_submitted) {
        struct output unused;
        struct storage_key apart = storage_key_u64(KEY_OUTPUT, id);
        record_take(&apart, &stored_output_schema, output ? output : &unused);
    }
    return true;
}

void request_store_output(struct request *q, const struct output *output)
{
    require_text(!q->output_submitted, "Output already submitted for this request");
    struct storage_key apart = storage_key_u64(KEY_OUTPUT, q->request_id), key = storage_key_u64(KEY_REQUEST, q->request_id);
    struct request record = *q;
    q->output_submitted = record.output_submitted = true;
    if (slice_eq(q->payer_account_id, q->sender_id))
        record.payer_account_id = (struct slice){0};
    record_write(&apart, &stored_output_schema, output);
    record_write(&key, &request_record_schema, &record);
}

bool request_load_output(uint64_t id, struct output *output)
{
    struct storage_key apart = storage_key_u64(KEY_OUTPUT, id);
    return record_read(&apart, &stored_output_schema, output);
}

bool request_next_open(const struct state *s, uint64_t from, uint64_t *budget, uint64_t *id)
{
    for (*id = from > s->first_open_id ? from : s->first_open_id; *id < s->next_request_id; (*id)++) {
        uint64_t above = *id - s->first_open_id;
        if (above < WINDOW && s->settled_above >> above & 1)
            continue;
        if (*budget == 0)
            return false;
        (*budget)--;
        struct storage_key key = storage_key_u64(KEY_REQUEST, *id);
        if (storage_has(storage_key_slice(&key)))
            return true;
    }
    return false;
}
