/* A run's result, checked by a contract itself: is this record (docs/attestation.md) signed by a worker that I trust?
 *
 *     struct attestation_record r;
 *     require_text(attestation_verify(record, signature, key, &r), "not signed by the worker");
 *     sha256(answer, hash);
 *     require_text(attestation_completed(&r, my_code, hash), "another run");
 *
 * `key` must be one of the register contract's worker keys: a contract keeps the keys it has asked for, and a signature costs one ed25519_verify (0.2 TGas). What the
 * record says of chain, contract, code, input and caller is the caller's to compare; a record of another chain or contract is signed just as well. */
#pragma once
#include "codec/attestation_record.h"

/* Reads the record and checks that `key` is its worker's and signed it. *out borrows from `record`. */
bool attestation_verify(struct slice record, struct slice signature, const uint8_t key[ATTESTATION_KEY_LEN],
                        struct attestation_record *out);

/* The run came to its end, was of the program with this SHA-256, and gave the JSON text with this SHA-256. */
bool attestation_completed(const struct attestation_record *r, const uint8_t code[ATTESTATION_HASH_LEN],
                           const uint8_t output[ATTESTATION_HASH_LEN]);
