/* Keccak as Ethereum and NEAR have it: the original padding, not SHA-3's, which OpenSSL 3.0 does not offer.
 * Source: the Keccak reference, version 3.0; FIPS 202 for the permutation. */
#pragma once
#include "base/slice.h"

/* `digest_len` is 32 (keccak256) or 64 (keccak512). */
void keccak(struct slice bytes, uint8_t *digest, size_t digest_len);
