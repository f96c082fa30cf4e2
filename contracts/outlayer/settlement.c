/* The end of a request: the operator resolves it, the callback pays out; or it is cancelled.
 *
 *     PENDING --submit_execution_output--> PENDING with output
 *     PENDING --resolve--> RESUMED --callback--> settled: cost charged, or the base fee when it failed
 *     PENDING --200 blocks--> callback with a failed result --> settled: the base fee charged
 *     PENDING --cancel--> settled: everything back; a callback that comes later finds nothing
 *
 * Every yocto of the payment is either a fee or on its way to the payer. */
#include "codec/base64.h"
#include "outlayer/payments.h"
#include "outlayer/pricing.h"
#include "outlayer/requests.h"

#define STALE_AFTER_NS 600000000000ull

struct id_args {
    uint64_t request_id;
};
static const struct field id_fields[] = {FIELD(struct id_args, request_id)};
static const struct schema id_schema = STRUCT("Input", struct id_args, id_fields);

/* Resolving */

/* Hands the response to the waiting callback. The charge is logged here because the worker reads it from this transaction. */
static void resolve(const struct state *s, const struct request *q, const struct response *r)
{
    const struct metrics *m = &r->resources_used;
    struct buf *payload = buf_new();
    schema_write_json(&response_schema, r, payload);
    u128 charge = r->success ? pricing_charge(&s->prices, m, q->payment) : pricing_charge_failed(&s->prices, q->payment);
    log_text("[[yNEAR charged: \"{}\"]]", &charge);
    require_text(promise_resume(q->data_id, buf_slice(payload)), "Unable to resume execution promise");
}

struct resolve_args {
    uint64_t request_id;
    struct response response;
};
static const struct field resolve_fields[] = {
    FIELD(struct resolve_args, request_id),
    FIELD_OF(struct resolve_args, response, &response_schema),
};
static const struct schema resolve_schema = STRUCT("Input", struct resolve_args, resolve_fields);

CHANGE(resolve_execution)
{
    struct resolve_args *a = call_args(&resolve_schema);
    struct state *s = state_open(FOR_OPERATOR);
    struct request *q = request_must_load(a->request_id);
    resolve(s, q, &a->response);
}

struct submit_args {
    uint64_t request_id;
    struct output output;
};
static const struct field submit_fields[] = {
    FIELD(struct submit_args, request_id),
    FIELD_OF(struct submit_args, output, &output_schema),
};
static const struct schema submit_schema = STRUCT("Input", struct submit_args, submit_fields);

CHANGE(submit_execution_output)
{
    struct submit_args *a = call_args(&submit_schema);
    state_open(FOR_OPERATOR);
    struct request *q = request_must_load(a->request_id);
    request_store_output(q, &a->output);
    log_text("Stored pending output for request_id: {}", a->request_id);
}

struct submit_and_resolve_args {
    uint64_t request_id;
    struct output output;
    struct response response; /* its members are arguments of the method; it has no output of its own */
};
static const struct field submit_and_resolve_fields[] = {
    FIELD(struct submit_and_resolve_args, request_id),
    FIELD_OF(struct submit_and_resolve_args, output, &output_schema),
    FIELD_NAMED("success", struct submit_and_resolve_args, response.success, FIELD_BOOL),
    FIELD_NAMED("error", struct submit_and_resolve_args, response.error, FIELD_STRING, .flags = FIELD_IS_OPT),
    FIELD_NESTED("resources_used", struct submit_and_resolve_args, response.resources_used, FIELD_SCHEMA, &metrics_schema),
    FIELD_NAMED("compilation_note", struct submit_and_resolve_args, response.compilation_note, FIELD_STRING,
                .flags = FIELD_IS_OPT),
    FIELD_NAMED("refund_usd", struct submit_and_resolve_args, response.refund_usd, FIELD_U64, .flags = FIELD_IS_OPT,
                .has_offset = offsetof(struct submit_and_resolve_args, response.has_refund_usd)),
};
static const struct schema submit_and_resolve_schema =
    STRUCT("Input", struct submit_and_resolve_args, submit_and_resolve_fields);

CHANGE(submit_execution_output_and_resolve)
{
    struct submit_and_resolve_args *a = call_args(&submit_and_resolve_schema);
    struct state *s = state_open(FOR_OPERATOR);
    struct request *q = request_must_load(a->request_id);
    request_store_output(q, &a->output);
    resolve(s, q, &a->response);
}

/* The callback */

struct callback_args {
    uint64_t request_id;
    struct slice sender_id; /* of events: who signed */
};
static const struct field callback_fields[] = {
    FIELD(struct callback_args, request_id),
    FIELD(struct callback_args, sender_id),
};
static const struct schema callback_schema = STRUCT("Input", struct callback_args, callback_fields);

static void read_response(struct slice payload, struct response *r)
{
    struct json_reader reader = json_reader_of(payload);
    struct buf *why = buf_new();
    schema_read_json(&response_schema, &reader, r);
    if (json_end(&reader))
        return;
    json_write_fault(&reader, why);
    panic_text("Failed to deserialize callback using JSON. Error: `{}`", buf_slice(why));
}

/* Books the charge, sends the rest to the payer and says how much that is. */
static u128 pay_out(struct state *s, const struct request *q, u128 charge)
{
    u128 refund = q->payment - charge; /* a charge is at most the payment */
    if (refund)
        promise_transfer(q->payer_account_id, refund);
    if (!u128_add(s->total_fees_collected, charge, &s->total_fees_collected))
        s->total_fees_collected = U128_MAX;
    return refund;
}

static void emit_completed(const struct state *s, const struct request *q, const struct response *r, u128 charge, u128 refund)
{
    struct buf *line = buf_new();
    struct completed_event event = {
        .sender_id = q->signer_id,
        .code_source = q->code_source,
        .resources_used = r->resources_used,
        .success = r->success,
        .payment_charged = charge,
        .payment_refunded = refund,
        .compilation_note = r->compilation_note,
        .timestamp = call_time_ns(),
    };
    if (!r->success)
        event.error_message = r->error.ptr ? r->error : SLICE("Unknown error");
    event_begin(line, state_event_standard(s), state_event_version(s), SLICE("execution_completed"));
    schema_write_json(&completed_event_schema, &event, line);
    event_end(line);
}

/* Logs are paid by the byte and read by people: the numbers, and nothing that the program wrote. */
static void log_success(const struct response *r, u128 charge, u128 refund)
{
    log_text("Resources: { instructions: {}, time_ms: {} }, Cost: {} yoctoNEAR, Refund: {} yoctoNEAR",
             r->resources_used.instructions, r->resources_used.time_ms, &charge, &refund);
}

static void return_output(const struct response *r)
{
    struct buf *text = buf_new();
    if (!r->has_output) {
        return_null();
    } else if (r->output.kind == OUTPUT_JSON) {
        return_bytes(r->output.value);
    } else if (r->output.kind == OUTPUT_TEXT) {
        return_string(r->output.value);
    } else {
        base64_append(text, r->output.value);
        return_string(buf_slice(text));
    }
}

static void settle_success(struct state *s, const struct request *q, const struct response *r)
{
    u128 charge = pricing_charge(&s->prices, &r->resources_used, q->payment), refund = pay_out(s, q, charge);
    emit_completed(s, q, r, charge, refund);
    log_success(r, charge, refund);
    if (q->attached_usd)
        usd_settle(q, r);
    return_output(r);
}

/* `r` is NULL when no response came in time. */
static void settle_failure(struct state *s, const struct request *q, const struct response *r)
{
    u128 charge = pricing_charge_failed(&s->prices, q->payment), refund = pay_out(s, q, charge);
    if (r) {
        emit_completed(s, q, r, charge, refund);
        log_text("Execution failed: {}. Resources: { instructions: {}, time_ms: {} }. Refunded {} yoctoNEAR",
                 quoted(r->error.ptr ? r->error : SLICE("Unknown error")), r->resources_used.instructions,
                 r->resources_used.time_ms, &refund);
    } else {
        log_text("Execution promise failed: Failed. Refunded {} yoctoNEAR", &refund);
    }
    usd_give_back(q, r ? TEXT("execution failed") : TEXT("the execution promise failed"));
    return_null();
}

CALLBACK(on_execution_response)
{
    struct response r = {0};
    struct callback_args *a = call_own_args(&callback_schema);
    struct slice payload = promise_result(0);
    bool answered = payload.ptr != NULL;
    if (answered)
        read_response(payload, &r);
    struct state *s = state_open(FOR_ANYONE);
    struct request *q = request_take(s, a->request_id);
    if (!q) {
        log_text("Warning: Execution request {} not found in pending requests", a->request_id);
        return_null();
        return;
    }
    q->signer_id = a->sender_id;
    s->total_executions++;
    if (q->submitted) {
        r.has_output = true;
        r.output = *q->submitted;
    }
    if (answered && r.success)
        settle_success(s, q, &r);
    else
        settle_failure(s, q, answered ? &r : NULL);
    state_save(s);
}

/* Cancelling: all that was paid goes back. Many at once are one line of log: a call may have no more than a hundred. */

static void give_back(const struct request *q, struct text reason)
{
    if (q->payment)
        promise_transfer(q->payer_account_id, q->payment);
    usd_give_back(q, reason);
}

CHANGE(cancel_stale_execution)
{
    struct id_args *a = call_args(&id_schema);
    struct state *s = state_open(FOR_ANYONE);
    struct request *q = request_must_load(a->request_id);
    require_text(slice_eq(call_predecessor(), q->sender_id), "Only the sender can cancel this execution");
    uint64_t now = call_time_ns();
    require_text(now > q->timestamp && now - q->timestamp > STALE_AFTER_NS, "Execution is not yet stale, please wait");
    request_take(s, a->request_id);
    give_back(q, TEXT("the execution was cancelled as stale"));
    log_text("Cancelled stale execution {} and refunded payer {}", a->request_id, q->payer_account_id);
    state_save(s);
}

CHANGE(emergency_cancel_execution)
{
    struct id_args *a = call_args(&id_schema);
    struct state *s = state_open(FOR_OWNER);
    struct request *q = request_take(s, a->request_id);
    require_text(q, "Execution request not found");
    give_back(q, TEXT("the execution was cancelled by the operator"));
    log_text("Cancelled execution {} and refunded payer {}", a->request_id, q->payer_account_id);
    state_save(s);
}

struct ids_args {
    struct list request_ids;
};
static const struct field plain_u64[] = {{.type = FIELD_U64}};
static const struct schema u64_schema = PLAIN(uint64_t, plain_u64);
static const struct field ids_fields[] = {FIELD_LIST_OF(struct ids_args, request_ids, &u64_schema)};
static const struct schema ids_schema = STRUCT("Input", struct ids_args, ids_fields);

CHANGE(cancel_pending_requests)
{
    uint64_t cancelled = 0;
    struct ids_args *a = call_args(&ids_schema);
    struct state *s = state_open(FOR_OWNER);
    const uint64_t *ids = a->request_ids.items;
    for (uint32_t i = 0; i < a->request_ids.count; i++) {
        struct request *q = request_take(s, ids[i]);
        if (q) {
            give_back(q, (struct text){0});
            cancelled++;
        }
    }
    log_text("Cancelled {} pending requests", cancelled);
    state_save(s);
    return_u64(cancelled);
}

struct limit_args {
    uint64_t limit;
    bool has_limit;
};
static const struct field limit_fields[] = {FIELD_OPT(struct limit_args, limit)};
static const struct schema limit_schema = STRUCT("Input", struct limit_args, limit_fields);

/* Goes on where settled requests end, so that calling it again and again reaches every request at a bounded price per call. */
CHANGE(clear_all_pending_requests)
{
    enum { DEFAULT_LIMIT = 100, LOOKUPS_MAX = 400 };
    uint64_t id, cleared = 0, budget = LOOKUPS_MAX;
    struct limit_args *a = call_args(&limit_schema);
    struct state *s = state_open(FOR_OWNER);
    uint64_t limit = a->has_limit ? a->limit : DEFAULT_LIMIT;
    for (uint64_t from = 0; cleared < limit && request_next_open(s, from, &budget, &id); from = id + 1) {
        give_back(request_take(s, id), (struct text){0});
        cleared++;
    }
    log_text("Cleared {} pending requests", cleared);
    state_save(s);
    return_u64(cleared);
}
