/* The worker's job loop: create, poll, claim, complete. */
#include "base/log.h"
#include "base/u128.h"
#include "codec/json_doc.h"
#include "coordinator/service.h"

enum { POLL_DEFAULT_S = 60, POLL_MAX_S = 120 };

/* One of the bodies on its way through a transaction. */
struct call {
    struct arena arena;
    struct worker_identity who;
    union {
        struct msg_create create;
        struct msg_claim claim;
        struct msg_complete complete;
    };
    struct job_info job;
    bool result;
};

static void auto_call(struct call *call)
{
    arena_free(&call->arena);
}

static struct err *do_create(struct coordinator *c, void *arg)
{
    struct call *call = arg;
    return machine_create(&c->machine, &call->create, &call->result);
}

void handle_create(struct http_exchange *x, void *context)
{
    struct coordinator *c = context;
    AUTO(call) struct call call = {0};
    AUTO(json) json_t *body = NULL;
    if (!api_authenticate(c, x, "monitor", &call.who) || !api_read_body(c, x, &body))
        return;
    struct err *e = msg_create_parse(body, &call.arena, &call.create);
    if (!e)
        e = coordinator_transact(c, do_create, &call);
    if (e) {
        api_reply_err(c, x, e);
        return;
    }
    log_info(call.result ? "request created" : "request known already", LOG_U64("request_id", call.create.request_id),
             LOG_SLICE("data_id", call.create.data_id), LOG_STR("checksum", call.create.source.checksum));
    json_t *answer = json_object();
    json_object_set_new(answer, "request_id", json_integer((json_int_t)call.create.request_id));
    json_object_set_new(answer, "created", json_boolean(call.result));
    api_reply_json(c, x, call.result ? 201 : 200, answer);
}

static unsigned asked_capabilities(struct http_exchange *x)
{
    struct slice queue = http_request_query(x, "queue");
    if (slice_eq_str(queue, "compile"))
        return CAN_COMPILE;
    if (slice_eq_str(queue, "execute"))
        return CAN_EXECUTE;
    return queue.ptr ? 0 : msg_capabilities_parse(http_request_query(x, "capabilities"));
}

/* False when `timeout` is not a number. */
static bool asked_timeout_s(struct http_exchange *x, uint64_t *out)
{
    u128 value = POLL_DEFAULT_S;
    struct slice text = http_request_query(x, "timeout");
    if (text.ptr && !u128_parse(text, &value))
        return false;
    *out = value < POLL_MAX_S ? (uint64_t)value : POLL_MAX_S;
    return true;
}

void handle_poll(struct http_exchange *x, void *context)
{
    struct coordinator *c = context;
    struct worker_identity who;
    uint64_t timeout_s = 0;
    unsigned capabilities = asked_capabilities(x);
    bool timeout_is_number = asked_timeout_s(x, &timeout_s);
    if (!api_authenticate(c, x, NULL, &who))
        return;
    if (!capabilities || !timeout_is_number) {
        api_reply(c, x, 400,
                  SLICE("{\"error\":\"expected queue=compile|execute or capabilities=compilation,execution,"
                        " and timeout in whole seconds\"}"));
        return;
    }
    capabilities &= worker_capabilities(&who);
    if (!capabilities) {
        api_reply(c, x, 403, (struct slice){0});
        return;
    }
    struct err *e = coordinator_wait(c, x, capabilities, who.token_hash, timeout_s * 1000);
    if (e)
        api_reply_err(c, x, e);
}

static json_t *text_or_null(struct slice text)
{
    return text.ptr ? json_doc_string(text) : json_null();
}

static json_t *write_job(const struct job_info *job)
{
    json_t *out = json_object();
    json_object_set_new(out, "job_id", json_integer((json_int_t)job->job_id));
    json_object_set_new(out, "job_type", json_string(job->is_compile ? "compile" : "execute"));
    json_object_set_new(out, "wasm_checksum", text_or_null(job->wasm_checksum));
    json_object_set_new(out, "allowed", json_true());
    json_object_set_new(out, "compile_cost_yocto", text_or_null(job->compile_cost_yocto));
    json_object_set_new(out, "compile_error", text_or_null(job->compile_error));
    if (job->error_category.ptr)
        json_object_set_new(out, "error_category", json_doc_string(job->error_category));
    if (job->outcome.ptr)
        json_object_set_new(out, "outcome", json_doc_string(job->outcome));
    json_object_set_new(out, "compile_time_ms",
                        job->has_compile_time ? json_integer((json_int_t)job->compile_time_ms) : json_null());
    json_object_set_new(out, "project_uuid", text_or_null(job->project_uuid));
    json_object_set_new(out, "project_id", text_or_null(job->project_id));
    json_object_set_new(out, "created_at", json_integer((json_int_t)job->created_s));
    return out;
}

static struct err *do_claim(struct coordinator *c, void *arg)
{
    struct call *call = arg;
    return machine_claim(&c->machine, &call->claim, call->who.token_hash, &call->arena, &call->job, &call->result);
}

void handle_claim(struct http_exchange *x, void *context)
{
    struct coordinator *c = context;
    AUTO(call) struct call call = {0};
    AUTO(json) json_t *body = NULL;
    if (!api_authenticate(c, x, NULL, &call.who) || !api_read_body(c, x, &body))
        return;
    struct err *e = msg_claim_parse(body, &call.arena, &call.claim);
    if (!e && !call.claim.capabilities) {
        api_reply(c, x, 400, SLICE("{\"error\":\"capabilities names neither compilation nor execution\"}"));
        return;
    }
    call.claim.capabilities &= worker_capabilities(&call.who);
    if (!e && (call.claim.capabilities & CAN_EXECUTE) && !api_has_session(c, x, &call.who)) {
        api_reply(c, x, 401, (struct slice){0});
        return;
    }
    if (!e)
        e = coordinator_transact(c, do_claim, &call);
    if (e) {
        api_reply_err(c, x, e);
        return;
    }
    json_t *answer = json_object(), *jobs = json_array();
    if (call.result) {
        json_array_append_new(jobs, write_job(&call.job));
        log_info("job claimed", LOG_U64("request_id", call.claim.request_id), LOG_U64("job_id", call.job.job_id),
                 LOG_STR("type", call.job.is_compile ? "compile" : "execute"), LOG_SLICE("worker_id", call.claim.worker_id));
    }
    json_object_set_new(answer, "jobs", jobs);
    json_object_set_new(answer, "pricing", pricing_write());
    api_reply_json(c, x, 200, answer);
}

static struct err *do_complete(struct coordinator *c, void *arg)
{
    struct call *call = arg;
    return machine_complete(&c->machine, &call->complete, call->who.token_hash);
}

void handle_complete(struct http_exchange *x, void *context)
{
    struct coordinator *c = context;
    AUTO(call) struct call call = {0};
    AUTO(json) json_t *body = NULL;
    if (!api_authenticate(c, x, NULL, &call.who) || !api_read_body(c, x, &body))
        return;
    struct err *e = msg_complete_parse(body, &call.arena, &call.complete);
    if (!e)
        e = coordinator_transact(c, do_complete, &call);
    if (e) {
        api_reply_err(c, x, e);
        return;
    }
    log_info("job completed", LOG_U64("job_id", call.complete.job_id),
             LOG_STR("status", job_status_name(call.complete.status)));
    api_reply(c, x, 200, (struct slice){0});
}
