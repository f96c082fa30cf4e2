/* Requests as handlers see them, and their way back to the wire. */
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/http_internal.h"
#include "net/http_target.h"
#include <event2/keyvalq_struct.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>

static const struct {
    enum evhttp_cmd_type wire;
    enum http_method method;
    const char *name;
} methods[] = {
    {EVHTTP_REQ_GET, HTTP_GET, "GET"},
    {EVHTTP_REQ_POST, HTTP_POST, "POST"},
    {EVHTTP_REQ_PUT, HTTP_PUT, "PUT"},
    {EVHTTP_REQ_DELETE, HTTP_DELETE, "DELETE"},
    {EVHTTP_REQ_OPTIONS, HTTP_OPTIONS, "OPTIONS"},
    {EVHTTP_REQ_HEAD, HTTP_HEAD, "HEAD"},
};

enum { METHOD_COUNT = sizeof methods / sizeof *methods };

static struct http_exchange *exchange_new(struct http_loop *loop, struct evhttp_request *wire)
{
    struct http_exchange *x = mem_calloc(1, sizeof *x);
    x->loop = loop;
    x->wire = wire;
    x->deadline_ns = clock_monotonic_ns(&clock_system) + loop->server->config.answer_timeout_s * NS_PER_SEC;
    x->answer = evbuffer_new();
    http_loop_ref(loop);
    if (loop->live)
        loop->live->prev = x;
    x->next = loop->live;
    loop->live = x;
    return x;
}

static void exchange_free(struct http_exchange *x)
{
    struct http_loop *loop = x->loop;
    if (x->body_bytes)
        evbuffer_free(x->body_bytes);
    evbuffer_free(x->answer);
    arena_free(&x->arena);
    mem_free(x);
    http_loop_unref(loop);
}

static void copy_headers(struct http_exchange *x)
{
    struct evkeyvalq *in = evhttp_request_get_input_headers(x->wire);
    size_t count = 0;
    for (struct evkeyval *h = in->tqh_first; h; h = h->next.tqe_next)
        count++;
    x->headers = ARENA_ARRAY(&x->arena, struct http_pair, count);
    for (struct evkeyval *h = in->tqh_first; h; h = h->next.tqe_next)
        x->headers[x->header_count++] =
            (struct http_pair){arena_str(&x->arena, slice_str(h->key)), arena_str(&x->arena, slice_str(h->value))};
}

static void copy_request(struct http_exchange *x)
{
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(x->wire);
    const char *path = evhttp_uri_get_path(uri), *query = evhttp_uri_get_query(uri);
    x->path = arena_copy(&x->arena, path && *path ? slice_str(path) : SLICE("/"));
    if (query)
        x->query = arena_copy(&x->arena, slice_str(query));
    copy_headers(x);

    char *peer = NULL;
    uint16_t port;
    evhttp_connection_get_peer(evhttp_request_get_connection(x->wire), &peer, &port);
    x->peer = arena_str(&x->arena, slice_str(peer));

    x->body_bytes = evbuffer_new();
    evbuffer_add_buffer(x->body_bytes, evhttp_request_get_input_buffer(x->wire));
    size_t len = evbuffer_get_length(x->body_bytes);
    x->body = slice_from(len ? evbuffer_pullup(x->body_bytes, -1) : NULL, len);
    for (size_t i = 0; i < METHOD_COUNT; i++) {
        if (methods[i].wire == evhttp_request_get_command(x->wire))
            x->method = methods[i].method;
    }
}

static bool header_repeats(const struct http_exchange *x, const char *name)
{
    size_t seen = 0;
    for (size_t i = 0; i < x->header_count; i++)
        seen += !strcasecmp(x->headers[i].name, name);
    return seen > 1;
}

/* RFC 9112 §6.3: a message whose length can be read in two ways is how requests are smuggled past a proxy. */
static const char *request_fault(const struct http_exchange *x)
{
    if (!http_escapes_valid(x->path) || !http_escapes_valid(x->query))
        return "the target has a broken escape";
    struct slice coding = http_request_header(x, "Transfer-Encoding");
    if (coding.ptr && (http_request_header(x, "Content-Length").ptr || strcasecmp((const char *)coding.ptr, "chunked")))
        return "the body's length is given by Content-Length, or by `Transfer-Encoding: chunked`, not both";
    if (header_repeats(x, "Content-Length") || header_repeats(x, "Host"))
        return "Content-Length and Host may stand once";
    return NULL;
}

static void reply_preflight(struct http_exchange *x)
{
    http_reply_header(x, "Access-Control-Allow-Methods", "GET, POST, PUT, DELETE, OPTIONS");
    struct slice asked = http_request_header(x, "Access-Control-Request-Headers");
    http_reply_header(x, "Access-Control-Allow-Headers", asked.ptr ? (const char *)asked.ptr : "content-type");
    http_reply_header(x, "Access-Control-Max-Age", "3600");
    http_reply(x, 204, NULL, slice_from(NULL, 0));
}

static void reply_unrouted(struct http_exchange *x, unsigned allowed)
{
    const char *unknown = x->loop->server->config.unknown_body;
    if (!allowed && unknown) {
        http_reply(x, 404, NULL, slice_str(unknown));
        return;
    }
    if (!allowed) {
        http_reply_err(x, err_new(ERR_NOT_FOUND, "there is nothing at `%.*s`", SLICE_FMT(x->path)));
        return;
    }
    AUTO(buf) struct buf names = {0};
    for (size_t i = 0; i < METHOD_COUNT; i++) {
        if (allowed & methods[i].method)
            buf_append_fmt(&names, "%s%s", names.len ? ", " : "", methods[i].name);
    }
    http_reply_header(x, "Allow", buf_str(&names));
    AUTO(buf) struct buf body = {0};
    buf_append_fmt(&body, "{\"error\":\"expected %s here\"}", buf_str(&names));
    http_reply(x, 405, NULL, buf_slice(&body));
}

static void dispatch(struct http_exchange *x)
{
    const struct http_server_config *config = &x->loop->server->config;
    const char *fault = request_fault(x);
    if (fault) {
        AUTO(buf) struct buf body = {0};
        http_refuse(x->loop->server, 400, fault, &body);
        http_reply_header(x, "Connection", "close");
        http_reply(x, 400, NULL, buf_slice(&body));
        return;
    }
    unsigned allowed = 0;
    for (size_t i = 0; i < config->route_count; i++) {
        const struct http_route *route = &config->routes[i];
        if (!http_path_matches(route->path, x->path))
            continue;
        if (route->methods & x->method) {
            x->route = route;
            route->handler(x, config->context);
            return;
        }
        allowed |= route->methods;
    }
    if (config->cors && x->method == HTTP_OPTIONS)
        reply_preflight(x);
    else
        reply_unrouted(x, allowed);
}

static void on_peer_closed(struct evhttp_connection *connection, void *arg)
{
    struct http_exchange *x = arg;
    (void)connection;
    x->peer_is_gone = true;
}

void http_exchange_begin(struct evhttp_request *wire, void *loop)
{
    struct http_conn *conn = http_conn_of(loop, wire);
    if (conn)
        http_conn_hold(conn);
    struct http_exchange *x = exchange_new(loop, wire);
    evhttp_connection_set_closecb(evhttp_request_get_connection(wire), on_peer_closed, x);
    copy_request(x);
    dispatch(x);
}

/* Sends and forgets libevent's side of the exchange; with the peer gone, libevent only frees it. */
static void write_answer(struct http_exchange *x, int status, const char *content_type, struct evbuffer *body)
{
    struct evhttp_request *wire = x->wire;
    x->wire = NULL;
    struct http_conn *conn = http_conn_of(x->loop, wire);
    if (conn)
        http_conn_release(conn);
    struct evhttp_connection *connection = evhttp_request_get_connection(wire);
    if (connection)
        evhttp_connection_set_closecb(connection, NULL, NULL);
    struct evkeyvalq *out = evhttp_request_get_output_headers(wire);
    evhttp_add_header(out, "Content-Type", content_type);
    if (x->loop->server->config.cors)
        evhttp_add_header(out, "Access-Control-Allow-Origin", "*");
    if (x->loop->stop_ns)
        evhttp_add_header(out, "Connection", "close");
    if (x->method == HTTP_HEAD) {
        char len[24];
        snprintf(len, sizeof len, "%zu", evbuffer_get_length(body));
        evhttp_add_header(out, "Content-Length", len);
        evbuffer_drain(body, evbuffer_get_length(body));
    }
    x->loop->writing = true;
    evhttp_send_reply(wire, status, NULL, body);
    x->loop->writing = false;
}

static void unlink_live(struct http_exchange *x)
{
    if (x->prev)
        x->prev->next = x->next;
    else
        x->loop->live = x->next;
    if (x->next)
        x->next->prev = x->prev;
}

void http_exchange_finish(struct http_exchange *x)
{
    if (x->wire) {
        struct evkeyvalq *out = evhttp_request_get_output_headers(x->wire);
        for (const struct http_reply_item *item = x->reply_headers; item; item = item->next)
            evhttp_add_header(out, item->pair.name, item->pair.value);
        write_answer(x, x->status, x->content_type, x->answer);
    }
    unlink_live(x);
    exchange_free(x);
}

void http_exchange_give_up(struct http_exchange *x, const char *why)
{
    struct evbuffer *body = evbuffer_new();
    evbuffer_add_printf(body, "{\"error\":\"%s\"}", why);
    write_answer(x, 503, "application/json", body);
    evbuffer_free(body);
}

void http_exchange_drop(struct http_exchange *x)
{
    exchange_free(x);
}

void http_reply_header(struct http_exchange *x, const char *name, const char *value)
{
    struct http_reply_item *item = ARENA_NEW(&x->arena, struct http_reply_item);
    item->pair = (struct http_pair){arena_str(&x->arena, slice_str(name)), arena_str(&x->arena, slice_str(value))};
    item->next = x->reply_headers;
    x->reply_headers = item;
}

void http_reply(struct http_exchange *x, int status, const char *content_type, struct slice body)
{
    struct http_loop *loop = x->loop;
    x->status = status;
    x->content_type = content_type ? arena_str(&x->arena, slice_str(content_type)) : "application/json";
    evbuffer_add(x->answer, body.ptr, body.len);
    if (http_current_loop == loop) {
        http_exchange_finish(x);
        return;
    }
    pthread_mutex_lock(&loop->mutex);
    bool closed = loop->closed;
    if (!closed) {
        bool first = !loop->replies;
        *loop->replies_tail = x;
        loop->replies_tail = &x->next_reply;
        if (first)
            eventfd_write(loop->wake_fd, 1);
    }
    pthread_mutex_unlock(&loop->mutex);
    if (closed)
        http_exchange_drop(x);
}

void http_reply_err(struct http_exchange *x, struct err *e)
{
    const char *text = err_text(e);
    if (err_code(e) == ERR_BUG) {
        log_error("request failed", LOG_SLICE("path", x->path), LOG_ERR(e));
        text = "internal error; the log says more";
    }
    json_t *body = json_pack("{s:s}", "error", text);
    if (!body)
        body = json_pack("{s:s}", "error", "what was given is not UTF-8");
    char *dumped = json_dumps(body, JSON_COMPACT);
    http_reply(x, http_status_of(err_code(e)), NULL, slice_str(dumped));
    free(dumped);
    json_decref(body);
    err_free(e);
}

int http_status_of(enum err_code code)
{
    static const int statuses[] = {
        [ERR_INVALID] = 400, [ERR_DENIED] = 403,      [ERR_NOT_FOUND] = 404, [ERR_CONFLICT] = 409,
        [ERR_LIMIT] = 413,   [ERR_UNAVAILABLE] = 503, [ERR_BUG] = 500,
    };
    return statuses[code];
}

enum http_method http_request_method(const struct http_exchange *x)
{
    return x->method;
}

struct slice http_request_path(const struct http_exchange *x)
{
    return x->path;
}

struct slice http_request_body(const struct http_exchange *x)
{
    return x->body;
}

struct slice http_request_header(const struct http_exchange *x, const char *name)
{
    for (size_t i = 0; i < x->header_count; i++) {
        if (!strcasecmp(x->headers[i].name, name))
            return slice_str(x->headers[i].value);
    }
    return slice_from(NULL, 0);
}

struct slice http_request_query(struct http_exchange *x, const char *name)
{
    return http_query_value(&x->arena, x->query, name);
}

struct slice http_request_segment(struct http_exchange *x, const char *name)
{
    struct slice raw = http_path_segment(x->route->path, x->path, name);
    return raw.ptr ? http_unescape(&x->arena, raw, false) : raw;
}

bool http_peer_is_gone(const struct http_exchange *x)
{
    return x->peer_is_gone;
}

const char *http_request_peer(const struct http_exchange *x)
{
    return x->peer;
}
