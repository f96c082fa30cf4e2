/* Attestations: what a worker says of a job it did, with the TDX quote whose report data covers it, kept member for member so that
 * anybody can compute the report data again. Nothing is verified here: this service is not trusted with that, its readers do it.
 *
 * One attestation a job (or many of a worker's start, task id -1); the first one stays. Storing and finding run inside the caller's
 * transaction. */
#pragma once
#include "base/arena.h"
#include "store/db.h"
#include <jansson.h>

struct attestation {
    int64_t task_id; /* a job's id, or -1: a worker's start */
    bool is_compile;
    struct slice quote;       /* bytes */
    char measurement[97];     /* RTMR3 of the quote, hex */
    struct slice record_json; /* every member but the quote, those that were null left out */
    struct slice v2_json;     /* the member `attestation_v2` (tee/attestation/v2.h); a NULL pointer: none */
    struct slice call_id, transaction_hash;
    bool has_request;
    uint64_t request_id, timestamp_s;
};

/* Reads the body of `POST /attestations`. The quote is base64, or hex as older workers send it at their start. ERR_INVALID names the
 * member that is missing or wrong. All texts live in `arena`. */
struct err *attestation_parse(const json_t *body, struct arena *arena, struct attestation *out);

/* *created is false when the job has its attestation already. ERR_NOT_FOUND: no such job; ERR_CONFLICT: the job of another token;
 * ERR_INVALID: another timestamp or type than the job's. */
struct err *attestation_store(struct db *db, const struct attestation *a, const char *token_hash, uint64_t now_ms,
                              bool *created);

enum attestation_key { ATTESTATION_BY_TASK, ATTESTATION_BY_CALL, ATTESTATION_BY_TX, ATTESTATION_BY_REQUEST };

/* The newest one under this key, of a run rather than of a compilation, as the public object; *out is NULL when there is none. */
struct err *attestation_find(struct db *db, enum attestation_key key, struct slice value, json_t **out);
