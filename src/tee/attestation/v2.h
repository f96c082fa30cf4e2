/* Attestation version 2: a record (codec/attestation_record.h), the worker key's signature of it, and later the quote of a batch that the record is in.
 *
 *     record ──Ed25519, at once──▶ signature         anybody who knows the worker's registered key checks the run
 *        │
 *     leaf ─┬─ Merkle root of a batch ─▶ report data ─▶ quote        and, without knowing any key, from Intel's root down
 *     leaf ─┘
 *
 * The report data of a batch is SHA-256(tag ‖ number of records u64 ‖ root) and then the tag itself, ATTESTATION_BATCH_TAG: no quote of a batch can pass for one that
 * registers a key or attests a task of version 1, whose second halves are zero.
 *
 * As JSON: {"version":2,"record":base64,"signature":hex,"batch":{"index":n,"count":n,"path":[hex,…],"quote":base64}|null}
 */
#pragma once
#include "codec/attestation_record.h"
#include "codec/json_doc.h"
#include "crypto/ed25519.h"
#include "tee/attestation/merkle.h"
#include "tee/measurements.h"

#define ATTESTATION_BATCH_TAG "OUTLAYER attestation batch, v2.\n" /* 32 bytes */

enum { ATTESTATION_QUOTE_MAX = 16384 };

struct attestation_v2 {
    struct buf record; /* bytes */
    uint8_t signature[ED25519_SIGNATURE_LEN];
    bool has_batch;
    struct merkle_path path;
    struct buf quote;
};

void attestation_v2_free(struct attestation_v2 *a);

static inline void auto_attestation_v2(struct attestation_v2 *a)
{
    attestation_v2_free(a);
}

/* Writes and signs the record; `secret` belongs to r->worker_key. */
void attestation_v2_sign(const struct attestation_record *r, const uint8_t secret[ED25519_SECRET_LEN],
                         struct attestation_v2 *out);

/* The record is well-formed and its own worker key signed it; *r borrows from it. Whether that key is a registered one is another question. */
bool attestation_v2_check(const struct attestation_v2 *a, struct attestation_record *r);

/* What a batch's quote carries. */
void attestation_batch_report_data(const struct hash *root, uint64_t count, uint8_t out[REPORT_DATA_LEN]);

/* The report data that this attestation's path leads to; false without a batch or with an impossible path. */
bool attestation_v2_report_data(const struct attestation_v2 *a, uint8_t out[REPORT_DATA_LEN]);

/* `out` gets one JSON object; reading takes any member order, and nothing it does not know. *out is to be freed in every case. */
void attestation_v2_write(const struct attestation_v2 *a, struct buf *out);
struct err *attestation_v2_read(const json_t *doc, struct attestation_v2 *out);
