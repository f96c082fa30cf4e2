/* Attestation version 1, bit for bit as existing workers make it and existing checkers read it: the first half of a quote's report data is SHA-256 over the fields of a task
 * in a row, the second half is zero. The row has no lengths in it, so bytes can move between neighbouring texts without a trace; version 2 (v2.h) is for whoever cares.
 *
 *     task type · task id i64 · repo · commit · build target · wasm hash · input hash · output hash · block height u64 · caller · project · secrets ·
 *     timestamp i64 · attached usd
 *
 * Integers are little-endian, hashes are hex text, absent fields are nothing. Tasks created before ATTESTATION_V1_FROM end with the block height.
 */
#pragma once
#include "base/err.h"
#include "codec/json_doc.h"
#include "crypto/hash.h"
#include "tee/measurements.h"

#define ATTESTATION_V1_FROM INT64_C(1769784939) /* 2026-01-30T14:55:39Z */

/* A text with a NULL pointer is absent. */
struct attestation_v1 {
    struct slice task_type; /* "execute" or "compile" */
    int64_t task_id;
    struct slice repo, commit, build_target;
    struct slice wasm_hash, input_hash, output_hash;
    bool has_block_height;
    uint64_t block_height;
    struct slice caller, project, secrets;
    int64_t timestamp; /* seconds: when the job was created */
    struct slice attached_usd;
};

struct hash attestation_v1_hash(const struct attestation_v1 *a);
void attestation_v1_report_data(const struct attestation_v1 *a, uint8_t out[REPORT_DATA_LEN]);

/* Reads the members of a record as the coordinator gives it (`GET /attestations/…`); texts are borrowed from `record`. */
struct err *attestation_v1_read(const json_t *record, struct attestation_v1 *out);

/* Hash of what a run gave, from the JSON text of the returned value. ERR_INVALID when it is not JSON. */
struct err *attestation_v1_output_hash(struct slice json, struct hash *out);
/* Of a failure: `[EXECUTION-FAILED]` for a request of a contract, nothing for an HTTPS call. */
struct hash attestation_v1_failed_hash(bool on_chain);
