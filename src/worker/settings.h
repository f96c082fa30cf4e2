/* Settings of a worker, from the environment or `--lower-case` arguments (base/config.h). docs/worker.md explains each. */
#pragma once
#include "base/config.h"

struct worker_settings {
    const char *data_dir;
    const char *api_base_url, *api_auth_token;
    const char *near_rpc_url, *neardata_api_url;
    const char *contract_id, *operator_account_id, *operator_credentials;
    const char *worker_id, *network_id;
    const char *tee_mode, *tee_simulator_seed_file, *init_account_credentials;
    const char *event_standard, *event_function, *event_min_version;
    const char *program_dir, *log_level;
    uint64_t start_block_height, scan_interval_ms;
    uint64_t poll_timeout_seconds, max_execution_seconds_cap, max_memory_mb_cap, max_output_bytes;
    uint64_t job_threads, program_cache_mb;
    const char *keystore_base_url, *keystore_auth_token; /* empty: no keystore */
    const char *rpc_proxy_url;                           /* for programs */
    const char *rpc_proxy_enabled_text, *rpc_proxy_transactions_text;
    uint64_t rpc_proxy_max_calls;
    bool rpc_proxy_enabled, rpc_proxy_transactions;
    bool disable_event_monitor, allow_local_downloads, allow_local_egress;
};

/* Reads them and checks what can be checked without a network; strings live in `arena`. */
struct err *worker_settings_load(int argc, char *const *argv, struct arena *arena, struct worker_settings *out);

/* The rest, once the node has said which chain it serves: `network_id` becomes its id, what is for development is refused elsewhere (ERR_INVALID), and the worker
 * gets the name that it keeps. */
struct err *worker_settings_settle(struct worker_settings *s, struct slice chain_id, struct arena *arena);

void worker_settings_print_help(void);
