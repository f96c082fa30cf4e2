/* The whole stack on one machine: devnet, coordinator and worker as child processes around one data directory, with the main
 * and register contracts deployed. `outlayer up`, `outlayer demo` and the end-to-end tests stand on it.
 *
 *     <data>/devnet/ coordinator/ worker/   what each service keeps
 *     <data>/credentials/devnet/            keys of the genesis accounts, the contract and its operator
 *     <data>/log/<service>.log              one JSON line an event
 *     <data>/endpoints.json                 where everything listens
 *     <data>/simulator-seed, simulator-root.der   the simulated TDX platform: its secret, and the root that a verifier must be told to trust
 *
 * A second start on the same directory goes on where the first stopped, on the same ports when they are free.
 */
#pragma once
#include "base/arena.h"
#include "cli/service.h"
#include "near/account_id.h"
#include "near/signer.h"

#define STACK_NETWORK     "devnet"
#define STACK_ROOT_ID     "test.near" /* the genesis account under which everything is made */
#define STACK_CONTRACT_ID "outlayer.test.near"
#define STACK_OPERATOR_ID "worker.test.near"      /* the register contract; workers' keys live on it */
#define STACK_INIT_ID     "init-worker.test.near" /* pays for registrations */

enum stack_service { STACK_DEVNET, STACK_COORDINATOR, STACK_WORKER, STACK_SERVICE_COUNT };

struct stack {
    struct arena arena;
    const char *data_dir, *credentials_dir, *log_dir;
    const char *program_dir;                  /* where the services' programs are: beside this one */
    const char *contracts_dir, *examples_dir; /* built contracts and example programs */
    const char *rpc_url, *stream_url, *coordinator_url;
    const char *simulator_seed_path, *simulator_root_path; /* TDX is simulated, always */
    char simulator_root[HASH_HEX_MAX];                     /* SHA-256 of the simulator's root certificate */
    bool local_egress;  /* tests set it before a (re)start of the worker: programs may call servers of this machine */
    char *worker_token; /* opens the worker's API of the coordinator; made at every start, never stored */
    struct service services[STACK_SERVICE_COUNT];
};

/* Called before each step that may take a moment: "starting the chain". */
typedef void stack_progress(const char *step, void *context);

/* Starts everything in `data_dir` (made when missing). On failure what was started is stopped again. */
struct err *stack_start(const char *data_dir, stack_progress *progress, void *context, struct stack *out);

/* Ends the services in reverse order and frees. Harmless on a zero value. */
void stack_stop(struct stack *s);

static inline void auto_stack(struct stack *s)
{
    stack_stop(s);
}

/* Kills one service at once (SIGKILL), as a crash would. For tests. */
void stack_kill(struct stack *s, enum stack_service which);

/* Starts a killed service again, on the same address. */
struct err *stack_restart(struct stack *s, enum stack_service which);

/* NULL while all services run; otherwise which one ended and its last words. */
struct err *stack_check(struct stack *s);

/* The endpoints as one JSON object, as in endpoints.json. A new reference. */
json_t *stack_endpoints(const struct stack *s);

/* A signer for an account whose key stands in the credentials folder. */
struct err *stack_signer(const struct stack *s, const char *account_id, struct signer **out);

/* Makes `account_id` (a sub-account of STACK_ROOT_ID) with a new key that is written to the credentials folder, and this balance. */
struct err *stack_create_account(const struct stack *s, const char *account_id, u128 balance_yocto);

/* Deploys `<contracts_dir>/<name>.wasm` to the account and calls `init_method` with `init_args` in the same transaction. */
struct err *stack_deploy(const struct stack *s, const char *account_id, const char *name, const char *init_method,
                         const char *init_args);

#define NEAR_YOCTO ((u128)1000000000000000000ULL * 1000000)
#define TERA_GAS   UINT64_C(1000000000000)
