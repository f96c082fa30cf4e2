/* Brings an answer on chain, once. The contract itself refuses a second answer; before anything is sent again the chain is asked
 * whether the request still waits, so that nothing is spent on one that is settled.
 *
 *     send ──► executed ───────────────────────────────► delivered, with the cost from the logs
 *      ▲         │
 *      │         ├── "Execution request not found",
 *      │         │   "Unable to resume execution promise" ► settled before
 *      │         └── refused by the contract otherwise ──► ERR_INVALID
 *      ├── the key may not send it ─────────────────────► ERR_DENIED
 *      │
 *      └── still waiting ◄── get_request ◄── not known whether it was executed (pauses grow to 10 s)
 *                                └── gone ──────────────► settled before
 */
#pragma once
#include "near/signer.h"
#include "worker/admission.h"
#include "worker/stop.h"

struct delivery {
    struct signer *signer;  /* shared: one transaction of the key at a time */
    struct rpc_client *rpc; /* of this thread, for views */
    const char *contract_id;
    struct stop *stop;
    struct admission *admission; /* shared, told of the key's refusal; NULL: nobody is told */
    uint64_t patience_ms;        /* how long an unreachable chain is tried, 0: 10 min */
};

struct delivered {
    bool settled_before; /* by an earlier attempt, another worker or the chain's time-out */
    bool never_sent;     /* settled before, and surely not by this answer: it was not sent until then */
    bool has_cost;
    u128 cost; /* yocto, as the contract's log tells it */
};

/* `call` is {"method":…,"args":…}. `maybe_sent`: an earlier process may have sent it. `data_id` (hex) tells the request from one
 * of another chain with the same number. ERR_UNAVAILABLE: not known, try later. ERR_LIMIT: the account cannot pay, try later. ERR_DENIED: the key may not, which says
 * nothing about the answer: keep it, and try again with the same key or another. ERR_INVALID: the contract refuses this answer. */
struct err *delivery_send(const struct delivery *d, struct slice call, uint64_t request_id, struct slice data_id,
                          bool maybe_sent, struct delivered *out);

/* True in *waiting while the contract holds the request unanswered. `input` (may be NULL) gets its input. */
struct err *delivery_look(const struct delivery *d, uint64_t request_id, struct slice data_id, bool *waiting,
                          struct buf *input);

/* The charge that a transaction's logs tell: `[[yNEAR charged: "N"]]`, `estimated_cost: N` in a line about resolving, or
 * `payment_charged` of an execution_completed event; the first in order. False when there is none. */
bool delivery_cost_of(const struct tx_outcome *outcome, u128 *cost);
