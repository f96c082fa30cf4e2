#include "devnet/rpc/rpc_server.h"
#include "base/mem.h"
#include "base/pool.h"
#include "devnet/rpc/pool.h"
#include "devnet/rpc/waits.h"
#include "net/http_server.h"

enum { MAX_BODY_LEN = 10 << 20, WAIT_MS = 10000, STOP_GRACE_MS = 200, ANSWER_TIMEOUT_S = 120 };

static void on_call(struct http_exchange *x, void *server)
{
    rpc_request_run(server, x);
}

/* A method's bare result; 503 when it fails. */
static void reply_plainly(struct http_exchange *x, struct rpc_server *s, const char *name, rpc_method *method)
{
    AUTO(buf) struct buf text = {0};
    struct rpc_request r = {.server = s, .chain = s->chain, .exchange = x, .method = name};
    bool good = method(&r);
    if (good)
        json_doc_write(r.result, &text);
    http_reply(x, good ? 200 : 503, NULL, buf_slice(&text));
    json_decref(r.result);
    json_decref(r.info);
    json_decref(r.data);
    arena_free(&r.arena);
}

static void on_status(struct http_exchange *x, void *server)
{
    reply_plainly(x, server, "status", rpc_status);
}

static void on_health(struct http_exchange *x, void *server)
{
    reply_plainly(x, server, "health", rpc_health);
}

static void on_network_info(struct http_exchange *x, void *server)
{
    reply_plainly(x, server, "network_info", rpc_network_info);
}

static void metric(struct buf *out, const char *name, const char *kind, const char *help, unsigned long long value)
{
    buf_append_fmt(out, "# HELP %s %s\n# TYPE %s %s\n%s %llu\n", name, help, name, kind, name, value);
}

static void on_metrics(struct http_exchange *x, void *server)
{
    struct rpc_server *s = server;
    AUTO(buf) struct buf text = {0};
    struct chain_block head;
    struct err *e = chain_head(s->chain, &head);
    if (e) {
        http_reply_err(x, e);
        return;
    }
    metric(&text, "outlayer_devnet_block_height", "gauge", "Height of the newest block.", head.height);
    metric(&text, "outlayer_devnet_blocks_total", "counter", "Blocks made, genesis included.", head.ordinal);
    metric(&text, "outlayer_devnet_uptime_seconds", "gauge", "Since the chain was opened.", chain_uptime_ms(s->chain) / 1000);
    metric(&text, "outlayer_devnet_rpc_requests_total", "counter", "JSON-RPC requests.", atomic_load(&s->requests));
    metric(&text, "outlayer_devnet_rpc_faults_total", "counter", "JSON-RPC requests answered with an error.",
           atomic_load(&s->faults));
    http_reply(x, 200, "text/plain; version=0.0.4", buf_slice(&text));
}

/* Of bytes that are no request to begin with, as of one with wrong parameters. */
static void refuse(const char *why, struct buf *body)
{
    buf_append_fmt(
        body,
        "{\"jsonrpc\":\"2.0\",\"error\":{\"name\":\"REQUEST_VALIDATION_ERROR\",\"cause\":{\"name\":\"PARSE_ERROR\","
        "\"info\":{\"error_message\":\"%s\"}},\"code\":-32700,\"message\":\"Parse error\",\"data\":\"%s\"},\"id\":null}",
        why, why);
}

static const struct http_route routes[] = {
    {HTTP_POST, "/", on_call},
    {HTTP_GET | HTTP_HEAD, "/status", on_status},
    {HTTP_GET | HTTP_HEAD, "/health", on_health},
    {HTTP_GET, "/network_info", on_network_info},
    {HTTP_GET, "/metrics", on_metrics},
    {HTTP_GET, "/v0/block/{height}", rpc_stream_block},
    {HTTP_GET, "/v0/first_block", rpc_stream_first},
    {HTTP_GET, "/v0/last_block/final", rpc_stream_last},
};

struct err *rpc_server_start(const struct rpc_server_config *config, struct rpc_server **out)
{
    struct rpc_server *s = mem_calloc(1, sizeof *s);
    s->config = *config;
    s->chain = config->chain;
    s->config.address = config->address ? config->address : "127.0.0.1";
    s->config.wait_ms = config->wait_ms ? config->wait_ms : WAIT_MS;
    const struct http_server_config http = {
        .address = s->config.address,
        .port = config->port,
        .loops = config->loops,
        .max_body_len = config->max_body_len ? config->max_body_len : MAX_BODY_LEN,
        .answer_timeout_s = ANSWER_TIMEOUT_S,
        .cors = true,
        .refusal = refuse,
        .routes = routes,
        .route_count = sizeof routes / sizeof *routes,
        .context = s,
    };
    s->waits = rpc_waits_start(s);
    s->pool = rpc_pool_start();
    struct err *e = http_server_start(&http, &s->http);
    if (e) {
        rpc_server_stop(s);
        return err_doing(e, "starting JSON-RPC");
    }
    *out = s;
    return NULL;
}

uint16_t rpc_server_port(const struct rpc_server *s)
{
    return http_server_port(s->http);
}

void rpc_server_stop(struct rpc_server *s)
{
    if (!s)
        return;
    http_server_stop(s->http, STOP_GRACE_MS);
    pool_stop(s->pool);
    rpc_waits_stop(s->waits);
    mem_free(s);
}
