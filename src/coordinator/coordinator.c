#include "coordinator/coordinator.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/pool.h"
#include "coordinator/schema.h"
#include "coordinator/service.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLAIM_ATTEMPTS = 5, DELIVERY_ATTEMPTS = 5, ANSWER_TIMEOUT_S = 150, STOP_GRACE_MS = 2000, HEADER_MAX = 32 * 1024 };

#define ITEM_STR(member, name, fallback, help) CONFIG_STR(struct coordinator_settings, member, name, fallback, help)
#define ITEM_U64(member, name, fallback, min, max, help) \
    CONFIG_U64(struct coordinator_settings, member, name, fallback, min, max, help)

const struct config_item coordinator_config_items[] = {
    ITEM_STR(listen, "LISTEN", "127.0.0.1:8080", "address and port to listen on; port 0 takes a free one"),
    ITEM_STR(data_dir, "DATA_DIR", NULL, "folder of the database and the code store"),
    CONFIG_SECRET(struct coordinator_settings, worker_token, "WORKER_TOKEN", NULL, "the token workers present"),
    ITEM_STR(contract_id, "OFFCHAINVM_CONTRACT_ID", "outlayer.testnet",
             "main contract; its block cursor is kept under this name"),
    ITEM_STR(network_id, "NEAR_NETWORK_ID", "",
             "the chain's id, as the verification page names it; default: by the contract's ending, where that tells"),
    ITEM_STR(db_sync, "DB_SYNC", "full",
             "full: each answer is on disk before it is given; normal: a power cut may undo seconds"),
    ITEM_STR(operator_account_id, "OPERATOR_ACCOUNT_ID", "", "the account whose access keys are the registered workers'"),
    ITEM_STR(near_rpc_url, "NEAR_RPC_URL", "", "a NEAR node, asked for workers' keys"),
    ITEM_STR(public_origin, "PUBLIC_ORIGIN", "",
             "what workers call this service, such as https://api.example; empty: its own address"),
    ITEM_STR(public_rpc_url, "PUBLIC_RPC_URL", "",
             "a NEAR node for the readers of the verification page; anybody sees this address"),
    CONFIG_FLAG(struct coordinator_settings, require_tee_session, "REQUIRE_TEE_SESSION",
                "only workers with a registered key may claim runs and attest them"),
    ITEM_U64(tee_recheck_seconds, "TEE_RECHECK_SECONDS", 60, 1, 86400,
             "how often the chain is asked whether a session's key may still answer"),
    ITEM_STR(log_level, "LOG_LEVEL", "info", "debug, info, warn or error"),
    ITEM_U64(task_lease_seconds, "TASK_LEASE_SECONDS", 30, 1, 3600, "a polled item must be claimed within"),
    ITEM_U64(worker_overhead_seconds, "WORKER_OVERHEAD_SECONDS", 60, 0, 3600,
             "added to a job's lease before and after its work"),
    ITEM_U64(download_seconds, "WASM_DOWNLOAD_SECONDS", 60, 0, 3600, "added to an execute job's lease for fetching code"),
    ITEM_U64(execution_cap_seconds, "EXECUTION_CAP_SECONDS", 180, 1, 3600, "longest run a lease is given for"),
    ITEM_U64(compile_cap_seconds, "COMPILE_CAP_SECONDS", PRICING_MAX_COMPILATION_S, 1, 3600,
             "longest compile a lease is given for"),
    ITEM_U64(compile_max_attempts, "COMPILE_MAX_ATTEMPTS", 3, 1, 100, "a lost compile is repeated until so many were tried"),
    ITEM_U64(max_wasm_upload_bytes, "MAX_WASM_UPLOAD_BYTES", 128 << 20, 1024, 1 << 30, "largest program the store takes"),
    ITEM_U64(wasm_cache_max_size_gb, "WASM_CACHE_MAX_SIZE_GB", 50, 1, 100000,
             "the store takes no more beyond this (times 1024^3)"),
    ITEM_U64(block_cursor_max_jump, "BLOCK_CURSOR_MAX_JUMP", 100000, 1, INT64_MAX,
             "blocks the monitor's cursor may move at once"),
    ITEM_U64(sweep_interval_ms, "SWEEP_INTERVAL_MS", 1000, 10, 60000, "how often leases are looked through"),
    {0},
};

static const struct http_route routes[] = {
    {HTTP_GET, "/executions/poll", handle_poll},
    {HTTP_POST, "/executions/create", handle_create},
    {HTTP_POST, "/jobs/claim", handle_claim},
    {HTTP_POST, "/jobs/complete", handle_complete},
    {HTTP_GET | HTTP_HEAD, "/wasm/exists/{checksum}", handle_wasm_exists},
    {HTTP_GET | HTTP_HEAD, "/wasm/{checksum}", handle_wasm_get},
    {HTTP_PUT, "/wasm/{checksum}", handle_wasm_put},
    {HTTP_POST, "/wasm/upload", handle_wasm_upload},
    {HTTP_POST, "/locks/acquire", handle_lock_acquire},
    {HTTP_DELETE, "/locks/release/{key}", handle_lock_release},
    {HTTP_POST, "/workers/heartbeat", handle_heartbeat},
    {HTTP_GET | HTTP_HEAD, "/workers/block-cursor", handle_block_cursor},
    {HTTP_POST, "/workers/tee-challenge", handle_tee_challenge},
    {HTTP_POST, "/workers/register-tee", handle_tee_register},
    {HTTP_POST, "/attestations", handle_attest},
    {HTTP_POST, "/egress-audit", handle_egress_audit},
    {HTTP_GET | HTTP_HEAD, "/public/collateral", handle_collateral},
    {HTTP_GET | HTTP_HEAD, "/attestations/{job_id}", handle_attestation},
    {HTTP_GET | HTTP_HEAD, "/attestations/by-call/{call_id}", handle_attestation_of_call},
    {HTTP_GET | HTTP_HEAD, "/attestations/by-tx/{hash}", handle_attestation_of_tx},
    {HTTP_GET | HTTP_HEAD, "/attestations/by-request/{request_id}", handle_attestation_of_request},
    {HTTP_GET | HTTP_HEAD, "/health", handle_health},
    {HTTP_GET | HTTP_HEAD, "/metrics", handle_metrics},
    {HTTP_GET | HTTP_HEAD, "/public/jobs", handle_jobs},
    {HTTP_GET | HTTP_HEAD, "/public/workers", handle_workers},
    {HTTP_GET | HTTP_HEAD, "/public/pricing", handle_pricing},
    {HTTP_GET | HTTP_HEAD, "/public/wasm/exists/{checksum}", handle_wasm_exists},
    {HTTP_GET | HTTP_HEAD, "/public/sources", handle_sources},
    {HTTP_GET | HTTP_HEAD, "/verify/{job}", handle_verify_page},
    {HTTP_GET | HTTP_HEAD, "/verify/assets/{name}", handle_page_file},
};

static struct machine_settings machine_settings_of(const struct coordinator_settings *s)
{
    return (struct machine_settings){
        .task_lease_ms = s->task_lease_seconds * 1000,
        .overhead_ms = s->worker_overhead_seconds * 1000,
        .download_ms = s->download_seconds * 1000,
        .execution_cap_ms = s->execution_cap_seconds * 1000,
        .compile_limit_ms = s->compile_cap_seconds * 1000,
        .compile_attempts = s->compile_max_attempts,
        .claim_attempts = CLAIM_ATTEMPTS,
        .delivery_attempts = DELIVERY_ATTEMPTS,
    };
}

/* "127.0.0.1:8080" or "[::1]:8080". */
static struct err *parse_listen(const char *text, struct arena *arena, const char **address, uint16_t *port)
{
    const char *colon = strrchr(text, ':');
    char *end = NULL;
    unsigned long number = colon ? strtoul(colon + 1, &end, 10) : 0;
    if (!colon || colon[1] < '0' || colon[1] > '9' || *end || number > UINT16_MAX || colon == text)
        return err_new(ERR_INVALID, "LISTEN is `%s`, expected an address and a port such as 127.0.0.1:8080", text);
    struct slice host = slice_from(text, (size_t)(colon - text));
    if (host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
        host = slice_from(host.ptr + 1, host.len - 2);
    *address = arena_str(arena, host);
    *port = (uint16_t)number;
    return NULL;
}

static struct err *open_database(struct coordinator *c)
{
    AUTO(buf) struct buf path = {0};
    struct db_options options = {0};
    if (strcmp(c->settings->db_sync, "normal") == 0)
        options.sync = DB_SYNC_NORMAL;
    else if (strcmp(c->settings->db_sync, "full") != 0)
        return err_new(ERR_INVALID, "DB_SYNC is `%s`, expected full or normal", c->settings->db_sync);
    TRY(fs_make_dirs(c->settings->data_dir));
    buf_append_fmt(&path, "%s/coordinator.db", c->settings->data_dir);
    return db_open_with(buf_str(&path), &options, coordinator_migrations, coordinator_migration_count, &c->db);
}

/* What is done once, before anybody is served. Job leases are deadlines in the database: the sweeper ends those that ran out. */
static struct err *recover(struct coordinator *c, void *arg)
{
    uint64_t repaired = 0, now_ms = machine_now_ms(&c->machine);
    (void)arg;
    TRY(worker_token_provision(c->db, c->settings->worker_token, now_ms));
    TRY(wasm_store_reconcile(&c->wasm, c->db, now_ms));
    TRY(machine_free_items(&c->machine));
    TRY(machine_repair(&c->machine, &repaired));
    if (repaired)
        log_error("queue items were missing or too many; repaired", LOG_U64("count", repaired));
    return NULL;
}

static struct err *serve(struct coordinator *c)
{
    struct http_server_config config = {
        .max_header_len = HEADER_MAX,
        .max_body_len = c->settings->max_wasm_upload_bytes,
        .answer_timeout_s = ANSWER_TIMEOUT_S,
        .unknown_body = "{\"error\":\"not_found\",\"message\":\"Unknown endpoint\"}",
        .routes = routes,
        .route_count = sizeof routes / sizeof *routes,
        .context = c,
    };
    TRY(parse_listen(c->settings->listen, &c->arena, &config.address, &config.port));
    TRY(http_server_start(&config, &c->server));
    const char *host = strcmp(config.address, "0.0.0.0") == 0 ? "127.0.0.1" : config.address;
    snprintf(c->url, sizeof c->url, strchr(host, ':') ? "http://[%s]:%u" : "http://%s:%u", host, http_server_port(c->server));
    return NULL;
}

static struct err *start(struct coordinator *c)
{
    TRY(open_database(c));
    const char *folder = arena_fmt(&c->arena, "%s/wasm", c->settings->data_dir);
    TRY(wasm_store_open(&c->wasm, folder, c->settings->max_wasm_upload_bytes));
    c->machine = (struct machine){c->db, c->clock, &c->wasm, machine_settings_of(c->settings)};
    TRY_DOING(coordinator_transact(c, recover, NULL), "recovering");
    c->chain = chain_start();
    TRY(serve(c));
    coordinator_sweep_start(c);
    return NULL;
}

struct err *coordinator_start(const struct coordinator_settings *settings, const struct clock *clock, struct coordinator **out)
{
    AUTO(coordinator) struct coordinator *c = mem_calloc(1, sizeof *c);
    pthread_condattr_t attributes;
    *c = (struct coordinator){.settings = settings, .clock = clock};
    c->waiters_tail = &c->waiters;
    pthread_mutex_init(&c->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&c->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    TRY(start(c));
    *out = c;
    c = NULL;
    return NULL;
}

const char *coordinator_url(const struct coordinator *c)
{
    return c->url;
}

void coordinator_stop(struct coordinator *c)
{
    if (!c)
        return;
    coordinator_sweep_stop(c);
    http_server_stop(c->server, STOP_GRACE_MS);
    pool_stop(c->chain);
    wasm_store_close(&c->wasm);
    db_close(c->db);
    pthread_cond_destroy(&c->wake);
    pthread_mutex_destroy(&c->lock);
    arena_free(&c->arena);
    mem_free(c);
}
