/* The tables of wasi:http/types and wasi:http/outgoing-handler, and its errors. */
#include "base/arena.h"
#include "engine/component/http.h"
#include "engine/text.h"
#include <string.h>

/* The cases of error-code in the standard's order; the host's errors begin with one of these names. */
static const char *const error_names[] = {
    "DNS-timeout",
    "DNS-error",
    "destination-not-found",
    "destination-unavailable",
    "destination-IP-prohibited",
    "destination-IP-unroutable",
    "connection-refused",
    "connection-terminated",
    "connection-timeout",
    "connection-read-timeout",
    "connection-write-timeout",
    "connection-limit-reached",
    "TLS-protocol-error",
    "TLS-certificate-error",
    "TLS-alert-received",
    "HTTP-request-denied",
    "HTTP-request-length-required",
    "HTTP-request-body-size",
    "HTTP-request-method-invalid",
    "HTTP-request-URI-invalid",
    "HTTP-request-URI-too-long",
    "HTTP-request-header-section-size",
    "HTTP-request-header-size",
    "HTTP-request-trailer-section-size",
    "HTTP-request-trailer-size",
    "HTTP-response-incomplete",
    "HTTP-response-header-section-size",
    "HTTP-response-header-size",
    "HTTP-response-body-size",
    "HTTP-response-trailer-section-size",
    "HTTP-response-trailer-size",
    "HTTP-response-transfer-coding",
    "HTTP-response-content-coding",
    "HTTP-response-timeout",
    "HTTP-upgrade-failed",
    "HTTP-protocol-error",
    "loop-detected",
    "configuration-error",
    "internal-error",
};

enum { INTERNAL_ERROR = sizeof error_names / sizeof *error_names - 1 };

/* The case of a text, and what stands behind its name. */
static uint32_t case_of(struct slice text, struct slice *rest)
{
    struct slice name, behind = slice_cut(text, ':', &name);
    for (uint32_t i = 0; i <= INTERNAL_ERROR; i++) {
        if (slice_eq_str(name, error_names[i])) {
            *rest = behind.len && behind.ptr[0] == ' ' ? slice_skip(behind, 1) : behind;
            return i;
        }
    }
    *rest = text;
    return INTERNAL_ERROR;
}

static void put_case(struct component_call *c, uint32_t which, struct slice text, union shim_value *slots)
{
    memset(slots, 0, HTTP_ERROR_SLOTS * sizeof *slots); /* every payload: none */
    slots[0].n = which;
    if (which != INTERNAL_ERROR)
        return;
    struct slice copy = arena_copy(&c->guest->results, text);
    slots[1].n = 1;
    slots[2].list = (struct shim_list){copy.ptr, copy.len};
}

void http_error_put(struct component_call *c, struct slice text, union shim_value slots[HTTP_ERROR_SLOTS])
{
    struct slice rest;
    uint32_t which = case_of(text, &rest);
    put_case(c, which, rest, slots);
}

/* `code` is the case and one: 0 is an error of another interface. */
struct component_error *http_error_new(struct slice text)
{
    AUTO(buf) struct buf z = {0};
    struct slice rest;
    uint32_t which = case_of(text, &rest);
    buf_append(&z, text);
    return component_error_new(which + 1, buf_str(&z));
}

static bool error_code_of(struct component_call *c)
{
    const struct component_error *e = component_handle_get(c, KIND_ERROR, c->args[0].n);
    if (!e)
        return false;
    c->results[0].n = e->code != 0;
    if (e->code)
        http_error_put(c, slice_str(e->text), &c->results[1]);
    return true;
}

static const struct component_type_row types[] = {
    {"http-method", "variant{get, head, post, put, delete, connect, options, trace, patch, other(string)}"},
    {"http-scheme", "variant{HTTP, HTTPS, other(string)}"},
    {"DNS-error-payload", "record{rcode: option<string>, info-code: option<u16>}"},
    {"TLS-alert-payload", "record{alert-id: option<u8>, alert-message: option<string>}"},
    {"field-size-payload", "record{field-name: option<string>, field-size: option<u32>}"},
    {"http-error", "variant{DNS-timeout, DNS-error(DNS-error-payload), destination-not-found, destination-unavailable, "
                   "destination-IP-prohibited, destination-IP-unroutable, connection-refused, connection-terminated, "
                   "connection-timeout, connection-read-timeout, connection-write-timeout, connection-limit-reached, "
                   "TLS-protocol-error, TLS-certificate-error, TLS-alert-received(TLS-alert-payload), HTTP-request-denied, "
                   "HTTP-request-length-required, HTTP-request-body-size(option<u64>), HTTP-request-method-invalid, "
                   "HTTP-request-URI-invalid, HTTP-request-URI-too-long, HTTP-request-header-section-size(option<u32>), "
                   "HTTP-request-header-size(option<field-size-payload>), HTTP-request-trailer-section-size(option<u32>), "
                   "HTTP-request-trailer-size(field-size-payload), HTTP-response-incomplete, "
                   "HTTP-response-header-section-size(option<u32>), HTTP-response-header-size(field-size-payload), "
                   "HTTP-response-body-size(option<u64>), HTTP-response-trailer-section-size(option<u32>), "
                   "HTTP-response-trailer-size(field-size-payload), HTTP-response-transfer-coding(option<string>), "
                   "HTTP-response-content-coding(option<string>), HTTP-response-timeout, HTTP-upgrade-failed, "
                   "HTTP-protocol-error, loop-detected, configuration-error, internal-error(option<string>)}"},
    {"header-error", "variant{invalid-syntax, forbidden, immutable}"},
    {0},
};

static const struct component_resource_row resources[] = {
    {"fields", KIND_FIELDS},
    {"headers", KIND_FIELDS}, /* other names of what is there already */
    {"trailers", KIND_FIELDS},
    {"io-error", KIND_ERROR},
    {"incoming-request", KIND_INCOMING_REQUEST},
    {"outgoing-request", KIND_OUTGOING_REQUEST},
    {"request-options", KIND_REQUEST_OPTIONS},
    {"response-outparam", KIND_RESPONSE_OUTPARAM},
    {"incoming-response", KIND_INCOMING_RESPONSE},
    {"incoming-body", KIND_INCOMING_BODY},
    {"future-trailers", KIND_FUTURE_TRAILERS},
    {"outgoing-response", KIND_OUTGOING_RESPONSE},
    {"outgoing-body", KIND_OUTGOING_BODY},
    {"future-incoming-response", KIND_FUTURE_INCOMING_RESPONSE},
    {0},
};

#define FIELDS(name, params, function)  {"[method]fields." name, "(borrow<fields>" params, function}
#define REQUEST(name, params, function) {"[method]outgoing-request." name, "(borrow<outgoing-request>" params, function}
#define OPTION(name, get, set)                                                                       \
    {"[method]request-options." name, "(borrow<request-options>) -> option<u64>", get},              \
    {                                                                                                \
        "[method]request-options.set-" name, "(borrow<request-options>, option<u64>) -> result", set \
    }
/* For servers: nothing of the kind ever comes to be. */
#define SERVER(resource, name, params) {"[method]" resource "." name, "(borrow<" resource ">" params, NULL}

static const struct component_function_row functions[] = {
    {"http-error-code", "(borrow<error>) -> option<http-error>", error_code_of},
    {"[constructor]fields", "() -> own<fields>", http_fields_constructor},
    {"[static]fields.from-list", "(list<tuple<string, list<u8>>>) -> result<own<fields>, header-error>", http_fields_from_list},
    FIELDS("get", ", string) -> list<list<u8>>", http_fields_get),
    FIELDS("has", ", string) -> bool", http_fields_has),
    FIELDS("set", ", string, list<list<u8>>) -> result<_, header-error>", http_fields_set),
    FIELDS("delete", ", string) -> result<_, header-error>", http_fields_delete),
    FIELDS("append", ", string, list<u8>) -> result<_, header-error>", http_fields_append),
    FIELDS("entries", ") -> list<tuple<string, list<u8>>>", http_fields_entries),
    FIELDS("clone", ") -> own<fields>", http_fields_clone),
    {"[constructor]outgoing-request", "(own<fields>) -> own<outgoing-request>", http_request_constructor},
    REQUEST("body", ") -> result<own<outgoing-body>>", http_request_body),
    REQUEST("method", ") -> http-method", http_request_method),
    REQUEST("set-method", ", http-method) -> result", http_request_set_method),
    REQUEST("path-with-query", ") -> option<string>", http_request_path),
    REQUEST("set-path-with-query", ", option<string>) -> result", http_request_set_path),
    REQUEST("scheme", ") -> option<http-scheme>", http_request_scheme),
    REQUEST("set-scheme", ", option<http-scheme>) -> result", http_request_set_scheme),
    REQUEST("authority", ") -> option<string>", http_request_authority),
    REQUEST("set-authority", ", option<string>) -> result", http_request_set_authority),
    REQUEST("headers", ") -> own<fields>", http_request_headers),
    {"[constructor]request-options", "() -> own<request-options>", http_options_constructor},
    OPTION("connect-timeout", http_options_connect, http_options_set_connect),
    OPTION("first-byte-timeout", http_options_first_byte, http_options_set_first_byte),
    OPTION("between-bytes-timeout", http_options_between_bytes, http_options_set_between_bytes),
    {"[method]outgoing-body.write", "(borrow<outgoing-body>) -> result<own<output-stream>>", http_body_write},
    {"[static]outgoing-body.finish", "(own<outgoing-body>, option<own<fields>>) -> result<_, http-error>", http_body_finish},
    {"[method]future-incoming-response.subscribe", "(borrow<future-incoming-response>) -> own<pollable>",
     http_future_subscribe},
    {"[method]future-incoming-response.get",
     "(borrow<future-incoming-response>) -> option<result<result<own<incoming-response>, http-error>>>", http_future_get},
    {"[method]incoming-response.status", "(borrow<incoming-response>) -> u16", http_response_status},
    {"[method]incoming-response.headers", "(borrow<incoming-response>) -> own<fields>", http_response_headers},
    {"[method]incoming-response.consume", "(borrow<incoming-response>) -> result<own<incoming-body>>", http_response_consume},
    {"[method]incoming-body.stream", "(borrow<incoming-body>) -> result<own<input-stream>>", http_incoming_stream},
    {"[static]incoming-body.finish", "(own<incoming-body>) -> own<future-trailers>", http_incoming_finish},
    {"[method]future-trailers.subscribe", "(borrow<future-trailers>) -> own<pollable>", http_trailers_subscribe},
    {"[method]future-trailers.get", "(borrow<future-trailers>) -> option<result<result<option<own<fields>>, http-error>>>",
     http_trailers_get},
    SERVER("incoming-request", "method", ") -> http-method"),
    SERVER("incoming-request", "path-with-query", ") -> option<string>"),
    SERVER("incoming-request", "scheme", ") -> option<http-scheme>"),
    SERVER("incoming-request", "authority", ") -> option<string>"),
    SERVER("incoming-request", "headers", ") -> own<fields>"),
    SERVER("incoming-request", "consume", ") -> result<own<incoming-body>>"),
    {"[constructor]outgoing-response", "(own<fields>) -> own<outgoing-response>", NULL},
    SERVER("outgoing-response", "status-code", ") -> u16"),
    SERVER("outgoing-response", "set-status-code", ", u16) -> result"),
    SERVER("outgoing-response", "headers", ") -> own<fields>"),
    SERVER("outgoing-response", "body", ") -> result<own<outgoing-body>>"),
    {"[static]response-outparam.set", "(own<response-outparam>, result<own<outgoing-response>, http-error>)", NULL},
    {0},
};

const struct component_interface component_http_types = {"wasi:http/types@0.2.0", types, resources, functions};

static const struct component_function_row handler_functions[] = {
    {"handle", "(own<outgoing-request>, option<own<request-options>>) -> result<own<future-incoming-response>, http-error>",
     http_handle},
    {0},
};

const struct component_interface component_http_handler = {"wasi:http/outgoing-handler@0.2.0", NULL, NULL, handler_functions};
