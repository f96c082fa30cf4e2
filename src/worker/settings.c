#include "worker/settings.h"
#include "base/entropy.h"
#include "base/fs.h"
#include "near/account_id.h"
#include <string.h>

enum { WORKER_ID_MAX = 128 };

static const struct config_item items[] = {
    CONFIG_STR(struct worker_settings, data_dir, "DATA_DIR", NULL, "folder of the journal and the compiled programs"),
    CONFIG_STR(struct worker_settings, api_base_url, "API_BASE_URL", NULL, "address of the coordinator"),
    CONFIG_SECRET(struct worker_settings, api_auth_token, "API_AUTH_TOKEN", NULL, "token for the coordinator"),
    CONFIG_STR(struct worker_settings, near_rpc_url, "NEAR_RPC_URL", NULL, "address of a NEAR node"),
    CONFIG_STR(struct worker_settings, neardata_api_url, "NEARDATA_API_URL", NULL,
               "address of the block stream; {block_id} stands for the height, else /v0/block/HEIGHT is added"),
    CONFIG_STR(struct worker_settings, contract_id, "OFFCHAINVM_CONTRACT_ID", NULL, "account of the main contract"),
    CONFIG_STR(struct worker_settings, operator_account_id, "OPERATOR_ACCOUNT_ID", NULL, "account that resolves requests"),
    CONFIG_STR(
        struct worker_settings, operator_credentials, "OPERATOR_CREDENTIALS", "",
        "file with the operator's key: {\"account_id\", \"public_key\", \"private_key\"}; not needed by a registered worker"),
    CONFIG_STR(struct worker_settings, tee_mode, "TEE_MODE", "none",
               "none: nothing is attested; outlayer_tee: quotes come from this machine; simulator: for development"),
    CONFIG_STR(struct worker_settings, tee_simulator_seed_file, "TEE_SIMULATOR_SEED_FILE", "",
               "with TEE_MODE=simulator: file with the simulator's seed, 64 hex digits"),
    CONFIG_STR(
        struct worker_settings, init_account_credentials, "INIT_ACCOUNT_CREDENTIALS", "",
        "file with the key of the account that pays for registration; this worker then signs with its own registered key"),
    CONFIG_STR(struct worker_settings, worker_id, "WORKER_ID", "",
               "name of this worker; default: made once and kept in the data folder"),
    CONFIG_STR(struct worker_settings, network_id, "NEAR_NETWORK_ID", "",
               "the chain's id, which programs are told and attestations name; default: what the node of NEAR_RPC_URL says"),
    CONFIG_STR(struct worker_settings, event_standard, "EVENT_FILTER_STANDARD_NAME", "near-outlayer",
               "standard of the events listened to"),
    CONFIG_STR(struct worker_settings, event_function, "EVENT_FILTER_FUNCTION_NAME", "execution_requested",
               "event listened to"),
    CONFIG_STR(struct worker_settings, event_min_version, "EVENT_FILTER_MIN_VERSION", "",
               "lowest version of the events, as major.minor.patch"),
    CONFIG_STR(struct worker_settings, program_dir, "ENGINE_PROGRAM_DIR", "",
               "where outlayer-compiler and outlayer-zygote are; default: beside this program"),
    CONFIG_STR(struct worker_settings, log_level, "LOG_LEVEL", "info", "debug, info, warn or error"),
    CONFIG_U64(struct worker_settings, start_block_height, "START_BLOCK_HEIGHT", 0, 0, INT64_MAX,
               "first block of a new journal; 0: the newest"),
    CONFIG_U64(struct worker_settings, scan_interval_ms, "SCAN_INTERVAL_MS", 0, 0, 60000, "pause between blocks"),
    CONFIG_U64(struct worker_settings, poll_timeout_seconds, "POLL_TIMEOUT_SECONDS", 60, 1, 300,
               "how long the coordinator may hold a poll"),
    CONFIG_U64(struct worker_settings, max_execution_seconds_cap, "MAX_EXECUTION_SECONDS_CAP", 180, 1, 3600,
               "longest run, whatever a request asks"),
    CONFIG_U64(struct worker_settings, max_memory_mb_cap, "MAX_MEMORY_MB_CAP", 1024, 1, 4096,
               "most memory of a run, whatever a request asks"),
    CONFIG_U64(struct worker_settings, max_output_bytes, "MAX_OUTPUT_BYTES", 4194304, 1024, 67108864,
               "longest standard output of a run"),
    CONFIG_U64(struct worker_settings, job_threads, "JOB_THREADS", 2, 1, 64, "jobs under way at a time"),
    CONFIG_U64(struct worker_settings, program_cache_mb, "PROGRAM_CACHE_MB", 1024, 1, 1048576,
               "compiled programs kept on disk; the least recently used go first"),
    CONFIG_FLAG(struct worker_settings, disable_event_monitor, "DISABLE_EVENT_MONITOR",
                "do not follow the chain; another worker does"),
    CONFIG_FLAG(struct worker_settings, allow_local_downloads, "ALLOW_LOCAL_DOWNLOADS",
                "programs may come by http and from private addresses; always so on devnet, never on mainnet"),
    CONFIG_STR(struct worker_settings, keystore_base_url, "KEYSTORE_BASE_URL", "",
               "address of the keystore; without it programs have no storage and no randomness"),
    CONFIG_SECRET(struct worker_settings, keystore_auth_token, "KEYSTORE_AUTH_TOKEN", "", "token for the keystore"),
    CONFIG_STR(struct worker_settings, rpc_proxy_enabled_text, "NEAR_RPC_PROXY_ENABLED", "true",
               "true or false: programs may ask the chain"),
    CONFIG_STR(struct worker_settings, rpc_proxy_url, "NEAR_RPC_PROXY_URL", "",
               "address of the NEAR node that programs ask; default: NEAR_RPC_URL"),
    CONFIG_U64(struct worker_settings, rpc_proxy_max_calls, "NEAR_RPC_PROXY_MAX_CALLS", 100, 1, 10000,
               "calls of the chain in one run"),
    CONFIG_STR(struct worker_settings, rpc_proxy_transactions_text, "NEAR_RPC_PROXY_ALLOW_TRANSACTIONS", "true",
               "true or false: programs may send transactions, signed with keys of their own"),
    CONFIG_FLAG(struct worker_settings, allow_local_egress, "ALLOW_LOCAL_EGRESS",
                "programs may call servers on this machine; for tests, on devnet only"),
    {0},
};

/* A name for good: the coordinator knows by it which jobs a restarted worker has lost. */
static struct err *kept_worker_id(const struct worker_settings *s, struct arena *arena, const char **out)
{
    AUTO(buf) struct buf text = {0};
    const char *path = arena_fmt(arena, "%s/worker_id", s->data_dir);
    struct err *e = fs_read(path, WORKER_ID_MAX, &text);
    struct slice kept;
    slice_cut(buf_slice(&text), '\n', &kept);
    if (e ? err_code(e) == ERR_NOT_FOUND : kept.len == 0) {
        uint64_t parts[2];
        err_free(e);
        buf_clear(&text);
        entropy_fill(&entropy_system, parts, sizeof parts);
        buf_append_fmt(&text, "%s-executor-%016llx%016llx", s->network_id, (unsigned long long)parts[0],
                       (unsigned long long)parts[1]);
        TRY(fs_make_dirs(s->data_dir));
        e = fs_write_atomic(path, buf_slice(&text), 0600);
        kept = buf_slice(&text);
    }
    *out = arena_str(arena, kept);
    return err_doing(e, "keeping the worker's name");
}

static const char *without_slash(const char *url, struct arena *arena)
{
    struct slice s = slice_str(url);
    while (s.len && s.ptr[s.len - 1] == '/')
        s.len--;
    return arena_str(arena, s);
}

static struct err *check_filled(const struct worker_settings *s)
{
    const struct {
        const char *name, *value;
    } needed[] = {
        {"DATA_DIR", s->data_dir},         {"API_BASE_URL", s->api_base_url},         {"API_AUTH_TOKEN", s->api_auth_token},
        {"NEAR_RPC_URL", s->near_rpc_url}, {"NEARDATA_API_URL", s->neardata_api_url},
    };
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        if (!*needed[i].value)
            return err_new(ERR_INVALID, "setting %s cannot be empty", needed[i].name);
    }
    return NULL;
}

static struct err *read_truth(const char *name, const char *text, bool *out)
{
    *out = !strcmp(text, "true") || !strcmp(text, "1");
    return *out || !strcmp(text, "false") || !strcmp(text, "0")
               ? NULL
               : err_new(ERR_INVALID, "setting %s is `%s`, expected true or false", name, text);
}

static struct err *check_tee(const struct worker_settings *s)
{
    bool none = !strcmp(s->tee_mode, "none"), simulator = !strcmp(s->tee_mode, "simulator");
    if (!none && !simulator && strcmp(s->tee_mode, "outlayer_tee") != 0)
        return err_new(ERR_INVALID, "setting TEE_MODE is `%s`, expected none, outlayer_tee or simulator", s->tee_mode);
    if (simulator != (*s->tee_simulator_seed_file != 0))
        return err_new(ERR_INVALID, "TEE_MODE=simulator and TEE_SIMULATOR_SEED_FILE go together");
    if (none && *s->init_account_credentials)
        return err_new(ERR_INVALID, "INIT_ACCOUNT_CREDENTIALS registers an enclave's key, and TEE_MODE is none");
    if (!*s->init_account_credentials && !*s->operator_credentials)
        return err_new(ERR_INVALID,
                       "setting OPERATOR_CREDENTIALS cannot be empty, unless INIT_ACCOUNT_CREDENTIALS registers a key");
    return NULL;
}

/* What programs may ask of the outside. */
static struct err *read_programs(struct arena *arena, struct worker_settings *s)
{
    TRY(read_truth("NEAR_RPC_PROXY_ENABLED", s->rpc_proxy_enabled_text, &s->rpc_proxy_enabled));
    TRY(read_truth("NEAR_RPC_PROXY_ALLOW_TRANSACTIONS", s->rpc_proxy_transactions_text, &s->rpc_proxy_transactions));
    s->keystore_base_url = without_slash(s->keystore_base_url, arena);
    if (!*s->rpc_proxy_url)
        s->rpc_proxy_url = s->near_rpc_url;
    if ((*s->keystore_base_url != 0) != (*s->keystore_auth_token != 0))
        return err_new(ERR_INVALID, "KEYSTORE_BASE_URL and KEYSTORE_AUTH_TOKEN go together");
    return NULL;
}

struct err *worker_settings_load(int argc, char *const *argv, struct arena *arena, struct worker_settings *out)
{
    struct account_id id;
    TRY(config_load(items, argc, argv, arena, out));
    TRY(check_filled(out));
    TRY_DOING(account_id_parse(slice_str(out->contract_id), &id), "setting OFFCHAINVM_CONTRACT_ID");
    TRY_DOING(account_id_parse(slice_str(out->operator_account_id), &id), "setting OPERATOR_ACCOUNT_ID");
    out->api_base_url = without_slash(out->api_base_url, arena);
    TRY(read_programs(arena, out));
    return check_tee(out);
}

/* A simulated enclave must never be taken for one: only the chain's own word that it is a development chain will do, and a name that looks public speaks against
 * it whatever the chain says. */
static struct err *check_development(const struct worker_settings *s)
{
    const char *network = account_id_public_network(slice_str(s->contract_id));
    if (!network && strcmp(s->network_id, "devnet") != 0)
        network = s->network_id;
    if (network && !strcmp(s->tee_mode, "simulator"))
        return err_new(ERR_INVALID, "TEE_MODE=simulator is for development: it is accepted on devnet and not on %s", network);
    if (network && s->allow_local_egress)
        return err_new(ERR_INVALID, "ALLOW_LOCAL_EGRESS is for tests: it is accepted on devnet and not on %s", network);
    if (s->allow_local_downloads && !strcmp(s->network_id, "mainnet"))
        return err_new(ERR_INVALID, "ALLOW_LOCAL_DOWNLOADS is for development and cannot be set on mainnet");
    return NULL;
}

struct err *worker_settings_settle(struct worker_settings *s, struct slice chain_id, struct arena *arena)
{
    if (*s->network_id && !slice_eq_str(chain_id, s->network_id))
        return err_new(ERR_INVALID, "setting NEAR_NETWORK_ID is `%s`, and the node of NEAR_RPC_URL serves `%.*s`",
                       s->network_id, SLICE_FMT(chain_id));
    s->network_id = arena_str(arena, chain_id);
    TRY(check_development(s));
    if (!strcmp(s->network_id, "devnet"))
        s->allow_local_downloads = true;
    return *s->worker_id ? NULL : kept_worker_id(s, arena, &s->worker_id);
}

void worker_settings_print_help(void)
{
    config_print_help(items);
}
