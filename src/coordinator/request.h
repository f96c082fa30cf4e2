/* Rows of requests and jobs, and the one place where a request changes its state; inside the caller's transaction. */
#pragma once
#include "coordinator/machine.h"

enum request_event {
    EVENT_CLAIM_COMPILE,
    EVENT_CLAIM_EXECUTE,
    EVENT_CODE_MISSING,  /* only a compile job can go on */
    EVENT_CODE_PRESENT,  /* only an execute job can go on */
    EVENT_COMPILE_ENDED, /* well or not: an execute job tells */
    EVENT_COMPILE_LOST,
    EVENT_EXECUTE_DONE,
    EVENT_EXECUTE_FAILED,
    EVENT_EXECUTE_LOST,
    EVENT_GIVEN_UP,
};

/* What an execute job delivers instead of running anything. */
struct request_failure {
    struct slice text;
    struct slice category; /* a job status */
    struct slice outcome;  /* NULL pointer: not known */
};

struct request {
    uint64_t pk;
    enum request_state state;
    bool compile_only, force_rebuild;
    uint64_t execution_seconds;
    struct slice wasm_checksum, compile_result, project_id, project_uuid; /* in the arena */
    struct request_failure failure;                                       /* text.ptr NULL: none */
};

struct job {
    uint64_t job_id, request_pk, attempt, created_s;
    bool is_compile, in_progress, lost;
    char token_hash[HASH_HEX_MAX];
};

struct err *request_find(struct db *db, uint64_t request_id, struct slice data_id, struct arena *arena, struct request *out,
                         bool *found);
struct err *request_load(struct db *db, uint64_t pk, struct arena *arena, struct request *out);

/* Changes the state as the table says and makes, moves, frees or deletes the queue item. ERR_BUG for an event that the state
 * does not know. */
struct err *request_apply(struct machine *m, struct request *r, enum request_event event);

/* The state of a request that was just inserted; every later one comes from an event. */
struct err *request_enter(struct machine *m, struct request *r, enum request_state state);

/* Makes execute jobs deliver this failure instead of running anything; an earlier one stays. */
struct err *request_set_failure(struct machine *m, struct request *r, const struct request_failure *failure);

/* What a compile job left for its execute job. */
struct err *request_set_compile_result(struct machine *m, struct request *r, struct slice result);

/* After the compile that `force_rebuild` asked for. */
struct err *request_clear_force_rebuild(struct machine *m, struct request *r);

/* Ends the lease of a job whose worker is gone: compile again, or deliver the loss. */
struct err *job_lose(struct machine *m, const struct job *job);

/* Writes the job's line of history; a late report replaces what its loss left. */
struct err *job_write_history(struct machine *m, const struct job *job, const struct msg_complete *msg);

/* ERR_NOT_FOUND when there is none. */
struct err *job_load(struct db *db, uint64_t job_id, struct job *out);
