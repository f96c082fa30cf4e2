/* The outside of one run: what the worker (or `outlayer wasm run`) answers to a program's calls, one file an interface.
 *
 *     struct host_run ── table ──► engine_run ──► host_rpc, host_storage, host_vrf, host_payment, host_wallet, host_http
 *
 * What a run does not have — no keystore, no project, no wallet — is left out of the table, and the engine says so to the program.
 * Documentation for authors of programs: docs/guest-api.md.
 */
#pragma once
#include "codec/json_doc.h"
#include "engine/host.h"
#include "net/http_client.h"
#include "net/outbound.h"

/* A service that is asked on a program's behalf. */
struct host_peer {
    const char *url;     /* without a slash at the end; NULL: there is none */
    const char *token;   /* Authorization: Bearer; NULL: none */
    const char *session; /* X-TEE-Session; NULL: none */
};

/* What every run of a worker has in common. */
struct host_config {
    const char *rpc_url; /* NULL: no near:rpc. Never shown to a program: it may carry a provider's key. */
    bool rpc_transactions;
    uint32_t rpc_max_calls; /* 0: 100 */
    struct host_peer keystore, coordinator;
    bool http;
    enum egress_reach reach;
    const struct resolver *resolver; /* NULL: the machine's */
    uint64_t http_head_timeout_ms;   /* 0: 30 s */
};

/* Who a run is for; slices outlive it, empty: unknown. */
struct host_identity {
    struct slice project_uuid, wasm_hash;
    struct slice account;    /* whose cells: the payer; @worker cells need none */
    struct slice request_id; /* of VRF: decimal */
    struct slice vrf_sender;
    struct slice wallet_id, wallet_capability; /* the capability is this job's alone */
    bool has_attached_usd;                     /* a payment that may be given back */
    uint64_t attached_usd;
    bool only_listed_hosts;
    const char *const *hosts; /* of the manifest */
    size_t host_count;
    uint64_t max_body_len; /* of all requests and of all answers, bytes; 0: 64 MiB */
};

struct host_run {
    const struct host_config *config;
    struct host_identity id;
    struct http_client *http;
    struct task_host table;    /* for struct task */
    struct outbound *outbound; /* made at the first request */
    uint32_t rpc_calls, storage_calls, vrf_calls, wallet_calls;
    bool has_refunded;
    uint64_t refund_usd;
    json_t *egress; /* an array of {"host","bytes","allowed","reason"} */
};

/* `http` is used for the run's peers, by this thread. The run must stay where it is. */
void host_run_open(struct host_run *run, const struct host_config *config, const struct host_identity *id,
                   struct http_client *http);
void host_run_close(struct host_run *run);

static inline void auto_host_run(struct host_run *run)
{
    host_run_close(run);
}

/* self: a struct host_run */
host_serve host_rpc, host_storage, host_vrf, host_payment, host_wallet, host_http;

/* Asks a peer with a JSON body (taken over; NULL: none) within the run's deadline and `timeout_ms`. The error's text is of the transport
 * and names no secret. */
struct err *host_ask(struct host_run *run, const struct host_peer *peer, const char *method, const char *path, json_t *body,
                     const struct host_request *request, unsigned timeout_ms, struct http_answer *answer);

/* Appends text as it stands in a part of a URL (RFC 3986: everything but unreserved characters is escaped). */
void host_append_escaped(struct buf *out, struct slice text);

/* What is left of `timeout_ms` at a request's deadline, at least 1. */
unsigned host_time_left(const struct host_request *request, unsigned timeout_ms);
