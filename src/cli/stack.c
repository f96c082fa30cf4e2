#include "cli/stack.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "codec/hex.h"
#include "codec/json_doc.h"
#include "near/credentials.h"
#include "tee/simulator/seed.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

enum { STOP_GRACE_MS = 10000, CONTRACT_MAX = 4 * 1024 * 1024, ENDPOINTS_MAX = 64 * 1024, TOKEN_LEN = 32 };

#define OPERATOR_BALANCE (NEAR_YOCTO * 1000)
#define CONTRACT_BALANCE (NEAR_YOCTO * 100)
#define INIT_BALANCE     (NEAR_YOCTO * 100)

static const char *const folders[] = {"", "/devnet", "/coordinator", "/worker", "/log", "/credentials"};

static struct err *find_program_dir(struct stack *s)
{
    char exe[4096];
    ssize_t len = readlink("/proc/self/exe", exe, sizeof exe - 1);
    if (len <= 0)
        return err_errno(ERR_UNAVAILABLE, errno, "finding this program's folder");
    exe[len] = '\0';
    *strrchr(exe, '/') = '\0';
    s->program_dir = arena_str(&s->arena, slice_str(exe));
    s->contracts_dir = arena_fmt(&s->arena, "%s/../contracts", exe);
    s->examples_dir = arena_fmt(&s->arena, "%s/../examples", exe);
    return NULL;
}

static struct err *make_folders(struct stack *s, const char *data_dir)
{
    TRY(fs_make_dirs(data_dir));
    char full[4096];
    if (!realpath(data_dir, full))
        return err_errno(ERR_UNAVAILABLE, errno, "finding %s", data_dir);
    s->data_dir = arena_str(&s->arena, slice_str(full));
    s->credentials_dir = arena_fmt(&s->arena, "%s/credentials", full);
    s->log_dir = arena_fmt(&s->arena, "%s/log", full);
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        TRY(fs_make_dirs(arena_fmt(&s->arena, "%s%s", full, folders[i])));
    return NULL;
}

static char *make_token(struct stack *s)
{
    uint8_t raw[TOKEN_LEN];
    AUTO(buf) struct buf hex = {0};
    entropy_fill(&entropy_system, raw, sizeof raw);
    hex_append(&hex, slice_from(raw, sizeof raw));
    return arena_str(&s->arena, buf_slice(&hex));
}

/* Where a service listened last time, so that clients find it again; any free port the first time. */
static const char *address_of(const char *url)
{
    return url && !strncmp(url, "http://", 7) ? url + 7 : "127.0.0.1:0";
}

static const char *former_url(struct stack *s, const json_t *endpoints, const char *key)
{
    struct slice url = json_doc_text(json_object_get(endpoints, key));
    return url.ptr ? arena_str(&s->arena, url) : NULL;
}

/* Without endpoints of a former start, or with damaged ones, the ports are chosen anew. */
static void read_former_endpoints(struct stack *s)
{
    AUTO(buf) struct buf text = {0};
    AUTO(json) json_t *document = NULL;
    struct err *e = fs_read(arena_fmt(&s->arena, "%s/endpoints.json", s->data_dir), ENDPOINTS_MAX, &text);
    if (!e)
        e = json_doc_parse(buf_slice(&text), &document);
    err_free(e);
    s->rpc_url = former_url(s, document, "rpc");
    s->coordinator_url = former_url(s, document, "coordinator");
}

/* Starts on the address of last time; when that is taken, on any free one. */
static struct err *start_listening(struct stack *s, int which, const char *name, struct service_setting *settings)
{
    struct service *service = &s->services[which];
    struct err *e = service_start(name, s->program_dir, s->log_dir, settings, service);
    if (!e || !strcmp(settings[0].value, "127.0.0.1:0"))
        return e;
    err_free(e);
    service_free(service);
    settings[0].value = "127.0.0.1:0";
    return service_start(name, s->program_dir, s->log_dir, settings, service);
}

static struct err *need_ready_url(struct stack *s, int which, const char *key, const char **out)
{
    const char *url = service_said(&s->services[which], key);
    if (!url)
        return err_new(ERR_BUG, "%s is ready but does not say its `%s`", s->services[which].name, key);
    *out = arena_str(&s->arena, slice_str(url));
    return NULL;
}

static struct err *start_devnet(struct stack *s)
{
    struct service_setting settings[] = {
        {"LISTEN", address_of(s->rpc_url)},
        {"DATA_DIR", arena_fmt(&s->arena, "%s/devnet", s->data_dir)},
        {"CREDENTIALS_DIR", s->credentials_dir},
        {"CHAIN_ID", STACK_NETWORK},
        {0},
    };
    TRY(start_listening(s, STACK_DEVNET, "devnet", settings));
    TRY(need_ready_url(s, STACK_DEVNET, "rpc", &s->rpc_url));
    return need_ready_url(s, STACK_DEVNET, "stream", &s->stream_url);
}

static struct err *start_coordinator(struct stack *s)
{
    struct service_setting settings[] = {
        {"LISTEN", address_of(s->coordinator_url)},
        {"DATA_DIR", arena_fmt(&s->arena, "%s/coordinator", s->data_dir)},
        {"WORKER_TOKEN", s->worker_token},
        {"OFFCHAINVM_CONTRACT_ID", STACK_CONTRACT_ID},
        {"NEAR_NETWORK_ID", STACK_NETWORK},
        {"OPERATOR_ACCOUNT_ID", STACK_OPERATOR_ID},
        {"NEAR_RPC_URL", s->rpc_url},
        {"REQUIRE_TEE_SESSION", "true"},
        {"TEE_RECHECK_SECONDS", "5"}, /* on a chain of one's own that is soon enough, and cheap */
        {0},
    };
    TRY(start_listening(s, STACK_COORDINATOR, "coordinator", settings));
    return need_ready_url(s, STACK_COORDINATOR, "url", &s->coordinator_url);
}

static const char *key_path(struct arena *arena, const struct stack *s, const char *account_id)
{
    return arena_fmt(arena, "%s/%s/%s.json", s->credentials_dir, STACK_NETWORK, account_id);
}

/* There is no TDX machine under a development stack: each data directory has a simulated one. */
static struct err *keep_simulator(struct stack *s)
{
    uint8_t seed[SIMULATOR_SEED_LEN];
    AUTO(buf) struct buf root = {0};
    s->simulator_seed_path = arena_fmt(&s->arena, "%s/simulator-seed", s->data_dir);
    TRY_DOING(simulator_seed_keep(s->simulator_seed_path, seed), "keeping the TDX simulator's seed");
    simulator_root(seed, &root);
    explicit_bzero(seed, sizeof seed);
    struct hash hash = hash_sha256(buf_slice(&root));
    hash_hex(&hash, s->simulator_root);
    s->simulator_root_path = arena_fmt(&s->arena, "%s/simulator-root.der", s->data_dir);
    return fs_write_atomic(s->simulator_root_path, buf_slice(&root), 0644);
}

static struct err *start_worker(struct stack *s)
{
    const struct service_setting settings[] = {
        {"DATA_DIR", arena_fmt(&s->arena, "%s/worker", s->data_dir)},
        {"API_BASE_URL", s->coordinator_url},
        {"API_AUTH_TOKEN", s->worker_token},
        {"NEAR_RPC_URL", s->rpc_url},
        {"NEARDATA_API_URL", s->stream_url},
        {"OFFCHAINVM_CONTRACT_ID", STACK_CONTRACT_ID},
        {"OPERATOR_ACCOUNT_ID", STACK_OPERATOR_ID},
        {"INIT_ACCOUNT_CREDENTIALS", key_path(&s->arena, s, STACK_INIT_ID)},
        {"TEE_MODE", "simulator"},
        {"TEE_SIMULATOR_SEED_FILE", s->simulator_seed_path},
        {"ALLOW_LOCAL_EGRESS", s->local_egress ? "true" : "false"},
        {0},
    };
    return service_start("worker", s->program_dir, s->log_dir, settings, &s->services[STACK_WORKER]);
}

struct err *stack_signer(const struct stack *s, const char *account_id, struct signer **out)
{
    AUTO(arena) struct arena arena = {0};
    AUTO(credentials) struct credentials c = {0};
    TRY(credentials_read_file(key_path(&arena, s, account_id), &c));
    const struct signer_config config = {.rpc = {.url = s->rpc_url}, .account_id = &c.account_id, .key = &c.key};
    return signer_new(&config, out);
}

static struct err *send_as(const struct stack *s, const char *signer_id, const char *receiver_id, const struct action *actions,
                           size_t count)
{
    AUTO(signer) struct signer *signer = NULL;
    AUTO(tx_outcome) struct tx_outcome outcome = {0};
    TRY(stack_signer(s, signer_id, &signer));
    TRY(signer_send(signer, slice_str(receiver_id), actions, count, TX_LEVEL_EXECUTED_OPTIMISTIC, &outcome));
    return tx_outcome_expect(&outcome, receiver_id);
}

struct err *stack_create_account(const struct stack *s, const char *account_id, u128 balance_yocto)
{
    AUTO(arena) struct arena arena = {0};
    AUTO(credentials) struct credentials c = {0};
    TRY(account_id_parse(slice_str(account_id), &c.account_id));
    secret_key_generate(&entropy_system, &c.key);
    /* The key is written first: an account whose key nobody has would be lost. */
    TRY(credentials_write_file(key_path(&arena, s, account_id), &c));
    const struct action actions[] = {
        {.kind = ACTION_CREATE_ACCOUNT},
        {.kind = ACTION_TRANSFER, .transfer.deposit = balance_yocto},
        {.kind = ACTION_ADD_KEY,
         .add_key = {.public_key = secret_key_public(&c.key), .access_key.permission = PERMISSION_FULL_ACCESS}},
    };
    TRY_DOING(send_as(s, STACK_ROOT_ID, account_id, actions, 3), "creating account %s", account_id);
    return NULL;
}

struct err *stack_deploy(const struct stack *s, const char *account_id, const char *name, const char *init_method,
                         const char *init_args)
{
    AUTO(buf) struct buf path = {0}, code = {0};
    buf_append_fmt(&path, "%s/%s.wasm", s->contracts_dir, name);
    TRY_DOING(fs_read(buf_str(&path), CONTRACT_MAX, &code), "reading contract %s (`make build` makes it)", name);
    const struct action actions[] = {
        {.kind = ACTION_DEPLOY_CONTRACT, .deploy.code = buf_slice(&code)},
        {.kind = ACTION_FUNCTION_CALL,
         .call = {.method = slice_str(init_method), .args = slice_str(init_args), .gas = 30 * TERA_GAS}},
    };
    TRY_DOING(send_as(s, account_id, account_id, actions, 2), "deploying %s to %s", name, account_id);
    return NULL;
}

static struct err *is_deployed(const struct stack *s, const char *account_id, bool *exists, bool *has_code)
{
    static const struct hash no_code;
    AUTO(rpc_client) struct rpc_client *rpc = NULL;
    struct rpc_account account = {0};
    TRY(rpc_client_new(&(struct rpc_config){.url = s->rpc_url}, &rpc));
    struct err *e = rpc_view_account(rpc, slice_str(account_id), &account);
    *exists = !e;
    *has_code = !e && !hash_eq(&account.code_hash, &no_code);
    if (e && err_code(e) == ERR_NOT_FOUND) {
        err_free(e);
        e = NULL;
    }
    return e;
}

static struct err *ensure_account(const struct stack *s, const char *account_id, u128 balance)
{
    bool exists, has_code;
    TRY(is_deployed(s, account_id, &exists, &has_code));
    return exists ? NULL : stack_create_account(s, account_id, balance);
}

/* Every step looks first, so a start that was cut short is taken up where it stopped. */
static struct err *ensure_contract(struct stack *s)
{
    bool exists, has_code;
    TRY(ensure_account(s, STACK_OPERATOR_ID, OPERATOR_BALANCE));
    TRY(ensure_account(s, STACK_CONTRACT_ID, CONTRACT_BALANCE));
    TRY(is_deployed(s, STACK_CONTRACT_ID, &exists, &has_code));
    if (has_code)
        return NULL;
    const char *args = "{\"owner_id\":\"" STACK_ROOT_ID "\",\"operator_id\":\"" STACK_OPERATOR_ID "\"}";
    return stack_deploy(s, STACK_CONTRACT_ID, "outlayer", "new", args);
}

/* --- the register contract, and the simulated platform that it trusts ------------------------------------------------------- */

static struct err *call_register(const struct stack *s, const char *method, const struct buf *args)
{
    const struct action call = {.kind = ACTION_FUNCTION_CALL,
                                .call = {.method = slice_str(method), .args = buf_slice(args), .gas = 300 * TERA_GAS}};
    TRY_DOING(send_as(s, STACK_ROOT_ID, STACK_OPERATOR_ID, &call, 1), "%s", method);
    return NULL;
}

static struct err *approve_worker(const struct stack *s)
{
    AUTO(buf) struct buf args = {0};
    struct measurements m;
    simulator_worker_measurements(&m);
    buf_append_str(&args, "{\"measurements\":");
    measurements_write_json(&m, &args);
    buf_append_str(&args, "}");
    return call_register(s, "add_approved_measurements", &args);
}

/* Later of this machine's time and the chain's, which a test may have moved forward. */
static struct err *time_now(const struct stack *s, uint64_t *now_s)
{
    AUTO(rpc_client) struct rpc_client *rpc = NULL;
    struct rpc_block head;
    TRY(rpc_client_new(&(struct rpc_config){.url = s->rpc_url}, &rpc));
    TRY(rpc_final_block(rpc, &head));
    uint64_t here = clock_wall_ns(&clock_system), there = head.timestamp_ns;
    *now_s = (here > there ? here : there) / NS_PER_SEC;
    return NULL;
}

/* At every start: the simulator's documents hold for a month. */
static struct err *update_collateral(const struct stack *s)
{
    struct simulator_config config = {0};
    AUTO(simulator_output) struct simulator_output made = {0};
    AUTO(json) json_t *doc = json_object();
    AUTO(buf) struct buf args = {0};
    TRY(simulator_seed_read(s->simulator_seed_path, config.seed));
    TRY(time_now(s, &config.now));
    simulator_make(&config, &made);
    explicit_bzero(config.seed, sizeof config.seed);
    json_object_set_new(doc, "collateral", json_doc_string(buf_slice(&made.collateral)));
    json_object_set_new(doc, "index", json_integer(0));
    json_doc_write(doc, &args);
    return call_register(s, "update_collateral", &args);
}

static struct err *deploy_register(const struct stack *s)
{
    AUTO(buf) struct buf root = {0}, args = {0};
    TRY(fs_read(s->simulator_root_path, CONTRACT_MAX, &root));
    buf_append_str(&args, "{\"owner_id\":\"" STACK_ROOT_ID "\",\"init_worker_account\":\"" STACK_INIT_ID
                          "\",\"outlayer_contract_id\":\"" STACK_CONTRACT_ID "\",\"simulator_root\":\"");
    hex_append(&args, buf_slice(&root));
    buf_append_str(&args, "\"}");
    return stack_deploy(s, STACK_OPERATOR_ID, "register", "new", buf_str(&args));
}

static struct err *ensure_register(const struct stack *s)
{
    bool exists, has_code;
    TRY(ensure_account(s, STACK_INIT_ID, INIT_BALANCE));
    TRY(is_deployed(s, STACK_OPERATOR_ID, &exists, &has_code));
    if (!has_code)
        TRY(deploy_register(s));
    TRY(approve_worker(s));
    return update_collateral(s);
}

json_t *stack_endpoints(const struct stack *s)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "network", STACK_NETWORK, "rpc", s->rpc_url,
                     "stream", s->stream_url, "coordinator", s->coordinator_url, "contract", STACK_CONTRACT_ID, "register",
                     STACK_OPERATOR_ID, "credentials", s->credentials_dir, "data", s->data_dir, "tdx", "simulated",
                     "simulator_root", s->simulator_root_path);
}

static struct err *write_endpoints(struct stack *s)
{
    AUTO(json) json_t *endpoints = stack_endpoints(s);
    AUTO(buf) struct buf text = {0};
    json_doc_write(endpoints, &text);
    buf_append_byte(&text, '\n');
    return fs_write_atomic(arena_fmt(&s->arena, "%s/endpoints.json", s->data_dir), buf_slice(&text), 0600);
}

static struct err *start_all(struct stack *s, const char *data_dir, stack_progress *progress, void *context)
{
    TRY(find_program_dir(s));
    TRY(make_folders(s, data_dir));
    s->worker_token = make_token(s);
    TRY(keep_simulator(s));
    read_former_endpoints(s);

    progress("starting the development chain", context);
    TRY(start_devnet(s));
    progress("deploying the main contract", context);
    TRY(ensure_contract(s));
    progress("deploying the register contract, with the simulated TDX platform", context);
    TRY(ensure_register(s));
    progress("starting the coordinator", context);
    TRY(start_coordinator(s));
    progress("starting the worker", context);
    TRY(start_worker(s));
    return write_endpoints(s);
}

struct err *stack_start(const char *data_dir, stack_progress *progress, void *context, struct stack *out)
{
    *out = (struct stack){0};
    struct err *e = start_all(out, data_dir, progress, context);
    if (e)
        stack_stop(out);
    return e;
}

void stack_stop(struct stack *s)
{
    for (int i = STACK_SERVICE_COUNT - 1; i >= 0; i--) {
        service_stop(&s->services[i], STOP_GRACE_MS);
        service_free(&s->services[i]);
    }
    arena_free(&s->arena);
    *s = (struct stack){0};
}

void stack_kill(struct stack *s, enum stack_service which)
{
    struct service *service = &s->services[which];
    if (service->pid) {
        kill(service->pid, SIGKILL);
        waitpid(service->pid, NULL, 0);
    }
    service->pid = 0;
    service_free(service);
}

struct err *stack_restart(struct stack *s, enum stack_service which)
{
    static struct err *(*const start[STACK_SERVICE_COUNT])(struct stack *) = {
        [STACK_DEVNET] = start_devnet, [STACK_COORDINATOR] = start_coordinator, [STACK_WORKER] = start_worker};
    return start[which](s);
}

struct err *stack_check(struct stack *s)
{
    for (int i = 0; i < STACK_SERVICE_COUNT; i++) {
        struct service *service = &s->services[i];
        if (!service->pid || waitpid(service->pid, NULL, WNOHANG) == 0)
            continue;
        service->pid = 0;
        AUTO(buf) struct buf words = {0};
        service_last_words(service, &words);
        return err_new(ERR_UNAVAILABLE, "the %s ended; its log %s says: %s", service->name, service->log_path,
                       words.len ? buf_str(&words) : "nothing");
    }
    return NULL;
}
