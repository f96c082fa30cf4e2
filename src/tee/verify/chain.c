/* What a transaction shows of a request: the event that asked, the event that settled, and what the contract returned. */
#include "base/u128.h"
#include "codec/base64.h"
#include "tee/verify/verify.h"
#include <string.h>

struct search {
    struct slice contract_id;
    uint64_t request_id;
    verify_block_source *block;
    void *context;
    const json_t *tx;
    json_t *chain;
    bool asked;
};

static void set_block(struct search *s, const json_t *outcome, const char *height_name, const char *time_name)
{
    const char *hash = json_string_value(json_object_get(outcome, "block_hash"));
    struct verify_block block;
    if (!hash || !s->block || !s->block(s->context, hash, &block))
        return;
    if (height_name)
        json_object_set_new(s->chain, height_name, json_integer((json_int_t)block.height));
    json_object_set_new(s->chain, time_name, json_integer((json_int_t)block.time_s));
}

static void copy_as(json_t *to, const char *as, const json_t *from, const char *name)
{
    json_t *value = json_object_get(from, name);
    if (value && !json_is_null(value))
        json_object_set(to, as, value);
}

/* The actions of the receipt that an outcome is of; those of the transaction when the node shows no such receipt. */
static const json_t *actions_of(const struct search *s, const json_t *outcome)
{
    struct slice wanted = json_doc_text(json_object_get(outcome, "id"));
    const json_t *outcome_of_tx = json_object_get(json_object_get(s->tx, "transaction_outcome"), "outcome"), *receipt;
    size_t i;
    json_array_foreach(json_object_get(s->tx, "receipts"), i, receipt)
    {
        if (wanted.ptr && slice_eq(json_doc_text(json_object_get(receipt, "receipt_id")), wanted))
            return json_object_get(json_object_get(json_object_get(receipt, "receipt"), "Action"), "actions");
    }
    struct slice first = json_doc_text(json_array_get(json_object_get(outcome_of_tx, "receipt_ids"), 0));
    bool is_first = wanted.ptr && slice_eq(first, wanted);
    return is_first ? json_object_get(json_object_get(s->tx, "transaction"), "actions") : NULL;
}

/* The arguments of a call, a new reference; NULL when they are no JSON. */
static json_t *args_of(const json_t *action)
{
    AUTO(buf) struct buf args = {0};
    json_t *doc = NULL;
    struct slice text = json_doc_text(json_object_get(json_object_get(action, "FunctionCall"), "args"));
    if (text.ptr && base64_decode(text, &args, NULL))
        err_free(json_doc_parse(buf_slice(&args), &doc));
    return doc;
}

/* An input that is too long for the event stands in the call that asked, where there is one such call in the receipt. */
static void read_long_input(struct search *s, const json_t *outcome)
{
    const json_t *actions = actions_of(s, outcome), *action, *found = NULL;
    size_t i, count = 0;
    json_array_foreach(actions, i, action)
    {
        const json_t *call = json_object_get(action, "FunctionCall");
        if (slice_eq_str(json_doc_text(json_object_get(call, "method_name")), "request_execution")) {
            found = action;
            count++;
        }
    }
    AUTO(json) json_t *args = count == 1 ? args_of(found) : NULL;
    copy_as(s->chain, "input", args, "input_data");
}

/* `data` is the event's; the request itself stands in it as text. */
static struct err *read_asked(struct search *s, const json_t *outcome, const json_t *data)
{
    AUTO(json) json_t *request = NULL;
    struct slice text;
    uint64_t id = 0;
    TRY(json_doc_str(data, "request_data", &text));
    TRY(json_doc_parse(text, &request));
    TRY(json_doc_u64(request, "request_id", &id));
    if (id != s->request_id)
        return NULL;
    const json_t *source = json_object_get(request, "code_source"), *limits = json_object_get(request, "resource_limits");
    const json_t *by_url = json_object_get(source, "WasmUrl");
    s->asked = true;
    copy_as(s->chain, "request_id", request, "request_id");
    copy_as(s->chain, "caller", request, "sender_id");
    copy_as(s->chain, "code_hash", by_url ? by_url : source, "hash");
    copy_as(s->chain, "max_instructions", limits, "max_instructions");
    copy_as(s->chain, "max_memory_mb", limits, "max_memory_mb");
    copy_as(s->chain, "max_seconds", limits, "max_execution_seconds");
    copy_as(s->chain, "project", request, "project_id");
    if (json_is_true(json_object_get(request, "input_data_in_state")))
        read_long_input(s, outcome);
    else
        copy_as(s->chain, "input", request, "input_data");
    set_block(s, outcome, "requested_height", "requested_at");
    return NULL;
}

/* The request that a receipt's call names in its arguments, as the callback of the contract does; the event itself does not say. */
static bool request_of_receipt(const struct search *s, const json_t *outcome, uint64_t *id)
{
    AUTO(json) json_t *args = args_of(json_array_get(actions_of(s, outcome), 0));
    struct err *e = json_doc_u64(args, "request_id", id);
    bool found = !e;
    err_free(e);
    return found;
}

static struct err *read_settled(struct search *s, const json_t *outcome, const json_t *data)
{
    AUTO(buf) struct buf value = {0};
    uint64_t id = 0;
    if (!request_of_receipt(s, outcome, &id) || id != s->request_id)
        return NULL;
    const json_t *status = json_object_get(json_object_get(outcome, "outcome"), "status");
    struct slice text = json_doc_text(json_object_get(status, "SuccessValue"));
    copy_as(s->chain, "success", data, "success");
    if (text.ptr && base64_decode(text, &value, NULL) && json_is_true(json_object_get(data, "success")))
        json_object_set_new(s->chain, "output", json_doc_string(buf_slice(&value)));
    set_block(s, outcome, NULL, "resolved_at");
    return NULL;
}

static struct err *read_line(struct search *s, const json_t *outcome, struct slice line)
{
    static const struct slice head = SLICE("EVENT_JSON:");
    AUTO(json) json_t *event = NULL;
    struct slice kind;
    if (!slice_starts_with(line, head))
        return NULL;
    TRY(json_doc_parse(slice_skip(line, head.len), &event));
    TRY(json_doc_str(event, "event", &kind));
    const json_t *data = json_array_get(json_object_get(event, "data"), 0);
    if (slice_eq_str(kind, "execution_requested"))
        return read_asked(s, outcome, data);
    return slice_eq_str(kind, "execution_completed") ? read_settled(s, outcome, data) : NULL;
}

static struct err *read_receipt(struct search *s, const json_t *outcome)
{
    const json_t *inner = json_object_get(outcome, "outcome"), *logs = json_object_get(inner, "logs");
    const json_t *line;
    size_t i;
    if (!slice_eq(json_doc_text(json_object_get(inner, "executor_id")), s->contract_id) ||
        json_object_get(json_object_get(inner, "status"), "Failure"))
        return NULL;
    json_array_foreach((json_t *)logs, i, line) /* jansson's macro wants no const */
        TRY(read_line(s, outcome, json_doc_text(line)));
    return NULL;
}

struct err *verify_chain_read(const json_t *tx_status, const char *contract_id, uint64_t request_id, verify_block_source *block,
                              void *context, json_t **chain)
{
    struct search s = {.tx = tx_status,
                       .contract_id = slice_str(contract_id),
                       .request_id = request_id,
                       .block = block,
                       .context = context,
                       .chain = json_object()};
    const json_t *outcome;
    size_t i;
    *chain = s.chain;
    json_object_set_new(s.chain, "contract_id", json_string(contract_id));
    json_array_foreach(json_object_get(tx_status, "receipts_outcome"), i, outcome)
        TRY_DOING(read_receipt(&s, outcome), "reading receipt %zu of the transaction", i);
    return s.asked ? NULL
                   : err_new(ERR_NOT_FOUND, "the transaction makes no request %llu of %s", (unsigned long long)request_id,
                             contract_id);
}
