/* The resources `future-incoming-response`, `incoming-response`, `incoming-body` and `future-trailers`. */
#include "base/mem.h"
#include "engine/component/http.h"
#include "engine/component/streams.h"
#include <string.h>

struct http_exchange *http_exchange_hold(struct http_exchange *x)
{
    x->holders++;
    return x;
}

void http_exchange_abort(struct http_exchange *x)
{
    const struct host_value args[] = {{.number = x->handle}};
    if (!x->closed)
        host_call(x->port, HOST_HTTP_CLOSE, args);
    x->closed = true;
}

void http_exchange_let_go(void *exchange)
{
    struct http_exchange *x = exchange;
    if (--x->holders)
        return;
    http_exchange_abort(x);
    mem_free(x);
}

static bool return_failure(struct component_call *c)
{
    c->results[0].n = 1;
    return true;
}

static struct pollable wait_for(struct http_exchange *x, enum host_http_event event)
{
    return (struct pollable){.at_ns = UINT64_MAX,
                             .exchange = x->handle,
                             .event = event,
                             .drop = http_exchange_let_go,
                             .self = http_exchange_hold(x)};
}

/* --- future-incoming-response --------------------------------------------------------------------------------------------------------- */

struct future {
    struct http_exchange *exchange;
    bool taken;
};

static void drop_future(void *object)
{
    struct future *f = object;
    http_exchange_let_go(f->exchange);
    mem_free(f);
}

bool http_future_return(struct component_call *c, struct http_exchange *x, union shim_value *slot)
{
    struct future *f = mem_alloc(sizeof *f);
    *f = (struct future){.exchange = x};
    return component_handle_new(c, KIND_FUTURE_INCOMING_RESPONSE, f, drop_future, slot);
}

bool http_future_subscribe(struct component_call *c)
{
    const struct future *f = component_handle_get(c, KIND_FUTURE_INCOMING_RESPONSE, c->args[0].n);
    return f && pollable_return(c, wait_for(f->exchange, HOST_HTTP_HAS_HEAD));
}

struct response {
    struct http_exchange *exchange;
    uint64_t status;
    struct http_fields *fields;
    bool consumed;
};

static void drop_response(void *object)
{
    struct response *r = object;
    http_exchange_let_go(r->exchange);
    http_fields_free(r->fields);
    mem_free(r);
}

static bool return_response(struct component_call *c, const struct future *f, const struct host_port *port)
{
    struct http_fields *fields = http_fields_of_lines(c->guest, port->results[1].bytes);
    if (!fields)
        return false;
    struct response *r = mem_alloc(sizeof *r);
    *r = (struct response){.exchange = http_exchange_hold(f->exchange), .status = port->results[0].number, .fields = fields};
    return component_handle_new(c, KIND_INCOMING_RESPONSE, r, drop_response, &c->results[3]);
}

/* option<result<result<own<incoming-response>, error-code>>>: none, taken, failed, or here it is. */
bool http_future_get(struct component_call *c)
{
    struct future *f = component_handle_get(c, KIND_FUTURE_INCOMING_RESPONSE, c->args[0].n);
    if (!f)
        return false;
    if (f->taken) {
        c->results[0].n = c->results[1].n = 1;
        return true;
    }
    const struct host_value args[] = {{.number = f->exchange->handle}, {0}};
    const struct host_port *port = component_host_call(c, HOST_HTTP_HEAD, args);
    if (!port)
        return false;
    struct slice error = port->results[2].bytes;
    if (!error.len && !port->results[0].number)
        return true; /* not yet */
    f->taken = true;
    c->results[0].n = 1;
    if (!error.len)
        return return_response(c, f, port);
    c->results[2].n = 1;
    http_error_put(c, error, &c->results[3]);
    return true;
}

/* --- incoming-response ---------------------------------------------------------------------------------------------------------------- */

static struct response *response(struct component_call *c)
{
    return component_handle_get(c, KIND_INCOMING_RESPONSE, c->args[0].n);
}

bool http_response_status(struct component_call *c)
{
    const struct response *r = response(c);
    if (r)
        c->results[0].n = r->status;
    return r != NULL;
}

bool http_response_headers(struct component_call *c)
{
    const struct response *r = response(c);
    return r && http_fields_return(c, r->fields, &c->results[0]);
}

/* --- incoming-body ----------------------------------------------------------------------------------------------------------------------- */

struct incoming {
    unsigned holders; /* the guest's incoming-body and its stream */
    struct http_exchange *exchange;
    bool streamed, ended;
};

static void let_incoming_go(void *object)
{
    struct incoming *b = object;
    if (--b->holders)
        return;
    http_exchange_let_go(b->exchange);
    mem_free(b);
}

bool http_response_consume(struct component_call *c)
{
    struct response *r = response(c);
    if (!r)
        return false;
    if (r->consumed)
        return return_failure(c);
    r->consumed = true;
    struct incoming *b = mem_alloc(sizeof *b);
    *b = (struct incoming){.holders = 1, .exchange = http_exchange_hold(r->exchange)};
    return component_handle_new(c, KIND_INCOMING_BODY, b, let_incoming_go, &c->results[1]);
}

static enum stream_state read_incoming(struct component_call *c, void *self, size_t max_len, struct slice *out,
                                       struct component_error **error)
{
    struct incoming *b = self;
    *out = (struct slice){0};
    if (b->ended)
        return STREAM_CLOSED;
    const struct host_value args[] = {{.number = b->exchange->handle}, {.number = max_len}, {0}};
    const struct host_port *port = component_host_call(c, HOST_HTTP_READ, args);
    if (!port)
        return STREAM_STOPPED;
    struct slice fault = port->results[2].bytes;
    b->ended = port->results[1].number || fault.len;
    if (fault.len) {
        *error = http_error_new(fault);
        return STREAM_FAILED;
    }
    *out = port->results[0].bytes;
    return out->len || !b->ended ? STREAM_OK : STREAM_CLOSED;
}

static struct pollable wait_for_bytes(void *self)
{
    const struct incoming *b = self;
    return b->ended ? (struct pollable){0} : wait_for(b->exchange, HOST_HTTP_HAS_BYTES);
}

static const struct input_stream_ops incoming_ops = {
    .read = read_incoming, .pollable = wait_for_bytes, .drop = let_incoming_go};

bool http_incoming_stream(struct component_call *c)
{
    struct incoming *b = component_handle_get(c, KIND_INCOMING_BODY, c->args[0].n);
    if (!b)
        return false;
    if (b->streamed)
        return return_failure(c);
    b->streamed = true;
    b->holders++;
    return input_stream_new(c, &incoming_ops, b, &c->results[1]);
}

/* --- future-trailers ----------------------------------------------------------------------------------------------------------------------- */

struct trailers {
    struct http_exchange *exchange;
    bool complete, taken; /* the body was read to its end */
};

static void drop_trailers(void *object)
{
    struct trailers *t = object;
    http_exchange_let_go(t->exchange);
    mem_free(t);
}

bool http_incoming_finish(struct component_call *c)
{
    struct incoming *b = component_handle_take(c, KIND_INCOMING_BODY, c->args[0].n);
    if (!b)
        return false;
    struct trailers *t = mem_alloc(sizeof *t);
    *t = (struct trailers){.exchange = http_exchange_hold(b->exchange), .complete = b->ended};
    let_incoming_go(b);
    return component_handle_new(c, KIND_FUTURE_TRAILERS, t, drop_trailers, &c->results[0]);
}

bool http_trailers_subscribe(struct component_call *c)
{
    return component_handle_get(c, KIND_FUTURE_TRAILERS, c->args[0].n) && pollable_return(c, (struct pollable){0});
}

/* option<result<result<option<own<trailers>>, error-code>>>. Of a body that was not read to its end there are none. */
bool http_trailers_get(struct component_call *c)
{
    struct trailers *t = component_handle_get(c, KIND_FUTURE_TRAILERS, c->args[0].n);
    if (!t)
        return false;
    c->results[0].n = 1;
    c->results[1].n = t->taken;
    if (t->taken || !t->complete) {
        t->taken = true;
        return true;
    }
    t->taken = true;
    const struct host_value args[] = {{.number = t->exchange->handle}};
    const struct host_port *port = component_host_call(c, HOST_HTTP_TRAILERS, args);
    if (!port)
        return false;
    if (port->results[1].bytes.len) {
        c->results[2].n = 1;
        http_error_put(c, port->results[1].bytes, &c->results[3]);
        return true;
    }
    if (port->results[0].bytes.len == 0)
        return true;
    c->results[3].n = 1;
    struct http_fields *fields = http_fields_of_lines(c->guest, port->results[0].bytes);
    return fields && component_handle_new(c, KIND_FIELDS, fields, http_fields_free, &c->results[4]);
}
