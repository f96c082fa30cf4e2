/* The life of a request: its states, its queue item and its jobs. Every function here runs inside a transaction that the caller
 * opened and will commit, so that a state change, its queue item and its job are one.
 *
 *               create
 *                 |
 *       +---------+----------+
 *       v                    v     claim: code is missing
 *   QUEUED_COMPILE <---- QUEUED_EXECUTE <------------------------------+
 *    |  ^   |   \--code came by other ways-->^  ^   |                  |
 *    |  |   | claim                          |  |   | claim            |
 *    |  |   v                                |  |   v                  |
 *    |  +- COMPILING --done, or failed -------+ |  EXECUTING --lost----+   the next execute job delivers the failure and runs
 *    |  lost, while attempts are left           |   |  |  |             nothing: the guest may have run, and it runs at most once
 *    |                                          |   |  |  lost, when it was a delivery and attempts are used up
 *    +--------- nobody claims it ---------------+---+--+--+---> FAILED
 *                                                   +---------> DONE
 *
 * Queue item: free -> (poll) leased to a token -> (claim) gone, or (lease ends) free again, five times at most.
 * Job: in_progress -> (complete) its outcome, or (lease ends) failed and `lost` until its worker reports after all.
 *
 * DONE, FAILED and EXPIRED are final. A state QUEUED_x has exactly one queue item, any other state none. A request whose
 * `compile_error` is set never runs: its execute job carries the text, and the worker delivers it to the requester.
 */
#pragma once
#include "base/clock.h"
#include "coordinator/message.h"
#include "coordinator/wasm_store.h"
#include "store/db.h"

enum request_state {
    REQUEST_QUEUED_COMPILE,
    REQUEST_COMPILING,
    REQUEST_QUEUED_EXECUTE,
    REQUEST_EXECUTING,
    REQUEST_DONE,
    REQUEST_FAILED,
    REQUEST_EXPIRED,
    REQUEST_STATES
};

const char *request_state_name(enum request_state state);

struct machine_settings {
    uint64_t task_lease_ms;     /* a polled item must be claimed within */
    uint64_t overhead_ms;       /* what a worker may need besides compiling or running; counted twice in a job's lease */
    uint64_t download_ms;       /* fetching code inside an execute job */
    uint64_t execution_cap_ms;  /* the longest run, whatever was asked */
    uint64_t compile_limit_ms;  /* the longest compile */
    uint64_t compile_attempts;  /* a lost compile job is repeated until so many were made */
    uint64_t claim_attempts;    /* a polled and unclaimed item is offered so often */
    uint64_t delivery_attempts; /* execute jobs of one request: the run and the deliveries of its loss */
};

struct machine {
    struct db *db;
    const struct clock *clock;
    struct wasm_store *wasm;
    struct machine_settings settings;
};

/* *created is false for a known (request_id, data_id), which stays as it is. */
struct err *machine_create(struct machine *m, const struct msg_create *msg, bool *created);

/* Leases the item that is due for these capabilities and appends its execution request, as JSON, to `out`. */
struct err *machine_poll(struct machine *m, unsigned capabilities, const char *token_hash, struct buf *out, bool *found);

/* A claimed job; texts live in the arena given to the claim, a NULL pointer is null. */
struct job_info {
    uint64_t job_id, created_s;
    bool is_compile;
    struct slice wasm_checksum, project_uuid, project_id;
    struct slice compile_cost_yocto, compile_error, error_category, outcome;
    bool has_compile_time;
    uint64_t compile_time_ms;
};

/* *found is false when there is nothing for this worker; whatever is still to do is then back in its queue. A claim repeated with
 * its `claim_id` gives the same job again. */
struct err *machine_claim(struct machine *m, const struct msg_claim *msg, const char *token_hash, struct arena *arena,
                          struct job_info *out, bool *found);

/* A second completion changes nothing. ERR_NOT_FOUND: no such job; ERR_CONFLICT: the job of another token. */
struct err *machine_complete(struct machine *m, const struct msg_complete *msg, const char *token_hash);

/* Whether this token holds a live compile job for the checksum, and whether that one is to replace what is there. */
struct err *machine_compiles(struct machine *m, struct slice checksum, const char *token_hash, bool *compiles, bool *replaces);

/* A heartbeat that names jobs (a JSON array of ids) keeps their leases alive for a minute more, each up to twice its first length. */
struct err *machine_renew(struct machine *m, struct slice worker_id, const char *token_hash, struct slice jobs);

/* Declares lost what a worker held before it was restarted, except `kept_jobs` (a JSON array of job ids), which it will report. */
struct err *machine_worker_restarted(struct machine *m, struct slice worker_id, const char *token_hash, struct slice kept_jobs);

/* Ends one lease that has run out; *more is false when there was none. */
struct err *machine_sweep(struct machine *m, bool *more);

/* Offers polled and unclaimed items again: after a start of this service nobody may have received them. */
struct err *machine_free_items(struct machine *m);

/* Gives queued requests the queue item they lack and takes items from requests that are not queued. The transactions keep
 * this from happening; run it at start all the same. */
struct err *machine_repair(struct machine *m, uint64_t *repaired);

static inline uint64_t machine_now_ms(const struct machine *m)
{
    return clock_wall_ns(m->clock) / NS_PER_MS;
}
