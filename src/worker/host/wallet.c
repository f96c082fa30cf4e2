/* outlayer:wallet: the wallet a request was made with, through the coordinator, under a capability of this job alone. */
#include "worker/host/host.h"
#include <stdio.h>
#include <string.h>

enum { CALLS_MAX = 50, TIMEOUT_MS = 30 * 1000, PARAMS_MAX = 4 };

/* How each function becomes a request. Names of members or of query parameters; `required` of them must not be empty, the others are null
 * in a body and left out of a query when they are. */
static const struct function {
    enum host_op op;
    const char *method, *path;
    const char *names[PARAMS_MAX];
    const char *required; /* one letter a parameter: y or n */
    const char *missing;  /* the error when one of them is empty */
} functions[] = {
    {HOST_WALLET_GET_ADDRESS, "GET", "/wallet/v1/address", {"chain"}, "y", "chain parameter is required"},
    {HOST_WALLET_WITHDRAW,
     "POST",
     "/wallet/v1/intents/withdraw",
     {"chain", "to", "amount", "token"},
     "yyyn",
     "chain, to, and amount are required"},
    {HOST_WALLET_WITHDRAW_DRY_RUN,
     "POST",
     "/wallet/v1/intents/withdraw/dry-run",
     {"chain", "to", "amount", "token"},
     "yyyn",
     "chain, to, and amount are required"},
    {HOST_WALLET_GET_REQUEST_STATUS, "GET", "/wallet/v1/requests/", {NULL}, "y", "request_id is required"},
    {HOST_WALLET_LIST_TOKENS, "GET", "/wallet/v1/tokens", {NULL}, "", ""},
    {HOST_WALLET_TRANSFER,
     "POST",
     "/wallet/v1/transfer",
     {"chain", "receiver_id", "amount"},
     "nyy",
     "to and amount are required"},
    {HOST_WALLET_GET_BALANCE, "GET", "/wallet/v1/balance", {"chain", "token"}, "nn", ""},
    {HOST_WALLET_INTENTS_DEPOSIT,
     "POST",
     "/wallet/v1/intents/deposit",
     {"token", "amount"},
     "yy",
     "token and amount are required"},
    {HOST_WALLET_SWAP,
     "POST",
     "/wallet/v1/intents/swap",
     {"token_in", "token_out", "amount_in", "min_amount_out"},
     "yyyn",
     "token_in, token_out, and amount_in are required"},
};

static const struct function *find(enum host_op op)
{
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        if (functions[i].op == op)
            return &functions[i];
    }
    return NULL;
}

/* An empty chain of a transfer or a balance is NEAR. */
static struct slice value_of(const struct function *f, const struct host_request *request, size_t i)
{
    struct slice value = request->args[i].bytes;
    bool chain = f->names[i] && !strcmp(f->names[i], "chain");
    return chain && value.len == 0 ? SLICE("near") : value;
}

static void append_query(const struct function *f, const struct host_request *request, struct buf *path)
{
    if (f->op == HOST_WALLET_GET_REQUEST_STATUS)
        host_append_escaped(path, request->args[0].bytes);
    for (size_t i = 0, count = 0; i < PARAMS_MAX && f->names[i]; i++) {
        struct slice value = value_of(f, request, i);
        if (value.len == 0)
            continue;
        buf_append_fmt(path, "%c%s=", count++ ? '&' : '?', f->names[i]);
        host_append_escaped(path, value);
    }
}

static json_t *body_of(const struct function *f, const struct host_request *request)
{
    json_t *body = json_object();
    for (size_t i = 0; i < PARAMS_MAX && f->names[i]; i++) {
        struct slice value = value_of(f, request, i);
        json_object_set_new(body, f->names[i], value.len ? json_doc_string(value) : json_null());
    }
    return body;
}

/* What a program routes on: the code, then the rest of what the coordinator says. */
static void condense(struct slice text, struct buf *out)
{
    AUTO(json) json_t *doc = NULL;
    AUTO(err) struct err *e = json_doc_parse(text, &doc);
    struct slice code = json_doc_text(json_object_get(doc, "error")), message = json_doc_text(json_object_get(doc, "message"));
    const json_t *terminal = json_object_get(doc, "terminal");
    struct slice in_flight = json_doc_text(json_object_get(doc, "in_flight_request_id"));
    if (e || !code.ptr) {
        buf_append(out, message.ptr ? message : text);
        return;
    }
    buf_append(out, code);
    if (message.ptr)
        buf_append_fmt(out, ": %.*s", SLICE_FMT(message));
    if (json_is_boolean(terminal))
        buf_append_fmt(out, " terminal=%s", json_is_true(terminal) ? "true" : "false");
    if (in_flight.ptr)
        buf_append_fmt(out, " in_flight_request_id=%.*s", SLICE_FMT(in_flight));
}

static struct err *send_request(struct host_run *run, const struct function *f, const struct host_request *request,
                                struct http_answer *http)
{
    AUTO(buf) struct buf url = {0}, text = {0}, id = {0}, capability = {0};
    bool post = !strcmp(f->method, "POST");
    buf_append_fmt(&url, "%s%s", run->config->coordinator.url, f->path);
    buf_append(&id, run->id.wallet_id);
    buf_append(&capability, run->id.wallet_capability);
    if (post) {
        AUTO(json) json_t *body = body_of(f, request);
        json_doc_write(body, &text);
    } else {
        append_query(f, request, &url);
    }
    const struct http_header headers[] = {{"X-Wallet-Id", buf_str(&id)}, {"X-Internal-Wallet-Auth", buf_str(&capability)}};
    const struct http_call call = {.method = f->method,
                                   .url = buf_str(&url),
                                   .body = buf_slice(&text),
                                   .headers = headers,
                                   .header_count = 2,
                                   .max_answer_len = HOST_ANSWER_MAX,
                                   .timeout_ms = host_time_left(request, TIMEOUT_MS)};
    return http_client_call(run->http, &call, http);
}

enum host_verdict host_wallet(void *self, const struct host_request *request, struct host_answer *answer)
{
    struct host_run *run = self;
    AUTO(http_answer) struct http_answer http = {0};
    if (request->op == HOST_WALLET_GET_ID) {
        buf_append(&answer->bytes[0], run->id.wallet_id);
        return HOST_GO_ON;
    }
    const struct function *f = find(request->op);
    uint32_t calls = run->wallet_calls++;
    if (calls >= CALLS_MAX) {
        host_answer_fail(answer, request->op, "Wallet rate limit exceeded: %u calls (max: %d)", calls, CALLS_MAX);
        return HOST_GO_ON;
    }
    for (size_t i = 0; f->required[i]; i++) {
        if (f->required[i] == 'y' && request->args[i].bytes.len == 0) {
            host_answer_fail(answer, request->op, "%s", f->missing);
            return HOST_GO_ON;
        }
    }
    AUTO(err) struct err *e = send_request(run, f, request, &http);
    if (e)
        host_answer_fail(answer, request->op, "Wallet request failed: the coordinator does not answer");
    else if (http.status >= 200 && http.status <= 299)
        buf_append(&answer->bytes[0], buf_slice(&http.body));
    else
        condense(slice_first(buf_slice(&http.body), 4000), &answer->bytes[1]);
    return HOST_GO_ON;
}
