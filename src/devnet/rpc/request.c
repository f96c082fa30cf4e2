#include "devnet/rpc/request.h"
#include "base/log.h"
#include "base/mem.h"
#include "codec/base64.h"
#include <stdarg.h>
#include <stdio.h>
#include <strings.h>

/* Faults. */

static char *format(struct rpc_request *r, const char *fmt, va_list args)
{
    char text[1024];
    vsnprintf(text, sizeof text, fmt, args);
    return arena_str(&r->arena, slice_str(text));
}

static bool set_fault(struct rpc_request *r, enum rpc_fault_kind fault, const char *cause, json_t *info, const char *data)
{
    r->fault = fault;
    r->cause = cause;
    r->info = info;
    r->data = json_doc_string(slice_str(data));
    return false;
}

bool rpc_bad_params(struct rpc_request *r, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    const char *text = format(r, fmt, args);
    va_end(args);
    json_t *info = json_pack("{s:o}", "error_message", json_doc_string(slice_str(text)));
    return set_fault(r, RPC_PARSE_ERROR, "PARSE_ERROR", info, text);
}

bool rpc_fault(struct rpc_request *r, const char *cause, json_t *info, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    const char *text = format(r, fmt, args);
    va_end(args);
    return set_fault(r, RPC_HANDLER_ERROR, cause, info, text);
}

bool rpc_internal(struct rpc_request *r, struct err *e)
{
    log_error("JSON-RPC request failed", LOG_STR("method", r->method), LOG_ERR(e));
    json_t *info = json_pack("{s:o}", "error_message", json_doc_string(slice_str(err_text(e))));
    set_fault(r, RPC_INTERNAL_ERROR, "INTERNAL_ERROR", info, err_text(e));
    err_free(e);
    return false;
}

bool rpc_chain_ok(struct rpc_request *r, struct err *e, const struct chain_block *at)
{
    if (!e)
        return true;
    if (err_code(e) != ERR_LIMIT)
        return rpc_internal(r, e);
    json_t *info = json_object();
    rpc_add_block(info, at);
    rpc_fault(r, "GARBAGE_COLLECTED_BLOCK", info, "%s", err_text(e));
    err_free(e);
    return false;
}

/* Answers. */

static json_t *error_object(const struct rpc_request *r)
{
    static const struct {
        const char *name;
        int code;
        const char *message;
    } kinds[] = {
        [RPC_PARSE_ERROR] = {"REQUEST_VALIDATION_ERROR", -32700, "Parse error"},
        [RPC_METHOD_NOT_FOUND] = {"REQUEST_VALIDATION_ERROR", -32601, "Method not found"},
        [RPC_HANDLER_ERROR] = {"HANDLER_ERROR", -32000, "Server error"},
        [RPC_INTERNAL_ERROR] = {"INTERNAL_ERROR", -32000, "Server error"},
    };
    json_t *cause = json_pack("{s:s}", "name", r->cause);
    if (r->info)
        json_object_set(cause, "info", r->info);
    return json_pack("{s:s,s:o,s:i,s:s,s:O}", "name", kinds[r->fault].name, "cause", cause, "code", kinds[r->fault].code,
                     "message", kinds[r->fault].message, "data", r->data);
}

/* A block below the head that is not there any more is the caller's mistake (422); one that is still to come may be asked again. */
static bool asks_for_past(const struct rpc_request *r)
{
    const json_t *height = rpc_param(r, "block_id");
    struct chain_block head;
    AUTO(err) struct err *e = json_is_integer(height) ? chain_head(r->chain, &head) : err_new(ERR_NOT_FOUND, "no height");
    return !e && json_integer_value(height) >= 0 && (uint64_t)json_integer_value(height) < head.height;
}

static int http_status(const struct rpc_request *r)
{
    switch (r->fault) {
    case RPC_PARSE_ERROR:
    case RPC_METHOD_NOT_FOUND:
        return 400;
    case RPC_INTERNAL_ERROR:
        return 500;
    case RPC_HANDLER_ERROR:
        if (slice_eq_str(SLICE("TIMEOUT_ERROR"), r->cause))
            return 408;
        return slice_eq_str(SLICE("UNKNOWN_BLOCK"), r->cause) && asks_for_past(r) ? 422 : 200;
    case RPC_FINE:
        break;
    }
    return 200;
}

void rpc_request_finish(struct rpc_request *r)
{
    AUTO(buf) struct buf text = {0};
    json_t *answer = json_pack("{s:s}", "jsonrpc", "2.0");
    if (r->fault == RPC_FINE)
        json_object_set(answer, "result", r->result);
    else
        json_object_set_new(answer, "error", error_object(r));
    json_object_set_new(answer, "id", r->id ? json_deep_copy(r->id) : json_null());
    json_doc_write(answer, &text);
    atomic_fetch_add(&r->server->faults, r->fault != RPC_FINE);
    http_reply(r->exchange, http_status(r), NULL, buf_slice(&text));
    json_decref(answer);
    json_decref(r->result);
    json_decref(r->info);
    json_decref(r->data);
    json_decref(r->body);
    arena_free(&r->arena);
    mem_free(r);
}

/* Bodies. */

static bool has_json_type(const struct http_exchange *x)
{
    static const char wanted[] = "application/json";
    struct slice type = http_request_header(x, "Content-Type");
    return type.len >= sizeof wanted - 1 && !strncasecmp((const char *)type.ptr, wanted, sizeof wanted - 1);
}

static bool read_envelope(struct rpc_request *r)
{
    struct slice method;
    if (json_is_array(r->body))
        return rpc_bad_params(r, "batches are not supported: send one request object a body");
    if (!json_is_object(r->body))
        return rpc_bad_params(r, "a request is an object with jsonrpc, id, method and params");
    r->id = json_object_get(r->body, "id");
    r->params = json_object_get(r->body, "params");
    const json_t *version = json_object_get(r->body, "jsonrpc");
    if (!slice_eq_str(json_doc_text(version), "2.0"))
        return rpc_bad_params(r, "member `jsonrpc` is not \"2.0\"");
    if (json_is_object(r->id) || json_is_array(r->id))
        return rpc_bad_params(r, "member `id` is neither a string nor a number");
    method = json_doc_text(json_object_get(r->body, "method"));
    if (!method.ptr)
        return rpc_bad_params(r, "member `method` is missing or not a string");
    r->method = arena_str(&r->arena, method);
    return true;
}

void rpc_request_run(struct rpc_server *s, struct http_exchange *x)
{
    json_t *body = NULL;
    atomic_fetch_add(&s->requests, 1);
    if (!has_json_type(x)) {
        http_reply(x, 415, "text/plain", SLICE("expected a body with `Content-Type: application/json`"));
        return;
    }
    AUTO(err) struct err *e = json_doc_parse(http_request_body(x), &body);
    if (e) {
        http_reply(x, 400, "text/plain", slice_str(err_text(e)));
        return;
    }
    struct rpc_request *r = mem_calloc(1, sizeof *r);
    bool later = false;
    *r = (struct rpc_request){.server = s, .chain = s->chain, .exchange = x, .body = body, .method = "", .later = &later};
    if (read_envelope(r))
        rpc_dispatch(r);
    if (!later)
        rpc_request_finish(r);
}
