/* The service: one database connection behind one lock, an HTTP server whose handlers take it for a transaction at a time, and one
 * thread that ends leases and long polls by the clock.
 *
 *     handler --- coordinator_transact ---> begin, the work, items for whoever polls, commit, answers to them
 *
 * A poll that finds nothing waits in a list. Whatever makes an item makes it inside coordinator_transact, which leases it to the
 * first waiter of the list in the same transaction: a worker hears of a request when its creation is on disk, not later.
 */
#pragma once
#include "base/config.h"
#include "coordinator/machine.h"
#include "net/http_server.h"

struct coordinator;

struct coordinator_settings {
    const char *listen, *data_dir, *worker_token, *contract_id, *network_id, *db_sync, *log_level;
    const char *operator_account_id, *near_rpc_url, *public_origin, *public_rpc_url; /* empty: none */
    bool require_tee_session;
    uint64_t task_lease_seconds, worker_overhead_seconds, download_seconds, execution_cap_seconds, compile_cap_seconds;
    uint64_t compile_max_attempts, max_wasm_upload_bytes, wasm_cache_max_size_gb, block_cursor_max_jump, sweep_interval_ms;
    uint64_t tee_recheck_seconds;
};

extern const struct config_item coordinator_config_items[];

/* Opens the database and the code store, repairs, and serves. ERR_INVALID names the setting that is wrong. `settings` outlives
 * the coordinator. */
struct err *coordinator_start(const struct coordinator_settings *settings, const struct clock *clock, struct coordinator **out);

/* "http://127.0.0.1:8080", as it can be called. */
const char *coordinator_url(const struct coordinator *c);

/* Answers waiting polls, finishes what is under way, closes. NULL is fine. */
void coordinator_stop(struct coordinator *c);

static inline void auto_coordinator(struct coordinator **c)
{
    coordinator_stop(*c);
}
