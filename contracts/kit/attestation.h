/* A run's result, checked by a contract itself: is this record (docs/attestation.md) signed by a worker that I trust? There are two ways to trust one.
 *
 * A contract asks the register contract, in the same transaction:
 *
 *     CHANGE(take)
 *     {
 *         …
 *         promise_return(attestation_ask(register_id, record, signature, SLICE("on_attested"), mine, COST(.gas = 5 * TGAS)));
 *     }
 *     CALLBACK(on_attested)
 *     {
 *         struct attestation_record r;
 *         struct slice mine;
 *         require_text(attestation_answer(&r, &mine) == ATTESTATION_KEY_GOOD, "not signed by a worker");
 *         require_text(attestation_completed(&r, my_code, hash), "another run");
 *     }
 *
 * Or it keeps keys that it has asked for, and believes them until it asks again:
 *
 *     require_text(attestation_verify(record, signature, key, &r), "not signed by the worker");
 *
 * A signature costs one ed25519_verify (0.2 TGas). What the record says of chain, contract, code, input and caller is the caller's to compare; a record of another chain
 * or contract is signed just as well. */
#pragma once
#include "codec/attestation_record.h"
#include "kit/promise.h"

/* Reads the record and checks that `key` is its worker's and signed it. *out borrows from `record`. */
bool attestation_verify(struct slice record, struct slice signature, const uint8_t key[ATTESTATION_KEY_LEN],
                        struct attestation_record *out);

/* What the register contract says of the key that signed. */
enum attestation_key {
    ATTESTATION_KEY_GOOD,       /* a worker's, and the measurements of its enclave are approved */
    ATTESTATION_KEY_RETIRED,    /* a worker's whose measurements are approved no more */
    ATTESTATION_KEY_UNKNOWN,    /* no worker's, or one that was removed */
    ATTESTATION_KEY_UNANSWERED, /* the register contract did not answer: the account has none, or it ran out of gas */
};

/* Checks that the key which the record names signed it, and ends the call if it did not; then asks the register contract for that key. `callback` is a CALLBACK of this
 * contract, which costs what `cost` says; there attestation_answer gives the record again, and `mine`, bytes of this contract's own choosing. */
promise attestation_ask(struct slice register_id, struct slice record, struct slice signature, struct slice callback,
                        struct slice mine, const struct promise_cost *cost);

/* In that callback. *out and *mine are good whatever the key is, and live as long as the call. */
enum attestation_key attestation_answer(struct attestation_record *out, struct slice *mine);

/* The run came to its end, was of the program with this SHA-256, and gave the JSON text with this SHA-256. */
bool attestation_completed(const struct attestation_record *r, const uint8_t code[ATTESTATION_HASH_LEN],
                           const uint8_t output[ATTESTATION_HASH_LEN]);
