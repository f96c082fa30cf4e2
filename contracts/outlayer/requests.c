#include "outlayer/requests.h"

enum { WINDOW = 64 }; /* bits of state.settled_above */

void request_store(const struct request *q)
{
    struct request record = *q;
    if (slice_eq(q->payer_account_id, q->sender_id))
        record.payer_account_id = (struct slice){0};
    if (q->input_data.len >= REQUEST_INPUT_INLINE_MAX) {
        storage_write(storage_key_u64(KEY_INPUT, q->request_id), q->input_data);
        record.input_data = (struct slice){0};
        record.input_apart = true;
    }
    record_write(storage_key_u64(KEY_REQUEST, q->request_id), &request_record_schema, &record);
}

static void complete(struct request *q, uint64_t id)
{
    q->request_id = id;
    if (!q->has_code_source)
        q->code_source = q->execution_source;
    if (!q->payer_account_id.ptr)
        q->payer_account_id = q->sender_id;
}

struct request *request_load(uint64_t id)
{
    struct request *q = record_read(storage_key_u64(KEY_REQUEST, id), &request_record_schema);
    if (q)
        complete(q, id);
    return q;
}

struct request *request_must_load(uint64_t id)
{
    struct request *q = request_load(id);
    require_text(q, "Execution request not found");
    return q;
}

struct slice request_input(const struct request *q)
{
    return q->input_apart ? storage_read(storage_key_u64(KEY_INPUT, q->request_id)) : q->input_data;
}

static void mark_settled(struct state *s, uint64_t id)
{
    if (id < s->first_open_id || id - s->first_open_id >= WINDOW)
        return;
    s->settled_above |= 1ull << (id - s->first_open_id);
    for (; s->settled_above & 1; s->settled_above >>= 1)
        s->first_open_id++;
}

struct request *request_take(struct state *s, uint64_t id)
{
    struct request *q = record_take(storage_key_u64(KEY_REQUEST, id), &request_record_schema);
    if (!q)
        return NULL;
    complete(q, id);
    mark_settled(s, id);
    if (q->input_apart) {
        struct slice apart = storage_key_u64(KEY_INPUT, id);
        if (q->attached_usd)
            q->input_data = storage_take(apart); /* it names what was paid for */
        else
            storage_remove(apart);
    }
    if (q->output_submitted)
        q->submitted = record_take(storage_key_u64(KEY_OUTPUT, id), &stored_output_schema);
    return q;
}

void request_store_output(struct request *q, const struct output *output)
{
    require_text(!q->output_submitted, "Output already submitted for this request");
    struct request record = *q;
    q->output_submitted = record.output_submitted = true;
    if (slice_eq(q->payer_account_id, q->sender_id))
        record.payer_account_id = (struct slice){0};
    record_write(storage_key_u64(KEY_OUTPUT, q->request_id), &stored_output_schema, output);
    record_write(storage_key_u64(KEY_REQUEST, q->request_id), &request_record_schema, &record);
}

struct output *request_load_output(uint64_t id)
{
    return record_read(storage_key_u64(KEY_OUTPUT, id), &stored_output_schema);
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
        if (storage_has(storage_key_u64(KEY_REQUEST, *id)))
            return true;
    }
    return false;
}
