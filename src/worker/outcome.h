/* How a job ended, in one word. The coordinator keeps it and shows it to anybody; docs/worker.md has the table with what each word
 * means to the requester. */
#pragma once
#include "engine/engine.h"

enum outcome {
    /* a run, as enum task_end */
    OUTCOME_COMPLETED,
    OUTCOME_GUEST_EXIT,
    OUTCOME_TRAP,
    OUTCOME_OUT_OF_INSTRUCTIONS,
    OUTCOME_DEADLINE,
    OUTCOME_OUT_OF_MEMORY,
    OUTCOME_OUTPUT_LIMIT,
    OUTCOME_INVALID_PROGRAM,
    OUTCOME_HTTP_TIMEOUTS,
    OUTCOME_CALL_LIMIT,
    OUTCOME_DENIED,
    OUTCOME_HOST_FAULT,
    /* after a run */
    OUTCOME_INVALID_OUTPUT,
    OUTCOME_ANSWER_TOO_LARGE,
    OUTCOME_CONTRACT_REFUSED,
    /* before one */
    OUTCOME_INVALID_REQUEST,
    OUTCOME_INVALID_SOURCE,
    OUTCOME_DOWNLOAD_FAILED,
    OUTCOME_HASH_MISMATCH,
    OUTCOME_COMPILE_FAILED,
    OUTCOME_ACCESS_DENIED,
    /* instead of one */
    OUTCOME_WORKER_LOST,
};

enum outcome outcome_of_end(enum task_end end);

/* "completed", "hash_mismatch" … */
const char *outcome_name(enum outcome outcome);

/* The protocol's coarser word, `error_category`; NULL for OUTCOME_COMPLETED. */
const char *outcome_category(enum outcome outcome);

/* False when no outcome of this worker has that name. */
bool outcome_parse(struct slice name, enum outcome *out);
