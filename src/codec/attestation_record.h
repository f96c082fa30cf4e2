/* The attestation record, version 2: what a worker states of one run, in bytes that have one form only. Freestanding: a contract reads the same record that services
 * write (contracts/kit/attestation.h). docs/attestation.md has the layout and the reasons.
 *
 *     tag 16 · chain · contract · subject 1 · request id u64 | call id · code 32 · input 32 · output 32 · outcome · limits 3 × u64 · usage 2 × u64 ·
 *     caller · project · secrets · block u64 · time u64 · worker key 32
 *
 * Integers are little-endian; texts have a u32 length in front and are at most ATTESTATION_TEXT_MAX bytes; an absent text is empty. What is signed is the record itself:
 * it starts with the tag and is never 32 bytes, so no signature of it is one of a NEAR transaction, whose key this may be.
 */
#pragma once
#include "base/buf.h"

enum {
    ATTESTATION_TAG_LEN = 16,
    ATTESTATION_HASH_LEN = 32,
    ATTESTATION_KEY_LEN = 32,
    ATTESTATION_TEXT_MAX = 512,
    ATTESTATION_RECORD_MAX = 4096
};

#define ATTESTATION_TAG "OUTLAYER-RUN-v2\n"

enum attestation_subject {
    ATTESTATION_REQUEST = 1, /* of a contract on chain: request_id */
    ATTESTATION_CALL = 2,    /* over HTTPS: call_id */
};

struct attestation_record {
    struct slice chain;    /* the chain's id: "mainnet", "testnet", "devnet"… */
    struct slice contract; /* the main contract */
    enum attestation_subject subject;
    uint64_t request_id;
    struct slice call_id;
    uint8_t code[ATTESTATION_HASH_LEN];  /* SHA-256 of the program's bytes; zeros when none ran */
    uint8_t input[ATTESTATION_HASH_LEN]; /* SHA-256 of the input's bytes */
    uint8_t
        output[ATTESTATION_HASH_LEN]; /* SHA-256 of the JSON text that the requester gets; of nothing when it is a failure */
    struct slice outcome;             /* "completed", "out_of_instructions"… (docs/worker.md) */
    uint64_t max_instructions, max_memory_mb, max_seconds;
    uint64_t instructions, time_ms;
    struct slice caller, project, secrets;   /* accounts and names; may be empty */
    uint64_t block_height;                   /* of the request, 0: none */
    uint64_t time_s;                         /* since 1970: when the run ended */
    uint8_t worker_key[ATTESTATION_KEY_LEN]; /* Ed25519 */
};

/* Appends the record. Texts longer than ATTESTATION_TEXT_MAX make it one that nobody can read. */
void attestation_record_write(const struct attestation_record *r, struct buf *out);

/* Reads exactly these bytes; texts are borrowed from them. False: they are no record, or not in its one form. */
bool attestation_record_read(struct slice bytes, struct attestation_record *out);
