/* The bodies that workers send, read from JSON into structs. Member names are those of the worker protocol; unknown members are
 * ignored, null counts as missing, missing truth values are false. ERR_INVALID names the member that is missing or wrong.
 * All texts live in `arena`. */
#pragma once
#include "coordinator/code_source.h"

/* What a worker can do, or-ed; also names of the queues it polls. */
enum capability { CAN_COMPILE = 1, CAN_EXECUTE = 2 };

struct msg_create {
    uint64_t request_id;
    struct slice data_id; /* hex */
    struct code_source source;
    bool compile_only, force_rebuild;
    uint64_t execution_seconds;
    struct slice project_id, project_uuid, user_account_id, near_payment_yocto, transaction_hash; /* NULL pointer: not given */
    struct slice request_json; /* what a poll gives back, without `code_source` */
};

struct msg_claim {
    uint64_t request_id;
    struct slice data_id;
    struct slice worker_id;
    struct slice claim_id; /* a name for this claim, the same when it is repeated; NULL pointer: none */
    unsigned capabilities;
    bool has_compile_result;
};

/* How a job ended, as the protocol writes it. */
enum job_status {
    JOB_PENDING,
    JOB_IN_PROGRESS,
    JOB_COMPLETED,
    JOB_FAILED,
    JOB_COMPILATION_FAILED,
    JOB_EXECUTION_FAILED,
    JOB_ACCESS_DENIED,
    JOB_INSUFFICIENT_PAYMENT,
    JOB_CUSTOM,
};

const char *job_status_name(enum job_status status);

struct msg_complete {
    uint64_t job_id;
    enum job_status status;
    uint64_t time_ms, instructions;
    struct slice error;   /* NULL pointer: none; at most MSG_ERROR_MAX bytes */
    struct slice outcome; /* the worker's word for how it ended; NULL pointer: none */
    struct slice wasm_checksum, actual_cost_yocto, compile_cost_yocto, compile_result;
};

enum { MSG_ERROR_MAX = 16 * 1024, MSG_KEPT_JOBS_MAX = 10000 };

struct msg_heartbeat {
    struct slice worker_id, worker_name;
    struct slice status;          /* "online", "busy", "offline" or "stale" */
    struct slice current_task_id; /* decimal; NULL pointer: none */
    bool has_block_height, just_started;
    uint64_t block_height;
    struct slice kept_jobs; /* JSON text, an array of job ids: what a worker that has just started will still report */
};

struct msg_lock {
    struct slice lock_key, worker_id;
    uint64_t ttl_seconds;
};

struct err *msg_create_parse(const json_t *body, struct arena *arena, struct msg_create *out);
struct err *msg_claim_parse(const json_t *body, struct arena *arena, struct msg_claim *out);
struct err *msg_complete_parse(const json_t *body, struct arena *arena, struct msg_complete *out);
struct err *msg_heartbeat_parse(const json_t *body, struct arena *arena, struct msg_heartbeat *out);
struct err *msg_lock_parse(const json_t *body, struct arena *arena, struct msg_lock *out);

/* A comma list as in a poll: "compilation, execution". Unknown words give nothing. */
unsigned msg_capabilities_parse(struct slice list);
