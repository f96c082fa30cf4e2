/* ML-DSA-65 signatures, verifying only: the post-quantum keys of NEAR accounts.
 *
 * Signing is left to clients. Messages are signed as they are ("pure"), without a context.
 * Source: FIPS 204, algorithms 3 and 8; the numbers are those of its table 1. Hash functions are OpenSSL's.
 */
#pragma once
#include "base/slice.h"

enum { ML_DSA_PUBLIC_LEN = 1952, ML_DSA_SIGNATURE_LEN = 3309, ML_DSA_DIGEST_LEN = 32 };

/* SHA3-256 of `domain` and the key: a short name for it. */
void ml_dsa_key_digest(struct slice domain, const uint8_t key[ML_DSA_PUBLIC_LEN], uint8_t out[ML_DSA_DIGEST_LEN]);

bool ml_dsa_verify(const uint8_t signature[ML_DSA_SIGNATURE_LEN], const uint8_t key[ML_DSA_PUBLIC_LEN], struct slice message);
