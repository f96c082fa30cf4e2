#include "kit/attestation.h"
#include "kit/hash.h"

static bool same(const uint8_t *a, const uint8_t *b)
{
    return __builtin_memcmp(a, b, ATTESTATION_HASH_LEN) == 0;
}

bool attestation_verify(struct slice record, struct slice signature, const uint8_t key[ATTESTATION_KEY_LEN],
                        struct attestation_record *out)
{
    return attestation_record_read(record, out) && same(out->worker_key, key) && signature.len == ED25519_SIGNATURE_LEN &&
           ed25519_verify(signature.ptr, record, key);
}

bool attestation_completed(const struct attestation_record *r, const uint8_t code[ATTESTATION_HASH_LEN],
                           const uint8_t output[ATTESTATION_HASH_LEN])
{
    return slice_eq(r->outcome, SLICE("completed")) && same(r->code, code) && same(r->output, output);
}
