#include "worker/host/host.h"
#include "base/clock.h"
#include <poll.h>
#include <string.h>
#include <time.h>

static void wait_for_task(void *self, struct pollfd *task, uint64_t timeout_ns)
{
    struct host_run *run = self;
    const struct timespec rest = {.tv_sec = (time_t)(timeout_ns / NS_PER_SEC), .tv_nsec = (long)(timeout_ns % NS_PER_SEC)};
    if (run->outbound)
        outbound_idle(run->outbound, task, timeout_ns);
    else if (ppoll(task, 1, &rest, NULL) <= 0)
        task->revents = 0;
}

void host_run_open(struct host_run *run, const struct host_config *config, const struct host_identity *id,
                   struct http_client *http)
{
    *run = (struct host_run){.config = config, .id = *id, .http = http, .egress = json_array()};
    run->table = (struct task_host){.wait = wait_for_task, .self = run};
    bool has_peers = config->keystore.url && config->coordinator.url;
    if (config->rpc_url)
        run->table.serve[HOST_RPC] = host_rpc;
    if (has_peers && id->project_uuid.len)
        run->table.serve[HOST_STORAGE] = host_storage;
    if (config->keystore.url && id->request_id.len && id->vrf_sender.len)
        run->table.serve[HOST_VRF] = host_vrf;
    if (id->has_attached_usd)
        run->table.serve[HOST_PAYMENT] = host_payment;
    if (config->coordinator.url && id->wallet_id.len && id->wallet_capability.len)
        run->table.serve[HOST_WALLET] = host_wallet;
    if (config->http)
        run->table.serve[HOST_HTTP] = host_http;
}

void host_run_close(struct host_run *run)
{
    outbound_free(run->outbound);
    json_decref(run->egress);
    *run = (struct host_run){0};
}

void host_append_escaped(struct buf *out, struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        bool plain = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c && strchr("-._~", c));
        if (plain)
            buf_append_byte(out, c);
        else
            buf_append_fmt(out, "%%%02X", c);
    }
}

unsigned host_time_left(const struct host_request *request, unsigned timeout_ms)
{
    uint64_t now = clock_monotonic_ns(&clock_system);
    uint64_t left_ms = request->deadline_ns > now ? (request->deadline_ns - now) / NS_PER_MS : 0;
    return left_ms < timeout_ms ? (unsigned)left_ms + 1 : timeout_ms;
}

struct err *host_ask(struct host_run *run, const struct host_peer *peer, const char *method, const char *path, json_t *body,
                     const struct host_request *request, unsigned timeout_ms, struct http_answer *answer)
{
    AUTO(json) json_t *owned = body;
    AUTO(buf) struct buf url = {0}, text = {0};
    const struct http_header session = {"X-TEE-Session", peer->session};
    buf_append_fmt(&url, "%s%s", peer->url, path);
    if (body)
        json_doc_write(body, &text);
    const struct http_call call = {.method = method,
                                   .url = buf_str(&url),
                                   .body = buf_slice(&text),
                                   .bearer = peer->token,
                                   .headers = &session,
                                   .header_count = peer->session ? 1 : 0,
                                   .max_answer_len = HOST_ANSWER_MAX,
                                   .timeout_ms = host_time_left(request, timeout_ms)};
    return http_client_call(run->http, &call, answer);
}
