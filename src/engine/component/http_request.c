/* The resources `outgoing-request`, `request-options` and `outgoing-body`, and the function that sends. */
#include "base/mem.h"
#include "codec/http_field.h"
#include "engine/component/http.h"
#include "engine/component/streams.h"
#include <string.h>

enum { TEXT_MAX = 16 * 1024, WORD_MAX = 40, NS_A_MS = 1000000 };

/* Shared by the request, the guest's outgoing-body and its stream. */
struct body {
    unsigned holders;
    struct component *guest;
    struct http_exchange *exchange; /* NULL: the request has not been sent */
    struct buf waiting;             /* what was written before it is */
    struct buf trailers;            /* lines */
    bool has_len, streamed, finished, failed;
    bool over; /* more was written than content-length says */
    uint64_t len, written;
};

struct request {
    struct component *guest;
    struct http_fields *fields;
    struct buf method, path, authority;
    bool has_path, has_authority, has_scheme;
    uint64_t method_case, scheme_case;
    struct buf scheme;
    struct body *body; /* NULL: not asked for */
};

static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"};

enum { METHOD_OTHER = sizeof methods / sizeof *methods, SCHEME_HTTP = 0, SCHEME_HTTPS = 1, SCHEME_OTHER = 2 };

static struct slice bytes(const union shim_value *slot)
{
    return slice_from(slot->list.ptr, slot->list.len);
}

static void put_bytes(union shim_value *slot, const struct buf *b)
{
    slot->list = (struct shim_list){b->ptr, b->len};
}

/* A text that the guest holds. */
static void drop_text(struct component *guest, struct buf *text)
{
    guest->held -= text->len;
    buf_free(text);
}

/* False: the guest is stopped. */
static bool set_text(struct component *guest, struct buf *text, struct slice to)
{
    drop_text(guest, text);
    if (!component_hold(guest, to.len))
        return false;
    buf_append(text, to);
    return true;
}

static bool return_failure(struct component_call *c)
{
    c->results[0].n = 1;
    return true;
}

/* --- outgoing-body ----------------------------------------------------------------------------------------------------------------- */

static void let_body_go(void *object)
{
    struct body *b = object;
    if (--b->holders)
        return;
    if (b->exchange)
        http_exchange_let_go(b->exchange);
    drop_text(b->guest, &b->waiting);
    drop_text(b->guest, &b->trailers);
    mem_free(b);
}

/* The guest drops its outgoing-body: without finish, the body is not what was meant to be sent. */
static void drop_body(void *object)
{
    struct body *b = object;
    b->failed = !b->finished;
    if (b->failed && b->exchange)
        http_exchange_abort(b->exchange);
    let_body_go(b);
}

static enum stream_state fail_stream(struct slice text, struct component_error **error)
{
    *error = http_error_new(text);
    return STREAM_FAILED;
}

static enum stream_state check_body(struct component_call *c, void *self, uint64_t *len, struct component_error **error)
{
    struct body *b = self;
    (void)error;
    *len = 0;
    if (b->finished || b->failed || b->over)
        return STREAM_CLOSED;
    if (!b->exchange) {
        *len = BODY_WAITING_MAX - b->waiting.len;
        return STREAM_OK;
    }
    const uint32_t pair[2] = {(uint32_t)b->exchange->handle, HOST_HTTP_ROOM};
    const struct host_value args[] = {{.bytes = slice_from(pair, sizeof pair)}, {0}};
    const struct host_port *port = component_host_call(c, HOST_HTTP_WAIT, args);
    if (!port)
        return STREAM_STOPPED;
    struct slice ready = port->results[0].bytes;
    *len = ready.len && ready.ptr[0] ? HOST_HTTP_ROOM_LEN : 0;
    return port->results[1].bytes.len ? fail_stream(port->results[1].bytes, error) : STREAM_OK;
}

static enum stream_state write_body(struct component_call *c, void *self, struct slice part, struct component_error **error)
{
    struct body *b = self;
    b->over |= b->has_len && part.len > b->len - b->written;
    if (b->over)
        return fail_stream(SLICE("HTTP-request-body-size: more bytes than content-length says"), error);
    b->written += part.len;
    if (!b->exchange) {
        if (!component_charge(c, part.len) || !component_hold(b->guest, part.len))
            return STREAM_STOPPED;
        buf_append(&b->waiting, part);
        return STREAM_OK;
    }
    const struct host_value args[] = {{.number = b->exchange->handle}, {.bytes = part}};
    const struct host_port *port = component_host_call(c, HOST_HTTP_WRITE, args);
    if (!port)
        return STREAM_STOPPED;
    return port->results[0].bytes.len ? fail_stream(port->results[0].bytes, error) : STREAM_OK;
}

static bool has_news(void *self)
{
    const struct body *b = self;
    return b->exchange || b->finished || b->failed || b->waiting.len < BODY_WAITING_MAX;
}

/* Before the request is sent, a full body waits for the guest to send it. */
static struct pollable wait_for_room(void *self)
{
    struct body *b = self;
    if (b->exchange)
        return (struct pollable){.at_ns = UINT64_MAX,
                                 .exchange = b->exchange->handle,
                                 .event = HOST_HTTP_ROOM,
                                 .drop = http_exchange_let_go,
                                 .self = http_exchange_hold(b->exchange)};
    b->holders++;
    return (struct pollable){.at_ns = UINT64_MAX, .ready = has_news, .drop = let_body_go, .self = b};
}

static const struct output_stream_ops body_ops = {
    .check = check_body, .write = write_body, .pollable = wait_for_room, .drop = let_body_go};

bool http_body_write(struct component_call *c)
{
    struct body *b = component_handle_get(c, KIND_OUTGOING_BODY, c->args[0].n);
    if (!b)
        return false;
    if (b->streamed)
        return return_failure(c);
    b->streamed = true;
    b->holders++;
    return output_stream_new(c, &body_ops, b, &c->results[1]);
}

static bool return_error(struct component_call *c, struct slice text)
{
    c->results[0].n = 1;
    http_error_put(c, text, &c->results[1]);
    return true;
}

/* Ends a body that is under way. */
static bool finish_sent(struct component_call *c, struct body *b)
{
    const struct host_value args[] = {{.number = b->exchange->handle}, {.bytes = buf_slice(&b->trailers)}};
    const struct host_port *port = component_host_call(c, HOST_HTTP_FINISH, args);
    return port && (port->results[0].bytes.len == 0 || return_error(c, port->results[0].bytes));
}

bool http_body_finish(struct component_call *c)
{
    struct body *b = component_handle_take(c, KIND_OUTGOING_BODY, c->args[0].n);
    if (!b)
        return false;
    struct http_fields *trailers = c->args[1].n ? component_handle_take(c, KIND_FIELDS, c->args[2].n) : NULL;
    bool goes_on = !c->args[1].n || trailers;
    if (trailers) {
        http_fields_append_lines(trailers, &b->trailers);
        http_fields_free(trailers);
        goes_on = component_hold(b->guest, b->trailers.len);
        if (!goes_on)
            buf_free(&b->trailers);
    }
    if (goes_on && b->has_len && (b->over || b->written < b->len)) {
        goes_on = return_error(c, b->over ? SLICE("HTTP-request-body-size: the body is longer than content-length says")
                                          : SLICE("HTTP-request-body-size: the body is shorter than content-length says"));
    } else if (goes_on) {
        b->finished = true;
        goes_on = !b->exchange || finish_sent(c, b);
    }
    drop_body(b);
    return goes_on;
}

/* --- outgoing-request ---------------------------------------------------------------------------------------------------------------- */

static void free_request(void *object)
{
    struct request *r = object;
    if (r->fields)
        http_fields_free(r->fields);
    drop_text(r->guest, &r->method);
    drop_text(r->guest, &r->path);
    drop_text(r->guest, &r->authority);
    drop_text(r->guest, &r->scheme);
    if (r->body)
        let_body_go(r->body);
    mem_free(r);
}

static struct request *self(struct component_call *c)
{
    return component_handle_get(c, KIND_OUTGOING_REQUEST, c->args[0].n);
}

bool http_request_constructor(struct component_call *c)
{
    struct http_fields *fields = component_handle_take(c, KIND_FIELDS, c->args[0].n);
    if (!fields)
        return false;
    struct request *r = mem_calloc(1, sizeof *r);
    r->guest = c->guest;
    r->fields = fields;
    if (!set_text(c->guest, &r->method, slice_str(methods[0]))) {
        free_request(r);
        return false;
    }
    return component_handle_new(c, KIND_OUTGOING_REQUEST, r, free_request, &c->results[0]);
}

bool http_request_body(struct component_call *c)
{
    struct request *r = self(c);
    if (!r)
        return false;
    if (r->body)
        return return_failure(c);
    r->body = mem_calloc(1, sizeof *r->body);
    r->body->holders = 2; /* the request and the guest */
    r->body->guest = c->guest;
    r->body->has_len = http_fields_length(r->fields, &r->body->len);
    return component_handle_new(c, KIND_OUTGOING_BODY, r->body, drop_body, &c->results[1]);
}

bool http_request_method(struct component_call *c)
{
    struct request *r = self(c);
    if (!r)
        return false;
    c->results[0].n = r->method_case;
    if (r->method_case == METHOD_OTHER)
        put_bytes(&c->results[1], &r->method);
    return true;
}

bool http_request_set_method(struct component_call *c)
{
    struct request *r = self(c);
    if (!r)
        return false;
    uint64_t method = c->args[1].n;
    struct slice text = method < METHOD_OTHER ? slice_str(methods[method]) : bytes(&c->args[2]);
    if (!http_field_name_is_valid(text) || text.len > WORD_MAX)
        return return_failure(c);
    r->method_case = method;
    return set_text(c->guest, &r->method, text);
}

static bool return_option(struct component_call *c, const struct request *r, bool has, const struct buf *text)
{
    if (!r)
        return false;
    c->results[0].n = has;
    if (has)
        put_bytes(&c->results[1], text);
    return true;
}

bool http_request_path(struct component_call *c)
{
    struct request *r = self(c);
    return return_option(c, r, r && r->has_path, r ? &r->path : NULL);
}

bool http_request_authority(struct component_call *c)
{
    struct request *r = self(c);
    return return_option(c, r, r && r->has_authority, r ? &r->authority : NULL);
}

/* Nothing that would end the part of the URL it stands for; the host reads the whole strictly. */
static bool is_part(struct slice text, const char * not)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] <= ' ' || text.ptr[i] >= 0x7f || strchr(not, text.ptr[i]))
            return false;
    }
    return text.len <= TEXT_MAX;
}

bool http_request_set_path(struct component_call *c)
{
    struct request *r = self(c);
    if (!r)
        return false;
    struct slice text = c->args[1].n ? bytes(&c->args[2]) : (struct slice){0};
    if (!is_part(text, "#"))
        return return_failure(c);
    r->has_path = c->args[1].n != 0;
    return set_text(c->guest, &r->path, text);
}

bool http_request_set_authority(struct component_call *c)
{
    struct request *r = self(c);
    if (!r)
        return false;
    struct slice text = c->args[1].n ? bytes(&c->args[2]) : (struct slice){0};
    if (!is_part(text, "#/?@") || (c->args[1].n && text.len == 0))
        return return_failure(c);
    r->has_authority = c->args[1].n != 0;
    return set_text(c->guest, &r->authority, text);
}

bool http_request_scheme(struct component_call *c)
{
    const struct request *r = self(c);
    if (!r)
        return false;
    c->results[0].n = r->has_scheme;
    c->results[1].n = r->scheme_case;
    if (r->has_scheme && r->scheme_case == SCHEME_OTHER)
        put_bytes(&c->results[2], &r->scheme);
    return true;
}

bool http_request_set_scheme(struct component_call *c)
{
    struct request *r = self(c);
    if (!r)
        return false;
    bool other = c->args[1].n && c->args[2].n == SCHEME_OTHER;
    if (other && (!http_field_name_is_valid(bytes(&c->args[3])) || c->args[3].list.len > WORD_MAX))
        return return_failure(c);
    r->has_scheme = c->args[1].n != 0;
    r->scheme_case = r->has_scheme ? c->args[2].n : SCHEME_HTTP;
    return set_text(c->guest, &r->scheme, other ? bytes(&c->args[3]) : (struct slice){0});
}

bool http_request_headers(struct component_call *c)
{
    const struct request *r = self(c);
    return r && http_fields_return(c, r->fields, &c->results[0]);
}

/* --- request-options ---------------------------------------------------------------------------------------------------------------- */

enum { OPTION_CONNECT, OPTION_FIRST_BYTE, OPTION_BETWEEN_BYTES, OPTIONS };

struct options {
    bool has[OPTIONS];
    uint64_t ns[OPTIONS];
};

bool http_options_constructor(struct component_call *c)
{
    return component_handle_new(c, KIND_REQUEST_OPTIONS, mem_calloc(1, sizeof(struct options)), mem_free, &c->results[0]);
}

static bool get_option(struct component_call *c, int which)
{
    const struct options *o = component_handle_get(c, KIND_REQUEST_OPTIONS, c->args[0].n);
    if (!o)
        return false;
    c->results[0].n = o->has[which];
    c->results[1].n = o->ns[which];
    return true;
}

static bool set_option(struct component_call *c, int which)
{
    struct options *o = component_handle_get(c, KIND_REQUEST_OPTIONS, c->args[0].n);
    if (!o)
        return false;
    o->has[which] = c->args[1].n != 0;
    o->ns[which] = o->has[which] ? c->args[2].n : 0;
    return true;
}

bool http_options_connect(struct component_call *c)
{
    return get_option(c, OPTION_CONNECT);
}

bool http_options_set_connect(struct component_call *c)
{
    return set_option(c, OPTION_CONNECT);
}

bool http_options_first_byte(struct component_call *c)
{
    return get_option(c, OPTION_FIRST_BYTE);
}

bool http_options_set_first_byte(struct component_call *c)
{
    return set_option(c, OPTION_FIRST_BYTE);
}

bool http_options_between_bytes(struct component_call *c)
{
    return get_option(c, OPTION_BETWEEN_BYTES);
}

bool http_options_set_between_bytes(struct component_call *c)
{
    return set_option(c, OPTION_BETWEEN_BYTES);
}

/* The host counts in milliseconds, and takes 0 for no bound. */
static uint64_t option_ms(const struct options *o, int which)
{
    if (!o || !o->has[which])
        return 0;
    return o->ns[which] < NS_A_MS ? 1 : o->ns[which] / NS_A_MS;
}

/* --- handle --------------------------------------------------------------------------------------------------------------------------- */

static void append_url(const struct request *r, struct buf *out)
{
    bool https = !r->has_scheme || r->scheme_case == SCHEME_HTTPS;
    if (r->has_scheme && r->scheme_case == SCHEME_OTHER)
        buf_append(out, buf_slice(&r->scheme));
    else
        buf_append_str(out, https ? "https" : "http");
    buf_append_str(out, "://");
    buf_append(out, buf_slice(&r->authority));
    if (r->path.len && r->path.ptr[0] != '/' && r->path.ptr[0] != '?')
        buf_append_byte(out, '/');
    buf_append(out, buf_slice(&r->path));
}

/* A body that was finished before anything was sent, and empty, is none. */
static bool has_body(const struct request *r)
{
    const struct body *b = r->body;
    return b && !(b->finished && b->written == 0 && b->trailers.len == 0);
}

/* Sends what was written before the request was; *text is an error of the host. False: the guest is stopped. */
static bool send_waiting(struct component_call *c, struct body *b, struct slice *text)
{
    enum { PIECE = 1 << 20 };
    for (struct slice rest = buf_slice(&b->waiting); rest.len; rest = slice_skip(rest, PIECE)) {
        const struct host_value args[] = {{.number = b->exchange->handle}, {.bytes = slice_first(rest, PIECE)}};
        const struct host_port *port = component_host_call(c, HOST_HTTP_WRITE, args);
        if (!port)
            return false;
        *text = port->results[0].bytes;
        if (text->len)
            return true;
    }
    drop_text(b->guest, &b->waiting);
    if (b->finished) {
        const struct host_value args[] = {{.number = b->exchange->handle}, {.bytes = buf_slice(&b->trailers)}};
        const struct host_port *port = component_host_call(c, HOST_HTTP_FINISH, args);
        if (!port)
            return false;
        *text = port->results[0].bytes;
    }
    return true;
}

/* False: the guest is stopped. */
static bool open_exchange(struct component_call *c, const struct request *r, const struct options *o, struct slice *text,
                          struct http_exchange **out)
{
    AUTO(buf) struct buf url = {0}, headers = {0};
    append_url(r, &url);
    http_fields_append_lines(r->fields, &headers);
    const struct host_value args[] = {{.bytes = buf_slice(&r->method)},
                                      {.bytes = buf_slice(&url)},
                                      {.bytes = buf_slice(&headers)},
                                      {.number = has_body(r)},
                                      {.number = option_ms(o, OPTION_CONNECT)},
                                      {.number = option_ms(o, OPTION_FIRST_BYTE)},
                                      {.number = option_ms(o, OPTION_BETWEEN_BYTES)}};
    struct host_port *port = component_host_call(c, HOST_HTTP_OPEN, args);
    if (!port)
        return false;
    *text = port->results[1].bytes;
    if (text->len)
        return true;
    *out = mem_calloc(1, sizeof **out);
    **out = (struct http_exchange){.holders = 1, .port = port, .handle = port->results[0].number};
    return true;
}

static bool send_request(struct component_call *c, struct request *r, const struct options *o)
{
    struct http_exchange *x = NULL;
    struct slice text = {0};
    if (!r->has_authority)
        return return_error(c, SLICE("HTTP-request-URI-invalid: request has no host"));
    if (r->body && r->body->failed)
        return return_error(c, SLICE("HTTP-request-body-size: the body was dropped before it was finished"));
    if (!open_exchange(c, r, o, &text, &x))
        return false;
    if (!x)
        return return_error(c, text);
    if (r->body && has_body(r)) {
        r->body->exchange = http_exchange_hold(x);
        if (!send_waiting(c, r->body, &text)) {
            http_exchange_let_go(x);
            return false;
        }
    }
    if (text.len) {
        bool goes_on = return_error(c, text);
        http_exchange_abort(x); /* whoever holds its body's stream shall not keep it going */
        http_exchange_let_go(x);
        return goes_on;
    }
    return http_future_return(c, x, &c->results[1]);
}

bool http_handle(struct component_call *c)
{
    struct request *r = component_handle_take(c, KIND_OUTGOING_REQUEST, c->args[0].n);
    if (!r)
        return false;
    struct options *o = c->args[1].n ? component_handle_take(c, KIND_REQUEST_OPTIONS, c->args[2].n) : NULL;
    bool goes_on = (!c->args[1].n || o) && send_request(c, r, o);
    mem_free(o);
    free_request(r);
    return goes_on;
}
