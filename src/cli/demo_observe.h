/* What the chain shows of one question, read from its blocks as anybody could: the three receipts and the settlement; and the
 * coordinator's word for how it ended. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/u128.h"
#include "near/account_id.h"

struct observed_receipt {
    bool seen;
    uint64_t gas, height;
    uint64_t time_ns;    /* of its block */
    const char *tx_hash; /* of the transaction it descends from */
};

struct observation {
    struct observed_receipt request, resolve, callback;
    uint64_t request_id;
    bool success;
    const char *error; /* in one line; NULL on success */
    uint64_t instructions, time_ms;
    u128 charged, refunded; /* yocto */
};

/* Scans the blocks [from, to] of the stream for the one question that ran in them. Texts live in `arena`. ERR_NOT_FOUND names what is
 * missing when the request, its resolution or its callback is not there. */
struct err *observe_question(const char *stream_url, const char *contract_id, uint64_t from, uint64_t to, struct arena *arena,
                             struct observation *out);

/* How the newest execution of the request ended, from the coordinator's public list of jobs ("completed", "hash_mismatch" …). The
 * worker reports after the chain has the answer, so this waits a little. ERR_NOT_FOUND: it has not been reported. */
struct err *observe_outcome(const char *coordinator_url, uint64_t request_id, struct arena *arena, const char **outcome);
