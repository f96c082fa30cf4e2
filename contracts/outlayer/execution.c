/* Making a request: request_execution. Everything is checked before anything is written; the whole deposit becomes the request's
 * payment, of which settlement.c charges the cost and gives back the rest. */
#include "outlayer/payments.h"
#include "outlayer/pricing.h"
#include "outlayer/project_pricing.h"
#include "outlayer/projects.h"
#include "outlayer/requests.h"
#include "outlayer/sources.h"

/* A log line may have 16 384 bytes, with all others of the call. */
enum { EVENT_INPUT_LIMIT = 10000, EVENT_LINE_MAX = 15000, EVENT_REST_MAX = 400 };

#define CALLBACK_GAS (50 * TGAS)

struct request_args {
    struct source source;
    struct limits resource_limits;
    struct slice input_data, payer_account_id;
    struct secrets_ref secrets_ref;
    struct request_params params;
    uint8_t response_format;
    bool has_resource_limits, has_secrets_ref, has_params, has_response_format;
};

static const struct field request_args_fields[] = {
    FIELD_OF(struct request_args, source, &execution_source_schema),
    FIELD_OF_OPT(struct request_args, resource_limits, &limits_schema),
    FIELD_SLICE_OPT(struct request_args, input_data, FIELD_STRING),
    FIELD_OF_OPT(struct request_args, secrets_ref, &secrets_ref_schema),
    FIELD_OF_OPT(struct request_args, response_format, &response_format_schema),
    FIELD_SLICE_OPT(struct request_args, payer_account_id, FIELD_ACCOUNT),
    FIELD_OF_OPT(struct request_args, params, &request_params_schema),
};
static const struct schema request_args_schema = STRUCT("Input", struct request_args, request_args_fields);

/* Finds out which code to run; what the caller says of a project is never taken for it. */
static void resolve_source(struct request *q, const struct source *source)
{
    q->execution_source = q->code_source = *source;
    source_check(source);
    if (source->kind != SOURCE_PROJECT)
        return;
    struct project *p = project_load(source->project.project_id);
    require_text(p, "Project not found");
    require_text(project_code(p, source->project.version_key, &q->code_source), "Version not found");
    q->has_code_source = true;
    q->project_uuid = project_uuid(p);
    q->project_id = p->id;
}

static void check_mode(const struct request_args *a, const struct source *code, bool compile_only)
{
    require_text(!(code->kind == SOURCE_WASM_URL && a->params.force_rebuild),
                 "force_rebuild is not applicable for WasmUrl code source");
    require_text(!a->params.store_on_fastfs || a->params.force_rebuild,
                 "store_on_fastfs requires force_rebuild to ensure fresh compilation and upload");
    require_text(!compile_only || a->input_data.len == 0,
                 "input_data must be empty for compile_only mode - compilation does not use input_data");
}

static void check_limits(const struct limits *l)
{
    require_text(l->max_instructions <= LIMIT_MAX_INSTRUCTIONS, "Requested max_instructions {} exceeds hard limit of {}",
                 l->max_instructions, LIMIT_MAX_INSTRUCTIONS);
    require_text(l->max_execution_seconds <= LIMIT_MAX_SECONDS,
                 "Requested max_execution_seconds {} exceeds hard limit of {} seconds", l->max_execution_seconds,
                 (uint64_t)LIMIT_MAX_SECONDS);
}

/* Stablecoin for the developers, when the source is a project. */
static void check_attached(const struct request *q, const struct request_args *a)
{
    bool is_project = a->source.kind == SOURCE_PROJECT;
    if (is_project && !q->compile_only)
        operation_check(q->project_id, a->input_data.ptr ? a->input_data : SLICE(""), a->params.attached_usd);
    require_text(is_project || !a->params.attached_usd, "attached_usd is only valid for Project execution source");
}

static void fill(struct request *q, const struct request_args *a, const struct state *s)
{
    q->request_id = s->next_request_id;
    q->sender_id = call_predecessor();
    q->signer_id = call_signer();
    q->payer_account_id = a->payer_account_id.ptr ? a->payer_account_id : q->sender_id;
    q->timestamp = call_time_ns();
    q->attached_usd = a->params.attached_usd;
    q->secrets_ref = a->secrets_ref;
    q->has_secrets_ref = a->has_secrets_ref;
    q->response_format = a->has_response_format ? a->response_format : FORMAT_TEXT;
    q->input_data = a->input_data;
    q->force_rebuild = a->params.force_rebuild;
    q->store_on_fastfs = a->params.store_on_fastfs;
    q->use_bound_identity = a->params.use_bound_identity;
}

/* Writes the request_data, and the event line up to the end of it. The input travels in the event unless it is long, or grows too
 * long by being quoted twice; then the worker fetches it with get_request. */
static void write_request_data(struct request *q, const struct state *s, struct buf *data, struct buf *line)
{
    q->input_data_in_state = q->input_data.len >= EVENT_INPUT_LIMIT;
    for (;;) {
        q->event_input_data = q->input_data_in_state || !q->input_data.ptr ? SLICE("") : q->input_data;
        buf_clear(data);
        buf_clear(line);
        schema_write_json(&request_event_schema, q, data);
        event_begin(line, state_event_standard(s), state_event_version(s), SLICE("execution_requested"));
        json_write_open(line, '{');
        json_write_name(line, SLICE("request_data"));
        json_write_string(line, buf_slice(data));
        if (q->input_data_in_state || line->len + EVENT_REST_MAX <= EVENT_LINE_MAX)
            return;
        q->input_data_in_state = true;
    }
}

/* What the callback cannot read from the record. */
static struct slice callback_args(const struct request *q)
{
    struct buf *args = buf_new();
    json_write_open(args, '{');
    json_write_name(args, SLICE("request_id"));
    json_write_u64(args, q->request_id);
    json_write_name(args, SLICE("sender_id"));
    json_write_string(args, q->signer_id);
    json_write_close(args, '}');
    return buf_slice(args);
}

static void finish_event(const struct request *q, struct buf *line)
{
    json_write_name(line, SLICE("data_id"));
    json_write_bytes(line, slice_from(q->data_id, sizeof q->data_id));
    json_write_name(line, SLICE("timestamp"));
    json_write_u64(line, q->timestamp);
    json_write_close(line, '}');
    event_end(line);
}

PAYABLE(request_execution)
{
    struct request q = {0};
    struct buf *data = buf_new(), *line = buf_new();
    struct request_args *a = call_args(&request_args_schema);
    struct state *s = state_open(FOR_ANYONE_UNLESS_PAUSED);

    resolve_source(&q, &a->source);
    if (a->has_secrets_ref)
        profile_check(a->secrets_ref.profile);
    q.compile_only = a->params.compile_only || !a->has_resource_limits;
    q.resource_limits = a->resource_limits;
    limits_fill(&q.resource_limits);
    check_mode(a, &q.code_source, q.compile_only);
    if (!q.compile_only)
        check_limits(&q.resource_limits);
    u128 required = q.compile_only ? s->prices.base_fee : pricing_estimate(&s->prices, &q.resource_limits);
    check_attached(&q, a);
    q.payment = call_deposit();
    require_text(q.payment >= required, "Insufficient payment: required {} yoctoNEAR for compute, got {} yoctoNEAR", &required,
                 &q.payment);

    fill(&q, a, s);
    if (q.attached_usd)
        usd_attach(&q);
    s->next_request_id++;
    write_request_data(&q, s, data, line);
    promise p =
        promise_yield(SLICE("on_execution_response"), callback_args(&q), COST(.gas = CALLBACK_GAS, .weight = 1), q.data_id);
    request_store(&q);
    state_save(s);
    finish_event(&q, line);
    promise_return(p);
}
